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
	esp_help_mkfs(check, d, true);
}
