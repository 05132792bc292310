/* SPDX-License-Identifier: MIT */
/* nbd-export: one state machine a connection, none of which ever blocks. */
#include "block/nbd-export.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/stream.h"

/* Names are the protocol's own. */
#define NBD_MAGIC 0x4e42444d41474943ULL
#define NBD_IHAVEOPT 0x49484156454f5054ULL
#define NBD_OPTION_REPLY 0x3e889045565a9ULL
#define NBD_REQUEST_MAGIC 0x25609513U
#define NBD_REPLY_MAGIC 0x67446698U

#define NBD_FLAG_FIXED_NEWSTYLE 1
#define NBD_FLAG_NO_ZEROES 2
enum { NBD_OPT_EXPORT_NAME = 1, NBD_OPT_ABORT = 2, NBD_OPT_LIST = 3, NBD_OPT_INFO = 6, NBD_OPT_GO = 7 };
enum { NBD_REP_ACK = 1, NBD_REP_SERVER = 2, NBD_REP_INFO = 3 };
#define NBD_REP_ERR_UNSUP 0x80000001U
#define NBD_REP_ERR_INVALID 0x80000003U
#define NBD_REP_ERR_UNKNOWN 0x80000006U
enum { NBD_INFO_EXPORT = 0, NBD_INFO_BLOCK_SIZE = 3 };
enum { NBD_CMD_READ = 0, NBD_CMD_WRITE = 1, NBD_CMD_DISC = 2, NBD_CMD_FLUSH = 3 };
/* has flags, read-only, several connections see the same */
#define NBD_TRANSMISSION_FLAGS (1 | 2 | 256)
#define NBD_EPERM 1
#define NBD_EIO 5
#define NBD_EINVAL 22

#define OPTION_HEAD 16
#define OPTION_MAX 8192 /* a name may have 4096 bytes */
#define REQUEST_BYTES 28
#define REPLY_BYTES 16
#define ZEROES 124

enum state { CLIENT_FLAGS, OPTION, OPTION_DATA, TRANSMISSION };

struct connection {
	int fd; /* -1: free */
	enum state state;
	bool no_zeroes;
	bool last; /* nothing follows what is being sent */
	uint32_t option;
	size_t needed, have; /* bytes of the next thing to be read */
	uint8_t in[OPTION_MAX];
	uint8_t *out; /* REPLY_BYTES + NBD_EXPORT_READ_MAX */
	size_t size, sent;
};

struct nbd_export {
	struct view *view;
	int listener;
	struct error error;
	struct connection connections[NBD_EXPORT_CONNECTIONS];
};

static void put(struct connection *c, uint64_t value, unsigned bytes)
{
	while (bytes--)
		c->out[c->size++] = (uint8_t)(value >> (8 * bytes));
}

static void expect(struct connection *c, enum state state, size_t bytes)
{
	c->state = state;
	c->needed = bytes;
	c->have = 0;
}

static void hang_up(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->out);
	c->fd = -1;
	c->out = NULL;
}

