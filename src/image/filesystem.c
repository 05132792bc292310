/* SPDX-License-Identifier: MIT */
/* filesystem: what the superblocks of all partitions say, and which of them a name means.  Opening is in filesystem-open.c. */
#include "image/filesystem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "fs/ext.h"
#include "fs/fat.h"
#include "fs/probe.h"
#include "fs/superblock.h"
#include "image/gather.h"
#include "linux/filesystems.h"
#include "partition/gpt.h"
#include "partition/mbr.h"
#include "partition/number.h"

static const char *lower(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	return copy;
}

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* As libblkid prints them: without the blanks at the end, and without the name that stands for none. */
static void name_fat(struct arena *arena, struct filesystem *f)
{
	const struct fat *fat = f->fat;
	const char *label = *fat->label ? fat->label : fat->boot.label;
	size_t length = strlen(label);

	while (length && label[length - 1] == ' ')
		length--;
	f->type = "vfat";
	f->size = fat->volume_size;
	f->has_files = true;
	f->uuid = arena_printf(arena, "%04X-%04X", fat->boot.serial >> 16, fat->boot.serial & 0xffff);
	f->label = length && (*fat->label || strcmp(label, "NO NAME") != 0) ? arena_strndup(arena, label, length) : NULL;
	f->have = HAVE;
}

static void name_ext(struct filesystem *f)
{
	f->type = f->ext->fault == EXT_JOURNAL_DEVICE ? "jbd" : f->ext->type;
	f->has_files = f->ext->fault != EXT_JOURNAL_DEVICE;
	f->uuid = f->ext->uuid_text;
	if (f->ext->fault == EXT_GOOD || f->ext->beyond_partition)
		f->size = f->ext->blocks * f->ext->block_size;
	f->label = or_null(f->ext->label);
	f->features = f->ext->features;
	f->dirty = f->ext->needs_recovery;
	f->have = HAVE;
}

