/* SPDX-License-Identifier: MIT */
/* boot: the ways in which an image boots, from the binary that firmware starts to a kernel, its command line and its initrd.
 *
 * For each loader at a removable-media path the chain (chain.h) is followed on, into GRUB's configuration, systemd-boot's
 * entries or a unified kernel image.  What comes of it is a list of entries, of which at most one is booted when nobody
 * chooses, each with the attempts that it makes.  The facts of a kernel are in kernels.h.
 */
#ifndef IMAGE_BOOT_H
#define IMAGE_BOOT_H

#include "boot/cmdline.h"
#include "boot/grub.h"
#include "boot/grub_core.h"
#include "image/binary.h"
#include "image/filesystem.h"
#include "image/kernels.h"

enum boot_kind {
	BOOT_UNKNOWN, /* the loader is none that we can follow: boot_path->reason */
	BOOT_GRUB,
	BOOT_SYSTEMD_BOOT,
	BOOT_UKI,     /* firmware (or shim) starts a unified kernel image */
	BOOT_STUB,    /* or a kernel with an EFI stub, whose command line is its own */
};

/* A file that a boot configuration names. */
struct boot_file {
	struct boot_text text;   /* as written, with its place */
	enum have have;          /* ABSENT: it is not there.  UNREADABLE: we could not look: reason */
	const char *reason;      /* for ABSENT and UNREADABLE, a few words; may be NULL */
	const char *instead;     /* for ABSENT: what is wrong with what is there ("is a folder"), or NULL */
	const struct filesystem *filesystem; /* NULL: no such device, or not known */
	const char *path;        /* in it */
	uint64_t handle;         /* if HAVE */
	struct view *view;       /* if HAVE: its bytes (of a UKI's section: the section's) */
	const char *newc;        /* of an initrd: the name in the archive that the loader makes of it; NULL: it is one itself */
};

/* Something that says of a root which the image does not have that it will be made: what is it worth?  See attempt_root_claim. */
struct root_claim {
	const char *reason;
	const char *const *files; /* any of these in the initrd is the program to which it means something; NULL-terminated */
	bool certain;             /* whoever made the initrd; else it may have another program for it, but for initramfs-tools' */
	/* with the program, too, it is not known whether it is made: nothing in the image is what it could be made of */
	bool doubtful;
	bool lenient;             /* only known to be wrong where initramfs-tools has the root mounted by its own script */
};

/* By which files an initrd has systemd-repart, and Ignition. */
#define REPART_FILES "/bin/systemd-repart"
#define IGNITION_FILES "/bin/ignition", "/sbin/ignition", "/libexec/ignition", "/lib/systemd/system/ignition-disks.service"

/* One start of a kernel. */
struct boot_attempt {
	const struct boot_entry *entry;
	struct boot_place place;        /* of the command or file that says so */
	struct boot_file kernel;
	struct kernel_file *kernel_file; /* opened, if kernel.have is HAVE */
	const struct boot_file *initrds; /* in order */
	size_t initrd_count;
	const struct cmdline *cmdline;   /* never NULL: with what CONFIG_CMDLINE does to it where that is known */
	const struct cmdline *written;   /* what is given, where Linux reads only the beginning of it, else NULL */
	bool is_program;                 /* the configuration starts it as an EFI program, not as a kernel */
	const struct boot_file *devicetree; /* without which the loader refuses the entry; NULL: none */
	/* Why it is known only when the machine runs which file the kernel is: that another attempt of the entry is good
	 * says nothing then.  NULL: it is known. */
	const char *unsettled;
	bool has_devicetree;             /* the configuration gives a device tree of its own */
	struct initrd_facts *initrd;     /* of all initrds together; set by image_read_initrds */
	struct filesystem *root;         /* what root= names, or what is found without it; NULL: none, see root_known */
	bool root_known;                 /* false: whether there is such a root cannot be said from here: root_reason */
	const char *root_reason;
	const char *root_made;           /* why the initrd makes the root itself, whatever root= says; NULL: it does not */
	const struct root_claim **root_claims; /* by whom it, or a root that is not in the image, is made; NULL: by nobody */
	bool root_absent;                /* root_known would be true and root NULL, were it not for the claims */
	struct filesystem *root_blank;   /* or root this partition, in which nothing is yet; NULL: there is none */
	const struct system *system;     /* that lies on it; NULL: none */
};

