/* SPDX-License-Identifier: MIT */
/* initrd-internal: what the parts of the initrd reader share. */
#ifndef LINUX_INITRD_INTERNAL_H
#define LINUX_INITRD_INTERNAL_H

#include "linux/cpio.h"
#include "linux/initrd.h"
#include "linux/names.h"

/* The questions, to be found by an entry's path or module name. */
struct inquiry {
	struct arena *arena;
	struct initrd *initrd;
	struct initrd_question *questions;
	size_t count;
	struct names paths, modules, folders; /* of what was asked */
	uint32_t *first_path, *first_module, *first_folder; /* by number of the name: its first question */
	uint32_t *next; /* by question: the next one of the same name */
	size_t open;    /* questions without answer */
	size_t content; /* bytes that are read of a file whose content is asked for: the most that anybody wants */
	struct link *links; /* answered by a hard link whose content has not come yet */
	char name[LIMIT_CPIO_NAME + 1]; /* of the present entry, as questions are asked */
};

/* Builds the tables.  0, or -EFBIG for too many questions or too much content. */
int inquiry_begin(struct inquiry *inquiry, struct arena *arena, struct initrd *initrd,
		  struct initrd_question *questions, size_t count, struct error *err);

/* Answers what the present entry answers. 0, or a negative errno. */
int inquiry_entry(struct inquiry *inquiry, struct cpio *cpio, struct error *err);

/* Is anything still to be found? */
bool inquiry_open(const struct inquiry *inquiry);

/* All has been gone through: what was not found is not there. */
void inquiry_end(struct inquiry *inquiry);

#endif
