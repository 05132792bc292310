/* SPDX-License-Identifier: MIT */
/* sbat: the SBAT metadata of EFI binaries, and the revocation levels that shim applies to it.
 *
 * A binary's .sbat section is text, one component a line: name,generation,vendor,package,version,URL.  A level is the
 * same with two or three fields: name,generation[,date].  A binary is revoked when one of its components has a
 * generation lower than the level's (shim's SBAT.md).  Parsing and comparison follow shim 16.1 (sbat.c, csv.c,
 * verify.c).
 */
#ifndef EFI_SBAT_H
#define EFI_SBAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "efi/pe.h"

struct sbat_entry {
	const char *component;
	const char *generation_text;
	uint16_t generation; /* as shim takes it: atoi, cut to 16 bits; 0 when it is no number */
	const char *vendor, *package, *version, *url; /* NULL in a level */
	const char *date;                             /* of a level's first line "sbat,1,DATE"; else NULL */
	uint32_t line;                                /* counted from 1 */
};

struct sbat {
	const struct sbat_entry *entries;
	size_t count;
	/* shim refuses text in which a line has too few fields or an empty one: that line, counted from 1, else 0 */
	uint32_t bad_line;
	bool too_long; /* has more lines than are taken: entries are not all of them */
};

enum sbat_status {
	SBAT_OK,
	SBAT_ABSENT,    /* no .sbat section */
	SBAT_IGNORED,   /* shim ignores the section: raw size zero or below the virtual size */
	SBAT_DUPLICATE, /* two .sbat sections: shim refuses the binary */
	SBAT_RELOCATED, /* the section has relocations: shim refuses the binary */
	SBAT_MALFORMED, /* a line that shim refuses */
	SBAT_TOO_LARGE, /* over LIMIT_SBAT_BYTES or with very many lines: not read */
};

/* What a binary's .sbat section says. */
struct sbat_section {
	enum sbat_status status;
	const struct pe_section *section; /* NULL when absent */
	struct sbat sbat;
};

/* The two levels in shim's .sbatlevel section: `automatic` is applied on every boot with Secure Boot on (called
 * "previous" before shim 15.8), `latest` when the administrator asks for it. */
struct sbat_levels {
	bool present;   /* the section is there and understood */
	bool too_large; /* as SBAT_TOO_LARGE: not read */
	struct sbat automatic, latest;
};

/* One component of a binary that a level revokes. */
struct sbat_revocation {
	const struct sbat_entry *entry; /* of the binary */
	const struct sbat_entry *level; /* what it was compared with */
};

/* Parses text of `size` bytes, up to its first NUL: `fields` is 6 for a section and 3 for a level, of which `required`
 * must be there.  Never fails. */
struct sbat sbat_parse(struct arena *arena, const char *text, size_t size, unsigned int fields, unsigned int required);
struct sbat sbat_parse_level(struct arena *arena, const char *text, size_t size);

/* Reads the .sbat section of a PE image whose status is PE_OK; negative errno when it could not be read. */
int sbat_read_section(struct arena *arena, struct view *file, const struct pe *pe, const struct sbat_section **ret,
		      struct error *err);

/* Reads shim's .sbatlevel section likewise. */
int sbat_read_levels(struct arena *arena, struct view *file, const struct pe *pe, const struct sbat_levels **ret,
		     struct error *err);

/* Does the level revoke a binary with these entries?  Fills *ret with the first component that it revokes. */
bool sbat_revokes(const struct sbat *level, const struct sbat *binary, struct sbat_revocation *ret);

#endif
