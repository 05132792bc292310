/* SPDX-License-Identifier: MIT */
/* firmware-in-image: the image carries UEFI firmware
 *
 * severity: note
 * effect:   hygiene
 * clause:   Virtual Firmware, I7
 *
 * Firmware belongs to the hypervisor: an image that brings its own is tied to one kind of machine and gets no updates
 * of it. Firmware volumes are recognised by their header (signature, checksum and block map), at the beginning of a
 * file on the EFI system partition, as in QEMU_EFI.fd or a capsule, and where no partition lies, from which boards load
 * theirs. A package of firmware for guests in the root file system is not meant.
 *
 * The beginning of each gap is searched, one MiB at most.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | file firmware EFI/firmware/QEMU_EFI.fd
 * expect: !p1/EFI/firmware/QEMU_EFI.fd: note: the file is UEFI firmware: a firmware volume of 131072 bytes
 * bad:    debian-arm64 | disk firmware 0x4400
 * expect: !disk@0x4400: note: UEFI firmware outside of all partitions: a firmware volume of 131072 bytes
 */
#include "esp-help.h"
#include "image/firmware.h"

static void in_esps(struct check *check)
{
	struct image *image = check->image;

	for (unsigned i = 0; i < image->esp_count; i++) {
		struct esp *esp = &image->esps[i];
		const struct firmware_finds *finds;
		struct error err;

		if (esp->have == UNREADABLE) {
			not_evaluated(check, &esp->error, "the EFI system partition could not be read");
			continue;
		}
		if (firmware_in_esp(image, esp, &finds, &err) < 0) {
			not_evaluated(check, &err, "the files of the EFI system partition could not be read");
			continue;
		}
		for (unsigned n = 0; n < finds->count; n++) {
			const struct firmware_find *find = &finds->list[n];
			struct diagnostic *d;

			/* stored variables have a rule of their own */
			if (find->volume.variables)
				continue;
			d = finding(check, at_file(esp->partition, find->path),
				    "the file is UEFI firmware: a firmware volume of %" PRIu64 " bytes",
				    find->volume.length);
			esp_help_delete(check, d, esp, find->path);
		}
		if (finds->limited)
			not_evaluated(check, NULL, "%s", finds->limited);
	}
}

RULE(firmware_in_image)
{
	struct firmware_finds finds;
	struct error err;

	in_esps(check);
	if (check->image->have_table == UNREADABLE) {
		not_evaluated(check, &check->image->table_error, "the partition table could not be read");
		return;
	}
	/* without partitions all of the disk would be a gap */
	if (!check->image->partition_count)
		return;
	if (firmware_in_gaps(check->image, &finds, &err) < 0) {
		not_evaluated(check, &err, "the gaps between partitions could not be read");
		return;
	}
	for (unsigned n = 0; n < finds.count; n++) {
		const struct firmware_find *find = &finds.list[n];
		struct diagnostic *d;

		d = finding(check, at_disk(find->offset, find->volume.length),
			    "UEFI firmware outside of all partitions: a firmware volume of %" PRIu64 " bytes",
			    find->volume.length);
		finding_help_disk(check, d,
				  arena_printf(check->arena,
					       "dd if=/dev/zero of={disk} bs=512 seek=%" PRIu64 " count=%" PRIu64
					       " conv=notrunc",
					       find->offset / 512, (find->volume.length + 511) / 512));
	}
}
