/* SPDX-License-Identifier: MIT */
/* system-first-boot: devices that are not in the image because the system makes them when it starts for the first time:
 * systemd-repart's definitions (repart.d(5)), or Ignition, whose configuration the machine is given from outside.
 * They are read once: fstab may have thousands of lines that ask. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "fs/listings.h"
#include "image/system-internal.h"

struct definition {
	struct definition *next;
	const char *file; /* its name, by which drop-ins add to it: "50-root.conf" */
	const char *type, *label, *uuid, *format;
	const char *files, *folders, *copied; /* what is put into the partition: then it has a file system */
};

struct first_boot {
	struct definition *definitions;
	bool anything; /* Ignition, or more definitions than are read or can be: what is made is not known */
	bool limited;  /* because of a limit of ours */
	bool ignition, repart; /* the system has the program */
};

/* How much is read of all folders together. */
struct budget {
	size_t files, bytes;
};

static void read_definition(struct arena *arena, char *data, size_t size, struct definition *ret)
{
	const struct {
		const char *name;
		const char **member;
	} names[] = {
		{ "Type", &ret->type },       { "Label", &ret->label },
		{ "UUID", &ret->uuid },       { "Format", &ret->format },
		{ "CopyFiles", &ret->files }, { "MakeDirectories", &ret->folders },
		{ "CopyBlocks", &ret->copied },
	};

	for (size_t at = 0; at < size;) {
		size_t start = at + strspn(data + at, " \t"), end = start + strcspn(data + start, "\n");
		size_t equals = start + strcspn(data + start, "=\n"), name = equals - start, value;

		at = end + 1;
		if (equals >= end)
			continue;
		while (name && strchr(" \t", data[start + name - 1]))
			name--;
		value = equals + 1 + strspn(data + equals + 1, " \t");
		while (end > value && strchr(" \t\r", data[end - 1]))
			end--;
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (strlen(names[i].name) == name && !strncmp(data + start, names[i].name, name))
				/* nothing takes back what was said before */
				*names[i].member = end > value ? arena_strndup(arena, data + value, end - value) : NULL;
	}
}

