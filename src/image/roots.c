/* SPDX-License-Identifier: MIT */
/* roots: what a root needs of a kernel and its initrd: a bus to find the disk on, and what lies between disk and files. */
#include <string.h>

#include "image/initrds-internal.h"

#define BUS_DRIVERS 3

static const struct bus {
	const char *title;
	struct kernel_driver drivers[BUS_DRIVERS]; /* all of them */
} buses[ROOT_BUSES_ALL] = {
	[ROOT_VIRTIO_BLK_PCI] = { "virtio-blk over PCI", { { "VIRTIO_PCI", "virtio_pci" }, { "VIRTIO_BLK", "virtio_blk" } } },
	[ROOT_VIRTIO_BLK_MMIO] = { "virtio-blk over MMIO", { { "VIRTIO_MMIO", "virtio_mmio" }, { "VIRTIO_BLK", "virtio_blk" } } },
	[ROOT_VIRTIO_SCSI] = { "virtio-scsi",
			       { { "VIRTIO_PCI", "virtio_pci" }, { "SCSI_VIRTIO", "virtio_scsi" }, { "BLK_DEV_SD", "sd_mod" } } },
	[ROOT_XEN] = { "Xen block", { { "XEN_BLKDEV_FRONTEND", "xen_blkfront" } } },
	[ROOT_NVME] = { "NVMe", { { "BLK_DEV_NVME", "nvme" } } },
	[ROOT_AHCI] = { "AHCI", { { "SATA_AHCI", "ahci" }, { "BLK_DEV_SD", "sd_mod" } } },
	[ROOT_HYPERV] = { "Hyper-V storage", { { "HYPERV_STORAGE", "hv_storvsc" }, { "BLK_DEV_SD", "sd_mod" } } },
	[ROOT_VMWARE] = { "VMware PVSCSI", { { "VMWARE_PVSCSI", "vmw_pvscsi" }, { "BLK_DEV_SD", "sd_mod" } } },
};

const char *root_bus_title(enum root_bus bus)
{
	return buses[bus].title;
}

bool root_bus_applies(enum root_bus bus, enum architecture architecture)
{
	bool x86 = architecture == ARCHITECTURE_X86_64 || architecture == ARCHITECTURE_I386;
	bool arm = architecture == ARCHITECTURE_AARCH64 || architecture == ARCHITECTURE_ARM;

	switch (bus) {
	case ROOT_VIRTIO_BLK_MMIO:
		return !x86; /* but for machines without firmware */
	case ROOT_XEN:
		return x86 || arm;
	case ROOT_AHCI:
	case ROOT_HYPERV:
	case ROOT_VMWARE:
		return x86;
	default:
		return true;
	}
}

enum driver_reach attempt_bus(const struct boot_attempt *attempt, enum root_bus bus, const char **ret_missing)
{
	/* from good to bad; what the kernel does not have at all outweighs what the initrd lacks */
	static const int rank[] = { [REACH_BUILTIN] = 0, [REACH_INITRD] = 1, [REACH_SOFT] = 2,
				    [REACH_UNKNOWN] = 3, [REACH_MISSING] = 4, [REACH_NO_DRIVER] = 5 };
	enum driver_reach worst = REACH_BUILTIN;

	*ret_missing = NULL;
	for (size_t i = 0; i < BUS_DRIVERS && buses[bus].drivers[i].module; i++) {
		const char *missing;
		enum driver_reach reach = attempt_driver(attempt, buses[bus].drivers[i].symbol, buses[bus].drivers[i].module,
							 &missing);

		if (rank[reach] > rank[worst]) {
			worst = reach;
			*ret_missing = missing;
		}
	}
	return worst;
}

const char *attempt_bus_forbidden(const struct boot_attempt *attempt, enum root_bus bus)
{
	const char *module = NULL;

	for (size_t i = 0; i < BUS_DRIVERS && buses[bus].drivers[i].module && !module; i++)
		module = attempt_driver_forbidden(attempt, buses[bus].drivers[i].symbol, buses[bus].drivers[i].module);
	return module;
}

bool attempt_root_on_disk(const struct boot_attempt *attempt)
{
	const struct boot_device_name *name = &attempt->cmdline->root_device;

	if (attempt->root)
		return true;
	switch (name->kind) {
	case BOOT_DEVICE_UUID:
	case BOOT_DEVICE_LABEL:
	case BOOT_DEVICE_PARTUUID:
	case BOOT_DEVICE_PARTLABEL:
	case BOOT_DEVICE_ID:
	case BOOT_DEVICE_MAPPER:
	case BOOT_DEVICE_MD:
		return true;
	case BOOT_DEVICE_NODE:
		/* a disk in memory, as of old */
		return strncmp(name->value, "ram", 3) != 0;
	default:
		return false;
	}
}

static const struct kernel_driver lvm_drivers[] = { { "BLK_DEV_DM", "dm_mod" }, { NULL, NULL } };
static const struct kernel_driver crypto_drivers[] = { { "DM_CRYPT", "dm_crypt" }, { NULL, NULL } };
static const struct kernel_driver raid_drivers[] = { { "MD_RAID1", "raid1" },   { "MD_RAID10", "raid10" },
						   { "MD_RAID0", "raid0" },   { "MD_RAID456", "raid456" },
						   { "MD_LINEAR", "linear" }, { NULL, NULL } };

/* Where Debian, Fedora, Arch and SUSE put them; /usr/sbin and /sbin are one for this question.  Booster opens LUKS by itself, and
 * leaves its configuration. */
