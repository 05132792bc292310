/* SPDX-License-Identifier: MIT */
/* qcow2-bitmaps: where persistent bitmaps are, and what QEMU refuses to open an image for that has them (specification, "Bitmaps
 * extension" and "Bitmaps"; QEMU's block/qcow2.c, qcow2_read_extensions, and block/qcow2-bitmap.c, bitmap_list_load).  Not what
 * they say: they are of no use to who reads the disk. */
#include "block/qcow2-internal.h"

#include <inttypes.h>

#include "base/cursor.h"
#include "base/limits.h"

#define EXTENSION_BYTES 24
#define DIRECTORY_MOST (1024ULL * QCOW2_BITMAPS_MAX)
#define TABLE_MOST 0x8000000U
#define PHYSICAL_MOST 0x20000000ULL
#define RESERVED_FLAGS 0xfffffffcU
#define IN_USE 1U
#define TRACKS_WRITES 1 /* the one type that there is */
#define TABLE_RESERVED 0xff000000000001feULL
#define TABLE_OFFSET 0x00fffffffffffe00ULL
#define ALL_ONES 1ULL

struct qcow2_bitmap qcow2_bitmap(const unsigned char bytes[QCOW2_BITMAP_ENTRY])
{
	struct cursor c = cursor_make(bytes, QCOW2_BITMAP_ENTRY);
	struct qcow2_bitmap b = { .table = cursor_be64(&c) };

	b.entries = cursor_be32(&c);
	b.flags = cursor_be32(&c);
	b.type = cursor_u8(&c);
	b.granularity = cursor_u8(&c);
	b.name = cursor_be16(&c);
	b.extra = cursor_be32(&c);
	b.size = (QCOW2_BITMAP_ENTRY + (uint64_t)b.extra + b.name + 7) / 8 * 8;
	return b;
}

/* As many clusters as QEMU writes for the disk: a bit for each piece of it, in words of eight bytes. */
static uint64_t clusters_of(const struct qcow2 *q, unsigned granularity)
{
	uint64_t bytes = q->size ? (((q->size - 1) >> granularity >> 6) + 1) * 8 : 0;

	return bytes / q->cluster_size + (bytes % q->cluster_size != 0);
}

/* So nobody reads it. */
static bool is_in_use(const struct qcow2_bitmap *b)
{
	return b->flags & IN_USE;
}

static bool entry_is_valid(const struct qcow2 *q, const struct qcow2_bitmap *b)
{
	return !b->extra && b->entries && b->table && b->table <= INT64_MAX - (uint64_t)TABLE_MOST * 8 &&
	       b->table % q->cluster_size == 0 && b->entries <= TABLE_MOST && b->granularity >= 9 && b->granularity <= 31 &&
	       !(b->flags & RESERVED_FLAGS) && b->name && b->name <= 1023 && b->type == TRACKS_WRITES &&
	       b->entries * q->cluster_size <= PHYSICAL_MOST &&
	       (is_in_use(b) || b->entries == clusters_of(q, b->granularity));
}

/* Are the entries of its table such as QEMU takes?  1 or 0, or a negative errno. */
static int table_is_valid(struct qcow2_state *s, const struct qcow2_bitmap *bitmap, struct error *err)
{
	for (uint64_t i = 0; !is_in_use(bitmap) && i < bitmap->entries; i++) {
		unsigned char bytes[8];
		struct cursor c = cursor_make(bytes, sizeof(bytes));
		uint64_t at = bitmap->table + 8 * i, entry;
		int r = qcow2_pay(s, at, sizeof(bytes), err);

		/* QEMU reads zeros there, which are good */
		if (r == 0 && (at > s->file->size || sizeof(bytes) > s->file->size - at))
			return 1;
		if (r == 0)
			r = view_read(s->file, at, bytes, sizeof(bytes), err);
		if (r < 0)
			return r;
		entry = cursor_be64(&c);
		if (entry & TABLE_RESERVED ||
		    (entry & TABLE_OFFSET && (entry & ALL_ONES || (entry & TABLE_OFFSET) % s->q->cluster_size)))
			return 0;
	}
	return 1;
}

