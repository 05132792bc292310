/* SPDX-License-Identifier: MIT */
/* esp-fat-corrupt: the FAT volume is damaged
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Image Format, I3
 * subject:  esp
 * after:    esp-not-fat
 *
 * The volume contradicts itself: a boot sector that cannot be right, copies of the FAT that differ, or a chain of
 * clusters that loops, runs into another file's, leaves the volume or ends before the file does. Files may hold other
 * files' bytes, and the first repair or write makes it worse. Where the boot sector or a file in \EFI\BOOT is hit,
 * firmware does not start the image. Or a directory has two entries of one name, long or short: firmware and Linux open the first
 * one, and nobody the other.
 *
 * A backup boot sector that differs from the first one is a warning: nothing reads it until the first one is lost.
 * FSInfo's counters and the dirty bits (esp-dirty) don't count: drivers do not rely on them.
 *
 * `fsck.fat -a` repairs what can be repaired; better is to build the image again and find out what cut it off.
 *
 * good:   debian-arm64 debian-arm64-4096
 * bad:    debian-arm64 | fat loop EFI/BOOT/BOOTAA64.EFI
 * expect: !p1@*: error: the cluster chain of /EFI/BOOT/BOOTAA64.EFI loops: cluster * leads back to *
 * bad:    debian-arm64 | fat cross EFI/BOOT/BOOTAA64.EFI EFI/debian/grubaa64.efi
 * expect: !p1@*: error: the cluster chains of * and * cross at cluster *
 * bad:    debian-arm64 | fat leave EFI/debian/grubaa64.efi
 * expect: !p1@*: error: the cluster chain of /EFI/debian/grubaa64.efi leaves the volume: cluster * leads to *, the last one is *
 * bad:    debian-arm64 | fat free EFI/debian/grubaa64.efi
 * expect: !p1@*: error: the cluster chain of /EFI/debian/grubaa64.efi is broken: cluster * is marked free
 * bad:    debian-arm64 | fat bad EFI/debian/grubaa64.efi
 * expect: !p1@*: error: the cluster chain of /EFI/debian/grubaa64.efi is broken: cluster * is marked bad or reserved
 * bad:    debian-arm64 | fat short EFI/debian/grubaa64.efi
 * expect: !p1@*: error: the cluster chain of /EFI/debian/grubaa64.efi ends after * clusters, its size needs *
 * bad:    debian-arm64 | fat start EFI/debian 0
 * expect: !p1@*: error: the directory /EFI/debian has no cluster
 * bad:    debian-arm64 | fat differ
 * expect: !p1@*: error: copies 1 and 2 of the FAT differ in 1 entry, at cluster *
 * bad:    debian-arm64 | fat zero 1
 * expect: !p1@*: error: copies 1 and 2 of the FAT differ in * entries, the first at cluster 0
 * bad:    debian-arm64 | fat zero 1 | fat zero 2
 * expect: !p1@0x4000: error: the FAT is overwritten: it begins with 0, and the cluster chain of / is broken
 * bad:    debian-arm64 | fat media 0xf0
 * expect: !p1@*: warning: the FAT begins with 0xf0, the media byte of the boot sector is 0xf8
 * bad:    debian-arm64 | fat field total_sectors 0
 * expect: !p1@*: error: the boot sector of the FAT volume is damaged: no sectors
 * bad:    debian-arm64 | fat field root_cluster 0xfffffff
 * expect: !p1@0x2c: error: the boot sector of the FAT volume is damaged: the root directory is at cluster 268435455, *
 * bad:    debian-arm64 | fat field fats 0 main
 * expect: !p1@0x10: error: the boot sector of the FAT volume is damaged: no FAT; its backup at 0xc00 is good
 * bad:    debian-arm64 | fat field signature 0 main
 * expect: !p1@0x1fe: error: the boot sector of the FAT volume does not end with the signature 55 AA
 * bad:    debian-arm64 | fat backup-boot zero
 * expect: !p1@0xc0c: warning: the backup boot sector differs from the first one
 * bad:    debian-arm64 | fat backup-boot differ
 * expect: !p1@*: warning: the backup boot sector differs from the first one
 * bad:    debian-arm64 | fat dirent EFI/BOOT/mmaa64.efi 0 424f4f5441413634454649
 * expect: !p1@*: error: /EFI/BOOT/bootaa64.efi is there twice: the first one alone can be opened
 * bad:    debian-arm64 | file rename EFI/debian/mmaa64.efi a-long-name.efi | file rename EFI/debian/fbaa64.efi a-longer-name.efi | fat dirent EFI/debian/a-longer-name.efi -51 0f | fat dirent EFI/debian/a-longer-name.efi -19 0f | fat dirent EFI/debian/a-longer-name.efi 0 412d4c4f4e477e31
 * expect: !p1@*: warning: /EFI/debian/a-long-name.efi and /EFI/debian/a-longer-name.efi have one short name: A-LONG~1.EFI
 * firmware: boots fat loop EFI/BOOT/BOOTX64.EFI
 * firmware: blocks fat leave EFI/BOOT/BOOTX64.EFI
 * firmware: blocks fat free EFI/BOOT/BOOTX64.EFI
 * firmware: blocks fat bad EFI/BOOT/BOOTX64.EFI
 * firmware: blocks fat short EFI/BOOT/BOOTX64.EFI
 * firmware: blocks fat start EFI/BOOT 0
 * firmware: boots fat differ EFI/BOOT/BOOTX64.EFI
 * firmware: blocks fat zero 1
 * firmware: blocks fat field total_sectors 0
 * firmware: blocks fat field root_cluster 0xfffffff
 * firmware: blocks fat field fats 0 main
 * firmware: blocks fat field sectors_per_fat 8
 * firmware: boots fat field signature 0 main
 * firmware: boots fat media 0xf0
 * firmware: boots fat backup-boot zero
 */
