/* SPDX-License-Identifier: MIT */
/* record: one pass over the text; data of all facts lies in one run of bytes. */
#include "guest/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "base/hex.h"

struct reader {
	struct arena *arena;
	struct fact *facts;
	struct guest *guest;
	uint32_t capacity, line, values;
	uint8_t *data; /* of the whole record; facts point into it */
	size_t used, capacity_data;
};

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Decodes %XX into `to`, which has room for as many bytes; -1 if that is not what it is, else how many bytes there are. */
static long decode(uint8_t *to, const char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		if ((uint8_t)text[i] < ' ' || (uint8_t)text[i] > '~')
			return -1;
		if (text[i] != '%') {
			to[n++] = (uint8_t)text[i];
			continue;
		}
		if (size - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
			return -1;
		to[n++] = (uint8_t)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
		i += 2;
	}
	return (long)n;
}

static void strange(struct reader *r)
{
	if (!r->guest->strange++)
		r->guest->strange_line = r->line;
}

/* KIND KEY=VALUE... */
static bool read_fact(struct reader *r, const char *text, size_t size, struct fact *fact)
{
	struct fact_value values[GUEST_VALUES];
	size_t at = 0, begin;

	while (at < size && name_char(text[at]))
		at++;
	if (!at || (at < size && text[at] != ' '))
		return false;
	fact->kind = arena_strndup(r->arena, text, at);
	while (at < size) {
		uint8_t value[GUEST_LINE];
		long length;

		begin = ++at; /* behind the space */
		while (at < size && name_char(text[at]))
			at++;
		if (at == begin || at == size || text[at] != '=' || fact->value_count == GUEST_VALUES)
			return false;
		values[fact->value_count].key = arena_strndup(r->arena, text + begin, at - begin);
		begin = ++at;
		while (at < size && text[at] != ' ')
			at++;
		length = decode(value, text + begin, at - begin);
		if (length < 0)
			return false;
		values[fact->value_count++].value = arena_strndup(r->arena, (const char *)value, (size_t)length);
	}
	fact->values = arena_memdup(r->arena, values, fact->value_count * sizeof(*values));
	return true;
}

/* More data of the last fact; false if the line is not data. */
static bool read_data(struct reader *r, const char *text, size_t size)
{
	/* not in its place at once: half of a bad line would stand behind what is good */
	uint8_t bytes[GUEST_LINE + 1], *to = r->data + r->used;
	struct fact *fact = r->guest->count ? &r->facts[r->guest->count - 1] : NULL;
	long length = 0;

	if (!fact)
		return false;
	if (text[0] == '+') {
		if (size % 2 == 0)
			return false;
		for (size_t i = 1; i < size; i += 2) {
			if (hex_digit(text[i]) < 0 || hex_digit(text[i + 1]) < 0)
				return false;
			bytes[length++] = (uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
		}
	} else {
		length = decode(bytes, text + 1, size - 1);
		if (length < 0)
			return false;
		if (text[0] == '|')
			bytes[length++] = '\n';
	}
	if (!fact->data)
		fact->data = to;
	fact->size += (size_t)length;
	r->used += (size_t)length;
	memcpy(to, bytes, (size_t)length);
	to[length] = 0;
	return true;
}

static int read_line(struct reader *r, const char *text, size_t size, struct error *err)
{
	struct fact fact = { .line = r->line };

	if (size && text[size - 1] == '\r')
		size--;
	if (!size || text[0] == '#')
		return 0;
	if (size > GUEST_LINE) {
		strange(r);
		return 0;
	}
	if (text[0] == '+' || text[0] == '|' || text[0] == '&') {
		if (!read_data(r, text, size))
			strange(r);
		return 0;
	}
	if (!read_fact(r, text, size, &fact)) {
		strange(r);
		/* what follows belongs to it, and to no other */
		fact = (struct fact){ .kind = "strange", .line = r->line };
	}
	r->values += fact.value_count;
	if (r->values > GUEST_ALL_VALUES)
		return error_set(err, EFBIG, "the record has more than %u values", GUEST_ALL_VALUES);
	if (r->guest->count == GUEST_FACTS)
		return error_set(err, EFBIG, "the record has more than %u facts", GUEST_FACTS);
	if (r->guest->count == r->capacity) {
		struct fact *more = arena_calloc(r->arena, r->capacity * 2, sizeof(*more));

		memcpy(more, r->facts, r->capacity * sizeof(*more));
		r->facts = more;
		r->capacity *= 2;
	}
	/* data of two facts never touch, so that each ends with its NUL */
	if (r->guest->count && r->facts[r->guest->count - 1].data)
		r->used++;
	r->facts[r->guest->count++] = fact;
	return 0;
}

/* Has a fact other data than it says?  One that leaves its data to the probe's (probe-crc=) has none of its own. */
static bool is_damaged(const struct fact *fact)
{
	uint64_t size, crc;

	if (fact_text(fact, "probe-crc"))
		return false;
	return (fact_number(fact, "size", &size) && size != fact->size) ||
	       (fact->data && fact_number(fact, "crc", &crc) && crc != crc32_update(0, fact->data, fact->size));
}

static void leave_out_damaged(struct reader *r)
{
	struct guest *guest = r->guest;

	for (uint32_t i = 0; i < guest->count; i++) {
		if (!is_damaged(&r->facts[i]))
			continue;
		r->facts[i].data = NULL;
		r->facts[i].size = 0;
		if (!guest->damaged++)
			guest->damaged_line = r->facts[i].line;
	}
}

/* What other facts may name by probe-crc=. */
static void find_blobs(struct reader *r)
{
	struct guest *guest = r->guest;
	struct guest_blob *blobs = ARENA_ARRAY(r->arena, GUEST_BLOBS, struct guest_blob);
	uint64_t crc;

	for (uint32_t i = 0; i < guest->count && guest->blob_count < GUEST_BLOBS; i++) {
		const struct fact *f = &r->facts[i];

		if (f->data && !strncmp(f->kind, "probe-", 6) && fact_number(f, "crc", &crc))
			blobs[guest->blob_count++] = (struct guest_blob){ f, crc };
	}
	guest->blobs = blobs;
}

int guest_read(struct arena *arena, const void *text, size_t size, const struct guest **ret, struct error *err)
{
	struct guest *guest = ARENA_NEW(arena, struct guest);
	struct reader r = { .arena = arena, .guest = guest, .capacity = 256 };
	const char *at = text, *end = at + size;
	uint64_t format;
	int rc;

	if (size > 4 * (size_t)GUEST_DATA)
		return error_set(err, EFBIG, "the record has %zu bytes, more than %d", size, 4 * GUEST_DATA);
	r.facts = ARENA_ARRAY(arena, r.capacity, struct fact);
	/* a line of n characters gives at most n bytes, or n + 1 with its end; and a NUL behind each fact's */
	r.data = arena_alloc(arena, size + 2);
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		r.line++;
		/* what does not end may be half of a line, and say something else */
		if (!stop) {
			strange(&r);
			break;
		}
		rc = read_line(&r, at, (size_t)(stop - at), err);
		if (rc < 0)
			return rc;
		at = stop + 1;
	}
	if (r.used > GUEST_DATA)
		return error_set(err, EFBIG, "the record holds %zu bytes of data, more than %d", r.used, GUEST_DATA);
	leave_out_damaged(&r);
	find_blobs(&r);
	guest->facts = r.facts;
	if (!guest->count || strcmp(guest->facts[0].kind, "guest") || !fact_number(&guest->facts[0], "format", &format))
		return error_set(err, EINVAL, "this is no record of a guest: it does not begin with \"guest format=%d\"",
				 GUEST_FORMAT);
	if (format < GUEST_FORMAT_OLDEST || format > GUEST_FORMAT)
		return error_set(err, ENOTSUP, "the record has format %llu, and %d to %d are what can be read",
				 (unsigned long long)format, GUEST_FORMAT_OLDEST, GUEST_FORMAT);
	*ret = guest;
	return 0;
}

