/* SPDX-License-Identifier: MIT */
/* root-claims: what says that a root is made that the image does not have: words of the command line, and definitions for the
 * first boot.  Each means something to one program alone, so that each comes with the files by which an initrd has that.
 *
 * Sources: initramfs-tools(7), live-boot(7), dracut.cmdline(7) and the module-setup.sh of dracut's modules, archiso's hooks,
 * kernel-command-line(7), systemd-repart(8), Ignition's dracut module. */
#include <string.h>

#include "image/boot-internal.h"

#define SYSTEMD "/lib/systemd/"
static const char *const live_boot[] = { "/scripts/live", "/lib/live/boot", NULL };
static const char *const casper[] = { "/scripts/casper", NULL };
static const char *const dmsquash[] = { "/sbin/dmsquash-live-root", "/sbin/kiwi-live-root", NULL };
static const char *const archiso[] = { "/hooks/archiso", "/hooks/miso", NULL };
static const char *const anaconda[] = { "/lib/anaconda-lib.sh", "/sbin/anaconda-diskroot", "/linuxrc", "/bin/linuxrc",
					"/sbin/linuxrc", NULL };
static const char *const coreos[] = { "/sbin/coreos-livepxe-rootfs", "/lib/systemd/system-generators/live-generator", NULL };
static const char *const network[] = { "/sbin/netroot", "/sbin/nfsroot", NULL };
static const char *const nfs[] = { "/scripts/nfs", NULL };
static const char *const volatile_root[] = { SYSTEMD "systemd-volatile-root", NULL };
static const char *const systemd[] = { SYSTEMD "systemd", NULL };
static const char *const verity[] = { SYSTEMD "systemd-veritysetup", "/sbin/veritysetup", NULL };
static const char *const makers[] = { REPART_FILES, IGNITION_FILES, NULL };
static const char *const mapper[] = { "/sbin/dmsetup", "/sbin/lvm", "/bin/lvm", "/sbin/cryptsetup", "/bin/cryptsetup",
				      "/bin/systemd-cryptsetup", SYSTEMD "systemd-cryptsetup", "/sbin/veritysetup",
				      SYSTEMD "systemd-veritysetup", "/sbin/multipath", "/sbin/kpartx", "/sbin/dmraid",
				      "/sbin/mdadm", "/sbin/iscsistart", NULL };
static const char *const raid[] = { "/sbin/mdadm", "/bin/mdadm", NULL };
static const char *const named[] = { "/sbin/zpool", "/bin/zpool", "/sbin/zfs", "/scripts/zfs", "/sbin/iscsistart",
				     "/sbin/nbd-client", SYSTEMD "systemd", NULL };
static const char *const none[] = { NULL };

#define LIVE "it is a live system: its root is made of a file"
#define INSTALLER "it starts an installer"
#define NETWORK "the root is on the network"
#define TOGETHER "systemd in the initrd puts the root together"

static const struct root_claim rdinit = { "rdinit= makes the initrd the whole system", none, .certain = false };
static const struct root_claim defined = { "it is made at the first boot", makers, .certain = true };

static const struct root_claim mapped = { "a program in the initrd gives the device its name", mapper, .doubtful = true };
static const struct root_claim array = { "mdadm gives the array its name", raid, .doubtful = true };
static const struct root_claim other = { "another program than the kernel gives root= its meaning", named, .lenient = true };
static const struct root_claim ram = { "the root is a RAM disk", none, .lenient = true };

/* Programs that make the root themselves, whatever root= says. */
static const struct {
	const char *name, *value;
	struct root_claim claim;
} words[] = {
	{ "boot", "live", { LIVE, live_boot, .certain = false } },
	{ "boot", "casper", { LIVE, casper, .certain = false } },
	{ "rd.live.image", NULL, { LIVE, dmsquash, .certain = true } },
	{ "archisobasedir", NULL, { LIVE, archiso, .certain = false } },
	{ "rd.live.dir", NULL, { LIVE, dmsquash, .certain = true } },
	{ "inst.stage2", NULL, { INSTALLER, anaconda, .certain = false } },
	{ "inst.repo", NULL, { INSTALLER, anaconda, .certain = false } },
	{ "install", NULL, { INSTALLER, anaconda, .certain = false } },
	{ "coreos.live.rootfs_url", NULL, { INSTALLER, coreos, .certain = false } },
	{ "netroot", NULL, { NETWORK, network, .certain = false } },
	{ "nfsroot", NULL, { NETWORK, network, .certain = false } },
	{ "boot", "nfs", { NETWORK, nfs, .certain = false } },
	{ "systemd.volatile", NULL, { TOGETHER, volatile_root, .certain = false } },
	{ "mount.usr", NULL, { TOGETHER, systemd, .certain = false } },
	{ "usrhash", NULL, { TOGETHER, verity, .certain = false } },
	{ "roothash", NULL, { TOGETHER, verity, .certain = false } },
};

