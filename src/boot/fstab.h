/* SPDX-License-Identifier: MIT */
/* fstab: the lines of /etc/fstab and /etc/crypttab, with the place of every field.
 *
 * Sources: fstab(5) and util-linux libmount (octal escapes, missing fields), crypttab(5) and systemd's
 * cryptsetup-generator.  A line that is wrong is kept with its fault; whether its device exists is for others to say.
 */
#ifndef BOOT_FSTAB_H
#define BOOT_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "boot/device.h"
#include "boot/text.h"

#define LIMIT_FSTAB_ENTRIES 4096
#define LIMIT_FSTAB_OPTIONS 256

struct fstab_field {
	const char *text; /* octal escapes decoded; NULL: the line has no such field */
	const char *raw;  /* as written */
	struct boot_place place;
};

struct fstab_option {
	const char *name;
	const char *value; /* what follows '=', or NULL */
	struct boot_place place;
};

enum fstab_fault {
	FSTAB_GOOD,
	FSTAB_TOO_FEW_FIELDS, /* fstab: fewer than three; crypttab: fewer than two */
	FSTAB_BAD_NUMBER,     /* the fifth or sixth field of fstab is no number */
	FSTAB_CARRIAGE_RETURN, /* fstab's line ends with one, which mount(8) takes for a part of the last field; not so here */
	FSTAB_NUL,            /* the line holds a NUL byte: what follows it was not read */
};

struct fstab_entry {
	unsigned int line; /* from 1 */
	enum fstab_fault fault;
	struct boot_place fault_place;
	/* fstab: device, mount point, type, options, dump frequency, fsck pass.
	 * crypttab: device is the second field, `target` the name of the mapping, key_file the third. */
	struct fstab_field device, target, type, options, frequency, pass, key_file;
	struct boot_device_name device_name;
	const struct fstab_option *option_list;
	size_t option_count;
};

struct fstab {
	const struct boot_source *source;
	const struct fstab_entry *entries;
	size_t entry_count;
	bool truncated; /* over LIMIT_FSTAB_ENTRIES lines: the rest was not read */
};

/* Parse a file's content; never fail.  Everything lives in the arena; source must live as long. */
const struct fstab *fstab_parse(struct arena *arena, const struct boot_source *source, const char *data, size_t size);
const struct fstab *crypttab_parse(struct arena *arena, const struct boot_source *source, const char *data, size_t size);

/* The option of that name, the last one if there are several, or NULL. */
const struct fstab_option *fstab_option(const struct fstab_entry *entry, const char *name);

/* May the entry's device be missing without holding up the boot: nofail, noauto, or a file system that is made at first
 * boot (x-systemd.makefs)? */
bool fstab_entry_is_optional(const struct fstab_entry *entry);

#endif
