/* SPDX-License-Identifier: MIT */
/* remote: the worker's side of the helper's protocol, with a small cache of blocks. */
#include "block/remote.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/stream.h"

#define BLOCK_BYTES 65536
#define BLOCKS 16

struct block {
	uint64_t offset;
	size_t length;
	uint64_t used; /* the higher, the later; 0: the block is free */
	unsigned char *data;
};

struct remote {
	int socket;
	bool dead; /* out of step or gone: no further request makes sense */
	uint64_t next_id, clock;
	struct block blocks[BLOCKS];
};

static int receive(int socket, void *data, size_t size, uint64_t deadline, struct error *err)
{
	unsigned char *p = data;

	while (size) {
		struct pollfd pfd = { .fd = socket, .events = POLLIN };
		uint64_t now = stream_now();
		ssize_t n;
		int r;

		r = now < deadline ? poll(&pfd, 1, (int)(deadline - now)) : 0;
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return error_set(err, errno, "cannot wait for the helper: %s", strerror(errno));
		if (r == 0)
			return error_set(err, ETIMEDOUT, "the helper that reads the container gave no answer in time");
		n = recv(socket, p, size, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return error_set(err, EIO, "cannot hear the helper that reads the container: %s",
					 strerror(errno));
		if (n == 0)
			return error_set(err, EIO, "the helper that reads the container has ended unexpectedly");
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Takes the helper's message of a failure and returns its status, made one that is ours to pass on.  *ret_last: no other answer
 * follows. */
static int take_failure(int socket, int32_t status, uint32_t length, uint64_t deadline, bool *ret_last, struct error *err)
{
	char message[REMOTE_MESSAGE_MAX + 1];
	int r;

	*ret_last = true;
	if (status < -4095 || length > REMOTE_MESSAGE_MAX)
		return error_set(err, EPROTO, "the helper that reads the container sent nonsense");
	r = receive(socket, message, length, deadline, err);
	if (r < 0)
		return r;
	message[length] = 0;
	*ret_last = status == -ETIMEDOUT || status == -EPROTO || status == -REMOTE_GONE;
	/* Only our own readers may say that the container is at fault. */
	if (status == -ENODATA || status == -EBADMSG || status == -ENOLINK || status == -ERANGE)
		status = -EIO;
	return error_set(err, -status, "%s", message);
}

static int exchange(struct remote *remote, uint64_t offset, void *data, uint32_t length, struct error *err)
{
	uint64_t deadline = stream_now() + REMOTE_READ_MS + REMOTE_GRACE_MS, id = ++remote->next_id;
	unsigned char head[REMOTE_REPLY_BYTES];
	BUFFER_AUTO request = buffer_make(REMOTE_REQUEST_BYTES);
	struct cursor c = cursor_make(head, sizeof(head));
	uint32_t reply_length;
	int32_t status;
	bool same;
	int r;

	if (remote->dead)
		return error_set(err, EIO, "the helper that reads the container has failed before");
	remote->dead = true; /* until this exchange has gone as it should */
	buffer_le64(&request, id);
	buffer_le64(&request, offset);
	buffer_le32(&request, length);
	buffer_le32(&request, 0);
	if (!stream_send(remote->socket, request.data, request.size, NULL))
		return error_set(err, EIO, "the helper that reads the container has gone: %s", strerror(errno));
	r = receive(remote->socket, head, sizeof(head), deadline, err);
	if (r < 0)
		return r;
	same = cursor_le64(&c) == id;
	status = (int32_t)cursor_le32(&c);
	reply_length = cursor_le32(&c);
	if (!same || status > 0 || (status == 0 && reply_length != length))
		return error_set(err, EPROTO, "the helper that reads the container sent nonsense");
	if (status < 0)
		return take_failure(remote->socket, status, reply_length, deadline, &remote->dead, err);
	r = receive(remote->socket, data, length, deadline, err);
	if (r < 0)
		return r;
	remote->dead = false;
	view_statistics.reads++;
	view_statistics.bytes += length;
	return 0;
}

/* A place that cannot be read takes no other with it; but who reads on after the helper has gone knows half of the disk. */
static int fetch(struct remote *remote, uint64_t offset, void *data, uint32_t length, struct error *err)
{
	struct error why;
	int r = exchange(remote, offset, data, length, &why);

	if (r < 0 && err)
		*err = why;
	return r < 0 && remote->dead ? view_medium_failed(&why) : r;
}

static int get_block(struct view *view, uint64_t offset, struct block **ret, struct error *err)
{
	struct remote *remote = view->state;
	uint64_t start = offset / BLOCK_BYTES * BLOCK_BYTES, left = view->size - start;
	struct block *oldest = remote->blocks;
	int r;

	for (unsigned i = 0; i < BLOCKS; i++) {
		struct block *b = &remote->blocks[i];

		if (b->used && b->offset == start) {
			oldest = b;
			goto found;
		}
		if (b->used < oldest->used)
			oldest = b;
	}
	oldest->used = 0;
	oldest->offset = start;
	oldest->length = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
	r = fetch(remote, start, oldest->data, (uint32_t)oldest->length, err);
	if (r < 0)
		return r;
found:
	oldest->used = ++remote->clock;
	*ret = oldest;
	return 0;
}

static int remote_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	unsigned char *p = data;

	while (length) {
		size_t n;
		int r;

		/* whole blocks alone: a driver may refuse what is not aligned to its sectors */
		if (offset % BLOCK_BYTES == 0 && length >= BLOCK_BYTES) {
			n = length < REMOTE_READ_MAX ? length / BLOCK_BYTES * BLOCK_BYTES : REMOTE_READ_MAX;
			r = fetch(view->state, offset, p, (uint32_t)n, err);
			if (r < 0)
				return r;
		} else {
			struct block *block;

			r = get_block(view, offset, &block, err);
			if (r < 0)
				return r;
			n = block->length - (size_t)(offset - block->offset);
			if (n > length)
				n = length;
			memcpy(p, block->data + (offset - block->offset), n);
		}
		p += n;
		offset += n;
		length -= n;
	}
	return 0;
}

static const struct view_ops remote_ops = { remote_read, NULL };

int view_remote(struct arena *arena, int socket, struct view **ret, struct error *err)
{
	uint64_t deadline = stream_now() + REMOTE_START_MS + REMOTE_GRACE_MS, size;
	unsigned char hello[REMOTE_HELLO_BYTES];
	struct cursor c = cursor_make(hello, sizeof(hello));
	struct remote *remote;
	struct view *view;
	uint32_t length;
	int32_t status;
	bool last;
	int r = receive(socket, hello, sizeof(hello), deadline, err);

	if (r < 0)
		return r;
	if (cursor_le32(&c) != REMOTE_MAGIC || cursor_le32(&c) != REMOTE_VERSION)
		return error_set(err, EPROTO, "the helper that reads the container is of another version");
	status = (int32_t)cursor_le32(&c);
	length = cursor_le32(&c);
	size = cursor_le64(&c);
	if (status < 0)
		return take_failure(socket, status, length, deadline, &last, err);
	if (status > 0 || length || size > INT64_MAX)
		return error_set(err, EPROTO, "the helper that reads the container sent nonsense");
	remote = ARENA_NEW(arena, struct remote);
	remote->socket = socket;
	for (unsigned i = 0; i < BLOCKS; i++)
		remote->blocks[i].data = arena_alloc(arena, BLOCK_BYTES);
	view = ARENA_NEW(arena, struct view);
	*view = (struct view){ .ops = &remote_ops, .size = size, .state = remote };
	*ret = view;
	return 0;
}
