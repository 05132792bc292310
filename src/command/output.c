/* SPDX-License-Identifier: MIT */
/* output: standard output of which no byte is lost in silence; how a subcommand says that it was called wrongly, and ends.
 *
 * The C library gives up a write that a signal interrupts, or that finds a pipe full which somebody has made non-blocking, and
 * would go on with the next one, behind a hole.  So standard output is a stream of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "command/command.h"

int command_usage(const char *command, const char *format, ...)
{
	BUFFER_AUTO message = buffer_make(64 * KiB), safe = buffer_make(256 * KiB);
	va_list ap;

	va_start(ap, format);
	buffer_vprintf(&message, format, ap);
	va_end(ap);
	if (message.data)
		text_escape(&safe, message.data);
	fprintf(stderr, "vmlint: %s\nTry `vmlint %s%s--help`.\n", safe.data ? safe.data : "", command ? command : "",
		command ? " " : "");
	return EXIT_TROUBLE;
}

static int failure; /* the first; nothing is written from then on */

static ssize_t write_all(void *cookie, const char *data, size_t size)
{
	size_t done = 0;

	(void)cookie;
	while (done < size && !failure) {
		ssize_t n = write(STDOUT_FILENO, data + done, size - done);
		struct pollfd room = { .fd = STDOUT_FILENO, .events = POLLOUT };

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			poll(&room, 1, -1);
		else if (n == 0 || errno != EINTR)
			failure = n < 0 ? errno : EIO;
	}
	/* so says fopencookie(3) that there was an error */
	return failure ? 0 : (ssize_t)size;
}

/* A standard descriptor that the caller closed would be the number of the next file that we open, an image or a socket, and
 * reports would be written there.  Opened the wrong way round, writing still fails as it should. */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

void command_begin(void)
{
	FILE *ours;

	hold_standard_descriptors();
	/* what is written beyond `ulimit -f`, be it to a file in memory, is an error of that write */
	signal(SIGXFSZ, SIG_IGN);
	ours = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_all });
	if (!ours) {
		failure = ENOMEM;
		return;
	}
	setvbuf(ours, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
	stdout = ours;
}

bool command_output_failed(void)
{
	return failure || fflush(stdout) != 0;
}

int command_finish(int status)
{
	/* some file systems know only now that there is no room */
	if (!command_output_failed() && close(STDOUT_FILENO) < 0 && errno != EINTR)
		failure = errno;
	if (!failure)
		return status;
	fprintf(stderr, "vmlint: cannot write the output: %s\n", strerror(failure));
	return EXIT_TROUBLE;
}
