/* SPDX-License-Identifier: MIT */
/* test_kernels: kernels and releases of an image: which one a file is, its configuration, its modules, its drivers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/gather.h"
#include "image_system.h"

#define R "6.1.0-1-arm64"
#define LIB "/usr/lib/modules/" R

static const char config[] = "#\n# Linux/arm64 6.1.0 Kernel Configuration\n#\nCONFIG_MODULES=y\nCONFIG_A=y\nCONFIG_B=m\n"
			     "# CONFIG_C is not set\nCONFIG_GONE=m\nCONFIG_UNLISTED=m\nCONFIG_NUMBER=3\n";

static struct image_system *debian(void)
{
	struct image_system *s = image_system_new();

	image_system_kernel(s, "/boot/vmlinuz-" R, NULL);
	image_system_file(s, "/boot/config-" R, config);
	image_system_file(s, LIB "/modules.dep", "kernel/drivers/b.ko: kernel/lib/l.ko\nkernel/lib/l.ko:\nkernel/gone.ko:\n");
	image_system_file(s, LIB "/modules.builtin", "kernel/a.ko\n");
	image_system_file(s, LIB "/kernel/drivers/b.ko", "x");
	image_system_file(s, LIB "/kernel/lib/l.ko", "x");
	return s;
}

static void test_a_release_by_its_files(void **state)
{
	struct image_system *s = debian();
	struct kernel_file *k = image_system_open(s, "/boot/vmlinuz-" R);
	struct location place;

	(void)state;
	assert_int_equal(k->have, HAVE);
	assert_int_equal(k->architecture, ARCHITECTURE_AARCH64);
	assert_string_equal(k->release->release, R);
	assert_ptr_equal(k->release->system, &s->system);
	assert_non_null(release_config(k->release));
	assert_int_equal(k->release->evidence, CONFIG_FILE);
	assert_string_equal(k->release->config_place.path, "/boot/config-" R);
	assert_int_equal(k->release->config_place.partition, 2);
	assert_int_equal(k->release->have_modules, HAVE);
	assert_string_equal(k->release->modules_path, LIB);
	assert_int_equal(release_module_files(k->release), 1);
	place = release_symbol_place(k->release, "B");
	assert_int_equal(place.line, 6);
	assert_int_equal(place.column, 1);
	place = release_symbol_place(k->release, "NOBODY");
	assert_int_equal(place.line, 0);
	/* once opened, for ever the same */
	assert_ptr_equal(image_system_open(s, "/boot/vmlinuz-" R), k);
	image_system_free(s);
}

static void test_drivers(void **state)
{
	struct image_system *s = debian();
	const struct kernel_release *r = image_system_open(s, "/boot/vmlinuz-" R)->release;

	(void)state;
	assert_int_equal(release_driver(r, "A", "a"), DRIVER_BUILTIN);
	assert_int_equal(release_driver(r, "B", "b"), DRIVER_MODULE);
	assert_int_equal(release_driver(r, "CONFIG_B", NULL), DRIVER_MODULE);
	assert_int_equal(release_driver(r, "C", "c"), DRIVER_ABSENT);
	assert_int_equal(release_driver(r, "D", "d"), DRIVER_ABSENT);
	assert_int_equal(release_driver(r, "NUMBER", NULL), DRIVER_UNKNOWN);
	/* listed without a file; in no list */
	assert_int_equal(release_driver(r, "GONE", "gone"), DRIVER_MODULE_GONE);
	assert_int_equal(release_driver(r, "UNLISTED", "unlisted"), DRIVER_MODULE_GONE);
	/* without a symbol by the lists */
	assert_int_equal(release_driver(r, NULL, "a"), DRIVER_BUILTIN);
	assert_int_equal(release_driver(r, NULL, "b"), DRIVER_MODULE);
	assert_int_equal(release_driver(r, NULL, "nobody"), DRIVER_ABSENT);
	image_system_free(s);
}

