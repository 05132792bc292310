/* SPDX-License-Identifier: MIT */
/* filesystem-beyond-partition: a file system is larger than its partition
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-partition-range, mbr-partition-range, image-truncated
 *
 * The kernel refuses to mount a file system whose superblock claims more blocks than the partition has, even if nothing is
 * stored in them. It comes of shrinking a partition without shrinking what is in it before, or of copying a file system
 * into a partition that is too small, whose end is then lost.
 *
 * The size is told of ext2, ext3, ext4, xfs, btrfs, erofs and squashfs; EFI system partitions have a rule of their own.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | ext super 2 blocks_count 65536
 * expect: !p2: error: the ext4 file system in partition 2 is * MiB larger than its partition: the kernel refuses to mount it
 */
#include "system-help.h"

static bool is_esp(const struct image *image, const struct filesystem *f)
{
	for (unsigned i = 0; i < image->esp_count; i++)
		if (image->esps[i].partition == f->partition)
			return true;
	return false;
}

/* Is it the root of a system that starts, or mounted there by a line that must not fail? */
static bool is_needed(const struct image *image, const struct filesystem *f)
{
	for (unsigned i = 0; i < image->system_count; i++) {
		const struct system *system = &image->systems[i];

		if (system->filesystem == f && system_boots(image, system))
			return true;
		for (size_t k = 0; k < system->mount_count; k++)
			if (system->mounts[k].filesystem == f && system_boots(image, system) &&
			    !(system->mounts[k].entry && fstab_entry_is_optional(system->mounts[k].entry)))
				return true;
	}
	return !image->system_count;
}

RULE(filesystem_beyond_partition)
{
	const struct image *image = check->image;

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];
		struct diagnostic *d;
		uint64_t excess;

		/* a partition that the disk cuts off is another rule's */
		if (!f->view || f->size <= f->view->size || (f->entry && f->view->size < f->entry->size) || is_esp(image, f))
			continue;
		excess = f->size - f->view->size;
		d = finding(check, at_partition(f->partition),
			    "the %s is %llu %s larger than its partition: the kernel refuses to mount it",
			    filesystem_title(image, f), (unsigned long long)(excess >= MiB ? excess / MiB : excess),
			    excess >= MiB ? "MiB" : "bytes");
		if (!is_needed(image, f))
			d->effect = EFFECT_DEGRADES;
		finding_stands_alone(check);
		finding_help(check, d, "make the partition %llu bytes larger, or copy the files into a new file system that fits",
			     (unsigned long long)excess);
	}
}
