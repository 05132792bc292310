/* SPDX-License-Identifier: MIT */
/* test_container: what a file is, told by its bytes, and which other files it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "block/container.h"
#include "disk-bytes.h"
#include "test-arena.h"

static struct error err;
static char directory[] = "/tmp/vmlint-container-XXXXXX";

static struct container detect(const void *bytes, size_t size)
{
	struct container c;

	assert_int_equal(container_detect(arena, view_memory(arena, bytes, size), &c, &err), 0);
	return c;
}

static void put_be(unsigned char *at, unsigned bytes, uint64_t value)
{
	for (; bytes; value >>= 8)
		at[--bytes] = (unsigned char)value;
}

static void magic_numbers(void **state)
{
	static const struct {
		enum container_format format;
		enum container_access access;
		unsigned offset;
		const char *bytes;
		unsigned length;
	} cases[] = {
		{ CONTAINER_QCOW2, CONTAINER_READER, 0, "QFI\xfb\0\0\0\3", 8 },
		{ CONTAINER_QCOW2, CONTAINER_READER, 0, "QFI\xfb\0\0\0\x63", 8 },
		{ CONTAINER_QCOW, CONTAINER_HELPER, 0, "QFI\xfb\0\0\0\1", 8 },
		{ CONTAINER_VHDX, CONTAINER_HELPER, 0, "vhdxfile", 8 },
		{ CONTAINER_LUKS, CONTAINER_CLOSED, 0, "LUKS\xba\xbe\0\1", 8 },
		{ CONTAINER_XZ, CONTAINER_PACKED, 0, "\3757zXZ\0", 6 },
		{ CONTAINER_GZIP, CONTAINER_PACKED, 0, "\x1f\x8b\x08\0", 4 },
		{ CONTAINER_ZSTD, CONTAINER_PACKED, 0, "\x28\xb5\x2f\xfd", 4 },
		{ CONTAINER_ZSTD, CONTAINER_PACKED, 0, "\x53\x2a\x4d\x18", 4 },
		{ CONTAINER_RAW, CONTAINER_SELF, 0, "\x43\x2a\x4d\x18", 4 },
		{ CONTAINER_BZIP2, CONTAINER_PACKED, 0, "BZh91AY&SY", 10 },
		{ CONTAINER_RAW, CONTAINER_SELF, 0, "BZx91AY&SY", 10 },
		{ CONTAINER_ZIP, CONTAINER_PACKED, 0, "PK\3\4", 4 },
		{ CONTAINER_TAR, CONTAINER_PACKED, 257, "ustar", 5 },
		{ CONTAINER_RAW, CONTAINER_SELF, 0, "hello, world", 12 },
		{ CONTAINER_RAW, CONTAINER_SELF, 0, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char bytes[1024] = { 0 };
		struct container c;

		memcpy(bytes + cases[i].offset, cases[i].bytes, cases[i].length);
		c = detect(bytes, sizeof(bytes));
		assert_int_equal(c.format, cases[i].format);
		assert_int_equal(c.access, cases[i].access);
		if (!cases[i].length)
			continue;
		/* the same bytes at the very end of the file, and the first of them missing */
		assert_int_equal(detect(bytes, cases[i].offset + cases[i].length).format, cases[i].format);
		detect(bytes, cases[i].length - 1);
	}
	assert_int_equal(detect("", 0).format, CONTAINER_RAW);
}

static void commands(void **state)
{
	(void)state;
	assert_string_equal(container_unpack_command(arena, CONTAINER_XZ, "a b.xz"), "(set -C; xz -dc 'a b.xz' > 'a b.xz.raw')");
	assert_string_equal(container_unpack_command(arena, CONTAINER_GZIP, "-rf"), "(set -C; gzip -dc ./-rf > ./-rf.raw)");
	assert_string_equal(container_unpack_command(arena, CONTAINER_ANDROID_SPARSE, "x"), "simg2img x x.raw");
	assert_null(container_unpack_command(arena, CONTAINER_RAW, "x"));
	assert_null(container_unpack_command(arena, CONTAINER_QCOW2, "x"));
}

