/* SPDX-License-Identifier: MIT */
/* boot-dump: how an image boots, as src/image/boot.h has it, for tests that compare it with what is known of the image.
 *
 *   boot-dump IMAGE      a raw image
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "image/boot.h"
#include "image/chain.h"
#include "image/system.h"

static const char *const kinds[] = { "unknown", "grub", "systemd-boot", "uki", "stub" };
static const char *const haves[] = { "absent", "have", "unreadable" };

static void print_place(const struct image *image, const struct boot_place *place)
{
	struct location l = boot_location(image, place);

	printf(" [p%d%s%s%s", l.partition, l.volume ? "/" : "", l.volume ? l.volume : "", l.path ? l.path : "");
	if (l.line)
		printf(":%u:%u", l.line, l.column);
	else if (l.space)
		printf("@%#llx", (unsigned long long)l.offset);
	printf("]");
}

static void print_file(const struct image *image, const char *what, const struct boot_file *file)
{
	struct boot_place place = boot_text_place(&file->text, 0);

	printf("    %s %s: %s", what, file->text.text, haves[file->have]);
	if (file->filesystem)
		printf(" on p%d %s", file->filesystem->partition, file->path);
	if (file->view)
		printf(" %llu bytes", (unsigned long long)file->view->size);
	if (file->reason)
		printf(" (%s)", file->reason);
	print_place(image, &place);
	putchar('\n');
}

static void print_attempt(const struct image *image, const struct boot_attempt *a)
{
	const struct kernel_file *k = a->kernel_file;

	printf("  attempt");
	print_place(image, &a->place);
	putchar('\n');
	print_file(image, "kernel", &a->kernel);
	if (k)
		printf("    is %s %s\n", haves[k->have], k->release ? k->release->release : "of unknown release");
	for (size_t i = 0; i < a->initrd_count; i++)
		print_file(image, "initrd", &a->initrds[i]);
	printf("    cmdline %s\n", a->cmdline->text.text);
	if (a->has_devicetree)
		puts("    with a device tree");
	if (a->root)
		printf("    root %s%s%s\n", filesystem_title(image, a->root), a->system ? ": " : "",
		       a->system ? (a->system->name ? a->system->name : "a system") : "");
	else
		printf("    root %s%s\n", a->root_known ? "not there" : "not known: ", a->root_known ? "" : a->root_reason);
}

static void print_path(const struct image *image, const struct boot_path *path)
{
	printf("%s of partition %d: %s, %s%s%s%s\n", path->loader->path, path->loader->esp->partition, kinds[path->kind],
	       haves[path->have], path->program ? " by " : "", path->program ? path->program->path : "",
	       path->reason ? arena_printf(image->arena, " (%s)", path->reason) : "");
	for (size_t i = 0; i < path->entry_count; i++) {
		const struct boot_entry *e = &path->entries[i];

		printf(" %s %s%s%s", e->is_default ? "default entry" : "entry", e->title ? e->title : "-", e->id ? " id " : "",
		       e->id ? e->id : "");
		print_place(image, &e->place);
		printf("%s%s%s%s\n", e->leaves ? " leaves" : "", e->complete ? "" : " incomplete (", e->complete ? "" : e->reason,
		       e->complete ? "" : ")");
		for (size_t k = 0; k < e->attempt_count; k++)
			print_attempt(image, &e->attempts[k]);
	}
}

int main(int argc, char **argv)
{
	static const struct image_services services = { 0 };
	const struct image_options options = { .system = true };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const char *help;
	struct image *image;
	struct error err;
	struct stat st;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: boot-dump IMAGE\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(argv[1]);
		return 2;
	}
	image = image_open(arena, argv[1], view_file(arena, fd, (uint64_t)st.st_size), &options, &services, &err, &help);
	if (!image) {
		fprintf(stderr, "%s: %s\n", argv[1], err.message);
		close(fd);
		return 2;
	}
	for (unsigned i = 0; i < image->boot_path_count; i++)
		print_path(image, &image->boot_paths[i]);
	image_close(image);
	close(fd);
	return 0;
}
