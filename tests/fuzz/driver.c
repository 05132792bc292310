/* SPDX-License-Identifier: MIT */
/* driver: replays corpus files through a fuzz target without libFuzzer, so that `make check` needs no clang.
 *
 * Each file is a process of its own, which may take TIME_SECONDS and MEMORY_KIB; one that dies or exceeds them fails.
 * Prints "ok NAME" or "not ok NAME: why" for each file; exit status 1 if any failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_SECONDS 10
#define MEMORY_KIB (768 * 1024) /* AddressSanitizer's own shadow and quarantine included */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file's bytes in a buffer of exactly its size, so that a read beyond it is seen. */
static uint8_t *load(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		exit(2);
	}
	data = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!data || read(fd, data, (size_t)st.st_size) != st.st_size) {
		perror(path);
		exit(2);
	}
	close(fd);
	*ret_size = (size_t)st.st_size;
	return data;
}

static int replay(const char *path)
{
	struct rusage usage;
	uint8_t *data;
	size_t size;
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(TIME_SECONDS);
		data = load(path, &size);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
		exit(0);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
		perror("driver");
		exit(2);
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		printf("not ok %s: took more than %d s\n", path, TIME_SECONDS);
	else if (WIFSIGNALED(status))
		printf("not ok %s: %s\n", path, strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		printf("not ok %s: exit status %d\n", path, WEXITSTATUS(status));
	else if (usage.ru_maxrss > MEMORY_KIB)
		printf("not ok %s: used %ld MiB\n", path, usage.ru_maxrss / 1024);
	else
		return printf("ok %s\n", path), 0;
	return 1;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	return failed;
}
