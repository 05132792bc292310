/* SPDX-License-Identifier: MIT */
/* esp-full: the EFI system partition has no room for an update
 *
 * severity: note
 * effect:   degrades
 * subject:  esp
 * after:    esp-not-fat esp-fat-corrupt
 *
 * An update of the boot loader writes the new file before it removes the old one, and where kernels are kept on the EFI
 * system partition there must be room for a second one. With less than 1 MiB free not even shim fits: the first update
 * in every VM fails, or worse, is cut off.
 *
 * good:   debian-arm64 uki-arm64
 * bad:    debian-arm64 | file fill filler.bin 100
 * expect: !p1: note: the EFI system partition has * bytes free, less than 1 MiB
 */
#include "esp-help.h"

RULE(esp_full)
{
	const struct esp *esp = check->esp;
	const struct fat *fat = esp->fat;
	struct diagnostic *d;
	uint64_t free_bytes;

	if (esp_unreadable(check) || esp->have != HAVE)
		return;
	free_bytes = (uint64_t)fat->free_clusters * fat->cluster_size;
	/* a volume that is tiny altogether is a matter of its own */
	if (free_bytes >= MiB || fat->volume_size < 8 * MiB)
		return;
	d = finding(check, at_partition(esp->partition),
		    "the EFI system partition has %" PRIu64 " bytes free, less than 1 MiB", free_bytes);
	finding_note(check, d, "of %" PRIu64 " bytes in all", (uint64_t)fat->clusters * fat->cluster_size);
}
