/* SPDX-License-Identifier: MIT */
/* initrd-tree: the names that Linux has made of an initrd up to some entry, as do_name() and do_symlink() of init/initramfs.c
 * make them; of what is in the files a caller may keep what he needs.
 *
 * No folder is made for a file that comes before it or without it; what is of another type at the path gives way, but for a
 * folder that holds something.
 */
#ifndef LINUX_INITRD_TREE_H
#define LINUX_INITRD_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "linux/cpio.h"

#define TREE_ROOT 0
#define TREE_NONE UINT32_MAX

struct program;

struct tree_node {
	uint64_t key;       /* of its folder and its name */
	uint32_t folder;    /* the number of the folder that it stands in */
	uint32_t entries;   /* of a folder: names in it */
	uint32_t mode;      /* as in st_mode; 0: it is not there, or not any more */
	uint32_t size;      /* bytes */
	bool linked;        /* a hard link: its bytes may come with another name of the file */
	const char *target; /* of a symbolic link */
	void *file;         /* the caller's, which nothing takes away */
	const struct program *program; /* the caller's, of what is there now */
};

struct tree;

/* A tree of the folders that Linux itself has made.  `lenient`: whatever folder is missing may be there as well, as the kernel
 * has an initramfs of its own.  In the arena. */
struct tree *tree_new(struct arena *arena, bool lenient);

enum tree_made {
	TREE_MADE,
	TREE_NO_FOLDER, /* the folder of the entry is not there */
	TREE_NOT_MADE,  /* Linux makes nothing of it for another reason */
};

/* Makes what the entry says, a link to `target` where it is a symbolic one: *ret is its number.  0, or -EFBIG. */
int tree_make(struct tree *tree, const struct cpio_entry *entry, const char *target, enum tree_made *ret_made, uint32_t *ret,
	      struct error *err);

struct tree_node *tree_node(const struct tree *tree, uint32_t number);

/* What is at the path, TREE_NONE: nothing.  Links on the way are followed, and with `follow` one at the end.  0, or -EFBIG. */
int tree_find(struct tree *tree, const char *path, bool follow, uint32_t *ret, struct error *err);

/* Memory for what the tree, or its caller, keeps of an entry: NULL where an initrd has had its share. */
void *tree_keep(struct tree *tree, const void *data, size_t size, struct error *err);

#endif
