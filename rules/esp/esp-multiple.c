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
 * bad:    debian-arm64 | esp copy-as esp | use 3 | file delete EFI
 * expect: !p3: note: the disk has 2 EFI system partitions (1 and 3), one expected
 */
#include "esp-help.h"
#include "fs/probe.h"
#include "lint/gpt-findings.h"

/* Does the partition hold nothing that one could miss? */
static bool is_empty(const struct esp *esp)
{
	struct fs_probe probe;

	if (esp->have == HAVE)
		return !esp->fat->files && !esp->fat->problem_count && !esp->fat->limited;
	return esp->have == ABSENT && !esp->fat->claims_fat && esp->view->size == esp->size &&
	       fs_probe(esp->view, &probe, NULL) == 0 && probe.kind == FS_KIND_EMPTY;
}

/* Deletes the others, if they are empty and one alone has what firmware starts. */
static void help(struct check *check, struct diagnostic *d, bool gpt)
{
	const struct image *image = check->image;
	const char *numbers = "";
	unsigned sound = 0;

	for (unsigned i = 0; i < image->esp_count; i++) {
		const struct esp *esp = &image->esps[i];

		if (esp_starts(image, esp))
			sound++;
		else if (is_empty(esp))
			numbers = arena_printf(check->arena, "%s%s %d", numbers, gpt ? " -d" : "", esp->partition);
		else
			return;
	}
	if (sound != 1 || !*numbers)
		return;
	if (gpt)
		gpt_help(check, d, image->gpt, arena_printf(check->arena, "sgdisk%s {disk}", numbers));
	else
		finding_help_disk(check, d, arena_printf(check->arena, "sfdisk --delete {disk}%s", numbers));
}

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
	if (image->more_esps)
		not_evaluated(check, NULL, "there are more than %d EFI system partitions", LIMIT_ESPS);
	else
		help(check, d, last->found == ESP_BY_GPT_TYPE);
}
