/* SPDX-License-Identifier: MIT */
/* limits: the bounds on what an image may ask of us: all that a user may set, and those of one reader that others must know of.
 * What a single file alone counts, as steps of an interpreter, stands at the head of that file.
 *
 * A size, count or depth that comes from an image is compared with one of these before it is used to allocate,
 * seek or loop.  Going over a limit means "we could not look", never a finding.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define KiB 1024ULL
#define MiB (1024ULL * KiB)
#define GiB (1024ULL * MiB)

/* The limits that a user may set, one option each.  There is one of it in a process: the command line sets it, before workers
 * are forked, and nothing changes it from then on. */
struct limits {
	uint64_t decompressed; /* bytes that an initrd may unpack to */
	uint64_t files;        /* in one directory; of FAT, in one volume */
	uint64_t depth;        /* directories in directories */
	uint64_t path;         /* bytes of a path, and of what a symbolic link says */
	uint64_t seconds;      /* for one image, of the clock */
	uint64_t diagnostics;  /* of one rule that are shown; 0: all */
};
extern struct limits limits;

/* What is known of each: defaults and ranges are limits.c's.  In the order of the struct. */
struct limit_option {
	const char *option;   /* "max-files" */
	const char *argument; /* "N" */
	uint64_t *value;
	uint64_t least, most, standard;
	bool bytes;         /* the option takes K, M, G and T */
	bool unlimited;     /* 0 is allowed, and stands for no limit */
	bool of_reports;    /* not of what is read: guests have it too */
	const char *what;   /* what it bounds */
	const char *beyond; /* what becomes of the rest */
};
extern const struct limit_option limit_options[];
extern const unsigned limit_options_count;

/* Sets the limit to what `text` says; false, with the range in *ret_range (in static memory), if that is no number in it. */
bool limit_parse(const struct limit_option *limit, const char *text, const char **ret_range);

/* A value as the option takes it. */
void limit_print(char *out, size_t room, const struct limit_option *limit, uint64_t value);

/* error_set with EFBIG, for what is over a limit, wherever a caller may not care why it could not look: it is unseen (unseen.h).
 * Readers never set EFBIG otherwise. */
