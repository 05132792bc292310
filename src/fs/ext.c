/* SPDX-License-Identifier: MIT */
/* ext: the superblock's facts, and opening the file system.  Its files are in ext-file.c, the way to the view in ext-io.c. */
#include "fs/ext-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/limits.h"

#define SUPERBLOCK_OFFSET 1024
#define SUPERBLOCK_SIZE 1024
#define MAGIC 0xef53

enum word { COMPAT, INCOMPAT, RO_COMPAT };

/* Names as in mke2fs(8) and ext4(5). */
static const struct {
	enum word word;
	uint32_t bit;
	const char *name;
} features[] = {
	{ COMPAT, 0x1, "dir_prealloc" },      { COMPAT, 0x4, "has_journal" },
	{ COMPAT, 0x8, "ext_attr" },	      { COMPAT, 0x10, "resize_inode" },
	{ COMPAT, 0x20, "dir_index" },	      { COMPAT, 0x200, "sparse_super2" },
	{ COMPAT, 0x400, "fast_commit" },     { COMPAT, 0x800, "stable_inodes" },
	{ COMPAT, 0x1000, "orphan_file" },    { INCOMPAT, 0x1, "compression" },
	{ INCOMPAT, 0x2, "filetype" },	      { INCOMPAT, 0x4, "needs_recovery" },
	{ INCOMPAT, 0x8, "journal_dev" },     { INCOMPAT, 0x10, "meta_bg" },
	{ INCOMPAT, 0x40, "extent" },	      { INCOMPAT, 0x80, "64bit" },
	{ INCOMPAT, 0x100, "mmp" },	      { INCOMPAT, 0x200, "flex_bg" },
	{ INCOMPAT, 0x400, "ea_inode" },      { INCOMPAT, 0x1000, "dirdata" },
	{ INCOMPAT, 0x2000, "metadata_csum_seed" }, { INCOMPAT, 0x4000, "large_dir" },
	{ INCOMPAT, 0x8000, "inline_data" },  { INCOMPAT, 0x10000, "encrypt" },
	{ INCOMPAT, 0x20000, "casefold" },    { RO_COMPAT, 0x1, "sparse_super" },
	{ RO_COMPAT, 0x2, "large_file" },     { RO_COMPAT, 0x8, "huge_file" },
	{ RO_COMPAT, 0x10, "uninit_bg" },     { RO_COMPAT, 0x20, "dir_nlink" },
	{ RO_COMPAT, 0x40, "extra_isize" },   { RO_COMPAT, 0x100, "quota" },
	{ RO_COMPAT, 0x200, "bigalloc" },     { RO_COMPAT, 0x400, "metadata_csum" },
	{ RO_COMPAT, 0x1000, "read-only" },   { RO_COMPAT, 0x2000, "project" },
	{ RO_COMPAT, 0x4000, "shared_blocks" }, { RO_COMPAT, 0x8000, "verity" },
	{ RO_COMPAT, 0x10000, "orphan_present" },
};
#define FEATURES (sizeof(features) / sizeof(features[0]))

static uint32_t word_of(const struct ext *ext, enum word word)
{
	return word == COMPAT ? ext->compat : word == INCOMPAT ? ext->incompat : ext->ro_compat;
}

bool ext_has_feature(const struct ext *ext, const char *name)
{
	for (size_t i = 0; i < FEATURES; i++)
		if (!strcmp(features[i].name, name))
			return word_of(ext, features[i].word) & features[i].bit;
	return false;
}

static const char *feature_names(struct arena *arena, const struct ext *ext)
{
	BUFFER_AUTO b = buffer_make(4096);
	uint32_t known[3] = { 0 };

	for (size_t i = 0; i < FEATURES; i++) {
		known[features[i].word] |= features[i].bit;
		if (word_of(ext, features[i].word) & features[i].bit)
			buffer_printf(&b, "%s%s", b.size ? " " : "", features[i].name);
	}
	/* as dumpe2fs writes what it has no name for */
	for (int w = COMPAT; w <= RO_COMPAT; w++)
		for (int bit = 0; bit < 32; bit++)
			if (word_of(ext, (enum word)w) & ~known[w] & 1U << bit)
				buffer_printf(&b, "%sFEATURE_%c%d", b.size ? " " : "", "CIR"[w], bit);
	return arena_strdup(arena, b.data ? b.data : "");
}

