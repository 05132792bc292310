/* SPDX-License-Identifier: MIT */
/* chain: what a loader at the removable-media path starts next, and what that starts, as far as EFI programs go.
 *
 * Follows shim 16.1 (shim.c: should_use_fallback, init_grub; load-options.c; fallback.c), systemd-boot (boot.c of systemd 257)
 * and edk2's shell (Shell.c: LocateStartupScript).  GRUB's
 * configuration is not looked at: a chain that reaches GRUB or a kernel is complete.
 */
#ifndef IMAGE_CHAIN_H
#define IMAGE_CHAIN_H

#include "efi/csv.h"
#include "image/binary.h"

#define CHAIN_LENGTH 6

enum chain_end {
	CHAIN_COMPLETE,     /* GRUB, a kernel, or systemd-boot with something to boot */
	CHAIN_OTHER_SYSTEM, /* another system's loader, whose affair the rest is: `reason` */
	CHAIN_NOT_FOLLOWED, /* an EFI program that we don't know, or that was told what to start: `reason` says which */
	CHAIN_UNREADABLE,   /* we could not look: `error` */
	/* broken: */
	CHAIN_NEXT_MISSING, /* shim's default loader is not beside it: `path` */
	CHAIN_NO_CSV,    /* fallback finds no BOOT<ARCH>.CSV or BOOT.CSV in any folder: `path` is what it looks for */
	CHAIN_CSV_EMPTY, /* there is one, `path`, but it has no entry that fallback takes: see `csv` */
	CHAIN_ENTRY_MISSING, /* the CSV at `path` names a file that is not there, `target`, in `line` */
	CHAIN_NOT_LOADABLE,  /* the last of `binaries` cannot be loaded */
	CHAIN_NO_KERNEL,     /* the last of `binaries` is a unified kernel image's stub or addon, with no kernel */
	CHAIN_STARTS_NOTHING, /* the last of `binaries` is a program for somebody at the console, and `reason` says so */
	CHAIN_CIRCLE,         /* the last of `binaries` starts another of them, `target`, for ever */
	CHAIN_NO_ENTRIES,    /* systemd-boot finds nothing to boot */
	/* systemd-boot's entries name kernels that are not there: `path` is the first entry, `target` its kernel */
	CHAIN_NO_ENTRY_FILE,
};

/* A line of a configuration. */
struct chain_place {
	int partition;
	const char *path;
	uint32_t line, column;
};

struct chain {
	const struct efi_binary *binaries[CHAIN_LENGTH]; /* in the order in which they start; the first is the loader */
	unsigned count;
	enum chain_end end;
	int partition;    /* of path */
	const char *path; /* see enum chain_end */
	const char *target;
	uint32_t line;
	/* what has the last of `binaries`, or `target`, started; NULL: the program before it, of its own accord */
	const struct chain_place *named;
	const struct csv *csv;
	const char *reason;
	struct error error;
};

static inline bool chain_is_broken(const struct chain *chain)
{
	return chain->end >= CHAIN_NEXT_MISSING;
}

/* Follows the chain from a loader whose `have` is HAVE. */
const struct chain *image_chain(struct image *image, const struct efi_binary *loader);

/* Goes on from the last of the chain's binaries, which is on `esp` and can be loaded. */
void image_chain_follow(struct image *image, const struct esp *esp, struct chain *chain);

/* Adds a binary to the chain.  False: it is there already, or the chain is too long, and that is its end. */
bool image_chain_add(struct chain *chain, const struct efi_binary *binary);

/* Is there a startup.nsh that this shell starts by itself?  0, 1, or a negative errno where we could not look. */
int image_shell_script(struct image *image, const struct efi_binary *shell, struct error *err);

/* What systemd-boot on `esp` can boot; sets chain's end. */
void image_chain_entries(struct image *image, const struct esp *esp, struct chain *chain);

#endif
