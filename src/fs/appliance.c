/* SPDX-License-Identifier: MIT */
/* appliance: the worker's side of the helper's protocol: requests, and what is taken of the replies. */
#include "fs/appliance.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/stream.h"
#include "block/view.h"
#include "partition/number.h"

struct appliance {
	struct arena *arena;
	int socket;
	struct nbd_export *export;
	bool dead; /* out of step or gone: no further request makes sense */
	uint32_t next_id;
	uint8_t *data; /* of the last reply without a buffer of its own; malloc's */
	size_t capacity;
	struct fs *mounted[APPLIANCE_VOLUMES_MAX];
	unsigned mounted_count;
};

struct appliance *appliance_new(struct arena *arena, int socket, struct nbd_export *export)
{
	struct appliance *appliance = ARENA_NEW(arena, struct appliance);

	appliance->arena = arena;
	appliance->socket = socket;
	appliance->export = export;
	return appliance;
}

void appliance_close(struct appliance *appliance)
{
	if (!appliance)
		return;
	for (unsigned i = 0; i < appliance->mounted_count; i++)
		remote_fs_free(appliance->mounted[i]);
	free(appliance->data);
	appliance->data = NULL;
	appliance->capacity = 0;
	appliance->mounted_count = 0;
	appliance->dead = true;
}

static int wait_readable(struct appliance *appliance, uint64_t deadline, struct error *err)
{
	struct pollfd pfd = { .fd = appliance->socket, .events = POLLIN };
	uint64_t now;
	int r = 0;

	if (appliance->export) {
		r = nbd_export_wait(appliance->export, appliance->socket, deadline, err);
	} else {
		now = stream_now();
		r = now < deadline ? poll(&pfd, 1, (int)(deadline - now)) : 0;
		r = r > 0 || (r < 0 && errno == EINTR) ? 0 : -ETIMEDOUT;
	}
	if (r == -ETIMEDOUT)
		return error_set(err, ETIMEDOUT, "libguestfs gave no answer in time");
	return r;
}

