/* SPDX-License-Identifier: MIT */
/* superblock: asking libblkid, and the feature words of xfs and btrfs, which it does not tell. */
#include "fs/superblock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <blkid/blkid.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "block/window.h"

/* Where superblocks stand (libblkid 2.38 to 2.41, by what it reads): nearly all of them within the first 68 KiB or, as those
 * of arrays, in the last 128 KiB.  ZFS has four labels of 256 KiB, two at either end, and is looked for, which takes a
 * millisecond, only where the first label's list of names and values begins. */
#define HEAD (68 * KiB)
#define TAIL (128 * KiB)
#define ZFS_HEAD (512 * KiB)
#define ZFS_TAIL (576 * KiB)
#define ZFS_LIST (16 * KiB)

int superblock_memory_file(struct error *err)
{
	return window_memory_file(WINDOW_SUPERBLOCK, err);
}

static uint64_t before_end(const struct view *view, uint64_t length)
{
	return view->size > length ? view->size - length : 0;
}

static int copy_near(struct arena *arena, struct view *view, int fd, struct error *err)
{
	uint64_t tail = before_end(view, TAIL) & ~(TAIL / 2 - 1);
	int r = window_clear(fd, view->size, err);

	if (r == 0)
		r = window_copy(arena, view, fd, 0, HEAD, false, err);
	return r < 0 ? r : window_copy(arena, view, fd, tail > HEAD ? tail : HEAD, view->size, false, err);
}

/* 1: the rest of ZFS's labels was copied too; 0: there is none. */
static int copy_zfs(struct arena *arena, struct view *view, int fd, struct error *err)
{
	uint64_t tail = before_end(view, ZFS_TAIL);
	uint8_t list[2];
	int r;

	if (view->size < 2 * ZFS_HEAD)
		return 0;
	r = view_read(view, ZFS_LIST, list, sizeof(list), err);
	/* encoding XDR, either byte order */
	if (r < 0 || list[0] != 1 || list[1] > 1)
		return r;
	r = window_copy(arena, view, fd, HEAD, ZFS_HEAD, false, err);
	if (r == 0)
		r = window_copy(arena, view, fd, tail > ZFS_HEAD ? tail : ZFS_HEAD, view->size, false, err);
	return r < 0 ? r : 1;
}

static void probe_cleanup(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

static const char *value_of(struct arena *arena, blkid_probe probe, const char *name)
{
	const char *value;
	size_t size;

	return blkid_probe_lookup_value(probe, name, &value, &size) == 0 && size ? arena_strndup(arena, value, size) : NULL;
}

/* 1: found, 0: nothing, or a negative errno. */
static int ask(struct arena *arena, int fd, bool but_zfs, struct superblock *ret, struct error *err)
{
	__attribute__((cleanup(probe_cleanup))) blkid_probe probe = blkid_new_probe();
	char zfs_member[] = "zfs_member", *zfs[] = { zfs_member, NULL };
	const char *usage;
	int r;

	errno = 0;
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
		return error_set(err, errno ? errno : ENOMEM, "libblkid: cannot look at a memory file");
	blkid_probe_enable_partitions(probe, 0);
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_USAGE);
	if (but_zfs)
		blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_NOTIN, zfs);
	/* of several signatures the one that blkid prefers: containers first */
	r = blkid_do_probe(probe);
	if (r < 0)
		return error_set(err, EIO, "libblkid: cannot look at the superblocks");
	if (r > 0)
		return 0;
	ret->type = value_of(arena, probe, "TYPE");
	ret->uuid = value_of(arena, probe, "UUID");
	ret->label = value_of(arena, probe, "LABEL");
	usage = value_of(arena, probe, "USAGE");
	ret->has_files = usage && !strcmp(usage, "filesystem");
	return ret->type != NULL;
}

struct feature {
	unsigned word, bit;
	const char *name;
};

static const char *feature_names(struct arena *arena, const struct feature *features, size_t count, const uint64_t *words)
{
	BUFFER_AUTO b = buffer_make(4096);

	for (size_t i = 0; i < count; i++)
		if (words[features[i].word] >> features[i].bit & 1)
			buffer_printf(&b, "%s%s", b.size ? " " : "", features[i].name);
	return arena_strdup(arena, b.data ? b.data : "");
}

/* sb_features_ro_compat, sb_features_incompat */
static const struct feature xfs_features[] = {
	{ 0, 0, "finobt" }, { 0, 1, "rmapbt" },	   { 0, 2, "reflink" }, { 0, 3, "inobtcount" },	 { 1, 0, "ftype" },
	{ 1, 1, "sparse" }, { 1, 2, "meta_uuid" }, { 1, 3, "bigtime" }, { 1, 4, "needsrepair" }, { 1, 5, "nrext64" },
	{ 1, 6, "exchange" }, { 1, 7, "parent" }, { 1, 8, "metadir" }, { 1, 9, "zoned" }, { 1, 10, "zone_gaps" },
};

