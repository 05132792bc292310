/* SPDX-License-Identifier: MIT */
/* boot-root: which file system a kernel's command line makes the root, and which system lies on it.
 *
 * Sources: kernel init/do_mounts.c, dracut.cmdline(7), initramfs-tools(7), systemd-gpt-auto-generator(8), and the table of
 * partition types in the Discoverable Partitions Specification (UAPI.2).  What an initrd makes itself, or finds on a
 * network, is not known here, and said so.
 */
#include <string.h>

#include "fs/fs.h"
#include "image/boot-internal.h"
#include "partition/discoverable.h"
#include "partition/gpt.h"

static bool says(const struct cmdline *cmdline, const char *name, const char *value)
{
	const struct cmdline_word *word = cmdline_last(cmdline, name);

	return word && (!value || (word->value && !strcmp(word->value, value)));
}

static void not_known(struct boot_attempt *attempt, const char *reason)
{
	attempt->root_known = false;
	attempt->root_reason = reason;
}

/* The subvolume that rootflags= names, without slashes in front; NULL: none. */
static const char *subvolume_of(struct arena *arena, const struct cmdline *cmdline)
{
	const char *flags = cmdline->rootflags ? cmdline->rootflags->value : NULL;

	while (flags && *flags) {
		size_t length = strcspn(flags, ",");

		if (!strncmp(flags, "subvol=", 7)) {
			const char *name = flags + 7;
			size_t n = length - 7;

			while (n && *name == '/') {
				name++;
				n--;
			}
			return n ? arena_strndup(arena, name, n) : NULL;
		}
		flags += length + (flags[length] == ',');
	}
	return NULL;
}

static bool same_subvolume(const char *a, const char *b)
{
	if (!a || !b)
		return !a && !b;
	while (*a == '/')
		a++;
	while (*b == '/')
		b++;
	return !strcmp(a, b);
}

static void set_root(struct image *image, struct boot_attempt *attempt, struct filesystem *root)
{
	const char *subvolume = subvolume_of(image->arena, attempt->cmdline);
	const struct system *system = image_system_on(image, root);

	attempt->root = root;
	attempt->root_known = true;
	/* without subvol= a btrfs has a default subvolume of its own */
	if (system && (!subvolume || same_subvolume(system->subvolume, subvolume)))
		attempt->system = system;
}

/* What a LUKS partition hides, in place of the partition itself. */
static struct filesystem *unlocked(struct image *image, struct filesystem *f)
{
	if (!f->type || strcmp(f->type, "crypto_LUKS") != 0 || image_list_volumes(image, NULL) < 0)
		return f;
	for (unsigned i = f->index + 1; i < image->filesystem_count; i++) {
		struct filesystem *inner = &image->filesystems[i];

		if (inner->partition == f->partition && !inner->volume && !inner->view)
			return inner;
	}
	return f;
}

/* The root partition by its type, on the disk of the ESP. */
static struct filesystem *discovered(const struct image *image)
{
	const char *wanted = architecture_name(image->architecture);

	for (unsigned i = 0; wanted && i < image->partition_count; i++) {
		const struct gpt_partition *gpt = image->partitions[i].gpt;
		const char *architecture = NULL;

		if (gpt && gpt_role(&gpt->type, &architecture) == GPT_ROLE_ROOT && architecture &&
		    !strcmp(architecture, wanted) && !(gpt->attributes & GPT_ATTRIBUTE_NO_AUTO))
			return image_filesystem(image, image->partitions[i].number);
	}
	return NULL;
}

/* Is it certain that none of the image's partitions is a root by its type, for this architecture? */
static bool has_no_root_type(const struct image *image)
{
	if (!architecture_name(image->architecture))
		return false;
	for (unsigned i = 0; i < image->partition_count; i++) {
		const struct gpt_partition *gpt = image->partitions[i].gpt;
		const char *architecture = NULL;

		if (!gpt || gpt_role(&gpt->type, &architecture) == GPT_ROLE_ROOT)
			return false;
	}
	return image->partition_count > 0;
}

static void without_root(struct image *image, struct boot_attempt *attempt)
{
	struct filesystem *found = attempt->initrd_count ? discovered(image) : NULL;

	if (says(attempt->cmdline, "zfs", NULL)) {
		attempt->root_made = "zfs= names the data set that is the root";
		attempt->root_claims = NULL;
		not_known(attempt, attempt->root_made);
	} else if (found) {
		set_root(image, attempt, unlocked(image, found));
	} else if (!attempt->initrd_count) {
		not_known(attempt, "there is no root=, and no initrd beside the kernel");
	} else {
		not_known(attempt, "there is no root=: the initrd may be the whole system, or know the root itself");
	}
}

/* The one system in an encrypted volume, which the initrd may call anything. */
static struct filesystem *only_encrypted(const struct image *image)
{
	struct filesystem *found = NULL;

	for (unsigned i = 0; i < image->system_count; i++) {
		struct filesystem *f = image->systems[i].filesystem;

		if (f->volume || f->view || f == found)
			continue;
		if (found)
			return NULL;
		found = f;
	}
	return found;
}

/* Would a volume of that name be among those that were listed? */
static bool group_is_listed(const struct image *image, const char *name)
{
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const char *volume = image->filesystems[i].volume;
		size_t group = volume ? strcspn(volume, "/") : 0;

		if (volume && !strncmp(name, volume, group) && (name[group] == '/' || name[group] == '-'))
			return true;
	}
	return false;
}

