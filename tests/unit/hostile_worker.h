/* SPDX-License-Identifier: MIT */
/* hostile_worker: what a worker does that is in the hands of whoever made its image, for test_parent.c.  Each takes its end of
 * the socket and returns the process's exit status.
 */
#ifndef HOSTILE_WORKER_H
#define HOSTILE_WORKER_H

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "lint/lint.h"
#include "process/channel.h"
#include "process/record.h"

static void request(int socket, uint32_t kind, uint32_t base, const char *name)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);
	struct error err;

	buffer_le32(&out, kind);
	buffer_le32(&out, base);
	buffer_counted(&out, name);
	if (channel_send(socket, out.data, out.size, -1, &err) < 0)
		_exit(EXIT_FAILURE);
}

/* Says as the image's "error" what the parent answered to a request for libguestfs. */
static int ask_for_guestfs(int socket)
{
	ARENA_AUTO arena = arena_new(MiB);
	char *reply = arena_alloc(arena, LIMIT_RECORD_BYTES);
	struct lint_result result;
	struct error err, message;
	unsigned number;
	int fd, status;
	long size;

	request(socket, RECORD_GUESTFS, 0, "");
	size = channel_receive(socket, reply, LIMIT_RECORD_BYTES, &fd, 0, &err);
	if (size <= 0 || record_decode_reply(reply, (size_t)size, &status, &number, &message, &err) < 0)
		return EXIT_FAILURE;
	if (fd >= 0) {
		/* the helper has ended, so what it has to say is said */
		char c;

		while (read(fd, &c, 1) > 0)
			;
	}
	lint_result_init(&result, "x");
	result.status = STATUS_UNREADABLE;
	result.error = status < 0 ? message.message : "started";
	return record_send_result(socket, &result, &err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int ask_twice(int socket)
{
	ARENA_AUTO arena = arena_new(MiB);
	char *reply = arena_alloc(arena, LIMIT_RECORD_BYTES);
	struct error err;

	request(socket, RECORD_GUESTFS, 0, "");
	if (channel_receive(socket, reply, LIMIT_RECORD_BYTES, NULL, 0, &err) <= 0)
		return EXIT_FAILURE;
	return ask_for_guestfs(socket);
}

/* Requests as many as may be, and not one answer taken. */
static int flood(int socket)
{
	for (unsigned i = 0; i < limits_records(); i++)
		request(socket, RECORD_WAIT, 0, "");
	return EXIT_SUCCESS;
}

/* Records that would say something of the machine, were there such. */
static int forge(int socket)
{
	request(socket, 11, ENOENT, "there is no libguestfs here");
	request(socket, 12, ENOENT, "there is no libguestfs here");
	return EXIT_SUCCESS;
}

static void send_bytes(int socket, const void *data, size_t size, int fd)
{
	struct error err;

	if (channel_send(socket, data, size, fd, &err) < 0)
		_exit(EXIT_FAILURE);
}

static int say_all(int socket)
{
	struct lint_result result;
	struct error err;

	lint_result_init(&result, "x");
	result.format = "raw";
	result.profile = "profile";
	return record_send_result(socket, &result, &err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int say_all_and_stay(int socket)
{
	say_all(socket);
	while (pause() < 0)
		;
	return EXIT_SUCCESS;
}

static int close_and_stay(int socket)
{
	close(socket);
	while (pause() < 0)
		;
	return EXIT_SUCCESS;
}

/* An empty message looks like the end of a socket. */
static int say_nothing_and_stay(int socket)
{
	send_bytes(socket, "", 0, -1);
	raise(SIGSTOP);
	return EXIT_SUCCESS;
}

static int say_nothing(int socket)
{
	(void)socket;
	return EXIT_SUCCESS;
}

/* The record that comes first, of an image of which nothing is known. */
static void put_image(struct buffer *out)
{
	buffer_clear(out);
	buffer_le32(out, RECORD_IMAGE);
	for (int i = 0; i < 4; i++)
		buffer_le32(out, 0);
	for (int i = 0; i < 5; i++)
		buffer_counted(out, i == 2 ? "profile" : NULL);
}

static int say_all_twice(int socket)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);

	put_image(&out);
	send_bytes(socket, out.data, out.size, -1);
	return say_all(socket);
}

static int begin_at_the_end(int socket)
{
	send_bytes(socket, "\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, -1);
	return EXIT_SUCCESS;
}

/* Remarks as long as may be, as many as may be: hundreds of megabytes, were they all kept. */
static int say_too_much(int socket)
{
	ARENA_AUTO arena = arena_new(MiB);
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);
	char *text = arena_alloc(arena, RECORD_NAME_MAXIMUM + 1);

	memset(text, 'x', RECORD_NAME_MAXIMUM);
	put_image(&out);
	send_bytes(socket, out.data, out.size, -1);
	buffer_clear(&out);
	buffer_le32(&out, RECORD_DIAGNOSTIC);
	for (int i = 0; i < 3; i++)
		buffer_le32(&out, i == 1 ? SEVERITY_ERROR : 0);
	buffer_le32(&out, 1);
	for (int i = 0; i < 7; i++)
		buffer_le32(&out, 0);
	for (int i = 0; i < 20; i++)
		buffer_counted(&out, i == 1 ? "/" : text);
	buffer_counted(&out, NULL);
	for (unsigned i = 0; i < limits_records(); i++)
		send_bytes(socket, out.data, out.size, -1);
	return EXIT_SUCCESS;
}

/* Requests without an end, each answer taken. */
static int ask_without_end(int socket)
{
	ARENA_AUTO arena = arena_new(MiB);
	char *reply = arena_alloc(arena, LIMIT_RECORD_BYTES);
	struct error err;

	for (unsigned i = 0; i < 2 * LIMIT_REQUESTS; i++) {
		request(socket, i % 2 ? RECORD_SIBLING : RECORD_CONTAINER, UINT32_MAX, "../../etc/passwd");
		if (channel_receive(socket, reply, LIMIT_RECORD_BYTES, NULL, 0, &err) <= 0)
			return EXIT_FAILURE;
	}
	return say_all(socket);
}

/* Says as the image's "error" what the parent answered last to requests for files: `times` of them, named by that of number
 * `base`. */
static int ask_for_files(int socket, uint32_t base, const char *name, unsigned times)
{
	ARENA_AUTO arena = arena_new(MiB);
	char *reply = arena_alloc(arena, LIMIT_RECORD_BYTES);
	struct error err, message;
	struct lint_result result;
	int status = 0;

	for (unsigned i = 0; i < times; i++) {
		unsigned number;
		long size;
		int fd;

		request(socket, RECORD_SIBLING, base, name);
		size = channel_receive(socket, reply, LIMIT_RECORD_BYTES, &fd, 0, &err);
		if (size <= 0 || record_decode_reply(reply, (size_t)size, &status, &number, &message, &err) < 0)
			return EXIT_FAILURE;
		if (fd >= 0)
			close(fd);
	}
	lint_result_init(&result, "x");
	result.status = STATUS_UNREADABLE;
	result.error = status < 0 ? message.message : "opened";
	return record_send_result(socket, &result, &err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int ask_for_a_file(int socket)
{
	return ask_for_files(socket, 0, "sibling", 1);
}

/* Of files that the parent has not opened: far behind its list, and just behind the last. */
static int ask_by_a_file_far_off(int socket)
{
	return ask_for_files(socket, UINT32_MAX, "sibling", 1);
}

static int ask_by_the_next_file(int socket)
{
	return ask_for_files(socket, 1, "sibling", 1);
}

static int ask_for_many_files(int socket)
{
	return ask_for_files(socket, 0, "sibling", LIMIT_REQUESTS);
}

/* Small records, more of them than an honest worker has. */
static int say_too_many(int socket)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);

	put_image(&out);
	send_bytes(socket, out.data, out.size, -1);
	buffer_clear(&out);
	buffer_le32(&out, RECORD_REMARK);
	buffer_counted(&out, "x");
	for (unsigned i = 0; i < limits_records(); i++)
		send_bytes(socket, out.data, out.size, -1);
	return EXIT_SUCCESS;
}

/* An image that was looked at without a profile: no report could say by what. */
static int say_no_profile(int socket)
{
	struct lint_result result;
	struct error err;

	lint_result_init(&result, "x");
	result.format = "raw";
	return record_send_result(socket, &result, &err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A request that names nothing, and is no record either. */
static int ask_for_nothing(int socket)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);

	put_image(&out);
	send_bytes(socket, out.data, out.size, -1);
	request(socket, RECORD_SIBLING, 0, NULL);
	return EXIT_SUCCESS;
}

/* Descriptors that the parent did not ask for, two with each message: it must not keep them. */
static int give_descriptors(int socket)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	const int fds[2] = { socket, socket };
	struct iovec iov;
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
	put_image(&out);
	iov = (struct iovec){ .iov_base = out.data, .iov_len = out.size };
	if (sendmsg(socket, &message, 0) < 0)
		return EXIT_FAILURE;
	buffer_clear(&out);
	buffer_le32(&out, RECORD_REMARK);
	buffer_counted(&out, "x");
	iov = (struct iovec){ .iov_base = out.data, .iov_len = out.size };
	for (int i = 0; i < 2000; i++)
		if (sendmsg(socket, &message, 0) < 0)
			return EXIT_FAILURE;
	send_bytes(socket, "\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, -1);
	return EXIT_SUCCESS;
}

static void put_memory(int socket, uint32_t purpose, uint64_t offset, size_t length)
{
	static const char zeroes[64 * KiB];
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);

	buffer_le32(&out, RECORD_MEMORY);
	buffer_le32(&out, purpose);
	buffer_le64(&out, offset);
	buffer_append(&out, zeroes, length);
	send_bytes(socket, out.data, out.size, -1);
}

static int fill_memory(int socket)
{
	put_memory(socket, 0, 1ULL << 40, 0);
	for (uint64_t at = 0; at < 1ULL << 40; at += 64 * KiB)
		put_memory(socket, 0, at, 64 * KiB);
	return EXIT_SUCCESS;
}

static int odd_memory(int socket)
{
	put_memory(socket, WINDOW_PURPOSES, 0, 0);
	return say_all(socket);
}

static int odd_offset(int socket)
{
	put_memory(socket, 1, INT64_MAX, 10);
	return say_all(socket);
}

/* Grows while the parent looks on. */
static int take_memory(int socket)
{
	char *p;

	while ((p = malloc(16 << 20)))
		memset(p, 1, 16 << 20);
	return say_all(socket);
}

#endif