static void accept_one(struct nbd_export *export)
{
	int fd = accept4(export->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *c = NULL;

	if (fd < 0)
		return;
	for (unsigned i = 0; i < NBD_EXPORT_CONNECTIONS && !c; i++)
		c = export->connections[i].fd < 0 ? &export->connections[i] : NULL;
	if (c) {
		*c = (struct connection){ .fd = fd };
		c->out = malloc(REPLY_BYTES + NBD_EXPORT_READ_MAX);
	}
	if (!c || !c->out) {
		if (c)
			c->fd = -1;
		close(fd);
		return;
	}
	put(c, NBD_MAGIC, 8);
	put(c, NBD_IHAVEOPT, 8);
	put(c, NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES, 2);
	expect(c, CLIENT_FLAGS, 4);
}

static void reply_to_option(struct connection *c, uint32_t type, uint32_t length)
{
	put(c, NBD_OPTION_REPLY, 8);
	put(c, c->option, 4);
	put(c, type, 4);
	put(c, length, 4);
}

static void describe(const struct nbd_export *export, struct connection *c)
{
	reply_to_option(c, NBD_REP_INFO, 12);
	put(c, NBD_INFO_EXPORT, 2);
	put(c, export->view->size, 8);
	put(c, NBD_TRANSMISSION_FLAGS, 2);
	reply_to_option(c, NBD_REP_INFO, 14);
	put(c, NBD_INFO_BLOCK_SIZE, 2);
	put(c, 1, 4);
	put(c, 4096, 4);
	put(c, NBD_EXPORT_READ_MAX, 4);
	reply_to_option(c, NBD_REP_ACK, 0);
}

/* The data of NBD_OPT_INFO and NBD_OPT_GO: a name, then what the client wants to know. It is told all that there is. */
static void answer_go(const struct nbd_export *export, struct connection *c)
{
	struct cursor data = cursor_make(c->in, c->have);
	uint32_t name = cursor_be32(&data);
	uint16_t count;

	cursor_skip(&data, name);
	count = cursor_be16(&data);
	cursor_skip(&data, count * 2U);
	expect(c, OPTION, OPTION_HEAD);
	if (!cursor_ok(&data) || cursor_left(&data)) {
		reply_to_option(c, NBD_REP_ERR_INVALID, 0);
	} else if (name) {
		reply_to_option(c, NBD_REP_ERR_UNKNOWN, 0);
	} else {
		describe(export, c);
		if (c->option == NBD_OPT_GO)
			expect(c, TRANSMISSION, REQUEST_BYTES);
	}
}

/* Each of the next four takes what c->in holds; false: there is nothing more to say to this client. */
static bool take_option_data(const struct nbd_export *export, struct connection *c)
{
	switch (c->option) {
	case NBD_OPT_EXPORT_NAME:
		if (c->have)
			return false; /* the only export has no name; this option has no way to say so */
		put(c, export->view->size, 8);
		put(c, NBD_TRANSMISSION_FLAGS, 2);
		if (!c->no_zeroes) {
			memset(c->out + c->size, 0, ZEROES);
			c->size += ZEROES;
		}
		expect(c, TRANSMISSION, REQUEST_BYTES);
		return true;
	case NBD_OPT_INFO:
	case NBD_OPT_GO:
		answer_go(export, c);
		return true;
	case NBD_OPT_ABORT:
		reply_to_option(c, NBD_REP_ACK, 0);
		c->last = true;
		return true;
	case NBD_OPT_LIST:
		if (!c->have) {
			reply_to_option(c, NBD_REP_SERVER, 4);
			put(c, 0, 4);
		}
		reply_to_option(c, c->have ? NBD_REP_ERR_INVALID : NBD_REP_ACK, 0);
		break;
	default:
		reply_to_option(c, NBD_REP_ERR_UNSUP, 0);
	}
	expect(c, OPTION, OPTION_HEAD);
	return true;
}

static bool take_option(const struct nbd_export *export, struct connection *c)
{
	struct cursor data = cursor_make(c->in, c->have);
	uint32_t length;

	if (cursor_be64(&data) != NBD_IHAVEOPT)
		return false;
	c->option = cursor_be32(&data);
	length = cursor_be32(&data);
	if (length > OPTION_MAX)
		return false;
	expect(c, OPTION_DATA, length);
	return length ? true : take_option_data(export, c);
}

static bool take_flags(struct connection *c)
{
	struct cursor data = cursor_make(c->in, c->have);
	uint32_t flags = cursor_be32(&data);

	if (flags & ~(uint32_t)(NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES))
		return false;
	c->no_zeroes = flags & NBD_FLAG_NO_ZEROES;
	expect(c, OPTION, OPTION_HEAD);
	return true;
}

static uint32_t do_read(struct nbd_export *export, struct connection *c, uint64_t offset, uint32_t length)
{
	struct error err;

	if (!length || length > NBD_EXPORT_READ_MAX || offset > export->view->size || length > export->view->size - offset)
		return NBD_EINVAL;
	if (view_read(export->view, offset, c->out + REPLY_BYTES, length, &err) == 0)
		return 0;
	if (!export->error.code)
		export->error = err;
	return NBD_EIO;
}

static bool take_request(struct nbd_export *export, struct connection *c)
{
	struct cursor data = cursor_make(c->in, c->have);
	uint32_t magic = cursor_be32(&data), error = NBD_EINVAL, length;
	uint64_t cookie, offset;
	uint16_t type;

	cursor_skip(&data, 2); /* flags: none that a reader must heed */
	type = cursor_be16(&data);
	cookie = cursor_be64(&data);
	offset = cursor_be64(&data);
	length = cursor_be32(&data);
	/* what would be written follows the request: nobody who was told that the disk is read-only sends it */
	if (magic != NBD_REQUEST_MAGIC || type == NBD_CMD_DISC || type == NBD_CMD_WRITE)
		return false;
	if (type == NBD_CMD_READ)
		error = do_read(export, c, offset, length);
	else if (type > NBD_CMD_FLUSH)
		error = NBD_EPERM;
	put(c, NBD_REPLY_MAGIC, 4);
	put(c, error, 4);
	put(c, cookie, 8);
	if (type == NBD_CMD_READ && !error)
		c->size += length;
	expect(c, TRANSMISSION, REQUEST_BYTES);
	return true;
}

static bool take(struct nbd_export *export, struct connection *c)
{
	switch (c->state) {
	case CLIENT_FLAGS:
		return take_flags(c);
	case OPTION:
		return take_option(export, c);
	case OPTION_DATA:
		return take_option_data(export, c);
	case TRANSMISSION:
		break;
	}
	return take_request(export, c);
}

/* Sends what waits, or reads what has come and acts on it; false when the connection is of no use any more. */
static bool work(struct nbd_export *export, struct connection *c)
{
	ssize_t n;

	if (c->sent < c->size) {
		n = send(c->fd, c->out + c->sent, c->size - c->sent, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)n;
		if (c->sent == c->size)
			c->sent = c->size = 0;
		return c->size || !c->last;
	}
	n = recv(c->fd, c->in + c->have, c->needed - c->have, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	c->have += (size_t)n;
	return c->have < c->needed || take(export, c);
}

struct nbd_export *nbd_export_new(struct view *view, int listener)
{
	struct nbd_export *export = calloc(1, sizeof(*export));

	if (!export)
		return NULL;
	export->view = view;
	export->listener = listener;
	for (unsigned i = 0; i < NBD_EXPORT_CONNECTIONS; i++)
		export->connections[i].fd = -1;
	return export;
}

void nbd_export_free(struct nbd_export *export)
{
	for (unsigned i = 0; export && i < NBD_EXPORT_CONNECTIONS; i++)
		hang_up(&export->connections[i]);
	free(export);
}

int nbd_export_wait(struct nbd_export *export, int fd, uint64_t deadline, struct error *err)
{
	struct pollfd polled[2 + NBD_EXPORT_CONNECTIONS];

	for (;;) {
		uint64_t now = stream_now();
		int n;

		polled[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
		polled[1] = (struct pollfd){ .fd = export->listener, .events = POLLIN };
		for (unsigned i = 0; i < NBD_EXPORT_CONNECTIONS; i++) {
			const struct connection *c = &export->connections[i];

			/* a client that does not take its answer gets no further request read */
			polled[2 + i] = (struct pollfd){ .fd = c->fd, .events = c->fd >= 0 && c->size ? POLLOUT : POLLIN };
		}
		n = now < deadline ? poll(polled, 2 + NBD_EXPORT_CONNECTIONS, (int)(deadline - now)) : 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return error_set(err, errno, "cannot wait for the helper: %s", strerror(errno));
		if (n < 0)
			continue;
		for (unsigned i = 0; i < NBD_EXPORT_CONNECTIONS; i++)
			if (polled[2 + i].revents && !work(export, &export->connections[i]))
				hang_up(&export->connections[i]);
		if (polled[1].revents)
			accept_one(export);
		if (polled[0].revents)
			return 0;
	}
}

const struct error *nbd_export_error(const struct nbd_export *export)
{
	return export->error.code ? &export->error : NULL;
}
