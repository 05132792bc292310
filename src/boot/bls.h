/* SPDX-License-Identifier: MIT */
/* bls: Boot Loader Specification entries and what systemd-boot makes of them.
 *
 * Sources: The Boot Loader Specification (UAPI.1), sections "Type #1", "Type #2" and "Sorting"; Automatic Boot
 * Assessment for the counters in file names; systemd 252 src/boot/efi/boot.c for what the text leaves open.  GRUB's
 * blscfg reads the same files by rules of its own: see grub_blscfg.c.
 */
#ifndef BOOT_BLS_H
#define BOOT_BLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "boot/text.h"
#include "fs/fs.h"

#define LIMIT_BLS_ENTRIES 1024
#define LIMIT_BLS_LINES 512
#define LIMIT_BLS_FILE (64 * 1024) /* bytes of one entry */

struct bls_line {
	const char *key;
	struct boot_place key_place;
	struct boot_text value; /* quotes around all of it taken off */
	struct boot_text raw;   /* quotes kept */
};

enum bls_type { BLS_TYPE1, BLS_TYPE2 };

struct bls_entry {
	enum bls_type type;
	const struct boot_source *source;
	const char *file; /* its name, without folder */
	const char *id;   /* what loaders know it by: the file's name without counters */
	int tries_left, tries_done; /* boot counting; -1: not counted */
	bool readable;    /* false: its content is not here; `error` says why, or it is a type 2 that is no PE image */
	struct error error; /* of a type 1 also if it is `truncated` */

	/* Of type 2, a unified kernel image: title, version and sort-key as its .osrel has them, options from .cmdline. */
	const struct bls_line *lines;
	size_t line_count;
	bool truncated; /* over LIMIT_BLS_LINES lines: the rest was not read */
	/* the last line of each that has it, or NULL */
	const struct bls_line *title, *version, *machine_id, *sort_key, *architecture, *kernel, *efi, *uki, *devicetree;
};

/* One volume: an EFI system partition or an extended boot loader partition. */
struct bls_volume {
	const struct bls_entry *entries; /* types 1 and 2 in the order of their file names */
	size_t entry_count;
	bool truncated;
	const struct boot_source *loader_conf; /* NULL: there is none, or it could not be read (`error`) */
	const struct bls_line *loader_lines;
	size_t loader_line_count;
	struct error loader_error; /* code 0: none */
	/* code not 0: why not all of this is known, though it may be there; systemd-boot may take that by default */
	struct error unread;
};

/* Reads /loader/loader.conf, /loader/entries/ and /EFI/Linux/ of one file system; `device` and `partition`
 * are for the places.  0, or a negative errno when a folder that is there could not be read.  Lives in the arena. */
int bls_read(struct arena *arena, struct fs *fs, const char *device, int partition, const struct bls_volume **ret,
	     struct error *err);

/* Parses one type 1 entry's content; never fails. */
struct bls_entry bls_parse_entry(struct arena *arena, const struct boot_source *source, const char *file,
				 const char *data, size_t size);

/* Parses lines of keys and values, as entries and loader.conf have them. */
const struct bls_line *bls_parse_lines(struct arena *arena, const struct boot_source *source, const char *data,
				       size_t size, size_t *ret_count, bool *ret_truncated);

/* The next line with that key behind `after` (NULL: the first), or NULL. */
const struct bls_line *bls_next(const struct bls_entry *entry, const char *key, const struct bls_line *after);

/* All "options" joined by spaces, as systemd-boot and the kernel see them. */
struct boot_text bls_options(struct arena *arena, const struct bls_entry *entry);

/* Splits a counter off a file name with that suffix: "a+3-1.conf" has id "a.conf", 3 left and 1 done. */
const char *bls_id(struct arena *arena, const char *file, const char *suffix, int *ret_left, int *ret_done);

/* Compares two versions as strverscmp_improved() of systemd does (UAPI.10): < 0 when a is older. */
int bls_compare_versions(const char *a, const char *b);

/* Compares two entries as systemd-boot sorts its menu: < 0 when a comes first. */
int bls_compare_entries(const struct bls_entry *a, const struct bls_entry *b);

/* The menu of systemd-boot: the bootable entries of all volumes for the architecture (as the entries spell it: "aa64",
 * "x64"; NULL: all), sorted. */
const struct bls_entry **bls_menu(struct arena *arena, const struct bls_volume *const *volumes, size_t volume_count,
				  const char *architecture, size_t *ret_count);

/* The entry that systemd-boot boots when nobody chooses and no variable is stored: the first that the pattern of
 * loader.conf's last "default" line matches, else the first.  NULL for an empty menu.  *ret_line is the line that
 * decided, or NULL. */
const struct bls_entry *bls_default(const struct bls_entry *const *menu, size_t count, const struct bls_volume *esp,
				    const struct bls_line **ret_line);

#endif
