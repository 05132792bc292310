/* SPDX-License-Identifier: MIT */
/* initrds: what an attempt to boot has of a driver once its initrd is unpacked, and what its root needs.
 *
 * First everybody asks, then image_read_initrds (kernels.h) goes once through each initrd, then these answer.
 */
#ifndef IMAGE_INITRDS_H
#define IMAGE_INITRDS_H

#include "image/boot.h"
#include "linux/filesystems.h"

/* From where a kernel gets a driver before the root is there. */
enum driver_reach {
	REACH_BUILTIN,
	REACH_INITRD,    /* it is in the initrd, with all that it needs */
	REACH_SOFT,      /* it is, but something that its softdep asks for is not: *ret_missing */
	REACH_UNKNOWN,
	REACH_NO_DRIVER, /* the kernel was built without it, or its module is neither installed nor in the initrd */
	REACH_MISSING,   /* it is a module, and *ret_missing, itself or what it needs, is not in the initrd */
};

/* Asks the attempt's initrd for a driver, with its modules.dep closure and softdeps, where it is not built in. */
void attempt_ask_driver(const struct boot_attempt *attempt, const char *symbol, const char *module);

/* Asks it for a file. */
void attempt_ask_path(const struct boot_attempt *attempt, const char *path);

/* Asks every initrd for what its root needs: the drivers of the buses and what is below. */
void image_ask_roots(struct image *image);

enum driver_reach attempt_driver(const struct boot_attempt *attempt, const char *symbol, const char *module,
				 const char **ret_missing);

/* The word of its command line that forbids the kernel to load modules: the last module_blacklist=, or nomodule; NULL: none. */
const struct cmdline_word *attempt_forbids(const struct boot_attempt *attempt);

/* The driver, or a module that it needs, which the kernel has as a module and may not load; NULL: there is none that is known. */
const char *attempt_driver_forbidden(const struct boot_attempt *attempt, const char *symbol, const char *module);

enum initrd_answer attempt_initrd_path(const struct boot_attempt *attempt, const char *path);

/* What the kernel starts from the initrd: "/init", or what rdinit= names.  Every initrd that is asked anything is asked
 * for it. */
const char *attempt_initrd_init(const struct boot_attempt *attempt);

/* Why the kernel cannot start that though it is there ("is empty", ...), nor what it would try behind it; NULL: there is no such
 * reason that is known. */
const char *attempt_initrd_init_fault(const struct boot_attempt *attempt);

/* What the symbolic link says that was asked for, if it leads to nothing in the initrd; else NULL. */
const char *attempt_initrd_dangling(const struct boot_attempt *attempt, const char *path);

/* Does rootfstype= ask for a type as which the root cannot be mounted, so far as the command line alone says? */
bool attempt_root_type_is_wrong(const struct boot_attempt *attempt);

/* Would the initrd mount the root as what it is, all the same?  dracut does, where systemd does not do its work.  Known once
 * initrds were read, where the type is wrong. */
bool attempt_detects_root_type(const struct boot_attempt *attempt);

/* Has the initrd the part of systemd that finds a root by its partition's type, and no file by which it would make one? */
bool attempt_finds_root_by_type(const struct boot_attempt *attempt);

/* Will the initrd stop because nothing says where the root is?  True only where that is certain: it is of initramfs-tools, which
 * looks at no partition's type, and neither the command line nor its own settings name a root. */
bool attempt_lacks_root_name(const struct boot_attempt *attempt);

/* Does the initrd start /sbin/init, /etc/init, /bin/init or /bin/sh of the root where that has none that init= names?  True only
 * where that is certain: it is of initramfs-tools.  Known once initrds were read, where init= is given. */
bool attempt_takes_another_init(const struct boot_attempt *attempt);

/* Is the initrd of one of the makers that are known (initramfs-tools, dracut, mkinitcpio, systemd), so that it mounts what root=
 * names?  False also where that cannot be said. */
bool attempt_initrd_is_usual(const struct boot_attempt *attempt);

