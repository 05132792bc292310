/* SPDX-License-Identifier: MIT */
/* test_initrds: what an attempt to boot has of a driver: closures, soft dependencies, several initrds, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "image/initrds.h"
#include "image_system.h"
#include "linux_bytes.h"

#define R "6.1.0-1-arm64"
#define LIB "/usr/lib/modules/" R
#define KO(name) "lib/modules/" R "/kernel/" name ".ko"

struct fixture {
	struct image_system *s;
	struct boot_path path;
	struct boot_entry entries[2];
	struct boot_attempt attempts[2]; /* one of each entry */
	struct boot_file files[2][3];
};

static void set_up(struct fixture *f, const char *config)
{
	static const struct boot_text nothing = { .text = "root=UUID=1" };
	struct image_system *s = image_system_new();

	*f = (struct fixture){ .s = s };
	image_system_kernel(s, "/boot/vmlinuz-" R, NULL);
	image_system_file(s, "/boot/config-" R, config);
	image_system_file(s, LIB "/modules.dep",
			  "kernel/virtio_blk.ko: kernel/virtio.ko kernel/virtio_ring.ko\nkernel/virtio.ko:\n"
			  "kernel/virtio_ring.ko: kernel/virtio.ko\nkernel/virtio_pci.ko: kernel/virtio.ko\n"
			  "kernel/ext4.ko: kernel/jbd2.ko\nkernel/jbd2.ko:\nkernel/crc_a.ko:\nkernel/crc_b.ko:\n"
			  "kernel/nvme.ko:\nextra/jfs.ko:\n");
	image_system_file(s, LIB "/modules.builtin", "kernel/builtin.ko\n");
	image_system_file(s, LIB "/modules.softdep", "softdep ext4 pre: crc32c nobody\n");
	image_system_file(s, LIB "/modules.alias", "alias crc32c crc_a\nalias crc32* crc_b\n");
	for (const char *const *m = (const char *const[]){ "virtio_blk", "virtio", "virtio_ring", "virtio_pci", "ext4", "jbd2",
							   "crc_a", "crc_b", "nvme", NULL };
	     *m; m++)
		image_system_file(s, arena_printf(s->arena, LIB "/kernel/%s.ko", *m), "x");
	image_system_file(s, LIB "/extra/jfs.ko", "x");
	s->image.boot_paths = &f->path;
	s->image.boot_path_count = 1;
	f->path.entries = f->entries;
	f->path.entry_count = 2;
	s->filesystem.entry = NULL;
	for (int i = 0; i < 2; i++) {
		f->entries[i] = (struct boot_entry){ .path = &f->path, .attempts = &f->attempts[i], .attempt_count = 1,
						     .complete = true, .is_default = !i };
		f->attempts[i] = (struct boot_attempt){ .entry = &f->entries[i], .initrds = f->files[i],
							.kernel_file = image_system_open(s, "/boot/vmlinuz-" R),
							.cmdline = cmdline_parse(s->arena, &nothing), .root = &s->filesystem };
		f->attempts[i].kernel.have = HAVE;
	}
}

static void tear_down(struct fixture *f)
{
	image_system_free(f->s);
}

/* An initrd of files by these paths, modules by their first bytes, made by cpio and what comes behind it. */
static void add_initrd(struct fixture *f, int attempt, const char *path, const char *files, const char *filter)
{
	struct image_system *s = f->s;
	struct boot_file *file = &f->files[attempt][f->attempts[attempt].initrd_count++];
	size_t size;
	char *command = arena_printf(s->arena,
				     "set -e; d=$(mktemp -d); cd $d; for f in %s; do mkdir -p \"$(dirname $f)\"; "
				     "printf '\\177ELF' > $f; truncate -s 64 $f; done; "
				     "find . | sort | cpio -o -H newc --quiet %s; rm -rf $d",
				     files, filter);
	uint8_t *bytes = output_of(command, &size);
	struct fs_entry entry;

	memory_fs_add(s->fs, s->arena, path, FS_FILE, arena_memdup(s->arena, bytes, size), size);
	free(bytes);
	assert_int_equal(fs_lookup(&s->fs->fs, s->arena, path, &entry, NULL), 0);
	*file = (struct boot_file){ .have = HAVE, .filesystem = &s->filesystem, .path = path, .handle = entry.handle };
	assert_int_equal(fs_file_view(&s->fs->fs, s->arena, entry.handle, &file->view, NULL), 0);
}

