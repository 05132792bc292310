/* SPDX-License-Identifier: MIT */
/* record: the text in which the probe leaves what it saw, in the form that guest/record.h reads. */
#ifndef PROBE_RECORD_H
#define PROBE_RECORD_H

#include "efi.h"

/* Bytes that a table, and a device tree, may say that they have: what says more is not walked.  Linux takes no larger tree
 * (Documentation/arch/arm64/booting.rst). */
#define TABLE_MAXIMUM (256 * 1024)
#define TREE_MAXIMUM (2 * 1024 * 1024)

/* all is in one file: no global offset table, which would want relocations */
#pragma GCC visibility push(hidden)

struct record {
	char *text;
	size_t size, capacity;
	bool full; /* something did not fit, and is missing whole */
};

void put_char(struct record *r, char c);
void put(struct record *r, const char *text);
void put_decimal(struct record *r, uint64_t value);
void put_hex(struct record *r, uint64_t value); /* with 0x in front */
void put_guid(struct record *r, const struct efi_guid *guid);

/* A byte of a value: %XX but for plain characters. */
void put_byte(struct record *r, unsigned c);

/* Text with all but plain characters as %XX of its UTF-8. */
void put_escaped(struct record *r, const efi_char *text, size_t maximum);

/* " key=0x..." and " key=1234" */
void put_key_hex(struct record *r, const char *key, uint64_t value);
void put_key(struct record *r, const char *key, uint64_t value);

/* A fact of `size` bytes in hexadecimal lines; nothing but `full` if it does not fit. */
void put_blob(struct record *r, const char *what, const void *at, size_t size, size_t total);

static inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

uint32_t record_crc32(const void *data, size_t size);

/* tables.c: what the ACPI root pointer leads to, and the device tree. */
void record_acpi(struct record *r, const uint8_t *rsdp);
void record_device_tree(struct record *r, const uint8_t *tree);

/* gic.c: `probe-gic`, the registers of the distributor that a MADT or a device tree tells of; nothing on another architecture
 * than Arm's. */
void record_gic_acpi(struct record *r, const uint8_t *madt);
void record_gic_tree(struct record *r, const uint8_t *tree);

enum device_read {
	DEVICE_READ,
	DEVICE_UNTRIED,	 /* it cannot be tried here */
	DEVICE_UNMAPPED, /* firmware does not map the address */
	DEVICE_ABORT,	 /* nobody answers there */
};

/* device.c: a 32-bit register, whatever is at its address. */
enum device_read device_read(uint64_t address, uint32_t *value);

/* services.c: time, variables, memory map. */
void record_time(struct record *r, struct efi_runtime *rt);
void record_variables(struct record *r, struct efi_runtime *rt);
/* `probe-kept`: a non-volatile variable that is to outlive this boot, written, read, or read and deleted, as the settings have it
 * (vmlint.variable=write, read, delete); its value is vmlint.nonce.  Nothing where they do not. */
void record_kept(struct record *r, struct efi_runtime *rt, const char *settings, size_t size);
void record_memory(struct record *r, struct efi_boot *boot);

extern const struct efi_guid vmlint_guid;

bool guid_same(const struct efi_guid *a, const struct efi_guid *b);

#pragma GCC visibility pop

#endif
