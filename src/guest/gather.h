/* SPDX-License-Identifier: MIT */
/* gather: writes down what a running Linux shows of the machine it runs on.  Raw: nothing is judged and nothing is changed. */
#ifndef GUEST_GATHER_H
#define GUEST_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/write.h"

/* The beginning of a record and of a boot in it: `guest`, and `boot` with a number that tells it from others. */
void gather_head(struct facts *facts, uint32_t boot, const char *console);

/* Milliseconds since the machine was started. */
int64_t gather_uptime(void);

/* Files of /proc and /sys, as `file path=... size=...` with their contents, `link path=... to=...` and `names path=...`.  What is
 * not there is left out, what cannot be read has error=, of what is too long there is the beginning and cut=.  `gathered` ends
 * them. */
void gather_files(struct facts *facts);

/* The EFI system table and configuration table as they stand in memory, with the ACPI root pointer and the device tree if memory
 * can be read: `linux-system-table`, `linux-table`, `linux-device-tree`, `linux-acpi`. */
void gather_efi(struct facts *facts);

/* The record that the probe left in memory, from the kernel's command line (vmlint.probe=ADDRESS,SIZE,CRC); `probe-unread` with
 * the reason if it cannot be had.  Lines pass as they are; with `brief`, without tables and the memory map. */
void gather_probe(struct facts *facts, const char *command_line, bool brief);

/* Has the probe written down bytes of this size and CRC-32?  Then they need not be sent again. */
bool gather_probe_has(uint32_t crc, size_t size);

/* Copies physical memory, by aligned 32-bit loads.  0 or a negative errno: -EPERM where the kernel keeps memory to itself. */
int physical_read(uint64_t address, void *data, size_t size);

/* A whole file, at most `maximum` bytes, with a NUL behind; NULL with errno set.  Free it. */
char *file_read(const char *path, size_t maximum, size_t *ret_size);

/* The word behind KEY= on a kernel command line, copied; NULL if there is none.  Free it. */
char *command_line_word(const char *command_line, const char *key);

#endif
