/* SPDX-License-Identifier: MIT */
/* image-truncated: the image ends before what it holds
 *
 * severity: error
 * effect:   degrades
 *
 * The container's tables or the partition table refer to bytes past the end of the file: the image was cut off, by a
 * download or a copy that did not finish or a disk that was full, or the disk was made smaller after it was
 * partitioned. What lies past the end is lost. Firmware may still boot such an image, and whatever lies behind the cut
 * fails later.
 *
 * Get the file again and compare its checksum with the publisher's. A disk that was shrunk on purpose needs its
 * partitions shrunk first, and then a table of its new size (`sgdisk -e`).
 *
 * Nothing else is judged of a VMDK, VHD, VHDX, VDI, QED or Parallels image that is cut off, because QEMU, which reads
 * it, would give zeros for what is missing. For qcow2 the tables on the way to what is read are looked at, and the
 * reference counts of what would follow the end of the file; of other containers' tables the last MiB. `--thorough`
 * looks at all tables.
 *
 * good:   debian-arm64 debian-arm64-qcow2 debian-arm64-vhd-fixed
 * bad:    debian-arm64 | raw truncate 50%
 * expect: !disk@0x220: error: the partition table is for a disk of * bytes, the disk ends after * bytes
 * bad:    debian-arm64-qcow2-plain | raw truncate 50%
 * expect: @*: error: * past the end of the file (* bytes)
 * bad:    debian-arm64-qcow2 | raw truncate 512
 * expect: @0x28: error: the L1 table at * lies past the end of the file (512 bytes)
 * bad:    debian-arm64-qcow2-plain | qcow2 l2 0 end+1M
 * expect: @*: error: L2 entry has a cluster at *, past the end of the file (* bytes)
 * bad:    debian-arm64-vmdk | raw truncate 50%
 * expect: @*: error: the container's tables lead to byte *, the file ends after * bytes
 * bad:    debian-arm64-vmdk-stream | raw truncate 90%
 * expect: @*: error: the container's tables lead to byte *, the file ends after * bytes
 * bad:    debian-arm64-vhd | raw truncate 50%
 * expect: @*: error: the container's tables lead to byte *, the file ends after * bytes
 * bad:    debian-arm64-vhdx | raw truncate 50%
 * expect: @*: error: the container's tables lead to byte *, the file ends after * bytes
 * bad:    debian-arm64-vdi | raw truncate 50%
 * expect: @*: error: the container's tables lead to byte *, the file ends after * bytes
 * bad:    debian-arm64-qed | raw truncate 50%
 * expect: @*: error: the container's tables lead to byte *, the file ends after * bytes
 * bad:    debian-arm64-parallels | raw truncate 50%
 * expect: @*: error: the container's tables lead to byte *, the file ends after * bytes
 */
#include <inttypes.h>

#include "block/container.h"
#include "block/qcow2.h"
#include "image/image.h"
#include "lint/rule.h"
#include "partition/gpt.h"

#define NOTES_MAX 3

/* One finding for each file of the chain, however many places in it lead past its end. */
static void check_layer(struct check *check, const struct layer *layer)
{
	const struct qcow2 *q = layer->qcow2;
	struct diagnostic *d = NULL;
	unsigned more = 0, notes = 0;

	for (unsigned i = 0; i < q->problem_count; i++) {
		const struct qcow2_problem *p = &q->problems[i];

		if (p->kind != QCOW2_TRUNCATED)
			continue;
		if (!d && layer->name)
			d = finding(check, at_image(), "in the backing file \"%s\", at %#" PRIx64 ": %s", layer->name,
				    p->offset, p->message);
		else if (!d)
			d = finding(check, at_container(p->offset, p->length), "%s", p->message);
		else if (notes++ < NOTES_MAX)
			finding_note(check, d, "at %#" PRIx64 ": %s", p->offset, p->message);
		else
			more++;
	}
	if (d && !q->usable)
		d->effect = EFFECT_BLOCKS_BOOT;
	if (more)
		finding_note(check, d, "and %u more places%s", more, q->problems_dropped ? " at least" : "");
}

static void check_table(struct check *check)
{
	const struct gpt *gpt = check->image->gpt;

	if (gpt->truncated)
		finding(check, at_disk(gpt->primary.offset + 32, 8),
			"the partition table is for a disk of %" PRIu64 " bytes, the disk ends after %" PRIu64 " bytes",
			gpt->needed_bytes, check->image->disk->size);
}

RULE(image_truncated)
{
	const struct image *image = check->image;
	const struct container_truncation *t = image->truncation;

	if (image->truncated_error.code)
		not_evaluated(check, &image->truncated_error, "the container's tables could not be read");
	for (unsigned i = 0; i < image->layer_count; i++)
		check_layer(check, &image->layers[i]);
	if (t && t->needed_bytes)
		finding(check, t->length ? at_container(t->offset, t->length) : at_image(),
			"the container's tables lead to byte %" PRIu64 ", the file ends after %" PRIu64 " bytes",
			t->needed_bytes, image->file->size);
	if (image->container->missing_bytes)
		finding(check, at_container(image->file->size - 512 + 48, 8),
			"the disk has %" PRIu64 " bytes by its footer, and %" PRIu64 " of them are missing",
			image->container->disk_size + image->container->missing_bytes, image->container->missing_bytes);
	if (image->disk && image->have_table != UNREADABLE)
		check_table(check);
}
