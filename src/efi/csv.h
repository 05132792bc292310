/* SPDX-License-Identifier: MIT */
/* csv: BOOT.CSV, with which shim's fallback program finds what to start.
 *
 * UTF-16LE text, with or without a byte order mark, one boot entry a line: file name beside the CSV, label, options,
 * remarks (shim's README.fallback).  Lines are taken as fallback.c of shim 16.1 takes them.
 */
#ifndef EFI_CSV_H
#define EFI_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

enum csv_encoding {
	CSV_UTF16LE,
	CSV_UTF16BE, /* fallback reads it the wrong way round and finds nothing */
	CSV_8BIT,    /* ASCII or UTF-8: likewise */
};

struct csv_row {
	const char *loader; /* file name, relative to the CSV's folder */
	const char *label;
	const char *options; /* "" when there are none */
	const char *remark;  /* what follows, "" when nothing does */
	uint32_t line;       /* counted from 1 */
};

struct csv {
	uint64_t file_size;
	bool has_mark; /* begins with a byte order mark */
	enum csv_encoding encoding;
	const struct csv_row *rows; /* those that fallback makes boot entries of, in order */
	size_t row_count;
	uint32_t bad_line; /* the first line that fallback skips (no file name or no label), counted from 1; 0: none */
};

/* Reads a CSV.  0 whatever the file holds; negative errno when it could not be read, -EFBIG when it is over
 * LIMIT_CSV_BYTES. */
int csv_read(struct arena *arena, struct view *file, const struct csv **ret, struct error *err);

#endif
