/* SPDX-License-Identifier: MIT */
/* image-dump: what our own readers make of the file systems of a raw image, for tests/differential/guestfs.bats.
 *
 *   image-dump IMAGE FOLDER          facts and files of each partition; every file is written below FOLDER/pN
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "image/filesystem.h"
#include "partition/number.h"
#include "fs-list.h"

static void dump(struct image *image, struct filesystem *f, const char *folder)
{
	const char *name = f->partition == PARTITION_WHOLE_DISK ? "disk" : arena_printf(image->arena, "p%d", f->partition);
	const char *below = arena_printf(image->arena, "%s/%s", folder, name);

	if (f->have == UNREADABLE)
		fs_die(name, &f->error);
	if (f->have == ABSENT)
		return;
	printf("facts %s %s uuid %s label %s\n", name, f->type, f->uuid ? f->uuid : "", f->label ? f->label : "");
	if (filesystem_open(image, f) != HAVE)
		return;
	printf("files %s\n", name);
	mkdir(below, 0755);
	fs_list(f->fs, image->arena, f->fs->root, "", below);
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const struct image_options options = { .system = true, .reader = IMAGE_READER_NATIVE };
	const struct image_services services = { 0 };
	int fd = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	struct image *image;
	struct error err;
	const char *help;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: image-dump IMAGE FOLDER\n");
		return 2;
	}
	image = image_open(arena, argv[1], view_file(arena, fd, (uint64_t)st.st_size), &options, &services, &err, &help);
	if (!image)
		fs_die(argv[1], &err);
	mkdir(argv[2], 0755);
	for (unsigned i = 0; i < image->filesystem_count; i++)
		dump(image, &image->filesystems[i], argv[2]);
	image_close(image);
	close(fd);
	return 0;
}
