/* SPDX-License-Identifier: MIT */
/* system-first-boot: devices that are not in the image because the system makes them when it starts for the first time:
 * systemd-repart's definitions (repart.d(5)), or Ignition, whose configuration the machine is given from outside. */
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "image/system-internal.h"

struct definition {
	const char *type, *label, *uuid, *format;
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

static bool folder_makes(const struct system *system, const char *folder, const struct boot_device_name *name)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct fs_entry entry, *entries;
	size_t count;

	if (fs_resolve(system->fs, arena, folder, false, &entry, NULL, NULL) < 0 || entry.type != FS_DIRECTORY ||
	    system->fs->ops->readdir(system->fs, arena, entry.handle, &entries, &count, NULL) < 0)
		return false;
	for (size_t i = 0; i < count && i < LIMIT_CONFIGURATION_FILES; i++) {
		size_t length = strlen(entries[i].name), size;
		struct definition definition = { 0 };
		char *data;

		if (length < 5 || strcmp(entries[i].name + length - 5, ".conf") != 0 ||
		    boot_read_file(system->fs, arena, arena_printf(arena, "%s/%s", folder, entries[i].name),
				   LIMIT_CONFIGURATION_BYTES, &data, &size, NULL) < 0)
			continue;
		read_definition(arena, data, strnlen(data, size), &definition);
		if (makes(&definition, name))
			return true;
	}
	return false;
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

bool system_makes_device(const struct system *system, const struct boot_device_name *name)
{
	if (name->kind != BOOT_DEVICE_UUID && name->kind != BOOT_DEVICE_LABEL && name->kind != BOOT_DEVICE_PARTUUID &&
	    name->kind != BOOT_DEVICE_PARTLABEL)
		return false;
	return folder_makes(system, "/usr/lib/repart.d", name) || folder_makes(system, "/usr/local/lib/repart.d", name) ||
	       folder_makes(system, "/etc/repart.d", name) || has_ignition(system);
}
