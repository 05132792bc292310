/* SPDX-License-Identifier: MIT */
/* grub: what GRUB would do, found by running its scripts without GRUB.
 *
 * Source: GRUB 2.06 (the manual, chapters "Writing full configuration files directly" and "The list of available
 * commands", and the sources that comments name); blscfg, increment and decrement as in Fedora's GRUB.
 *
 * Some things cannot be known when the machine is not running (is a key held down? does a passphrase fit?).  Then both
 * branches are run, each from the start of the configuration or of the menu entry, and the result has an alternative for
 * each with the assumption that was made.  Files of a file system that could not be read count as unknown too.
 *
 * Everything is bounded: steps, depths, variables, bytes, alternatives.  A result that was cut short says so.
 */
#ifndef BOOT_GRUB_H
#define BOOT_GRUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "boot/grub_script.h"
#include "boot/text.h"
#include "fs/fs.h"

#define LIMIT_GRUB_STEPS 200000       /* commands run, all alternatives together */
#define LIMIT_GRUB_BYTES (32u << 20)  /* of memory for values and alternatives, all together */
#define LIMIT_GRUB_VALUE 65536        /* bytes of one word or variable */
#define LIMIT_GRUB_VARIABLES 512
#define LIMIT_GRUB_FUNCTIONS 128
#define LIMIT_GRUB_CALLS 24           /* functions in functions, evals, entries */
#define LIMIT_GRUB_SOURCES 12         /* files that source each other */
#define LIMIT_GRUB_SOURCE_BYTES (2u << 20) /* all files together */
#define LIMIT_GRUB_CHOICES 8          /* unknown conditions on one way through a script */
#define LIMIT_GRUB_OUTCOMES 24        /* ways through one script */
#define LIMIT_GRUB_ENTRIES 256        /* of one menu */
#define LIMIT_GRUB_MENUS 6            /* submenus in submenus */
#define LIMIT_GRUB_INITRDS 256        /* of one kernel */
#define LIMIT_GRUB_ATTEMPTS 16        /* kernels started on one way through an entry */
#define LIMIT_GRUB_RECORDS 256        /* searches, files and commands that are kept */
#define LIMIT_GRUB_RESTARTS 3         /* boots that save_env prepares, one after the other */

/* A device that GRUB would see, and what is known of its file system. */
struct boot_device {
	const char *name;                /* "hd0,gpt2" */
	const char *const *aliases;      /* other names, such as "lvm/vg-root"; NULL-terminated, may be NULL */
	int partition;                   /* its number; 0 for none */
	const char *uuid, *label, *fs_type; /* of the file system, as blkid has them; NULL: none */
	const char *partition_uuid;      /* NULL: none */
	struct fs *fs;                   /* NULL: not opened yet, or its files cannot be read */
	/* If fs is NULL, opens the files when a script first asks for one (a search by UUID never does); may be NULL.  NULL
	 * with a reason: they cannot be read; without: there are none. */
	struct fs *(*open)(const struct boot_device *device, const char **ret_reason);
	void *context; /* for open */
	bool slow;     /* opening it costs seconds: where one of several will do, it is asked last */
};

struct boot_world {
	const struct boot_device *devices; /* in the order in which GRUB would find them */
	size_t device_count;
	const char *cpu; /* GRUB's name: "arm64", "arm", "x86_64", "i386", "riscv64" */
	const char *hidden; /* why there may be more devices than these; NULL: these are all */
};

/* What the core image brings: see grub_core.h. */
struct grub_start {
	const char *prefix;          /* as embedded; NULL or "": the folder of the EFI binary */
	const char *config;          /* embedded, run before `normal`; NULL: none */
	size_t config_size;
	struct fs *memdisk;          /* files of (memdisk), or NULL */
	bool memdisk_unreadable;     /* there is one, but it could not be read */
	const char *const *modules;  /* names of the modules inside; NULL-terminated, may be NULL */
	bool modules_known;          /* these are all: what is not among them must be a file */
	const struct boot_device *device; /* where the EFI binary lies; in the world's devices */
	const char *folder;          /* of the EFI binary on that device: "/EFI/debian" */
	bool names_first;            /* Red Hat's: `default` is looked for among ids and titles before it is taken for a number */
};

enum grub_found { GRUB_FOUND, GRUB_MISSING, GRUB_NOT_KNOWN };

/* A file that a command names. */
struct grub_file {
	struct boot_text text; /* as the command got it, variables expanded */
	const struct boot_device *device; /* NULL: no such device, memdisk, or not known */
	const char *path;      /* in the device */
	enum grub_found found;
	const char *reason;    /* why it is missing or not known */
	const char *instead;   /* of one that is missing: what is wrong with what is there ("is a folder"), or NULL */
	uint64_t handle;       /* of the file in device->fs, if found */
	const char *newc;      /* of an initrd: GRUB puts the file into an archive under this name; NULL: it is one itself */
};

enum grub_attempt_kind { GRUB_LINUX, GRUB_CHAIN, GRUB_MULTIBOOT };

/* One start of a kernel or another loader. */
struct grub_attempt {
	enum grub_attempt_kind kind;
	unsigned int start;      /* 1; 2 and more: after a restart, with what was saved in grubenv before */
	struct boot_place place; /* of the command */
	struct grub_file kernel; /* or the EFI program */
	struct boot_text cmdline; /* as the kernel gets it; cmdline.h divides it */
	struct boot_text arguments; /* the same without BOOT_IMAGE= */
	const struct grub_file *initrds; /* of initrd, or the modules of multiboot */
	size_t initrd_count;
	bool has_devicetree;
	struct grub_file devicetree;
	bool loaded; /* GRUB would start it; false: a file is missing, so it goes on with the next command */
};

