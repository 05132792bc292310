/* SPDX-License-Identifier: MIT */
/* test_seed: the volume for cloud-init, as libarchive and blkid read it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <blkid/blkid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hypervisor/disk.h"
#include "hypervisor/seed.h"

#define NONCE "0123456789abcdef"

static char program[] = "/tmp/vmlint-test-seed-XXXXXX";

static int make_program(void **state)
{
	int fd = mkstemp(program);

	(void)state;
	assert_int_equal(write(fd, "\177ELF program", 12), 12);
	return close(fd);
}

static int remove_program(void **state)
{
	(void)state;
	return unlink(program);
}

static void label(void **state)
{
	int fd = seed_make(program, NONCE, NULL);
	blkid_probe probe = blkid_new_probe();
	const char *value;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(blkid_probe_set_device(probe, fd, 0, 0), 0);
	blkid_probe_enable_superblocks(probe, 1);
	assert_int_equal(blkid_do_safeprobe(probe), 0);
	assert_int_equal(blkid_probe_lookup_value(probe, "TYPE", &value, NULL), 0);
	assert_string_equal(value, "iso9660");
	assert_int_equal(blkid_probe_lookup_value(probe, "LABEL", &value, NULL), 0);
	assert_string_equal(value, "CIDATA");
	blkid_free_probe(probe);
	close(fd);
}

/* bsdtar's listing of the volume, and one of its files. */
static void list(int fd, const char *arguments, char *text, size_t size)
{
	char command[200];
	FILE *f;
	size_t got;

	snprintf(command, sizeof(command), "bsdtar -f /proc/%d/fd/%d %s", (int)getpid(), fd, arguments);
	f = popen(command, "r");
	assert_non_null(f);
	got = fread(text, 1, size - 1, f);
	text[got] = '\0';
	assert_int_equal(pclose(f), 0);
}

static void files(void **state)
{
	int fd = seed_make(program, NONCE, NULL);
	char text[8192];

	(void)state;
	assert_true(fd >= 0);
	list(fd, "-t", text, sizeof(text));
	assert_non_null(strstr(text, "meta-data\n"));
	assert_non_null(strstr(text, "user-data\n"));
	assert_non_null(strstr(text, "settings.txt\n"));
	list(fd, "-tv vmlint-guest", text, sizeof(text));
	assert_memory_equal(text, "-r-xr-xr-x", 10);
	list(fd, "-xO vmlint-guest", text, sizeof(text));
	assert_string_equal(text, "\177ELF program");
	list(fd, "-xO user-data", text, sizeof(text));
	assert_memory_equal(text, "#cloud-config\n", 14);
	list(fd, "-xO meta-data", text, sizeof(text));
	assert_non_null(strstr(text, "instance-id: vmlint-" NONCE "\n"));
	close(fd);
}

/* What is said of a run goes into it as into the appliance, and can be changed. */
static void settings(void **state)
{
	int fd = seed_make(program, NONCE, NULL);
	uint64_t offset = 0;
	char text[8192];

	(void)state;
	assert_int_equal(disk_settings(fd, &offset, "vmlint.nonce=" NONCE, NULL), 0);
	assert_int_equal(disk_settings(fd, &offset, "vmlint.nonce=" NONCE " vmlint.do=nothing", NULL), 0);
	list(fd, "-xO settings.txt", text, sizeof(text));
	assert_int_equal(strlen(text), SETTINGS_SIZE);
	assert_memory_equal(text, "vmlint.settings=1 vmlint.host vmlint.nonce=" NONCE " vmlint.do=nothing  ", 78);
	close(fd);
}

static void no_program(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(seed_make("/nonexistent", NONCE, &err), -ENOENT);
	assert_string_equal(err.message, "/nonexistent: No such file or directory");
	assert_int_equal(seed_make("/", NONCE, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(label),
		cmocka_unit_test(files),
		cmocka_unit_test(settings),
		cmocka_unit_test(no_program),
	};

	return cmocka_run_group_tests(tests, make_program, remove_program);
}