static const char *type_of(const struct ext *ext)
{
	if (ext->incompat & ~0x1eU || ext->ro_compat & ~0x7U)
		return "ext4";
	return ext->has_journal ? "ext3" : "ext2";
}

static void uuid_text(struct ext *ext)
{
	char *p = ext->uuid_text;

	for (int i = 0; i < 16; i++)
		p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", ext->uuid[i]);
}

static int corrupt(struct ext *ext, const char *problem)
{
	ext->fault = EXT_CORRUPT;
	ext->problem = problem;
	return 0;
}

/* What the library multiplies and allocates by is checked here first.  0, or a negative errno for a limit. */
static int check_geometry(struct ext *ext, struct cursor *c, struct error *err)
{
	uint32_t first, log_block, per_group, inodes_per_group, revision, descriptor = 32;
	uint64_t groups;

	cursor_seek(c, 20);
	first = cursor_le32(c);
	log_block = cursor_le32(c);
	cursor_seek(c, 32);
	per_group = cursor_le32(c);
	cursor_seek(c, 40);
	inodes_per_group = cursor_le32(c);
	cursor_seek(c, 76);
	revision = cursor_le32(c);
	if (ext->incompat & 0x80) {
		cursor_seek(c, 254);
		descriptor = cursor_le16(c);
	}
	if (log_block > 6)
		return corrupt(ext, "the block size is not one that ext4 has");
	ext->block_size = 1024U << log_block;
	if (__builtin_mul_overflow(ext->blocks, ext->block_size, &groups))
		return corrupt(ext, "it claims to have more blocks than there can be");
	ext->beyond_partition = ext->blocks * ext->block_size > ext->view_size;
	if (revision > 1 || first >= ext->blocks || !per_group || !inodes_per_group || descriptor < 32 || descriptor > 1024)
		return corrupt(ext, "the superblock's numbers contradict each other");
	groups = (ext->blocks - first + per_group - 1) / per_group;
	if (groups > ext->view_size / descriptor)
		return corrupt(ext, "the group descriptors would be larger than the partition");
	if (groups * descriptor > LIMIT_EXT_DESCRIPTORS)
		return limit_error(err, "the file system has %" PRIu64 " block groups", groups);
	return 0;
}

/* Numbers that the library does not look at, and for which the kernel refuses the file system (fs/ext4/super.c, ext4_fill_super,
 * ext4_inode_info_init, ext4_load_journal). */
static int check_numbers(struct ext *ext, struct cursor *c)
{
	uint32_t creator, journal, journal_device;
	uint16_t inode_size, least, wanted;
	uint64_t protection;

	cursor_seek(c, 72);
	creator = cursor_le32(c);
	cursor_seek(c, 88);
	inode_size = cursor_le16(c);
	cursor_seek(c, 224);
	journal = cursor_le32(c);
	journal_device = cursor_le32(c);
	cursor_seek(c, 348);
	least = cursor_le16(c);
	wanted = cursor_le16(c);
	cursor_seek(c, 360);
	protection = cursor_le64(c);
	ext->beyond_e2fsck = true;
	if (creator == EXT2_OS_HURD && ext_has_feature(ext, "64bit"))
		return corrupt(ext, "its creator is the Hurd, which has no 64-bit file systems");
	if (ext_has_feature(ext, "mmp") && (!protection || protection >= ext->blocks))
		return corrupt(ext, "its block for multiple mount protection is none of its blocks");
	ext->beyond_e2fsck = false;
	if (ext_has_feature(ext, "extra_isize") && inode_size > EXT2_GOOD_OLD_INODE_SIZE &&
	    (least > inode_size - EXT2_GOOD_OLD_INODE_SIZE || wanted > inode_size - EXT2_GOOD_OLD_INODE_SIZE))
		return corrupt(ext, "its inodes have less room than they are to have");
	if (ext->has_journal && !journal == !journal_device)
		return corrupt(ext, journal ? "its journal is an inode and another device at once"
					    : "it has a journal, and neither an inode nor a device for it");
	return 0;
}

