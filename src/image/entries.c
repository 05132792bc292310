/* SPDX-License-Identifier: MIT */
/* entries: does systemd-boot find something to boot?
 *
 * It looks on the volume that it was started from and on the XBOOTLDR partition of the same disk (The Boot Loader Specification):
 * \loader\entries\*.conf whose kernel is there, unified kernel images in \EFI\Linux, and by itself Windows' boot manager
 * and a shell.  What the entries say besides is not looked at.
 */
#include <errno.h>
#include <string.h>

#include "base/guid.h"
#include "base/limits.h"
#include "base/utf16.h"
#include "fs/fat.h"
#include "fs/fs.h"
#include "image/chain.h"
#include "partition/gpt.h"

struct volume {
	struct image *image;
	struct fs *fs;
	const struct fat *fat;
	int partition;
	struct chain *chain;
};

static bool has_file(struct volume *v, const char *path)
{
	struct fs_entry entry;

	return fs_lookup(v->fs, v->image->arena, path, &entry, NULL) == 0 && entry.type == FS_FILE;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && !ascii_casecmp(name + n - m, end);
}

/* The entries of a folder; none when there is no such folder.  False when it could not be read. */
static bool list(struct volume *v, const char *path, struct fs_entry **ret, size_t *ret_count)
{
	struct fs_entry folder;
	struct error err;
	int r;

	*ret_count = 0;
	r = fs_lookup(v->fs, v->image->arena, path, &folder, &err);
	if (r >= 0 && folder.type == FS_DIRECTORY)
		r = v->fs->ops->readdir(v->fs, v->image->arena, folder.handle, ret, ret_count, &err);
	if (r >= 0 || r == -ENOENT || r == -ENOTDIR)
		return true;
	v->chain->end = CHAIN_UNREADABLE;
	v->chain->error = err;
	error_prefix(&v->chain->error, 0, "%s", path);
	return false;
}

/* The value of the first of these keys that a line has: "linux /vmlinuz".  NULL when none has one. */
static const char *kernel_of(struct arena *arena, const char *text, size_t size)
{
	static const char *const keys[] = { "linux", "efi", "uki" };

	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;
		size_t key, blank;

		for (blank = 0; blank < length && (text[blank] == ' ' || text[blank] == '\t'); blank++)
			;
		for (key = blank; key < length && text[key] != ' ' && text[key] != '\t'; key++)
			;
		for (size_t i = 0; i < 3; i++) {
			const char *value = text + key;
			size_t left = length - key;

			if (key - blank != strlen(keys[i]) || memcmp(text + blank, keys[i], key - blank))
				continue;
			while (left && (*value == ' ' || *value == '\t')) {
				value++;
				left--;
			}
			while (left && (value[left - 1] == ' ' || value[left - 1] == '\t' || value[left - 1] == '\r'))
				left--;
			if (left)
				return arena_strndup(arena, value, left);
		}
		text += end ? length + 1 : length;
		size -= end ? length + 1 : length;
	}
	return NULL;
}

/* An entry counts if the kernel that it names is there: systemd-boot leaves out the others. */
static bool entry_boots(struct volume *v, const struct fs_entry *entry)
{
	struct arena *arena = v->image->arena;
	struct chain *chain = v->chain;
	const char *kernel;
	struct view *file;
	struct error err;
	char *text, *path;
	int r;

	r = fs_file_view(v->fs, arena, entry->handle, &file, &err);
	if (r >= 0 && file->size > LIMIT_TEXT_FILE)
		r = error_set(&err, EFBIG, "it has more than %llu bytes", LIMIT_TEXT_FILE);
	if (r >= 0) {
		text = arena_alloc(arena, (size_t)file->size + 1);
		r = view_read(file, 0, text, (size_t)file->size, &err);
	}
	if (r < 0) {
		chain->end = CHAIN_UNREADABLE;
		chain->error = err;
		error_prefix(&chain->error, 0, "%s", fat_path(v->fat, arena, entry->handle));
		return false;
	}
	kernel = kernel_of(arena, text, (size_t)file->size);
	if (!kernel)
		return false;
	path = arena_printf(arena, "%s%s", *kernel == '/' || *kernel == '\\' ? "" : "/", kernel);
	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	if (has_file(v, path))
		return true;
	if (chain->end == CHAIN_NO_ENTRIES) {
		chain->end = CHAIN_NO_ENTRY_FILE;
		chain->partition = v->partition;
		chain->path = fat_path(v->fat, arena, entry->handle);
		chain->target = path;
	}
	return false;
}

/* Is there something to boot on this volume?  False also when it could not be read, with the chain's end set. */
static bool volume_boots(struct volume *v)
{
	struct fs_entry *entries;
	size_t count;

	if (!list(v, "/EFI/Linux", &entries, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (entries[i].type == FS_FILE && ends_with(entries[i].name, ".efi") &&
		    ascii_ncasecmp(entries[i].name, "auto-", 5))
			return true;
	if (!list(v, "/loader/entries", &entries, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].type != FS_FILE || !ends_with(entries[i].name, ".conf") ||
		    !ascii_ncasecmp(entries[i].name, "auto-", 5))
			continue;
		if (entry_boots(v, &entries[i]))
			return true;
		if (v->chain->end == CHAIN_UNREADABLE)
			return false;
	}
	return false;
}

/* What systemd-boot adds to its menu by itself (config_load_entries of boot.c), on the ESP alone. */
static bool finds_others(struct volume *v)
{
	if (has_file(v, "/EFI/Microsoft/Boot/bootmgfw.efi"))
		return true;
	for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++)
		if (has_file(v, arena_printf(v->image->arena, "/shell%s.efi", architectures[a].suffix)))
			return true;
	return false;
}

static const struct partition *find_xbootldr(const struct image *image)
{
	static const struct guid xbootldr = GUID(0xbc13c2ff, 0x59e6, 0x4262, 0xa352, 0xb275fd6f7172);

	for (unsigned i = 0; i < image->partition_count; i++)
		if (image->partitions[i].gpt && guid_equal(&image->partitions[i].gpt->type, &xbootldr))
			return &image->partitions[i];
	return NULL;
}

void image_chain_entries(struct image *image, const struct esp *esp, struct chain *chain)
{
	struct volume v = { image, esp->fs, esp->fat, esp->partition, chain };
	const struct partition *xbootldr = find_xbootldr(image);
	struct error err;
	struct fat *fat;

	chain->end = CHAIN_NO_ENTRIES;
	if (volume_boots(&v) || (chain->end != CHAIN_UNREADABLE && finds_others(&v))) {
		chain->end = CHAIN_COMPLETE;
		return;
	}
	if (chain->end == CHAIN_UNREADABLE || !xbootldr)
		return;
	if (fat_open(image->arena, image_partition_view(image, xbootldr), &fat, &err) < 0) {
		chain->end = CHAIN_UNREADABLE;
		chain->error = err;
		error_prefix(&chain->error, 0, "the XBOOTLDR partition %d", xbootldr->number);
		return;
	}
	if (fat->type == FAT_NONE) {
		/* systemd-boot reads what firmware has a driver for, which may be more than FAT */
		chain->end = CHAIN_UNREADABLE;
		error_set(&chain->error, EOPNOTSUPP, "the XBOOTLDR partition %d is not FAT: its entries cannot be read",
			  xbootldr->number);
		return;
	}
	v = (struct volume){ image, fat->fs, fat, xbootldr->number, chain };
	if (volume_boots(&v))
		chain->end = CHAIN_COMPLETE;
}
