/* SPDX-License-Identifier: MIT */
/* limits: every bound that is put on what an image may ask of us.
 *
 * A size, count or depth that comes from an image is compared with one of these before it is used to allocate,
 * seek or loop.  Going over a limit means "we could not look", never a finding.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KiB 1024ULL
#define MiB (1024ULL * KiB)
#define GiB (1024ULL * MiB)

/* addresses of a worker as a process: its arena, libraries, decompressors */
#define LIMIT_WORKER_ADDRESSES (1 * GiB)

/* of a worker, beside the addresses: descriptors, what is in one of its memory files besides holes, and in a sanitized build,
 * in which addresses cannot be bounded, its resident memory, at which the parent looks this often (in milliseconds) */
#define LIMIT_WORKER_DESCRIPTORS 128
#define LIMIT_MEMORY_FILE_BYTES (8 * MiB)
#define LIMIT_WORKER_RESIDENT (2 * GiB)
#define LIMIT_WATCH_MS 100

/* what a worker may say of one image: requests, records, and the bytes of all of these */
#define LIMIT_REQUESTS 256
#define LIMIT_RECORD_BYTES (128 * KiB)
#define LIMIT_RECORDS 20000
#define LIMIT_RESULT_BYTES (24 * MiB)

/* memory of one image's arena; beyond it the worker gives up cleanly */
#define LIMIT_ARENA_BYTES (256 * MiB)

/* containers */
#define LIMIT_QCOW2_L1_BYTES (32 * MiB) /* QEMU's own bound */
#define LIMIT_QCOW2_CLUSTER_BITS 21
#define LIMIT_QCOW2_HEADER_EXTENSIONS 64
#define LIMIT_QCOW2_THOROUGH_BYTES (8 * GiB) /* metadata that --thorough walks */
#define LIMIT_BACKING_DEPTH 16
#define LIMIT_CONTAINER_TABLES (1 * MiB)         /* of other containers' tables, without --thorough */
#define LIMIT_CONTAINER_DESCRIPTOR (64 * KiB) /* VMDK descriptor, VHDX metadata */
#define LIMIT_FILE_NAME 4096

/* partition tables */
#define LIMIT_GPT_ENTRIES 4096
#define LIMIT_GPT_ENTRY_SIZE 4096
#define LIMIT_GPT_TABLE_BYTES (1 * MiB)
#define LIMIT_GPT_PAIRS 64 /* overlaps, duplicates and differences that are listed */
#define LIMIT_MBR_LOGICAL 64

/* file systems */
#define LIMIT_FAT_BYTES (64 * MiB)    /* one copy of the file allocation table */
#define LIMIT_FAT_SEEK_STEPS 50000000U /* links followed to get to places in files, of one volume */
#define LIMIT_DIRECTORY_DEPTH 32
#define LIMIT_DIRECTORY_BYTES (4 * MiB)
#define LIMIT_DIRECTORIES_BYTES (64 * MiB) /* all of one volume */
#define LIMIT_FILES 65536
#define LIMIT_PATH 4096
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
#define LIMIT_REMOTE_CACHE (16 * MiB)	  /* directories of one file system that the helper listed */
#define LIMIT_EXT_METADATA (64 * MiB)	  /* read for one question */

/* EFI binaries and what starts next */
#define LIMIT_PE_SECTIONS 96 /* the PE specification's own bound */
#define LIMIT_PE_RELOCATION_BYTES (1 * MiB)
#define LIMIT_SIGNATURE_BYTES (256 * KiB)
#define LIMIT_STRING_SEARCH (1 * MiB)
#define LIMIT_SBAT_BYTES (64 * KiB)
#define LIMIT_CSV_BYTES (64 * KiB)
#define LIMIT_TEXT_FILE (1 * MiB)
#define LIMIT_ESPS 16
#define LIMIT_LOADERS 32
#define LIMIT_EFI_WEIGHED 64 /* EFI programs whose machine has a say in what an image is for */
#define LIMIT_EFI_FOLDERS 64 /* below \EFI that are looked into for a loader */

/* boot entries, of one loader */
#define LIMIT_BOOT_ATTEMPTS 64		     /* of one entry */
#define LIMIT_BOOT_CMDLINES (1 * MiB)	     /* of all command lines, which are divided into words */

/* kernels, initrds and what is inside them */
#define LIMIT_STREAM_BUFFER (256 * KiB)
#define LIMIT_ZSTD_WINDOW_LOG 27		/* the kernel's own bound */
#define LIMIT_LZMA_MEMORY (160 * MiB)		/* xz -9 takes 65 MiB */
#define LIMIT_LZ4_BLOCK (8 * MiB)		/* the kernel's own bound */
#define LIMIT_LZO_BLOCK (256 * KiB)		/* the kernel's own bound */
#define LIMIT_KERNEL_BYTES (256 * MiB)		/* of a kernel, decompressed */
#define LIMIT_KERNEL_FILES 64			/* opened, of one image */
#define LIMIT_KERNEL_NAMES 128			/* of files that may be an installed kernel: each is looked up */
#define LIMIT_ZIMAGE_CODE (2 * MiB)		/* in which a zImage's compressed kernel must begin */
#define LIMIT_KCONFIG_BYTES (4 * MiB)
#define LIMIT_KCONFIG_TRIES 8			/* places in a kernel that look like a configuration */
#define LIMIT_MODULES 65536
#define LIMIT_MODULES_BYTES (8 * MiB)		/* modules.dep and its like */
#define LIMIT_SOFTDEPS 64			/* of one module */
#define LIMIT_INITRD_BYTES (2 * GiB)		/* of an initrd, decompressed */
#define LIMIT_INITRD_MEMBERS 64
#define LIMIT_INITRDS 32				/* of one image that are read, each once */
#define LIMIT_INITRD_ENTRIES 1000000
#define LIMIT_INITRD_RELEASES 16		/* kernels whose modules it holds */
#define LIMIT_INITRD_QUESTIONS 65536
#define LIMIT_INITRD_CONTENT (4 * MiB)		/* of one file that is asked for */
#define LIMIT_CPIO_NAME 4096			/* the kernel's own bound */

/* profiles */
#define LIMIT_PROFILE_ROWS 1000 /* in one file */

/* reports */
#define LIMIT_DIAGNOSTICS_PER_RULE 20
#define LIMIT_IMAGE_SECONDS 120
#define LIMIT_GUESTFS_SECONDS 600 /* more, where libguestfs must be started */

#endif