static int receive(struct appliance *appliance, void *data, size_t size, uint64_t deadline, struct error *err)
{
	uint8_t *p = data;

	while (size) {
		int r = wait_readable(appliance, deadline, err);
		ssize_t n;

		if (r < 0)
			return r;
		n = recv(appliance->socket, p, size, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return error_set(err, EIO, "cannot hear the helper that runs libguestfs: %s", strerror(errno));
		if (n == 0)
			return error_set(err, EIO, "the helper that runs libguestfs has ended unexpectedly");
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static int nonsense(struct error *err)
{
	return error_set(err, EPROTO, "the helper that runs libguestfs sent nonsense");
}

/* Answers about a file system, which a helper may give; everything else that it fails with is its own trouble. */
static int taken_code(int code, enum appliance_op op)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ENOKEY:
	case EUCLEAN:
	case EOPNOTSUPP:
	case EFBIG:
	case ENAMETOOLONG:
	case ETIMEDOUT:
		return code;
	case ENODATA:
		return op == APPLIANCE_GETXATTR ? ENODATA : EIO;
	default:
		return EIO;
	}
}

int appliance_receive_export(int socket, struct error *err)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char bytes[APPLIANCE_REPLY_BYTES + APPLIANCE_MESSAGE_MAX + 1];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) - 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct appliance appliance = { .socket = socket };
	struct cmsghdr *header;
	struct cursor c;
	int fd = -1, r, status;
	uint32_t length;
	ssize_t n;

	r = wait_readable(&appliance, stream_now() + APPLIANCE_GRACE_MS, err);
	if (r < 0)
		return r;
	/* one message of the helper's, and nothing follows before we ask: it comes as a whole */
	n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n <= 0)
		return error_set(err, EIO, "the helper that runs libguestfs has ended unexpectedly");
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(header), sizeof(int));
	c = cursor_make(bytes, (size_t)n);
	r = cursor_le32(&c) ? -EPROTO : 0;
	status = (int32_t)cursor_le32(&c);
	length = cursor_le32(&c);
	if (r == 0 && !cursor_le32(&c) && cursor_ok(&c) && length == cursor_left(&c)) {
		if (fd >= 0 && status == 0 && !length)
			return fd;
		bytes[n] = 0;
		r = status < 0 && status > -4096 ? error_set(err, -status, "%s", bytes + APPLIANCE_REPLY_BYTES) : nonsense(err);
	} else {
		r = nonsense(err);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

static unsigned time_for(enum appliance_op op)
{
	switch (op) {
	case APPLIANCE_LAUNCH:
		return APPLIANCE_KVM_MS + APPLIANCE_TCG_MS + 2 * APPLIANCE_GRACE_MS;
	case APPLIANCE_UNLOCK:
		return APPLIANCE_UNLOCK_MS;
	default:
		return APPLIANCE_REQUEST_MS;
	}
}

static long take_failure(struct appliance *appliance, enum appliance_op op, int32_t status, uint32_t length, uint64_t deadline,
			 struct error *err)
{
	char message[APPLIANCE_MESSAGE_MAX + 1];
	int r;

	if (status < -4095 || length > APPLIANCE_MESSAGE_MAX)
		return nonsense(err);
	r = receive(appliance, message, length, deadline, err);
	if (r < 0)
		return r;
	message[length] = 0;
	appliance->dead = op == APPLIANCE_LAUNCH || status == -ETIMEDOUT;
	return error_set(err, taken_code(-status, op), "%s", message);
}

/* Room for a reply whose length only the helper knows. */
static int make_room(struct appliance *appliance, size_t length, struct error *err)
{
	if (length <= appliance->capacity)
		return 0;
	free(appliance->data);
	appliance->data = malloc(length);
	appliance->capacity = appliance->data ? length : 0;
	return appliance->data ? 0 : error_set(err, ENOMEM, "out of memory");
}

/* What an answer may have without a buffer of the caller's. */
static size_t appliance_data_max(const struct appliance_request *request)
{
	size_t listing = request->op == APPLIANCE_READDIR ? (size_t)request->length * APPLIANCE_ENTRY_BYTES : 0;

	return listing > APPLIANCE_DATA_MAX ? listing : APPLIANCE_DATA_MAX;
}

static long exchange(struct appliance *appliance, const struct appliance_request *request, void *data, size_t capacity,
		     const uint8_t **ret_data, struct error *err)
{
	uint64_t deadline = stream_now() + time_for(request->op) + APPLIANCE_GRACE_MS;
	BUFFER_AUTO out = buffer_make_room(APPLIANCE_REQUEST_BYTES + APPLIANCE_TEXT_MAX);
	uint8_t head[APPLIANCE_REPLY_BYTES];
	struct cursor c = cursor_make(head, sizeof(head));
	uint32_t id = ++appliance->next_id, length;
	int32_t status;
	bool same;
	int r = 0;

	if (appliance->dead)
		return error_set(err, EIO, "libguestfs has failed before");
	buffer_le32(&out, request->op);
	buffer_le32(&out, id);
	buffer_le64(&out, request->handle);
	buffer_le64(&out, request->offset);
	buffer_le32(&out, request->length);
	buffer_le32(&out, request->text_bytes);
	buffer_append(&out, request->text ? request->text : "", request->text_bytes);
	if (out.overflowed)
		return error_set(err, ENAMETOOLONG, "a request to libguestfs is too long");
	appliance->dead = true; /* until this exchange has gone as it should */
	if (!stream_send(appliance->socket, out.data, out.size, NULL))
		r = error_set(err, EIO, "the helper that runs libguestfs has gone: %s", strerror(errno));
	if (request->op == APPLIANCE_UNLOCK)
		explicit_bzero(out.data, out.capacity);
	if (r == 0)
		r = receive(appliance, head, sizeof(head), deadline, err);
	if (r < 0)
		return r;
	same = cursor_le32(&c) == id;
	status = (int32_t)cursor_le32(&c);
	length = cursor_le32(&c);
	if (!same || status > 0 || cursor_le32(&c) || (!status && length > (data ? capacity : appliance_data_max(request))))
		return nonsense(err);
	if (status < 0)
		return take_failure(appliance, request->op, status, length, deadline, err);
	if (!data) {
		r = make_room(appliance, length, err);
		data = appliance->data;
		if (ret_data)
			*ret_data = data;
	}
	if (r == 0)
		r = receive(appliance, data, length, deadline, err);
	if (r < 0)
		return r;
	appliance->dead = false;
	return (long)length;
}

long appliance_ask(struct appliance *appliance, const struct appliance_request *request, void *data, size_t capacity,
		   const uint8_t **ret_data, struct error *err)
{
	struct error why;
	long r = exchange(appliance, request, data, capacity, ret_data, &why);

	if (r < 0 && err)
		*err = why;
	/* what does not start, or takes too long, is not looked at; who reads on after it broke off knows half of it */
	if (r < 0 && appliance->dead && request->op != APPLIANCE_LAUNCH && why.code != ETIMEDOUT)
		view_medium_failed(&why);
	return r;
}

/* A string of a reply, at most `maximum` bytes, without NUL; NULL where there is none. */
static const char *get_string(struct cursor *c, struct arena *arena, size_t maximum)
{
	const char *string;
	size_t length;

	cursor_counted(c, &string, &length);
	if (length > maximum || (string && memchr(string, 0, length)))
		c->failed = true;
	return string && cursor_ok(c) ? arena_strndup(arena, string, length) : NULL;
}

int appliance_launch(struct appliance *appliance, unsigned sector_size, unsigned memory, const char **ret_note,
		     struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_LAUNCH, .handle = sector_size, .length = memory };
	const uint8_t *data;
	long size = appliance_ask(appliance, &request, NULL, 0, &data, err);
	struct cursor c;

	if (size < 0)
		return (int)size;
	c = cursor_make(data, (size_t)size);
	*ret_note = get_string(&c, appliance->arena, APPLIANCE_MESSAGE_MAX);
	return cursor_ok(&c) && !cursor_left(&c) ? 0 : nonsense(err);
}