static enum driver_reach reach(struct fixture *f, const char *symbol, const char *module, const char **ret_missing)
{
	return attempt_driver(&f->attempts[0], symbol, module, ret_missing);
}

#define CONFIG                                                                                                     \
	"CONFIG_MODULES=y\nCONFIG_VIRTIO_BLK=m\nCONFIG_VIRTIO_PCI=m\nCONFIG_EXT4_FS=m\nCONFIG_YES=y\n"              \
	"CONFIG_BLK_DEV_NVME=m\nCONFIG_LOST=m\n"

static void test_closures(void **state)
{
	struct fixture f;
	const char *missing;

	(void)state;
	set_up(&f, CONFIG);
	add_initrd(&f, 0, "/boot/initrd",
		   KO("virtio_blk") " " KO("virtio") " " KO("virtio_pci") " " KO("crc_b") " " KO("ext4"), "| gzip");
	attempt_ask_driver(&f.attempts[0], "VIRTIO_BLK", "virtio-blk");
	/* before it is prepared nothing is asked */
	image_ask_roots(&f.s->image);
	attempt_ask_driver(&f.attempts[0], "LOST", "lost");
	image_ask_initrds(&f.s->image, "nvme");
	image_read_initrds(&f.s->image);
	assert_int_equal(reach(&f, "VIRTIO_BLK", "virtio-blk", &missing), REACH_MISSING);
	assert_string_equal(missing, "virtio_ring");
	assert_int_equal(reach(&f, "VIRTIO_PCI", "virtio_pci", &missing), REACH_INITRD);
	assert_int_equal(reach(&f, "YES", "yes", &missing), REACH_BUILTIN);
	assert_int_equal(reach(&f, "NO", "no", &missing), REACH_NO_DRIVER);
	assert_int_equal(reach(&f, NULL, "builtin", &missing), REACH_BUILTIN);
	/* configured, and nowhere */
	assert_int_equal(reach(&f, "LOST", "lost", &missing), REACH_NO_DRIVER);
	assert_int_equal(reach(&f, "BLK_DEV_NVME", "nvme", &missing), REACH_MISSING);
	assert_int_equal(attempt_initrd_module(&f.attempts[0], "nvme"), INITRD_NOT_FOUND);
	assert_int_equal(attempt_initrd_module(&f.attempts[0], "virtio-blk"), INITRD_FOUND);
	assert_int_equal(attempt_initrd_module(&f.attempts[0], "never_asked"), INITRD_UNKNOWN);
	/* jbd2 is hard; crc32c is soft, and one of two will do */
	assert_int_equal(reach(&f, "EXT4_FS", "ext4", &missing), REACH_MISSING);
	assert_string_equal(missing, "jbd2");
	assert_int_equal(attempt_bus(&f.attempts[0], ROOT_VIRTIO_BLK_PCI, &missing), REACH_MISSING);
	/* without an initrd there is none of it */
	assert_int_equal(attempt_driver(&f.attempts[1], "VIRTIO_PCI", "virtio_pci", &missing), REACH_MISSING);
	tear_down(&f);
}

