/* SPDX-License-Identifier: MIT */
/* image: one opened image, with all the facts that rules judge.
 *
 * image_open reads everything once, in the order in which firmware would, before any rule runs: so problems that readers
 * meet on the way (a qcow2 table that points past the file's end) are all known when the first rule asks.  Each fact says
 * one of three things: HAVE, ABSENT (the image does not have it, or what it has is too bad to be it: the rules say what is
 * wrong) or UNREADABLE (we could not look; `error` says why).
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "image/architecture.h"

enum have { ABSENT, HAVE, UNREADABLE };

/* Who reads the files of a file system. */
enum image_reader {
	IMAGE_READER_AUTO,    /* in process where we can, else the helper */
	IMAGE_READER_NATIVE,  /* in process or not at all */
	IMAGE_READER_GUESTFS, /* the helper, but for the ESPs */
};

/* What the helper finds inside partitions: a logical volume, an array, what LUKS hides once a key fits. */
struct helper_volume {
	int partition;      /* the first that it lies in */
	const char *volume; /* "vg/root", "md/0"; NULL: what the LUKS of that partition hides */
	const char *type, *uuid, *label; /* as blkid has them; NULL: none */
};

struct filesystem;
struct fs;
struct image;

/* What a worker must ask its parent for; an image that is opened without (tests, fuzzers) cannot have it. */
struct image_services {
	/* A view of the file that `name` means in the header of file number `base` (0 is the image, others are what an
	 * earlier call put into *ret_number), if it lies below the directory of --allow-backing.  0, or a negative errno
	 * with a message. */
	int (*open_sibling)(void *context, struct arena *arena, unsigned base, const char *name, struct view **ret,
			    unsigned *ret_number, struct error *err);
	/* A view of the disk in the image's container, read by the helper with QEMU's driver of that name. */
	int (*open_container)(void *context, struct arena *arena, const char *driver, struct view **ret,
			      struct error *err);
	/* The next two start the helper with libguestfs on image->disk, once for an image.  The volumes of all partitions;
	 * then the files of one file system (of btrfs: of its subvolume, NULL for the top level).  0, or a negative errno with a
	 * message: -ENOKEY for a LUKS that no key of --key opens, -ENOENT without libguestfs. */
	int (*list_volumes)(void *context, struct image *image, struct helper_volume **ret, unsigned *ret_count,
			    struct error *err);
	int (*open_filesystem)(void *context, struct image *image, const struct filesystem *filesystem,
			       const char *subvolume, struct fs **ret, struct error *err);
	void *context;
	bool allow_backing; /* open_sibling may succeed */
};

/* A partition, whichever kind of table it is from. */
struct partition {
	int number;           /* as the table numbers it, from 1 */
	uint64_t start, size; /* bytes on the disk, as the table says */
	const struct gpt_partition *gpt; /* one of these two is not NULL */
	const struct mbr_partition *mbr;
};

/* An EFI system partition, or what serves as one. */
enum esp_found {
	ESP_BY_GPT_TYPE,
	ESP_BY_MBR_TYPE,   /* 0xEF on a disk without GPT */
	ESP_WHOLE_DISK,    /* no partition table: the disk is a FAT volume */
	ESP_BY_CONTENT,    /* another type, but it holds \EFI\BOOT\BOOT*.EFI */
};

struct esp {
	unsigned index;   /* in image->esps */
	int partition;    /* its number, or PARTITION_WHOLE_DISK */
	enum esp_found found;
	uint64_t start;   /* bytes from the beginning of the disk */
	uint64_t size;    /* bytes, as the partition table says */
	struct view *view; /* cut at the disk's end, so it may be shorter than size */
	enum have have;   /* is it a FAT volume? */
	const struct fat *fat; /* the reader's result, NULL if UNREADABLE */
	struct fs *fs;    /* its files, if HAVE */
	struct error error;
	const struct firmware_finds *firmware; /* image/firmware.c's own; NULL: not asked for, or firmware_error */
	struct error firmware_error;
};

/* A file at a removable-media path, \EFI\BOOT\BOOT<ARCH>.EFI. */
struct loader {
	unsigned index; /* in image->loaders */
	struct esp *esp;
	enum architecture architecture; /* by its name */
	const char *path;  /* as the file system spells it */
	bool directory;    /* it is a directory, not a file */
	bool spare;        /* when rules run: the image boots without it (image_loader_is_spare) */
	struct view *view; /* its content; NULL for a directory */
	enum have have;    /* is it PE? */
	const struct pe *pe; /* the reader's result, NULL if UNREADABLE or a directory */
	const struct efi_binary *binary; /* the same and more: image/binary.h */
	const struct chain *chain;       /* what it starts, if HAVE: image/chain.h */
	struct error error;
};

/* One qcow2 of the chain: the image itself, then its backing files, the nearest first. */
struct layer {
	const char *name; /* as the file above names it; NULL for the image itself */
	struct qcow2 *qcow2;
	/* why the file that it names was not opened; code 0 if it was, or if it names none */
	struct error backing_error, data_error;
};