#include "base/utf16.h"
#include "esp-help.h"

/* Findings of one kind that are shown one by one. */
#define SHOWN 5U

static const struct {
	const char *text;
	unsigned offset, length; /* of the field */
} faults[] = {
	[FAT_BOOT_SHORT] = { "the partition is smaller than a sector", 0, 0 },
	[FAT_BOOT_EMPTY] = { "all zeros", 0, 512 },
	[FAT_BOOT_SECTOR_SIZE] = { "a sector size that does not exist", 11, 2 },
	[FAT_BOOT_CLUSTER_SIZE] = { "a cluster size that does not exist", 13, 1 },
	[FAT_BOOT_RESERVED] = { "no reserved sector", 14, 2 },
	[FAT_BOOT_FAT_COUNT] = { "no FAT", 16, 1 },
	[FAT_BOOT_TOTAL] = { "no sectors", 32, 4 },
	[FAT_BOOT_FAT_SIZE] = { "a FAT of no sectors", 36, 4 },
	[FAT_BOOT_MEDIA] = { "a media byte that firmware refuses", 21, 1 },
	[FAT_BOOT_ROOT_ENTRIES] = { "a wrong number of root directory entries", 17, 2 },
	[FAT_BOOT_VERSION] = { "a version of FAT32 that does not exist", 42, 2 },
	[FAT_BOOT_LAYOUT] = { "no room for a cluster beside the FATs", 22, 2 },
	[FAT_BOOT_BEYOND_VIEW] = { "FATs or root directory past the partition's end", 22, 2 },
	[FAT_BOOT_ROOT_CLUSTER] = { "the root directory is at cluster %u, which does not exist", 44, 4 },
};

