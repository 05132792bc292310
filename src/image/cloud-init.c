/* SPDX-License-Identifier: MIT */
/* cloud-init: its program, and the settings that matter (cloud.cfg(5), "datasource_list"). */
#include "image/cloud-init.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "boot/text.h"
#include "fs/fs.h"
#include "image/system.h"

#define FOLDER "/etc/cloud/cloud.cfg.d"

/* 1: it is there, 0: it is not, -1: who knows? */
static int there(const struct system *system, struct arena *arena, const char *path)
{
	struct fs_entry entry;
	int rc = fs_resolve(system->fs, arena, path, false, &entry, NULL, NULL);

	return rc == 0 ? 1 : fs_is_answer(rc) ? 0 : -1;
}

/* What a file says of where to ask; *list stays as it is if it says nothing, and is unknown if it cannot be read.  A list over
 * several lines is taken to hold it. */
static void read_list(const struct system *system, struct arena *arena, const char *path, enum cloud_init *list)
{
	static const char key[] = "datasource_list:";
	char *data, *line, *save = NULL;
	size_t size;
	int rc = boot_read_file(system->fs, arena, path, LIMIT_CONFIGURATION_BYTES, &data, &size, NULL);

	if (rc < 0 && !fs_is_answer(rc) && rc != -EISDIR)
		*list = CLOUD_INIT_UNKNOWN;
	if (rc < 0)
		return;
	for (line = strtok_r(data, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		if (strchr(line, '[') && strchr(line, ']') && !strstr(line, "NoCloud"))
			*list = CLOUD_INIT_ABSENT;
		else
			*list = CLOUD_INIT_PRESENT;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct fs_entry *const *)a)->name, (*(const struct fs_entry *const *)b)->name);
}

/* The files are read in the order of their names, and the last word counts. */
static enum cloud_init asks_nocloud(const struct system *system, struct arena *arena)
{
	enum cloud_init list = CLOUD_INIT_PRESENT;
	struct fs_entry folder, *entries;
	const struct fs_entry **sorted;
	size_t count;
	int rc;

	read_list(system, arena, "/etc/cloud/cloud.cfg", &list);
	rc = fs_resolve(system->fs, arena, FOLDER, false, &folder, NULL, NULL);
	if (rc == 0)
		rc = system->fs->ops->readdir(system->fs, arena, folder.handle, &entries, &count, NULL);
	if (rc < 0)
		return fs_is_answer(rc) ? list : CLOUD_INIT_UNKNOWN;
	sorted = ARENA_ARRAY(arena, count, const struct fs_entry *);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &entries[i];
	qsort(sorted, count, sizeof(*sorted), by_name);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(sorted[i]->name);

		if (length > 4 && !strcmp(sorted[i]->name + length - 4, ".cfg"))
			read_list(system, arena, arena_printf(arena, FOLDER "/%s", sorted[i]->name), &list);
	}
	return list;
}

static enum cloud_init of_system(const struct system *system)
{
	static const char *const programs[] = { "/usr/bin/cloud-init", "/usr/local/bin/cloud-init", "/bin/cloud-init" };
	ARENA_AUTO arena = arena_new(limits_arena_bytes());
	int found = 0, disabled;

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs) && found <= 0; i++) {
		int one = there(system, arena, programs[i]);

		found = one ? one : found;
	}
	disabled = found > 0 ? there(system, arena, "/etc/cloud/cloud-init.disabled") : 0;
	if (disabled > 0)
		return CLOUD_INIT_ABSENT;
	if (found > 0)
		return disabled < 0 ? CLOUD_INIT_UNKNOWN : asks_nocloud(system, arena);
	return found < 0 || system->partial.code ? CLOUD_INIT_UNKNOWN : CLOUD_INIT_ABSENT;
}

enum cloud_init image_cloud_init(struct image *image)
{
	enum cloud_init is = CLOUD_INIT_ABSENT;

	if (!image->has_system_facts)
		return CLOUD_INIT_UNKNOWN;
	for (unsigned i = 0; i < image->system_count; i++) {
		enum cloud_init one = image->systems[i].fs ? of_system(&image->systems[i]) : CLOUD_INIT_UNKNOWN;

		if (one == CLOUD_INIT_PRESENT)
			return one;
		if (one == CLOUD_INIT_UNKNOWN)
			is = one;
	}
	/* a root may be where we could not look, or in an initrd */
	return image->systems_error.code || !image->system_count ? CLOUD_INIT_UNKNOWN : is;
}
