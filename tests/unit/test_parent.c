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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "fs/appliance.h"
#include "process/channel.h"
#include "process/helper.h"
#include "process/parent.h"
#include "process/record.h"
#include "process/worker.h"

static char folder[] = "/tmp/vmlint-test-parent-XXXXXX", image[64], program[64];

/* What the worker does; the child has it from fork. */
static int (*act)(int socket);

int worker_run(const char *name, int fd, uint64_t size, int socket, const struct lint_options *options)
{
	(void)name, (void)fd, (void)size, (void)options;
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
	for (unsigned i = 0; i < LIMIT_RECORDS; i++)
		request(socket, RECORD_SIBLING, 0, "name");
	return EXIT_SUCCESS;
}

/* Records that would say something of the machine, were there such. */
static int forge(int socket)
{
	request(socket, 11, ENOENT, "there is no libguestfs here");
	request(socket, 12, ENOENT, "there is no libguestfs here");
	return EXIT_SUCCESS;
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
		cmocka_unit_test(one_image_decides_nothing_for_the_next),
		cmocka_unit_test(nothing_outlives_the_helper),
		cmocka_unit_test(what_the_machine_lacks_is_remembered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
