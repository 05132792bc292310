/* SPDX-License-Identifier: MIT */
/* esp-help: the commands that mend an EFI system partition inside an image, without root, for the rules in this folder.
 */
#ifndef RULES_ESP_ESP_HELP_H
#define RULES_ESP_ESP_HELP_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "fs/fat.h"
#include "image/binary.h"
#include "image/filesystem.h"
#include "image/image.h"
#include "image/system.h"
#include "lint/rule.h"
#include "partition/gpt.h"

static inline unsigned esp_sector_size(const struct image *image)
{
	return image->gpt ? image->gpt->sector_size : 512;
}

/* The most sectors to a cluster, 8 at most, with which a FAT32 of `size` bytes has enough clusters; 0 if one is too
 * many. A thousand clusters to spare, so that no tool's alignment spoils it. */
static inline unsigned esp_cluster_sectors(uint64_t size, unsigned sector_size)
{
	for (unsigned n = 8; n; n /= 2) {
		uint64_t clusters = FAT32_MIN_CLUSTERS + 1000ULL;

		if (clusters * n * sector_size + 2 * 4 * clusters + 64ULL * sector_size <= size)
			return n;
	}
	return 0;
}

/* " -n LABEL" for mkfs.vfat, or "" where it has none that mkfs.vfat takes. */
static inline const char *esp_label(struct check *check)
{
	const struct fat *fat = check->esp->fat;
	const char *label = fat->label[0] ? fat->label : fat->boot.label;
	BUFFER_AUTO word = buffer_make(64);

	if (!label[0] || !strcmp(label, "NO NAME"))
		return "";
	for (const char *p = label; *p; p++)
		if (*p < ' ' || *p > '~' || strchr("*?.,;:/\\|+=<>[]\"", *p))
			return "";
	text_shell(&word, label);
	return arena_printf(check->arena, " -n %s", word.data);
}

/* " -i SERIAL" with the number by which fstab mounts a FAT volume that the image does not have, so most likely this one; "" if it
 * mounts none. */
static inline const char *esp_serial_of_fstab(struct check *check)
{
	const struct image *image = check->image;

	for (unsigned s = 0; s < image->system_count; s++) {
		const struct fstab *fstab = image->systems[s].fstab;

		for (size_t i = 0; fstab && i < fstab->entry_count; i++) {
			const struct boot_device_name *name = &fstab->entries[i].device_name;
			unsigned high, low;
			int end = 0;
			bool there = false;

			if (name->kind != BOOT_DEVICE_UUID ||
			    sscanf(name->value, "%4x-%4x%n", &high, &low, &end) != 2 || end != 9 || name->value[9])
				continue;
			for (unsigned f = 0; f < image->filesystem_count; f++) {
				const char *uuid = image->filesystems[f].uuid;

				there = there || (uuid && !strcasecmp(uuid, name->value));
			}
			if (!there)
				return arena_printf(check->arena, " -i %04x%04x", high, low);
		}
	}
	return "";
}

/* Formats it anew; with `keep`, its files are taken out before and put back.  mtools does not read a FAT32 of too few
 * clusters.  fatcat does, if its sectors have 512 bytes, and forgets the case of short names, which means nothing. */
static inline void esp_help_mkfs(struct check *check, struct diagnostic *d, bool keep)
{
	const struct esp *esp = check->esp;
	unsigned sector_size = esp_sector_size(check->image);
	unsigned cluster = esp_cluster_sectors(esp->size, sector_size);
	const char *mkfs, *take, *identity = "";

	if (!cluster) {
		uint64_t least = (FAT32_MIN_CLUSTERS + 1000ULL) * (sector_size + 8) + 64ULL * sector_size;

		finding_help(check, d,
			     "FAT32 does not fit: make the partition at least %" PRIu64 " MiB large, then "
			     "mkfs.vfat -F 32 -S %u -s 1",
			     (uint64_t)((least + MiB - 1) / MiB), sector_size);
		return;
	}
	/* fstab and boot loaders may name the volume by its serial number or its label */
	if (keep || (esp->fat->claims_fat && esp->fat->boot.serial))
		identity = arena_printf(check->arena, " -i %08x%s", (unsigned)esp->fat->boot.serial, esp_label(check));
	else
		identity = esp_serial_of_fstab(check);
	mkfs = arena_printf(check->arena, "mkfs.vfat -F 32 -S %u -s %u%s --offset=%" PRIu64 " {disk} %" PRIu64,
			    sector_size, cluster, identity, esp->start / sector_size, (uint64_t)(esp->size / KiB));
	if (keep && esp->fat->type == FAT_32 && esp->fat->clusters < FAT32_MIN_CLUSTERS)
		take = esp->fat->boot.sector_size == 512
			       ? arena_printf(check->arena, "fatcat -O %" PRIu64 " -x \"$esp\" {disk}", esp->start)
			       : arena_printf(check->arena,
					      "mnt=$(mktemp -d) && dev=$(losetup --find --show --read-only --offset %" PRIu64
					      " {disk}) && mount -t vfat $dev \"$mnt\" && cp -r \"$mnt\"/. \"$esp\" && "
					      "umount \"$mnt\" && "
					      "losetup --detach $dev",
					      esp->start);
	else
		take = arena_printf(check->arena, "mcopy -s -i {disk}@@%" PRIu64 " '::*' \"$esp\"/", esp->start);
	if (keep)
		mkfs = arena_printf(check->arena, "esp=$(mktemp -d) && %s && %s && mcopy -s -i {disk}@@%" PRIu64
				    " \"$esp\"/* :: && rm -r \"$esp\"",
				    take, mkfs, esp->start);
	finding_help_disk(check, d, mkfs);
}

