/* SPDX-License-Identifier: MIT */
/* test_sibling: a file that an image names is opened only if it lies below the directory that the user allowed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(below_is_allowed),
		cmocka_unit_test(all_else_is_not),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
