/* SPDX-License-Identifier: MIT */
/* disk-size: the disk does not end at a sector's end
 *
 * severity: note
 * effect:   hygiene
 * after:    image-truncated qcow2-corrupt qcow2-backing-file qcow2-data-file container-external-file
 *
 * The size of the disk is not a multiple of its sector size. Hypervisors differ in what they make of the odd bytes:
 * some pad them to a sector, some cut them off, some refuse the image. Most often the file was cut off or something was
 * appended to it.
 *
 * `truncate -s %512` fills a raw file's last sector; `truncate -s /512` takes the odd bytes away, which is right where the
 * backup of a GPT is in the last whole sector. `qemu-img resize` does the same for other containers.
 *
 * good:   debian-arm64 debian-arm64-4096
 * bad:    debian-arm64 | raw extend +100
 * expect: : note: the disk has * bytes, which is not a multiple of 512
 * bad:    debian-arm64 | gpt zero backup | raw extend +100
 * expect: : note: the disk has * bytes, which is not a multiple of 512
 * expect: * warning: the backup GPT header is missing: * [gpt-backup-header]
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
	if (image->disk != image->file)
		return;
	/* one sector more, and the backup would not be in the last one */
	if (image->gpt && image->gpt->present &&
	    (image->gpt->backup_place == GPT_BACKUP_AT_END || image->gpt->primary.alternate_lba == image->gpt->last_lba))
		finding_help_image(check, d, sector == 512 ? "truncate -s /512 {image}" : "truncate -s /4096 {image}");
	else
		finding_help_image(check, d, sector == 512 ? "truncate -s %512 {image}" : "truncate -s %4096 {image}");
}
