/* SPDX-License-Identifier: MIT */
/* fs-dump: prints what the ext2/3/4 or squashfs reader makes of a file system, for tests/differential/{ext,squashfs}.bats.
 *
 *   fs-dump VOLUME [FOLDER]          facts and listing; with FOLDER, every file is written below it
 *   fs-dump VOLUME -p PATH           where a path with symbolic links leads
 *   fs-dump VOLUME -x PATH NAME      an extended attribute
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "fs/ext.h"
#include "fs/squashfs.h"

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "fs-dump: %s: %s\n", what, err->message);
	exit(2);
}

static void copy(struct fs *fs, struct arena *arena, const struct fs_entry *entry, const char *to)
{
	struct error err;
	struct view *view;
	FILE *f = fopen(to, "we");
	static char data[100003]; /* never a multiple of the block size */

	if (!f || fs_file_view(fs, arena, entry->handle, &view, &err) < 0)
		die(to, &err);
	for (uint64_t at = 0; at < view->size; at += sizeof(data)) {
		size_t n = view->size - at < sizeof(data) ? (size_t)(view->size - at) : sizeof(data);

		if (view_read(view, at, data, n, &err) < 0)
			die(to, &err);
		fwrite(data, 1, n, f);
	}
	fclose(f);
}

static void list(struct fs *fs, struct arena *arena, uint64_t directory, const char *path, const char *folder)
{
	struct fs_entry *entries;
	struct error err;
	size_t count;

	if (fs->ops->readdir(fs, arena, directory, &entries, &count, &err) < 0)
		die(path, &err);
	for (size_t i = 0; i < count; i++) {
		const char *full = arena_printf(arena, "%s/%s", path, entries[i].name);
		const char *to = folder ? arena_printf(arena, "%s%s", folder, full) : NULL;
		struct fs_stat st;
		char *target;

		if (fs->ops->stat(fs, entries[i].handle, &st, &err) < 0)
			die(full, &err);
		if (st.type != entries[i].type) {
			fprintf(stderr, "fs-dump: %s: the entry and the inode are of different types\n", full);
			exit(2);
		}
		printf("%06o %llu %s", st.mode, st.type == FS_FILE ? (unsigned long long)st.size : 0ULL, full);
		if (st.type == FS_SYMLINK) {
			if (fs->ops->readlink(fs, arena, entries[i].handle, &target, &err) < 0)
				die(full, &err);
			printf(" -> %s", target);
		}
		printf("\n");
		if (st.type == FS_DIRECTORY) {
			if (to)
				mkdir(to, 0755);
			list(fs, arena, entries[i].handle, full, folder);
		} else if (st.type == FS_FILE && to) {
			copy(fs, arena, &entries[i], to);
		}
	}
}

static int resolve(struct fs *fs, struct arena *arena, const char *path)
{
	struct fs_entry entry;
	struct error err;
	const char *real;
	int r = fs_resolve(fs, arena, path, false, &entry, &real, &err);

	if (r < 0)
		printf("%s at %s\n", strerrorname_np(-r), real ? real : "-");
	else
		printf("%s\n", real);
	return 0;
}

static int attribute(struct fs *fs, struct arena *arena, const char *path, const char *name)
{
	struct fs_entry entry;
	struct error err;
	void *value;
	size_t size;

	if (fs_resolve(fs, arena, path, false, &entry, NULL, &err) < 0 ||
	    fs->ops->getxattr(fs, arena, entry.handle, name, &value, &size, &err) < 0)
		die(path, &err);
	fwrite(value, 1, size, stdout);
	return 0;
}

static void ext_facts(const struct ext *ext)
{
	struct fs_statfs sf;
	struct error err;

	(void)ext->fs->ops->statfs(ext->fs, &sf, &err);
	printf("type %s uuid %s label %s\n", ext->type, ext->uuid_text, ext->label);
	printf("features %s\n", ext->features);
	printf("blocks %llu of %u free %llu\n", (unsigned long long)sf.blocks, sf.block_size,
	       (unsigned long long)sf.free_blocks);
	printf("clean %d errors %d needs_recovery %d beyond %d\n", ext->clean, ext->errors, ext->needs_recovery,
	       ext->beyond_partition);
}

static void squashfs_facts(const struct squashfs *squashfs)
{
	printf("type squashfs compression %s blocks of %u used %llu beyond %d\n", squashfs->compression,
	       squashfs->block_size, (unsigned long long)squashfs->bytes_used, squashfs->beyond_partition);
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct squashfs *squashfs = NULL;
	struct fs *fs;
	struct view *view;
	struct error err;
	struct ext *ext;
	struct stat st;
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, status = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: fs-dump VOLUME [FOLDER | -p PATH | -x PATH NAME]\n");
		return 2;
	}
	view = view_file(arena, fd, (uint64_t)st.st_size);
	if (ext_open(arena, view, &ext, &err) < 0 || squashfs_open(arena, view, &squashfs, &err) < 0)
		die("open", &err);
	fs = ext->fs ? ext->fs : squashfs->fs;
	if (!fs) {
		printf("fault %d %d: %s\n", ext->fault, squashfs->fault,
		       ext->problem ? ext->problem : squashfs->problem ? squashfs->problem : "-");
	} else if (argc == 4 && !strcmp(argv[2], "-p")) {
		status = resolve(fs, arena, argv[3]);
	} else if (argc == 5 && !strcmp(argv[2], "-x")) {
		status = attribute(fs, arena, argv[3], argv[4]);
	} else {
		if (ext->fs)
			ext_facts(ext);
		else
			squashfs_facts(squashfs);
		list(fs, arena, fs->root, "", argc > 2 ? argv[2] : NULL);
		fprintf(stderr, "%llu reads, %llu bytes\n", (unsigned long long)view_statistics.reads,
			(unsigned long long)view_statistics.bytes);
	}
	ext_close(ext);
	squashfs_close(squashfs);
	close(fd);
	return status;
}