int limit_error(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What an image may cost where each of its parts has a bound of its own and there may be many of them.  It is reckoned from what
 * is counted (bytes, lines), and never by a clock: so a report is the same on every machine.  Each kind has an account of its
 * own: what one reader uses up is not missing where another reads. */
enum limit_work {
	WORK_TABLES,         /* of a qcow2 and its backing files, that are read on the way to data: bytes; see qcow2_pay */
	WORK_TABLES_CHECKED, /* the same where all of them are walked through */
	WORK_HOLES,          /* looking for where a qcow2's data are: entries of tables */
	WORK_CLUSTERS,       /* decompressing those of a qcow2: picoseconds */
	WORK_BLOCKS,         /* decompressing those of a squashfs: picoseconds */
	WORK_LOOKUPS,        /* of files: picoseconds; see fs/listings.h */
	WORK_UNPACKING,      /* of kernels and initrds, and going through them: picoseconds */
	WORK_MODULES,        /* looking for what soft dependencies mean: picoseconds */
	WORK_PROGRAMS,       /* telling EFI programs apart that entries name, and their addons: bytes that are searched */
	WORK_GRUB,           /* of its scripts: bytes that are looked at, or what takes as long */
	WORK_KINDS,
};

/* Counts work: 0, or -EFBIG by limit_error once there was too much of it, and from then on. */
int limit_spend(enum limit_work work, uint64_t amount, struct error *err);

/* The same for who says elsewhere that it was too much. */
void limit_count(enum limit_work work, uint64_t amount);
bool limit_is_spent(enum limit_work work);

uint64_t limit_spent(enum limit_work work);
uint64_t limit_of(enum limit_work work); /* how much of it there may be */

/* Nothing is spent and nothing was unseen: image_open calls it, and who reads parts of many images in one process. */
void limits_begin_image(void);

/* For the end of a message. */
#define RAISES(option) " (--" option " raises it)"

/* What follows from these, so that raising one is enough. */
uint64_t limits_kernel_bytes(void);      /* of a kernel, decompressed */
uint64_t limits_initrd_entries(void);    /* files of an initrd */
uint64_t limits_initrd_names(void);      /* different ones among these */
uint64_t limits_directory_bytes(void);   /* names of one directory, and what FAT needs for one */
uint64_t limits_directories_bytes(void); /* all directories of a FAT volume */
uint64_t limits_guestfs_seconds(void);   /* more, where libguestfs must be started */
uint64_t limits_arena_bytes(void);       /* memory of one image's arena; beyond it the worker gives up cleanly */
uint64_t limits_worker_addresses(void);  /* of a worker as a process: its arena, libraries, decompressors */
unsigned limits_records(void);           /* that a worker may send */
uint64_t limits_result_bytes(void);      /* of all of these together */

/* of a worker, beside the addresses: descriptors, what is in one of its memory files besides holes, and in a sanitized build,
 * in which addresses cannot be bounded, its resident memory, at which the parent looks this often (in milliseconds) */
#define LIMIT_WORKER_DESCRIPTORS 128
#define LIMIT_MEMORY_FILE_BYTES (8 * MiB)
#define LIMIT_WORKER_RESIDENT (2 * GiB)
#define LIMIT_WATCH_MS 100

/* what a worker may say of one image: requests, and the bytes of one record */
#define LIMIT_REQUESTS 256
#define LIMIT_RECORD_BYTES (128 * KiB)

/* the helper and each program that it starts: addresses and the size of a file.  qemu-nbd writes no more than its messages; the
 * appliance of libguestfs is a file of 4 GiB, nearly all holes, and QEMU's memory holds a guest of 2 GiB */
#define LIMIT_CONTAINER_ADDRESSES (4 * GiB)
#define LIMIT_CONTAINER_WORDS (64 * KiB)
#define LIMIT_HELPER_ADDRESSES (32 * GiB)
#define LIMIT_HELPER_FILE (8 * GiB)

/* of an arena that reads no image, and the least of one that does */
#define LIMIT_ARENA_BYTES (256 * MiB)

/* containers */
#define LIMIT_QCOW2_L1_BYTES (32 * MiB) /* QEMU's own bound */
#define LIMIT_QCOW2_CLUSTER_BITS 21
#define LIMIT_QCOW2_HEADER_EXTENSIONS 64
#define LIMIT_QCOW2_TABLES (8 * GiB) /* of WORK_TABLES and WORK_TABLES_CHECKED */
#define LIMIT_QCOW2_HOLES 32000000U /* of WORK_HOLES: some seconds */
#define LIMIT_QCOW2_FAR (32 * KiB)   /* what a read of them counts for that does not begin where the last one ended */
#define LIMIT_BACKING_DEPTH 16
#define LIMIT_CONTAINER_TABLES (1 * GiB) /* of other containers' tables, without --thorough: a VMDK of 15 TiB */
#define LIMIT_CONTAINER_TABLES_THOROUGH (4 * GiB) /* with it: a VMDK of 62 TiB, which is the largest that there is */
#define LIMIT_CONTAINER_DESCRIPTOR (64 * KiB) /* VMDK descriptor, VHDX metadata */
#define LIMIT_FILE_NAME 4096

/* partition tables */
#define LIMIT_GPT_ENTRIES 4096
#define LIMIT_GPT_ENTRY_SIZE 4096
#define LIMIT_GPT_TABLE_BYTES (1 * MiB)
#define LIMIT_GPT_PAIRS 64 /* overlaps and differences that are listed */
#define LIMIT_MBR_LOGICAL 64

/* file systems */
#define LIMIT_FAT_BYTES (64 * MiB)    /* one copy of the file allocation table */
#define LIMIT_FAT_SEEK_STEPS 50000000U /* links followed to get to places in files, of one volume */
#define LIMIT_SYMLINKS 40 /* followed in one path: the kernel's own bound */
#define LIMIT_XATTR (64 * KiB)
#define LIMIT_FILE_RUNS 262144		  /* pieces of one file on disk */
#define LIMIT_SQUASHFS_NAME 256		   /* the format's own bound */
#define LIMIT_SQUASHFS_BLOCKS 4194304	   /* of one file */
#define LIMIT_SQUASHFS_FRAGMENTS (64 * MiB) /* of the table, unpacked */
#define LIMIT_EXT_DESCRIPTORS (32 * MiB)  /* block group descriptors */
#define LIMIT_FILESYSTEMS 64		   /* FAT and ext of one image whose tables are read */
#define LIMIT_FILESYSTEM_TABLES (96 * MiB) /* of all of them; the one that goes beyond is the last */
#define LIMIT_VOLUMES 256		   /* file systems inside of partitions, of one image */
#define LIMIT_MOUNTS 32			   /* file systems in the tree of one system */
#define LIMIT_SYSTEMS 16
#define LIMIT_SUBVOLUMES 64		   /* folders of a btrfs that are looked into for a root */
#define LIMIT_CONFIGURATION_FILES 256	   /* of one folder of small configuration files */
#define LIMIT_CONFIGURATION_BYTES (64 * KiB)
#define LIMIT_FIRST_BOOT_BYTES MiB		   /* definitions of what systemd-repart makes, of one system */
#define LIMIT_LISTINGS (32 * MiB)	   /* directories that are kept, of all file systems of an image */
#define LIMIT_EXT_METADATA (64 * MiB)	   /* read for one question */

/* EFI binaries and what starts next */
#define LIMIT_PE_SECTIONS 96 /* the PE specification's own bound */
#define LIMIT_PE_RELOCATION_BYTES (1 * MiB)
#define LIMIT_SIGNATURE_BYTES (256 * KiB)
#define LIMIT_STRING_SEARCH (1 * MiB)
#define LIMIT_EFI_SEARCHED (1 * GiB) /* of all programs that entries name, and their addons */
#define LIMIT_SBAT_BYTES (64 * KiB)
#define LIMIT_CSV_BYTES (64 * KiB)
#define LIMIT_TEXT_FILE (1 * MiB)
#define LIMIT_ESPS 16
#define LIMIT_LOADERS 32
#define LIMIT_EFI_WEIGHED 64 /* EFI programs whose machine has a say in what an image is for */
#define LIMIT_EFI_FOLDERS 64 /* below \EFI that are looked into for a loader */

/* boot entries, of one loader */
#define LIMIT_BOOT_ATTEMPTS 64		     /* of one entry */
#define LIMIT_GRUB_WORK (1 * GiB)	     /* of WORK_GRUB: up to a second */
#define LIMIT_BOOT_CMDLINES (1 * MiB)	     /* of all command lines, which are divided into words */

/* kernels, initrds and what is inside them */
#define LIMIT_STREAM_BUFFER (256 * KiB)
#define LIMIT_ZSTD_WINDOW_LOG 27		/* the kernel's own bound */
#define LIMIT_LZMA_MEMORY (160 * MiB)		/* xz -9 takes 65 MiB */
#define LIMIT_LZ4_BLOCK (8 * MiB)		/* the kernel's own bound */
#define LIMIT_LZO_BLOCK (256 * KiB)		/* the kernel's own bound */
#define LIMIT_KERNEL_FILES 64			/* opened, of one image */
#define LIMIT_KERNEL_NAMES 128			/* of files that may be an installed kernel: each is looked up */
#define LIMIT_ZIMAGE_CODE (2 * MiB)		/* in which a zImage's compressed kernel must begin */
#define LIMIT_KCONFIG_BYTES (4 * MiB)
#define LIMIT_KCONFIG_TRIES 8			/* places in a kernel that look like a configuration */
#define LIMIT_INITRD_ENTRY_COST 400000ULL	/* of WORK_UNPACKING, in picoseconds */
#define LIMIT_MODULES_WORK 1500000000000ULL	/* of WORK_MODULES, in picoseconds: 1.5 s */
#define LIMIT_MODULES 65536
#define LIMIT_MODULES_BYTES (8 * MiB)		/* modules.dep and its like */
#define LIMIT_SOFTDEPS 64			/* of one module */
#define LIMIT_INITRD_MEMBERS 64
#define LIMIT_INITRDS 32				/* of one image that are read, each once */
#define LIMIT_INITRD_RELEASES 16		/* kernels whose modules it holds */
#define LIMIT_INITRD_QUESTIONS 65536
#define LIMIT_INITRD_CONTENT (4 * MiB)		/* of one file that is asked for */
#define LIMIT_INITRD_CONTENTS (16 * LIMIT_INITRD_CONTENT) /* of all that are asked for in one initrd */
#define LIMIT_CPIO_NAME 4096			/* the kernel's own bound */

/* profiles */
#define LIMIT_PROFILE_ROWS 1000 /* in one file */

/* reports */

#endif
