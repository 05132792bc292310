/* SPDX-License-Identifier: MIT */
/* qcow2-dirty: the qcow2 was not closed properly
 *
 * severity: warning
 * effect:   degrades
 *
 * The dirty bit says that reference counts may be stale: the program that wrote the image (with lazy reference counts)
 * did not come to close it. Most likely it was killed while the disk was in use, so file systems on the disk may need
 * repair, too. QEMU repairs the counts when it opens the image for writing; other programs refuse it.
 *
 * Shut the VM down before publishing its disk. `qemu-img check -r all` repairs the counts.
 *
 * good:   debian-arm64-qcow2
 * bad:    debian-arm64-qcow2 | qcow2 dirty
 * expect: @0x48: warning: the dirty bit is set: the image was not closed properly
 */
#include "block/qcow2.h"
#include "image/image.h"
#include "lint/rule.h"

RULE(qcow2_dirty)
{
	struct diagnostic *d;

	if (!check->image->qcow2) {
		not_applicable(check, "the container is not qcow2");
		return;
	}
	if (!check->image->qcow2->dirty)
		return;
	d = finding(check, at_container(72, 8), "the dirty bit is set: the image was not closed properly");
	finding_help_image(check, d, "qemu-img check -r all {image}");
}
