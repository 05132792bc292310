/* SPDX-License-Identifier: MIT */
/* test_boot_uki: unified kernel images with profiles and addons. */
#include "boot-disk.h"

#include <errno.h>

#include "base/limits.h"
#include "base/unseen.h"

static void test_uki(void **state)
{
	static const char *const plain[] = { ".text", "", ".cmdline", "root=LABEL=a  ro\n", ".initrd", "second", ".ucode",
					     "first", ".linux", "kernel", NULL };
	struct disk *d = *state;
	const struct boot_attempt *a;
	struct location place;
	char byte;

	add_pe(d, "/EFI/Linux/a, section .text", plain);
	a = start(d, "\\EFI\\Linux\\a, section .text", NULL, 0);
	assert_int_equal(a->kernel.have, HAVE);
	assert_string_equal(a->kernel.path, "/EFI/Linux/a, section .text");
	assert_true(a->kernel_file->in_uki);
	assert_int_equal(a->kernel.view->size, strlen("kernel") + 1);
	/* microcode comes before the initrd, wherever its section stands */
	assert_int_equal(a->initrd_count, 2);
	assert_int_equal(view_read(a->initrds[0].view, 0, &byte, 1, NULL), 0);
	assert_int_equal(byte, 'f');
	assert_string_equal(a->cmdline->text.text, "root=LABEL=a  ro");
	assert_false(a->has_devicetree);
	/* options of a loader count in place of .cmdline */
	a = start(d, "/EFI/Linux/a, section .text", "root=LABEL=b", 0);
	assert_string_equal(a->cmdline->text.text, "root=LABEL=b");
	assert_string_equal(start(d, "/EFI/Linux/a, section .text", "", 0)->cmdline->text.text, "root=LABEL=a  ro");
	/* a word of .cmdline stands at a byte of the file, once the file is known as a binary */
	a = start(d, "/EFI/Linux/a, section .text", NULL, 0);
	place = boot_location(&d->s->image, &a->cmdline->root->value_place);
	assert_int_equal(place.partition, 1);
	assert_string_equal(place.path, "/EFI/Linux/a, section .text");
}

static void test_profiles(void **state)
{
	static const char *const sections[] = { ".linux", "kernel", ".cmdline", "base", ".initrd", "initrd",
						".profile", "ID=main\nTITLE=Main\n", ".profile", "TITLE=\"Debug\"\nID=d\n",
						".cmdline", "debugging", ".dtb", "tree", ".profile", "ID=other",
						".linux", "another", NULL };
	struct disk *d = *state;
	struct boot_file file;

	add_pe(d, "/a.efi", sections);
	file = find(d, "/a.efi");
	assert_int_equal(boot_profiles(&d->maker, &file), 3);
	assert_string_equal(boot_profile_title(&d->maker, &file, 0), "Main");
	assert_string_equal(boot_profile_title(&d->maker, &file, 1), "Debug");
	assert_null(boot_profile_title(&d->maker, &file, 2));
	assert_string_equal(start(d, "/a.efi", NULL, 0)->cmdline->text.text, "base");
	assert_false(start(d, "/a.efi", NULL, 0)->has_devicetree);
	assert_string_equal(start(d, "/a.efi", NULL, 1)->cmdline->text.text, "debugging");
	assert_true(start(d, "/a.efi", NULL, 1)->has_devicetree);
	assert_int_equal(start(d, "/a.efi", NULL, 1)->initrd_count, 1);
	assert_string_equal(start(d, "/a.efi", NULL, 2)->cmdline->text.text, "base");
	assert_int_equal(start(d, "/a.efi", NULL, 2)->kernel.view->size, strlen("another") + 1);
}

/* 32 are read: with one more it is said that there are others. */
static void test_many_profiles(void **state)
{
	const char *sections[2 * (1 + 33) + 1] = { ".linux", "kernel" };
	struct disk *d = *state;
	struct boot_file file;

	for (unsigned i = 1; i <= 33; i++) {
		sections[2 * i] = ".profile";
		sections[2 * i + 1] = "ID=x";
	}
	add_pe(d, "/33.efi", sections);
	sections[2 * 33] = NULL;
	add_pe(d, "/32.efi", sections);
	limits_begin_image();
	file = find(d, "/32.efi");
	assert_int_equal(boot_profiles(&d->maker, &file), 32);
	assert_int_equal(unseen_count, 0);
	file = find(d, "/33.efi");
	assert_int_equal(boot_profiles(&d->maker, &file), 32);
	assert_non_null(unseen_with(EFBIG));
}

static void test_addons(void **state)
{
	static const char *const image[] = { ".linux", "kernel", ".cmdline", "base", NULL };
	static const char *const addon[] = { ".cmdline", "console=ttyAMA0", NULL };
	static const char *const second[] = { ".cmdline", "quiet", NULL }, *const global[] = { ".cmdline", "panic=1", NULL };
	static const char *const nothing[] = { ".text", "", NULL };
	struct disk *d = *state;

	add_pe(d, "/a.efi", image);
	add_pe(d, "/a.efi.extra.d/b-10.addon.efi", second);
	add_pe(d, "/a.efi.extra.d/b-9.addon.efi", addon);
	add_pe(d, "/loader/addons/z.ADDON.EFI", global);
	add_pe(d, "/loader/addons/linux.addon.efi", image);
	add_pe(d, "/a.efi.extra.d/c.addon.efi", nothing);
	memory_fs_file(d->esp, d->s->arena, "/a.efi.extra.d/d.addon.efi", "no program");
	memory_fs_file(d->esp, d->s->arena, "/a.efi.extra.d/e.cred", "secret");
	assert_string_equal(start(d, "/a.efi", NULL, 0)->cmdline->text.text, "base panic=1 console=ttyAMA0 quiet");
}

/* Images and profiles have addons in common: a folder is read once, however many ask for it. */
static void test_many_addons(void **state)
{
	static const char *const image[] = { ".linux", "kernel", ".cmdline", "base", ".profile", "TITLE=one",
					     ".profile", "TITLE=two", NULL };
	static const char *const addon[] = { ".cmdline", "quiet", ".text", "", NULL };
	struct disk *d = *state;
	uint64_t once;

	limits_begin_image();
	for (int i = 0; i < 20; i++)
		add_pe(d, arena_printf(d->s->arena, "/loader/addons/%d.addon.efi", i), addon);
	add_pe(d, "/a.efi", image);
	add_pe(d, "/b.efi", image);
	(void)start(d, "/a.efi", NULL, 0);
	once = limit_spent(WORK_PROGRAMS);
	assert_in_range(once, 20 * 2, 20 * 0x400);
	assert_int_equal(strlen(start(d, "/a.efi", NULL, 1)->cmdline->text.text), strlen("base") + 20 * strlen(" quiet"));
	assert_int_equal(strlen(start(d, "/b.efi", NULL, 0)->cmdline->text.text), strlen("base") + 20 * strlen(" quiet"));
	assert_int_equal(limit_spent(WORK_PROGRAMS), once);
	assert_int_equal(unseen_count, 0);
	/* and of programs that nobody has in such numbers, no more are read */
	limit_count(WORK_PROGRAMS, limit_of(WORK_PROGRAMS) - once);
	add_pe(d, "/b.efi.extra.d/x.addon.efi", addon);
	assert_non_null(strstr(start(d, "/b.efi", NULL, 0)->cmdline->text.unknown, "takes too long"));
	assert_non_null(unseen_with(EFBIG));
	limits_begin_image();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_uki, setup, teardown),
		cmocka_unit_test_setup_teardown(test_profiles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_profiles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_addons, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
