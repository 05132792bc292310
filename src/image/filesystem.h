/* SPDX-License-Identifier: MIT */
/* filesystem: what each partition holds, and the files in it.
 *
 * The superblocks of all partitions are read in process: type, UUID and label are known of every file system, whether we can
 * read its files or not.  Files are opened when somebody first asks for them: in process for FAT, ext2/3/4 and squashfs, else by
 * the helper with libguestfs.  Volumes inside a partition (a logical volume, what a LUKS partition hides) are file systems
 * of their own here; they are known once the helper has looked.
 */
#ifndef IMAGE_FILESYSTEM_H
#define IMAGE_FILESYSTEM_H

#include "fs/fs.h"
#include "boot/device.h"
#include "image/image.h"

struct filesystem {
	unsigned index;          /* in image->filesystems */
	int partition;           /* where it lies; of a logical volume the first of those that it lies in */
	const char *volume;      /* as /dev/ has it: "vg/root", "md/0"; NULL: the partition itself, or what its LUKS hides */
	const struct partition *entry; /* of the partition table; NULL for PARTITION_WHOLE_DISK */
	struct view *view;       /* its bytes; NULL where only the helper can read them */
	enum have have;          /* is there a superblock that is known?  UNREADABLE: error */
	const char *type;        /* as blkid calls it: "ext4", "vfat", "xfs", "crypto_LUKS", "swap"; NULL: ABSENT */
	const char *uuid, *label; /* as blkid has them; NULL: none */
	const char *part_uuid, *part_label; /* of the partition, lower case; NULL: none, and for volumes */
	uint64_t size;           /* bytes, as its superblock says; 0: not known */
	bool has_files;          /* it is a file system, rather than swap, a container of volumes or the like */
	bool hides_volumes;      /* LVM2_member, crypto_LUKS, linux_raid_member and their like: see image_list_volumes */
	bool dirty;              /* its journal or log was not replayed */
	/* Readers' results, where they were asked: NULL otherwise. */
	const struct fat *fat;
	const struct ext *ext;
	const struct squashfs *squashfs;
	/* Features by the names that their mkfs uses ("bigtime nrext64"), blanks between; NULL: not known. */
	const char *features;

	/* What filesystem_open found. */
	bool opened;
	bool by_helper;          /* libguestfs reads it */
	enum have have_files;    /* UNREADABLE: error says why.  ABSENT: it is no file system with files (swap, LVM2_member) */
	struct fs *fs;           /* if HAVE */
	struct error error;
	struct error search_error; /* code not 0: whether it holds a system could not be found out */
};

/* Its files, opened when this is first called for it: returns have_files.  May start the helper, once for an image. */
enum have filesystem_open(struct image *image, struct filesystem *filesystem);

/* The files of one subvolume of a btrfs, as `subvol=` names it.  0, or a negative errno with a message. */
int filesystem_open_subvolume(struct image *image, struct filesystem *filesystem, const char *subvolume, struct fs **ret,
			      struct error *err);

/* Appends to image->filesystems what partitions that hide volumes hold, when it is first called; starts the helper if there is
 * such a partition.  0, or a negative errno with a message, the same each time. */
int image_list_volumes(struct image *image, struct error *err);

/* Why image->filesystems may lack volumes (listed now, if they were not): they could not be listed, a LUKS stayed locked beside
 * others, other disks hold the rest of a group or array.  NULL: it has them all.  Lives in the image's arena. */
const char *image_volumes_unseen(struct image *image);

/* The file system on that partition, or NULL. */
struct filesystem *image_filesystem(const struct image *image, int partition);

/* The first file system that a name of a kernel command line or of fstab means (UUID=, LABEL=, PARTUUID=, PARTLABEL= and
 * their links, /dev/mapper and /dev/VG/LV; also /dev/vda2 and the like, taken by their number), or NULL.  By UUID case does not
 * matter for vfat alone.  Lists the volumes if none of the partitions is meant. */
struct filesystem *image_find_device(struct image *image, const struct boot_device_name *name);

/* When image_find_device found nothing: NULL if the image has no such file system for certain, else why that cannot be said
 * (volumes that could not be looked at, a superblock that could not be read).  Lives in the image's arena. */
const char *image_device_unknown(struct image *image, const struct boot_device_name *name);

/* Is it a partition in which nobody made a file system: without a signature that is known, and its first MiB all zeros? */
bool filesystem_is_blank(const struct filesystem *filesystem);

/* Would mounting it fail for certain if that type, or each of a list with commas, were asked for (mount -t, rootfstype=)? */
bool filesystem_refuses(const struct filesystem *filesystem, const char *types);

/* "ext4 file system in partition 2", "logical volume vg/root": for messages.  Lives in the image's arena. */
const char *filesystem_title(const struct image *image, const struct filesystem *filesystem);

#endif