static void text_descriptor(void **state)
{
	static const char text[] =
		"# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
		"createType=\"monolithicFlat\"\nRW 100 FLAT \"/etc/shadow\" 0\n  RDONLY 5 SPARSE \"two.vmdk\"\n";
	static const char qemu_style[] = "# any comment\n \nversion=1\nRW 100 FLAT \"x\" 0\n";
	struct container c = detect(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(c.format, CONTAINER_VMDK);
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_int_equal(c.external_count, 2);
	assert_string_equal(c.externals[0].name, "/etc/shadow");
	assert_int_equal(c.externals[0].offset, strstr(text, "/etc") - text);
	assert_int_equal(c.externals[0].length, 11);
	assert_string_equal(c.externals[1].name, "two.vmdk");
	c = detect(qemu_style, sizeof(qemu_style) - 1);
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_int_equal(c.external_count, 1);
}

/* QEMU reads a descriptor of up to 1 MiB; a name far behind must not make the file one that qemu-nbd may open. */
static void long_descriptor(void **state)
{
	size_t size = 1 << 20;
	char *text = malloc(size);
	struct container c;

	(void)state;
	memset(text, '\n', size);
	memcpy(text, "# Disk DescriptorFile\n", 22);
	memcpy(text + size - 100, "RW 100 FLAT \"/etc/shadow\" 0\n", 28);
	c = detect(text, size);
	assert_int_equal(c.access, CONTAINER_CLOSED);
	free(text);
}

static void vmdk_capacity_zero(void **state)
{
	unsigned char bytes[64 * 512] = "KDMV\1";
	struct container c;

	(void)state;
	put(bytes + 12, 2048, 8);
	put(bytes + 28, 1, 8);
	put(bytes + 36, 20, 8);
	memcpy(bytes + 512, "parentCID=ffffffff\n", 19);
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_HELPER);
	put(bytes + 12, 0, 8);
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_CLOSED);
	put(bytes + 28, UINT64_MAX, 8); /* a place that wraps around in QEMU's arithmetic */
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_CLOSED);
	put(bytes + 28, 30, 8);
	memcpy(bytes + 30 * 512, "RW 8 FLAT \"/secret\" 0\n", 22);
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.external_count, 1);
	assert_string_equal(c.externals[0].name, "/secret");
	put(bytes + 12, 2048, 8);
	memcpy(bytes + 512, "parentCID=0a0b0c0d\nparentFileNameHint=\"base.vmdk\"\n", 50);
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_string_equal(c.externals[0].name, "base.vmdk");
	assert_int_equal(c.externals[0].role, CONTAINER_PARENT);
}

static void vhd_kinds(void **state)
{
	static unsigned char bytes[8192];
	struct container c;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + sizeof(bytes) - 512, "conectix", 8);
	put_be(bytes + sizeof(bytes) - 512 + 48, 8, 4096);
	put_be(bytes + sizeof(bytes) - 512 + 60, 4, 2);
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.format, CONTAINER_VHD);
	assert_int_equal(c.access, CONTAINER_SELF);
	assert_int_equal(c.disk_size, 4096);
	assert_int_equal(c.missing_bytes, 0);
	put_be(bytes + sizeof(bytes) - 512 + 48, 8, 1 << 20);
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.disk_size, sizeof(bytes) - 512);
	assert_int_equal(c.missing_bytes, (1 << 20) - (sizeof(bytes) - 512));
	put_be(bytes + sizeof(bytes) - 512 + 60, 4, 77);
	assert_int_equal(detect(bytes, sizeof(bytes)).format, CONTAINER_RAW);

	memcpy(bytes, "conectix", 8);
	put_be(bytes + 16, 8, 512);
	put_be(bytes + 60, 4, 3);
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_HELPER);
	put_be(bytes + 60, 4, 4);
	memcpy(bytes + 512 + 64, "\0b\0a\0s\0e", 8);
	memcpy(bytes + 512 + 576, "W2ku", 4);
	put_be(bytes + 512 + 576 + 8, 4, 6);
	put_be(bytes + 512 + 576 + 16, 8, 4000);
	memcpy(bytes + 4000, "c\0:\0x\0", 6);
	put_be(bytes + 512 + 600, 4, 0x57327275);
	put_be(bytes + 512 + 600 + 8, 4, 0xffffffff);
	put_be(bytes + 512 + 600 + 16, 8, UINT64_MAX);
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_string_equal(c.externals[0].name, "base");
	assert_string_equal(c.externals[1].name, "c:x");
}

static void parents_by_header(void **state)
{
	unsigned char bytes[1024] = "QED";
	struct container c;

	(void)state;
	put(bytes + 56, 100, 4);
	put(bytes + 60, 5, 4);
	memcpy(bytes + 100, "/base", 5);
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_HELPER);
	put(bytes + 16, 1, 8);
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_string_equal(c.externals[0].name, "/base");
	put(bytes + 60, 0xffffffff, 4);
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_CLOSED);

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, "QFI\xfb\0\0\0\1", 8);
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_HELPER);
	put_be(bytes + 8, 8, 100);
	put_be(bytes + 16, 4, 5);
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_int_equal(c.external_count, 1);

	memset(bytes, 0, sizeof(bytes));
	put(bytes + 64, 0xbeda107f, 4);
	assert_int_equal(detect(bytes, sizeof(bytes)).access, CONTAINER_HELPER);
	bytes[0x1b8] = 1;
	c = detect(bytes, sizeof(bytes));
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_int_equal(c.externals[0].offset, 0x1b8);
}

