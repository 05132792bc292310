/* SPDX-License-Identifier: MIT */
/* arena: memory that is freed all at once, one arena an image.
 *
 * Invariants: what arena_alloc returns is zeroed, aligned for any type and never NULL.  When memory or the arena's own
 * bound is used up, the handler is called and must not return: a worker reports "out of memory" and ends, so that
 * no reader needs a path for it.  Sizes from an image are checked against limits.h first, so only real exhaustion
 * comes here.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new arena of at most `limit` bytes; never NULL. */
struct arena *arena_new(size_t limit);

/* Frees the arena and everything in it; NULL is allowed. */
void arena_free(struct arena *arena);

/* size zeroed bytes that live as long as the arena. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same for count objects of size bytes; the product is checked. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);

void *arena_memdup(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *string);
char *arena_strndup(struct arena *arena, const char *string, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

/* A position to go back to: arena_release frees all that was allocated since the mark was taken.  For scratch buffers
 * in loops.  Nothing that lives longer may be allocated in between: so a view must not allocate when it is read. */
struct arena_mark {
	void *block;
	size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);

/* Called, once, when memory is used up; must not return.  The default prints to standard error and ends the process with
 * status 2. */
void arena_set_exhausted(void (*handler)(void));

/* Does so: for what takes memory from elsewhere, and of which nothing but a part would be left. */
_Noreturn void arena_exhausted(void);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_calloc((arena), (count), sizeof(type)))

static inline void arena_cleanup(struct arena **arena)
{
	arena_free(*arena);
}
#define ARENA_AUTO __attribute__((cleanup(arena_cleanup))) struct arena *

#endif