static int read_xfs(struct arena *arena, struct view *view, struct superblock *ret, struct error *err)
{
	uint8_t bytes[264];
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	uint64_t words[2] = { 0 };
	uint32_t block;
	bool fifth;
	int r;

	if (view->size < sizeof(bytes))
		return 0;
	r = view_read(view, 0, bytes, sizeof(bytes), err);
	if (r < 0)
		return r;
	cursor_seek(&c, 4);
	block = cursor_be32(&c);
	if (__builtin_mul_overflow(cursor_be64(&c), (uint64_t)block, &ret->size))
		ret->size = UINT64_MAX;
	cursor_seek(&c, 100);
	fifth = (cursor_be16(&c) & 0xf) == 5;
	if (fifth) {
		cursor_seek(&c, 212);
		words[0] = cursor_be32(&c);
		words[1] = cursor_be32(&c);
	}
	ret->features = arena_printf(arena, "%s%s", fifth ? "crc " : "",
				     feature_names(arena, xfs_features, sizeof(xfs_features) / sizeof(*xfs_features), words));
	return 0;
}

/* compat_ro_flags, incompat_flags */
static const struct feature btrfs_features[] = {
	{ 0, 0, "free-space-tree" }, { 0, 2, "verity" },	  { 0, 3, "block-group-tree" }, { 1, 0, "mixed-backref" },
	{ 1, 1, "default-subvol" },  { 1, 2, "mixed-bg" },	  { 1, 3, "compress-lzo" },	{ 1, 4, "compress-zstd" },
	{ 1, 5, "big-metadata" },    { 1, 6, "extref" },	  { 1, 7, "raid56" },		{ 1, 8, "skinny-metadata" },
	{ 1, 9, "no-holes" },	     { 1, 10, "metadata-uuid" },  { 1, 11, "raid1c34" },	{ 1, 12, "zoned" },
	{ 1, 13, "extent-tree-v2" }, { 1, 14, "raid-stripe-tree" }, { 1, 16, "squota" },
};

static int read_btrfs(struct arena *arena, struct view *view, struct superblock *ret, struct error *err)
{
	uint8_t bytes[256];
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	uint64_t words[2];
	int r;

	if (view->size < 64 * KiB + sizeof(bytes))
		return 0;
	r = view_read(view, 64 * KiB, bytes, sizeof(bytes), err);
	if (r < 0)
		return r;
	cursor_seek(&c, 0x60);
	ret->dirty = cursor_le64(&c) != 0; /* log_root */
	cursor_seek(&c, 0xd1); /* dev_item.total_bytes */
	ret->size = cursor_le64(&c);
	cursor_seek(&c, 0xb4);
	words[0] = cursor_le64(&c);
	words[1] = cursor_le64(&c);
	ret->features = feature_names(arena, btrfs_features, sizeof(btrfs_features) / sizeof(*btrfs_features), words);
	return 0;
}

static int read_erofs(struct view *view, struct superblock *ret, struct error *err)
{
	uint8_t bytes[128];
	struct cursor c = cursor_make(bytes, sizeof(bytes));
	unsigned block;
	int r;

	if (view->size < KiB + sizeof(bytes))
		return 0;
	r = view_read(view, KiB, bytes, sizeof(bytes), err);
	if (r < 0)
		return r;
	cursor_seek(&c, 12);
	block = cursor_u8(&c);
	cursor_seek(&c, 36);
	ret->size = (uint64_t)cursor_le32(&c) << (block < 32 ? block : 0);
	return 0;
}

int superblock_read(struct arena *arena, struct view *view, int fd, struct superblock *ret, struct error *err)
{
	int r;

	*ret = (struct superblock){ 0 };
	if (view->size > INT64_MAX)
		return limit_error(err, "the partition is too large for libblkid");
	r = copy_near(arena, view, fd, err);
	if (r == 0)
		r = ask(arena, fd, true, ret, err);
	if (r == 0) {
		r = copy_zfs(arena, view, fd, err);
		if (r > 0)
			r = ask(arena, fd, false, ret, err);
	}
	if (r <= 0)
		return r;
	if (!strcmp(ret->type, "xfs"))
		return read_xfs(arena, view, ret, err);
	if (!strcmp(ret->type, "btrfs"))
		return read_btrfs(arena, view, ret, err);
	return strcmp(ret->type, "erofs") ? 0 : read_erofs(view, ret, err);
}