/* The boot sector cannot be used, or only its backup.  True if so. */
static bool boot_sector(struct check *check)
{
	const struct esp *esp = check->esp;
	const struct fat *fat = esp->fat;
	enum fat_boot_fault fault = fat->primary.fault;
	const char *text = faults[fault].text;
	struct diagnostic *d;

	if (fault == FAT_BOOT_GOOD)
		return false;
	if (fault == FAT_BOOT_BEYOND_VIEW && esp_cut_off(check))
		return true;
	if (fault == FAT_BOOT_ROOT_CLUSTER)
		text = arena_printf(check->arena, "the root directory is at cluster %u, which does not exist",
				    fat->primary.root_cluster);
	d = finding(check, at_partition_bytes(esp->partition, faults[fault].offset, faults[fault].length),
		    "the boot sector of the FAT volume is damaged: %s%s", text,
		    fat->from_backup
			    ? arena_printf(check->arena, "; its backup at %#" PRIx64 " is good", fat->boot.offset)
			    : "");
	d->effect = EFFECT_BLOCKS_BOOT;
	if (fat->from_backup)
		finding_help_disk(check, d,
				  arena_printf(check->arena,
					       "dd if={disk} of={disk} bs=512 skip=%" PRIu64 " seek=%" PRIu64
					       " count=1 conv=notrunc",
					       (esp->start + fat->boot.offset) / 512, esp->start / 512));
	else
		esp_help_mkfs(check, d, false);
	return true;
}

static void boot_sector_details(struct check *check)
{
	const struct esp *esp = check->esp;
	const struct fat *fat = esp->fat;
	const uint8_t signature[2] = { 0x55, 0xaa };
	struct diagnostic *d;

	if (!fat->boot.signature) {
		d = finding(check, at_partition_bytes(esp->partition, fat->boot.offset + 510, 2),
			    "the boot sector of the FAT volume does not end with the signature 55 AA");
		/* EDK2, Linux and GRUB go without it */
		d->effect = EFFECT_CONFORMANCE;
		finding_stands_alone(check);
		finding_help_disk(check, d, esp_poke(check, fat->boot.offset + 510, signature, 2, false));
		return;
	}
	if (fat->type == FAT_16 && fat->clusters >= FAT32_MIN_CLUSTERS) {
		d = finding(check, at_partition_bytes(esp->partition, 22, 2),
			    "the boot sector has the form of FAT16, but the volume has %u clusters", fat->clusters);
		d->effect = EFFECT_BLOCKS_BOOT;
		esp_help_mkfs(check, d, true);
	}
	if (fat->backup_expected && (fat->backup_beyond || fat->backup_differs)) {
		uint64_t at = fat->backup_offset + (fat->backup_beyond ? 0 : fat->backup_first_difference);

		d = finding_severity(
			check, SEVERITY_WARNING,
			at_partition_bytes(esp->partition, fat->backup_beyond ? 50 : at, fat->backup_beyond ? 2 : 1),
			fat->backup_beyond ? "the backup boot sector is outside of the reserved sectors"
					   : "the backup boot sector differs from the first one");
		d->effect = EFFECT_HYGIENE;
		finding_stands_alone(check);
		if (!fat->backup_beyond)
			finding_help_disk(check, d,
					  arena_printf(check->arena,
						       "dd if={disk} of={disk} bs=512 skip=%" PRIu64 " seek=%" PRIu64
						       " count=1 conv=notrunc",
						       esp->start / 512, (esp->start + fat->backup_offset) / 512));
	}
}

static bool begins_with(const char *path, const char *prefix)
{
	return path && !ascii_ncasecmp(path, prefix, strlen(prefix));
}

/* Is a directory or a file hit that firmware needs on its way to the removable-media path and in it?  A file whose chain loops
 * at its end can be read: only its size counts. */
static bool blocks_boot(const struct fat_problem *p)
{
	if (begins_with(p->path, "/EFI/BOOT/BOOT") || begins_with(p->other, "/EFI/BOOT/BOOT"))
		return p->kind != FAT_CHAIN_LOOPS;
	return !ascii_casecmp(p->path, "/EFI/BOOT") || !ascii_casecmp(p->path, "/EFI") || !strcmp(p->path, "/");
}

/* Is it a matter for the rules that judge what firmware starts? */
static bool in_boot_chain(const struct fat_problem *p)
{
	return !strcmp(p->path, "/") || begins_with(p->path, "/EFI") || begins_with(p->other, "/EFI");
}

