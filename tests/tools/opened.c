/* SPDX-License-Identifier: MIT */
/* opened: runs a command and says which of some files it, or any other process meanwhile, opened.
 *
 * usage: opened FILE... -- COMMAND [ARGUMENT...]
 *
 * The kernel tells (inotify), so a program cannot open a file unnoticed, whatever it does with it.  Each file that was opened is
 * printed on standard error as "opened: FILE"; the exit status is the command's. */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES_MAX 64

int main(int argc, char **argv)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	int watches[FILES_MAX], count = 0, status, notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int first = 1;
	pid_t child;
	ssize_t n;

	for (; first < argc && strcmp(argv[first], "--") != 0; first++) {
		if (count == FILES_MAX)
			return 2;
		watches[count] = inotify_add_watch(notify, argv[first], IN_OPEN | IN_ACCESS);
		if (watches[count++] < 0) {
			perror(argv[first]);
			return 2;
		}
	}
	if (first + 1 >= argc || !count) {
		fputs("usage: opened FILE... -- COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	child = fork();
	if (child == 0) {
		execvp(argv[first + 1], argv + first + 1);
		perror(argv[first + 1]);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 2;
	while ((n = read(notify, buffer, sizeof(buffer))) > 0) {
		for (char *p = buffer; p < buffer + n;) {
			const struct inotify_event *event = (const struct inotify_event *)p;

			for (int i = 0; i < count; i++) {
				if (watches[i] == event->wd) {
					fprintf(stderr, "opened: %s\n", argv[1 + i]);
					watches[i] = -1;
				}
			}
			p += sizeof(*event) + event->len;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