static void vhdx_parent(void **state)
{
	size_t size = 3 << 20;
	unsigned char *b = calloc(1, size), *metadata = b + (2 << 20);
	static const unsigned char region[] = { 0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
						0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e };
	static const unsigned char parameters[] = { 0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
						    0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b };
	static const unsigned char locator[] = { 0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45,
						 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c };
	struct container c;

	(void)state;
	memcpy(b, "vhdxfile", 8);
	memcpy(b + 0x30000, "regi", 4);
	put(b + 0x30008, 1, 4);
	memcpy(b + 0x30010, region, 16);
	put(b + 0x30020, 2 << 20, 8);
	memcpy(metadata, "metadata", 8);
	put(metadata + 10, 2, 2);
	memcpy(metadata + 32, parameters, 16);
	put(metadata + 48, 0x10000, 4);
	memcpy(metadata + 64, locator, 16);
	put(metadata + 80, 0x11000, 4);
	put(metadata + 84, 0x1000, 4);
	put(metadata + 0x11012, 1, 2);
	put(metadata + 0x11014, 100, 4);
	put(metadata + 0x11018, 200, 4);
	put(metadata + 0x1101c, 8, 2);
	put(metadata + 0x1101e, 4, 2);
	memcpy(metadata + 0x11000 + 100, "p\0a\0t\0h\0", 8);
	memcpy(metadata + 0x11000 + 200, "x\0y\0", 4);
	assert_int_equal(detect(b, size).access, CONTAINER_HELPER);
	put(metadata + 0x10004, 2, 4);
	c = detect(b, size);
	assert_int_equal(c.access, CONTAINER_CLOSED);
	assert_string_equal(c.externals[0].name, "xy");
	assert_int_equal(c.externals[0].offset, (2 << 20) + 0x11000 + 200);
	free(b);
}

/* What qemu-img itself makes is recognised, and none of it is said to name another file. */
static void made_by_qemu_img(void **state)
{
	static const struct {
		const char *options;
		enum container_format format;
		enum container_access access;
	} cases[] = {
		{ "-f qcow2", CONTAINER_QCOW2, CONTAINER_READER },
		{ "-f qcow", CONTAINER_QCOW, CONTAINER_HELPER },
		{ "-f vmdk", CONTAINER_VMDK, CONTAINER_HELPER },
		{ "-f vmdk -o subformat=streamOptimized", CONTAINER_VMDK, CONTAINER_HELPER },
		{ "-f vmdk -o subformat=monolithicFlat", CONTAINER_VMDK, CONTAINER_CLOSED },
		{ "-f vmdk -o subformat=twoGbMaxExtentSparse", CONTAINER_VMDK, CONTAINER_CLOSED },
		{ "-f vpc", CONTAINER_VHD, CONTAINER_HELPER },
		{ "-f vpc -o subformat=fixed,force_size=on", CONTAINER_VHD, CONTAINER_SELF },
		{ "-f vhdx", CONTAINER_VHDX, CONTAINER_HELPER },
		{ "-f vdi", CONTAINER_VDI, CONTAINER_HELPER },
		{ "-f qed", CONTAINER_QED, CONTAINER_HELPER },
		{ "-f parallels", CONTAINER_PARALLELS, CONTAINER_HELPER },
		{ "-f raw", CONTAINER_RAW, CONTAINER_SELF },
	};

	(void)state;
	if (system("command -v qemu-img >/dev/null") != 0)
		skip();
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char command[256], path[64];
		struct container c;
		struct stat st;
		int fd;

		snprintf(path, sizeof(path), "%s/image", directory);
		snprintf(command, sizeof(command), "qemu-img create -q %s %s 4M", cases[i].options, path);
		assert_int_equal(system(command), 0);
		fd = open(path, O_RDONLY);
		assert_true(fd >= 0 && fstat(fd, &st) == 0);
		assert_int_equal(container_detect(arena, view_file(arena, fd, (uint64_t)st.st_size), &c, &err), 0);
		assert_int_equal(c.format, cases[i].format);
		assert_int_equal(c.access, cases[i].access);
		assert_int_equal(c.external_count, cases[i].access == CONTAINER_CLOSED);
		if (c.access == CONTAINER_SELF)
			assert_int_equal(c.disk_size, 4 << 20);
		close(fd);
		unlink(path);
	}
	assert_true(snprintf(NULL, 0, "%s", directory) > 0);
	{
		char command[64];

		snprintf(command, sizeof(command), "rm -r %s", directory);
		assert_int_equal(system(command), 0);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(magic_numbers),
		TEST(commands),
		TEST(text_descriptor),
		TEST(long_descriptor),
		TEST(vmdk_capacity_zero),
		TEST(vhd_kinds),
		TEST(parents_by_header),
		TEST(vhdx_parent),
		TEST(made_by_qemu_img),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
