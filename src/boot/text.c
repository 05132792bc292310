/* SPDX-License-Identifier: MIT */
/* text: places, texts put together from several places, and reading files of a boot configuration. */
#include "boot/text.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"

struct boot_place boot_text_place(const struct boot_text *text, size_t offset)
{
	const struct boot_origin *found = NULL;
	struct boot_place place;

	for (size_t i = 0; i < text->origin_count && text->origins[i].offset <= offset; i++)
		found = &text->origins[i];
	if (!found)
		return (struct boot_place){ 0 };
	place = found->place;
	if (found->literal && place.source)
		place.column += (unsigned int)(offset - found->offset);
	return place;
}

struct boot_text boot_text_slice(struct arena *arena, const struct boot_text *text, size_t offset, size_t length)
{
	struct boot_text_builder b = boot_text_build(arena, SIZE_MAX / 2);

	if (offset > text->length)
		offset = text->length;
	if (length > text->length - offset)
		length = text->length - offset;
	if (!text->origin_count)
		boot_text_add(&b, text->text + offset, length, (struct boot_place){ 0 }, false);
	for (size_t i = 0; i < text->origin_count; i++) {
		size_t from = text->origins[i].offset;
		size_t to = i + 1 < text->origin_count ? text->origins[i + 1].offset : text->length;

		if (i == 0)
			from = 0;
		if (from < offset)
			from = offset;
		if (to > offset + length)
			to = offset + length;
		if (from < to || (!length && from == to))
			boot_text_add(&b, text->text + from, to - from, boot_text_place(text, from),
				      text->origins[i].literal);
	}
	b.unknown = text->unknown;
	return boot_text_finish(&b);
}

struct boot_text boot_text_make(struct arena *arena, const char *string, struct boot_place place)
{
	struct boot_text_builder b = boot_text_build(arena, SIZE_MAX / 2);

	boot_text_add(&b, string, strlen(string), place, true);
	return boot_text_finish(&b);
}

struct boot_text_builder boot_text_build(struct arena *arena, size_t maximum)
{
	return (struct boot_text_builder){ .arena = arena, .maximum = maximum };
}

void boot_text_add(struct boot_text_builder *b, const char *bytes, size_t length, struct boot_place place, bool literal)
{
	if (b->overflowed || length > b->maximum - b->length) {
		b->overflowed = true;
		return;
	}
	if (b->length + length + 1 > b->capacity) {
		size_t capacity = b->capacity ? b->capacity * 2 : 32;
		char *grown;

		if (capacity < b->length + length + 1)
			capacity = b->length + length + 1;
		grown = arena_alloc(b->arena, capacity);
		if (b->length)
			memcpy(grown, b->text, b->length);
		b->text = grown;
		b->capacity = capacity;
	}
	if (place.source) {
		struct boot_origin *last = b->origin_count ? &b->origins[b->origin_count - 1] : NULL;

		/* bytes that go on where the last ones ended need no origin of their own */
		if (!last || !literal || !last->literal || last->place.source != place.source ||
		    last->place.line != place.line ||
		    last->place.column + (b->length - last->offset) != place.column) {
			if (b->origin_count == BOOT_TEXT_ORIGINS) {
				last->literal = false;
			} else if (b->origin_count == b->origin_capacity) {
				size_t capacity = b->origin_capacity ? b->origin_capacity * 2 : 2;
				struct boot_origin *grown = ARENA_ARRAY(b->arena, capacity, struct boot_origin);

				if (b->origin_count)
					memcpy(grown, b->origins, b->origin_count * sizeof(*grown));
				b->origins = grown;
				b->origin_capacity = capacity;
			}
			if (b->origin_count < BOOT_TEXT_ORIGINS)
				b->origins[b->origin_count++] = (struct boot_origin){ b->length, place, literal };
		}
	}
	if (length)
		memcpy(b->text + b->length, bytes, length);
	b->length += length;
	b->text[b->length] = '\0';
}

void boot_text_add_text(struct boot_text_builder *b, const struct boot_text *text)
{
	if (text->unknown && !b->unknown)
		b->unknown = text->unknown;
	if (!text->origin_count) {
		boot_text_add(b, text->text, text->length, (struct boot_place){ 0 }, false);
		return;
	}
	for (size_t i = 0; i < text->origin_count; i++) {
		size_t from = i ? text->origins[i].offset : 0;
		size_t to = i + 1 < text->origin_count ? text->origins[i + 1].offset : text->length;

		boot_text_add(b, text->text + from, to - from, text->origins[i].place, text->origins[i].literal);
	}
}

struct boot_text boot_text_finish(struct boot_text_builder *b)
{
	return (struct boot_text){
		.text = b->text ? b->text : "",
		.length = b->length,
		.origins = b->origins,
		.origin_count = b->origin_count,
		.unknown = b->unknown,
	};
}

int boot_read_file(struct fs *fs, struct arena *arena, const char *path, size_t maximum, char **ret, size_t *ret_size,
		   struct error *err)
{
	struct fs_entry entry;
	struct fs_stat st;
	char *data;
	int r;

	r = fs_resolve(fs, arena, path, false, &entry, NULL, err);
	if (r < 0)
		return r;
	r = fs->ops->stat(fs, entry.handle, &st, err);
	if (r < 0)
		return r;
	if (st.type != FS_FILE)
		return error_set(err, EISDIR, "not a regular file");
	if (st.size > maximum)
		return limit_error(err, "%s is longer than %zu bytes", path, maximum);
	data = arena_alloc(arena, (size_t)st.size + 1);
	if (st.size) {
		r = fs->ops->pread(fs, entry.handle, 0, data, (size_t)st.size, err);
		if (r < 0)
			return r;
	}
	*ret = data;
	*ret_size = (size_t)st.size;
	return 0;
}
