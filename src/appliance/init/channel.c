/* SPDX-License-Identifier: MIT */
/* channel: the console as a raw terminal, and lines in both directions. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest/frame.h"
#include "guest/gather.h"
#include "guest/record.h"

/* Opens the terminal raw: no translation of line ends, no echo. */
static int open_terminal(const char *name)
{
	struct termios t;
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &t) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

/* The last of the active consoles is what /dev/console is.  A screen is no line to anybody: then take the first serial port. */
void channel_open(struct channel *channel, const char *nonce, char name[64])
{
	static const char *const serial[] = { "ttyAMA0", "ttyS0", "hvc0" };
	size_t size;
	char *active = file_read("/sys/class/tty/console/active", 4096, &size);
	char *last = NULL;

	*channel = (struct channel){ .fd = -1, .nonce = nonce, .out = buffer_make(2 * GUEST_LINE) };
	if (getrandom(&channel->boot, sizeof(channel->boot), GRND_NONBLOCK) != sizeof(channel->boot)) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		channel->boot = (uint32_t)t.tv_nsec;
	}
	if (active) {
		active[strcspn(active, "\n")] = '\0';
		last = strrchr(active, ' ');
		last = last ? last + 1 : active;
		/* tty0, tty1: a screen */
		if (last[0] && !(!strncmp(last, "tty", 3) && last[3] >= '0' && last[3] <= '9')) {
			snprintf(name, 64, "%s", last);
			channel->fd = open_terminal(last);
		}
	}
	for (size_t i = 0; i < sizeof(serial) / sizeof(*serial) && channel->fd < 0; i++) {
		snprintf(name, 64, "%s", serial[i]);
		channel->fd = open_terminal(serial[i]);
	}
	if (channel->fd < 0) {
		snprintf(name, 64, "%s", "console");
		channel->fd = open_terminal("console");
	}
	free(active);
	/* ends whatever line the firmware or the kernel had begun */
	if (channel->fd >= 0 && write(channel->fd, "\r\n", 2) < 0)
		channel->number = 0;
}

static void send_all(int fd, const char *data, size_t size)
{
	while (size && fd >= 0) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno != EINTR)
			return;
		if (done > 0) {
			data += done;
			size -= (size_t)done;
		}
	}
}

void channel_line(void *context, const char *text, size_t size)
{
	struct channel *channel = context;

	buffer_clear(&channel->out);
	channel->out.overflowed = false;
	if (channel->nonce) {
		frame_write(&channel->out, channel->nonce, channel->boot, channel->number++, text, size);
	} else {
		buffer_append(&channel->out, text, size);
		buffer_string(&channel->out, "\r\n");
	}
	if (!channel->out.overflowed)
		send_all(channel->fd, channel->out.data, channel->out.size);
}

/* "@vmlint NONCE TEXT" in the line that has come; false if it is anything else. */
static bool take(const struct channel *channel, char *command, size_t size)
{
	const char *at = strstr(channel->line, FRAME_MARK);

	if (!at || !channel->nonce)
		return false;
	at += strlen(FRAME_MARK);
	if (strncmp(at, channel->nonce, FRAME_NONCE) || at[FRAME_NONCE] != ' ')
		return false;
	snprintf(command, size, "%s", at + FRAME_NONCE + 1);
	return true;
}

bool channel_command(struct channel *channel, int timeout_ms, char *command, size_t size)
{
	struct pollfd wait = { .fd = channel->fd, .events = POLLIN };
	struct timespec t;
	int64_t end, left;
	char c;

	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec * 1000 + t.tv_nsec / 1000000 + timeout_ms;
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		left = end - (t.tv_sec * 1000 + t.tv_nsec / 1000000);
		if (left <= 0 || poll(&wait, 1, (int)left) <= 0 || read(channel->fd, &c, 1) != 1)
			return false;
		if (c != '\n' && c != '\r') {
			/* a line that is too long is no command: its beginning is lost, and so is its mark */
			if (channel->size == sizeof(channel->line) - 1)
				channel->size = 0;
			channel->line[channel->size++] = c;
			continue;
		}
		channel->line[channel->size] = '\0';
		channel->size = 0;
		if (take(channel, command, size))
			return true;
	}
}

void channel_drain(struct channel *channel)
{
	if (channel->fd >= 0)
		tcdrain(channel->fd);
}