static bool hides_volumes(const char *type)
{
	static const char *const types[] = { "LVM2_member", "crypto_LUKS", "linux_raid_member", "BitLocker" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

static void name_other(struct filesystem *f, const struct superblock *superblock)
{
	f->type = superblock->type;
	f->uuid = or_null(superblock->uuid);
	f->label = or_null(superblock->label);
	f->features = superblock->features;
	f->size = superblock->size;
	f->dirty = superblock->dirty;
	f->has_files = superblock->has_files;
	f->hides_volumes = f->type && hides_volumes(f->type);
	f->have = f->type ? HAVE : ABSENT;
}

static const struct esp *esp_of(const struct image *image, int partition)
{
	for (unsigned i = 0; i < image->esp_count; i++)
		if (image->esps[i].partition == partition && image->esps[i].have == HAVE)
			return &image->esps[i];
	return NULL;
}

/* What was spent on reading tables: many partitions may lie over each other. */
struct spent {
	unsigned filesystems;
	uint64_t bytes;
};

static int spend(struct spent *spent, struct filesystem *f)
{
	if (spent->bytes > LIMIT_FILESYSTEM_TABLES)
		return limit_error(&f->error, "the tables of all file systems are larger than %llu MiB",
				   LIMIT_FILESYSTEM_TABLES / MiB);
	if (++spent->filesystems > LIMIT_FILESYSTEMS)
		return limit_error(&f->error, "there are more than %d file systems", LIMIT_FILESYSTEMS);
	return 0;
}

static int read_fat(struct image *image, struct filesystem *f, struct spent *spent)
{
	struct fat *fat;
	int r = spend(spent, f);

	if (r == 0)
		r = fat_open(image->arena, f->view, &fat, &f->error);
	if (r < 0)
		return r;
	spent->bytes += fat->fat_bytes;
	if (fat->type != FAT_NONE) {
		f->fat = fat;
		name_fat(image->arena, f);
	}
	return 0;
}

static int read_ext(struct image *image, struct filesystem *f, struct spent *spent)
{
	struct ext *ext;
	int r = spend(spent, f);

	if (r == 0)
		r = ext_open(image->arena, f->view, &ext, &f->error);
	if (r < 0)
		return r;
	f->ext = ext;
	/* a descriptor of 64 bytes for as many blocks as one block has bits */
	if (ext->fs)
		spent->bytes += ext->blocks / (8ULL * ext->block_size) * 64;
	if (ext->fault != EXT_NO_MAGIC)
		name_ext(f);
	return 0;
}

/* 0, or a negative errno with f->error: then it is UNREADABLE. */
static int read_superblock(struct image *image, struct filesystem *f, int fd, struct spent *spent)
{
	const struct esp *esp = esp_of(image, f->partition);
	struct superblock superblock;
	struct fs_probe probe;
	int r;

	if (esp) {
		f->fat = esp->fat;
		name_fat(image->arena, f);
		return 0;
	}
	r = fs_probe(f->view, &probe, &f->error);
	if (r < 0)
		return r;
	if (probe.kind == FS_KIND_EXT) {
		r = read_ext(image, f, spent);
		if (r < 0 || f->type)
			return r;
	}
	r = superblock_read(image->arena, f->view, fd, &superblock, &f->error);
	if (r < 0)
		return r;
	name_other(f, &superblock);
	return f->type && !strcmp(f->type, "vfat") ? read_fat(image, f, spent) : 0;
}

static void name_partition(struct image *image, struct filesystem *f)
{
	char text[GUID_TEXT_SIZE];

	if (f->entry->gpt) {
		f->part_uuid = lower(image->arena, guid_format(&f->entry->gpt->unique, text));
		f->part_label = or_null(f->entry->gpt->name);
	} else if (image->mbr->disk_signature) {
		f->part_uuid = arena_printf(image->arena, "%08x-%02x", image->mbr->disk_signature, f->partition & 0xffU);
	}
}

static void add(struct image *image, const struct partition *entry, int fd, struct spent *spent)
{
	struct filesystem *f = &image->filesystems[image->filesystem_count];

	*f = (struct filesystem){ .index = image->filesystem_count++, .entry = entry };
	f->partition = entry ? entry->number : PARTITION_WHOLE_DISK;
	f->view = entry ? image_partition_view(image, entry) : image->disk;
	if (entry)
		name_partition(image, f);
	if (fd < 0) {
		f->have = UNREADABLE;
		error_set(&f->error, -fd, "cannot make a memory file: %s", strerror(-fd));
	} else if (read_superblock(image, f, fd, spent) < 0) {
		f->have = UNREADABLE;
	}
}

void image_gather_filesystems(struct image *image)
{
	struct spent spent = { 0 };
	int fd;

	image->filesystems = ARENA_ARRAY(image->arena, image->partition_count + 1 + LIMIT_VOLUMES, struct filesystem);
	if (!image->disk || image->have_table == UNREADABLE)
		return;
	fd = superblock_memory_file(NULL);
	for (unsigned i = 0; i < image->partition_count; i++)
		add(image, &image->partitions[i], fd, &spent);
	if (image->have_table == ABSENT)
		add(image, NULL, fd, &spent);
	if (fd >= 0)
		close(fd);
}

struct filesystem *image_filesystem(const struct image *image, int partition)
{
	for (unsigned i = 0; i < image->filesystem_count; i++)
		if (image->filesystems[i].partition == partition && !image->filesystems[i].volume && image->filesystems[i].view)
			return &image->filesystems[i];
	return NULL;
}

/* The partition that a node's name means, were this the first disk: vda2, nvme0n1p2, 254:2.  0: not this disk's. */
static int node_partition(const char *name)
{
	static const char *const numbered[] = { "nvme0n1", "mmcblk0", "loop0", "nbd0", "pmem0" };
	static const char *const lettered[] = { "sda", "hda", "vda", "xvda", "ubda", "dasda" };
	const char *rest = NULL;
	char *end;
	long number;

	for (size_t i = 0; i < sizeof(numbered) / sizeof(*numbered) && !rest; i++) {
		size_t length = strlen(numbered[i]);

		if (!strncmp(name, numbered[i], length) && (!name[length] || name[length] == 'p'))
			rest = name + length + (name[length] == 'p');
	}
	for (size_t i = 0; i < sizeof(lettered) / sizeof(*lettered) && !rest; i++)
		if (!strncmp(name, lettered[i], strlen(lettered[i])))
			rest = name + strlen(lettered[i]);
	/* block major numbers of SCSI disks, and the one that virtio-blk usually gets: 16 minors a disk */
	if (!rest && (!strncmp(name, "8:", 2) || !strncmp(name, "254:", 4) || !strncmp(name, "252:", 4)))
		rest = strchr(name, ':') + 1;
	if (!rest)
		return 0;
	if (!*rest)
		return PARTITION_WHOLE_DISK;
	number = strtol(rest, &end, 10);
	return *end || number < 0 || number > (long)LIMIT_GPT_ENTRIES ? 0 : number == 0 ? PARTITION_WHOLE_DISK : (int)number;
}

/* /dev/mapper joins group and volume by a hyphen, and doubles those in their names. */
static bool is_volume(const struct filesystem *f, const char *name)
{
	const char *volume = f->volume;

	if (!volume)
		/* what systemd, dracut and Ubuntu's installer call a LUKS volume of which no crypttab says another name */
		return !f->view && !strncmp(name, "luks-", 5);
	if (!strcmp(volume, name))
		return true;
	for (; *volume && *name; volume++, name++) {
		if (*volume == '/' ? *name != '-' : *volume != *name)
			return false;
		if (*volume == '-' && *++name != '-')
			return false;
	}
	return !*volume && !*name;
}

static struct filesystem *partition_at(struct image *image, const struct filesystem *from, long offset)
{
	long number = (long)from->partition;

	/* from a command line, so any number at all */
	if (offset < -(long)LIMIT_GPT_ENTRIES || offset > (long)LIMIT_GPT_ENTRIES || number + offset < 1)
		return offset ? NULL : image_filesystem(image, from->partition);
	return image_filesystem(image, (int)(number + offset));
}

static bool is_meant(const struct filesystem *f, const struct boot_device_name *name)
{
	switch (name->kind) {
	case BOOT_DEVICE_UUID:
		if (!f->uuid)
			return false;
		return f->fat ? !ascii_casecmp(f->uuid, name->value) : !strcmp(f->uuid, name->value);
	case BOOT_DEVICE_LABEL:
		return f->label && !strcmp(f->label, name->value);
	case BOOT_DEVICE_PARTUUID:
		return f->part_uuid && !ascii_casecmp(f->part_uuid, name->value);
	case BOOT_DEVICE_PARTLABEL:
		return f->part_label && !strcmp(f->part_label, name->value);
	case BOOT_DEVICE_NODE:
		return f->view && f->partition == node_partition(name->value);
	case BOOT_DEVICE_MAPPER:
		return is_volume(f, name->value);
	case BOOT_DEVICE_MD:
		return f->volume && (!strcmp(f->volume, name->value) ||
				     (!strncmp(f->volume, "md/", 3) && !strcmp(f->volume + 3, name->value)));
	default:
		return false;
	}
}

static struct filesystem *find(struct image *image, const struct boot_device_name *name, unsigned from)
{
	for (unsigned i = from; i < image->filesystem_count; i++) {
		struct filesystem *f = &image->filesystems[i];

		if (!is_meant(f, name))
			continue;
		return name->kind == BOOT_DEVICE_PARTUUID ? partition_at(image, f, name->partition_offset) : f;
	}
	return NULL;
}

/* Can a volume inside of a partition have a name of this kind? */
static bool names_volumes(enum boot_device_kind kind)
{
	return kind == BOOT_DEVICE_UUID || kind == BOOT_DEVICE_LABEL || kind == BOOT_DEVICE_MAPPER || kind == BOOT_DEVICE_MD;
}

struct filesystem *image_find_device(struct image *image, const struct boot_device_name *name)
{
	struct filesystem *found = find(image, name, 0);
	unsigned before = image->filesystem_count;

	if (found || !names_volumes(name->kind) || image->volumes_listed || image_list_volumes(image, NULL) < 0)
		return found;
	return find(image, name, before);
}

/* Is there a volume in the list that comes from this?  Of an array any of its members will do. */
static bool is_seen_through(const struct image *image, const struct filesystem *container)
{
	const struct filesystem *f = container;

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *other = &image->filesystems[i];
		bool same = other->partition == f->partition ||
			    (!strcmp(f->type, "linux_raid_member") && f->uuid && image_filesystem(image, other->partition) &&
			     image_filesystem(image, other->partition)->uuid &&
			     !strcmp(image_filesystem(image, other->partition)->uuid, f->uuid));

		if (same && !other->view && !(other->type && hides_volumes(other->type)))
			return true;
	}
	return false;
}

const char *image_volumes_unseen(struct image *image)
{
	if (image_list_volumes(image, NULL) < 0)
		return image->volumes_error.message;
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];
		bool locked = !f->view && f->type && !strcmp(f->type, "crypto_LUKS");

		/* blank, or parts of it lie on another disk */
		if (!f->view && !f->type)
			return arena_printf(image->arena, "what the %s holds is not known", filesystem_title(image, f));
		if (locked || (f->view && f->hides_volumes && !is_seen_through(image, f)))
			return arena_printf(image->arena, "what the %s hides was not seen", filesystem_title(image, f));
	}
	return NULL;
}