/* A kernel without the driver, and the driver from elsewhere: what counts is the initrd. */
static void test_modules_of_other_sources(void **state)
{
	struct fixture f;
	const char *missing;

	(void)state;
	set_up(&f, CONFIG);
	add_initrd(&f, 0, "/boot/initrd", "lib/modules/" R "/extra/jfs.ko", "");
	add_initrd(&f, 1, "/boot/initrd2", "etc/x", "");
	image_ask_roots(&f.s->image);
	for (int i = 0; i < 2; i++) {
		attempt_ask_driver(&f.attempts[i], "JFS_FS", "jfs");
		attempt_ask_driver(&f.attempts[i], "CRC_A", "crc_a");
	}
	image_read_initrds(&f.s->image);
	assert_int_equal(reach(&f, "JFS_FS", "jfs", &missing), REACH_INITRD);
	assert_int_equal(attempt_driver(&f.attempts[1], "JFS_FS", "jfs", &missing), REACH_MISSING);
	assert_string_equal(missing, "jfs");
	/* one of the kernel's own that its configuration denies */
	assert_int_equal(reach(&f, "CRC_A", "crc_a", &missing), REACH_NO_DRIVER);
	tear_down(&f);
}

static void test_soft_dependencies(void **state)
{
	struct fixture f;
	const char *missing;

	(void)state;
	set_up(&f, CONFIG);
	add_initrd(&f, 0, "/boot/initrd", KO("ext4") " " KO("jbd2"), "| xz --check=crc32");
	add_initrd(&f, 1, "/boot/initrd2", KO("ext4") " " KO("jbd2") " " KO("crc_b"), "");
	image_ask_roots(&f.s->image);
	image_read_initrds(&f.s->image);
	assert_int_equal(reach(&f, "EXT4_FS", "ext4", &missing), REACH_SOFT);
	assert_string_equal(missing, "crc_a");
	assert_int_equal(attempt_driver(&f.attempts[1], "EXT4_FS", "ext4", &missing), REACH_INITRD);
	tear_down(&f);
}

static void test_nothing_asked_is_not_read(void **state)
{
	struct fixture f;
	const char *missing;

	(void)state;
	set_up(&f, "CONFIG_MODULES=y\nCONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_PCI=y\nCONFIG_EXT4_FS=y\n");
	/* what is behind its first bytes is nobody's business */
	add_initrd(&f, 0, "/boot/initrd", "init", "| gzip | head -c 30");
	image_ask_roots(&f.s->image);
	image_read_initrds(&f.s->image);
	assert_int_equal(f.attempts[0].initrd->have, HAVE);
	assert_int_equal(f.attempts[0].initrd->question_count, 0);
	assert_int_equal(f.attempts[0].initrd->initrd->unpacked, 0);
	assert_false(f.attempts[0].initrd->initrd->damaged);
	assert_int_equal(f.attempts[1].initrd->have, ABSENT);
	assert_int_equal(attempt_bus(&f.attempts[0], ROOT_VIRTIO_BLK_PCI, &missing), REACH_BUILTIN);
	tear_down(&f);
	/* what its first bytes tell is known all the same */
	set_up(&f, "CONFIG_MODULES=y\n");
	add_initrd(&f, 0, "/boot/initrd", "init", "| xz");
	add_initrd(&f, 1, "/boot/initrd2", "init", "| xz --check=crc32");
	image_read_initrds(&f.s->image);
	assert_non_null(f.attempts[0].initrd->initrd->members[0].refused);
	assert_null(f.attempts[1].initrd->initrd->members[0].refused);
	tear_down(&f);
	/* unless one is thorough */
	set_up(&f, "CONFIG_MODULES=y\n");
	f.s->image.thorough = true;
	add_initrd(&f, 0, "/boot/initrd", "init", "| gzip | head -c 30");
	image_read_initrds(&f.s->image);
	assert_true(f.attempts[0].initrd->initrd->damaged);
	tear_down(&f);
}

