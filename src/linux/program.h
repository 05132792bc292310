/* SPDX-License-Identifier: MIT */
/* program: can the kernel execute a file, as far as its beginning and what it asks for tell?  As fs/binfmt_elf.c and
 * fs/binfmt_script.c take it; what somebody may register with binfmt_misc is not asked.
 */
#ifndef LINUX_PROGRAM_H
#define LINUX_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define PROGRAM_HEAD 4096 /* bytes of a file that say it: a page, in which linkers put the name of a program's interpreter */

enum program_kind {
	PROGRAM_OTHER, /* it is of another kind, or not known what */
	PROGRAM_ELF,
	PROGRAM_SCRIPT,
	PROGRAM_FAULTY, /* the kernel refuses it: `fault` */
};

struct program {
	enum program_kind kind;
	const char *fault;       /* "is ..." */
	uint16_t machine;        /* of an ELF file: e_machine */
	const char *interpreter; /* of a script; of an ELF file its PT_INTERP.  NULL: it needs none, or that is not known */
};

/* What the file of `size` bytes is, by its first ones, of which `have` are there.  The interpreter's name is written to `name`,
 * of PROGRAM_HEAD + 1 bytes. */
struct program program_read(const uint8_t *head, size_t have, uint64_t size, char *name);

/* A file as those find it who know the tree that it is in. */
struct program_file {
	uint32_t mode; /* as in st_mode, links followed; 0: there is none */
	bool empty;
	bool unknown;  /* what is in it is not known */
	struct program program;
};

/* Finds the file at a path, which may be relative: to the root.  0, or a negative errno where it cannot be looked at. */
typedef int (*program_look)(void *state, const char *path, struct program_file *ret, struct error *err);

/* Why the kernel cannot execute the file, in words that follow its name ("is empty"), in the arena; NULL: it can, or that is not
 * known.  `machine`: what the kernel is for, as in ELF headers; 0: any.  0, or what `look` failed with. */
int program_fault(struct arena *arena, const char *path, uint16_t machine, program_look look, void *state, const char **ret,
		  struct error *err);

#endif
