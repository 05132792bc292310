/* SPDX-License-Identifier: MIT */
/* filesystem-corrupt: a file system's own structures cannot be right
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-partition-range, image-truncated
 * before:   kernel, initrd, boot
 *
 * The superblock or the tables that it leads to contradict each other, or their checksums are wrong: the kernel refuses to
 * mount the file system. Told of ext2, ext3, ext4 and squashfs, and only as far as they must be read to find files in
 * them; `e2fsck -fn` says more. EFI system partitions have rules of their own.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | ext corrupt 2 checksum
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: *
 * bad:    debian-arm64 | ext corrupt 2 descriptors
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: *
 * bad:    debian-arm64 | ext corrupt 2 journal
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: the journal does not begin with the superblock of a journal
 */
#include "fs/ext.h"
#include "fs/squashfs.h"
#include "system-help.h"

static const char *problem_of(const struct filesystem *f)
{
	if (f->ext && f->ext->fault == EXT_CORRUPT)
		return f->ext->problem;
	return f->squashfs && f->squashfs->fault == SQUASHFS_CORRUPT ? f->squashfs->problem : NULL;
}

RULE(filesystem_corrupt)
{
	const struct image *image = check->image;

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];
		const char *problem = problem_of(f);
		struct diagnostic *d;

		/* what is cut off is another rule's */
		if (!problem || (f->size && f->view && f->size > f->view->size))
			continue;
		d = finding(check, at_partition(f->partition), "the %s is corrupt: %s", filesystem_title(image, f), problem);
		finding_stands_alone(check);
		/* a system was found elsewhere, so it is not the root */
		if (image->system_count)
			d->effect = EFFECT_DEGRADES;
		if (f->ext)
			system_help_e2fsck(check, d, f, "-fy");
		else
			finding_help(check, d, "make the squashfs anew");
	}
}