/* A name below /dev/mapper, or /dev/VG/LV, that none of the volumes has. */
static void mapper_not_found(struct image *image, struct boot_attempt *attempt, const struct boot_device_name *name)
{
	struct filesystem *found = only_encrypted(image);

	if (found) {
		set_root(image, attempt, found);
	} else if (group_is_listed(image, name->value)) {
		attempt->root_known = true;
	} else {
		not_known(attempt, "the initrd gives the device its name");
		boot_claim_named(image, attempt, name);
	}
}

/* Was the device looked for on this disk alone, and may be on another? */
static bool is_of_first_disk(const char *node)
{
	static const char *const disks[] = { "sda", "hda", "vda", "xvda", "nvme0n1", "mmcblk0" };

	for (size_t i = 0; i < sizeof(disks) / sizeof(*disks); i++)
		if (!strncmp(node, disks[i], strlen(disks[i])))
			return true;
	return false;
}

/* A root that the image does not have is made, if that can be believed. */
static void claimed(struct boot_attempt *attempt, const char *reason)
{
	attempt->root_absent |= attempt->root_known;
	not_known(attempt, reason);
}

static void not_found(struct image *image, struct boot_attempt *attempt, const struct boot_device_name *name)
{
	const char *reason = image_device_unknown(image, name);

	if (reason)
		not_known(attempt, reason);
	else if (name->kind == BOOT_DEVICE_MAPPER)
		mapper_not_found(image, attempt, name);
	else if (name->kind == BOOT_DEVICE_MD)
		not_known(attempt, "mdadm gives the array its name, and may find it on other disks");
	else if (name->kind == BOOT_DEVICE_NODE && !is_of_first_disk(name->value))
		not_known(attempt, "which disk it is depends on the machine");
	else
		attempt->root_known = true;
	if (reason)
		return;
	if (name->kind == BOOT_DEVICE_MD)
		boot_claim_named(image, attempt, name);
	reason = boot_claim_first_boot(image, attempt, name);
	if (reason)
		claimed(attempt, reason);
}

static void by_name(struct image *image, struct boot_attempt *attempt, const struct boot_device_name *name)
{
	struct filesystem *found;
	const char *reason;

	switch (name->kind) {
	case BOOT_DEVICE_NONE:
		without_root(image, attempt);
		return;
	case BOOT_DEVICE_UUID:
	case BOOT_DEVICE_LABEL:
	case BOOT_DEVICE_PARTUUID:
	case BOOT_DEVICE_PARTLABEL:
	case BOOT_DEVICE_NODE:
	case BOOT_DEVICE_MAPPER:
	case BOOT_DEVICE_MD:
		if (!strncmp(name->value, "ram", 3) && name->kind == BOOT_DEVICE_NODE) {
			not_known(attempt, "the root is a RAM disk");
			boot_claim_named(image, attempt, name);
			return;
		}
		found = image_find_device(image, name);
		if (!found) {
			not_found(image, attempt, name);
			return;
		}
		reason = found->have == ABSENT ? boot_claim_first_boot(image, attempt, name) : NULL;
		if (!reason) {
			set_root(image, attempt, unlocked(image, found));
			return;
		}
		not_known(attempt, reason);
		attempt->root_absent = true;
		attempt->root_blank = found;
		return;
	case BOOT_DEVICE_AUTO:
		found = strstr(name->text, "gpt-auto") ? discovered(image) : NULL;
		if (found)
			set_root(image, attempt, unlocked(image, found));
		else if (!strcmp(name->text, "gpt-auto") && has_no_root_type(image))
			attempt->root_known = true;
		else
			not_known(attempt, "the initrd is to find or make the root");
		boot_claim_named(image, attempt, name);
		reason = attempt->root_known && !found ? boot_claim_first_boot(image, attempt, name) : NULL;
		if (reason)
			claimed(attempt, reason);
		return;
	case BOOT_DEVICE_ID:
		not_known(attempt, "which disk has that name depends on the machine");
		return;
	case BOOT_DEVICE_NETWORK:
		not_known(attempt, "the root is on the network");
		return;
	case BOOT_DEVICE_OTHER:
	case BOOT_DEVICE_PATH:
		break;
	}
	not_known(attempt, "another program than the kernel gives root= its meaning");
	boot_claim_named(image, attempt, name);
}

void boot_find_root(struct image *image, struct boot_attempt *attempt)
{
	const struct cmdline *cmdline = attempt->cmdline;

	attempt->root = NULL;
	attempt->system = NULL;
	attempt->root_known = false;
	attempt->root_reason = NULL;
	attempt->root_absent = false;
	attempt->root_blank = NULL;
	attempt->root_claims = NULL;
	attempt->root_made = boot_claim_made(image, attempt);
	if (cmdline->text.unknown && !cmdline->root) {
		not_known(attempt, cmdline->text.unknown);
		return;
	}
	by_name(image, attempt, &cmdline->root_device);
	/* such a system may take its file from the partition that root= names */
	if (attempt->root_made && !attempt->root) {
		attempt->root_absent |= attempt->root_known;
		not_known(attempt, attempt->root_made);
	}
}
