/* SPDX-License-Identifier: MIT */
/* ext-internal: what the parts of the ext2/3/4 reader share. */
#ifndef FS_EXT_INTERNAL_H
#define FS_EXT_INTERNAL_H

#include <ext2fs/ext2fs.h>

#include "base/error.h"
#include "fs/ext.h"
#include "fs/listings.h"

/* Blocks of a file that follow each other both in the file and on disk. */
struct ext_run {
	uint64_t logical, physical; /* first block in the file, and on disk */
	uint64_t count;
};

/* The map of one file, kept while it is read.  What no run covers is a hole. */
struct ext_map {
	uint32_t inode; /* 0: empty */
	uint64_t used;  /* when it was last used */
	struct ext_run *runs;
	size_t count, capacity;
};

#define EXT_MAPS 4

struct ext_state {
	struct ext *ext;
	struct view *view;
	ext2_filsys filesystem;
	struct fs fs;
	/* the trouble that the view had while the library read, which its own error code cannot tell */
	struct error io_error;
	uint64_t io_bytes; /* metadata that the library read for the question at hand, against LIMIT_EXT_METADATA */
	struct ext_map maps[EXT_MAPS];
	uint64_t clock;
	struct settled settled;
	struct listings *listings;
};

/* The library's way to the view.  ext_io_manager(state) is to be passed to ext2fs_open2 at once. */
io_manager ext_io_manager(struct ext_state *state);

/* A new question begins: its budget is whole, no error is known. */
void ext_begin(struct ext_state *state);

/* Turns the library's error into ours: what the view said if it said something, else -EIO and the library's words. */
int ext_fail(const struct ext_state *state, errcode_t code, struct error *err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The map of a file's blocks.  Lives until EXT_MAPS other files were read. */
int ext_map_of(struct ext_state *state, uint32_t inode, struct ext2_inode *content, struct ext_map **ret,
	       struct error *err);

extern const struct fs_ops ext_ops;

#endif
