/* SPDX-License-Identifier: MIT */
/* csv: splits BOOT.CSV into lines and fields. */
#include "efi/csv.h"

#include <errno.h>

#include "base/limits.h"
#include "base/utf16.h"

struct text {
	struct arena *arena;
	const uint8_t *bytes;
	size_t units;
};

static uint16_t unit(const struct text *t, size_t i)
{
	return (uint16_t)(t->bytes[2 * i] | t->bytes[2 * i + 1] << 8);
}

/* the index of the next comma in [start, end), or end */
static size_t field_end(const struct text *t, size_t start, size_t end)
{
	while (start < end && unit(t, start) != ',')
		start++;
	return start;
}

static const char *field(const struct text *t, size_t start, size_t end)
{
	return start < end ? utf16le_to_utf8(t->arena, t->bytes + 2 * start, end - start) : "";
}

/* One line as fallback's populate_stanza has it: a file name and a label must be there, options need not. */
static bool parse_line(const struct text *t, size_t start, size_t end, struct csv_row *row)
{
	size_t loader = field_end(t, start, end), label, options;

	if (loader == start || loader >= end)
		return false;
	label = field_end(t, loader + 1, end);
	if (label == loader + 1)
		return false;
	options = label < end ? field_end(t, label + 1, end) : end;
	row->loader = field(t, start, loader);
	row->label = field(t, loader + 1, label);
	row->options = field(t, label + 1, options);
	row->remark = field(t, options + 1, end);
	return true;
}

/* Without a mark: text in one byte a character has no zero in its odd bytes, ours has little else. */
static enum csv_encoding guess_encoding(const uint8_t *bytes, size_t size)
{
	size_t odd = 0, even = 0;

	if (size >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
		return CSV_UTF16LE;
	if (size >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff)
		return CSV_UTF16BE;
	for (size_t i = 0; i < size; i++) {
		if (!bytes[i])
			*(i % 2 ? &odd : &even) += 1;
	}
	if (odd)
		return CSV_UTF16LE;
	return even ? CSV_UTF16BE : CSV_8BIT;
}

int csv_read(struct arena *arena, struct view *file, const struct csv **ret, struct error *err)
{
	struct csv *csv = ARENA_NEW(arena, struct csv);
	struct text t = { .arena = arena };
	struct csv_row *rows;
	size_t lines = 1, i = 0;
	uint32_t number = 0;
	uint8_t *bytes;
	int r;

	*ret = csv;
	csv->file_size = file->size;
	if (file->size > LIMIT_CSV_BYTES)
		return limit_error(err, "it has %llu bytes, at most %llu are read", (unsigned long long)file->size,
				 LIMIT_CSV_BYTES);
	bytes = arena_alloc(arena, (size_t)file->size);
	r = view_read(file, 0, bytes, (size_t)file->size, err);
	if (r < 0)
		return r;
	t.bytes = bytes;
	t.units = (size_t)file->size / 2;
	csv->encoding = guess_encoding(bytes, (size_t)file->size);
	if (csv->encoding != CSV_UTF16LE) {
		csv->has_mark = csv->encoding == CSV_UTF16BE && bytes[0] == 0xfe;
		return 0;
	}
	if (t.units && unit(&t, 0) == 0xfeff) {
		csv->has_mark = true;
		i = 1;
	}
	for (size_t k = i; k < t.units; k++)
		lines += unit(&t, k) == '\n' || unit(&t, k) == '\r';
	rows = ARENA_ARRAY(arena, lines, struct csv_row);
	csv->rows = rows;
	while (i < t.units && unit(&t, i)) {
		size_t end = i;

		while (end < t.units && unit(&t, end) && unit(&t, end) != '\n' && unit(&t, end) != '\r')
			end++;
		number++;
		if (end > i) {
			struct csv_row *row = &rows[csv->row_count];

			if (parse_line(&t, i, end, row)) {
				row->line = number;
				csv->row_count++;
			} else if (!csv->bad_line) {
				csv->bad_line = number;
			}
		}
		if (end < t.units && unit(&t, end))
			end += end + 1 < t.units && unit(&t, end) == '\r' && unit(&t, end + 1) == '\n' ? 2 : 1;
		i = end;
	}
	return 0;
}