const char *image_device_unknown(struct image *image, const struct boot_device_name *name)
{
	bool tag = name->kind == BOOT_DEVICE_UUID || name->kind == BOOT_DEVICE_LABEL;

	if (!image->disk || image->have_table == UNREADABLE)
		return image->table_error.message;
	if (names_volumes(name->kind)) {
		const char *unseen = image_volumes_unseen(image);

		if (unseen)
			return unseen;
	}
	for (unsigned i = 0; tag && i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];

		if (f->have == UNREADABLE)
			return arena_printf(image->arena, "partition %d cannot be read: %s", f->partition, f->error.message);
	}
	return NULL;
}

#define BLANK_BYTES (1 * MiB)

bool filesystem_is_blank(const struct filesystem *f)
{
	uint64_t end = f->view && f->view->size < BLANK_BYTES ? f->view->size : BLANK_BYTES, offset = 0;
	uint8_t bytes[4 * KiB];

	if (f->have != ABSENT || !f->view)
		return false;
	while ((offset = view_next_data(f->view, offset)) < end) {
		size_t length = end - offset < sizeof(bytes) ? (size_t)(end - offset) : sizeof(bytes);

		if (view_read(f->view, offset, bytes, length, NULL) < 0)
			return false;
		for (size_t i = 0; i < length; i++)
			if (bytes[i])
				return false;
		offset += length;
	}
	return true;
}

/* Features that the kernel's ext2 and ext3 have: file types, recovery, meta block groups. */
#define EXT3_INCOMPATIBLE 0x16U

bool filesystem_refuses(const struct filesystem *f, const char *types)
{
	bool beyond_ext3 = f->ext && f->ext->fault == EXT_GOOD && (f->ext->incompat & ~EXT3_INCOMPATIBLE);

	return f->have == HAVE && f->type && filesystem_type_contradicts(types, f->type, beyond_ext3);
}

const char *filesystem_title(const struct image *image, const struct filesystem *f)
{
	const char *type = f->type ? f->type : "unknown";

	if (f->volume)
		return arena_printf(image->arena, "%s %s", strncmp(f->volume, "md/", 3) ? "logical volume" : "array", f->volume);
	if (!f->view)
		return arena_printf(image->arena, "encrypted volume in partition %d", f->partition);
	if (f->partition == PARTITION_WHOLE_DISK)
		return arena_printf(image->arena, "%s file system on the whole disk", type);
	return arena_printf(image->arena, "%s file system in partition %d", type, f->partition);
}