const struct fact *guest_next(const struct guest *guest, const struct fact *after, const char *kind)
{
	for (uint32_t i = after ? (uint32_t)(after - guest->facts) + 1 : 0; i < guest->count; i++) {
		if (!strcmp(guest->facts[i].kind, kind))
			return &guest->facts[i];
	}
	return NULL;
}

uint32_t guest_first_boot(const struct guest *guest)
{
	unsigned boots = 0;

	for (uint32_t i = 0; i < guest->count; i++) {
		if (!strcmp(guest->facts[i].kind, "boot") && ++boots == 2)
			return i;
	}
	return guest->count;
}

const struct fact *guest_find(const struct guest *guest, const char *kind, const char *key, const char *value)
{
	for (const struct fact *f = guest_next(guest, NULL, kind); f; f = guest_next(guest, f, kind)) {
		const char *have = fact_text(f, key);

		if (have && !strcmp(have, value))
			return f;
	}
	return NULL;
}

const uint8_t *guest_data(const struct guest *guest, const struct fact *fact, size_t *ret_size)
{
	uint64_t crc, size;

	*ret_size = fact->size;
	if (fact->data || !fact_number(fact, "probe-crc", &crc) || !fact_number(fact, "size", &size))
		return fact->data;
	for (uint32_t i = 0; i < guest->blob_count; i++) {
		const struct guest_blob *blob = &guest->blobs[i];

		if (blob->crc == crc && blob->fact->size == size) {
			*ret_size = blob->fact->size;
			return blob->fact->data;
		}
	}
	return NULL;
}

const uint8_t *guest_file(const struct guest *guest, const struct fact *boot, const char *path, size_t *ret_size)
{
	for (const struct fact *f = boot ? boot + 1 : guest->facts; f < guest->facts + guest->count; f++) {
		const char *have = fact_text(f, "path");

		if (boot && !strcmp(f->kind, "boot"))
			break;
		if (!strcmp(f->kind, "file") && have && !strcmp(have, path))
			return guest_data(guest, f, ret_size);
	}
	*ret_size = 0;
	return NULL;
}

const char *fact_text(const struct fact *fact, const char *key)
{
	for (uint32_t i = 0; fact && i < fact->value_count; i++) {
		if (!strcmp(fact->values[i].key, key))
			return fact->values[i].value;
	}
	return NULL;
}

bool fact_number(const struct fact *fact, const char *key, uint64_t *ret)
{
	const char *text = fact_text(fact, key);
	char *end;

	/* strtoull would take a sign and spaces */
	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	return !errno && !*end && end != text;
}
