/* SPDX-License-Identifier: MIT */
/* test_sibling: a file that an image names is opened only if it lies below the directory that the user allowed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "process/sibling.h"

static char root[] = "/tmp/vmlint-sibling-XXXXXX";

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chdir(root), 0);
	mkdir("allowed", 0700);
	mkdir("allowed/sub", 0700);
	mkdir("other", 0700);
	touch("allowed/image");
	touch("allowed/base");
	touch("allowed/sub/deep");
	touch("other/secret");
	assert_int_equal(symlink("../other/secret", "allowed/link"), 0);
	assert_int_equal(symlink("sub/deep", "allowed/inner"), 0);
	assert_int_equal(symlink("../other", "allowed/folder"), 0);
	assert_int_equal(mkfifo("allowed/fifo", 0600), 0);
	return 0;
}

static int teardown(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

/* Does the name, in the header of `base`, open? */
static int opens(const char *base, const char *name)
{
	ARENA_AUTO arena = arena_new(1 << 20);
	const char *path;
	struct error err;
	int fd = sibling_open(arena, "allowed", base, name, &path, &err);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

static void below_is_allowed(void **state)
{
	char absolute[200];

	(void)state;
	assert_true(opens("allowed/image", "base"));
	assert_true(opens("allowed/image", "sub/deep"));
	assert_true(opens("allowed/image", "file:base"));
	assert_true(opens("allowed/image", "inner"));
	assert_true(opens("allowed/image", "sub/../base"));
	assert_true(opens("allowed/sub/deep", "../base"));
	snprintf(absolute, sizeof(absolute), "%s/allowed/base", root);
	assert_true(opens("other/secret", absolute));
}

static void all_else_is_not(void **state)
{
	char absolute[200];

	(void)state;
	assert_false(opens("allowed/image", "../other/secret"));
	assert_false(opens("allowed/image", "link"));
	assert_false(opens("allowed/image", "folder/secret"));
	assert_false(opens("allowed/image", "fifo"));
	assert_false(opens("allowed/image", "sub"));
	assert_false(opens("allowed/image", "missing"));
	assert_false(opens("allowed/image", ""));
	assert_false(opens("allowed/image", "/etc/passwd"));
	assert_false(opens("allowed/image", "/dev/null"));
	assert_false(opens("allowed/image", "json:{\"driver\":\"file\",\"filename\":\"/etc/passwd\"}"));
	assert_false(opens("allowed/image", "nbd://localhost"));
	assert_false(opens("allowed/image", "fat:rw:."));
	snprintf(absolute, sizeof(absolute), "%s/allowed-not/base", root);
	assert_false(opens("allowed/image", absolute));
	assert_false(opens("image", "base"));
}

/* What a reader is told of a place outside is the same whether there is something or not. */
static void nothing_is_told_of_other_places(void **state)
{
	ARENA_AUTO arena = arena_new(1 << 20);
	const char *path;
	struct error first, second;

	(void)state;
	assert_int_equal(sibling_open(arena, "allowed", "allowed/image", "/etc/x", &path, &first), -EPERM);
	assert_int_equal(sibling_open(arena, "allowed", "allowed/image", "/etc/nowhere/x", &path, &second), -EPERM);
	assert_string_equal(strchr(first.message, ' '), strchr(second.message, ' '));
}

/* Links of /proc lead to where no path does. */
static void no_magic_links(void **state)
{
	ARENA_AUTO arena = arena_new(1 << 20);
	char name[64];
	const char *path;
	struct error err;
	int fd = open("other/secret", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	assert_true(sibling_open(arena, "/proc", "allowed/image", name, &path, &err) < 0);
	assert_true(sibling_open(arena, "/", "allowed/image", name, &path, &err) < 0);
	close(fd);
}

/* Somebody who may write below the directory changes a file for a link, a FIFO and back while it is opened. */
static void a_file_that_changes(void **state)
{
	struct stat st, secret;
	int opened = 0;
	pid_t other = fork();

	(void)state;
	if (other == 0) {
		for (;;) {
			unlink("allowed/new");
			symlink("../other/secret", "allowed/new");
			rename("allowed/new", "allowed/changing");
			mkfifo("allowed/new", 0600);
			rename("allowed/new", "allowed/changing");
			link("allowed/base", "allowed/new");
			rename("allowed/new", "allowed/changing");
		}
	}
	assert_int_equal(stat("other/secret", &secret), 0);
	alarm(60);
	for (int i = 0; i < 3000; i++) {
		ARENA_AUTO arena = arena_new(1 << 20);
		const char *path;
		struct error err;
		int fd = sibling_open(arena, "allowed", "allowed/image", "changing", &path, &err);

		if (fd < 0)
			continue;
		opened++;
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(S_ISREG(st.st_mode) && st.st_ino != secret.st_ino);
		close(fd);
	}
	alarm(0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	assert_true(opened > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(below_is_allowed),
		cmocka_unit_test(all_else_is_not),
		cmocka_unit_test(nothing_is_told_of_other_places),
		cmocka_unit_test(no_magic_links),
		cmocka_unit_test(a_file_that_changes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