static void test_lists_are_weaker_evidence(void **state)
{
	struct image_system *s = image_system_new();
	const struct kernel_release *r;

	(void)state;
	image_system_kernel(s, "/boot/vmlinuz-" R, R);
	image_system_file(s, LIB "/modules.dep", "kernel/b.ko:\n");
	image_system_file(s, LIB "/kernel/b.ko", "x");
	r = image_system_open(s, "/boot/vmlinuz-" R)->release;
	assert_null(release_config(r));
	assert_int_equal(r->evidence, CONFIG_MODULES);
	assert_int_equal(release_driver(r, "B", "b"), DRIVER_MODULE);
	/* no list of what is built in: it may be */
	assert_int_equal(release_driver(r, "A", "a"), DRIVER_UNKNOWN);
	assert_int_equal(release_driver(r, "A", NULL), DRIVER_UNKNOWN);
	image_system_free(s);
}

static void test_a_name_is_not_trusted_where_nothing_is_installed(void **state)
{
	struct image_system *s = image_system_new();
	struct kernel_file *k;

	(void)state;
	image_system_kernel(s, "/boot/vmlinuz-6.1", "6.1.0-2-arm64");
	image_system_file(s, "/usr/lib/modules/6.1.0-2-arm64/modules.dep", "");
	k = image_system_open(s, "/boot/vmlinuz-6.1");
	assert_string_equal(k->release->release, "6.1.0-2-arm64");
	assert_int_equal(k->release->have_modules, HAVE);
	/* nor is it where there is none */
	image_system_kernel(s, "/boot/vmlinuz-virt", "6.6.1-0-virt");
	assert_string_equal(image_system_open(s, "/boot/vmlinuz-virt")->release->release, "6.6.1-0-virt");
	/* one that says nothing of itself is what it is called */
	image_system_kernel(s, "/debian/6.1.0-3-arm64/linux", NULL);
	k = image_system_open(s, "/debian/6.1.0-3-arm64/linux");
	assert_string_equal(k->release->release, "6.1.0-3-arm64");
	assert_int_equal(k->release->have_modules, ABSENT);
	assert_null(k->release->modules_path);
	image_system_kernel(s, "/boot/Image", NULL);
	assert_null(image_system_open(s, "/boot/Image")->release);
	/* a name that would lead elsewhere is none */
	image_system_kernel(s, "/boot/zImage", "../../etc");
	assert_null(image_system_open(s, "/boot/zImage")->release);
	image_system_free(s);
}

static void test_modules_that_could_not_be_looked_for(void **state)
{
	struct image_system *s = image_system_new();
	const struct kernel_release *r;

	(void)state;
	image_system_kernel(s, "/boot/vmlinuz-" R, NULL);
	error_set(&s->system.partial, EOPNOTSUPP, "/usr cannot be read");
	r = image_system_open(s, "/boot/vmlinuz-" R)->release;
	assert_int_equal(r->have_modules, UNREADABLE);
	assert_string_equal(r->modules_error.message, "/usr cannot be read");
	assert_int_equal(release_driver(r, NULL, "b"), DRIVER_UNKNOWN);
	image_system_free(s);
}

static int no_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	(void)view;
	(void)offset;
	(void)data;
	(void)length;
	return error_set(err, EIO, "nobody was to read this");
}

