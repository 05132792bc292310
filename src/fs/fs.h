/* SPDX-License-Identifier: MIT */
/* fs: the one interface to a file system, whatever it is.
 *
 * Seven operations with integer handles and no callbacks, each a question that fits a message: a file system on the far
 * side of a socket is just another implementation.  Invariants: nothing writes; handles stay valid as long as the file
 * system; everything returned through an arena lives as long as that arena.  Names are UTF-8.
 *
 * Errors: a negative errno and a message, for "we could not look".  -ENOENT, -ENOTDIR and -EISDIR are answers about the
 * file system, -EUCLEAN with a message stands for a file whose own metadata are broken, -ENODATA for one that is
 * cut off with the image, -EOPNOTSUPP for what a file
 * system does not have at all (a symbolic link on FAT).
 */
#ifndef FS_FS_H
#define FS_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

enum fs_type { FS_FILE, FS_DIRECTORY, FS_SYMLINK, FS_OTHER };

struct fs_stat {
	enum fs_type type;
	uint64_t size; /* bytes; 0 where it is not known, as for FAT's directories */
	uint32_t mode; /* as in st_mode */
};

struct fs_entry {
	uint64_t handle;
	enum fs_type type;
	const char *name;
	const char *alias; /* a second name that finds the file too (FAT's short name), or NULL */
	bool caseless;     /* names that differ by the case of ASCII letters alone are this one */
};

struct fs_statfs {
	uint32_t block_size; /* bytes in one unit of allocation */
	uint64_t blocks, free_blocks;
};

struct fs;

struct fs_ops {
	int (*stat)(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err);
	/* All entries of a directory but "." and ".." in the order on disk.  The list is not the caller's to change: a file
	 * system may give it out again. */
	int (*readdir)(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
		       struct error *err);
	int (*readlink)(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err);
	int (*getxattr)(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret,
			size_t *ret_size, struct error *err);
	/* Exactly `length` bytes from `offset`, which lie inside the file's size. */
	int (*pread)(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err);
	int (*statfs)(struct fs *fs, struct fs_statfs *ret, struct error *err);
	/* Sets entry->type to what the file itself is, as the kernel goes by it: a listing has what the directory says.  NULL
	 * where these cannot differ. */
	int (*settle)(struct fs *fs, struct fs_entry *entry, struct error *err);
};

struct fs {
	const struct fs_ops *ops;
	const char *type;      /* as a person calls it: "FAT32" */
	uint64_t root;         /* handle of the root directory */
	void *state;
};

/* Asks the file that an entry of a listing stands for which type it is, where the two may differ.  Entries that were looked up
 * are settled.  0, or a negative errno. */
int fs_settle(struct fs *fs, struct fs_entry *entry, struct error *err);

/* The same for who takes entries out of a listing by their type: where the file cannot be asked, it is what the listing says. */
enum fs_type fs_type_of(struct fs *fs, const struct fs_entry *listed);

/* The first entry of that name in a directory, in the order on disk; an alias counts as much as a name, as in firmware and in
 * Linux (fat-names.c).  Nothing but its names is put into the arena.  0, -ENOENT, -EFBIG when limit_of(WORK_LOOKUPS) are used up,
 * or what reading the directory failed with. */
int fs_find(struct fs *fs, struct arena *arena, uint64_t directory, const char *name, size_t length, struct fs_entry *ret,
	    struct error *err);
/* The same without aliases. */
int fs_find_by_name(struct fs *fs, struct arena *arena, uint64_t directory, const char *name, size_t length,
		    struct fs_entry *ret, struct error *err);

/* The entry that an absolute path with `/` leads to.  Symbolic links are not followed.  0, -ENOENT when a component is
 * missing, -ENOTDIR when one before the last is not a directory, -EFBIG beyond limits.depth components,
 * or what reading a directory failed with.  ret->name is the name as the file system spells it. */
int fs_lookup(struct fs *fs, struct arena *arena, const char *path, struct fs_entry *ret, struct error *err);

/* The same with symbolic links followed, as the kernel follows them with this file system as its root: an absolute link and
 * ".." at the top stay inside.  Those in the last component too, unless `nofollow`.  0 and the errors of fs_lookup, and -ELOOP
 * after LIMIT_SYMLINKS links.  *ret_path (may be NULL) becomes the path without links, in the arena; after -ENOENT, -ENOTDIR
 * and -ELOOP it is the path that was not there, or NULL. */
int fs_resolve(struct fs *fs, struct arena *arena, const char *path, bool nofollow, struct fs_entry *ret,
	       const char **ret_path, struct error *err);

/* The same as GRUB does it: it follows GRUB_SYMLINKS links (grub-core/fs/fshelp.c), and knows a file of FAT by one name, the long
 * one if there is one (grub-core/fs/fat.c).  The path is not told. */
#define GRUB_SYMLINKS 7
int fs_resolve_as_grub(struct fs *fs, struct arena *arena, const char *path, struct fs_entry *ret, struct error *err);

/* Is this, of looking up a path, an answer about the file system (it is not there), or could we not look? */
bool fs_is_answer(int r);

/* A view of a file's bytes.  -EISDIR for what is not a regular file. */
int fs_file_view(struct fs *fs, struct arena *arena, uint64_t handle, struct view **ret, struct error *err);

#endif
