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
#include "fs-list.h"

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
		fs_die(path, &err);
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
		fs_die("open", &err);
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
		fs_list(fs, arena, fs->root, "", argc > 2 ? argv[2] : NULL);
		fprintf(stderr, "%llu reads, %llu bytes\n", (unsigned long long)view_statistics.reads,
			(unsigned long long)view_statistics.bytes);
	}
	ext_close(ext);
	squashfs_close(squashfs);
	close(fd);
	return status;
}