static const char *kept(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

/* The text of a definition or of what adds to one, in the arena; NULL: it is not to be had. */
static char *read_text(struct system *system, struct arena *arena, const char *path, struct budget *budget, size_t *ret_size)
{
	char *data;
	size_t size;
	int r;

	if (!budget->files || !budget->bytes) {
		system->first_boot->anything = system->first_boot->limited = true;
		return NULL;
	}
	budget->files--;
	r = boot_read_file(system->fs, arena, path,
			   budget->bytes < LIMIT_CONFIGURATION_BYTES ? budget->bytes : LIMIT_CONFIGURATION_BYTES, &data, &size,
			   NULL);
	if (!fs_is_answer(r) && r != -EISDIR)
		system->first_boot->anything = true;
	if (r == -EFBIG)
		system->first_boot->limited = true;
	if (r < 0)
		return NULL;
	budget->bytes -= size;
	*ret_size = strnlen(data, size);
	return data;
}

static void read_into(struct system *system, const char *path, struct budget *budget, struct definition *definition)
{
	ARENA_AUTO arena = arena_new(limits_arena_bytes());
	struct definition found = *definition;
	size_t size;
	char *data = read_text(system, arena, path, budget, &size);

	if (!data)
		return;
	read_definition(arena, data, size, &found);
	definition->type = kept(system->arena, found.type);
	definition->label = kept(system->arena, found.label);
	definition->uuid = kept(system->arena, found.uuid);
	definition->format = kept(system->arena, found.format);
	definition->files = kept(system->arena, found.files);
	definition->folders = kept(system->arena, found.folders);
	definition->copied = kept(system->arena, found.copied);
}

static bool is_conf(const char *name, const char *suffix)
{
	size_t length = strlen(name), n = strlen(suffix);

	return length >= n && !strcmp(name + length - n, suffix);
}

static size_t list(struct system *system, struct arena *arena, const char *folder, struct fs_entry **ret)
{
	struct fs_entry entry, *entries;
	size_t count;
	int r = fs_resolve(system->fs, arena, folder, false, &entry, NULL, NULL);

	if (r == 0 && entry.type != FS_DIRECTORY)
		return 0;
	if (r == 0)
		r = system->fs->ops->readdir(system->fs, arena, entry.handle, &entries, &count, NULL);
	if (!fs_is_answer(r))
		system->first_boot->anything = true;
	if (r < 0)
		return 0;
	/* callers sort it, and a file system may give out its own again */
	*ret = arena_memdup(arena, entries, count * sizeof(*entries));
	return count;
}

static void read_folder(struct system *system, const char *folder, struct budget *budget)
{
	ARENA_AUTO arena = arena_new(limits_arena_bytes());
	struct fs_entry *entries;
	size_t count = list(system, arena, folder, &entries);

	for (size_t i = 0; i < count && !system->first_boot->anything; i++) {
		struct definition *definition;

		if (!is_conf(entries[i].name, ".conf"))
			continue;
		definition = ARENA_NEW(system->arena, struct definition);
		definition->file = arena_strdup(system->arena, entries[i].name);
		definition->next = system->first_boot->definitions;
		system->first_boot->definitions = definition;
		read_into(system, arena_printf(arena, "%s/%s", folder, entries[i].name), budget, definition);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct fs_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Each file of 50-root.conf.d adds to 50-root.conf, in whichever folder that one is. */
static void read_additions(struct system *system, const char *folder, const char *name, struct budget *budget)
{
	ARENA_AUTO arena = arena_new(limits_arena_bytes());
	struct first_boot *made = system->first_boot;
	struct fs_entry *entries;
	size_t count = list(system, arena, arena_printf(arena, "%s/%s", folder, name), &entries);

	if (count)
		qsort(entries, count, sizeof(*entries), by_name);
	for (size_t i = 0; i < count; i++)
		for (struct definition *d = made->definitions; d && !made->anything; d = d->next)
			if (is_conf(entries[i].name, ".conf") && strlen(d->file) + 2 == strlen(name) &&
			    !strncmp(d->file, name, strlen(d->file)))
				read_into(system, arena_printf(arena, "%s/%s/%s", folder, name, entries[i].name), budget, d);
}

static void read_folder_additions(struct system *system, const char *folder, struct budget *budget)
{
	ARENA_AUTO arena = arena_new(limits_arena_bytes());
	struct fs_entry *entries;
	size_t count = list(system, arena, folder, &entries);

	for (size_t i = 0; i < count && !system->first_boot->anything; i++)
		if (is_conf(entries[i].name, ".conf.d"))
			read_additions(system, folder, entries[i].name, budget);
}

/* Is one of these a file with something in it, or can that not be told?  A folder of that name is no program. */
static bool has_program(const struct system *system, const char *const *paths)
{
	for (; *paths; paths++) {
		ARENA_AUTO arena = arena_new(limits_arena_bytes());
		struct fs_entry entry;
		struct view *file;
		int r = fs_resolve(system->fs, arena, *paths, false, &entry, NULL, NULL);

		if (r == 0 && entry.type == FS_FILE) {
			r = fs_file_view(system->fs, arena, entry.handle, &file, NULL);
			if (r == 0 && file->size)
				return true;
		}
		if (!fs_is_answer(r))
			return true;
	}
	return false;
}

void system_read_first_boot(struct system *system)
{
	static const char *const folders[] = { "/usr/lib/repart.d", "/usr/local/lib/repart.d", "/etc/repart.d" };
	/* its dracut module has the binary beside it, or takes it from the system */
	static const char *const ignition[] = { "/usr/bin/ignition", "/usr/sbin/ignition", "/usr/libexec/ignition",
						"/usr/lib/dracut/modules.d/30ignition/ignition",
						"/usr/lib/dracut/modules.d/30ignition/module-setup.sh",
						"/usr/lib/systemd/system/ignition-disks.service", NULL };
	static const char *const repart[] = { "/usr/bin/systemd-repart", "/usr/sbin/systemd-repart", NULL };
	struct budget budget = { .files = LIMIT_CONFIGURATION_FILES, .bytes = LIMIT_FIRST_BOOT_BYTES };

	system->first_boot = ARENA_NEW(system->arena, struct first_boot);
	system->first_boot->anything = has_program(system, ignition);
	system->first_boot->ignition = system->first_boot->anything;
	system->first_boot->repart = has_program(system, repart);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !system->first_boot->anything; i++)
		read_folder(system, folders[i], &budget);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !system->first_boot->anything; i++)
		read_folder_additions(system, folders[i], &budget);
}

/* Longer ones than any name of a partition (36 characters, UEFI 5.3.3) or label of a file system (btrfs's, 255 bytes). */
#define NAME_MOST 255

/* Could the name be this one, once %m and the like are filled in when the machine starts (repart.d(5), SPECIFIERS)? */
static bool can_be(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	if (strlen(name) > NAME_MOST)
		return false;
	while (*name) {
		bool specifier = *pattern == '%' && pattern[1] && pattern[1] != '%';

		if (specifier) {
			pattern += 2;
			star = pattern;
			from = name;
		} else if (*pattern == *name) {
			pattern += *pattern == '%' && pattern[1] == '%' ? 2 : 1;
			name++;
		} else if (star) {
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '%' && pattern[1] && pattern[1] != '%')
		pattern += 2;
	return !*pattern;
}

/* Picoseconds that can_be may take: it may begin anew behind each character of the name. */
static uint64_t name_cost(const struct definition *d, const char *name)
{
	const char *pattern = d->label ? d->label : d->type;
	uint64_t most = strlen(name) < NAME_MOST ? strlen(name) : NAME_MOST;

	return COST_COMPARED + (pattern ? most * strnlen(pattern, NAME_MOST) * 1000 : 0);
}

static bool is_called(const struct definition *d, const char *name)
{
	size_t length;

	if (d->label)
		return can_be(d->label, name);
	/* without a label the partition is called by its type, with the architecture or a number behind it */
	if (!d->type)
		return false;
	length = strlen(d->type);
	return can_be(d->type, name) || (!strncmp(d->type, name, length) && name[length] == '-') ||
	       strchr(d->type, '%') || strspn(d->type, "0123456789abcdefABCDEF-") >= 32;
}

static bool makes(const struct definition *d, const struct boot_device_name *name, bool swap)
{
	bool formatted = d->format || d->files || d->folders || d->copied;

	if (d->format && !strcmp(d->format, "swap") != swap)
		return false;

	switch (name->kind) {
	case BOOT_DEVICE_UUID: /* derived from a seed that nobody knows yet */
		return formatted;
	case BOOT_DEVICE_LABEL:
		return d->copied || (formatted && is_called(d, name->value));
	case BOOT_DEVICE_PARTLABEL:
		return is_called(d, name->value);
	case BOOT_DEVICE_PARTUUID:
		return d->uuid && !ascii_casecmp(d->uuid, name->value);
	default:
		return false;
	}
}

bool system_has_definitions(const struct system *system)
{
	return system->first_boot && (system->first_boot->definitions || system->first_boot->anything);
}

bool system_has_maker(const struct system *system)
{
	return system->first_boot && (system->first_boot->ignition || system->first_boot->repart);
}

bool system_makes_device(const struct system *system, const struct boot_device_name *name, bool swap)
{
	const struct first_boot *made = system->first_boot;

	if (!made || (name->kind != BOOT_DEVICE_UUID && name->kind != BOOT_DEVICE_LABEL &&
		      name->kind != BOOT_DEVICE_PARTUUID && name->kind != BOOT_DEVICE_PARTLABEL))
		return false;
	for (const struct definition *d = made->definitions; d; d = d->next) {
		/* where it cannot be found out, it may be: that is told of */
		if (limit_spend(WORK_LOOKUPS, name_cost(d, name->value), NULL) < 0 || makes(d, name, swap))
			return true;
	}
	if (made->limited)
		limit_error(NULL, "the definitions of what systemd-repart makes at the first boot are more than %d files or %llu "
			    "bytes, or one of them has more than %llu bytes", LIMIT_CONFIGURATION_FILES,
			    (unsigned long long)LIMIT_FIRST_BOOT_BYTES, (unsigned long long)LIMIT_CONFIGURATION_BYTES);
	return made->anything;
}
