/* SPDX-License-Identifier: MIT */
/* qcow2-leaks: the qcow2 holds clusters that nothing uses
 *
 * severity: note
 * effect:   hygiene
 * after:    image-truncated, qcow2-corrupt
 *
 * Some clusters have a higher reference count than references to them: a program was killed between taking a cluster
 * and using it. They make the file larger and may hold data that was deleted from the disk; they do no harm to the data
 * that is used. Looked for with `--thorough` alone, because every table must be read.
 *
 * `qemu-img check -r leaks` frees them, `qemu-img convert` leaves them behind.
 *
 * good:   debian-arm64-qcow2
 * bad:    debian-arm64-qcow2 | qcow2 refcount 1 2 | --thorough
 * expect: : note: 1 cluster of 65536 bytes is leaked
 */
#include <inttypes.h>

#include "block/qcow2.h"
#include "image/image.h"
#include "lint/rule.h"

RULE(qcow2_leaks)
{
	const struct image *image = check->image;
	struct diagnostic *d;
	uint64_t leaked;

	if (!image->qcow2) {
		not_applicable(check, "the container is not qcow2");
		return;
	}
	if (!image->thorough) {
		not_applicable(check, "only looked for with --thorough");
		return;
	}
	if (image->have_refcounts != HAVE) {
		not_evaluated(check, &image->refcounts_error, "not all reference counts could be compared");
		return;
	}
	leaked = image->refcounts->leaked;
	if (!leaked)
		return;
	d = finding(check, at_image(), "%" PRIu64 " cluster%s of %" PRIu64 " bytes %s leaked", leaked,
		    leaked == 1 ? "" : "s", image->qcow2->cluster_size, leaked == 1 ? "is" : "are");
	finding_help_image(check, d, "qemu-img check -r leaks {image}");
}