/* The FAT as a whole.  True when what single chains look like follows from it. */
static bool table(struct check *check)
{
	const struct esp *esp = check->esp;
	const struct fat *fat = esp->fat;
	struct diagnostic *d = NULL;

	/* where the volume is larger than its partition as well, its size is what is wrong: esp-size-mismatch */
	if (fat->fat_too_small && fat->volume_size <= esp->size) {
		d = finding(
			check,
			at_partition_bytes(esp->partition, fat->type == FAT_32 ? 36 : 22, fat->type == FAT_32 ? 4 : 2),
			"the FAT has room for %u clusters, the volume has %u", fat->usable_clusters, fat->clusters);
		d->effect = EFFECT_BLOCKS_BOOT;
		esp_help_mkfs(check, d, false);
		return true;
	}
	for (unsigned i = 0; i < fat->copies_differing; i++) {
		const struct fat_copy *copy = &fat->copies[i];

		d = finding(check, at_partition_bytes(esp->partition, copy->offset, copy->length),
			    copy->differences == 1
				    ? "copies 1 and %u of the FAT differ in %u entry, at cluster %u"
				    : "copies 1 and %u of the FAT differ in %u entries, the first at cluster %u",
			    copy->number + 1, copy->differences, copy->first_cluster);
		finding_note(check, d, "copy 1 has %#x there, copy %u %#x", copy->there, copy->number + 1, copy->here);
		/* everybody reads the first copy: as long as that is whole, nothing is missing */
		if (!fat->problem_count)
			finding_stands_alone(check);
		else if (blocks_boot(&fat->problems[0]))
			d->effect = EFFECT_BLOCKS_BOOT;
		if (fat->problem_count)
			finding_note(check, d, "by copy 1, the cluster chain of %s is broken too",
				     fat->problems[0].path);
		esp_help_fsck(check, d, NULL);
	}
	if (!d && fat->media_differs && fat->problem_count) {
		d = finding(check, at_partition_bytes(esp->partition, fat->fat_offset, fat->fat_bytes),
			    "the FAT is overwritten: it begins with %#x, and the cluster chain of %s is broken",
			    fat->entry_0, fat->problems[0].path);
		if (fat->problem_count > 1)
			finding_note(check, d, "and %u more", fat->problem_count - 1);
		d->effect = blocks_boot(&fat->problems[0]) ? EFFECT_BLOCKS_BOOT : EFFECT_DEGRADES;
		esp_help_mkfs(check, d, false);
	}
	return d != NULL;
}

static struct diagnostic *problem(struct check *check, const struct fat_problem *p)
{
	const struct fat *fat = check->esp->fat;
	struct location at = at_partition_bytes(check->esp->partition, p->offset, p->length);

	switch (p->kind) {
	case FAT_CHAIN_LOOPS:
		return finding(check, at, "the cluster chain of %s loops: cluster %u leads back to %u", p->path,
			       p->cluster, p->value);
	case FAT_CHAIN_CROSSES:
		return finding(check, at, "the cluster chains of %s and %s cross at cluster %u", p->path,
			       p->other ? p->other : "another file", p->value);
	case FAT_CHAIN_LEAVES:
		if (!p->cluster)
			return finding(check, at, "%s begins at cluster %u, the last one of the volume is %u", p->path,
				       p->value, fat->usable_clusters + 1);
		return finding(check, at,
			       "the cluster chain of %s leaves the volume: cluster %u leads to %u, the last one is %u",
			       p->path, p->cluster, p->value, fat->usable_clusters + 1);
	case FAT_CHAIN_FREE:
		return finding(check, at, "the cluster chain of %s is broken: cluster %u is marked free", p->path,
			       p->cluster);
	case FAT_CHAIN_BAD:
		return finding(check, at, "the cluster chain of %s is broken: cluster %u is marked bad or reserved",
			       p->path, p->cluster);
	case FAT_CHAIN_SHORT:
		return finding(check, at, "the cluster chain of %s ends after %u clusters, its size needs %u", p->path,
			       p->value, p->expected);
	case FAT_DIRECTORY_START:
		return finding(check, at, "the directory %s has no cluster", p->path);
	case FAT_DIRECTORY_NAME:
		return finding(check, at, "the directory %s holds entries whose names are no names", p->path);
	case FAT_CLUSTER_BEYOND_VIEW:
		break; /* the volume is larger than its partition or the image is cut off: rules of their own */
	}
	return NULL;
}