/* 0, or a negative errno; what is wrong is listed, as one problem of the extension. */
static int check_directory(struct qcow2_state *s, uint64_t extension, uint32_t count, struct error *err)
{
	uint64_t at = s->bitmaps_offset, end = at + s->bitmaps_size;
	uint32_t i;

	if (at > s->file->size || s->bitmaps_size > s->file->size - at) {
		qcow2_problem(s->q, QCOW2_TRUNCATED, QCOW2_HEADER_EXTENSION, extension, 8 + EXTENSION_BYTES,
			      "the directory of bitmaps at %#" PRIx64 " lies past the end of the file (%" PRIu64
			      " bytes)",
			      at, s->file->size);
		return 0;
	}
	for (i = 0; i < count && end - at >= QCOW2_BITMAP_ENTRY; i++) {
		unsigned char bytes[QCOW2_BITMAP_ENTRY];
		struct qcow2_bitmap bitmap;
		int r = qcow2_pay(s, at, sizeof(bytes), err);

		if (r == 0)
			r = view_read(s->file, at, bytes, sizeof(bytes), err);
		if (r < 0)
			return r;
		bitmap = qcow2_bitmap(bytes);
		if (!entry_is_valid(s->q, &bitmap) || bitmap.size > end - at)
			break;
		r = table_is_valid(s, &bitmap, err);
		if (r < 0)
			return r;
		if (!r)
			break;
		at += bitmap.size;
	}
	if (i < count || at < end)
		qcow2_problem(
			s->q, QCOW2_CORRUPT, QCOW2_HEADER_EXTENSION, extension, 8 + EXTENSION_BYTES,
			i < count ? "entry %" PRIu32 " of the directory of bitmaps, or what it leads to, is not valid"
				  : "the directory has more than the %" PRIu32 " bitmaps that the header speaks of",
			i < count ? i + 1 : count);
	return 0;
}

int qcow2_read_bitmaps(struct qcow2_state *s, uint64_t offset, uint32_t length, struct error *err)
{
	unsigned char data[EXTENSION_BYTES];
	struct cursor c = cursor_make(data, sizeof(data));
	uint64_t extension = offset - 8;
	uint32_t count, reserved;
	const char *why = NULL;
	int r;

	if (length != sizeof(data)) {
		qcow2_problem(s->q, QCOW2_CORRUPT, QCOW2_HEADER_EXTENSION, extension, 8,
			      "the extension for bitmaps has %" PRIu32 " bytes, %d expected", length, EXTENSION_BYTES);
		return 0;
	}
	if (offset > s->file->size || sizeof(data) > s->file->size - offset)
		return 0; /* the header's cluster is cut off, which is told of elsewhere */
	r = view_read(s->file, offset, data, sizeof(data), err);
	if (r < 0)
		return r;
	count = cursor_be32(&c);
	reserved = cursor_be32(&c);
	s->bitmaps_size = cursor_be64(&c);
	s->bitmaps_offset = cursor_be64(&c);
	/* without the bit they are out of date, and QEMU does not look at them */
	if (!(s->q->autoclear & QCOW2_AUTOCLEAR_BITMAPS))
		return 0;
	if (reserved)
		why = "the extension for bitmaps has reserved bytes that are not zero";
	else if (!count || count > QCOW2_BITMAPS_MAX)
		why = "the number of bitmaps is zero, or more than there may be";
	else if (s->bitmaps_offset % s->q->cluster_size || !s->bitmaps_size || s->bitmaps_size > DIRECTORY_MOST)
		why = "the place of the directory of bitmaps cannot be right";
	if (!why)
		return check_directory(s, extension, count, err);
	qcow2_problem(s->q, QCOW2_CORRUPT, QCOW2_HEADER_EXTENSION, extension, 8 + EXTENSION_BYTES, "%s", why);
	return 0;
}
