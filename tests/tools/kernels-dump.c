/* SPDX-License-Identifier: MIT */
/* kernels-dump: what src/image finds of an image's kernels, for tests and for looking at an image by hand.
 *
 *   kernels-dump IMAGE [SYMBOL:MODULE...]
 *
 * A line for each kernel and each release, and what the release has of the drivers that are named. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/limits.h"
#include "image/image.h"
#include "image/kernels.h"

static const char *text(const char *s)
{
	return s ? s : "-";
}

static void dump_release(const struct kernel_release *release, int count, char **drivers)
{
	static const char *const evidence[] = { "nothing", "file", "ikconfig", "modules" };
	static const char *const have[] = { "absent", "have", "unreadable" };
	static const char *const states[] = { "unknown", "absent", "module", "gone", "builtin" };

	printf("release %s: config %s p%d%s %u symbols, modules %s %s, some files: %zu\n", release->release,
	       evidence[release->evidence], release->config_place.partition, text(release->config_place.path),
	       release->config ? release->config->count : 0, have[release->have_modules], text(release->modules_path),
	       release_module_files(release));
	if (release->config_error.code)
		printf("\tconfig: %s\n", release->config_error.message);
	if (release->modules_error.code)
		printf("\tmodules: %s\n", release->modules_error.message);
	for (int i = 0; i < count; i++) {
		char *symbol = strdup(drivers[i]), *module = strchr(symbol, ':');

		if (module)
			*module++ = '\0';
		printf("\t%s: %s\n", drivers[i],
		       states[release_driver(release, *symbol ? symbol : NULL, module && *module ? module : NULL)]);
		free(symbol);
	}
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const struct image_options options = { .system = true };
	const struct image_services services = { 0 };
	const char *help;
	struct image *image;
	struct error err;
	struct stat st;
	int fd;

	if (argc < 2 || (fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: kernels-dump IMAGE [SYMBOL:MODULE...]\n");
		return 2;
	}
	image = image_open(arena, argv[1], view_file(arena, fd, (uint64_t)st.st_size), &options, &services, &err, &help);
	if (!image) {
		fprintf(stderr, "%s: %s\n", argv[1], err.message);
		return 2;
	}
	for (const struct kernel_file *k = image->kernel_files; k; k = k->next) {
		if (k->have == UNREADABLE)
			printf("kernel p%d%s: %s\n", k->filesystem->partition, k->path, k->error.message);
		else
			printf("kernel p%d%s: %s%s, %s, release %s\n", k->filesystem->partition, k->path,
			       kernel_format_name(k->kernel->format), k->in_uki ? " in UKI" : "",
			       text(architecture_name(k->architecture)), k->release ? k->release->release : "-");
	}
	for (const struct kernel_release *release = image->releases; release; release = release->next)
		dump_release(release, argc - 2, argv + 2);
	image_close(image);
	return 0;
}