/* A command that writes a few bytes at an offset of the partition, and into each copy of the FAT if that is where it lies. */
static inline const char *esp_poke(struct check *check, uint64_t offset, const uint8_t *bytes, unsigned count, bool copies)
{
	const struct esp *esp = check->esp;
	const char *octal = "", *command = "";

	for (unsigned i = 0; i < count; i++)
		octal = arena_printf(check->arena, "%s\\%03o", octal, bytes[i]);
	for (unsigned n = 0; n < (copies && !esp->fat->mirroring_off ? esp->fat->boot.fat_count : 1U); n++)
		command = arena_printf(check->arena, "%s%sprintf '%s' | dd of={disk} bs=1 seek=%" PRIu64 " conv=notrunc",
				       command, n ? " && " : "", octal,
				       esp->start + offset + n * esp->fat->fat_bytes);
	return command;
}

/* Takes it out, lets fsck.fat repair it, puts it back; `before` is a command to run first, or NULL.  fsck.fat's exit
 * status is 1 when it repaired something. */
static inline void esp_help_fsck(struct check *check, struct diagnostic *d, const char *before)
{
	const struct esp *esp = check->esp;
	const char *join = before ? " && " : "";

	before = before ? before : "";
	if (esp->found == ESP_WHOLE_DISK)
		finding_help_disk(check, d, arena_printf(check->arena, "%s%sfsck.fat -a {disk}", before, join));
	else
		finding_help_disk(check, d,
				  arena_printf(check->arena,
					       "%s%sesp=$(mktemp -p .) && dd if={disk} of=$esp bs=512 skip=%" PRIu64
					       " count=%" PRIu64
					       " && { fsck.fat -a $esp; dd if=$esp of={disk} bs=512 seek=%" PRIu64
					       " conv=notrunc && rm $esp; }",
					       before, join, esp->start / 512, esp->size / 512, esp->start / 512));
}

/* Deletes a file, whose name may be anything: it comes from the image. */
static inline void esp_help_delete(struct check *check, struct diagnostic *d, const struct esp *esp, const char *path)
{
	BUFFER_AUTO word = buffer_make(4 * limits.path);

	text_shell(&word, arena_printf(check->arena, "::%s", path));
	if (!word.overflowed)
		finding_help_disk(check, d,
				  arena_printf(check->arena, "mdel -i {disk}@@%" PRIu64 " %s", esp->start, word.data));
}

/* Does firmware start the image's loader from this ESP? */
static inline bool esp_starts(const struct image *image, const struct esp *esp)
{
	for (unsigned i = 0; i < image->loader_count; i++) {
		const struct loader *loader = &image->loaders[i];

		if (loader->esp == esp && loader->architecture == image->architecture && loader->binary &&
		    image_firmware_reads(image, esp) &&
		    image_binary_loads(loader->binary, architectures[image->architecture].machine))
			return true;
	}
	return false;
}

/* Can the image do without this ESP, because firmware starts it from another one?  Then what would keep it from booting is
 * a warning, and only degrades it. */
static inline bool esp_is_spare(const struct check *check)
{
	const struct loader *first = image_first_loader(check->image);

	return first && first->esp != check->esp;
}

static inline enum severity esp_severity(const struct check *check)
{
	return esp_is_spare(check) && check->rule->severity > SEVERITY_WARNING ? SEVERITY_WARNING : check->rule->severity;
}

static inline enum effect esp_effect(const struct check *check)
{
	return esp_is_spare(check) ? EFFECT_DEGRADES : check->rule->effect;
}

/* Why there is no FAT result to judge; true if so, and the rule is over. */
static inline bool esp_unreadable(struct check *check)
{
	const uint32_t misplaced = GPT_PARTITION_REVERSED | GPT_PARTITION_OUTSIDE | GPT_PARTITION_IN_TABLE;
	const struct partition *partition = image_partition(check->image, check->esp->partition);

	/* what is found where no partition can be is not what the partition holds; gpt-partition-range reports it */
	if (check->esp->have == ABSENT && partition && partition->gpt && partition->gpt->faults & misplaced) {
		not_applicable(check, "partition %d lies where none can be", partition->number);
		return true;
	}
	if (check->esp->have != UNREADABLE)
		return false;
	not_evaluated(check, &check->esp->error, "the EFI system partition could not be read");
	return true;
}

/* Is it no FAT because partition types are exchanged?  That is esp-type-guid's to say, of the partition that firmware boots
 * from; the rule is over then. */
static inline bool esp_exchanged(struct check *check)
{
	const struct image *image = check->image;

	if (check->esp->have != ABSENT || check->esp->found != ESP_BY_GPT_TYPE)
		return false;
	for (unsigned i = 0; i < image->esp_count; i++) {
		if (image->esps[i].found != ESP_BY_CONTENT)
			continue;
		not_applicable(check, "partition %d is the one that firmware boots from", image->esps[i].partition);
		return true;
	}
	return false;
}

/* Is it no FAT because the disk ends before its file system does?  That is image-truncated's to say; the rule is over then. */
static inline bool esp_cut_off(struct check *check)
{
	const struct esp *esp = check->esp;
	struct error err;

	if (esp->view->size >= esp->size)
		return false;
	(void)error_set(&err, ENODATA, "the disk ends inside the EFI system partition");
	not_evaluated(check, &err, "the EFI system partition could not be read");
	return true;
}

#endif
