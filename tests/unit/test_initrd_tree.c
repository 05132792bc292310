/* SPDX-License-Identifier: MIT */
/* test_initrd_tree: what is there when Linux has unpacked an archive.  Each was tried with the kernel of Debian 12 (6.1), which
 * started a program from it that looked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "initrd_maker.h"

#define LINK 0120777
#define FOLDER 040755

static void add(struct maker *m, const char *name, unsigned mode, const char *body)
{
	entry(m, name, mode, 1, body, strlen(body));
}

/* Is there a file of that mode, links followed?  0: there is none. */
static void expect(const struct maker *m, const char *path, unsigned mode, bool empty)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PATH, .name = path };
	const struct initrd *initrd = ask(arena, m, &q, 1, false);

	assert_true(initrd->complete);
	if (q.reached != mode || q.empty != empty)
		fail_msg("%s: answer %d, mode %o reaches %o, empty %d", path, q.answer, q.mode, q.reached, q.empty);
}

static void paths(void **state)
{
	struct maker m = make();

	(void)state;
	add(&m, "a", FOLDER, "");
	add(&m, "a/b", FOLDER, "");
	add(&m, "./a/.//b/f", 0100700, "1");
	add(&m, "b", LINK, "a/b/../../a/b/..");
	add(&m, "b/c", FOLDER, "");
	add(&m, "b/c/f", 0100701, "1");
	add(&m, "dd/f", 0100702, "1");
	add(&m, "dd", FOLDER, "");
	add(&m, "usr", FOLDER, "");
	add(&m, "usr/lib", FOLDER, "");
	add(&m, "lib", LINK, "/usr/lib");
	add(&m, "lib/x", 0100703, "1");
	add(&m, "zz/", 0100704, "1");
	add(&m, "yy/", FOLDER, "");
	add(&m, "yy/f", 0100705, "1");
	add(&m, "dev/f", 0100706, "1");
	add(&m, "root/f", 0100707, "1");
	add(&m, "ndir", FOLDER, "body");
	add(&m, "ndir/f", 0100710, "1");
	add(&m, "loop", LINK, "loop");
	add(&m, "loop/f", 0100711, "1");
	add(&m, "to/", LINK, "a");
	add(&m, "none", LINK, "");
	trailer(&m);
	expect(&m, "/a/b/f", 0100700, false);
	expect(&m, "a/c/f", 0100701, false);
	expect(&m, "/b/c/f", 0100701, false);
	expect(&m, "dd", FOLDER, false);
	expect(&m, "dd/f", 0, false);
	expect(&m, "usr/lib/x", 0100703, false);
	expect(&m, "zz", 0, false);
	expect(&m, "yy/f", 0100705, false);
	expect(&m, "dev/f", 0100706, false);
	expect(&m, "root/f", 0100707, false);
	expect(&m, "ndir/f", 0, false);
	expect(&m, "loop/f", 0, false);
	expect(&m, "to", 0, false);
	expect(&m, "none", FOLDER, false);
	expect(&m, "a/../../usr/./lib//x", 0100703, false);
	expect(&m, "a/b/f/..", 0, false);
	buffer_free(&m.b);
}

/* What comes later takes the place of what is there, but for a folder that is not empty. */
static void replaced(void **state)
{
	struct maker m = make();

	(void)state;
	add(&m, "a", FOLDER, "");
	add(&m, "a/f", 0100700, "");
	add(&m, "init", 0100700, "#!/bin/sh");
	add(&m, "usr", FOLDER, "");
	add(&m, "usr/lib", FOLDER, "");
	add(&m, "usr/lib/x", 0100701, "x");
	add(&m, "lib", LINK, "usr/lib");
	trailer(&m);
	expect(&m, "init", 0100700, false);
	expect(&m, "a/f", 0100700, true);
	add(&m, "init", 0100600, "");
	expect(&m, "init", 0100600, true);
	add(&m, "init", LINK, "/nowhere");
	expect(&m, "init", 0, false);
	add(&m, "init", LINK, "lib/x");
	expect(&m, "init", 0100701, false);
	/* the link lib becomes a folder of its own */
	add(&m, "lib", FOLDER, "");
	expect(&m, "init", 0, false);
	add(&m, "lib/x", 0100702, "x");
	expect(&m, "init", 0100702, false);
	expect(&m, "usr/lib/x", 0100701, false);
	add(&m, "init", FOLDER, "");
	expect(&m, "init", FOLDER, false);
	add(&m, "init", 0100703, "x");
	expect(&m, "init", 0100703, false);
	/* of a type that is none: the file goes, and nothing comes */
	add(&m, "init", 0755, "");
	expect(&m, "init", 0, false);
	add(&m, "init", 0100704, "x");
	add(&m, "init/", FOLDER, "");
	expect(&m, "init", 0100704, false);
	add(&m, "e", FOLDER, "");
	add(&m, "e/", 0100704, "x");
	expect(&m, "e", 0, false);
	add(&m, "a", 0100700, "x");
	add(&m, "a", LINK, "usr");
	expect(&m, "a", FOLDER, false);
	expect(&m, "a/f", 0100700, true);
	entry(&m, "hl1", 0100700, 2, "", 0);
	expect(&m, "hl1", 0100700, false);
	entry(&m, "hl2", 0100700, 2, "shared", 6);
	expect(&m, "hl2", 0100700, false);
	buffer_free(&m.b);
}

