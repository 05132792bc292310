/* SPDX-License-Identifier: MIT */
/* binary: an EFI binary on an EFI system partition, with everything that its file says. */
#ifndef IMAGE_BINARY_H
#define IMAGE_BINARY_H

#include "efi/kind.h"
#include "efi/pe.h"
#include "efi/sbat.h"
#include "efi/signature.h"
#include "image/image.h"

struct efi_binary {
	struct efi_binary *next; /* of those that were opened */
	uint64_t handle;         /* of the file system */
	const struct esp *esp;
	const char *path; /* as the file system spells it */
	bool directory;   /* a directory of that name: nothing below is set */
	struct view *view;
	enum have have; /* is it PE?  UNREADABLE: error says why, and what could not be read is NULL */
	const struct pe *pe;
	/* if HAVE: */
	const struct sbat_section *sbat;
	const struct sbat_levels *levels; /* of shim */
	const struct efi_program *program;
	const struct signatures *signatures;
	struct error error;
};

/* The binary at a path (with `/`, names without case) of an ESP that is HAVE.  -ENOENT or -ENOTDIR when there is none, another
 * negative errno when a directory on the way could not be read.  Each file is read once.  Lives in the
 * image's arena. */
int image_binary(struct image *image, const struct esp *esp, const char *path, const struct efi_binary **ret,
		 struct error *err);

/* Would firmware for that machine load it? */
bool image_binary_loads(const struct efi_binary *binary, uint16_t machine);

/* A binary of that kind in a folder below \EFI, under its usual name (shimaa64.efi), that firmware would load; NULL when there is
 * none.  `but` is a path that will not do, or NULL. */
const struct efi_binary *image_find_binary(struct image *image, const struct esp *esp, enum efi_kind kind,
					   enum architecture architecture, const char *but);

#endif
