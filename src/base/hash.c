/* SPDX-License-Identifier: MIT */
/* hash: SipHash-1-3 and its key. */
#include "base/hash.h"

#include <string.h>
#include <sys/auxv.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static void round_of(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static void compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	round_of(s);
	s->v0 ^= word;
}

/* Little-endian, of eight bytes at most. */
static uint64_t word_at(const uint8_t *p, size_t count)
{
	uint64_t word = 0;

	for (size_t i = 0; i < count; i++)
		word |= (uint64_t)p[i] << 8 * i;
	return word;
}

uint64_t hash_siphash13(const uint64_t key[2], const void *data, size_t size)
{
	struct state s = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
			   key[1] ^ 0x7465646279746573 };
	const uint8_t *p = data;
	size_t left = size;

	for (; left >= 8; left -= 8, p += 8)
		compress(&s, word_at(p, 8));
	compress(&s, (uint64_t)size << 56 | word_at(p, left));
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		round_of(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_bytes(const void *data, size_t size)
{
	static uint64_t key[2];
	static int known;

	/* 16 bytes that the kernel draws for each program that it starts: no call that could fail, wait or be forbidden */
	if (!known) {
		memcpy(key, (const void *)(uintptr_t)getauxval(AT_RANDOM), sizeof(key));
		known = 1;
	}
	return hash_siphash13(key, data, size);
}
