/* SPDX-License-Identifier: MIT */
/* ext: reads ext2, ext3 and ext4 through libext2fs, and keeps what the superblock says.
 *
 * The superblock is read by our own cursor first, so that its facts (UUID, label, features) are there even where the
 * library refuses the file system.  The library sees the view through an I/O manager that can only read; checksum errors
 * are never ignored.  Sources: the kernel's Documentation/filesystems/ext4, libext2fs 1.47.
 */
#ifndef FS_EXT_H
#define FS_EXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "fs/fs.h"
#include "fs/settled.h"

enum ext_fault {
	EXT_GOOD,
	EXT_NO_MAGIC,    /* not ext2/3/4 at all: nothing else is filled */
	EXT_JOURNAL_DEVICE, /* an external journal: no files */
	EXT_CORRUPT,     /* the superblock, the group descriptors or the journal's superblock cannot be right: `problem` */
	EXT_UNSUPPORTED, /* features that libext2fs does not know; `problem` says so.  Not the image's fault */
};

struct ext {
	enum ext_fault fault;
	const char *problem;   /* why there are no files, or NULL */
	bool beyond_e2fsck;    /* which e2fsck does not mend */
	const char *type;      /* "ext2", "ext3" or "ext4", as blkid calls it */
	uint8_t uuid[16];      /* in the order in which it is printed */
	char uuid_text[37];    /* lower case, as mount and fstab have it */
	char label[17];
	uint32_t compat, incompat, ro_compat; /* feature words */
	const char *features;  /* their names, separated by spaces, as mke2fs -O takes them */
	uint32_t block_size;   /* bytes */
	uint64_t blocks;       /* as the superblock says */
	uint64_t view_size;    /* bytes of the partition */
	bool beyond_partition; /* blocks x block_size is more than view_size: the kernel refuses to mount it */
	bool has_journal;
	bool needs_recovery;   /* the journal was not replayed: what we read may be stale */
	bool orphans;          /* files are to be deleted at the next mount: ordinary after a crash alone */
	bool clean;            /* s_state says that it was unmounted cleanly */
	bool errors;           /* s_state says that the kernel found errors */
	struct fs *fs;         /* NULL unless the fault is EXT_GOOD */
	const struct fs_mismatch *mismatch; /* of what was looked up so far; NULL where nothing can be */
	void *state;           /* the reader's own */
};

/* Reads the file system in `view`.  0 when the view could be read, whatever it holds; a negative errno when the medium failed
 * or a limit of limits.h was met.  The result lives in the arena, but libext2fs has memory of its own: end with ext_close. */
int ext_open(struct arena *arena, struct view *view, struct ext **ret, struct error *err);

/* Frees what libext2fs holds; ext->fs must not be used any more, the facts stay.  NULL is allowed. */
void ext_close(struct ext *ext);

/* Does the file system have the feature of that name (as mke2fs -O takes it)?  False for a name that is not known. */
bool ext_has_feature(const struct ext *ext, const char *name);

#endif
