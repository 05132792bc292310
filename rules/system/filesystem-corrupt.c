/* SPDX-License-Identifier: MIT */
/* filesystem-corrupt: a file system's own structures cannot be right
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-partition-range, image-truncated
 * before:   kernel, initrd, boot
 *
 * The superblock or the tables that it leads to contradict each other, or their checksums are wrong: the kernel refuses to
 * mount the file system. Or the entry of a directory leads to an inode that is deleted, which the kernel does not open, or says
 * that a file is of another type than its inode: Linux goes by the inode, GRUB by the entry. Told of ext2, ext3, ext4 and
 * squashfs, and only as far as they must be read to find files in them; `e2fsck -fn` says more. EFI system partitions have rules
 * of their own.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | ext corrupt 2 checksum
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: *
 * bad:    debian-arm64 | ext corrupt 2 descriptors
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: *
 * bad:    debian-arm64 | ext corrupt 2 journal
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: the journal does not begin with the superblock of a journal
 * bad:    debian-arm64 | ext super 2 journal_inum 0
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: it has a journal, and neither an inode nor a device for it
 * bad:    debian-arm64 | ext super 2 journal_inum 12
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: the journal's *
 * bad:    debian-arm64 | ext super 2 creator_os 1
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: its creator is the Hurd, which has no 64-bit file systems
 * bad:    debian-arm64 | ext super 2 min_extra_isize 200
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: its inodes have less room than they are to have
 * bad:    debian-arm64 | ext features 2 mmp
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: its block for multiple mount protection is none of its blocks
 * bad:    debian-arm64 | ext filetype 2 /usr 1
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: the entry of usr is that of a file, its inode that of a directory
 * bad:    debian-arm64 | ext poke 2 inode:/etc/hostname 26 0000 | ext poke 2 inode:/etc/fstab 26 0000
 * expect: !p2: error: the ext4 file system in partition 2 is corrupt: the entry of fstab leads to an inode that is not in use
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

static const char *type_title(enum fs_type type)
{
	switch (type) {
	case FS_FILE:
		return "a file";
	case FS_DIRECTORY:
		return "a directory";
	case FS_SYMLINK:
		return "a symbolic link";
	case FS_OTHER:
		break;
	}
	return "a device, pipe or socket";
}

/* The first entry that leads to something else than it says, of those on the way to the files that were asked for. */
static const char *mismatch_of(struct check *check, const struct filesystem *f)
{
	const struct fs_mismatch *m = f->ext ? f->ext->mismatch : f->squashfs ? f->squashfs->mismatch : NULL;

	if (!m || !m->found)
		return NULL;
	if (m->deleted)
		return arena_printf(check->arena, "the entry of %s leads to an inode that is not in use", m->name);
	return arena_printf(check->arena, "the entry of %s is that of %s, its inode that of %s", m->name, type_title(m->listed),
			    type_title(m->actual));
}

/* Is it the root of an entry that the boot hangs on? */
static bool is_booted(const struct image *image, const struct filesystem *f)
{
	for (unsigned p = 0; p < image->boot_path_count; p++)
		for (size_t i = 0; i < image->boot_paths[p].entry_count; i++) {
			const struct boot_entry *entry = &image->boot_paths[p].entries[i];

			for (size_t k = 0; k < entry->attempt_count; k++)
				if (entry->attempts[k].root == f && boot_entry_counts(image, entry))
					return true;
		}
	return false;
}

RULE(filesystem_corrupt)
{
	const struct image *image = check->image;

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];
		const char *problem = problem_of(f), *mismatch = problem ? NULL : mismatch_of(check, f);
		struct diagnostic *d;

		/* what is cut off is another rule's */
		if ((!problem && !mismatch) || (f->size && f->view && f->size > f->view->size))
			continue;
		d = finding(check, at_partition(f->partition), "the %s is corrupt: %s", filesystem_title(image, f),
			    problem ? problem : mismatch);
		finding_stands_alone(check);
		/* a system was found elsewhere, so it is not the root; or it can be mounted */
		if ((image->system_count && !is_booted(image, f)) || mismatch)
			d->effect = EFFECT_DEGRADES;
		if (f->ext && f->ext->beyond_e2fsck)
			finding_help(check, d, "e2fsck does not mend this: make the file system anew, with mke2fs -d");
		else if (f->ext)
			system_help_e2fsck(check, d, f, "-fy");
		else
			finding_help(check, d, "make the squashfs anew");
	}
}
