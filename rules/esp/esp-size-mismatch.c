/* SPDX-License-Identifier: MIT */
/* esp-size-mismatch: the FAT volume is larger than its partition
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Image Format, I3
 * subject:  esp
 *
 * The boot sector says how many sectors the volume has; here they are more than the partition has. Firmware mounts it
 * all the same. What is written to it later, a new boot loader or kernel, may come to lie in clusters behind the
 * partition's end, where there is another partition or nothing.
 *
 * It comes from a partition that was made smaller, or a volume that was copied into one that is too small.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | esp larger-than-partition
 * expect: !p1@0x20: error: the FAT volume has 35651584 bytes, its partition 34603008: it is 1048576 bytes too large
 */
#include "esp-help.h"
#include "lint/gpt-findings.h"

/* Where the room behind the partition ends: at the next one, or where the disk's last usable sector does. */
static uint64_t room_end(const struct image *image, const struct esp *esp)
{
	uint64_t end = image->disk->size;

	if (image->gpt && image->gpt->present) {
		const struct gpt_copy *copy = image->gpt->used;
		uint64_t usable;

		if (!copy || __builtin_add_overflow(copy->last_usable_lba, 1, &usable) ||
		    __builtin_mul_overflow(usable, image->gpt->sector_size, &usable))
			return 0;
		if (usable < end)
			end = usable;
	}
	for (unsigned i = 0; i < image->partition_count; i++) {
		const struct partition *p = &image->partitions[i];

		if (p->start > esp->start && p->start < end)
			end = p->start;
	}
	return end;
}

RULE(esp_size_mismatch)
{
	const struct esp *esp = check->esp;
	const struct fat *fat = esp->fat;
	struct diagnostic *d;

	if (esp_unreadable(check) || fat->type == FAT_NONE || fat->volume_size <= esp->size)
		return;
	d = finding(check, at_partition_bytes(esp->partition, fat->boot.offset + 32, 4),
		    "the FAT volume has %" PRIu64 " bytes, its partition %" PRIu64 ": it is %" PRIu64
		    " bytes too large",
		    fat->volume_size, esp->size, fat->volume_size - esp->size);
	if (image_partition(check->image, esp->partition) && fat->volume_size % esp_sector_size(check->image) == 0 &&
	    fat->volume_size <= UINT64_MAX - esp->start &&
	    esp->start + fat->volume_size <= room_end(check->image, esp))
		gpt_help(check, d, check->image->gpt,
			 arena_printf(check->arena, "echo ,%" PRIu64 " | sfdisk -N %d {disk}",
				      fat->volume_size / esp_sector_size(check->image), esp->partition));
	else
		esp_help_mkfs(check, d, true);
}
