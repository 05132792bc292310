/* SPDX-License-Identifier: MIT */
/* chain: shim, fallback, BOOT.CSV and the shell, each step as their sources have it.  systemd-boot's entries are in entries.c,
 * the shell's script in chain-shell.c. */
#include "image/chain.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "fs/fat.h"
#include "fs/fs.h"

struct walk {
	struct image *image;
	const struct esp *esp;
	struct chain *chain;
};

/* "/EFI/debian" of "/EFI/debian/shimaa64.efi" */
static const char *folder_of(struct arena *arena, const char *path)
{
	return arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path));
}

/* Takes the last name off a path. */
static size_t parent(const char *path, size_t length)
{
	while (length && path[--length] != '/')
		;
	return length;
}

/* Joins a folder and a name as an EFI program gives it: backslashes part it, and edk2 knows "." and "..". */
static const char *join(struct arena *arena, const char *folder, const char *name)
{
	char *path = arena_alloc(arena, strlen(folder) + strlen(name) + 2);
	size_t length = strlen(folder);

	memcpy(path, folder, length);
	while (*name) {
		size_t n = strcspn(name, "\\");

		if (n == 2 && !memcmp(name, "..", 2)) {
			length = parent(path, length);
		} else if (n && !(n == 1 && *name == '.')) {
			path[length++] = '/';
			memcpy(path + length, name, n);
			length += n;
		}
		name += n + (name[n] == '\\');
	}
	path[length] = '\0';
	return path;
}

static const char *suffix_of(const struct efi_binary *binary)
{
	return architectures[architecture_of_machine(binary->pe->machine)].suffix;
}

static void unreadable(struct walk *w, const struct error *err, const char *path)
{
	w->chain->end = CHAIN_UNREADABLE;
	w->chain->error = *err;
	error_prefix(&w->chain->error, 0, "%s", path);
}

static void not_followed(struct walk *w, const char *reason)
{
	w->chain->end = CHAIN_NOT_FOLLOWED;
	w->chain->reason = reason;
}

bool image_chain_add(struct chain *chain, const struct efi_binary *binary)
{
	/* each does the same whenever it is started */
	for (unsigned i = 0; i < chain->count; i++)
		if (chain->binaries[i] == binary) {
			chain->end = CHAIN_CIRCLE;
			chain->target = binary->path;
			return false;
		}
	if (chain->count == CHAIN_LENGTH) {
		chain->end = CHAIN_NOT_FOLLOWED;
		chain->reason = "so many programs start each other that they were not followed";
		return false;
	}
	chain->binaries[chain->count++] = binary;
	return true;
}

/* Adds the binary at a path and says whether the walk goes on with it.  A missing one is `end`. */
static bool step(struct walk *w, const char *path, enum chain_end end, const struct efi_binary *starter)
{
	struct chain *chain = w->chain;
	const struct efi_binary *binary;
	struct error err;
	int r = image_binary(w->image, w->esp, path, &binary, &err);

	if (r == -ENOENT || r == -ENOTDIR) {
		chain->end = end;
		if (end == CHAIN_ENTRY_MISSING)
			chain->target = path;
		else
			chain->path = path;
		return false;
	}
	if (r < 0) {
		unreadable(w, &err, path);
		return false;
	}
	if (!image_chain_add(chain, binary))
		return false;
	if (binary->have == UNREADABLE) {
		unreadable(w, &binary->error, binary->path);
		return false;
	}
	if (!image_binary_loads(binary, starter->pe->machine)) {
		chain->end = CHAIN_NOT_LOADABLE;
		return false;
	}
	return true;
}

static void follow(struct walk *w, const struct efi_binary *binary);