static const char *const lvm_tools[] = { "/sbin/lvm", "/bin/lvm", NULL };
static const char *const crypto_tools[] = { "/sbin/cryptsetup",
					    "/bin/cryptsetup",
					    "/lib/systemd/systemd-cryptsetup",
					    "/bin/systemd-cryptsetup",
					    "/etc/booster.init.yaml",
					    NULL };
static const char *const raid_tools[] = { "/sbin/mdadm", "/bin/mdadm", NULL };

static const struct root_need lvm = { ROOT_LVM, "LVM", lvm_drivers, lvm_tools };
static const struct root_need crypto = { ROOT_CRYPTO, "LUKS", crypto_drivers, crypto_tools };
static const struct root_need raid = { ROOT_RAID, "md RAID", raid_drivers, raid_tools };

/* Is there a partition of that type, in the partition of the root or, where it is not known, anywhere? */
static bool lies_in(const struct image *image, const struct filesystem *root, const char *type)
{
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];

		if (f != root && f->type && !strcmp(f->type, type) && (!root || f->partition == root->partition))
			return true;
	}
	return false;
}

static const struct image *image_of(const struct boot_attempt *attempt)
{
	const struct initrd_set *set = (const struct initrd_set *)attempt->initrd;

	return set ? set->image : NULL;
}

size_t attempt_root_needs(const struct boot_attempt *attempt, struct root_need needs[ROOT_NEEDS])
{
	const struct image *image = image_of(attempt);
	const struct filesystem *root = attempt->root;
	/* a name of device mapper's, of a root that was not found */
	bool mapped = !root && attempt->cmdline->root_device.kind == BOOT_DEVICE_MAPPER;
	bool unlocked = cmdline_next_prefix(attempt->cmdline, "rd.luks.", NULL) ||
			cmdline_next(attempt->cmdline, "cryptdevice", NULL);
	const struct filesystem_type *type;
	size_t count = 0;

	if (!image)
		return 0;
	type = root && root->type ? filesystem_type_find(root->type) : NULL;
	if (type && type->drivers[0].module)
		needs[count++] = (struct root_need){ ROOT_FILESYSTEM, root->type, type->drivers, NULL };
	if ((root || mapped || unlocked) && lies_in(image, root, "crypto_LUKS"))
		needs[count++] = crypto;
	if (root ? root->volume && strncmp(root->volume, "md/", 3) && strchr(root->volume, '/')
		 : mapped && lies_in(image, NULL, "LVM2_member"))
		needs[count++] = lvm;
	if (root && lies_in(image, root, "linux_raid_member"))
		needs[count++] = raid;
	return count;
}

enum driver_reach attempt_need(const struct boot_attempt *attempt, const struct root_need *need, const char **ret_missing)
{
	/* from good to bad: any one will do */
	static const int rank[] = { [REACH_BUILTIN] = 0, [REACH_INITRD] = 1, [REACH_SOFT] = 2,
				    [REACH_UNKNOWN] = 3, [REACH_MISSING] = 4, [REACH_NO_DRIVER] = 5 };
	enum driver_reach best = REACH_NO_DRIVER;
	bool unknown = false;

	*ret_missing = NULL;
	for (const struct kernel_driver *d = need->drivers; d->module; d++) {
		const char *missing;
		enum driver_reach reach = attempt_driver(attempt, d->symbol, d->module, &missing);

		if (rank[reach] < rank[best]) {
			best = reach;
			*ret_missing = missing;
		}
	}
	if (rank[best] >= rank[REACH_UNKNOWN] || !need->tools)
		return best;
	for (const char *const *tool = need->tools; *tool; tool++) {
		switch (attempt_initrd_path(attempt, *tool)) {
		case INITRD_FOUND:
			return best;
		case INITRD_UNKNOWN:
			unknown = true;
			break;
		case INITRD_NOT_FOUND:
			break;
		}
	}
	if (unknown)
		return REACH_UNKNOWN;
	*ret_missing = need->tools[0];
	return REACH_MISSING;
}

static void ask_roots(const struct boot_attempt *attempt, enum architecture architecture)
{
	struct root_need needs[ROOT_NEEDS];
	size_t count = attempt_root_needs(attempt, needs);

	for (int bus = 0; bus < ROOT_BUSES_ALL; bus++)
		for (size_t i = 0; root_bus_applies((enum root_bus)bus, architecture) && i < BUS_DRIVERS &&
				   buses[bus].drivers[i].module; i++)
			attempt_ask_driver(attempt, buses[bus].drivers[i].symbol, buses[bus].drivers[i].module);
	for (size_t i = 0; i < count; i++) {
		for (const struct kernel_driver *d = needs[i].drivers; d->module; d++)
			attempt_ask_driver(attempt, d->symbol, d->module);
		for (const char *const *tool = needs[i].tools; tool && *tool; tool++)
			attempt_ask_path(attempt, *tool);
	}
}

void image_ask_roots(struct image *image)
{
	initrds_prepare(image);
	for (unsigned p = 0; p < image->boot_path_count; p++)
		for (size_t e = 0; e < image->boot_paths[p].entry_count; e++) {
			const struct boot_entry *entry = &image->boot_paths[p].entries[e];

			for (size_t a = 0; a < entry->attempt_count; a++) {
				const struct boot_attempt *attempt = &entry->attempts[a];

				if (attempt->kernel_file && attempt->kernel_file->have == HAVE && attempt_root_on_disk(attempt))
					ask_roots(attempt, attempt->kernel_file->architecture);
			}
		}
}
