/* SPDX-License-Identifier: MIT */
/* buffer: a growable run of bytes with a maximum that must be named.
 *
 * Invariants: data is NUL-terminated whenever it is not NULL; once something did not fit, `overflowed` stays set and later
 * appends do nothing.  Memory is malloc's: free it with buffer_free, or let BUFFER_AUTO do so.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct buffer {
	char *data;
	size_t size, capacity, maximum;
	bool overflowed;
};

static inline struct buffer buffer_make(size_t maximum)
{
	return (struct buffer){ .maximum = maximum };
}

/* With memory for all of it at once: growth would leave copies of what is secret behind. */
struct buffer buffer_make_room(size_t maximum);

void buffer_append(struct buffer *b, const void *data, size_t size);
void buffer_string(struct buffer *b, const char *string);
void buffer_char(struct buffer *b, char c);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *b, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

/* Little-endian integers and strings behind a 32-bit length, for records between processes. */
void buffer_le32(struct buffer *b, uint32_t value);
void buffer_le64(struct buffer *b, uint64_t value);
void buffer_counted(struct buffer *b, const char *string_or_null);

/* Forgets the contents, keeps the memory. */
void buffer_clear(struct buffer *b);

static inline void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){ .maximum = b->maximum };
}
#define BUFFER_AUTO __attribute__((cleanup(buffer_free))) struct buffer

#endif