/* shim: fallback if shim stands at the removable path and fallback beside it, else its default loader beside it. */
static void follow_shim(struct walk *w, const struct efi_binary *shim)
{
	struct arena *arena = w->image->arena;
	const char *suffix = suffix_of(shim);
	const char *folder = folder_of(arena, shim->path);
	const char *name = strrchr(shim->path, '/') + 1;
	size_t length = strlen(name);
	struct fs_entry entry;

	w->chain->named = NULL;
	if (!suffix) {
		not_followed(w, "shim is for a machine whose file names are not known");
		return;
	}
	if (!ascii_casecmp(folder, "/EFI/BOOT") && !ascii_ncasecmp(name, "BOOT", 4) && length > 4 &&
	    !ascii_casecmp(name + length - 4, ".EFI")) {
		const char *fallback = arena_printf(arena, "%s/fb%s.efi", folder, suffix);
		struct error err;
		int r = fs_lookup(w->esp->fs, arena, fallback, &entry, &err);

		if (!fs_is_answer(r)) {
			unreadable(w, &err, fallback);
			return;
		}
		if (r == 0) {
			if (step(w, fallback, CHAIN_NEXT_MISSING, shim))
				follow(w, w->chain->binaries[w->chain->count - 1]);
			return;
		}
	}
	if (!shim->program->loader) {
		not_followed(w, "shim does not say what it starts");
		return;
	}
	if (step(w, join(arena, folder, shim->program->loader), CHAIN_NEXT_MISSING, shim))
		follow(w, w->chain->binaries[w->chain->count - 1]);
}

/* shim takes the first word of what it is told for the path of what it starts, if there is such a file; of a path that does not
 * begin with \EFI\ it is another matter where that is. */
static void follow_options(struct walk *w, const struct efi_binary *shim, const char *options)
{
	const struct chain_place *named = w->chain->named;
	size_t length = strcspn(options, " ");
	struct fs_entry entry;
	struct error err;
	const char *path;
	int r;

	if (strncmp(options, "\\EFI\\", 5) != 0 || options[length + strspn(options + length, " ")]) {
		not_followed(w, "BOOT.CSV gives shim options, which may name another loader");
		return;
	}
	path = join(w->image->arena, "", arena_strndup(w->image->arena, options, length));
	r = fs_lookup(w->esp->fs, w->image->arena, path, &entry, &err);
	if (!fs_is_answer(r)) {
		unreadable(w, &err, path);
	} else if (r < 0) {
		follow_shim(w, shim);
	} else if (step(w, path, CHAIN_ENTRY_MISSING, shim)) {
		w->chain->named = named;
		follow(w, w->chain->binaries[w->chain->count - 1]);
	}
}

/* The CSV that fallback takes in one folder below \EFI: BOOT<ARCH>.CSV, else BOOT.CSV. */
static bool find_csv(struct walk *w, const struct fs_entry *folder, const char *suffix, struct fs_entry *ret)
{
	const char *exact = arena_printf(w->image->arena, "boot%s.csv", suffix);
	struct fs_entry *entries, *plain = NULL;
	struct error err;
	size_t count;
	int r;

	if (folder->type != FS_DIRECTORY || !ascii_casecmp(folder->name, "BOOT"))
		return false;
	r = w->esp->fs->ops->readdir(w->esp->fs, w->image->arena, folder->handle, &entries, &count, &err);
	if (r < 0) {
		unreadable(w, &err, folder->name);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!ascii_casecmp(entries[i].name, exact)) {
			*ret = entries[i];
			return true;
		}
		if (!plain && !ascii_casecmp(entries[i].name, "boot.csv"))
			plain = &entries[i];
	}
	if (plain)
		*ret = *plain;
	return plain;
}

/* fallback starts the first line of the first CSV, in the order in which the folders lie on disk. */
static void follow_csv(struct walk *w, const struct efi_binary *fallback, const struct fs_entry *entry,
		       const char *path)
{
	struct arena *arena = w->image->arena;
	struct chain *chain = w->chain;
	struct chain_place *named;
	const struct csv *csv;
	struct view *file;
	struct error err;
	int r;

	r = fs_file_view(w->esp->fs, arena, entry->handle, &file, &err);
	if (r >= 0)
		r = csv_read(arena, file, &csv, &err);
	if (r < 0) {
		unreadable(w, &err, path);
		return;
	}
	/* a CSV without entries does no harm when another one has some */
	if (!csv->row_count && chain->csv)
		return;
	chain->csv = csv;
	chain->path = path;
	chain->end = CHAIN_CSV_EMPTY;
	if (!csv->row_count)
		return;
	chain->line = csv->rows[0].line;
	chain->end = CHAIN_COMPLETE;
	named = ARENA_NEW(arena, struct chain_place);
	*named = (struct chain_place){ w->esp->partition, path, chain->line, 1 };
	chain->named = named;
	/* to firmware a slash is no separator, and no character of a FAT name */
	if (strchr(csv->rows[0].loader, '/')) {
		chain->end = CHAIN_ENTRY_MISSING;
		chain->target = csv->rows[0].loader;
		return;
	}
	if (!step(w, join(arena, folder_of(arena, path), csv->rows[0].loader), CHAIN_ENTRY_MISSING, fallback))
		return;
	if (*csv->rows[0].options && chain->binaries[chain->count - 1]->program->kind == EFI_SHIM)
		follow_options(w, chain->binaries[chain->count - 1], csv->rows[0].options);
	else
		follow(w, chain->binaries[chain->count - 1]);
}

