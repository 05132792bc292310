/* SPDX-License-Identifier: MIT */
/* disk-size: the disk does not end at a sector's end
 *
 * severity: note
 * effect:   hygiene
 * after:    image-truncated
 *
 * The size of the disk is not a multiple of its sector size. Hypervisors differ in what they make of the odd bytes:
 * some pad them to a sector, some cut them off, some refuse the image. Most often the file was cut off or something was
 * appended to it.
 *
 * `truncate -s %512` makes a raw file end with a whole sector; `qemu-img resize` does the same for other containers.
 *
 * good:   debian-arm64 debian-arm64-4096
 * bad:    debian-arm64 | raw extend +100
 * expect: : note: the disk has * bytes, which is not a multiple of 512
 */
#include <inttypes.h>

#include "image/image.h"
#include "lint/rule.h"
#include "partition/gpt.h"

RULE(disk_size)
{
	const struct image *image = check->image;
	uint32_t sector = image->gpt && image->gpt->sector_size_known ? image->gpt->sector_size : 512;
	struct diagnostic *d;

	if (!image->disk) {
		not_evaluated(check, &image->table_error, "the disk could not be opened");
		return;
	}
	if (image->have_table == ABSENT && !image->esp_count) {
		not_applicable(check, "nothing says that it is a disk");
		return;
	}
	if (image->disk->size % sector == 0)
		return;
	d = finding(check, at_image(), "the disk has %" PRIu64 " bytes, which is not a multiple of %" PRIu32,
		    image->disk->size, sector);
	if (image->disk == image->file)
		finding_help_image(check, d, sector == 512 ? "truncate -s %512 {image}" : "truncate -s %4096 {image}");
}
