/* SPDX-License-Identifier: MIT */
/* fs-list: prints the tree of a file system, and copies its files out, for the small programs that tests call. */
#ifndef TESTS_FS_LIST_H
#define TESTS_FS_LIST_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fs/fs.h"

static inline void fs_die(const char *what, const struct error *err)
{
	fprintf(stderr, "%s: %s\n", what, err->message);
	exit(2);
}

static inline void fs_copy(struct fs *fs, struct arena *arena, const struct fs_entry *entry, const char *to)
{
	struct error err;
	struct view *view;
	FILE *f = fopen(to, "we");
	static char data[100003]; /* never a multiple of the block size */

	if (!f || fs_file_view(fs, arena, entry->handle, &view, &err) < 0)
		fs_die(to, &err);
	for (uint64_t at = 0; at < view->size; at += sizeof(data)) {
		size_t n = view->size - at < sizeof(data) ? (size_t)(view->size - at) : sizeof(data);

		if (view_read(view, at, data, n, &err) < 0)
			fs_die(to, &err);
		fwrite(data, 1, n, f);
	}
	fclose(f);
}

/* A folder that lies in itself would be listed without end; no fixture is as deep as this. */
#define FS_LIST_DEPTH 24

/* "mode size path [-> target]", one a line; with a folder, every file is written below it. */
static inline void fs_list(struct fs *fs, struct arena *arena, uint64_t directory, const char *path, const char *folder)
{
	struct fs_entry *entries;
	struct error err;
	size_t count, depth = 0;

	for (const char *p = path; *p; p++)
		depth += *p == '/';
	if (depth > FS_LIST_DEPTH) {
		fprintf(stderr, "%s: folders are nested too deeply for this listing\n", path);
		exit(2);
	}
	if (fs->ops->readdir(fs, arena, directory, &entries, &count, &err) < 0)
		fs_die(path, &err);
	for (size_t i = 0; i < count; i++) {
		const char *full = arena_printf(arena, "%s/%s", path, entries[i].name);
		const char *to = folder ? arena_printf(arena, "%s%s", folder, full) : NULL;
		struct fs_stat st;
		char *target;

		if (fs->ops->stat(fs, entries[i].handle, &st, &err) < 0)
			fs_die(full, &err);
		if (st.type != entries[i].type) {
			fprintf(stderr, "%s: the entry and the inode are of different types\n", full);
			exit(2);
		}
		printf("%06o %llu %s", st.mode, st.type == FS_FILE ? (unsigned long long)st.size : 0ULL, full);
		if (st.type == FS_SYMLINK) {
			if (fs->ops->readlink(fs, arena, entries[i].handle, &target, &err) < 0)
				fs_die(full, &err);
			printf(" -> %s", target);
		}
		printf("\n");
		if (st.type == FS_DIRECTORY) {
			if (to)
				mkdir(to, 0755);
			fs_list(fs, arena, entries[i].handle, full, folder);
		} else if (st.type == FS_FILE && to) {
			fs_copy(fs, arena, &entries[i], to);
		}
	}
}

#endif