/* Something unknown that was taken for true or false. */
struct grub_assumption {
	struct boot_place place;
	const char *reason; /* "keystatus depends on the keyboard" */
	bool taken;
};

enum grub_end {
	GRUB_END_MENU,    /* a menu is shown */
	GRUB_END_BOOT,    /* the last command was run and a kernel is loaded: it is started */
	GRUB_END_RETURN,  /* the last command was run and nothing is loaded: back in the menu, or GRUB's prompt */
	GRUB_END_LEAVE,   /* exit, fwsetup: the firmware goes on */
	GRUB_END_HALT,    /* the machine is switched off */
	GRUB_END_REBOOT,  /* it starts anew */
	GRUB_END_UNKNOWN, /* a configuration could not be read: what it says is not known */
	GRUB_END_LIMIT,   /* a limit was reached: what follows was not run */
};

/* What save_env changed: the new content of an environment block. */
struct grub_saved {
	const struct grub_saved *next;
	const struct boot_device *device;
	const char *path;
	const char *data;
	size_t size;
};

struct grub_menu;

/* One way through the commands of a script or a menu entry. */
struct grub_course {
	const struct grub_assumption *assumptions;
	size_t assumption_count;
	const struct grub_attempt *attempts; /* in order; those of later restarts last */
	size_t attempt_count;
	const struct grub_menu *menu; /* of a submenu, or the one that a configuration shows; NULL: none, or one that is open */
	enum grub_end end;
	struct boot_place end_place; /* of the command that led to the end; for the last two where it happened */
	const char *end_reason;
	const struct grub_saved *saved; /* the newest first; what is in front counts */
	/* from GRUB's start on */
	bool asks; /* for a line from the keyboard (the command read) */
	struct boot_place asks_place;
	uint64_t slept; /* seconds that commands sleep, at most UINT32_MAX */
	struct boot_place slept_place; /* of the longest */
};

struct grub_entry {
	const char *title, *id;
	const char *path; /* "1>2": numbers of submenus and entry, from 0 */
	struct boot_place place;
	bool submenu;
	bool restricted; /* GRUB asks for a user and a password before it runs it, or the submenu that it is in */
	const struct grub_course *courses; /* at least one */
	size_t course_count;
	bool truncated; /* over LIMIT_GRUB_OUTCOMES ways */
};

struct grub_menu {
	const struct grub_entry *entries;
	size_t entry_count;
	bool truncated;
	size_t default_index;         /* of the entry that is booted when nobody chooses */
	bool default_given, default_matched; /* `default` was set; it names an entry (else the first is booted) */
	struct boot_text default_text;
	struct boot_text timeout;     /* text NULL: not set, GRUB waits for ever */
	const size_t *fallbacks;      /* indices that `fallback` names */
	size_t fallback_count;
	struct boot_text root, prefix; /* when the menu is shown */
};

/* A `search`, and what it found. */
struct grub_search {
	struct boot_place place; /* of what is searched for */
	char kind;               /* 'u' UUID, 'l' label, 'f' file, 'p' UUID of the partition */
	struct boot_text key;
	const struct boot_device *device; /* NULL: none */
	enum grub_found found;
};

/* A file that a configuration was read from, or should have been. */
struct grub_config {
	struct boot_place place; /* of the command; source NULL: GRUB's own start */
	struct grub_file file;
};

struct grub_module {
	struct boot_place place;
	const char *name;
	bool embedded;
	enum grub_found found; /* in the core image or below $prefix */
	const char *file;      /* that was looked for; NULL: it is embedded, or there is no prefix */
};

/* A command that could not be evaluated. */
struct grub_unknown {
	struct boot_place place;
	const char *reason;
};

struct grub_result {
	const struct grub_course *outcomes; /* ways through the whole configuration, at least one */
	size_t outcome_count;
	bool truncated; /* a limit cut the number of outcomes */
	bool limited;   /* steps, bytes, work or a depth ran out somewhere */

	/* of all outcomes together, each once */
	const struct grub_search *searches;
	size_t search_count;
	const struct grub_config *configs;
	size_t config_count;
	const struct grub_module *modules;
	size_t module_count;
	const struct grub_unknown *unknowns;
	size_t unknown_count;
	const struct grub_problem *problems; /* statements that GRUB's parser refuses */
	size_t problem_count;
	const char *prefix; /* at the start: "(hd0,gpt1)/EFI/debian" */
};

/* Runs GRUB from its start to the menu, and each entry of it.  Never fails: what could not be read is in the result.
 * Everything lives in the arena; world and start must too. */
const struct grub_result *grub_run(struct arena *arena, const struct boot_world *world,
				   const struct grub_start *start);

/* Does GRUB take this way only while somebody holds a key down? */
bool grub_is_by_key(const struct grub_course *course);

/* The one that GRUB takes when nobody holds a key down: of those that with the fewest things taken for true. */
const struct grub_course *grub_usual(const struct grub_course *courses, size_t count);

/* The entry that is booted when nobody chooses, through submenus and menus of other configurations, in one outcome; NULL without
 * a menu. */
const struct grub_entry *grub_default_entry(const struct grub_course *outcome);

#endif
