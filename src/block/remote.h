/* SPDX-License-Identifier: MIT */
/* remote: the disk in a container that the helper reads for us, over a stream socket.
 *
 * The protocol, all integers little-endian.  The helper speaks first:
 *
 *   hello    u32 magic, u32 version, i32 status, u32 message length, u64 disk size in bytes, then the message
 *   request  u64 id, u64 offset, u32 length (1 to REMOTE_READ_MAX), u32 zero
 *   reply    u64 id, i32 status, u32 length, then the data; with a negative status, the message of what went wrong
 *
 * One request is under way at a time.  The helper ends when its socket is closed.  What comes from it is one more
 * untrusted input: every number is checked, every wait has a limit.
 */
#ifndef BLOCK_REMOTE_H
#define BLOCK_REMOTE_H

#include <errno.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

/* The descriptors that the parent gives the helper: the image file, open for reading, and the socket. */
#define REMOTE_IMAGE_FD 3
#define REMOTE_SOCKET_FD 4

#define REMOTE_MAGIC 0x6d726d76U /* vmrm */
#define REMOTE_VERSION 1
#define REMOTE_HELLO_BYTES 24
#define REMOTE_REQUEST_BYTES 24
#define REMOTE_REPLY_BYTES 16
#define REMOTE_READ_MAX (1U << 20)
#define REMOTE_MESSAGE_MAX 300

/* The status of an answer that is the last: qemu-nbd is no more. */
#define REMOTE_GONE ECONNRESET

/* How long the helper may take, in milliseconds: until its hello (it starts qemu-nbd), and for one read. Its own limits
 * are shorter, so that its message comes before ours. */
#define REMOTE_START_MS 20000
#define REMOTE_READ_MS 20000
#define REMOTE_GRACE_MS 5000

/* A view of the disk at the far side of `socket`, which must stay open.  Waits for the helper's hello.  0, or a
 * negative errno with a message: what the helper says it could not do, -ETIMEDOUT, -EPROTO for an answer out of order,
 * -EIO if it has gone.  Reads are served from a few blocks that are kept; one that finds the helper or its qemu-nbd gone, or
 * out of step, counts as a failure of the medium (view_medium_failed), one of a place that cannot be read does not. */
int view_remote(struct arena *arena, int socket, struct view **ret, struct error *err);

#endif
