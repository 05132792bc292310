/* SPDX-License-Identifier: MIT */
/* visit: asks a file system everything about everything, for tests that only care that it survives. */
#ifndef TESTS_UNIT_VISIT_H
#define TESTS_UNIT_VISIT_H

#include "base/limits.h"
#include "fs/fs.h"

/* Below `directory`, as long as `budget` entries last and not deeper than `depth` folders; answers and errors are dropped. */
static inline void visit(struct fs *fs, struct arena *arena, uint64_t directory, const char *xattr, unsigned *budget,
			 unsigned depth)
{
	static uint8_t data[64 * KiB];
	struct fs_entry *entries;
	struct error err;
	size_t count;

	if (fs->ops->readdir(fs, arena, directory, &entries, &count, &err) < 0)
		return;
	for (size_t i = 0; i < count && *budget; i++, --*budget) {
		struct fs_stat st;
		void *value;
		size_t length;
		char *target;

		if (fs->ops->stat(fs, entries[i].handle, &st, &err) < 0)
			continue;
		(void)fs->ops->getxattr(fs, arena, entries[i].handle, xattr, &value, &length, &err);
		if (st.type == FS_SYMLINK)
			(void)fs->ops->readlink(fs, arena, entries[i].handle, &target, &err);
		if (st.type == FS_DIRECTORY && depth)
			visit(fs, arena, entries[i].handle, xattr, budget, depth - 1);
		if (st.type != FS_FILE)
			continue;
		length = st.size < sizeof(data) ? (size_t)st.size : sizeof(data);
		(void)fs->ops->pread(fs, entries[i].handle, 0, data, length, &err);
		(void)fs->ops->pread(fs, entries[i].handle, st.size - length, data, length, &err);
	}
}

#endif
