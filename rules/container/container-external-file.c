/* SPDX-License-Identifier: MIT */
/* container-external-file: the container names another file
 *
 * severity: error
 * effect:   blocks-boot
 *
 * The disk, or a part of it, is in another file that this one names: the extents of a VMDK descriptor, the parent of a
 * differencing VMDK, VHD, VHDX or VDI, the backing file of a QED or of an old qcow. Where that file is missing there
 * is no disk. The name is also a way to have a hypervisor, or `qemu-img`, open any file of its host.
 *
 * vmlint never follows such a name and judges nothing else of the image. `qemu-img convert` makes an image that holds
 * everything. It does follow the names: use it on images that you trust.
 *
 * good:   debian-arm64-vmdk debian-arm64-vmdk-stream debian-arm64-vhd debian-arm64-vhdx debian-arm64-vdi debian-arm64-qed
 * bad:    debian-arm64 | vmdk descriptor other.img
 * expect: @*: error: an extent of the disk is in another file, "other.img"
 * bad:    debian-arm64 | vmdk embedded other.img
 * expect: @*: error: an extent of the disk is in another file, "other.img"
 * bad:    debian-arm64-vmdk | vmdk parent other.vmdk
 * expect: @*: error: the image needs its parent, "other.vmdk"
 * bad:    debian-arm64-vhd | vhd differencing other.vhd
 * expect: @*: error: the image needs its parent, "other.vhd"
 * bad:    debian-arm64-vhdx | vhdx differencing other.vhdx
 * expect: @*: error: the image needs its parent, "other.vhdx"
 * bad:    debian-arm64-vdi | vdi differencing
 * expect: @*: error: the image needs its parent, "the disk with UUID *"
 * bad:    debian-arm64-qed | qed backing other.img
 * expect: @*: error: the image needs its parent, "other.img"
 */
#include "block/container.h"
#include "image/image.h"
#include "lint/rule.h"

RULE(container_external_file)
{
	const struct image *image = check->image;
	const struct container *container = image->container;
	struct diagnostic *d = NULL;

	if (image->qcow2) {
		not_applicable(check, "a qcow2 has rules of its own for this");
		return;
	}
	for (unsigned i = 0; i < container->external_count; i++) {
		const struct container_external *e = &container->externals[i];

		d = finding(check, at_container(e->offset, e->length),
			    e->role == CONTAINER_EXTENT ? "an extent of the disk is in another file, \"%s\""
							: "the image needs its parent, \"%s\"",
			    e->name);
		finding_note(check, d, "qemu-img reads whatever files the image names: convert only an image that you trust");
		finding_help_image(check, d, "qemu-img convert -O qcow2 {image} self-contained.qcow2");
	}
	if (d && container->externals_dropped)
		finding_note(check, d, "and %u more", container->externals_dropped);
}
