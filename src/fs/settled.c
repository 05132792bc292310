/* SPDX-License-Identifier: MIT */
/* settled: a table by the files' handles. */
#include "fs/settled.h"

#include <errno.h>
#include <stdio.h>

static void note(struct settled *settled, const struct fs_entry *entry, enum fs_type actual, bool deleted)
{
	struct fs_mismatch *mismatch = &settled->mismatch;

	if (mismatch->found || (entry->type == actual && !deleted))
		return;
	*mismatch = (struct fs_mismatch){ .found = true, .listed = entry->type, .actual = actual, .deleted = deleted };
	snprintf(mismatch->name, sizeof(mismatch->name), "%s", entry->name);
}

bool settled_before(struct settled *settled, struct fs_entry *entry)
{
	size_t at = entry->handle % SETTLED_FILES;

	if (!settled->files[at].known || settled->files[at].handle != entry->handle)
		return false;
	note(settled, entry, settled->files[at].type, false);
	entry->type = settled->files[at].type;
	return true;
}

void settled_as(struct settled *settled, struct fs_entry *entry, enum fs_type actual)
{
	size_t at = entry->handle % SETTLED_FILES;

	settled->files[at].known = true;
	settled->files[at].handle = entry->handle;
	settled->files[at].type = actual;
	note(settled, entry, actual, false);
	entry->type = actual;
}

int settled_as_deleted(struct settled *settled, const struct fs_entry *entry, struct error *err)
{
	note(settled, entry, FS_OTHER, true);
	return error_set(err, EUCLEAN, "%s: its inode is not in use", entry->name);
}
