/* SPDX-License-Identifier: MIT */
/* filesystem-open: the files of a file system, by our own readers or by the helper, and the volumes that only it can see. */
#include "image/filesystem.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "fs/ext.h"
#include "fs/fat.h"
#include "fs/squashfs.h"
#include "fs/witness.h"
#include "image/gather.h"

static enum have unreadable(struct filesystem *f, int code, const char *why)
{
	error_set(&f->error, code, "%s", why);
	return UNREADABLE;
}

static enum have open_by_helper(struct image *image, struct filesystem *f)
{
	f->by_helper = true;
	return filesystem_open_subvolume(image, f, NULL, &f->fs, &f->error) < 0 ? UNREADABLE : HAVE;
}

/* Files whose journal was not replayed are stale: the helper's kernel replays it, on a scratch copy of its own. */
static enum have open_ext(struct image *image, struct filesystem *f)
{
	if (f->ext->fault == EXT_UNSUPPORTED)
		return open_by_helper(image, f);
	if (!f->ext->fs)
		return unreadable(f, EUCLEAN, f->ext->problem);
	if (f->dirty)
		return open_by_helper(image, f);
	f->fs = witness_fs(image->arena, f->ext->fs);
	return HAVE;
}

static enum have open_squashfs(struct image *image, struct filesystem *f)
{
	struct squashfs *squashfs;

	if (squashfs_open(image->arena, f->view, &squashfs, &f->error) < 0)
		return UNREADABLE;
	f->squashfs = squashfs;
	f->size = squashfs->bytes_used;
	if (squashfs->fault == SQUASHFS_UNSUPPORTED)
		return open_by_helper(image, f);
	if (!squashfs->fs)
		return unreadable(f, EUCLEAN, squashfs->problem ? squashfs->problem : "it is no squashfs");
	f->fs = witness_fs(image->arena, squashfs->fs);
	return HAVE;
}

/* The ESPs are what firmware reads, and our own reader is the judge of them. */
static bool is_esp(const struct image *image, const struct filesystem *f)
{
	for (unsigned i = 0; i < image->esp_count; i++)
		if (f->fat && image->esps[i].fat == f->fat)
			return true;
	return false;
}

static enum have open_files(struct image *image, struct filesystem *f)
{
	if (f->have == UNREADABLE)
		return UNREADABLE; /* f->error says why */
	if (f->have == ABSENT || !f->has_files)
		return ABSENT;
	if (!strcmp(f->type, "zfs_member"))
		return unreadable(f, ENOTSUP, "ZFS is read neither by vmlint nor by libguestfs");
	if (!f->view || (image->reader == IMAGE_READER_GUESTFS && !is_esp(image, f)))
		return open_by_helper(image, f);
	if (f->fat) {
		f->fs = f->fat->fs;
		return HAVE;
	}
	/* what firmware refuses is of no use to it, whatever a more lenient reader makes of it */
	if (!strcmp(f->type, "vfat"))
		return unreadable(f, EUCLEAN, "the boot sector of the FAT volume is damaged");
	if (f->ext)
		return open_ext(image, f);
	if (!strcmp(f->type, "squashfs"))
		return open_squashfs(image, f);
	return open_by_helper(image, f);
}

enum have filesystem_open(struct image *image, struct filesystem *f)
{
	if (!f->opened) {
		f->opened = true;
		f->have_files = open_files(image, f);
	}
	return f->have_files;
}

int filesystem_open_subvolume(struct image *image, struct filesystem *f, const char *subvolume, struct fs **ret,
			      struct error *err)
{
	const struct image_services *services = &image->services;
	int r;

	if (image->reader == IMAGE_READER_NATIVE)
		return error_set(err, ENOTSUP, f->dirty ? "the journal of the %s was not replayed, and --reader=native was given"
							: "the %s is not read in process, and --reader=native was given",
				 filesystem_title(image, f));
	if (!services->open_filesystem)
		return error_set(err, ENOTSUP, "the %s is read by the helper, which is not there", filesystem_title(image, f));
	r = services->open_filesystem(services->context, image, f, subvolume, ret, err);
	if (r == 0)
		*ret = witness_fs(image->arena, *ret);
	return r;
}

static bool has_hidden_volumes(const struct image *image)
{
	for (unsigned i = 0; i < image->filesystem_count; i++)
		if (image->filesystems[i].hides_volumes)
			return true;
	return false;
}

static bool has_files(const char *type)
{
	static const char *const types[] = { "swap", "LVM2_member", "crypto_LUKS", "linux_raid_member", "jbd", "swsuspend" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(type, types[i]))
			return false;
	return true;
}

static void add_volume(struct image *image, const struct helper_volume *volume)
{
	struct filesystem *f = &image->filesystems[image->filesystem_count];

	*f = (struct filesystem){
		.index = image->filesystem_count++,
		.partition = volume->partition,
		.volume = volume->volume,
		.have = volume->type ? HAVE : ABSENT,
		.type = volume->type,
		.uuid = volume->uuid,
		.label = volume->label,
		.has_files = volume->type && has_files(volume->type),
	};
	if (volume->partition > 0)
		f->entry = image_partition(image, volume->partition);
}

static int list_volumes(struct image *image, struct error *err)
{
	const struct image_services *services = &image->services;
	struct helper_volume *volumes;
	unsigned count;
	int r;

	if (!has_hidden_volumes(image))
		return 0;
	if (image->reader == IMAGE_READER_NATIVE)
		return error_set(err, ENOTSUP, "volumes inside of partitions are not read with --reader=native");
	if (!services->list_volumes)
		return error_set(err, ENOTSUP, "volumes inside of partitions are read by the helper, which is not there");
	r = services->list_volumes(services->context, image, &volumes, &count, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < count; i++) {
		if (i == LIMIT_VOLUMES)
			return limit_error(err, "there are more than %d volumes", LIMIT_VOLUMES);
		add_volume(image, &volumes[i]);
	}
	return 0;
}

int image_list_volumes(struct image *image, struct error *err)
{
	if (!image->volumes_listed) {
		image->volumes_listed = true;
		list_volumes(image, &image->volumes_error);
	}
	return image->volumes_error.code ? error_set(err, image->volumes_error.code, "%s", image->volumes_error.message) : 0;
}

void image_close_filesystems(struct image *image)
{
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		struct filesystem *f = &image->filesystems[i];

		ext_close((struct ext *)f->ext);
		squashfs_close((struct squashfs *)f->squashfs);
	}
}
