/* SPDX-License-Identifier: MIT */
/* initrd-dump: prints what the initrd reader makes of a file, for tests/differential/initrd.bats and for measuring.
 *
 *   initrd-dump FILE [-a] [QUESTION...]    m:NAME a module, m:NAME@RELEASE, c:PATH a file's content, PATH a path;
 *                                          k:PATH the checksum of a file's content; -a goes on to the end
 *   initrd-dump FILE @QUESTIONS            the same with -a, the questions of a file, each ended by a NUL
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/crc32.h"
#include "base/limits.h"
#include "linux/initrd.h"

static struct initrd_question question(struct arena *arena, const char *text)
{
	struct initrd_question q = { .kind = INITRD_PATH, .name = text };

	if (!strncmp(text, "m:", 2)) {
		const char *at = strchr(text, '@');

		q.kind = INITRD_MODULE;
		q.name = at ? arena_strndup(arena, text + 2, (size_t)(at - text - 2)) : text + 2;
		q.release = at ? at + 1 : NULL;
	} else if (!strncmp(text, "c:", 2) || !strncmp(text, "k:", 2)) {
		q.kind = INITRD_CONTENT;
		q.name = text + 2;
		q.limit = LIMIT_INITRD_CONTENT;
	}
	return q;
}

static void print(const struct initrd *initrd, const struct initrd_question *questions, size_t count, bool sums)
{
	for (unsigned i = 0; i < initrd->member_count; i++) {
		const struct initrd_member *m = &initrd->members[i];

		printf("member %u at %llu size %llu %s entries %llu unpacked %llu complete %d trailer %d microcode %d\n", i,
		       (unsigned long long)m->offset, (unsigned long long)m->size, compression_name(m->compression),
		       (unsigned long long)m->entries, (unsigned long long)m->unpacked, m->complete, m->trailer,
		       m->microcode);
		if (m->refused)
			printf("refused %s\n", m->refused);
		if (m->problem)
			printf("problem %d at %llu (%llu) %s\n", m->problem, (unsigned long long)m->problem_offset,
			       (unsigned long long)m->problem_unpacked, m->detail ? m->detail : "-");
	}
	for (unsigned i = 0; i < initrd->release_count; i++)
		printf("release %s\n", initrd->releases[i]);
	printf("complete %d damaged %d\n", initrd->complete, initrd->damaged);
	for (size_t i = 0; i < count; i++) {
		const struct initrd_question *q = &questions[i];

		printf("question %s answer %d", q->name, q->answer);
		if (q->answer == INITRD_FOUND)
			printf(" %s %o %u %s", q->path, q->mode, q->size, q->target ? q->target : "-");
		if (q->content && sums)
			printf(" %zu %08x", q->content_size, crc32_update(0, q->content, q->content_size));
		printf("\n");
		if (q->content && !sums)
			fwrite(q->content, 1, q->content_size, stdout);
	}
}

/* The questions of a file that make more words than a command may have; sums in place of content. */
static struct initrd_question *questions_of(struct arena *arena, const char *path, size_t *ret_count)
{
	struct initrd_question *questions = ARENA_ARRAY(arena, LIMIT_INITRD_QUESTIONS, struct initrd_question);
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0, count = 0;

	while (f && count < LIMIT_INITRD_QUESTIONS && getdelim(&text, &size, '\0', f) > 0)
		questions[count++] = question(arena, arena_strdup(arena, text));
	free(text);
	if (f)
		fclose(f);
	*ret_count = count;
	return questions;
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_options options = { 0 };
	struct initrd_question *questions = ARENA_ARRAY(arena, argc, struct initrd_question);
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, r;
	struct initrd *initrd;
	struct rusage usage;
	struct error err;
	struct stat st;
	bool sums = argc == 3 && argv[2][0] == '@';
	size_t count = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: initrd-dump FILE [-a] [QUESTION...]\n");
		return 2;
	}
	if (sums) {
		questions = questions_of(arena, argv[2] + 1, &count);
		options.to_end = true;
	}
	for (int i = 2; i < argc && !sums; i++) {
		if (!strcmp(argv[i], "-a"))
			options.to_end = true;
		else
			questions[count++] = question(arena, argv[i]);
	}
	r = initrd_read(arena, view_file(arena, fd, (uint64_t)st.st_size), questions, count, &options, &initrd, &err);
	print(initrd, questions, count, sums);
	if (r < 0)
		printf("error %s\n", err.message);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%ld.%03ld s, %ld KiB\n", usage.ru_utime.tv_sec + usage.ru_stime.tv_sec,
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000, usage.ru_maxrss);
	return 0;
}
