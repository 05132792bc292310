/* SPDX-License-Identifier: MIT */
/* test_filesystems: types of file systems, and which of them contradict each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linux/filesystems.h"

static void drivers(void **state)
{
	(void)state;
	assert_string_equal(filesystem_type_find("iso9660")->drivers[0].module, "isofs");
	assert_string_equal(filesystem_type_find("ext3")->drivers[1].symbol, "EXT3_FS");
	assert_null(filesystem_type_find("ext3")->drivers[2].module);
	assert_null(filesystem_type_find("swap")->drivers[0].module);
	assert_null(filesystem_type_find("ext"));
	assert_null(filesystem_type_find("zfs"));
	assert_null(filesystem_type_find(""));
}

static void contradictions(void **state)
{
	static const struct {
		const char *asked, *found;
		bool beyond_ext3, contradicts;
	} cases[] = {
		{ "xfs", "ext4", true, true }, { "ext4", "xfs", false, true }, { "ext4", "ext4", true, false },
		/* ext4's driver mounts all three, and an older type's name does where no newer feature is in the way */
		{ "ext4", "ext2", false, false }, { "ext2", "ext3", false, false }, { "ext3", "ext4", true, true },
		{ "ext3", "ext4", false, false }, { "ext2", "ext4", true, true },
		/* of a list any one will do */
		{ "xfs,ext4", "ext4", true, false }, { "xfs,btrfs", "ext4", true, true }, { "ext2,ext3", "ext4", true, true },
		{ "xfs,", "ext4", true, true },
		/* what says nothing, or is not known */
		{ "auto", "ext4", true, false }, { "", "ext4", true, false }, { "xfs,auto", "ext4", true, false },
		{ "ramfs", "ext4", true, false }, { "fuseblk", "ntfs", false, false }, { "ext4", "zfs_member", false, false },
		{ "ext4", "crypto_LUKS", false, false }, { "overlay", "ext4", true, false }, { "9p", "xfs", false, false },
		/* other names of one kind */
		{ "msdos", "vfat", false, false }, { "vfat", "ext4", true, true }, { "ntfs-3g", "ntfs", false, false },
		{ "ntfs3", "ntfs", false, false }, { "udf", "iso9660", false, false }, { "swap", "ext4", true, true },
		{ "ext4", "swap", false, true }, { "ext", "xfs", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (filesystem_type_contradicts(cases[i].asked, cases[i].found, cases[i].beyond_ext3) != cases[i].contradicts)
			fail_msg("%s for %s", cases[i].asked, cases[i].found);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(drivers), cmocka_unit_test(contradictions) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
