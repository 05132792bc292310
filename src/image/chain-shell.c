/* SPDX-License-Identifier: MIT */
/* chain-shell: the script that edk2's shell starts by itself, wherever firmware would find it (Shell.c: LocateStartupScript; its
 * search path is \EFI\TOOLS, \EFI\BOOT and the root of each volume). */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "fs/fat.h"
#include "fs/fs.h"
#include "image/chain.h"
#include "image/image.h"

/* So many partitions beside the ESPs are looked at: none has such a script that is not meant for the shell. */
#define MOST_PARTITIONS 16

static int find_in(struct image *image, struct fs *fs, const char *folder, struct error *err)
{
	const char *path = arena_printf(image->arena, "%s/startup.nsh", folder);
	struct fs_entry entry;
	int r = fs_lookup(fs, image->arena, path, &entry, err);

	if (r == 0)
		return 1;
	return fs_is_answer(r) ? 0 : r;
}

static int find_on(struct image *image, struct fs *fs, struct error *err)
{
	static const char *const folders[] = { "", "/EFI/TOOLS", "/EFI/BOOT" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(folders) / sizeof(*folders); i++)
		r = find_in(image, fs, folders[i], err);
	return r;
}

/* Firmware reads FAT on a partition of any type. */
static int find_on_partition(struct image *image, const struct partition *partition, struct error *err)
{
	struct fat *fat;
	int r;

	for (unsigned i = 0; i < image->esp_count; i++)
		if (image->esps[i].partition == partition->number)
			return 0;
	r = fat_open(image->arena, image_partition_view(image, partition), &fat, err);
	return r == 0 && fat->type != FAT_NONE ? find_on(image, fat->fs, err) : r;
}

int image_shell_script(struct image *image, const struct efi_binary *shell, struct error *err)
{
	size_t folder = (size_t)(strrchr(shell->path, '/') - shell->path);
	int r = find_in(image, shell->esp->fs, arena_strndup(image->arena, shell->path, folder), err);

	if (r == 0)
		r = find_on(image, shell->esp->fs, err);
	for (unsigned i = 0; r == 0 && i < image->esp_count; i++) {
		if (image->esps[i].have == HAVE)
			r = find_on(image, image->esps[i].fs, err);
		else if (image->esps[i].have == UNREADABLE)
			r = error_set(err, EIO, "the EFI system partition %d cannot be read", image->esps[i].partition);
	}
	for (unsigned i = 0; r == 0 && i < image->partition_count; i++) {
		if (i == MOST_PARTITIONS)
			return limit_error(err, "it may be on any of %u partitions, of which %d are looked at, a limit that no "
					   "option raises", image->partition_count, MOST_PARTITIONS);
		r = find_on_partition(image, &image->partitions[i], err);
	}
	return r;
}
