/* SPDX-License-Identifier: MIT */
/* esp-multiple: the disk has more than one EFI system partition
 *
 * severity: note
 * effect:   hygiene
 *
 * UEFI allows several, but which one firmware starts from, which one a boot loader's update goes to and which one is
 * mounted at /boot/efi is then up to each of them. An image for VMs has no use for a second one.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | esp copy-as esp
 * expect: !p3: note: the disk has 2 EFI system partitions (1 and 3), one expected
 */
#include "image/image.h"
#include "lint/gpt-findings.h"
#include "lint/rule.h"

RULE(esp_multiple)
{
	const struct image *image = check->image;
	const struct esp *last = NULL;
	const char *numbers = "";
	struct diagnostic *d;
	unsigned count = 0;

	if (image->have_table == UNREADABLE) {
		not_evaluated(check, &image->table_error, "the partition table could not be read");
		return;
	}
	for (unsigned i = 0; i < image->esp_count; i++) {
		const struct esp *esp = &image->esps[i];

		if (esp->found != ESP_BY_GPT_TYPE && esp->found != ESP_BY_MBR_TYPE)
			continue;
		if (last)
			numbers =
				arena_printf(check->arena, "%s%s%d", numbers, count == 1 ? "" : ", ", last->partition);
		last = esp;
		count++;
	}
	if (count < 2)
		return;
	d = finding(check, at_partition(last->partition),
		    "the disk has %u EFI system partitions (%s and %d), one expected", count, numbers, last->partition);
	if (last->found == ESP_BY_MBR_TYPE)
		finding_help_disk(check, d, arena_printf(check->arena, "sfdisk --delete {disk} %d", last->partition));
	else
		gpt_help(check, d, image->gpt, arena_printf(check->arena, "sgdisk -d %d {disk}", last->partition));
}
