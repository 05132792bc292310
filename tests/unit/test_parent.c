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
#include "report/report.h"

#include "hostile_worker.h"

static char folder[] = "/tmp/vmlint-test-parent-XXXXXX", image[64], program[64];

/* Below which files beside the image may be opened; NULL: none. */
static const char *allow_backing;

/* What the worker does; the child has it from fork. */
static int (*act)(int socket);

int worker_run(enum worker_subject subject, const char *name, int fd, uint64_t size, int socket, const struct keeper *keeper,
	       const struct lint_options *options)
{
	(void)subject, (void)name, (void)fd, (void)size, (void)options, (void)keeper;
	return act(socket);
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

/* What is believed can be printed. */
static void print(const struct lint_result *result)
{
	static const struct report_format *const formats[] = { &report_text, &report_json, &report_vmspec };
	struct report_options options = { .out = fopen("/dev/null", "w"), .verbose = true };

	assert_non_null(options.out);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		struct report report = { .options = &options };

		formats[i]->begin(&report);
		formats[i]->image(&report, result);
		formats[i]->end(&report);
	}
	fclose(options.out);
}

static const char *lint(struct arena *arena, int (*what)(int socket))
{
	static const struct lint_options options;
	struct lint_result result;

	act = what;
	alarm(60);
	parent_lint(arena, image, &options, allow_backing, &result);
	alarm(0);
	assert_int_equal(result.status, STATUS_UNREADABLE);
	print(&result);
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
	print(&result);
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
	assert_non_null(strstr(lint(arena, ask_for_nothing), "no sense"));
	assert_non_null(strstr(lint(arena, say_no_profile), "no sense"));
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
	assert_non_null(strstr(lint(arena, say_too_many), "too much to say"));
	assert_non_null(strstr(lint(arena, ask_without_end), "asked for too much"));
	assert_non_null(strstr(lint(arena, fill_memory), "larger memory file"));
	assert_int_equal(status_of(arena, give_descriptors), STATUS_CHECKED);
	assert_int_equal(descriptors(), before);
}

/* Files are numbered as the parent opened them; who may have any is asked about each. */
static void a_worker_that_asks_for_files(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	unsigned before = descriptors();
	char sibling[80];
	FILE *f;

	(void)state;
	snprintf(sibling, sizeof(sibling), "%s/sibling", folder);
	f = fopen(sibling, "w");
	assert_non_null(f);
	fclose(f);
	assert_non_null(strstr(lint(arena, ask_for_a_file), "--allow-backing"));
	allow_backing = folder;
	assert_string_equal(lint(arena, ask_for_a_file), "opened");
	assert_string_equal(lint(arena, ask_by_a_file_far_off), "there is no file number 4294967295");
	assert_string_equal(lint(arena, ask_by_the_next_file), "there is no file number 1");
	assert_string_equal(lint(arena, ask_for_many_files), "too many files");
	allow_backing = NULL;
	unlink(sibling);
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
	assert_non_null(strstr(lint(arena, ask_for_guestfs), "signal 9 (Killed)"));
	helper_does("exit 0");
	assert_string_equal(lint(arena, ask_for_guestfs), "started");
	/* one for each image */
	assert_non_null(strstr(lint(arena, ask_twice), "already"));
}

/* However a helper dies, it is one entry of that image, with the reason. */
static void a_helper_that_dies(void **state)
{
	static const struct {
		int number;
		const char *why;
	} cases[] = { { SIGSEGV, "Segmentation fault): a defect" }, { SIGABRT, "Aborted): a defect" },
		      { SIGSYS, "Bad system call): it tried" },	    { SIGXCPU, "CPU time limit exceeded): its limit" },
		      { SIGXFSZ, "File size limit exceeded): it tried" } };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char script[64];
		const char *said;

		snprintf(script, sizeof(script), "kill -%d $$", cases[i].number);
		helper_does(script);
		said = lint(arena, ask_for_guestfs);
		assert_ptr_equal(strstr(said, "the reader was stopped by the end of its helper"), said);
		assert_non_null(strstr(said, cases[i].why));
	}
}

/* What the helper starts ends with it, also in a session of its own, however it ends; its folder goes too. */
static void nothing_outlives_the_helper(void **state)
{
	static const struct {
		const char *starts, *ends;
	} cases[] = { { "", "exit 1" }, { "setsid", "exit 1" }, { "setsid", "kill -9 $$" } };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	char line[32], name[128], script[512];
	pid_t left;
	FILE *f;

	(void)state;
	snprintf(name, sizeof(name), "%s/left", folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(script, sizeof(script), "mkdir \"$2\"; : >\"$2/nbd\"; trap '' TERM HUP; "
			 "%s sleep 300 <&- >&- 3<&- & echo $! >%s; trap - TERM HUP; %s", cases[i].starts, name, cases[i].ends);
		helper_does(script);
		lint(arena, ask_for_guestfs);
		f = fopen(name, "r");
		assert_non_null(f);
		line[0] = '\0';
		assert_non_null(fgets(line, sizeof(line), f));
		fclose(f);
		unlink(name);
		left = (pid_t)atoi(line);
		assert_true(left > 1);
		/* gone, or a zombie that its new parent has not waited for yet */
		snprintf(script, sizeof(script), "for i in $(seq 50); do grep -qs '^State:.[^ZX]' /proc/%d/status || exit 0; "
			 "sleep 0.1; done; exit 1", left);
		assert_int_equal(system(script), 0);
	}
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
		cmocka_unit_test(a_worker_that_asks_for_files),
		cmocka_unit_test(a_sanitized_worker_that_grows),
		cmocka_unit_test(one_image_decides_nothing_for_the_next),
		cmocka_unit_test(a_helper_that_dies),
		cmocka_unit_test(nothing_outlives_the_helper),
		cmocka_unit_test(what_the_machine_lacks_is_remembered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