/* What was asked for where /usr is merged, in an archive whose link to it leads elsewhere. */
static void elsewhere(void **state)
{
	static const char *const targets[] = { "usr/lib", "/nowhere", "usr", "/usr/lib/" };
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q[] = { { INITRD_PATH, .name = "/lib/x" }, { INITRD_PATH, .name = "/usr/lib/x" },
				       { INITRD_PATH, .name = "lib" } };
	struct maker m = make();

	(void)state;
	add(&m, "usr", FOLDER, "");
	add(&m, "usr/lib", FOLDER, "");
	add(&m, "usr/lib/x", 0100701, "x");
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		bool good = strstr(targets[i], "usr/lib");

		add(&m, "lib", LINK, targets[i]);
		(void)ask(arena, &m, q, 3, false);
		assert_int_equal(q[0].answer, INITRD_FOUND);
		assert_int_equal(q[0].elsewhere, !good);
		assert_int_equal(q[0].reached, 0100701);
		assert_false(q[1].elsewhere);
		assert_false(q[2].elsewhere);
		assert_string_equal(q[2].target, targets[i]);
	}
	buffer_free(&m.b);
}

static void modules(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const struct initrd_options lenient = { .more_before = true };
	struct initrd_question q[] = {
		{ INITRD_MODULE, .name = "a" }, { INITRD_MODULE, .name = "b" }, { INITRD_MODULE, .name = "c" },
		{ INITRD_FOLDER, .name = "/etc/d" }, { INITRD_CONTENT, .name = "conf", .limit = 100 },
		{ INITRD_CONTENT, .name = "link", .limit = 100 },
	};
	struct maker m = make();
	struct initrd *initrd;
	struct error err;

	(void)state;
	folders(&m, "lib/modules/1/x");
	file(&m, "lib/modules/1/a.ko.gz", "\x1f\x8b");
	file(&m, "lib/modules/1/b.ko.gz", "\x1f\x8b");
	file(&m, "lib/modules/2/c.ko.gz", "\x1f\x8b");
	folders(&m, "etc/d/x");
	file(&m, "etc/d/file", "");
	file(&m, "conf", "the first");
	entry(&m, "link", FILE_MODE, 2, "", 0);
	trailer(&m);
	entry(&m, "another", FILE_MODE, 2, "of the same number", 18);
	ask(arena, &m, q, 6, false);
	for (int i = 0; i < 6; i++)
		assert_int_equal(q[i].answer, i == 2 ? INITRD_NOT_FOUND : INITRD_FOUND);
	assert_non_null(strstr(q[2].fault, "no folder"));
	assert_string_equal(q[2].path, "lib/modules/2/c.ko.gz");
	assert_memory_equal(q[4].content, "the first", 9);
	assert_int_equal(q[5].content_size, 0);
	assert_int_equal(initrd_read(arena, view_memory(arena, m.b.data, m.b.size), q, 6, &lenient, &initrd, &err), 0);
	assert_int_equal(q[2].answer, INITRD_FOUND);
	assert_null(q[2].fault);

	file(&m, "lib/modules/1/a.ko.gz", "text");
	file(&m, "lib/modules/1/b.ko.gz", "text");
	folders(&m, "lib/modules/2/x");
	file(&m, "lib/modules/2/b.ko.gz", "\x1f\x8b");
	file(&m, "lib/modules/2/c.ko.gz", "\x1f\x8b");
	entry(&m, "etc/d/file", FOLDER, 2, "", 0);
	file(&m, "conf", "more than the first");
	ask(arena, &m, q, 6, false);
	assert_int_equal(q[0].answer, INITRD_NOT_FOUND);
	assert_string_equal(q[0].fault, "it is not compressed by gzip");
	assert_int_equal(q[1].answer, INITRD_FOUND);
	assert_int_equal(q[2].answer, INITRD_FOUND);
	assert_null(q[2].fault);
	assert_int_equal(q[3].answer, INITRD_NOT_FOUND);
	assert_int_equal(q[4].content_size, 19);
	assert_memory_equal(q[4].content, "more than the first", 19);
	buffer_free(&m.b);
}