static int read_superblock(struct arena *arena, struct ext *ext, struct view *view, struct error *err)
{
	uint8_t bytes[SUPERBLOCK_SIZE];
	const uint8_t *label;
	uint32_t last_orphan;
	struct cursor c;
	uint16_t state;
	int r;

	ext->view_size = view->size;
	ext->fault = EXT_NO_MAGIC;
	if (view->size < SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE)
		return 0;
	r = view_read(view, SUPERBLOCK_OFFSET, bytes, sizeof(bytes), err);
	if (r < 0)
		return r;
	c = cursor_make(bytes, sizeof(bytes));
	cursor_seek(&c, 56);
	if (cursor_le16(&c) != MAGIC)
		return 0;
	ext->fault = EXT_GOOD;
	state = cursor_le16(&c);
	cursor_seek(&c, 92);
	ext->compat = cursor_le32(&c);
	ext->incompat = cursor_le32(&c);
	ext->ro_compat = cursor_le32(&c);
	memcpy(ext->uuid, cursor_bytes(&c, 16), 16);
	label = cursor_bytes(&c, 16);
	memcpy(ext->label, label, 16);
	cursor_seek(&c, 232);
	last_orphan = cursor_le32(&c);
	cursor_seek(&c, 4);
	ext->blocks = cursor_le32(&c);
	if (ext->incompat & 0x80) {
		cursor_seek(&c, 336);
		ext->blocks |= (uint64_t)cursor_le32(&c) << 32;
	}
	uuid_text(ext);
	ext->features = feature_names(arena, ext);
	ext->has_journal = ext_has_feature(ext, "has_journal");
	ext->needs_recovery = ext_has_feature(ext, "needs_recovery");
	ext->orphans = last_orphan || ext_has_feature(ext, "orphan_present");
	ext->clean = state & 1;
	ext->errors = state & 2;
	ext->type = type_of(ext);
	if (ext->incompat & 0x8) {
		ext->fault = EXT_JOURNAL_DEVICE;
		ext->problem = "it is an external journal";
		return 0;
	}
	r = check_geometry(ext, &c, err);
	return r < 0 || ext->fault != EXT_GOOD ? r : check_numbers(ext, &c);
}

static bool unsupported(errcode_t code)
{
	return code == EXT2_ET_UNSUPP_FEATURE || code == EXT2_ET_RO_UNSUPP_FEATURE || code == EXT2_ET_REV_TOO_HIGH;
}

/* The kernel mounts nothing of which one group descriptor's checksum is wrong; the library does not look. */
static void check_descriptors(struct arena *arena, struct ext *ext, ext2_filsys filesystem)
{
	if (!ext2fs_has_group_desc_csum(filesystem))
		return;
	for (dgrp_t i = 0; i < filesystem->group_desc_count; i++) {
		if (ext2fs_group_desc_csum_verify(filesystem, i))
			continue;
		corrupt(ext, arena_printf(arena, "the checksum of the descriptor of block group %u is wrong", i));
		return;
	}
}

#define JOURNAL_MAGIC 0xc03b3998U
#define JOURNAL_SUPERBLOCK_V1 3
#define JOURNAL_SUPERBLOCK_V2 4
#define JOURNAL_CHECKSUMS 0x18U /* JBD2_FEATURE_INCOMPAT_CSUM_V2 and _V3 */
#define JOURNAL_CHECKSUM_OFFSET 0xfc