struct image {
	struct arena *arena;
	const char *name;   /* as the user gave it */
	const char *format; /* of the container: "raw", "qcow2", ...; NULL when it could not be told */
	struct view *file;  /* the image file's bytes */
	struct view *disk;  /* the disk that a VM sees; NULL if it could not be opened */
	const struct container *container;
	struct container_truncation *truncation; /* of one that the helper reads, else NULL */
	struct qcow2 *qcow2; /* NULL in other containers */
	struct layer *layers; /* of a qcow2 */
	unsigned layer_count;
	struct error truncated_error; /* code not 0: could not tell whether the container is cut off */
	enum have have_refcounts;     /* ABSENT without --thorough, and in other containers */
	struct qcow2_refcounts *refcounts; /* if HAVE */
	struct error refcounts_error;

	unsigned sector_size_option; /* bytes that the user named; 0: find out */
	bool thorough, verbose;
	enum image_reader reader;
	enum have have_table; /* of partitions, of whatever kind; the two readers' results are NULL if UNREADABLE */
	struct error table_error;
	const struct gpt *gpt;
	const struct mbr *mbr;
	/* There is a GPT, but no 0xEE record that leads firmware to it, and the MBR has partitions of its own, an ESP among them:
	 * firmware ignores the GPT and boots by the MBR (UEFI 2.6, 5.2.3).  ISO images that also boot from USB may be so. */
	bool gpt_bypassed;
	const struct partition *partitions; /* of the GPT if there is one that is not bypassed, else of the MBR */
	unsigned partition_count;

	struct esp *esps;
	unsigned esp_count;
	bool more_esps; /* than LIMIT_ESPS; they were not looked at */
	struct loader *loaders;
	unsigned loader_count;
	bool more_loaders; /* than LIMIT_LOADERS */
	struct error loaders_error; /* code not 0: there may be more: why we could not look */
	struct efi_binary *binaries;    /* those that were opened: binary.c's own */
	enum architecture architecture; /* what the image is for, all things weighed */

	/* From here on: not gathered, and empty, unless image_options asks for the system. */
	bool has_system_facts;
	struct filesystem *filesystems; /* image/filesystem.h; volumes behind the partitions */
	unsigned filesystem_count;
	bool volumes_listed;
	struct error volumes_error;     /* code not 0: volumes inside of partitions could not be listed: why */
	struct system *systems;         /* image/system.h */
	unsigned system_count;
	struct error systems_error;     /* code not 0: there may be more, or one where none was found: why we could not look */
	bool booted_unseen;             /* and it may be the one that boots */
	struct error kernels_error;     /* code not 0: a folder where kernels may lie could not be read, or not all of it */
	unsigned kernel_names;          /* that were looked up there */
	struct boot_path *boot_paths;   /* image/boot.h: one for each loader */
	unsigned boot_path_count;
	struct boot_module *boot_modules; /* image/boot.h: modules of GRUB that were looked up */
	struct kernel_file *kernel_files;  /* image/kernels.h: those that entries name, and those that are installed */
	struct kernel_release *releases;
	struct initrd_inquiries *inquiries; /* image/initrds.c's own */

	/* What the user is told of how it was read ("libguestfs was started without KVM"): NULL-terminated, may be NULL. */
	const char **reading_notes;

	struct image_services services;
};

struct image_options {
	unsigned sector_size;
	enum architecture architecture;
	bool thorough, verbose;
	bool system;            /* gather what is inside: file systems, systems, boot entries, kernels */
	enum image_reader reader;
};

/* Opens the image in `file` (the view of the file named `name`) and gathers its facts.  NULL when it cannot be judged at all
 * (not an image, unsupported container, I/O error): then err says why and *ret_help, if not NULL, what to do.  Lives in the
 * arena. */
struct image *image_open(struct arena *arena, const char *name, struct view *file, const struct image_options *options,
			 const struct image_services *services, struct error *err, const char **ret_help);

/* Frees what libraries hold outside of the arena: before the arena is freed.  NULL is allowed. */
void image_close(struct image *image);

/* Where libfdisk sees the partition table differently: sentences in the arena, NULL-terminated, never NULL.  Not part of
 * image_open, because it is asked for under --verbose alone. */
const char *const *image_second_opinion(struct image *image);

/* The bytes of a partition, cut at the disk's end. */
struct view *image_partition_view(struct image *image, const struct partition *partition);

/* The partition of that number, or NULL. */
const struct partition *image_partition(const struct image *image, int number);

/* Has firmware drivers for what lies on this ESP?  Not if the partition is hidden from it, nor for a FAT that it refuses. */
bool image_firmware_reads(const struct image *image, const struct esp *esp);

/* The loader that firmware of the image's architecture takes: the first, in the order of the partitions, that is an EFI
 * application for that machine.  NULL: there is none. */
const struct loader *image_first_loader(const struct image *image);

/* Can this image do without the loader: is there another one that firmware takes, and that starts a kernel, so that firmware
 * does not come back for the next?  The one that firmware takes is never spare, whatever stands behind it. */
bool image_loader_is_spare(const struct image *image, const struct loader *loader);

#endif