/* Linux takes a path of 4,095 bytes. */
static void test_a_long_path(void **state)
{
	struct fixture f;
	char *path;

	(void)state;
	set_up(&f, CONFIG);
	add_initrd(&f, 0, "/boot/initrd", "init", "");
	path = arena_printf(f.s->arena, "/%4094s", "");
	for (size_t i = 1; path[i]; i++)
		path[i] = i % 200 ? 'x' : '/';
	image_ask_initrds(&f.s->image, "nvme");
	attempt_ask_path(&f.attempts[0], path);
	image_read_initrds(&f.s->image);
	assert_int_equal(attempt_initrd_path(&f.attempts[0], path), INITRD_NOT_FOUND);
	tear_down(&f);
}

static void test_several_are_one(void **state)
{
	struct fixture f;
	struct location place;

	(void)state;
	set_up(&f, CONFIG);
	/* of a length that is no multiple of four: what follows is moved up */
	add_initrd(&f, 0, "/boot/microcode", "kernel/x86/microcode/GenuineIntel.bin", "; printf '\\0\\0'");
	add_initrd(&f, 0, "/boot/initrd", KO("virtio_pci") " " KO("virtio"), "| zstd -q");
	add_initrd(&f, 0, "/boot/garbage", "x", "> /dev/null; echo garbage");
	f.attempts[1].initrd_count = f.attempts[0].initrd_count;
	memcpy(f.files[1], f.files[0], sizeof(f.files[0]));
	image_ask_roots(&f.s->image);
	image_read_initrds(&f.s->image);
	assert_ptr_equal(f.attempts[0].initrd, f.attempts[1].initrd);
	assert_int_equal(attempt_initrd_module(&f.attempts[0], "virtio_pci"), INITRD_FOUND);
	assert_true(f.attempts[0].initrd->initrd->members[0].microcode);
	assert_true(f.attempts[0].initrd->initrd->damaged);
	assert_int_equal(f.attempts[0].initrd->initrd->member_count, 3);
	place = attempt_initrd_place(&f.attempts[0], f.attempts[0].initrd->initrd->members[2].problem_offset, 1);
	assert_string_equal(place.path, "/boot/garbage");
	assert_int_equal(place.offset, 0);
	assert_int_equal(place.partition, 2);
	assert_string_equal(attempt_initrd_title(&f.attempts[0]), "/boot/microcode and 2 more");
	tear_down(&f);
}

/* GRUB's newc:NAME:FILE: the file is none, and becomes one. */
static void test_made_an_archive(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, CONFIG);
	add_initrd(&f, 0, "/etc/fstab", "x", "> /dev/null; printf '\\177ELF'; head -c 60 /dev/zero");
	f.files[0][0].newc = KO("virtio");
	add_initrd(&f, 0, "/boot/initrd", KO("virtio_pci"), "| zstd -q");
	f.attempts[1].initrd_count = 1;
	f.files[1][0] = f.files[0][0];
	f.files[1][0].newc = "etc/fstab";
	image_ask_roots(&f.s->image);
	attempt_ask_path(&f.attempts[1], "/etc/fstab");
	image_read_initrds(&f.s->image);
	assert_ptr_not_equal(f.attempts[0].initrd, f.attempts[1].initrd);
	for (int i = 0; i < 2; i++)
		assert_false(f.attempts[i].initrd->initrd->damaged);
	assert_int_equal(attempt_initrd_module(&f.attempts[0], "virtio"), INITRD_FOUND);
	assert_int_equal(attempt_initrd_module(&f.attempts[0], "virtio_pci"), INITRD_FOUND);
	assert_int_equal(attempt_initrd_path(&f.attempts[1], "/etc/fstab"), INITRD_FOUND);
	tear_down(&f);
}

static void test_a_bomb(void **state)
{
	struct fixture f;
	const char *missing;

	(void)state;
	set_up(&f, CONFIG);
	add_initrd(&f, 0, "/boot/initrd", KO("virtio"), 
		   "; e=$(mktemp -d); cd $e; truncate -s 20M big; find . | cpio -o -H newc --quiet | gzip; rm -rf $e");
	limits.decompressed = 1000000;
	image_ask_roots(&f.s->image);
	image_read_initrds(&f.s->image);
	assert_int_equal(f.attempts[0].initrd->have, UNREADABLE);
	assert_non_null(strstr(f.attempts[0].initrd->error.message, "--max-decompressed raises it"));
	assert_int_equal(reach(&f, "VIRTIO_PCI", "virtio_pci", &missing), REACH_UNKNOWN);
	tear_down(&f);
}