/* A request whose text is two strings. */
static long ask_with(struct appliance *appliance, struct appliance_request request, const char *first, const char *second,
		     const uint8_t **ret_data, struct error *err)
{
	BUFFER_AUTO text = buffer_make_room(APPLIANCE_TEXT_MAX);
	long r;

	buffer_counted(&text, first);
	buffer_counted(&text, second);
	request.text = text.data;
	request.text_bytes = (uint32_t)text.size;
	r = text.overflowed ? error_set(err, ENAMETOOLONG, "a request to libguestfs is too long")
			    : appliance_ask(appliance, &request, NULL, 0, ret_data, err);
	if (request.op == APPLIANCE_UNLOCK && text.data)
		explicit_bzero(text.data, text.capacity);
	return r;
}

int appliance_unlock(struct appliance *appliance, int partition, const char *volume, const char *key, struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_UNLOCK, .handle = (uint64_t)partition };
	long size = ask_with(appliance, request, volume, key, NULL, err);

	return size < 0 ? (int)size : size ? nonsense(err) : 0;
}

int appliance_decode_volumes(struct arena *arena, const void *data, size_t size, struct appliance_volume **ret,
			     unsigned *ret_count, struct error *err)
{
	struct cursor c = cursor_make(data, size);
	uint32_t count = cursor_le32(&c);

	if (!cursor_ok(&c) || count > APPLIANCE_VOLUMES_MAX)
		return nonsense(err);
	*ret = ARENA_ARRAY(arena, count, struct appliance_volume);
	for (uint32_t i = 0; i < count; i++) {
		struct appliance_volume *v = &(*ret)[i];

		v->partition = (int)cursor_le32(&c);
		v->volume = get_string(&c, arena, LIMIT_FILE_NAME);
		v->type = get_string(&c, arena, 64);
		v->uuid = get_string(&c, arena, 64);
		v->label = get_string(&c, arena, 256);
		if (v->partition < PARTITION_WHOLE_DISK || v->partition > (int)LIMIT_GPT_ENTRIES || !v->partition)
			return nonsense(err);
	}
	*ret_count = count;
	return cursor_ok(&c) && !cursor_left(&c) ? 0 : nonsense(err);
}

int appliance_volumes(struct appliance *appliance, struct appliance_volume **ret, unsigned *ret_count, struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_VOLUMES };
	const uint8_t *data;
	long size = appliance_ask(appliance, &request, NULL, 0, &data, err);

	if (size < 0)
		return (int)size;
	return appliance_decode_volumes(appliance->arena, data, (size_t)size, ret, ret_count, err);
}

int appliance_mount(struct appliance *appliance, int partition, uint64_t size, const char *volume, const char *options,
		    const char *type, struct fs **ret, struct error *err)
{
	const struct appliance_request request = { .op = APPLIANCE_MOUNT, .handle = (uint64_t)partition, .offset = size };
	const uint8_t *data;
	struct cursor c;
	uint64_t root;
	long n;

	if (appliance->mounted_count == APPLIANCE_VOLUMES_MAX)
		return error_set(err, EMFILE, "more file systems than %d", APPLIANCE_VOLUMES_MAX);
	n = ask_with(appliance, request, volume, options, &data, err);
	if (n < 0)
		return (int)n;
	c = cursor_make(data, (size_t)n);
	root = cursor_le64(&c);
	if (!cursor_ok(&c) || cursor_left(&c))
		return nonsense(err);
	*ret = remote_fs_new(appliance->arena, appliance, root, type);
	appliance->mounted[appliance->mounted_count++] = *ret;
	return 0;
}
