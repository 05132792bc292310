/* SPDX-License-Identifier: MIT */
/* container-truncated: do the allocation tables of a container that qemu-nbd reads lead past the end of its file?
 *
 * QEMU gives zeros for what is missing (VMDK, VDI, Parallels), or refuses the file with no word of why (VHDX), so a
 * file that was cut off must be recognised before it.  Only tables are read, and of large ones the end first: programs
 * that make images write them from front to back.  Not for qcow2, qcow, Bochs, cloop and DMG.
 */
#include "block/container-internal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/guid.h"
#include "base/limits.h"

#define SECTOR 512ULL
#define CHUNK 4096

/* What work costs, in bytes of the budget, however few are read: an entry of a directory; a part of a table, wherever it lies (a
 * grain table's own size); and one that is a hole, as most of a new disk's tables are, which QEMU and others lay out at once. */
#define ENTRY_COST 64
#define READ_COST 2048
#define HOLE_COST 256

struct search {
	struct arena *arena;
	struct view *file;
	uint64_t budget; /* bytes of tables that may still be read, or what else costs as much */
	bool cut;        /* there are more of them */
	struct container_truncation *result;
	/* of the file, which has an entry of a directory in it: [page_at, page_at + page_size) */
	uint64_t page_at;
	size_t page_size;
	unsigned char page[CHUNK];
};

/* Notes that what stands at [offset, offset + length) leads to `end`, if that is past the file's end and further than
 * what is known. */
static void leads_to(struct search *s, uint64_t end, uint64_t offset, uint64_t length)
{
	if (end <= s->file->size || end <= s->result->needed_bytes)
		return;
	*s->result = (struct container_truncation){ .needed_bytes = end, .offset = offset, .length = length };
}

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static void pay(struct search *s, uint64_t cost)
{
	s->budget -= s->budget < cost ? s->budget : cost;
}

/* One integer of the file, as its format stores it; 0 past the end of the file. */
static int read_entry(struct search *s, uint64_t offset, unsigned width, uint64_t *ret, struct error *err)
{
	struct cursor c;

	*ret = 0;
	s->cut |= !s->budget;
	pay(s, ENTRY_COST);
	if (offset > s->file->size || s->file->size - offset < width)
		return 0;
	if (offset < s->page_at || offset - s->page_at >= s->page_size || s->page_size - (offset - s->page_at) < width) {
		/* so that entries that are read from the last to the first are in it */
		uint64_t end = (offset + width + CHUNK - 1) / CHUNK * CHUNK, start = end - CHUNK;
		int r;

		start = offset < start ? offset : start;
		s->page_at = start;
		s->page_size = (size_t)(s->file->size - start < CHUNK ? s->file->size - start : CHUNK);
		r = view_read(s->file, start, s->page, s->page_size, err);
		if (r < 0) {
			s->page_size = 0;
			return r;
		}
	}
	c = cursor_make(s->page, s->page_size);
	cursor_seek(&c, (size_t)(offset - s->page_at));
	*ret = width == 4 ? cursor_le32(&c) : cursor_le64(&c);
	return 0;
}

/* What one entry of a table means: the first byte behind what it leads to, or 0. */
typedef uint64_t entry_end(uint64_t entry, const void *context);

struct table {
	uint64_t offset, count; /* bytes; entries */
	unsigned width;         /* of an entry: 4 or 8 bytes */
	bool big_endian;
	entry_end *end;
	const void *context;
};

/* Looks at the entries of a table, the last first. */
static int search_table(struct search *s, const struct table *table, struct error *err)
{
	uint64_t length = multiply(table->count, table->width), at, step;
	unsigned char bytes[CHUNK];
	int r;

	leads_to(s, add(table->offset, length), 0, 0);
	if (table->offset >= s->file->size)
		return 0;
	if (length > s->file->size - table->offset)
		length = (s->file->size - table->offset) / table->width * table->width;
	for (at = length; at; at -= step) {
		struct cursor c;

		if (!s->budget) {
			s->cut = true;
			return 0;
		}
		step = at % CHUNK ? at % CHUNK : CHUNK;
		/* in no format does a zero lead anywhere, but in VHD */
		if (!table->big_endian && view_next_data(s->file, table->offset + at - step) >= table->offset + at) {
			pay(s, HOLE_COST);
			continue;
		}
		c = cursor_make(bytes, (size_t)step);
		pay(s, step < READ_COST ? READ_COST : step);
		r = view_read(s->file, table->offset + at - step, bytes, (size_t)step, err);
		if (r < 0)
			return r;
		for (uint64_t i = 0; i < step / table->width; i++) {
			uint64_t entry = table->width == 8 ? (table->big_endian ? cursor_be64(&c) : cursor_le64(&c))
							   : (table->big_endian ? cursor_be32(&c) : cursor_le32(&c));

			leads_to(s, table->end(entry, table->context), table->offset + at - step + i * table->width,
				 table->width);
		}
	}
	return 0;
}

