/* SPDX-License-Identifier: MIT */
/* esp-type-guid: the EFI system partition has another partition type
 *
 * severity: error
 * effect:   conformance
 * clause:   VM Image Format, I2
 * subject:  esp
 * after:    gpt-missing
 *
 * No partition has the type of an EFI system partition, but one is a FAT volume with a file at the removable-media
 * path. EDK2 boots it all the same, since it looks at every FAT volume of a disk. Other firmware, installers, bootctl
 * and systemd's automatic mounting go by the type.
 *
 * A boot loader partition (XBOOTLDR) with kernels or \EFI\Linux alone is not meant: only \EFI\BOOT\BOOT*.EFI counts.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt type 1 basic-data
 * expect: !disk@*: error: partition 1 holds /EFI/BOOT/BOOT*.EFI, but its type is EBD0A0A2-*; C12A7328-* expected
 * bad:    debian-arm64 | gpt type 1 linux
 * expect: !disk@0x400: error: partition 1 holds /EFI/BOOT/BOOT*.EFI, but its type is 0FC63DAF-*
 * bad:    debian-arm64 | gpt type 1 linux | gpt type 2 esp
 * expect: !disk@0x400: error: partition 1 holds /EFI/BOOT/BOOT*.EFI, but its type is 0FC63DAF-*
 */
#include "image/image.h"
#include "lint/gpt-findings.h"
#include "lint/rule.h"
#include "partition/gpt.h"

RULE(esp_type_guid)
{
	const struct esp *esp = check->esp;
	const struct partition *partition = image_partition(check->image, esp->partition);
	const char *command;
	char is[GUID_TEXT_SIZE], expected[GUID_TEXT_SIZE];
	struct diagnostic *d;

	if (esp->found != ESP_BY_CONTENT)
		return;
	if (esp->have == UNREADABLE) {
		not_evaluated(check, &esp->error, "the search for an EFI system partition of another type did not end");
		return;
	}
	if (!partition || !partition->gpt) {
		not_applicable(check, "the disk has no GUID Partition Table");
		return;
	}
	d = finding(check, at_disk(partition->gpt->entry_offset + GPT_ENTRY_TYPE, 16),
		    "partition %d holds /EFI/BOOT/BOOT*.EFI, but its type is %s; %s expected", esp->partition,
		    guid_format(&partition->gpt->type, is), guid_format(&GPT_TYPE_ESP, expected));
	command = arena_printf(check->arena, "sgdisk -t %d:EF00", esp->partition);
	/* one that has the type and is no FAT volume: no ESP is searched for by content while there is a better one */
	for (unsigned i = 0; i < check->image->esp_count; i++) {
		const struct esp *other = &check->image->esps[i];

		if (other->found != ESP_BY_GPT_TYPE)
			continue;
		finding_note(check, d, "partition %d has that type, and holds no FAT file system", other->partition);
		command = arena_printf(check->arena, "%s -t %d:8300", command, other->partition);
	}
	gpt_help(check, d, check->image->gpt, arena_printf(check->arena, "%s {disk}", command));
}