/* By fs/namei.c, not tried: what ends with a slash is a folder.  And a module that is a link must lead to something. */
static void links(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	const struct initrd_options lenient = { .more_before = true };
	struct initrd_question q[] = {
		{ INITRD_MODULE, .name = "good" }, { INITRD_MODULE, .name = "dangling" }, { INITRD_MODULE, .name = "circle" }
	};
	struct maker m = make();
	struct initrd *initrd;
	struct error err;

	(void)state;
	folders(&m, "lib/modules/1/x");
	add(&m, "f", 0100700, "1");
	add(&m, "to-file", LINK, "f/");
	add(&m, "to-folder", LINK, "lib//");
	add(&m, "to-link", LINK, "to-file");
	add(&m, "lib/modules/1/good.ko", LINK, "../../../f");
	add(&m, "lib/modules/1/dangling.ko", LINK, "/nowhere");
	add(&m, "lib/modules/1/circle.ko", LINK, "circle.ko");
	trailer(&m);
	expect(&m, "to-file", 0, false);
	expect(&m, "to-link", 0, false);
	expect(&m, "to-folder", FOLDER, false);
	ask(arena, &m, q, 3, false);
	assert_int_equal(q[0].answer, INITRD_FOUND);
	for (int i = 1; i < 3; i++) {
		assert_int_equal(q[i].answer, INITRD_NOT_FOUND);
		assert_string_equal(q[i].fault, "it is a symbolic link to nothing");
	}
	assert_int_equal(initrd_read(arena, view_memory(arena, m.b.data, m.b.size), q, 3, &lenient, &initrd, &err), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(q[i].answer, INITRD_FOUND);
	buffer_free(&m.b);
}

/* Each name of a path that is gone through is paid for, and so is what is kept. */
static void cost(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct initrd_question q = { INITRD_PATH, .name = "nothing" };
	const struct initrd_options options = { 0 };
	struct maker m = make();
	char path[4096] = "";
	struct initrd *initrd;
	struct error err;
	uint64_t spent;

	(void)state;
	for (int i = 0; i < 2000; i++)
		memcpy(path + 2 * i, "a/", 3);
	entry(&m, "a", LINK, 1, ".", 1);
	for (int i = 0; i < 20; i++) {
		snprintf(path + 60, 16, "b%d", i);
		file(&m, path, "");
	}
	limits_begin_image();
	ask(arena, &m, &q, 1, false);
	spent = limit_spent(WORK_UNPACKING);
	assert_true(spent >= 21 * LIMIT_INITRD_ENTRY_COST + 30 * 20000);
	/* and so is a component that leads nowhere else; two ways of writing it, so that no folder is that of the entry before */
	buffer_clear(&m.b);
	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < 1900; k++)
			memcpy(path + 2 * k, "./", 3);
		snprintf(path + 2 * 1900, 16, i % 2 ? "/c%d" : "c%d", i);
		file(&m, path, "");
	}
	limits_begin_image();
	ask(arena, &m, &q, 1, false);
	assert_true(limit_spent(WORK_UNPACKING) >= 20 * 1900 * 50000ULL);
	/* names, each with a link that says much */
	buffer_clear(&m.b);
	memset(path, 'x', 4095);
	for (int i = 0; i < 5000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		entry(&m, name, LINK, 1, path, 4095);
	}
	assert_int_equal(initrd_read(arena, view_memory(arena, m.b.data, m.b.size), &q, 1, &options, &initrd, &err), -EFBIG);
	assert_non_null(strstr(err.message, "(--max-files raises it)"));
	assert_int_equal(q.answer, INITRD_UNKNOWN);
	/* more names than there may be */
	buffer_clear(&m.b);
	limits.files = 8;
	for (int i = 0; i < 70; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		file(&m, name, "");
	}
	assert_int_equal(initrd_read(arena, view_memory(arena, m.b.data, m.b.size), &q, 1, &options, &initrd, &err), -EFBIG);
	assert_string_equal(err.message, "the initrd has more than 64 names (--max-files raises it)");
	limits.files = 65536;
	limits_begin_image();
	buffer_free(&m.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(paths), cmocka_unit_test(replaced), cmocka_unit_test(elsewhere),
					    cmocka_unit_test(modules), cmocka_unit_test(links), cmocka_unit_test(cost) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