/* VMDK: a grain directory of grain tables (Virtual Disk Format 5.0, "Hosted Sparse Extents") */
static uint64_t grain_end(uint64_t entry, const void *context)
{
	/* 1 is a grain of zeros */
	return entry > 1 ? add(entry * SECTOR, *(const uint64_t *)context) : 0;
}

static int search_vmdk(struct search *s, struct error *err)
{
	uint64_t capacity, grain, directory, tables, covered, least;
	struct cursor header;
	uint32_t flags, per_table;
	int r = container_bytes(s->arena, s->file, 0, SECTOR, &header, err);

	if (r < 0 || header.data[0] != 'K')
		return r;
	cursor_seek(&header, 8);
	flags = cursor_le32(&header);
	capacity = cursor_le64(&header);
	grain = cursor_le64(&header);
	cursor_skip(&header, 16);
	per_table = cursor_le32(&header);
	cursor_skip(&header, 8);
	directory = cursor_le64(&header);
	if (directory == UINT64_MAX) {
		struct cursor footer;

		/* the directory is behind the data: the file must end with a footer and an end-of-stream marker */
		r = container_bytes(s->arena, s->file, s->file->size < 3 * SECTOR ? 0 : s->file->size - 2 * SECTOR,
				    SECTOR, &footer, err);
		if (r < 0)
			return r;
		if (cursor_le32(&footer) != 0x564d444b) /* KDMV */
			leads_to(s, add(s->file->size, 1), 56, 8);
		return 0;
	}
	covered = multiply(per_table, grain);
	if (!covered || per_table > 512)
		return 0; /* QEMU refuses it, with a reason */
	/* of a compressed grain, or one at the end of the disk, at least a sector is there */
	least = flags & 1 << 16 || capacity % grain ? SECTOR : multiply(grain, SECTOR);
	tables = capacity / covered + (capacity % covered != 0);
	leads_to(s, add(multiply(directory, SECTOR), multiply(tables, 4)), 56, 8);
	for (uint64_t i = tables < s->file->size / 4 ? tables : s->file->size / 4; i-- > 0 && !s->cut;) {
		struct table table = { .count = per_table, .width = 4, .end = grain_end, .context = &least };
		uint64_t sector;

		r = read_entry(s, add(multiply(directory, SECTOR), i * 4), 4, &sector, err);
		if (r < 0)
			return r;
		table.offset = sector * SECTOR;
		r = sector ? search_table(s, &table, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Dynamic VHD: a table of blocks, each with a bitmap of its sectors before it */
static uint64_t vhd_block_end(uint64_t entry, const void *context)
{
	return entry == 0xffffffff ? 0 : entry * SECTOR + *(const uint64_t *)context;
}

static int search_vhd(struct search *s, struct error *err)
{
	struct table table = { .width = 4, .big_endian = true, .end = vhd_block_end };
	uint64_t header_offset, block, bytes;
	struct cursor footer, header;
	int r = container_bytes(s->arena, s->file, 0, SECTOR, &footer, err);

	if (r < 0)
		return r;
	cursor_seek(&footer, 16);
	header_offset = cursor_be64(&footer);
	leads_to(s, add(header_offset, 1024), 16, 8);
	r = container_bytes(s->arena, s->file, header_offset, 1024, &header, err);
	if (r < 0)
		return r;
	cursor_seek(&header, 16);
	table.offset = cursor_be64(&header);
	cursor_skip(&header, 4);
	table.count = cursor_be32(&header);
	block = cursor_be32(&header);
	bytes = block + (block / SECTOR / 8 + SECTOR - 1) / SECTOR * SECTOR;
	table.context = &bytes;
	return search_table(s, &table, err);
}

/* VHDX: the BAT is a region, the size of a block stands in the metadata ([MS-VHDX] 2.5) */
static uint64_t vhdx_block_end(uint64_t entry, const void *context)
{
	/* states 6 and 7: the block is there, wholly or in part */
	return (entry & 7) >= 6 ? add(entry & ~(MiB - 1), *(const uint64_t *)context) : 0;
}

static int search_vhdx(struct search *s, struct error *err)
{
	struct table table = { .width = 8, .end = vhdx_block_end };
	struct container_vhdx layout;
	int r = container_vhdx_layout(s->arena, s->file, &layout, err);

	if (r < 0)
		return r;
	if (layout.metadata_entry)
		leads_to(s, add(layout.metadata_offset, 64 * KiB), layout.metadata_entry, 12);
	if (!layout.found)
		return 0;
	leads_to(s, add(layout.bat_offset, layout.bat_length), layout.bat_entry, 12);
	table.offset = layout.bat_offset;
	table.count = layout.bat_length / 8;
	table.context = &layout.block_size;
	return search_table(s, &table, err);
}

/* VDI counts its blocks, and they follow each other */
static int search_vdi(struct search *s, struct error *err)
{
	uint64_t data, block, allocated;
	struct cursor header;
	int r = container_bytes(s->arena, s->file, 0, SECTOR, &header, err);

	if (r < 0)
		return r;
	cursor_seek(&header, 0x158);
	data = cursor_le32(&header);
	cursor_seek(&header, 0x178);
	block = add(cursor_le32(&header), cursor_le32(&header));
	cursor_skip(&header, 4);
	allocated = cursor_le32(&header);
	leads_to(s, add(data, multiply(block, allocated)), 0x184, 4);
	return 0;
}

/* QED: two levels of tables of 64-bit offsets (docs/interop/qed_spec of QEMU) */
static uint64_t qed_cluster_end(uint64_t entry, const void *context)
{
	/* 1 is a cluster of zeros */
	return entry > 1 ? add(entry, *(const uint64_t *)context) : 0;
}

static int search_qed(struct search *s, struct error *err)
{
	uint64_t cluster, length, l1, least;
	struct cursor header;
	int r = container_bytes(s->arena, s->file, 0, 64, &header, err);

	if (r < 0)
		return r;
	cursor_seek(&header, 4);
	cluster = cursor_le32(&header);
	length = multiply(cluster, cursor_le32(&header));
	cursor_seek(&header, 40);
	l1 = cursor_le64(&header);
	s->cut = length > s->budget;
	if (!cluster || s->cut)
		return 0;
	/* the cluster at the end of the disk may be written in part */
	least = cursor_le64(&header) % cluster ? 1 : cluster;
	leads_to(s, add(l1, length), 40, 8);
	for (uint64_t at = length; at >= 8 && !s->cut; at -= 8) {
		struct table table = { .count = length / 8, .width = 8, .end = qed_cluster_end, .context = &least };

		r = read_entry(s, add(l1, at - 8), 8, &table.offset, err);
		if (r == 0 && table.offset)
			r = search_table(s, &table, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Parallels: one table of 32-bit entries, in sectors or in tracks (docs/interop/parallels of QEMU) */
struct parallels {
	uint64_t unit, least; /* bytes */
};

static uint64_t parallels_end(uint64_t entry, const void *context)
{
	const struct parallels *p = context;

	return entry ? add(multiply(entry, p->unit), p->least) : 0;
}

static int search_parallels(struct search *s, struct error *err)
{
	struct table table = { .offset = 64, .width = 4, .end = parallels_end };
	struct parallels p;
	struct cursor header;
	uint64_t track;
	int r = container_bytes(s->arena, s->file, 0, 64, &header, err);

	if (r < 0)
		return r;
	cursor_seek(&header, 28);
	track = cursor_le32(&header);
	table.count = cursor_le32(&header);
	if (!track)
		return 0;
	p.unit = header.data[6] == 't' ? SECTOR : track * SECTOR; /* WithoutFreeSpace, WithouFreSpacExt */
	/* the track at the end of the disk may be written in part */
	p.least = cursor_le64(&header) % track ? 1 : track * SECTOR;
	table.context = &p;
	return search_table(s, &table, err);
}

static int search(struct search *s, const struct container *container, struct error *err)
{
	switch (container->format) {
	case CONTAINER_VMDK:
		return search_vmdk(s, err);
	case CONTAINER_VHD:
		return container->access == CONTAINER_HELPER ? search_vhd(s, err) : 0;
	case CONTAINER_VHDX:
		return search_vhdx(s, err);
	case CONTAINER_VDI:
		return search_vdi(s, err);
	case CONTAINER_QED:
		return search_qed(s, err);
	case CONTAINER_PARALLELS:
		return search_parallels(s, err);
	default:
		return 0;
	}
}

int container_check_truncated(struct arena *arena, struct view *file, const struct container *container, bool thorough,
			      struct container_truncation *ret, struct error *err)
{
	uint64_t budget = thorough ? LIMIT_CONTAINER_TABLES_THOROUGH : LIMIT_CONTAINER_TABLES;
	struct search s = { .arena = arena, .file = file, .budget = budget, .result = ret };
	int r;

	*ret = (struct container_truncation){ 0 };
	r = search(&s, container, err);
	/* what was found stands */
	if (r == 0 && s.cut && !ret->needed_bytes)
		r = limit_error(err, "the %s has more than %llu GiB of tables%s", container->format_name,
			      (unsigned long long)(budget / GiB),
			      thorough ? "" : ", of which the last were looked at (--thorough looks at all)");
	return r;
}
