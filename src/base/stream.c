/* SPDX-License-Identifier: MIT */
/* stream: send and recv until it is all there. */
#include "base/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

uint64_t stream_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool stream_send(int socket, const void *data, size_t size, const volatile sig_atomic_t *stop)
{
	const char *p = data;

	while (size) {
		ssize_t n = send(socket, p, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR && !(stop && *stop))
			continue;
		if (n < 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

bool stream_receive(int socket, void *data, size_t size, const volatile sig_atomic_t *stop)
{
	char *p = data;

	while (size) {
		ssize_t n = recv(socket, p, size, 0);

		if (n < 0 && errno == EINTR && !(stop && *stop))
			continue;
		if (n == 0)
			errno = 0;
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}
