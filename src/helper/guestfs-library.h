/* SPDX-License-Identifier: MIT */
/* guestfs-library: libguestfs, loaded when it is needed: it costs 13 ms, and not every machine has it. */
#ifndef HELPER_GUESTFS_LIBRARY_H
#define HELPER_GUESTFS_LIBRARY_H

#include <guestfs.h>
#include <stdbool.h>

#define GUESTFS_FUNCTIONS(F)                                                                                          \
	F(create) F(close) F(set_error_handler) F(set_event_callback) F(last_error) F(last_errno)                     \
	F(set_backend) F(set_backend_setting) F(set_memsize) F(set_tmpdir) F(set_autosync) F(set_verbose)             \
	F(add_drive_opts) F(get_hv) F(launch)                                                                                   \
	F(mkmountpoint) F(rmmountpoint) F(mount_options) F(blockdev_getsize64) F(cryptsetup_open) F(lvm_scan)         \
	F(lvs) F(list_md_devices) F(md_detail) F(md_stat) F(free_mdstat_list) F(blkid) F(vgpvuuids) F(pvs_full)       \
	F(free_lvm_pv_list)                                                                                           \
	F(readdir) F(free_dirent_list) F(lstatns) F(free_statns) F(lstatnslist) F(free_statns_list) F(readlink)       \
	F(lgetxattr) F(pread) F(statvfs) F(free_statvfs)

struct guestfs_library {
#define MEMBER(name) __typeof__(&guestfs_##name) name;
	GUESTFS_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct guestfs_library guestfs;

/* False when there is none, or one that is too old. */
bool guestfs_library_load(void);

#endif
