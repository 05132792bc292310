/* SPDX-License-Identifier: MIT */
/* initrd-internal: what the parts of the initrd reader share. */
#ifndef LINUX_INITRD_INTERNAL_H
#define LINUX_INITRD_INTERNAL_H

#include "linux/cpio.h"
#include "linux/initrd-tree.h"
#include "linux/initrd.h"
#include "linux/names.h"
#include "linux/program.h"

/* What was asked for, as it is in the archive. */
struct initrd_file {
	const char *path;  /* as the archive writes it */
	unsigned member;
	bool module;       /* asked for as a module, */
	const char *fault; /* which it is not, and why; NULL: it is, */
	uint16_t machine;  /* for this machine, 0: not known */
	bool wanted;       /* its content was asked for */
	uint8_t *content;
	size_t content_size, capacity;
	uint32_t node;
};

/* It would answer a question, if it is there in the end. */
struct candidate {
	struct candidate *next;
	struct initrd_file *file;
};

/* The questions, to be found by an entry's path or module name. */
struct inquiry {
	struct arena *arena;
	struct arena *scratch; /* of the pass alone */
	struct initrd *initrd;
	struct initrd_question *questions;
	size_t count;
	struct tree *tree;
	bool lenient;
	bool programs; /* somebody asks for one */
	const struct program *last_program; /* most have an interpreter in common */
	struct names paths, modules, folders; /* of what was asked */
	uint32_t *first_path, *first_module, *first_folder; /* by number of the name: its first question */
	uint32_t *next; /* by question: the next one of the same name */
	struct candidate **candidates; /* by question for a module or a folder */
	size_t content; /* bytes that are read of a file whose content is asked for: the most that anybody wants */
	size_t content_kept;
	uint8_t *body;  /* the beginning of the present entry's */
	struct link *links; /* asked for by a hard link whose content has not come yet */
	char name[LIMIT_CPIO_NAME + 1]; /* of the present entry, as questions are asked */
};

/* Builds the tables.  `lenient` as in initrd-tree.h; what `scratch` holds must live until inquiry_end.  0, or -EFBIG for too
 * many questions or too much content. */
int inquiry_begin(struct inquiry *inquiry, struct arena *arena, struct arena *scratch, struct initrd *initrd,
		  struct initrd_question *questions, size_t count, bool lenient, struct error *err);

/* Writes the path into `to`, which has room for it and may be where it stands, as questions and entries are compared:
 * without what changes nothing in a path, and without "usr/" where a merged /usr makes it the same.  The result lies in `to`. */
char *initrd_plain_path(char *to, const char *written);

/* Takes in the present entry. 0, or a negative errno. */
int inquiry_entry(struct inquiry *inquiry, struct cpio *cpio, struct error *err);

/* A trailer ends what hard links share. */
void inquiry_trailer(struct inquiry *inquiry);

/* Answers: with `complete` all has been gone through, and what was not found is not there.  0, or -EFBIG. */
int inquiry_end(struct inquiry *inquiry, bool complete, struct error *err);

#endif