static uint32_t journal_field(const uint8_t *superblock, unsigned offset)
{
	const uint8_t *p = superblock + offset;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Why the kernel would not load the journal of this superblock (fs/jbd2/journal.c, journal_get_superblock); NULL: it would. */
static const char *journal_problem(uint8_t *superblock, uint32_t block_size)
{
	uint32_t type = journal_field(superblock, 4), checksum = journal_field(superblock, JOURNAL_CHECKSUM_OFFSET);

	if (journal_field(superblock, 0) != JOURNAL_MAGIC)
		return "the journal does not begin with the superblock of a journal";
	if (type != JOURNAL_SUPERBLOCK_V1 && type != JOURNAL_SUPERBLOCK_V2)
		return "the journal's superblock has a type that there is not";
	if (journal_field(superblock, 12) != block_size)
		return "the journal's blocks have another size than those of the file system";
	if (type != JOURNAL_SUPERBLOCK_V2 || !(journal_field(superblock, 40) & JOURNAL_CHECKSUMS))
		return NULL;
	memset(superblock + JOURNAL_CHECKSUM_OFFSET, 0, 4);
	if (ext2fs_crc32c_le(~0U, superblock, SUPERBLOCK_SIZE) != checksum)
		return "the checksum of the journal's superblock is wrong";
	return NULL;
}

/* Is this the view's trouble, and not that the file system speaks of blocks that are not there? */
static bool view_failed(const struct error *err)
{
	return err->code && err->code != ENODATA;
}

/* Without its journal the kernel mounts the file system no more than without its own superblock, not even to read.  0, or a
 * negative errno if it could not be looked at. */
static int check_journal(struct ext *ext, struct ext_state *state, struct error *err)
{
	ext2_filsys filesystem = state->filesystem;
	ext2_ino_t number = filesystem->super->s_journal_inum;
	struct ext2_inode inode;
	uint8_t bytes[SUPERBLOCK_SIZE];
	const char *problem;
	blk64_t block = 0;
	errcode_t code;

	/* without a number it is on another device, which check_numbers has looked at */
	if (!ext->has_journal || !number || ext->fault != EXT_GOOD)
		return 0;
	ext_begin(state);
	code = ext2fs_read_inode(filesystem, number, &inode);
	if (!code)
		code = ext2fs_bmap2(filesystem, number, &inode, NULL, 0, 0, NULL, &block);
	if (!code && block && block < ext->view_size / ext->block_size)
		code = view_read(state->view, block * ext->block_size, bytes, sizeof(bytes), &state->io_error);
	if (view_failed(&state->io_error) || code == EXT2_ET_NO_MEMORY)
		return ext_fail(state, code, err, "the journal");
	if (code || !inode.i_links_count || !LINUX_S_ISREG(inode.i_mode))
		return corrupt(ext, "the journal's inode is not that of a file");
	if (!block)
		return corrupt(ext, "the journal's file has no first block");
	if (block >= ext->view_size / ext->block_size)
		return ext->beyond_partition ? 0 : corrupt(ext, "the journal's first block is beyond the end");
	problem = journal_problem(bytes, ext->block_size);
	return problem ? corrupt(ext, problem) : 0;
}

int ext_open(struct arena *arena, struct view *view, struct ext **ret, struct error *err)
{
	struct ext *ext = ARENA_NEW(arena, struct ext);
	struct ext_state *state;
	errcode_t code;
	int r;

	r = read_superblock(arena, ext, view, err);
	if (r < 0)
		return r;
	*ret = ext;
	if (ext->fault != EXT_GOOD)
		return 0;
	initialize_ext2_error_table();
	state = ARENA_NEW(arena, struct ext_state);
	state->ext = ext;
	state->view = view;
	ext_begin(state);
	code = ext2fs_open2("view", NULL, EXT2_FLAG_64BITS, 0, 0, ext_io_manager(state), &state->filesystem);
	if (code) {
		/* beyond the partition's end is the image's fault, not the medium's */
		if (view_failed(&state->io_error) || code == EXT2_ET_NO_MEMORY)
			return ext_fail(state, code, err, "cannot read the file system");
		ext->fault = unsupported(code) ? EXT_UNSUPPORTED : EXT_CORRUPT;
		ext->problem = arena_strdup(arena, state->io_error.code ? state->io_error.message : error_message(code));
		return 0;
	}
	state->fs = (struct fs){ .ops = &ext_ops, .type = ext->type, .root = EXT2_ROOT_INO, .state = state };
	state->listings = listings_new();
	ext->state = state;
	check_descriptors(arena, ext, state->filesystem);
	r = check_journal(ext, state, err);
	if (r < 0) {
		ext_close(ext);
		return r;
	}
	ext->fs = ext->fault == EXT_GOOD ? &state->fs : NULL;
	ext->mismatch = &state->settled.mismatch;
	return 0;
}

void ext_close(struct ext *ext)
{
	struct ext_state *state = ext ? ext->state : NULL;

	if (!state)
		return;
	for (int i = 0; i < EXT_MAPS; i++)
		free(state->maps[i].runs);
	listings_free(state->listings);
	ext2fs_free(state->filesystem);
	ext->state = NULL;
	ext->fs = NULL;
}
