/* SPDX-License-Identifier: MIT */
/* test_parent: the parent beside workers and helpers that lie, do not listen, or fail.  worker_run is this file's own, and the
 * helper is a script.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/sanitized.h"
#include "fs/appliance.h"
#include "process/channel.h"
#include "process/helper.h"
#include "process/parent.h"
#include "process/record.h"
#include "process/worker.h"

static char folder[] = "/tmp/vmlint-test-parent-XXXXXX", image[64], program[64];

/* What the worker does; the child has it from fork. */
static int (*act)(int socket);

int worker_run(const char *name, int fd, uint64_t size, int socket, const struct keeper *keeper,
	       const struct lint_options *options)
{
	(void)name, (void)fd, (void)size, (void)options, (void)keeper;
	return act(socket);
}

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
		buffer_counted(out, NULL);
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

static void helper_does(const char *script)
{
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fchmod(fileno(f), 0755);
	fclose(f);
	helper_program = program;
}

static const char *lint(struct arena *arena, int (*what)(int socket))
{
	static const struct lint_options options;
	struct lint_result result;

	act = what;
	alarm(60);
	parent_lint(arena, image, &options, NULL, &result);
	alarm(0);
	assert_int_equal(result.status, STATUS_UNREADABLE);
	return result.error;
}

static enum image_status status_of(struct arena *arena, int (*what)(int socket))
{
	static const struct lint_options options;
	struct lint_result result;

	act = what;
	alarm(60);
	parent_lint(arena, image, &options, NULL, &result);
	alarm(0);
	return result.status;
}

/* How many descriptors this process has. */
static unsigned descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int setup(void **state)
{
	FILE *f;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	setenv("TMPDIR", folder, 1);
	snprintf(image, sizeof(image), "%s/image", folder);
	snprintf(program, sizeof(program), "%s/helper", folder);
	f = fopen(image, "w");
	if (!f)
		return -1;
	fputs("image", f);
	fclose(f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(image);
	unlink(program);
	return rmdir(folder); /* nothing else was left there */
}

static void a_worker_that_does_not_listen(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	assert_non_null(strstr(lint(arena, flood), "does not take its answers"));
}

static void a_worker_that_does_not_end(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	assert_int_equal(status_of(arena, say_all), STATUS_CHECKED);
	assert_int_equal(status_of(arena, say_all_and_stay), STATUS_CHECKED);
	assert_non_null(strstr(lint(arena, close_and_stay), "said no more"));
	assert_non_null(strstr(lint(arena, say_nothing_and_stay), "said no more"));
	assert_non_null(strstr(lint(arena, say_nothing), "ended early, with status 0"));
}

static void a_worker_without_order(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	assert_non_null(strstr(lint(arena, say_all_twice), "order"));
	assert_non_null(strstr(lint(arena, begin_at_the_end), "order"));
	assert_non_null(strstr(lint(arena, odd_memory), "no sense"));
	assert_non_null(strstr(lint(arena, odd_offset), "no sense"));
}

static void a_worker_that_wants_all_there_is(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	unsigned before = descriptors();

	(void)state;
	helper_does("exit 1");
	assert_non_null(strstr(lint(arena, say_too_much), "too much to say"));
	assert_non_null(strstr(lint(arena, ask_without_end), "asked for too much"));
	assert_non_null(strstr(lint(arena, fill_memory), "larger memory file"));
	assert_int_equal(status_of(arena, give_descriptors), STATUS_CHECKED);
	assert_int_equal(descriptors(), before);
}

/* Where addresses cannot be bounded. */
static void a_sanitized_worker_that_grows(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	if (!SANITIZED)
		skip();
	assert_non_null(strstr(lint(arena, take_memory), "stopped by its limit of memory"));
}

static void one_image_decides_nothing_for_the_next(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	helper_does("exit 0");
	lint(arena, forge);
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	/* a launch that failed with this image, or that was killed */
	helper_does("exit 1");
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	helper_does("kill -9 $$");
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	/* one for each image */
	assert_non_null(strstr(lint(arena, ask_twice), "already"));
}

/* What the helper starts ends with it, however it ends; its folder goes too. */
static void nothing_outlives_the_helper(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	char line[32] = "", name[128], script[512];
	pid_t left;
	FILE *f;

	(void)state;
	snprintf(name, sizeof(name), "%s/left", folder);
	snprintf(script, sizeof(script), "mkdir \"$2\"; : >\"$2/nbd\"; (trap '' TERM HUP; exec sleep 300 <&- >&- 3<&-) & "
		 "echo $! >%s; exit 1", name);
	helper_does(script);
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	f = fopen(name, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	unlink(name);
	left = (pid_t)atoi(line);
	assert_true(left > 1);
	/* gone, or a zombie that its new parent has not waited for yet */
	snprintf(script, sizeof(script), "for i in $(seq 50); do grep -qs '^State:.[^ZX]' /proc/%d/status || exit 0; sleep 0.1;"
		 " done; exit 1", left);
	assert_int_equal(system(script), 0);
}

/* The last: it is remembered. */
static void what_the_machine_lacks_is_remembered(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	char name[128], script[300];

	(void)state;
	snprintf(name, sizeof(name), "%s/arguments", folder);
	snprintf(script, sizeof(script), "echo \"$3\" >%s; exit %d", name, APPLIANCE_EXIT_NO_KVM);
	helper_does(script);
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	snprintf(script, sizeof(script), "test \"$3\" = no-kvm && rm %s; exit %d", name, APPLIANCE_EXIT_ABSENT);
	helper_does(script);
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	assert_int_equal(access(name, F_OK), -1);
	assert_non_null(strstr(lint(arena, ask_for_guestfs), "is not installed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_that_does_not_listen),
		cmocka_unit_test(a_worker_that_does_not_end),
		cmocka_unit_test(a_worker_without_order),
		cmocka_unit_test(a_worker_that_wants_all_there_is),
		cmocka_unit_test(a_sanitized_worker_that_grows),
		cmocka_unit_test(one_image_decides_nothing_for_the_next),
		cmocka_unit_test(nothing_outlives_the_helper),
		cmocka_unit_test(what_the_machine_lacks_is_remembered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
