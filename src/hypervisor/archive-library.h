/* SPDX-License-Identifier: MIT */
/* archive-library: libarchive, loaded when a volume is to be written: it comes with libxml2 and what that needs. */
#ifndef HYPERVISOR_ARCHIVE_LIBRARY_H
#define HYPERVISOR_ARCHIVE_LIBRARY_H

#include <stdbool.h>

#include <archive.h>
#include <archive_entry.h>

#define ARCHIVE_FUNCTIONS(X) \
	X(write_new) X(write_set_format_iso9660) X(write_set_options) X(write_open_fd) X(write_header) X(write_data) \
	X(write_close) X(write_free) X(error_string) X(entry_new) X(entry_free) X(entry_set_pathname) X(entry_set_size) \
	X(entry_set_filetype) X(entry_set_perm) X(entry_set_mtime)

struct archive_library {
#define MEMBER(name) __typeof__(archive_##name) *name;
	ARCHIVE_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct archive_library archives;

/* False if it is not installed. */
bool archive_library_load(void);

#endif
