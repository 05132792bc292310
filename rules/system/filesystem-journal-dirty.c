/* SPDX-License-Identifier: MIT */
/* filesystem-journal-dirty: the journal of a file system was not replayed
 *
 * severity: warning
 * effect:   hygiene
 * after:    gpt-missing
 *
 * The file system was copied while it was mounted, or the machine that made it went down: its last changes are in the
 * journal (of btrfs: in the log tree) alone. The kernel replays it when it mounts the file system, but GRUB does not: it
 * may boot an old kernel, or find none, where /boot is affected. Every copy of the image begins its life with a recovery.
 *
 * vmlint does not read such a file system itself, because what it would see is stale: libguestfs does, whose kernel
 * replays the journal on a scratch copy.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | ext journal-dirty 2 | --reader=native
 * expect: !p2@0x460: warning: the ext4 file system in partition 2 needs recovery: its journal was not replayed
 * expect: : not evaluated: what /EFI/BOOT/BOOTAA64.EFI boots could not be followed: *journal*was not replayed* [kernel-* and * more]
 * expect: : not evaluated: cannot look for kernels everywhere: *journal*was not replayed* [kernel-missing]
 * expect: : not evaluated: not all kernels could be looked at: *journal*was not replayed* [kernel-config-missing]
 * expect: : not evaluated: no installed system could be looked at: *journal*was not replayed* [fstab-*, fstab-*, fstab-*, fstab-* and * more]
 * expect: : not evaluated: no kernel was found: *journal*was not replayed* [driver-* and * more]
 */
#include "fs/ext.h"
#include "system-help.h"

RULE(filesystem_journal_dirty)
{
	const struct image *image = check->image;

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];
		struct location at = at_partition(f->partition);
		struct diagnostic *d;

		if (!f->dirty)
			continue;
		at.volume = f->volume;
		if (!f->ext) {
			d = finding(check, at, "the %s has a log that was not replayed", filesystem_title(image, f));
			finding_help(check, d, "mount it once and unmount it, then copy it");
			continue;
		}
		/* s_feature_incompat */
		d = finding(check, at_partition_bytes(f->partition, 1024 + 96, 4),
			    "the %s needs recovery: its journal was not replayed", filesystem_title(image, f));
		system_help_e2fsck(check, d, f, "-fp");
	}
}
