/* SPDX-License-Identifier: MIT */
/* keeper: a message is u32 RECORD_MEMORY, u32 purpose, u64 offset, and the bytes that belong there; without bytes it empties the
 * file, and `offset` is its size.
 */
#include "process/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "process/channel.h"
#include "process/record.h"

void keeper_open(struct keeper *keeper)
{
	*keeper = (struct keeper){ 0 };
	for (unsigned i = 0; i < WINDOW_PURPOSES; i++)
		keeper->files[i] = window_make_file((enum window_purpose)i, &keeper->error);
}

void keeper_close(struct keeper *keeper)
{
	for (unsigned i = 0; i < WINDOW_PURPOSES; i++)
		if (keeper->files[i] >= 0)
			close(keeper->files[i]);
}

int keeper_take(struct keeper *keeper, const void *data, size_t size, struct error *err)
{
	struct cursor c = cursor_make(data, size);
	struct error failure = { 0 };
	const uint8_t *bytes;
	uint32_t purpose;
	uint64_t offset;
	size_t length;

	cursor_skip(&c, 4);
	purpose = cursor_le32(&c);
	offset = cursor_le64(&c);
	length = cursor_left(&c);
	bytes = (const uint8_t *)data + (size - length);
	if (!cursor_ok(&c) || purpose >= WINDOW_PURPOSES || keeper->files[purpose] < 0 || offset > INT64_MAX ||
	    length > INT64_MAX - offset)
		return error_set(err, EPROTO, "the reader sent a record that makes no sense (kind %u)", RECORD_MEMORY);
	if (!length) {
		keeper->written[purpose] = 0;
		window_size_file(keeper->files[purpose], offset, &failure);
	} else {
		keeper->written[purpose] += length;
		if (keeper->written[purpose] > LIMIT_MEMORY_FILE_BYTES)
			return error_set(err, EPROTO, "the reader wanted a larger memory file than any reader needs");
		window_write_file(keeper->files[purpose], bytes, length, offset, &failure);
	}
	if (failure.code && !keeper->error.code)
		keeper->error = failure;
	return 0;
}

static struct window_keeper far;
static int far_socket;

static int put(enum window_purpose purpose, uint64_t offset, const void *data, size_t length, struct error *err)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);

	buffer_le32(&out, RECORD_MEMORY);
	buffer_le32(&out, purpose);
	buffer_le64(&out, offset);
	buffer_append(&out, length ? data : "", length);
	if (out.overflowed)
		return error_set(err, ENOMEM, "out of memory");
	return channel_send(far_socket, out.data, out.size, -1, err);
}

void keeper_use(const struct keeper *keeper, int socket, int (*wait)(struct error *err), int ret_files[WINDOW_PURPOSES])
{
	for (unsigned i = 0; i < WINDOW_PURPOSES; i++) {
		char path[40];

		/* another open file than the parent's, and for reading alone */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", keeper->files[i]);
		ret_files[i] = far.files[i] = keeper->files[i] < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	}
	far.put = put;
	far.wait = wait;
	far_socket = socket;
	window_keeper = &far;
}
