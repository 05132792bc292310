/* SPDX-License-Identifier: MIT */
/* kernel: the formats in which Linux kernels are stored, what their headers say, and what can be found inside.
 *
 * kernel_open reads headers alone.  kernel_scan goes once through the kernel's bytes, decompressing them where they are
 * compressed, and stops when it has found what was asked for.  Whether a PE file is one that firmware loads is for efi/pe to
 * say.  Sources, in the kernel's tree: Documentation/arch/{arm64/booting,riscv/boot-image-header,x86/boot}.rst,
 * arch/arm/boot/compressed/head.S, drivers/firmware/efi/libstub/zboot-header.S.
 */
#ifndef LINUX_KERNEL_H
#define LINUX_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "linux/decompress.h"

enum kernel_format {
	KERNEL_NONE,      /* no Linux kernel that we know */
	KERNEL_ARM64,     /* Image */
	KERNEL_RISCV,     /* Image */
	KERNEL_LOONGARCH, /* Image, with EFI stub */
	KERNEL_X86,       /* bzImage */
	KERNEL_ARM,       /* zImage */
	KERNEL_ZBOOT,     /* EFI zboot: a PE file that decompresses the Image that it holds */
	KERNEL_ELF,       /* vmlinux */
};

enum kernel_problem {
	KERNEL_GOOD,
	KERNEL_HEADER_CUT,        /* the file ends within the header */
	KERNEL_PAYLOAD_OUTSIDE,   /* the header places the compressed kernel outside the file */
	KERNEL_PAYLOAD_MISSING,   /* no compressed kernel was found where one must be */
	KERNEL_PAYLOAD_TRUNCATED, /* known after kernel_scan read so far */
	KERNEL_PAYLOAD_CORRUPT,
};

struct kernel {
	enum kernel_format format;
	enum compression wrapper; /* the whole file is compressed (vmlinuz of gzip): format is that of what is inside */
	uint16_t machine;         /* PE/COFF machine type of the code, also where there is no PE header; 0: unknown */
	bool efi_stub;            /* it has a PE header: firmware can start it, once a wrapper is taken off */
	bool big_endian;
	unsigned page_size;       /* bytes, where an arm64 header says so, else 0 */
	uint32_t command_line_size; /* bytes that it reads of it, where an x86 header says so, else 0 */
	const char *release;      /* "6.1.0-56-arm64", what uname -r will say; NULL while it is not known */
	const char *version;      /* the release and what follows it, one line; NULL while it is not known */
	enum compression payload; /* of the compressed kernel inside, COMPRESSION_NONE where there is none */
	const char *payload_name; /* as a zboot header names the compression, else NULL */
	uint64_t payload_offset, payload_size; /* bytes, in the file */
	enum kernel_problem problem;
	uint64_t problem_offset;  /* bytes, in the file */
	const uint8_t *config;    /* IKCONFIG's text of config_size bytes, NULL when it was not looked for or not there */
	size_t config_size;
	bool scanned_version, scanned_config; /* a scan has been through for these; what is NULL then is not there */
	struct view *view;
};

/* Reads a kernel's headers.  0 when the view could be read, whatever it holds (KERNEL_NONE); a negative errno when not. */
int kernel_open(struct arena *arena, struct view *view, struct kernel **ret, struct error *err);

#define KERNEL_WANT_VERSION 1U
#define KERNEL_WANT_CONFIG 2U

/* Looks inside for what is wanted and not yet known.  0 (what was not found stays NULL, problem says what was wrong with the
 * payload), or a negative errno: I/O, more than `limit` bytes decompressed, or more
 * work than one image may cost.  What is not wanted and comes by is taken too. */
int kernel_scan(struct arena *arena, struct kernel *kernel, unsigned wanted, uint64_t limit, struct error *err);

/* "Image", "bzImage", ...; never NULL. */
const char *kernel_format_name(enum kernel_format format);

#endif