static void test_a_configuration_that_is_none(void **state)
{
	static const struct view_ops ops = { .read = no_read };
	struct image_system *s = image_system_new();
	const struct kernel_release *r;
	char *zeros = calloc(1, 5 << 20);
	struct kconfig *ret;
	struct error err;

	(void)state;
	/* of any size: it is not read */
	assert_int_equal(kconfig_read(s->arena, &(struct view){ .ops = &ops, .size = 100 << 20 }, &ret, &err), -EFBIG);
	image_system_kernel(s, "/boot/vmlinuz-" R, R);
	memory_fs_add(s->fs, s->arena, "/boot/config-" R, FS_FILE, zeros, 5 << 20);
	image_system_file(s, LIB "/config", config);
	r = image_system_open(s, "/boot/vmlinuz-" R)->release;
	/* the next place has a good one */
	assert_non_null(release_config(r));
	assert_string_equal(r->config_place.path, LIB "/config");
	assert_int_equal(r->config_error.code, 0);
	image_system_free(s);

	s = image_system_new();
	image_system_kernel(s, "/boot/vmlinuz-" R, R);
	memory_fs_add(s->fs, s->arena, "/boot/config-" R, FS_FILE, zeros, 5 << 20);
	r = image_system_open(s, "/boot/vmlinuz-" R)->release;
	assert_null(release_config(r));
	assert_int_equal(r->config_error.code, EFBIG);
	image_system_free(s);

	s = image_system_new();
	image_system_kernel(s, "/boot/vmlinuz-" R, R);
	image_system_file(s, "/boot/config-" R, "<html>404</html>\n");
	r = image_system_open(s, "/boot/vmlinuz-" R)->release;
	assert_null(release_config(r));
	assert_non_null(strstr(r->config_error.message, "is no kernel configuration"));
	image_system_free(s);
	free(zeros);

	/* what stood behind the end of one that is cut short is not known: the lists tell */
	s = image_system_new();
	image_system_kernel(s, "/boot/vmlinuz-" R, R);
	image_system_file(s, "/boot/config-" R, "# Automatically generated file; DO NOT EDIT.\nCONFIG_A=y\nCONFIG_C");
	image_system_file(s, LIB "/modules.dep", "kernel/b.ko:\n");
	r = image_system_open(s, "/boot/vmlinuz-" R)->release;
	assert_null(release_config(r));
	assert_non_null(strstr(r->config_error.message, "is cut short behind line 3"));
	assert_int_equal(r->evidence, CONFIG_MODULES);
	image_system_free(s);
}

static void test_what_stands_in_the_way(void **state)
{
	struct image_system *s = image_system_new();
	const struct kernel_release *r;

	(void)state;
	image_system_kernel(s, "/boot/vmlinuz-" R, R);
	memory_fs_add(s->fs, s->arena, "/boot/config-" R, FS_OTHER, "", 0);
	memory_fs_link(s->fs, s->arena, LIB "/config", "config");
	memory_fs_add(s->fs, s->arena, LIB "/modules.dep", FS_DIRECTORY, NULL, 0);
	memory_fs_link(s->fs, s->arena, LIB "/modules.builtin", "../" R "/modules.builtin");
	/* a FIFO and a loop among the installed */
	memory_fs_add(s->fs, s->arena, "/boot/vmlinuz-fifo", FS_OTHER, "", 0);
	memory_fs_link(s->fs, s->arena, "/boot/vmlinuz", "vmlinuz");
	memory_fs_add(s->fs, s->arena, "/boot/vmlinuz-folder/x", FS_FILE, "", 0);
	image_system_file(s, "/boot/vmlinuz-empty", "");
	image_gather_kernels(&s->image);
	r = s->image.releases;
	assert_string_equal(r->release, R);
	assert_null(r->config);
	assert_int_equal(r->have_modules, ABSENT);
	assert_non_null(r->modules_path);
	assert_int_equal(release_module_files(r), 0);
	assert_null(r->next);
	for (const struct kernel_file *k = s->image.kernel_files; k; k = k->next)
		assert_int_equal(k->have == HAVE, !strcmp(k->path, "/boot/vmlinuz-" R));
	image_system_free(s);
}

static void test_installed_kernels(void **state)
{
	struct image_system *s = debian();
	unsigned n = 0;

	(void)state;
	memory_fs_link(s->fs, s->arena, "/boot/vmlinuz", "vmlinuz-" R);
	memory_fs_link(s->fs, s->arena, "/vmlinuz", "boot/vmlinuz-" R);
	image_system_kernel(s, "/usr/lib/modules/6.5.0/vmlinuz", "6.5.0");
	memory_fs_link(s->fs, s->arena, "/lib", "usr/lib");
	image_system_file(s, "/boot/vmlinuz-" R ".hmac", "abc");
	image_gather_kernels(&s->image);
	for (const struct kernel_file *k = s->image.kernel_files; k; k = k->next) {
		n++;
		assert_true(k->installed);
		assert_int_equal(k->have, HAVE);
	}
	assert_int_equal(n, 2);
	image_system_free(s);
}