/* Of a root that the image does not have: is there something in the initrd that says how to make partitions at the first boot
 * (systemd-repart's definitions, Ignition's configuration)? */
bool attempt_may_make_root(const struct boot_attempt *attempt);

/* Of all that claims that the root is made: has the initrd the program to which it means something?  INITRD_UNKNOWN also where
 * there is none of those that are known, and nobody knows the initrd's maker.  Without claims INITRD_NOT_FOUND. */
enum initrd_answer attempt_root_claim(const struct boot_attempt *attempt);

/* Is the program that makes devices by the system's definitions (system_makes_device) in the system, or in the initrd with which
 * that is booted?  Without definitions INITRD_NOT_FOUND. */
enum initrd_answer image_has_maker(const struct image *image, const struct system *system);

/* root_made, unless it is known that the initrd has no program for it. */
bool attempt_root_is_made(const struct boot_attempt *attempt);

/* Of an initrd by a maker that loads modules by the lists of its kernel's (modules.dep): */
enum lists_state {
	LISTS_GOOD,    /* as far as is known */
	LISTS_NONE,
	LISTS_EMPTY,   /* what is read of them is of no byte */
	LISTS_CUT_OFF, /* they are below /usr/lib, and /lib is a link to *ret_target, which leads elsewhere or nowhere */
};
enum lists_state attempt_lists(const struct boot_attempt *attempt, const char **ret_target);

/* Of a module that is not in the initrd: a file in its place that is none, and why ("lib/.../x.ko is in it, and it is no ELF
 * file"); NULL: there is no such file. */
const char *attempt_initrd_fault(const struct boot_attempt *attempt, const char *module);

/* Where a byte of all initrds together stands. */
struct location attempt_initrd_place(const struct boot_attempt *attempt, uint64_t offset, uint64_t length);

/* "/boot/initrd.img-6.1.0-56-arm64", or the first and how many more; for messages. */
const char *attempt_initrd_title(const struct boot_attempt *attempt);

enum root_bus {
	ROOT_VIRTIO_BLK_PCI,
	ROOT_VIRTIO_BLK_MMIO,
	ROOT_VIRTIO_SCSI,
	ROOT_XEN,
	ROOT_NVME,
	ROOT_BUSES,
	/* not asked of an image; that it has one of them speaks for it */
	ROOT_AHCI = ROOT_BUSES,
	ROOT_HYPERV,
	ROOT_VMWARE,
	ROOT_BUSES_ALL,
};

/* "virtio-blk over PCI" */
const char *root_bus_title(enum root_bus bus);

/* Does a machine of this architecture have the bus? */
bool root_bus_applies(enum root_bus bus, enum architecture architecture);

/* Can the attempt find a disk on this bus?  The worst of its drivers'. */
enum driver_reach attempt_bus(const struct boot_attempt *attempt, enum root_bus bus, const char **ret_missing);

/* A module that finding one there needs, and that the kernel may not load; NULL: there is none that is known. */
const char *attempt_bus_forbidden(const struct boot_attempt *attempt, enum root_bus bus);

/* Is the root on a disk of the machine, as far as the command line says: not on the network, in the initrd itself, or another
 * program's affair? */
bool attempt_root_on_disk(const struct boot_attempt *attempt);

/* What has to be understood between the disk and the files of the root. */
enum root_layer { ROOT_FILESYSTEM, ROOT_LVM, ROOT_CRYPTO, ROOT_RAID };

struct root_need {
	enum root_layer layer;
	const char *title; /* "ext4", "LVM", ... */
	const struct kernel_driver *drivers; /* any one of these; ends with NULL, NULL */
	const char *const *tools; /* any one of these files, NULL-terminated; NULL: none is needed */
};
#define ROOT_NEEDS 4

size_t attempt_root_needs(const struct boot_attempt *attempt, struct root_need needs[ROOT_NEEDS]);

/* The best of the drivers'; REACH_MISSING also where a driver is there and no tool is: *ret_missing is its name then. */
enum driver_reach attempt_need(const struct boot_attempt *attempt, const struct root_need *need, const char **ret_missing);

#endif
