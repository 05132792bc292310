/* SPDX-License-Identifier: MIT */
/* kernels: the Linux kernels of an image, and what is known of each release: configuration, modules, initrd.
 *
 * A kernel_file is one file or section that holds a kernel; it is opened once, however many entries name it.  A release is
 * what belongs to one `uname -r`: files of it, the configuration found for it, its modules.  Which kernel boots is boot.h's
 * to say.
 */
#ifndef IMAGE_KERNELS_H
#define IMAGE_KERNELS_H

#include "efi/pe.h"
#include "image/filesystem.h"
#include "image/system.h"
#include "linux/initrd.h"
#include "linux/kconfig.h"
#include "linux/kernel.h"
#include "linux/modules.h"

struct kernel_file {
	struct kernel_file *next; /* of those that were opened */
	const struct filesystem *filesystem;
	uint64_t handle;          /* of the file in it */
	const char *path;
	bool in_uki;              /* the .linux section of the PE file at `path` */
	struct view *view;
	enum have have;           /* is it a kernel?  UNREADABLE: error */
	struct error error;
	const struct kernel *kernel; /* if not UNREADABLE */
	enum architecture architecture; /* of its code */
	const struct pe *pe;      /* of one that is a file and an EFI program as it stands; NULL: it is not, or cannot be read */
	struct kernel_release *release; /* NULL: not known which it is */
	bool installed;           /* it lies where kernels are installed, whether an entry names it or not */
};

enum config_evidence {
	CONFIG_NONE,      /* nothing tells */
	CONFIG_FILE,      /* a file, at config_place */
	CONFIG_IKCONFIG,  /* inside the kernel at config_place */
	CONFIG_MODULES,   /* modules.builtin and modules.dep alone: weaker evidence */
};

struct kernel_release {
	struct kernel_release *next;
	const char *release;          /* "6.1.0-56-arm64" */
	const struct system *system;  /* where its modules or configuration lie; NULL: none was found */
	enum architecture architecture;
	/* of the configuration; all of it is known after release_config, which image_open calls for every release */
	enum config_evidence evidence;
	struct error config_error;    /* code not 0: there is one, but it could not be read */
	bool config_damaged;          /* that one is a file, whether it can be read or is cut short or something else */
	const struct kconfig *config; /* for CONFIG_FILE and CONFIG_IKCONFIG */
	struct location config_place; /* without line and column */
	/* of the modules */
	enum have have_modules;       /* is there a folder of modules of this release with a modules.dep?  UNREADABLE: why */
	struct error modules_error;
	const char *modules_path;     /* "/usr/lib/modules/6.1.0-56-arm64" in the system's tree; NULL: there is no such folder */
	struct location modules_place; /* that folder */
	struct release_state *state;  /* image/releases.c's own: what is read when it is first asked for */
};

/* In place of a handle: the file is not seen in the file system's default tree (it lies in another subvolume). */
#define KERNEL_FILE_UNSEEN UINT64_MAX

/* The file or section of `path` in a file system, opened when this is first called for it; `view` has its bytes (of a UKI those
 * of the .linux section, where path and handle are the UKI's).  Never NULL.  Finds the release too, by the kernel's header,
 * its name, or by looking inside. */
struct kernel_file *image_kernel_file(struct image *image, const struct filesystem *filesystem, uint64_t handle,
				      const char *path, struct view *view, bool in_uki);

/* Where it lies, as findings name it. */
struct location kernel_place(const struct kernel_file *file);

/* Finds and reads the configuration: sets the four members above.  Returns release->config, NULL when nothing but modules'
 * lists tells. */
const struct kconfig *release_config(const struct kernel_release *release);

/* The lists of its modules (modules.dep, builtin, softdep, alias), read when this is first called; NULL: there is none. */
struct modules *release_modules(const struct kernel_release *release);

/* How many files of modules its folder holds: 1 or more when there is any, 0 when there is none or it cannot be said. */
size_t release_module_files(const struct kernel_release *release);

enum driver_state {
	DRIVER_UNKNOWN, /* the evidence does not tell */
	DRIVER_ABSENT,
	DRIVER_MODULE,  /* to be loaded: its file is installed, or modules.dep says so */
	DRIVER_MODULE_GONE, /* configured as a module, but its file is not among the installed modules */
	DRIVER_BUILTIN,
};

/* What a release has of a driver, by Kconfig symbol (without CONFIG_) and by the name of the module, either of which may be
 * NULL: the configuration counts, modules' lists where there is none. */
enum driver_state release_driver(const struct kernel_release *release, const char *symbol, const char *module);

/* The line of the configuration that speaks of the symbol, or of its whole file. */
struct location release_symbol_place(const struct kernel_release *release, const char *symbol);

/* What an initrd (or several, which the loader puts behind each other) was asked and answered. */
struct initrd_facts {
	enum have have;      /* UNREADABLE: error.  ABSENT: there is no initrd.  HAVE also for a damaged one: see initrd */
	struct error error;
	const struct initrd *initrd; /* NULL if UNREADABLE from the start or ABSENT */
	struct initrd_question *questions;
	size_t question_count;
	/* where it stands, for findings: the file, or the section of a UKI */
	struct location place;
};

struct boot_attempt;

/* Names a module (any spelling) that somebody will ask every initrd for, with what it needs; before image_read_initrds. */
void image_ask_initrds(struct image *image, const char *module);

/* Reads the initrds of all boot attempts, each once, with all questions; called by the engine after everybody has asked. */
void image_read_initrds(struct image *image);

/* Is the module in the attempt's initrd (for its kernel's release)?  INITRD_UNKNOWN also for one that was not asked for. */
enum initrd_answer attempt_initrd_module(const struct boot_attempt *attempt, const char *module);

#endif
