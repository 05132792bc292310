/* SPDX-License-Identifier: MIT */
/* fat_volume: FAT volumes laid out by hand, from the specification, for the tests of the reader. */
#ifndef TESTS_FAT_VOLUME_H
#define TESTS_FAT_VOLUME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "fs/fat.h"

/* A volume under construction: 512-byte sectors, one to a cluster. */
struct volume {
	int type;
	uint32_t clusters, reserved, fat_sectors, root_entries;
	size_t size, fat, root, data;
	uint8_t *bytes;
	struct arena *arena;
	struct fat *fat_result;
};

static inline void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static inline void set_copy(struct volume *v, unsigned int copy, uint32_t cluster, uint32_t value)
{
	uint8_t *table = v->bytes + v->fat + (size_t)copy * v->fat_sectors * 512;

	if (v->type == 32) {
		put32(table + cluster * 4, value);
	} else if (v->type == 16) {
		put16(table + cluster * 2, value);
	} else {
		uint8_t *p = table + cluster * 3 / 2;

		if (cluster & 1) {
			p[0] = (uint8_t)((p[0] & 0x0f) | (value & 0x0f) << 4);
			p[1] = (uint8_t)(value >> 4);
		} else {
			p[0] = (uint8_t)value;
			p[1] = (uint8_t)((p[1] & 0xf0) | (value >> 8 & 0x0f));
		}
	}
}

static inline void set(struct volume *v, uint32_t cluster, uint32_t value)
{
	set_copy(v, 0, cluster, value);
	set_copy(v, 1, cluster, value);
}

#define END 0x0fffffffU

static inline uint8_t *cluster(struct volume *v, uint32_t number)
{
	return v->bytes + v->data + (size_t)(number - 2) * 512;
}

/* Entry `index` of the directory at `directory`. */
static inline uint8_t *entry(uint8_t *directory, unsigned int index, const char name[12], uint8_t attributes,
			     uint32_t first, uint32_t size)
{
	uint8_t *p = directory + (size_t)index * 32;

	memset(p, 0, 32);
	memcpy(p, name, 11);
	p[11] = attributes;
	put16(p + 20, first >> 16);
	put16(p + 26, first);
	put32(p + 28, size);
	return p;
}

/* EFI/BOOT/BOOTAA64.EFI of 1200 bytes in clusters 10, 11 and 12; EFI in 3, BOOT in 4, the root of FAT32 in 2. */
static inline struct volume make(int type, uint32_t clusters)
{
	struct volume v = { .type = type, .clusters = clusters };
	uint32_t table = type == 12 ? (clusters + 2) * 3 / 2 + 1 : (clusters + 2) * (type == 16 ? 2U : 4U);
	uint8_t *root, *b;

	v.reserved = type == 32 ? 32 : 1;
	v.fat_sectors = (table + 511) / 512;
	v.root_entries = type == 32 ? 0 : 64;
	v.fat = v.reserved * 512;
	v.root = v.fat + 2UL * v.fat_sectors * 512;
	v.data = v.root + v.root_entries * 32;
	v.size = v.data + (size_t)clusters * 512;
	v.bytes = calloc(1, v.size);
	v.arena = arena_new(LIMIT_ARENA_BYTES);

	b = v.bytes;
	memcpy(b, "\xeb\x58\x90test    ", 11);
	put16(b + 11, 512);
	b[13] = 1;
	put16(b + 14, v.reserved);
	b[16] = 2;
	put16(b + 17, v.root_entries);
	b[21] = 0xf8;
	put32(b + 32, (uint32_t)(v.size / 512));
	if (type == 32) {
		put32(b + 36, v.fat_sectors);
		put32(b + 44, 2);
		put16(b + 48, 1);
		put16(b + 50, 6);
		b[66] = 0x29;
		memcpy(b + 71, "LABEL      FAT32   ", 19);
	} else {
		put16(b + 22, v.fat_sectors);
		b[38] = 0x29;
		memcpy(b + 43, type == 12 ? "LABEL      FAT12   " : "LABEL      FAT16   ", 19);
	}
	b[510] = 0x55;
	b[511] = 0xaa;
	if (type == 32) {
		memcpy(b + 6 * 512, b, 512);
		put32(b + 512, 0x41615252);
		put32(b + 512 + 484, 0x61417272);
		put32(b + 512 + 488, UINT32_MAX);
		put32(b + 512 + 508, 0xaa550000);
	}
	set(&v, 0, 0x0ffffff8);
	set(&v, 1, END);
	if (type == 32)
		set(&v, 2, END);
	root = type == 32 ? cluster(&v, 2) : v.bytes + v.root;
	entry(root, 0, "VOLUME     ", 0x08, 0, 0);
	entry(root, 1, "EFI        ", 0x10, 3, 0);
	set(&v, 3, END);
	entry(cluster(&v, 3), 0, ".          ", 0x10, 3, 0);
	entry(cluster(&v, 3), 1, "..         ", 0x10, 0, 0);
	entry(cluster(&v, 3), 2, "BOOT       ", 0x10, 4, 0);
	set(&v, 4, END);
	entry(cluster(&v, 4), 0, ".          ", 0x10, 4, 0);
	entry(cluster(&v, 4), 1, "..         ", 0x10, 3, 0);
	entry(cluster(&v, 4), 2, "BOOTAA64EFI", 0x20, 10, 1200);
	set(&v, 10, 11);
	set(&v, 11, 12);
	set(&v, 12, END);
	memset(cluster(&v, 10), 'x', 1200);
	return v;
}

static inline struct fat *open_size(struct volume *v, size_t size)
{
	struct error err;

	if (fat_open(v->arena, view_memory(v->arena, v->bytes, size), &v->fat_result, &err) < 0)
		fail_msg("fat_open: %s", err.message);
	return v->fat_result;
}

static inline struct fat *open_it(struct volume *v)
{
	return open_size(v, v->size);
}

static inline void done(struct volume *v)
{
	arena_free(v->arena);
	free(v->bytes);
}

static inline void good(const struct fat *fat)
{
	assert_int_equal(fat->boot.fault, FAT_BOOT_GOOD);
	assert_true(fat->boot.signature);
	assert_int_equal(fat->copies_differing, 0);
	assert_int_equal(fat->problem_count, 0);
	assert_false(fat->dirty || fat->hard_errors || fat->media_differs || fat->mirroring_off || fat->fat_too_small ||
		     fat->backup_differs || fat->backup_beyond || fat->from_backup);
	assert_null(fat->limited);
}

#endif
