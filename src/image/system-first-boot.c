/* SPDX-License-Identifier: MIT */
/* system-first-boot: devices that are not in the image because the system makes them when it starts for the first time:
 * systemd-repart's definitions (repart.d(5)), or Ignition, whose configuration the machine is given from outside.
 * They are read once: fstab may have thousands of lines that ask. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "image/system-internal.h"

struct definition {
	struct definition *next;
	const char *type, *label, *uuid, *format;
};

struct first_boot {
	struct definition *definitions;
	bool anything; /* Ignition, or more definitions than are read: what is made is not known */
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
	} names[] = { { "Type=", &ret->type }, { "Label=", &ret->label }, { "UUID=", &ret->uuid }, { "Format=", &ret->format } };

	for (size_t at = 0; at < size;) {
		size_t start = at + strspn(data + at, " \t"), end = start + strcspn(data + start, "\n");

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			size_t prefix = strlen(names[i].name), length = end - start;

			if (length > prefix && !strncmp(data + start, names[i].name, prefix)) {
				while (strchr(" \t\r", data[start + length - 1]))
					length--;
				*names[i].member = arena_strndup(arena, data + start + prefix,
								 length > prefix ? length - prefix : 0);
			}
		}
		at = end + 1 > at ? end + 1 : size;
	}
}

static const char *kept(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

static void read_file(struct system *system, const char *path, struct budget *budget)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct definition found = { 0 }, *definition;
	char *data;
	size_t size;
	int r;

	if (!budget->files || !budget->bytes) {
		system->first_boot->anything = true;
		return;
	}
	budget->files--;
	r = boot_read_file(system->fs, arena, path,
			   budget->bytes < LIMIT_CONFIGURATION_BYTES ? budget->bytes : LIMIT_CONFIGURATION_BYTES, &data, &size,
			   NULL);
	if (r == -EFBIG)
		system->first_boot->anything = true;
	if (r < 0)
		return;
	budget->bytes -= size;
	read_definition(arena, data, strnlen(data, size), &found);
	definition = ARENA_NEW(system->arena, struct definition);
	*definition = (struct definition){
		.next = system->first_boot->definitions,
		.type = kept(system->arena, found.type),
		.label = kept(system->arena, found.label),
		.uuid = kept(system->arena, found.uuid),
		.format = kept(system->arena, found.format),
	};
	system->first_boot->definitions = definition;
}

static void read_folder(struct system *system, const char *folder, struct budget *budget)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct fs_entry entry, *entries;
	size_t count;

	if (fs_resolve(system->fs, arena, folder, false, &entry, NULL, NULL) < 0 || entry.type != FS_DIRECTORY ||
	    system->fs->ops->readdir(system->fs, arena, entry.handle, &entries, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count && !system->first_boot->anything; i++) {
		size_t length = strlen(entries[i].name);

		if (length >= 5 && !strcmp(entries[i].name + length - 5, ".conf"))
			read_file(system, arena_printf(arena, "%s/%s", folder, entries[i].name), budget);
	}
}

static bool has_ignition(const struct system *system)
{
	static const char *const paths[] = { "/usr/lib/ignition", "/usr/bin/ignition", "/usr/lib/dracut/modules.d/30ignition",
					     "/boot/ignition.firstboot", "/boot/ignition" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct fs_entry entry;

		if (fs_resolve(system->fs, arena, paths[i], false, &entry, NULL, NULL) == 0)
			return true;
	}
	return false;
}

void system_read_first_boot(struct system *system)
{
	static const char *const folders[] = { "/usr/lib/repart.d", "/usr/local/lib/repart.d", "/etc/repart.d" };
	struct budget budget = { .files = LIMIT_CONFIGURATION_FILES, .bytes = LIMIT_FIRST_BOOT_BYTES };

	system->first_boot = ARENA_NEW(system->arena, struct first_boot);
	system->first_boot->anything = has_ignition(system);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !system->first_boot->anything; i++)
		read_folder(system, folders[i], &budget);
}

static bool makes(const struct definition *d, const struct boot_device_name *name)
{
	/* without a label the partition is called by its type */
	const char *label = d->label ? d->label : d->type;

	switch (name->kind) {
	case BOOT_DEVICE_UUID: /* derived from a seed that nobody knows yet */
		return d->format;
	case BOOT_DEVICE_LABEL:
		return d->format && label && !strcmp(label, name->value);
	case BOOT_DEVICE_PARTLABEL:
		return label && !strcmp(label, name->value);
	case BOOT_DEVICE_PARTUUID:
		return d->uuid && !ascii_casecmp(d->uuid, name->value);
	default:
		return false;
	}
}

bool system_makes_device(const struct system *system, const struct boot_device_name *name)
{
	const struct first_boot *made = system->first_boot;

	if (!made || (name->kind != BOOT_DEVICE_UUID && name->kind != BOOT_DEVICE_LABEL &&
		      name->kind != BOOT_DEVICE_PARTUUID && name->kind != BOOT_DEVICE_PARTLABEL))
		return false;
	for (const struct definition *d = made->definitions; d; d = d->next)
		if (makes(d, name))
			return true;
	return made->anything;
}