static unsigned folders_read;

static int counted_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
			   struct error *err)
{
	folders_read++;
	return memory_readdir(fs, arena, handle, ret, ret_count, err);
}

/* Each name costs a walk through its folder: a folder of thousands is not gone through thousands of times. */
static void test_many_names(void **state)
{
	struct image_system *s = debian();
	struct fs_ops ops = *s->fs->fs.ops;

	(void)state;
	ops.readdir = counted_readdir;
	s->fs->fs.ops = &ops;
	image_gather_kernels(&s->image);
	assert_int_equal(s->image.kernels_error.code, 0);
	for (unsigned i = 0; i < LIMIT_KERNEL_NAMES + 64; i++)
		memory_fs_link(s->fs, s->arena, arena_printf(s->arena, "/boot/vmlinuz-6.1.%u-x", i), "vmlinuz-" R);
	s->image.kernel_files = NULL;
	s->image.kernel_names = folders_read = 0;
	image_gather_kernels(&s->image);
	assert_non_null(s->image.kernel_files);
	assert_null(s->image.kernel_files->next);
	assert_int_equal(s->image.kernels_error.code, EFBIG);
	assert_in_range(folders_read, LIMIT_KERNEL_NAMES, 5 * LIMIT_KERNEL_NAMES + 64);
	image_system_free(s);
}

static void test_old_lists_and_loops(void **state)
{
	struct image_system *s = image_system_new();
	const struct kernel_release *r;
	struct module_closure closure;

	(void)state;
	image_system_kernel(s, "/boot/vmlinuz-" R, R);
	image_system_file(s, "/boot/config-" R, config);
	image_system_file(s, LIB "/modules.dep",
			  "/lib/modules/" R "/kernel/b.ko: /lib/modules/" R "/kernel/l.ko\n"
			  "/lib/modules/" R "/kernel/l.ko: /lib/modules/" R "/kernel/b.ko\n"
			  "/elsewhere/gone.ko:\n");
	image_system_file(s, LIB "/kernel/b.ko", "x");
	r = image_system_open(s, "/boot/vmlinuz-" R)->release;
	assert_int_equal(release_driver(r, "B", "b"), DRIVER_MODULE);
	/* a path that we do not understand is given the benefit of the doubt */
	assert_int_equal(release_driver(r, "GONE", "gone"), DRIVER_MODULE);
	closure = modules_closure(release_modules(r), "b");
	assert_int_equal(closure.required_count, 2);
	image_system_free(s);
}

/* The root lies in a subvolume that the file system's default tree does not show: no handle tells its kernels apart there. */
static void test_kernels_of_an_unseen_subvolume(void **state)
{
	struct image_system *s = image_system_new();
	struct memory_fs *whole = memory_fs_new(s->arena);
	unsigned n = 0;

	(void)state;
	image_system_kernel(s, "/boot/vmlinuz-6.1.0-1-arm64", "6.1.0-1-arm64");
	image_system_kernel(s, "/boot/vmlinuz-6.1.0-2-arm64", "6.1.0-2-arm64");
	s->filesystem.fs = &whole->fs;
	s->system.arena = s->arena;
	s->system.subvolume = "@";
	image_gather_kernels(&s->image);
	for (const struct kernel_file *k = s->image.kernel_files; k; k = k->next, n++)
		assert_true(k->installed);
	assert_int_equal(n, 2);
	assert_string_equal(s->image.kernel_files->path, "/@/boot/vmlinuz-6.1.0-1-arm64");
	/* the same again, by its path */
	image_gather_kernels(&s->image);
	assert_null(s->image.kernel_files->next->next);
	image_system_free(s);
}

