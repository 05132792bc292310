/* SPDX-License-Identifier: MIT */
/* cursor: bounded reads of bytes in memory, whose failure latches.
 *
 * Parse twenty fields, then ask cursor_ok() once: a read beyond the end gives 0 (or NULL) and sets `failed` for good.
 * This is the only way in which parsers take integers from image bytes.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *data;
	size_t size, position;
	bool failed;
};

static inline struct cursor cursor_make(const void *data, size_t size)
{
	return (struct cursor){ .data = data, .size = size };
}

static inline bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->size - c->position;
}

/* A pointer to the next `count` bytes, and steps over them; NULL when fewer are left. */
static inline const uint8_t *cursor_bytes(struct cursor *c, size_t count)
{
	const uint8_t *p;

	if (c->failed || count > c->size - c->position) {
		c->failed = true;
		return NULL;
	}
	p = c->data + c->position;
	c->position += count;
	return p;
}

static inline void cursor_skip(struct cursor *c, size_t count)
{
	(void)cursor_bytes(c, count);
}

/* Goes to an absolute position; one past the last byte is allowed. */
static inline void cursor_seek(struct cursor *c, size_t position)
{
	if (c->failed || position > c->size)
		c->failed = true;
	else
		c->position = position;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 1);

	return p ? p[0] : 0;
}

static inline uint16_t cursor_le16(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 2);

	return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

static inline uint32_t cursor_le32(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 4);

	return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

static inline uint64_t cursor_le64(struct cursor *c)
{
	uint64_t low = cursor_le32(c);

	return low | (uint64_t)cursor_le32(c) << 32;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	uint32_t high = cursor_be16(c);

	return high << 16 | cursor_be16(c);
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	uint64_t high = cursor_be32(c);

	return high << 32 | cursor_be32(c);
}

/* A string behind its length, as buffer_counted writes it: *ret is NULL for an absent one, else points into the data and
 * is not NUL-terminated; *ret_length is its length. */
static inline void cursor_counted(struct cursor *c, const char **ret, size_t *ret_length)
{
	uint32_t length = cursor_le32(c);

	*ret_length = length ? length - 1 : 0;
	*ret = length ? (const char *)cursor_bytes(c, length - 1) : NULL;
	if (!*ret)
		*ret_length = 0;
}

#endif