/* fsck.fat dies of a cluster that is marked bad in the middle of a chain; it shortens the file if the chain ends there. */
static const char *before_fsck(struct check *check, const struct fat_problem *p)
{
	static const uint8_t end[4] = { 0xff, 0xff, 0xff, 0x0f };
	const struct fat *fat = check->esp->fat;

	if (p->kind != FAT_CHAIN_BAD || !p->cluster || fat->type == FAT_12)
		return NULL;
	return esp_poke(check, p->offset, end, p->length, true);
}

static bool chains(struct check *check)
{
	const struct fat *fat = check->esp->fat;
	struct diagnostic *last = NULL;
	unsigned shown = 0, left = 0;

	for (unsigned i = 0; i < fat->problem_count && i < FAT_MAX_PROBLEMS; i++) {
		const struct fat_problem *p = &fat->problems[i];
		struct diagnostic *d;

		if (shown == SHOWN) {
			left += p->kind != FAT_CLUSTER_BEYOND_VIEW;
			continue;
		}
		d = problem(check, p);
		if (!d)
			continue;
		d->effect = blocks_boot(p) ? EFFECT_BLOCKS_BOOT : EFFECT_DEGRADES;
		if (!in_boot_chain(p))
			finding_stands_alone(check);
		esp_help_fsck(check, d, before_fsck(check, p));
		last = d;
		shown++;
	}
	if (left)
		finding_note(
			check, last, "%u more of the kind are not shown",
			left + (fat->problem_count > FAT_MAX_PROBLEMS ? fat->problem_count - FAT_MAX_PROBLEMS : 0));
	return shown;
}

/* Two files of one name: everybody opens the first one, which is judged as what is started. */
static void names(struct check *check)
{
	const struct fat_clash *clash = &check->esp->fat->clash;
	struct location at = at_partition_bytes(check->esp->partition, clash->offset, 32);
	struct diagnostic *d;

	if (!clash->count)
		return;
	if (!clash->hidden)
		d = finding_severity(check, SEVERITY_WARNING, at, "%s and %s have one short name: %s", clash->first, clash->path,
				     clash->name);
	else if (!ascii_casecmp(clash->first, clash->path))
		d = finding(check, at, "%s is there twice: the first one alone can be opened", clash->path);
	else
		d = finding(check, at, "%s and %s are both called %s: the first one alone can be opened", clash->first,
			    clash->path, clash->name);
	d->effect = clash->hidden ? EFFECT_DEGRADES : EFFECT_HYGIENE;
	if (clash->count > 1)
		finding_note(check, d, "%u more have the name of another one", clash->count - 1);
	finding_stands_alone(check);
	finding_help(check, d, "give one of them another name, or make the FAT volume anew with mkfs.fat and mcopy");
}

RULE(esp_fat_corrupt)
{
	const struct fat *fat = check->esp->fat;
	struct diagnostic *d;

	if (esp_unreadable(check) || esp_exchanged(check))
		return;
	if (boot_sector(check))
		return;
	boot_sector_details(check);
	if (table(check) || chains(check))
		return;
	names(check);
	if (fat->media_differs) {
		d = finding_severity(check, SEVERITY_WARNING,
				     at_partition_bytes(check->esp->partition, fat->fat_offset, 1),
				     "the FAT begins with %#x, the media byte of the boot sector is %#x",
				     fat->entry_0 & 0xff, fat->boot.media);
		d->effect = EFFECT_HYGIENE;
		finding_stands_alone(check);
		/* fsck.fat does not look at it */
		finding_help_disk(check, d, esp_poke(check, fat->fat_offset, &fat->boot.media, 1, true));
	}
	if (fat->limited)
		not_evaluated(check, NULL, "the FAT volume was not checked to its end: %s", fat->limited);
}