/* Programs that give partitions their labels and UUIDs when the image boots for the first time. */
static const struct {
	const char *name;
	bool prefix;
	struct root_claim claim;
} first_boot[] = {
	{ "ignition.", true, { "Ignition may make it at the first boot", makers, .certain = true } },
	{ "flatcar.", true, { "Ignition may make it at the first boot", makers, .certain = true } },
	{ "systemd.repart", false, { "systemd-repart may make it at the first boot", makers, .certain = true } },
};

#define MOST_CLAIMS (sizeof(words) / sizeof(*words) + sizeof(first_boot) / sizeof(*first_boot) + 2)

static void claim(struct image *image, struct boot_attempt *attempt, const struct root_claim *made)
{
	size_t count = 0;

	if (!attempt->root_claims)
		attempt->root_claims = ARENA_ARRAY(image->arena, MOST_CLAIMS + 1, const struct root_claim *);
	while (attempt->root_claims[count])
		count++;
	if (count < MOST_CLAIMS)
		attempt->root_claims[count] = made;
}

const char *boot_claim_made(struct image *image, struct boot_attempt *attempt)
{
	const struct cmdline *cmdline = attempt->cmdline;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const struct cmdline_word *word = cmdline_last(cmdline, words[i].name);

		if (word && (!words[i].value || (word->value && !strcmp(word->value, words[i].value))))
			claim(image, attempt, &words[i].claim);
	}
	if (cmdline->rdinit)
		claim(image, attempt, &rdinit);
	return attempt->root_claims ? attempt->root_claims[0]->reason : NULL;
}

const char *boot_claim_first_boot(struct image *image, struct boot_attempt *attempt, const struct boot_device_name *device)
{
	const char *reason = NULL;

	for (size_t i = 0; i < sizeof(first_boot) / sizeof(*first_boot); i++) {
		const char *name = first_boot[i].name;
		const struct cmdline_word *word = first_boot[i].prefix ? cmdline_next_prefix(attempt->cmdline, name, NULL)
								       : cmdline_last(attempt->cmdline, name);

		if (!word)
			continue;
		claim(image, attempt, &first_boot[i].claim);
		reason = reason ? reason : first_boot[i].claim.reason;
	}
	for (unsigned i = 0; i < image->system_count; i++)
		if (system_makes_device(&image->systems[i], device, false)) {
			claim(image, attempt, &defined);
			return reason ? reason : defined.reason;
		}
	return reason;
}

/* Might there be something in the image of which device mapper, md or ZFS makes what root= names? */
static bool holds_members(const struct image *image)
{
	static const char *const plain[] = { "vfat",  "ext2",	  "ext3",  "ext4",    "xfs",
					     "btrfs", "squashfs", "erofs", "iso9660", "swap" };

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];
		bool known = false;

		for (size_t k = 0; f->have == HAVE && f->type && k < sizeof(plain) / sizeof(*plain); k++)
			known |= !strcmp(f->type, plain[k]);
		if (!known)
			return true;
	}
	return false;
}

void boot_claim_named(struct image *image, struct boot_attempt *attempt, const struct boot_device_name *name)
{
	const struct cmdline *cmdline = attempt->cmdline;
	const struct root_claim *found = NULL;
	bool mapping = strstr(name->text, "/mapper/") || strstr(name->text, "/dm-");

	/* what else is in a folder below /dev may be a disk */
	if (name->kind == BOOT_DEVICE_MAPPER && mapping && !cmdline_next_prefix(cmdline, "dm", NULL) && !holds_members(image))
		found = &mapped;
	else if (name->kind == BOOT_DEVICE_MD && !cmdline_next_prefix(cmdline, "md", NULL) && !holds_members(image))
		found = &array;
	else if (name->kind == BOOT_DEVICE_NODE && !strncmp(name->value, "ram", 3))
		found = &ram;
	/* a device that is known by no name of ours is on the machine */
	else if (name->kind == BOOT_DEVICE_OTHER && *name->text != '/' && !holds_members(image))
		found = &other;
	else if (!strcmp(name->text, "tmpfs"))
		found = &other;
	if (!found)
		return;
	claim(image, attempt, found);
	attempt->root_absent = true;
}
