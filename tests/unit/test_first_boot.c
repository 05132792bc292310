/* SPDX-License-Identifier: MIT */
/* test_first_boot: devices that a system makes when it first boots, and how much is read to know of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/unseen.h"
#include "image/system-internal.h"
#include "memory_fs.h"

static size_t calls;

static int counting_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
			    struct error *err)
{
	calls++;
	return memory_readdir(fs, arena, handle, ret, ret_count, err);
}

static int counting_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	calls++;
	return memory_pread(fs, handle, offset, data, length, err);
}

static struct system *first_boot_system(struct arena *arena, struct memory_fs *m)
{
	static const struct fs_ops ops = { memory_stat, counting_readdir, memory_readlink, NULL, counting_pread, NULL, NULL };
	struct system *system = ARENA_NEW(arena, struct system);

	m->fs.ops = &ops;
	*system = (struct system){ .arena = arena, .fs = &m->fs };
	system_read_first_boot(system);
	return system;
}

/* The definitions are read once, however many lines of fstab ask for a device. */
static void test_first_boot(void **state)
{
	struct boot_device_name name = { .kind = BOOT_DEVICE_LABEL, .value = "nowhere" };
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = memory_fs_new(arena);
	struct system *system;
	size_t before;

	(void)state;
	for (int i = 0; i < 100; i++)
		memory_fs_file(m, arena, arena_printf(arena, "/usr/lib/repart.d/%d.conf", i),
			       arena_printf(arena, "[Partition]\n Type=root\nLabel=disk%d \r\nFormat=ext4\n", i));
	memory_fs_file(m, arena, "/etc/repart.d/a.conf", "[Partition]\nType=home\nUUID=0C0FFEE0-0000-4000-8000-000000000000\n");
	system = first_boot_system(arena, m);
	before = calls;
	for (int i = 0; i < 1000; i++)
		assert_false(system_makes_device(system, &name, false));
	name.value = "disk42";
	assert_true(system_makes_device(system, &name, false));
	name = (struct boot_device_name){ .kind = BOOT_DEVICE_PARTUUID, .value = "0c0ffee0-0000-4000-8000-000000000000" };
	assert_true(system_makes_device(system, &name, false));
	name = (struct boot_device_name){ .kind = BOOT_DEVICE_PARTLABEL, .value = "home" };
	assert_true(system_makes_device(system, &name, false));
	name.kind = BOOT_DEVICE_LABEL;
	assert_false(system_makes_device(system, &name, false));
	assert_int_equal(calls, before);
	arena_free(arena);
}

static bool makes(const struct system *system, enum boot_device_kind kind, const char *value)
{
	struct boot_device_name name = { .kind = kind, .value = value };

	return system_makes_device(system, &name, false);
}

/* Names that nothing can be called are not compared, and others are paid for. */
static void test_long_names(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = memory_fs_new(arena);
	struct system *system;
	char label[2100] = "[Partition]\nFormat=ext4\nLabel=%m", name[301];

	(void)state;
	memset(label + strlen(label), 'a', 2000);
	memory_fs_file(m, arena, "/usr/lib/repart.d/50.conf", label);
	memset(name, 'a', 300);
	name[300] = '\0';
	system = first_boot_system(arena, m);
	limits_begin_image();
	assert_false(makes(system, BOOT_DEVICE_LABEL, name));
	name[255] = '\0';
	assert_false(makes(system, BOOT_DEVICE_LABEL, name));
	assert_true(limit_spent(WORK_LOOKUPS) >= 2 * 255 * 255 * 1000);
	/* what was not compared may be, and is told of */
	limit_count(WORK_LOOKUPS, limit_of(WORK_LOOKUPS));
	assert_true(makes(system, BOOT_DEVICE_LABEL, "other"));
	assert_non_null(unseen_with(EFBIG));
	limits_begin_image();
}

