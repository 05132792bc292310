/* SPDX-License-Identifier: MIT */
/* qcow2-data-file: the qcow2 is not self-contained: its data is in another file
 *
 * severity: error
 * effect:   blocks-boot
 *
 * This qcow2 holds tables alone; the disk's data is in an external data file, whose name it carries. Where that file is
 * missing there is no disk. The name is also a way to have a hypervisor open any file of its host.
 *
 * vmlint does not follow the name, so nothing is known of the disk. `--allow-backing DIR` permits to open files below
 * DIR; then the disk is judged, and this finding stays.
 *
 * `qemu-img convert` makes an image that holds everything. It does follow the name: use it on images that you trust.
 *
 * good:   debian-arm64-qcow2
 * bad:    debian-arm64-qcow2 | qcow2 split disk.data
 * expect: @*: error: the image's data is in another file, "disk.data"
 * bad:    debian-arm64-qcow2 | qcow2 split disk.data | --allow-backing={folder}
 * expect: @*: error: the image's data is in another file, "disk.data"
 */
#include "block/qcow2.h"
#include "image/image.h"
#include "lint/rule.h"

RULE(qcow2_data_file)
{
	const struct image *image = check->image;
	const struct qcow2 *q = image->qcow2;
	struct diagnostic *d;

	if (!q) {
		not_applicable(check, "the container is not qcow2");
		return;
	}
	if (!q->data_file_used)
		return;
	if (q->data_file.text)
		d = finding(check, at_container(q->data_file.offset, q->data_file.length),
			    "the image's data is in another file, \"%s\"", q->data_file.text);
	else
		d = finding(check, at_container(72, 8), "the image's data is in another file, which it does not name");
	if (image->layers[0].data_error.code)
		finding_note(check, d, "it was not opened: %s", image->layers[0].data_error.message);
	for (unsigned i = 1; i < image->layer_count; i++) {
		if (image->layers[i].data_error.code)
			finding_note(check, d, "the data file of \"%s\" was not opened: %s", image->layers[i].name,
				     image->layers[i].data_error.message);
	}
	finding_note(check, d, "qemu-img reads whatever files the image names: convert only an image that you trust");
	finding_help_image(check, d, "qemu-img convert -O qcow2 {image} self-contained.qcow2");
}
