/* SPDX-License-Identifier: MIT */
/* entries: what systemd-boot boots when nobody chooses.
 *
 * It looks on the volume that it was started from and on the XBOOTLDR partition of the same disk: entries in
 * \loader\entries whose kernel is there, unified kernel images in \EFI\Linux, and by itself Windows' boot manager and a
 * shell.  Which of them it takes is bls.h's affair.  A kernel is started as an EFI binary, so it must be one.
 */
#include <errno.h>
#include <string.h>

#include "base/guid.h"
#include "base/utf16.h"
#include "boot/bls.h"
#include "fs/fat.h"
#include "fs/fs.h"
#include "image/chain.h"
#include "partition/gpt.h"

/* The ESP and the XBOOTLDR partition. */
#define MOST_VOLUMES 2

struct menu {
	struct image *image;
	struct chain *chain;
	const struct esp *places[MOST_VOLUMES];
	const struct bls_volume *volumes[MOST_VOLUMES];
	size_t volume_count;
};

static void unreadable(struct chain *chain, const struct error *err, const char *what)
{
	chain->end = CHAIN_UNREADABLE;
	chain->error = *err;
	error_prefix(&chain->error, 0, "%s", what);
}

/* Adds what could be read of one; false when that is not all of it. */
static bool add_volume(struct menu *menu, const struct esp *place)
{
	const struct bls_volume *volume;
	struct error err;

	if (bls_read(menu->image->arena, place->fs, NULL, place->partition, &volume, &err) < 0) {
		unreadable(menu->chain, &err, "systemd-boot's entries");
		return false;
	}
	menu->places[menu->volume_count] = place;
	menu->volumes[menu->volume_count] = volume;
	menu->volume_count++;
	if (!volume->unread.code)
		return true;
	unreadable(menu->chain, &volume->unread, "systemd-boot's entries");
	return false;
}

/* Where the entry was found. */
static const struct esp *place_of(const struct menu *menu, const struct bls_entry *entry)
{
	for (size_t i = 1; i < menu->volume_count; i++)
		if (entry >= menu->volumes[i]->entries && entry < menu->volumes[i]->entries + menu->volumes[i]->entry_count)
			return menu->places[i];
	return menu->places[0];
}

/* Where an entry of type 1 says what it starts. */
static const struct bls_line *line_of(const struct bls_entry *entry)
{
	return entry->type == BLS_TYPE2 ? NULL : entry->kernel ? entry->kernel : entry->efi ? entry->efi : entry->uki;
}

/* The program that an entry starts: its path on the entry's volume. */
static const char *program_of(struct arena *arena, const struct bls_entry *entry)
{
	const struct bls_line *line = line_of(entry);
	const char *text;
	char *path;

	if (entry->type == BLS_TYPE2)
		return arena_printf(arena, "/EFI/Linux/%s", entry->file);
	text = line->value.text;
	path = arena_printf(arena, "%s%s", *text == '/' || *text == '\\' ? "" : "/", text);
	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	return path;
}

/* systemd-boot names a unified kernel image by its section .osrel, and leaves out a file that has none.  0, or a negative errno
 * if it cannot be told. */
static int is_unified(struct menu *menu, const struct esp *place, const char *path, bool *ret, struct error *err)
{
	const struct efi_binary *binary;
	const struct pe_section *release;
	int r = image_binary(menu->image, place, path, &binary, err);

	*ret = false;
	if (r == 0 && binary->have == UNREADABLE) {
		*err = binary->error;
		return -err->code;
	}
	if (r < 0 || binary->directory || binary->have != HAVE)
		return r;
	release = pe_section(binary->pe, ".osrel");
	*ret = release && (uint64_t)release->raw_offset + release->raw_size <= binary->pe->file_size;
	return 0;
}

/* systemd-boot leaves out an entry whose kernel does not exist.  *ret_count becomes how many stay; false when it cannot be
 * told. */
static bool keep_existing(struct menu *menu, const struct bls_entry **entries, size_t *ret_count)
{
	struct chain *chain = menu->chain;
	size_t kept = 0;

	for (size_t i = 0; i < *ret_count; i++) {
		const struct esp *place = place_of(menu, entries[i]);
		const char *path = program_of(menu->image->arena, entries[i]);
		struct fs_entry file;
		struct error err;
		bool stays = true;
		int r;

		/* names that it keeps for entries of its own */
		if (!ascii_ncasecmp(entries[i]->file, "auto-", 5))
			continue;
		r = fs_lookup(place->fs, menu->image->arena, path, &file, &err);
		if (r == 0 && entries[i]->type != BLS_TYPE1)
			r = is_unified(menu, place, path, &stays, &err);
		if (r == 0) {
			if (stays)
				entries[kept++] = entries[i];
		} else if (r != -ENOENT && r != -ENOTDIR && r != -ENAMETOOLONG) {
			unreadable(chain, &err, path);
			return false;
		} else if (chain->end == CHAIN_NO_ENTRIES) {
			chain->end = CHAIN_NO_ENTRY_FILE;
			chain->partition = place->partition;
			chain->path = entries[i]->source->path;
			chain->target = path;
		}
	}
	*ret_count = kept;
	return true;
}

