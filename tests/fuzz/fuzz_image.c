/* SPDX-License-Identifier: MIT */
/* fuzz_image: the whole lint, all readers and all rules, over one image; the result is checked for sense and dropped.
 *
 * So that a GPT disk with a FAT32 volume fits into a few KiB, the input is a sparse file: one byte of options (bit 0 --thorough,
 * bits 1 and 2 --sector-size auto, 512, 4096, bit 3 --verbose), seven more that are not looked at, the image's size (8 bytes,
 * little-endian, at most 16 GiB), then pieces: offset (8 bytes), length (4 bytes) and as many bytes.  What no piece covers is
 * zero; of pieces that overlap the last counts.  tests/fuzz/sparse makes such a file from an image.
 */
#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "image/image.h"
#include "lint/lint.h"

#define PIECES_MAX 4096
#define SIZE_MAX_BYTES (16 * GiB)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sparse {
	struct piece {
		uint64_t offset;
		uint32_t length;
		const uint8_t *bytes;
	} pieces[PIECES_MAX];
	unsigned count;
};

static int sparse_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct sparse *sparse = view->state;

	(void)err;
	assert(offset <= view->size && length <= view->size - offset);
	memset(data, 0, length);
	for (unsigned i = 0; i < sparse->count; i++) {
		const struct piece *p = &sparse->pieces[i];
		uint64_t from = p->offset > offset ? p->offset : offset;
		uint64_t to = p->offset + p->length < offset + length ? p->offset + p->length : offset + length;

		if (from < to)
			memcpy((uint8_t *)data + (from - offset), p->bytes + (from - p->offset), (size_t)(to - from));
	}
	return 0;
}

static const struct view_ops sparse_ops = { .read = sparse_read };

static struct view *sparse_view(struct arena *arena, struct cursor *c)
{
	struct sparse *sparse = ARENA_NEW(arena, struct sparse);
	struct view *view = ARENA_NEW(arena, struct view);
	uint64_t size = cursor_le64(c);

	*view = (struct view){ .ops = &sparse_ops, .size = size < SIZE_MAX_BYTES ? size : SIZE_MAX_BYTES, .state = sparse };
	while (cursor_ok(c) && sparse->count < PIECES_MAX) {
		struct piece *p = &sparse->pieces[sparse->count];

		p->offset = cursor_le64(c);
		p->length = cursor_le32(c);
		p->bytes = cursor_bytes(c, p->length);
		if (!cursor_ok(c))
			break;
		if (p->offset < view->size)
			sparse->count++;
	}
	return view;
}

/* What a parent would ask of somebody else is not to be had. */
static int no_sibling(void *context, struct arena *arena, unsigned base, const char *name, struct view **ret,
		      unsigned *ret_number, struct error *err)
{
	(void)context, (void)arena, (void)base, (void)name, (void)ret, (void)ret_number;
	return error_set(err, EPERM, "no siblings here");
}

static int no_container(void *context, struct arena *arena, const char *driver, struct view **ret, struct error *err)
{
	(void)context, (void)arena, (void)driver, (void)ret;
	return error_set(err, ENOENT, "no helper here");
}

static jmp_buf exhausted;

static void out_of_memory(void)
{
	longjmp(exhausted, 1);
}

static void check(const struct lint_result *result)
{
	assert(result->profile && result->format);
	for (const struct diagnostic *d = result->diagnostics; d; d = d->next) {
		assert(d->rule && d->message && *d->message);
		assert(d->severity >= SEVERITY_NOTE && d->severity <= SEVERITY_ERROR);
		assert(effect_name(d->effect));
		assert(!d->location.path || d->location.path[0] == '/');
	}
	for (const struct outcome *o = result->outcomes; o; o = o->next)
		assert(o->rule && o->reason && *o->reason);
}

static void lint(struct arena *arena, struct cursor *c)
{
	static const unsigned sector_sizes[] = { 0, 512, 4096, 0 };
	static struct arena *kept; /* the profiles' */
	static const struct image_services services = { .open_sibling = no_sibling, .open_container = no_container };
	unsigned char flags = cursor_u8(c);
	struct image_options image_options = {
		.sector_size = sector_sizes[flags >> 1 & 3],
		.thorough = flags & 1,
		.verbose = flags >> 3 & 1,
		.system = true,
	};
	struct lint_options options = {
		.fail_on = SEVERITY_ERROR,
		.sector_size = image_options.sector_size,
		.thorough = image_options.thorough,
		.verbose = image_options.verbose,
	};
	struct lint_result result;
	struct image *image;
	const char *help;
	struct error err;

	cursor_skip(c, 7);
	/* their rows are rules; once is enough */
	if (!kept) {
		const struct profile *none;

		kept = arena_new(LIMIT_ARENA_BYTES);
		if (profiles_load(kept, NULL, &none, &err) < 0)
			abort();
	}
	options.selected = arena_alloc(arena, rules_count + 1);
	options.severity = arena_alloc(arena, rules_count + 1);
	memset(options.selected, 1, rules_count);
	memset(options.severity, -1, rules_count);
	lint_result_init(&result, "image");
	image = image_open(arena, "image", sparse_view(arena, c), &image_options, &services, &err, &help);
	if (!image) {
		assert(*err.message);
		return;
	}
	lint_image(image, &options, &result);
	check(&result);
	image_close(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *volatile arena = arena_new(LIMIT_ARENA_BYTES);
	struct cursor c = cursor_make(data, size);

	arena_set_exhausted(out_of_memory);
	if (size >= 16 && !setjmp(exhausted))
		lint(arena, &c);
	arena_free(arena);
	return 0;
}
