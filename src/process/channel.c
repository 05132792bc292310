/* SPDX-License-Identifier: MIT */
/* channel: sendmsg and recvmsg with their edges filed off. */
#include "process/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/stream.h"

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int channel_send(int socket, const void *data, size_t size, int fd, struct error *err)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN)
			return error_set(err, EAGAIN, "the other process does not take its answers");
		if (errno != EINTR)
			return error_set(err, errno, "cannot send to another process: %s", strerror(errno));
	}
	return 0;
}

static int wait_readable(int socket, uint64_t deadline, struct error *err)
{
	struct pollfd poll_fd = { .fd = socket, .events = POLLIN };

	for (;;) {
		int timeout = -1, n;

		if (deadline) {
			uint64_t now = stream_now();

			timeout = deadline > now ? (int)(deadline - now) : 0;
		}
		n = poll(&poll_fd, 1, timeout);
		if (n > 0)
			return 0;
		if (n == 0)
			return error_set(err, ETIMEDOUT, "the other process did not answer in time");
		if (errno != EINTR)
			return error_set(err, errno, "cannot wait for another process: %s", strerror(errno));
	}
}

/* The one descriptor that came, or -1; more than one, for which the rounding of the room leaves place, are all closed. */
static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fds[sizeof(union control) / sizeof(int)];
	size_t count;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return -1;
	count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	if (count == 1)
		return fds[0];
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	return -1;
}

long channel_receive(int socket, void *data, size_t capacity, int *ret_fd, uint64_t deadline, struct error *err)
{
	struct iovec iov = { .iov_base = data, .iov_len = capacity };
	union control control;
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  /* without room the kernel gives us no descriptor that nobody wants */
				  .msg_control = ret_fd ? control.space : NULL,
				  .msg_controllen = ret_fd ? sizeof(control.space) : 0 };
	int fd, r;
	ssize_t n;

	if (ret_fd)
		*ret_fd = -1;
	r = wait_readable(socket, deadline, err);
	if (r < 0)
		return r;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == ECONNRESET)
		return 0;
	if (n < 0)
		return error_set(err, errno, "cannot receive from another process: %s", strerror(errno));
	fd = take_descriptor(&message);
	if (message.msg_flags & MSG_TRUNC) {
		if (fd >= 0)
			close(fd);
		return error_set(err, EMSGSIZE, "another process sent a message that is too large");
	}
	if (ret_fd)
		*ret_fd = fd;
	return n;
}
