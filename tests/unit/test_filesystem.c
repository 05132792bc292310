/* SPDX-License-Identifier: MIT */
/* test_filesystem: types, UUIDs, labels and features of what other people's mkfs wrote, beside what blkid says of the same. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "image/filesystem.h"
#include "partition/number.h"
#include "scratch-disk.h"

static int setup(void **state)
{
	if (scratch_setup(state))
		return -1;
	/* the numbers are the partitions' */
	shell("truncate -s 64M 1 2 4 6; truncate -s 320M 3; truncate -s 128M 5; mkfs.fat -F 32 -n 'MY ESP' 1;"
	      "mke2fs -q -F -t ext4 -L root 2; mkfs.xfs -q -L data 3; mkswap -L pages 4; mkfs.btrfs -q -L tree 5;"
	      "truncate -s 700M disk; printf '%s\\n' 'label: gpt' 'size=64M, type=U, name=\"EFI \\xc3\\xa4\"' 'size=64M'"
	      "	'size=320M' 'size=64M' 'size=128M' | sfdisk -q disk; start=1; n=1; for size in 64 64 320 64 128; do"
	      "	dd if=$n of=disk bs=1M seek=$start conv=notrunc,sparse; start=$((start + size)); n=$((n + 1)); done");
	return 0;
}

static struct opened open_disk(const char *name, enum image_reader reader)
{
	const struct image_options options = { .system = true, .reader = reader };
	static const struct image_services services;

	return open_scratch(name, &options, &services);
}

/* What blkid prints of the file that the partition was made of. */
static void assert_blkid(int number, const char *tag, const char *ours)
{
	char command[256], line[256] = "";
	FILE *f;

	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin blkid -p -o value -s %s %s/%d", tag, folder, number);
	f = popen(command, "r");
	assert_non_null(f);
	if (fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	pclose(f);
	assert_string_equal(ours ? ours : "", line);
}

static void test_as_blkid(void **state)
{
	static const char *const types[] = { "vfat", "ext4", "xfs", "swap", "btrfs" };
	struct opened o = open_disk("disk", IMAGE_READER_AUTO);

	(void)state;
	assert_int_equal(o.image->filesystem_count, 5);
	for (int n = 1; n <= 5; n++) {
		const struct filesystem *f = image_filesystem(o.image, n);

		assert_non_null(f);
		assert_int_equal(f->have, HAVE);
		assert_string_equal(f->type, types[n - 1]);
		assert_blkid(n, "TYPE", f->type);
		assert_blkid(n, "UUID", f->uuid);
		assert_blkid(n, "LABEL", f->label);
		assert_false(f->dirty);
		assert_int_equal(strlen(f->part_uuid), 36);
		if (n == 2 || n == 3 || n == 5)
			assert_int_equal(f->size, f->view->size);
	}
	assert_string_equal(image_filesystem(o.image, 1)->part_label, "EFI \xc3\xa4");
	assert_non_null(strstr(image_filesystem(o.image, 2)->features, "metadata_csum"));
	assert_non_null(strstr(image_filesystem(o.image, 3)->features, "bigtime"));
	assert_non_null(strstr(image_filesystem(o.image, 5)->features, "extref"));
	assert_string_equal(filesystem_title(o.image, image_filesystem(o.image, 3)), "xfs file system in partition 3");
	close_disk(&o);
}

static void test_open(void **state)
{
	struct opened o = open_disk("disk", IMAGE_READER_AUTO), native = open_disk("disk", IMAGE_READER_NATIVE);
	struct filesystem *xfs = image_filesystem(o.image, 3);

	(void)state;
	assert_int_equal(filesystem_open(o.image, image_filesystem(o.image, 1)), HAVE);
	assert_int_equal(filesystem_open(o.image, image_filesystem(o.image, 2)), HAVE);
	assert_int_equal(filesystem_open(o.image, xfs), UNREADABLE);
	assert_int_equal(xfs->error.code, ENOTSUP);
	assert_non_null(strstr(xfs->error.message, "helper"));
	assert_int_equal(filesystem_open(o.image, image_filesystem(o.image, 4)), ABSENT);
	assert_int_equal(filesystem_open(native.image, image_filesystem(native.image, 3)), UNREADABLE);
	assert_non_null(strstr(image_filesystem(native.image, 3)->error.message, "--reader=native"));
	close_disk(&native);
	close_disk(&o);
}

static void assert_found(struct opened *o, int partition, const char *name)
{
	struct boot_device_name device = boot_device_parse(o->arena, name);
	const struct filesystem *f = image_find_device(o->image, &device);

	if ((f ? f->partition : 0) != partition)
		fail_msg("%s is %d, not %d", name, f ? f->partition : 0, partition);
}

static void test_find(void **state)
{
	struct opened o = open_disk("disk", IMAGE_READER_AUTO);
	const struct filesystem *esp = image_filesystem(o.image, 1), *root = image_filesystem(o.image, 2);
	char *upper = arena_strdup(o.arena, root->uuid);

	(void)state;
	assert_found(&o, 2, arena_printf(o.arena, "UUID=%s", root->uuid));
	assert_found(&o, 2, arena_printf(o.arena, "/dev/disk/by-uuid/%s", root->uuid));
	for (char *p = upper; *p; p++)
		*p = *p >= 'a' ? (char)(*p - 0x20) : *p;
	if (strcmp(upper, root->uuid) != 0)
		assert_found(&o, 0, arena_printf(o.arena, "UUID=%s", upper));
	upper = arena_strdup(o.arena, esp->uuid);
	for (char *p = upper; *p; p++)
		*p = *p >= 'A' ? (char)(*p | 0x20) : *p;
	assert_found(&o, 1, arena_printf(o.arena, "UUID=%s", upper));
	assert_found(&o, 1, "LABEL=\"MY ESP\"");
	assert_found(&o, 1, "/dev/disk/by-label/MY\\x20ESP");
	assert_found(&o, 1, "PARTLABEL=EFI \xc3\xa4");
	assert_found(&o, 2, arena_printf(o.arena, "PARTUUID=%s/PARTNROFF=1", esp->part_uuid));
	assert_found(&o, 0, arena_printf(o.arena, "PARTUUID=%s/PARTNROFF=2147483647", esp->part_uuid));
	assert_found(&o, 0, arena_printf(o.arena, "PARTUUID=%s/PARTNROFF=-9", esp->part_uuid));
	assert_found(&o, 3, "/dev/vda3");
	assert_found(&o, 4, "/dev/nvme0n1p4");
	assert_found(&o, 5, "8:5");
	assert_found(&o, 0, "/dev/vdb3");
	assert_found(&o, 0, "/dev/vda9");
	assert_found(&o, 0, "/dev/mapper/vg-root");
	assert_found(&o, 0, "UUID=");
	close_disk(&o);
}

static void test_whole_disk(void **state)
{
	struct opened o = open_disk("3", IMAGE_READER_AUTO), empty = open_disk("6", IMAGE_READER_AUTO);

	(void)state;
	assert_int_equal(o.image->filesystem_count, 1);
	assert_string_equal(image_filesystem(o.image, PARTITION_WHOLE_DISK)->type, "xfs");
	assert_found(&o, PARTITION_WHOLE_DISK, "/dev/vda");
	assert_int_equal(image_filesystem(empty.image, PARTITION_WHOLE_DISK)->have, ABSENT);
	close_disk(&empty);
	close_disk(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_blkid),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_whole_disk),
	};

	return cmocka_run_group_tests(tests, setup, scratch_teardown);
}