/* As systemd reads them: blanks around the equals sign, files that add to a definition, specifiers. */
static void test_first_boot_syntax(void **state)
{
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = memory_fs_new(arena);
	struct system *system;

	(void)state;
	memory_fs_file(m, arena, "/etc/repart.d/50.conf", "[Partition]\nType = var\nFormat = ext4\nLabel\t= \tsrv \n=x\n=");
	memory_fs_file(m, arena, "/usr/lib/repart.d/60.conf", "[Partition]\nType=home\nLabel=old\n");
	memory_fs_file(m, arena, "/etc/repart.d/60.conf.d/b.conf", "[Partition]\nLabel=new\n");
	memory_fs_file(m, arena, "/etc/repart.d/60.conf.d/a.conf", "[Partition]\nLabel=other\nFormat=xfs\n");
	memory_fs_file(m, arena, "/etc/repart.d/60.conf.d/readme", "[Partition]\nLabel=readme\n");
	memory_fs_file(m, arena, "/usr/lib/repart.d/70.conf",
		       "[Partition]\nType=linux-generic\nLabel=%M_%A-data%%1\nFormat=ext4\n");
	memory_fs_file(m, arena, "/usr/lib/repart.d/80.conf", "[Partition]\nType=swap\nLabel=\nCopyFiles=/a\n");
	memory_fs_file(m, arena, "/usr/lib/repart.d/90.conf", "[Partition]\nType=swap\nFormat=swap\nLabel=space\n");
	system = first_boot_system(arena, m);
	assert_true(makes(system, BOOT_DEVICE_LABEL, "srv"));
	assert_true(makes(system, BOOT_DEVICE_PARTLABEL, "srv"));
	assert_false(makes(system, BOOT_DEVICE_PARTLABEL, "var"));
	assert_true(makes(system, BOOT_DEVICE_LABEL, "new"));
	assert_false(makes(system, BOOT_DEVICE_LABEL, "old"));
	assert_false(makes(system, BOOT_DEVICE_LABEL, "other"));
	assert_false(makes(system, BOOT_DEVICE_LABEL, "readme"));
	assert_true(makes(system, BOOT_DEVICE_PARTLABEL, "debian_12-data%1"));
	assert_true(makes(system, BOOT_DEVICE_LABEL, "_-data%1"));
	assert_false(makes(system, BOOT_DEVICE_LABEL, "debian_12-data"));
	assert_false(makes(system, BOOT_DEVICE_LABEL, "debian_12-data%12"));
	assert_true(makes(system, BOOT_DEVICE_LABEL, "swap"));
	assert_true(makes(system, BOOT_DEVICE_LABEL, "swap-2"));
	assert_false(makes(system, BOOT_DEVICE_LABEL, "swapper"));
	/* what is formatted as swap is nothing else, and nothing else is swap */
	assert_false(makes(system, BOOT_DEVICE_LABEL, "space"));
	assert_true(system_makes_device(system, &(struct boot_device_name){ .kind = BOOT_DEVICE_LABEL, .value = "space" }, true));
	assert_false(system_makes_device(system, &(struct boot_device_name){ .kind = BOOT_DEVICE_LABEL, .value = "srv" }, true));
	assert_true(system_has_definitions(system) && !system_has_maker(system));
	memory_fs_file(m, arena, "/usr/bin/systemd-repart", "\177ELF");
	assert_true(system_has_maker(first_boot_system(arena, m)));
	arena_free(arena);
}

/* No more is read than a bound for all folders together; beyond it nothing is said to be missing. */
static void test_first_boot_limit(void **state)
{
	struct boot_device_name name = { .kind = BOOT_DEVICE_LABEL, .value = "nowhere" };
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = memory_fs_new(arena);
	char *text = arena_alloc(arena, LIMIT_CONFIGURATION_BYTES);

	(void)state;
	memset(text, '#', LIMIT_CONFIGURATION_BYTES);
	for (int i = 0; i < 100; i++)
		memory_fs_add(m, arena, arena_printf(arena, "/etc/repart.d/%d.conf", i), FS_FILE, text,
			      LIMIT_CONFIGURATION_BYTES);
	calls = 0;
	assert_true(system_makes_device(first_boot_system(arena, m), &name, false));
	/* each file that is read: three listings on the way, and its bytes */
	assert_in_range(calls, 1, 4 * LIMIT_FIRST_BOOT_BYTES / LIMIT_CONFIGURATION_BYTES + 32);
	arena_free(arena);
}

static const char *broken_folder; /* its name */

static int broken_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
			  struct error *err)
{
	const struct memory_fs *m = fs->state;

	if (!strcmp(m->nodes[handle].name, broken_folder))
		return error_set(err, EUCLEAN, "the folder is damaged");
	return memory_readdir(fs, arena, handle, ret, ret_count, err);
}

/* What could not be looked at may make any device. */
static void test_first_boot_damage(void **state)
{
	static const struct fs_ops ops = { memory_stat, broken_readdir, memory_readlink, NULL, memory_pread, NULL, NULL };
	static const char *const folders[] = { "repart.d", "50.conf.d", "lib", "bin" };

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
		struct memory_fs *m = memory_fs_new(arena);
		struct system system = { .arena = arena, .fs = &m->fs };

		memory_fs_file(m, arena, "/etc/repart.d/50.conf", "[Partition]\nType=var\n");
		memory_fs_file(m, arena, "/etc/repart.d/50.conf.d/a.conf", "[Partition]\nLabel=other\n");
		memory_fs_file(m, arena, "/usr/lib/x", "");
		memory_fs_file(m, arena, "/usr/bin/x", "");
		m->fs.ops = &ops;
		broken_folder = "none";
		system_read_first_boot(&system);
		assert_false(makes(&system, BOOT_DEVICE_LABEL, "nowhere"));
		broken_folder = folders[i];
		system_read_first_boot(&system);
		assert_true(makes(&system, BOOT_DEVICE_LABEL, "nowhere"));
		arena_free(arena);
	}
}

/* Ignition is a program, not a folder or an empty file of its name. */
static void test_first_boot_ignition(void **state)
{
	static const struct {
		const char *path, *content;
		bool ignition;
	} cases[] = {
		{ "/boot/ignition/x", "", false },
		{ "/usr/lib/ignition/base.d/a.ign", "{}", false },
		{ "/usr/bin/ignition/x", "x", false },
		{ "/usr/bin/ignition", "", false },
		{ "/usr/bin/ignition", "\177ELF", true },
		{ "/usr/lib/dracut/modules.d/30ignition/module-setup.sh", "#!/bin/bash", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
		struct memory_fs *m = memory_fs_new(arena);
		struct system *system;

		memory_fs_file(m, arena, cases[i].path, cases[i].content);
		system = first_boot_system(arena, m);
		assert_int_equal(makes(system, BOOT_DEVICE_UUID, "x"), cases[i].ignition);
		assert_int_equal(system_has_maker(system), cases[i].ignition);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_boot),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_first_boot_syntax),
		cmocka_unit_test(test_first_boot_limit),
		cmocka_unit_test(test_first_boot_damage),
		cmocka_unit_test(test_first_boot_ignition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