static void follow_fallback(struct walk *w, const struct efi_binary *fallback)
{
	struct arena *arena = w->image->arena;
	struct fs *fs = w->esp->fs;
	const char *suffix = suffix_of(fallback);
	struct fs_entry efi, *folders, csv;
	struct error err;
	size_t count;
	int r;

	if (!suffix) {
		not_followed(w, "fallback is for a machine whose file names are not known");
		return;
	}
	r = fs_lookup(fs, arena, "/EFI", &efi, &err);
	if (r >= 0)
		r = fs->ops->readdir(fs, arena, efi.handle, &folders, &count, &err);
	if (r < 0) {
		unreadable(w, &err, "/EFI");
		return;
	}
	w->chain->end = CHAIN_NO_CSV;
	for (size_t i = 0; i < count; i++) {
		if (find_csv(w, &folders[i], suffix, &csv))
			follow_csv(w, fallback, &csv, fat_path(w->esp->fat, arena, csv.handle));
		if (w->chain->end != CHAIN_NO_CSV && w->chain->end != CHAIN_CSV_EMPTY)
			return;
	}
	if (w->chain->end == CHAIN_NO_CSV) {
		char *name = arena_printf(arena, "BOOT%s.CSV", suffix);

		for (char *p = name; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		w->chain->path = name;
	}
}

static void follow_shell(struct walk *w, const struct efi_binary *shell)
{
	struct error err;
	int r = image_shell_script(w->image, shell, &err);

	if (r < 0) {
		unreadable(w, &err, "startup.nsh");
	} else if (r > 0) {
		not_followed(w, "what startup.nsh has the UEFI shell start is not known");
	} else {
		w->chain->end = CHAIN_STARTS_NOTHING;
		w->chain->reason = "it finds no startup.nsh, and waits for somebody who types";
	}
}

static void follow(struct walk *w, const struct efi_binary *binary)
{
	const struct efi_program *program = binary->program;

	switch (program->kind) {
	case EFI_SHIM:
		follow_shim(w, binary);
		return;
	case EFI_FALLBACK:
		follow_fallback(w, binary);
		return;
	case EFI_SYSTEMD_BOOT:
		image_chain_entries(w->image, w->esp, w->chain);
		return;
	case EFI_STUB:
	case EFI_ADDON:
		w->chain->end = CHAIN_NO_KERNEL;
		return;
	case EFI_GRUB:
	case EFI_UKI:
	case EFI_LINUX:
	case EFI_LINUX_ZBOOT:
		w->chain->end = CHAIN_COMPLETE;
		return;
	case EFI_MOK_MANAGER:
		w->chain->end = CHAIN_STARTS_NOTHING;
		w->chain->reason = "it lets somebody at the console enrol keys, and starts no system";
		return;
	case EFI_SHELL:
		follow_shell(w, binary);
		return;
	case EFI_WINDOWS:
		w->chain->end = CHAIN_OTHER_SYSTEM;
		w->chain->reason = "it is Windows Boot Manager";
		return;
	case EFI_UNKNOWN:
		break;
	}
	not_followed(w, arena_printf(w->image->arena, "what %s starts next is not known (%s)",
				     efi_kind_name(program->kind),
				     program->evidence ? program->evidence : "it does not say what it is"));
}

void image_chain_follow(struct image *image, const struct esp *esp, struct chain *chain)
{
	struct walk w = { .image = image, .esp = esp, .chain = chain };

	chain->partition = esp->partition;
	follow(&w, chain->binaries[chain->count - 1]);
}

const struct chain *image_chain(struct image *image, const struct efi_binary *loader)
{
	struct chain *chain = ARENA_NEW(image->arena, struct chain);

	chain->binaries[chain->count++] = loader;
	image_chain_follow(image, loader->esp, chain);
	return chain;
}
