/* SPDX-License-Identifier: MIT */
/* channel: the line to the host, over whatever console the kernel has. */
#ifndef INIT_CHANNEL_H
#define INIT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct channel {
	int fd;
	const char *nonce; /* NULL: nobody listens but a person, who gets the lines as they are */
	uint32_t boot, number;
	struct buffer out;
	char line[1024]; /* a command that is coming in */
	size_t size;
};

/* Opens the console; what it is called goes to `name`.  A boot gets a number of its own. */
void channel_open(struct channel *channel, const char *nonce, char name[64]);

/* Sends a line; for struct facts. */
void channel_line(void *channel, const char *text, size_t size);

/* Waits for a command at most so long and copies it; false when none came. */
bool channel_command(struct channel *channel, int timeout_ms, char *command, size_t size);

/* Waits until everything has left. */
void channel_drain(struct channel *channel);

#endif