/* Goes on with what systemd-boot starts.  Of what `linux` names it is another matter which kernel it is. */
static void start(struct menu *menu, const struct esp *place, const struct efi_binary *binary, bool is_kernel)
{
	struct chain *chain = menu->chain;
	uint16_t machine = chain->binaries[chain->count - 1]->pe->machine;

	if (!image_chain_add(chain, binary))
		return;
	if (binary->have == UNREADABLE)
		unreadable(chain, &binary->error, binary->path);
	else if (!image_binary_loads(binary, machine))
		chain->end = CHAIN_NOT_LOADABLE;
	else if (!is_kernel || binary->program->kind != EFI_UNKNOWN)
		image_chain_follow(menu->image, place, chain);
}

/* What systemd-boot adds to its menu by itself (config_load_entries of boot.c), from the ESP alone, and starts where there is
 * nothing else. */
static void follow_others(struct menu *menu)
{
	const struct esp *esp = menu->places[0];
	struct arena *arena = menu->image->arena;
	const struct efi_binary *starter = menu->chain->binaries[menu->chain->count - 1], *binary;
	const char *suffix = architectures[architecture_of_machine(starter->pe->machine)].suffix;
	struct fs_entry file;

	menu->chain->named = NULL;
	if (fs_lookup(esp->fs, arena, "/EFI/Microsoft/Boot/bootmgfw.efi", &file, NULL) == 0) {
		menu->chain->end = CHAIN_OTHER_SYSTEM;
		menu->chain->reason = "it starts Windows Boot Manager";
	} else if (suffix && image_binary(menu->image, esp, arena_printf(arena, "/shell%s.efi", suffix), &binary, NULL) == 0) {
		start(menu, esp, binary, false);
	}
}

static void follow_default(struct menu *menu, const struct bls_entry **entries, size_t count)
{
	struct chain *chain = menu->chain;
	const struct efi_binary *binary;
	const struct bls_line *line;
	const struct bls_entry *entry = bls_default(entries, count, menu->volumes[0], &line);
	const struct bls_line *program;
	struct error err;
	const char *path;

	chain->end = CHAIN_COMPLETE;
	/* a default that is no entry of these, or one that has used up its tries, is a matter of the menu */
	if (!entry)
		return;
	program = line_of(entry);
	path = program_of(menu->image->arena, entry);
	if (image_binary(menu->image, place_of(menu, entry), path, &binary, &err) < 0) {
		unreadable(chain, &err, path);
		return;
	}
	chain->named = NULL;
	if (program) {
		struct chain_place *named = ARENA_NEW(menu->image->arena, struct chain_place);

		*named = (struct chain_place){ place_of(menu, entry)->partition, entry->source->path, program->key_place.line,
					       program->key_place.column };
		chain->named = named;
	}
	start(menu, place_of(menu, entry), binary, entry->kernel);
	/* each try is counted, and the next entry's turn comes */
	if (entry->tries_left >= 0 && (chain->end == CHAIN_CIRCLE || chain->end == CHAIN_STARTS_NOTHING)) {
		chain->end = CHAIN_NOT_FOLLOWED;
		chain->reason = "the entry that is tried first starts no system, and its tries are counted";
	}
}

static const struct partition *find_xbootldr(const struct image *image)
{
	static const struct guid xbootldr = GUID(0xbc13c2ff, 0x59e6, 0x4262, 0xa352, 0xb275fd6f7172);

	for (unsigned i = 0; i < image->partition_count; i++)
		if (image->partitions[i].gpt && guid_equal(&image->partitions[i].gpt->type, &xbootldr))
			return &image->partitions[i];
	return NULL;
}

/* Opens the XBOOTLDR partition as one more place for EFI binaries.  False when there is one that cannot be read. */
static bool add_xbootldr(struct menu *menu)
{
	const struct partition *partition = find_xbootldr(menu->image);
	struct arena *arena = menu->image->arena;
	struct error err;
	struct esp *place;
	struct fat *fat;

	if (!partition)
		return true;
	place = ARENA_NEW(arena, struct esp);
	*place = (struct esp){ .partition = partition->number, .start = partition->start, .size = partition->size };
	place->view = image_partition_view(menu->image, partition);
	if (fat_open(arena, place->view, &fat, &err) < 0) {
		unreadable(menu->chain, &err, arena_printf(arena, "the XBOOTLDR partition %d", partition->number));
		return false;
	}
	if (fat->type == FAT_NONE) {
		/* systemd-boot reads what firmware has a driver for, which may be more than FAT */
		error_set(&err, EOPNOTSUPP, "it is not FAT");
		unreadable(menu->chain, &err, arena_printf(arena, "the XBOOTLDR partition %d", partition->number));
		return false;
	}
	place->have = HAVE;
	place->fat = fat;
	place->fs = fat->fs;
	return add_volume(menu, place);
}

void image_chain_entries(struct image *image, const struct esp *esp, struct chain *chain)
{
	const struct efi_binary *loader = chain->binaries[chain->count - 1];
	struct menu menu = { .image = image, .chain = chain };
	const struct bls_entry **entries;
	bool whole;
	size_t count;

	/* what cannot be read may hold the default, but takes nothing away from what can */
	whole = add_volume(&menu, esp);
	if (!menu.volume_count)
		return;
	whole = add_xbootldr(&menu) && whole;
	entries = bls_menu(image->arena, menu.volumes, menu.volume_count,
			   architectures[architecture_of_machine(loader->pe->machine)].suffix, &count);
	if (whole)
		chain->end = CHAIN_NO_ENTRIES;
	if (!keep_existing(&menu, entries, &count))
		return;
	if (count && !whole)
		chain->end = CHAIN_COMPLETE;
	else if (count)
		follow_default(&menu, entries, count);
	else if (whole)
		follow_others(&menu);
}
