/* SPDX-License-Identifier: MIT */
/* qcow2-corrupt: the qcow2's header or tables are damaged
 *
 * severity: error
 * effect:   blocks-boot
 * after:    image-truncated
 *
 * QEMU sets the corrupt bit when it meets metadata that cannot be right, and from then on refuses to open the image for
 * writing, so that no VM starts from it. The same damage is reported here without the bit: header fields that
 * contradict each other, table entries that point into the header, into other tables or nowhere, compressed clusters
 * that do not decompress. Looked at are the tables on the way to all that other rules read; `--thorough` walks every
 * table and compares it with the reference counts, as `qemu-img check` does.
 *
 * Build or download the image again. `qemu-img check -r all` makes the tables consistent, but cannot bring back data.
 *
 * good:   debian-arm64-qcow2 debian-arm64-qcow2-extl2
 * bad:    debian-arm64-qcow2 | qcow2 corrupt-bit
 * expect: @0x48: error: the corrupt bit is set: QEMU opens the image for reading alone
 * bad:    debian-arm64-qcow2 | qcow2 field cluster_bits 40
 * expect: @0x14: error: cluster_bits is 40, 9 to 21 expected
 * bad:    debian-arm64-qcow2 | qcow2 garble 0
 * expect: @*: error: compressed cluster at * does not decompress as zlib
 * bad:    debian-arm64-qcow2-plain | qcow2 l2 0 0x8000000000050200
 * expect: @*: error: L2 entry has a cluster at 0x50200, which is not a multiple of the cluster size
 * bad:    debian-arm64-qcow2-extl2 | qcow2 l2-bitmap 0 0xffffffffffffffff
 * expect: @*: error: subcluster bitmap 0xffffffffffffffff calls a subcluster both allocated and zero
 * bad:    debian-arm64-qcow2 | --thorough | qcow2 refcount 0 0
 * expect: @0: error: the reference count of cluster 0 is 0, and 1 references to it exist
 */
#include <inttypes.h>

#include "block/qcow2.h"
#include "image/image.h"
#include "lint/rule.h"

static void help(struct check *check, struct diagnostic *d)
{
	finding_help_image(check, d, "qemu-img check -r all {image}");
	finding_note(check, d, "a repair makes the tables consistent, and may lose data");
}

static void check_layer(struct check *check, const struct layer *layer)
{
	const struct qcow2 *q = layer->qcow2;
	struct diagnostic *d;

	if (q->corrupt && layer->name) {
		finding(check, at_image(), "in the backing file \"%s\": the corrupt bit is set", layer->name);
	} else if (q->corrupt) {
		d = finding(check, at_container(72, 8),
			    "the corrupt bit is set: QEMU opens the image for reading alone");
		help(check, d);
	}
	for (unsigned i = 0; i < q->problem_count; i++) {
		const struct qcow2_problem *p = &q->problems[i];
		enum severity severity = p->kind == QCOW2_NOTE ? SEVERITY_NOTE : check->rule->severity;

		if (p->kind == QCOW2_TRUNCATED)
			continue;
		if (layer->name)
			d = finding_severity(check, severity, at_image(),
					     "in the backing file \"%s\", at %#" PRIx64 ": %s", layer->name, p->offset,
					     p->message);
		else
			d = finding_severity(check, severity, at_container(p->offset, p->length), "%s", p->message);
		if (q->usable && p->defect != QCOW2_HEADER_FIELD)
			d->effect = EFFECT_DEGRADES;
		if (p->kind == QCOW2_NOTE)
			d->effect = EFFECT_CONFORMANCE;
		if (p->defect == QCOW2_REFCOUNT && !layer->name)
			help(check, d);
	}
}

RULE(qcow2_corrupt)
{
	const struct image *image = check->image;

	if (!image->qcow2) {
		not_applicable(check, "the container is not qcow2");
		return;
	}
	for (unsigned i = 0; i < image->layer_count; i++)
		check_layer(check, &image->layers[i]);
	if (image->have_refcounts == UNREADABLE)
		not_evaluated(check, &image->refcounts_error, "not all reference counts could be compared");
}
