/* SPDX-License-Identifier: MIT */
/* qcow2-snapshots: the qcow2 holds internal snapshots
 *
 * severity: note
 * effect:   hygiene
 * after:    qcow2-corrupt
 *
 * Internal snapshots keep older states of the disk, and perhaps a VM's memory, inside the image. They make a download
 * larger, and publish what was deleted from the disk before it was published: keys, logs, machine ids.
 *
 * `qemu-img convert` copies the current state alone.
 *
 * good:   debian-arm64-qcow2
 * bad:    debian-arm64-qcow2-plain | qcow2 snapshot
 * expect: @0x3c: note: the image holds 1 internal snapshot
 */
#include <inttypes.h>

#include "block/qcow2.h"
#include "image/image.h"
#include "lint/rule.h"

RULE(qcow2_snapshots)
{
	struct diagnostic *d;
	uint32_t count;

	if (!check->image->qcow2) {
		not_applicable(check, "the container is not qcow2");
		return;
	}
	count = check->image->qcow2->snapshots;
	if (!count)
		return;
	d = finding(check, at_container(60, 4), "the image holds %" PRIu32 " internal snapshot%s", count,
		    count == 1 ? "" : "s");
	finding_help_image(check, d, "qemu-img convert -O qcow2 {image} without-snapshots.qcow2");
}
