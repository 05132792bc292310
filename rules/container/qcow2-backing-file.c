/* SPDX-License-Identifier: MIT */
/* qcow2-backing-file: the qcow2 is not self-contained: it has a backing file
 *
 * severity: error
 * effect:   blocks-boot
 *
 * What this image does not hold itself is read from another file, its backing file, whose name it carries. Where that
 * file is missing or has another content, there is no disk. The name is also a way to have a hypervisor open any file
 * of its host.
 *
 * vmlint does not follow the name, so nothing is known of what lies in the backing file. `--allow-backing DIR` permits
 * to open files below DIR; then the whole disk is judged, and this finding stays.
 *
 * `qemu-img convert` makes an image that holds everything. It does follow the name: use it on images that you trust.
 *
 * good:   debian-arm64-qcow2
 * bad:    debian-arm64-qcow2 | qcow2 overlay base.img
 * expect: @*: error: the image needs its backing file "base.img", of format qcow2
 * bad:    debian-arm64-qcow2 | qcow2 overlay base.img | --allow-backing={folder}
 * expect: @*: error: the image needs its backing file "base.img", of format qcow2
 */
#include "block/qcow2.h"
#include "image/image.h"
#include "lint/rule.h"

RULE(qcow2_backing_file)
{
	const struct image *image = check->image;
	const struct qcow2 *q = image->qcow2;
	struct diagnostic *d;

	if (!q) {
		not_applicable(check, "the container is not qcow2");
		return;
	}
	if (!q->backing.text)
		return;
	d = finding(check, at_container(q->backing.offset, q->backing.length),
		    "the image needs its backing file \"%s\"%s%s", q->backing.text,
		    q->backing_format.text ? ", of format " : "", q->backing_format.text ? q->backing_format.text : "");
	if (!q->backing_format.text)
		finding_note(check, d, "the image does not say of which format that file is, so that QEMU must guess");
	for (unsigned i = 0; i < image->layer_count; i++) {
		const struct layer *layer = &image->layers[i];

		if (layer->backing_error.code)
			finding_note(check, d, "\"%s\" was not opened: %s", layer->qcow2->backing.text,
				     layer->backing_error.message);
	}
	finding_note(check, d, "qemu-img reads whatever files the image names: convert only an image that you trust");
	finding_help_image(check, d, "qemu-img convert -O qcow2 {image} self-contained.qcow2");
}