/* How GRUB's script ends where it starts nothing: from the mildest on. */
enum boot_ending {
	BOOT_GOES_ON, /* not with one of these commands */
	BOOT_LEAVES,  /* exit, fwsetup: the firmware goes on */
	BOOT_REBOOTS,
	BOOT_HALTS,
};

/* One entry of a menu, or the one way of a loader without one. */
struct boot_entry {
	const struct boot_path *path;
	const char *title, *id;
	struct boot_place place;         /* where it is defined */
	bool is_default;                 /* it is booted when nobody chooses */
	/* All the ways that the entry may take, in their order: a script that tries one kernel or initrd after the other, or has
	 * branches that are not known offline.  What is wrong with one of them is only a defect if it is wrong with each. */
	struct boot_attempt *attempts;
	size_t attempt_count;
	bool complete;       /* all that it does is known; else `reason` says what could not be evaluated */
	const char *reason;
	bool asks_password;  /* in each of GRUB's ways to it: nobody is at the console of a machine that starts by itself */
	bool leaves;         /* it starts another loader, or goes back to the firmware: no attempt is expected */
	/* Of GRUB: each of its ways, but those by a key, ends so without having loaded a kernel; the mildest of those ends, and
	 * its command. */
	enum boot_ending ending;
	struct boot_place ending_place;
	const char *ending_reason; /* "the command halt" */
	size_t ways;               /* that were looked at */
	bool may_leave, may_save;  /* on one of them: back to the firmware; a start anew with what save_env left */
};

/* What one loader leads to. */
struct boot_path {
	const struct loader *loader;
	enum boot_kind kind;
	const struct efi_binary *program; /* the last EFI program: GRUB, systemd-boot, the UKI or kernel; NULL: BOOT_UNKNOWN */
	/* Was it followed to its entries?  UNREADABLE: reason (and error).  ABSENT: the chain is broken before: reason */
	enum have have;
	const char *reason;
	struct error error;
	/* of GRUB */
	const struct grub_core *core;
	const struct grub_result *grub;
	/* of systemd-boot: what loader.conf says; NULL: nothing */
	const struct boot_text *timeout;
	struct boot_entry *entries;
	size_t entry_count;
	const struct boot_entry *first; /* the default entry; NULL: there is none */
};

/* Does it lead to another system, which is not for here: to one that is known, or to a program that nobody knows, in an image
 * that holds no Linux? */
bool boot_path_is_foreign(const struct image *image, const struct boot_path *path);

/* Does the image's boot hang on this entry: is it the default one, of a loader that the image cannot do without? */
bool boot_entry_counts(const struct image *image, const struct boot_entry *entry);

/* A module of GRUB's. */
struct boot_module {
	struct boot_module *next; /* of those that were looked up */
	const struct grub_core *core;
	const char *prefix, *name;
	const struct filesystem *but;
	/* Would GRUB load it, and what it depends on?  UNREADABLE: we could not look. */
	enum have have;
	/* If ABSENT: why its file will not do, or that of a module that it depends on, and where that is: "its file is empty".
	 * NULL: there is no such file. */
	const char *fault;
	const struct filesystem *filesystem;
	const char *path;
};

/* Has GRUB this module, in its core image or below its $prefix?  `but` is a file system that it cannot read without the module,
 * or NULL. */
const struct boot_module *boot_grub_module(struct image *image, const struct boot_path *path, const char *name,
					   const struct filesystem *but);
/* Does GRUB know which module to load for a command: is that inside its core image, loaded by a script, or named for it by
 * command.lst?  ABSENT with a fault: what is the matter with that list, which is `path`. */
const struct boot_module *boot_grub_command(struct image *image, const struct boot_path *path, const char *command);
/* The same of a module that GRUB looked for in `file`, "(hd0,gpt2)/boot/grub/arm64-efi/normal.mod". */
const struct boot_module *boot_grub_module_file(struct image *image, const struct boot_path *path, const char *name,
						const char *file);

/* The device of that name in GRUB's configuration ("hd0,gpt2"), or NULL. */
struct filesystem *boot_grub_filesystem(const struct image *image, const char *name);

/* A place in a configuration as a finding's location: partition, path, line and column. */
struct location boot_location(const struct image *image, const struct boot_place *place);

#endif