static bool has_kernel(const struct image_system *s, const char *path)
{
	for (const struct kernel_file *k = s->image.kernel_files; k; k = k->next)
		if (!strcmp(k->path, path))
			return true;
	return false;
}

/* The image's one file system as an ESP. */
static struct image_system *boot_partition(void)
{
	struct image_system *s = image_system_new();

	s->filesystem.type = "vfat";
	s->image.system_count = 0;
	for (unsigned i = 0; i < 70; i++)
		image_system_file(s, arena_printf(s->arena, "/file%02u", i), "");
	return s;
}

/* Files take no folder's place, and a folder for which there is none is not passed over in silence. */
static void test_many_folders(void **state)
{
	struct image_system *s = boot_partition();

	(void)state;
	for (unsigned i = 0; i < 63; i++)
		memory_fs_add(s->fs, s->arena, arena_printf(s->arena, "/token%02u", i), FS_DIRECTORY, NULL, 0);
	image_system_kernel(s, "/token/6.9.9-test/linux", "6.9.9-test");
	image_gather_kernels(&s->image);
	assert_true(has_kernel(s, "/token/6.9.9-test/linux"));
	assert_int_equal(s->image.kernels_error.code, 0);
	memory_fs_add(s->fs, s->arena, "/one-more", FS_DIRECTORY, NULL, 0);
	image_gather_kernels(&s->image);
	assert_int_equal(s->image.kernels_error.code, EFBIG);
	image_system_free(s);

	s = debian();
	for (unsigned i = 0; i < 80; i++)
		image_system_file(s, arena_printf(s->arena, "/usr/lib/modules/file%02u", i), "");
	image_system_kernel(s, "/usr/lib/modules/6.9.9-test/vmlinuz", "6.9.9-test");
	image_gather_kernels(&s->image);
	assert_true(has_kernel(s, "/usr/lib/modules/6.9.9-test/vmlinuz"));
	assert_int_equal(s->image.kernels_error.code, 0);
	for (unsigned i = 0; i < 70; i++)
		memory_fs_add(s->fs, s->arena, arena_printf(s->arena, "/usr/lib/modules/6.0.%u", i), FS_DIRECTORY, NULL, 0);
	image_gather_kernels(&s->image);
	assert_int_equal(s->image.kernels_error.code, EFBIG);
	image_system_free(s);
}

/* A unified kernel image is no folder: kernels alone are bounded. */
static void test_many_unified_kernels(void **state)
{
	struct image_system *s = boot_partition();

	(void)state;
	for (unsigned i = 0; i < LIMIT_KERNEL_NAMES; i++)
		image_system_file(s, arena_printf(s->arena, "/EFI/Linux/%03u.efi", i), "no program");
	image_gather_kernels(&s->image);
	assert_int_equal(s->image.kernels_error.code, 0);
	assert_int_equal(s->image.kernel_names, LIMIT_KERNEL_NAMES);
	image_system_file(s, "/EFI/Linux/last.efi", "no program");
	s->image.kernel_names = 0;
	image_gather_kernels(&s->image);
	assert_int_equal(s->image.kernels_error.code, EFBIG);
	image_system_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_release_by_its_files),
		cmocka_unit_test(test_drivers),
		cmocka_unit_test(test_lists_are_weaker_evidence),
		cmocka_unit_test(test_a_name_is_not_trusted_where_nothing_is_installed),
		cmocka_unit_test(test_modules_that_could_not_be_looked_for),
		cmocka_unit_test(test_a_configuration_that_is_none),
		cmocka_unit_test(test_what_stands_in_the_way),
		cmocka_unit_test(test_installed_kernels),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_kernels_of_an_unseen_subvolume),
		cmocka_unit_test(test_old_lists_and_loops),
		cmocka_unit_test(test_many_folders),
		cmocka_unit_test(test_many_unified_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
