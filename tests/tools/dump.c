/* SPDX-License-Identifier: MIT */
/* dump: writes a container's disk to standard output as raw bytes, for tests that compare it with what other programs
 * read.
 *
 * usage: dump IMAGE [--data FILE] [BACKING…]: the backing files' chain, the nearest first, raw or qcow2 by magic.
 *        dump --check IMAGE: no disk, but what the walk over all reference counts finds.
 * Problems found on the way go to standard error. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "block/qcow2.h"

static struct view *open_view(struct arena *arena, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		exit(2);
	}
	return view_file(arena, fd, (uint64_t)st.st_size);
}

static struct view *open_chain(struct arena *arena, char **paths, const char *data, struct qcow2 **top)
{
	struct view *file = open_view(arena, paths[0]);
	unsigned char start[8];
	struct qcow2 *q;
	struct error err;

	if (file->size < sizeof(start) || view_read(file, 0, start, sizeof(start), &err) < 0 ||
	    !qcow2_probe(start, sizeof(start)))
		return file;
	if (qcow2_open(arena, file, &q, &err) < 0) {
		fprintf(stderr, "%s: %s\n", paths[0], err.message);
		exit(2);
	}
	if (top)
		*top = q;
	if (data)
		qcow2_set_data_file(q, open_view(arena, data));
	if (paths[1])
		qcow2_set_backing(q, open_chain(arena, paths + 1, NULL, NULL));
	return qcow2_view(q);
}

static int check(struct arena *arena, char **paths)
{
	struct qcow2_refcounts counts;
	struct qcow2 *q = NULL;
	struct error err;

	(void)open_chain(arena, paths, NULL, &q);
	if (!q || qcow2_check_refcounts(q, &counts, &err) < 0)
		return 2;
	printf("leaks %llu corruptions %u\n", (unsigned long long)counts.leaked, q->problem_count + q->problems_dropped);
	return 0;
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	char *paths[32] = { 0 }, *data = NULL;
	static char buffer[1 << 20];
	struct qcow2 *top = NULL;
	struct view *view;
	unsigned count = 0;
	int status = 0;

	for (int i = 1; i < argc && count < 31; i++) {
		if (!strcmp(argv[i], "--data") && i + 1 < argc)
			data = argv[++i];
		else
			paths[count++] = argv[i];
	}
	if (count == 2 && !strcmp(paths[0], "--check"))
		return check(arena, paths + 1);
	if (!count)
		return 2;
	view = open_chain(arena, paths, data, &top);
	for (uint64_t at = 0; view && at < view->size;) {
		uint64_t next = view_next_data(view, at);
		size_t n = sizeof(buffer);
		struct error err;

		if (ftruncate(STDOUT_FILENO, (off_t)view->size) < 0)
			return 2;
		if (next > at) {
			at = next;
			continue;
		}
		if (n > view->size - at)
			n = (size_t)(view->size - at);
		if (view_read(view, at, buffer, n, &err) < 0) {
			fprintf(stderr, "%s\n", err.message);
			status = 1;
			break;
		}
		if (pwrite(STDOUT_FILENO, buffer, n, (off_t)at) != (ssize_t)n)
			return 2;
		at += n;
	}
	for (unsigned i = 0; top && i < top->problem_count; i++) {
		fprintf(stderr, "@%#llx: %s\n", (unsigned long long)top->problems[i].offset, top->problems[i].message);
		status = 1;
	}
	return view ? status : 1;
}
