/* SPDX-License-Identifier: MIT */
/* disk: from the image file to the disk that a VM sees, through whatever container it is in.
 *
 * A name that the container holds is followed only if the user allowed it, and then the parent opens it; the reason why
 * it was not is kept for the rules.  A container that names other files and is not qcow2 is never read further.
 */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "block/container.h"
#include "block/qcow2.h"
#include "image/gather.h"

static int open_qcow2(struct image *image, struct view *file, unsigned number, const char *name, struct view **ret,
		      struct error *err);

/* The file that `name` means in the header of file `base`; -ENOLINK when the user did not allow it. */
static int open_named(struct image *image, unsigned base, const char *name, struct view **ret, unsigned *ret_number,
		      struct error *err)
{
	if (!image->services.allow_backing || !image->services.open_sibling)
		return error_set(err, ENOLINK, "it is not opened without --allow-backing");
	return image->services.open_sibling(image->services.context, image->arena, base, name, ret, ret_number, err);
}

/* A backing file, in the format that the overlay names, or by content where it names none. */
static int open_backing(struct image *image, const struct qcow2 *above, unsigned base, struct view **ret,
			struct error *err)
{
	const char *format = above->backing_format.text;
	struct container container;
	struct view *file;
	unsigned number;
	int r = open_named(image, base, above->backing.text, &file, &number, err);

	if (r < 0)
		return r;
	if (format && !strcmp(format, "raw")) {
		*ret = file;
		return 0;
	}
	r = container_detect(image->arena, file, &container, err);
	if (r < 0)
		return r;
	if (format && strcmp(format, container.format_name) != 0)
		return error_set(err, EINVAL, "it is %s, while the overlay says that it is %s", container.format_name,
				 format);
	if (container.format == CONTAINER_RAW) {
		*ret = file;
		return 0;
	}
	if (container.access != CONTAINER_READER)
		return error_set(err, ENOTSUP, "a backing file in the format %s is not read", container.format_name);
	return open_qcow2(image, file, number, above->backing.text, ret, err);
}

static int open_data_file(struct image *image, const struct qcow2 *q, unsigned base, struct view **ret,
			  struct error *err)
{
	unsigned number;

	if (!q->data_file.text)
		return error_set(err, ENOENT, "the image does not name it");
	return open_named(image, base, q->data_file.text, ret, &number, err);
}

/* Adds a layer, and below it what it names; *ret is NULL when its header is too bad for any reading. */
static int open_qcow2(struct image *image, struct view *file, unsigned number, const char *name, struct view **ret,
		      struct error *err)
{
	struct layer *layer = &image->layers[image->layer_count];
	struct view *view;
	struct qcow2 *q;
	int r;

	if (image->layer_count == LIMIT_BACKING_DEPTH)
		return error_set(err, ELOOP, "the chain of backing files is longer than %d, or leads back to itself",
				 LIMIT_BACKING_DEPTH);
	r = qcow2_open(image->arena, file, &q, err);
	if (r < 0)
		return r;
	*layer = (struct layer){ .name = name, .qcow2 = q };
	image->layer_count++;
	*ret = qcow2_view(q);
	if (!*ret)
		return name ? error_set(err, EBADMSG, "its qcow2 header is too damaged to read it") : 0;
	if (q->data_file_used && open_data_file(image, q, number, &view, &layer->data_error) == 0)
		qcow2_set_data_file(q, view);
	if (q->backing.text && open_backing(image, q, number, &view, &layer->backing_error) == 0)
		qcow2_set_backing(q, view);
	return 0;
}

/* Nothing can be read from the disk, and a rule on the container says why. */
static void no_disk(struct image *image, int code, const char *why)
{
	image->have_table = UNREADABLE;
	error_set(&image->table_error, code, "%s", why);
}

static bool open_image_qcow2(struct image *image, struct error *err)
{
	image->layers = ARENA_ARRAY(image->arena, LIMIT_BACKING_DEPTH, struct layer);
	if (open_qcow2(image, image->file, 0, NULL, &image->disk, err) < 0)
		return false;
	image->qcow2 = image->layers[0].qcow2;
	if (!image->disk)
		no_disk(image, image->qcow2->problems[0].kind == QCOW2_TRUNCATED ? ENODATA : EBADMSG,
			"the qcow2 header is too damaged to read the disk");
	return true;
}

/* Is the file of a container that QEMU reads as long as its tables say?  QEMU would give zeros for what is missing, or
 * refuse the file without a word of why. */
static bool check_length(struct image *image)
{
	image->truncation = ARENA_NEW(image->arena, struct container_truncation);
	if (container_check_truncated(image->arena, image->file, image->container, image->thorough, image->truncation,
				      &image->truncated_error) < 0 ||
	    !image->truncation->needed_bytes)
		return true;
	no_disk(image, ENODATA, "the image file is cut off");
	return false;
}

bool image_gather_disk(struct image *image, struct error *err, const char **ret_help)
{
	struct container *container = ARENA_NEW(image->arena, struct container);
	const struct image_services *services = &image->services;

	image->container = container;
	if (container_detect(image->arena, image->file, container, err) < 0)
		return false;
	image->format = container->format_name;
	switch (container->access) {
	case CONTAINER_SELF:
		image->disk = container->disk_size == image->file->size
				      ? image->file
				      : view_slice(image->arena, image->file, 0, container->disk_size);
		return true;
	case CONTAINER_READER:
		return open_image_qcow2(image, err);
	case CONTAINER_HELPER:
		if (!check_length(image))
			return true;
		if (!services->open_container) {
			error_set(err, ENOTSUP, "%s images are read by the helper, which is not there",
				  container->format_name);
			return false;
		}
		return services->open_container(services->context, image->arena, container->driver, &image->disk,
						err) == 0;
	case CONTAINER_PACKED:
		*ret_help = container_unpack_command(image->arena, container->format, image->name);
		error_set(err, ENOTSUP, "it is packed (%s): a disk image must be unpacked before it can be checked",
			  container->format_name);
		return false;
	case CONTAINER_CLOSED:
		if (container->external_count) {
			no_disk(image, ENOLINK, container->reason);
			return true;
		}
		error_set(err, ENOTSUP, "the %s cannot be read: %s", container->format_name, container->reason);
		return false;
	}
	return false;
}

void image_gather_container(struct image *image)
{
	struct qcow2 *q = image->qcow2;

	if (!q)
		return;
	qcow2_check_truncated(q, &image->truncated_error);
	if (!image->thorough || !q->usable)
		return;
	image->refcounts = ARENA_NEW(image->arena, struct qcow2_refcounts);
	image->have_refcounts =
		qcow2_check_refcounts(q, image->refcounts, &image->refcounts_error) < 0 ? UNREADABLE : HAVE;
}