/* What may be unpacked is for what boots by default first, in whatever order the menu has it. */
static void test_the_default_is_read_first(void **state)
{
	uint64_t both = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct fixture f;

		set_up(&f, CONFIG);
		f.entries[0].is_default = false;
		f.entries[1].is_default = true;
		add_initrd(&f, 0, "/boot/old", KO("virtio"), "| gzip");
		add_initrd(&f, 1, "/boot/initrd", KO("virtio_pci"), "| gzip");
		image_ask_roots(&f.s->image);
		limits_begin_image();
		/* then enough for one of them */
		if (round)
			limit_count(WORK_UNPACKING, limit_of(WORK_UNPACKING) - both / 4 * 3);
		image_read_initrds(&f.s->image);
		both = limit_spent(WORK_UNPACKING);
		assert_int_equal(f.attempts[0].initrd->have, round ? UNREADABLE : HAVE);
		assert_int_equal(f.attempts[1].initrd->have, HAVE);
		limits_begin_image();
		tear_down(&f);
	}
}

static void test_needs_of_a_root(void **state)
{
	struct fixture f;
	struct root_need needs[ROOT_NEEDS];
	struct filesystem filesystems[2];
	const char *missing;
	size_t n;

	(void)state;
	set_up(&f, "CONFIG_MODULES=y\nCONFIG_BLK_DEV_DM=y\nCONFIG_DM_CRYPT=y\nCONFIG_EXT4_FS=y\n");
	filesystems[0] = (struct filesystem){ .partition = 2, .type = "crypto_LUKS" };
	filesystems[1] = (struct filesystem){ .index = 1, .partition = 2, .type = "ext4", .volume = "vg/root" };
	f.s->image.filesystems = filesystems;
	f.s->image.filesystem_count = 2;
	f.attempts[0].root = f.attempts[1].root = &filesystems[1];
	add_initrd(&f, 0, "/boot/initrd", "usr/sbin/cryptsetup etc/x", "| lz4 -l -q");
	add_initrd(&f, 1, "/boot/initrd2", "sbin/cryptsetup usr/bin/lvm", "| bzip2");
	image_ask_roots(&f.s->image);
	image_read_initrds(&f.s->image);
	n = attempt_root_needs(&f.attempts[0], needs);
	assert_int_equal(n, 3);
	assert_int_equal(needs[0].layer, ROOT_FILESYSTEM);
	assert_int_equal(attempt_need(&f.attempts[0], &needs[0], &missing), REACH_BUILTIN);
	assert_int_equal(needs[1].layer, ROOT_CRYPTO);
	assert_int_equal(attempt_need(&f.attempts[0], &needs[1], &missing), REACH_BUILTIN);
	assert_int_equal(needs[2].layer, ROOT_LVM);
	assert_int_equal(attempt_need(&f.attempts[0], &needs[2], &missing), REACH_MISSING);
	assert_string_equal(missing, "/sbin/lvm");
	assert_int_equal(attempt_need(&f.attempts[1], &needs[2], &missing), REACH_BUILTIN);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closures),	  cmocka_unit_test(test_soft_dependencies),
		cmocka_unit_test(test_nothing_asked_is_not_read), cmocka_unit_test(test_several_are_one),
		cmocka_unit_test(test_a_long_path),
		cmocka_unit_test(test_made_an_archive),		  cmocka_unit_test(test_modules_of_other_sources),
		cmocka_unit_test(test_a_bomb),		  cmocka_unit_test(test_needs_of_a_root),
		cmocka_unit_test(test_the_default_is_read_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
