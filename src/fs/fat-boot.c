/* SPDX-License-Identifier: MIT */
/* fat-boot: boot sector, its backup, FSInfo, and the layout that follows from them. */
#include <string.h>

#include "fs/fat-internal.h"

#define SECTOR 512U /* as much of a boot sector as has a meaning, however long the sector is */

static void text_copy(char *to, const uint8_t *from, size_t length)
{
	while (length && from[length - 1] == ' ')
		length--;
	for (size_t i = 0; i < length; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '_';
	to[length] = '\0';
}

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool all_zero(const uint8_t *data, size_t size)
{
	return !data[0] && !memcmp(data, data + 1, size - 1);
}

/* The layout in sectors; false when it does not fit into the volume. */
struct layout {
	uint64_t fats, root, data; /* first sectors */
	uint64_t clusters;
};

static bool layout_of(const struct fat_boot *boot, struct layout *ret)
{
	uint64_t root_sectors = ((uint64_t)boot->root_entries * 32 + boot->sector_size - 1) / boot->sector_size;

	/* at most 2^16 + 2^8 * 2^32 + 2^12: no overflow */
	ret->fats = boot->reserved_sectors;
	ret->root = ret->fats + (uint64_t)boot->fat_count * boot->fat_sectors;
	ret->data = ret->root + root_sectors;
	ret->clusters =
		ret->data < boot->total_sectors ? (boot->total_sectors - ret->data) / boot->sectors_per_cluster : 0;
	/* more would not fit into an entry of 28 bits: the remainder is out of reach */
	if (ret->clusters > 0x0ffffff5)
		ret->clusters = 0x0ffffff5;
	return ret->clusters != 0;
}

/* EDK2's driver takes 0xf0, 0xf8 and up, and 0 and 1; the specification 0xf0 and 0xf8 and up (fatgen103, BPB_Media). */
static bool media_good(uint8_t media)
{
	return media >= 0xf8 || media == 0xf0 || media <= 1;
}

static enum fat_boot_fault judge(const struct fat_boot *boot, const uint8_t *raw, uint64_t view_size)
{
	struct layout layout;

	if (all_zero(raw, SECTOR))
		return FAT_BOOT_EMPTY;
	if (!power_of_two(boot->sector_size) || boot->sector_size < 512 || boot->sector_size > 4096)
		return FAT_BOOT_SECTOR_SIZE;
	if (!power_of_two(boot->sectors_per_cluster))
		return FAT_BOOT_CLUSTER_SIZE;
	if (!boot->reserved_sectors)
		return FAT_BOOT_RESERVED;
	if (!boot->fat_count)
		return FAT_BOOT_FAT_COUNT;
	if (!boot->total_sectors)
		return FAT_BOOT_TOTAL;
	if (!boot->fat_sectors)
		return FAT_BOOT_FAT_SIZE;
	if (!media_good(boot->media))
		return FAT_BOOT_MEDIA;
	if (boot->fat32 == (boot->root_entries != 0))
		return FAT_BOOT_ROOT_ENTRIES;
	if (boot->fat32 && boot->version)
		return FAT_BOOT_VERSION;
	if (!layout_of(boot, &layout))
		return FAT_BOOT_LAYOUT;
	if (layout.data > view_size / boot->sector_size)
		return FAT_BOOT_BEYOND_VIEW;
	if (boot->fat32 && (boot->root_cluster < 2 || boot->root_cluster - 2 >= layout.clusters))
		return FAT_BOOT_ROOT_CLUSTER;
	return FAT_BOOT_GOOD;
}

static void parse(struct fat_boot *boot, const uint8_t raw[SECTOR], uint64_t offset, uint64_t view_size)
{
	struct cursor c = cursor_make(raw, SECTOR);
	uint16_t total_16;
	unsigned int extended; /* BS_DrvNum and what follows, at a place of its own in each form */

	*boot = (struct fat_boot){ .offset = offset };
	boot->jump = (raw[0] == 0xeb && raw[2] == 0x90) || raw[0] == 0xe9;
	boot->signature = raw[510] == 0x55 && raw[511] == 0xaa;
	cursor_seek(&c, 11);
	boot->sector_size = cursor_le16(&c);
	boot->sectors_per_cluster = cursor_u8(&c);
	boot->reserved_sectors = cursor_le16(&c);
	boot->fat_count = cursor_u8(&c);
	boot->root_entries = cursor_le16(&c);
	total_16 = cursor_le16(&c);
	boot->media = cursor_u8(&c);
	boot->fat_sectors = cursor_le16(&c);
	cursor_skip(&c, 4); /* geometry */
	boot->hidden_sectors = cursor_le32(&c);
	boot->total_sectors = cursor_le32(&c);
	if (total_16)
		boot->total_sectors = total_16;
	boot->fat32 = !boot->fat_sectors;
	if (boot->fat32) {
		boot->fat_sectors = cursor_le32(&c);
		boot->flags = cursor_le16(&c);
		boot->version = cursor_le16(&c);
		boot->root_cluster = cursor_le32(&c);
		boot->fsinfo_sector = cursor_le16(&c);
		boot->backup_sector = cursor_le16(&c);
	}
	extended = boot->fat32 ? 64 : 36;
	boot->state = raw[extended + 1];
	if (raw[extended + 2] == 0x29) {
		cursor_seek(&c, extended + 3);
		boot->serial = cursor_le32(&c);
		text_copy(boot->label, raw + extended + 7, 11);
	}
	text_copy(boot->type_text, raw + extended + 18, 8);
	boot->fault = judge(boot, raw, view_size);
}

/* The boot sector's own words; BS_FilSysType stands at either place, whatever the fields between are like. */
static bool says_fat(const uint8_t raw[SECTOR])
{
	return !memcmp(raw + 54, "FAT", 3) || !memcmp(raw + 82, "FAT32", 5);
}

/* What decides how the volume is read: the BPB from BytsPerSec up to the reserved bytes of FAT32, without geometry and
 * HiddSec, and the signature.  Boot code, label and serial are changed by tools in one of the two sectors alone and mean
 * nothing here. */
static bool backup_difference(const uint8_t a[SECTOR], const uint8_t b[SECTOR], uint32_t *ret)
{
	for (uint32_t i = 11; i < 52; i = i == 23 ? 32 : i + 1)
		if (a[i] != b[i]) {
			*ret = i;
			return true;
		}
	for (uint32_t i = 510; i < 512; i++)
		if (a[i] != b[i]) {
			*ret = i;
			return true;
		}
	return false;
}

/* A good FAT32 boot sector at sector 6 (where fatgen103 wants the backup) of a volume whose first one is gone. */
static int backup_search(struct fat *fat, struct view *view, uint8_t raw[SECTOR], struct error *err)
{
	for (unsigned int sector_size = 512; sector_size <= 4096; sector_size *= 2) {
		uint64_t offset = 6ULL * sector_size;
		struct fat_boot boot;
		int r;

		if (offset + SECTOR > view->size)
			break;
		r = view_read(view, offset, raw, SECTOR, err);
		if (r < 0)
			return r;
		parse(&boot, raw, offset, view->size);
		if (boot.fault != FAT_BOOT_GOOD || !boot.fat32 || !boot.signature || boot.sector_size != sector_size)
			continue;
		fat->boot = boot;
		fat->from_backup = true;
		return 0;
	}
	return 0;
}

static int backup_compare(struct fat *fat, struct view *view, const uint8_t *first, struct error *err)
{
	const struct fat_boot *boot = &fat->boot;
	uint8_t raw[SECTOR];
	int r;

	/* 0 and 0xffff: none */
	if (!boot->fat32 || !boot->backup_sector || boot->backup_sector == 0xffff)
		return 0;
	fat->backup_expected = true;
	fat->backup_offset = (uint64_t)boot->backup_sector * boot->sector_size;
	fat->backup_beyond = boot->backup_sector >= boot->reserved_sectors || fat->backup_offset + SECTOR > view->size;
	if (fat->backup_beyond)
		return 0;
	r = view_read(view, fat->backup_offset, raw, SECTOR, err);
	if (r < 0)
		return r;
	fat->backup_differs = backup_difference(first, raw, &fat->backup_first_difference);
	return 0;
}

int fat_boot_read(struct fat *fat, struct view *view, struct error *err)
{
	struct layout layout;
	uint8_t raw[SECTOR], spare[SECTOR];
	int r;

	fat->view_size = view->size;
	if (view->size < SECTOR) {
		fat->primary.fault = fat->boot.fault = FAT_BOOT_SHORT;
		return 0;
	}
	r = view_read(view, 0, raw, SECTOR, err);
	if (r < 0)
		return r;
	parse(&fat->primary, raw, 0, view->size);
	fat->boot = fat->primary;
	fat->claims_fat = says_fat(raw);
	if (fat->primary.fault != FAT_BOOT_GOOD) {
		r = backup_search(fat, view, spare, err);
		if (r < 0)
			return r;
		if (!fat->from_backup)
			return 0;
		fat->claims_fat = true;
	} else {
		r = backup_compare(fat, view, raw, err);
		if (r < 0)
			return r;
	}

	(void)layout_of(&fat->boot, &layout); /* judge() has found it good */
	fat->clusters = (uint32_t)layout.clusters;
	fat->type = fat->boot.fat32 ? FAT_32 : fat->clusters < FAT16_MIN_CLUSTERS ? FAT_12 : FAT_16;
	fat->cluster_size = (uint32_t)fat->boot.sector_size * fat->boot.sectors_per_cluster;
	fat->volume_size = fat->boot.total_sectors * fat->boot.sector_size;
	fat->fat_bytes = (uint64_t)fat->boot.fat_sectors * fat->boot.sector_size;
	fat->fat_offset = layout.fats * fat->boot.sector_size;
	fat->root_offset = layout.root * fat->boot.sector_size;
	fat->data_offset = layout.data * fat->boot.sector_size;
	if (fat->boot.fat32) {
		fat->mirroring_off = fat->boot.flags & 0x80;
		fat->active_fat = fat->mirroring_off ? fat->boot.flags & 0x0f : 0;
		fat->active_fat_missing = fat->active_fat >= fat->boot.fat_count;
		if (!fat->active_fat_missing)
			fat->fat_offset += fat->active_fat * fat->fat_bytes;
	}
	return 0;
}

int fat_fsinfo_read(struct fat *fat, struct view *view, struct error *err)
{
	uint64_t offset = (uint64_t)fat->boot.fsinfo_sector * fat->boot.sector_size;
	uint8_t raw[SECTOR];
	struct cursor c = cursor_make(raw, sizeof(raw));
	bool good;
	int r;

	fat->fsinfo_expected = fat->boot.fat32 && fat->boot.fsinfo_sector && fat->boot.fsinfo_sector != 0xffff;
	if (!fat->fsinfo_expected || fat->boot.fsinfo_sector >= fat->boot.reserved_sectors ||
	    offset + SECTOR > view->size)
		return 0;
	r = view_read(view, offset, raw, SECTOR, err);
	if (r < 0)
		return r;
	good = cursor_le32(&c) == 0x41615252;
	cursor_seek(&c, 484);
	good &= cursor_le32(&c) == 0x61417272;
	fat->fsinfo_free = cursor_le32(&c);
	fat->fsinfo_next = cursor_le32(&c);
	cursor_seek(&c, 508);
	good &= cursor_le32(&c) == 0xaa550000;
	fat->fsinfo_good = good;
	return 0;
}
