/* SPDX-License-Identifier: MIT */
/* test_system: systems in small images that mke2fs and sfdisk make: mounts, os-release, places, and what is no system. */
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
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/unseen.h"
#include "fs/mounts.h"
#include "image/system.h"
#include "memory_fs.h"
#include "system-disk.h"

static void assert_there(const struct system *system, const char *path, int partition, const char *place)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct location location = system_place(system, path);
	struct fs_entry entry;
	struct error err;

	if (fs_resolve(system->fs, arena, path, false, &entry, NULL, &err) < 0)
		fail_msg("%s: %s", path, err.message);
	assert_int_equal(location.partition, partition);
	assert_string_equal(location.path, place);
}

static void test_mounts_of_fstab(void **state)
{
	const struct system *system;
	struct fs_entry entry;
	struct opened o;
	char *data;
	size_t size;

	(void)state;
	make_disk("mkdir -p third/boot third/etc third/usr/lib second/efi second/grub; echo k > second/vmlinuz;"
		  "echo 'ID=\"debian\"\nVERSION_ID=12\nPRETTY_NAME='\"'Debian \\\"12\\\"'\" > third/usr/lib/os-release;"
		  "ln -s ../usr/lib/os-release third/etc/os-release;"
		  "printf 'UUID=66666666-7777-8888-9999-aaaaaaaaaaaa / ext4 defaults 0 1\\n"
		  "UUID=1234-5678 /boot/efi vfat umask=0077\\nUUID=11111111-2222-3333-4444-555555555555 /boot/ ext4 defaults\\n"
		  "LABEL=gone /home ext4 defaults 0 2\\n' > third/etc/fstab", "linux linux");
	shell("mmd -i disk@@1M ::/Folder");
	o = open_disk();
	assert_int_equal(o.image->system_count, 1);
	system = &o.image->systems[0];
	/* case is of no matter on vfat, as for Linux */
	assert_there(system, "/boot/efi/FOLDER", 1, "/FOLDER");
	assert_int_equal(fs_resolve(system->fs, o.arena, "/boot/VMLINUZ", false, &entry, NULL, NULL), -ENOENT);
	assert_int_equal(system->filesystem->partition, 3);
	assert_string_equal(system->id, "debian");
	assert_string_equal(system->version_id, "12");
	assert_string_equal(system->name, "Debian \"12\"");
	assert_int_equal(system->have_fstab, HAVE);
	assert_int_equal(system->have_crypttab, ABSENT);
	assert_int_equal(system->mount_count, 2);
	assert_int_equal(system->partial.code, 0);
	assert_there(system, "/etc/fstab", 3, "/etc/fstab");
	assert_there(system, "/boot/vmlinuz", 2, "/vmlinuz");
	assert_there(system, "/boot", 2, "/");
	assert_there(system, "/boot/efi", 1, "/");
	assert_string_equal(system_place(system, "/boot/efi/EFI/BOOT").path, "/EFI/BOOT");
	assert_string_equal(system_place(system, "/bootstrap").path, "/bootstrap");
	assert_int_equal(boot_read_file(system->fs, o.arena, "/boot/vmlinuz", 16, &data, &size, NULL), 0);
	assert_string_equal(data, "k\n");
	assert_ptr_equal(image_system_on(o.image, image_filesystem(o.image, 3)), system);
	assert_null(image_system_on(o.image, image_filesystem(o.image, 2)));
	close_disk(&o);
}

static void test_mounts_by_type(void **state)
{
	const struct system *system;
	struct opened o;

	(void)state;
	make_disk("mkdir -p second/etc second/boot second/efi second/usr third/lib; touch second/etc/passwd;"
		  "echo ID=x > third/lib/os-release; mkdir third/share",
		  "B921B045-1DF0-41C3-AF44-4C6F280D3FAE B0E01050-EE5F-4390-949A-9101B17104E9");
	o = open_disk();
	assert_int_equal(o.image->system_count, 1);
	system = &o.image->systems[0];
	assert_int_equal(system->have_fstab, ABSENT);
	assert_there(system, "/usr/share", 3, "/share");
	assert_there(system, "/boot", 1, "/");
	assert_string_equal(system->id, "x");
	close_disk(&o);
	make_disk("mkdir -p second/etc second/boot/x second/efi third/loader; touch second/etc/passwd", "linux linux");
	o = open_disk();
	assert_there(&o.image->systems[0], "/boot/x", 2, "/boot/x");
	assert_there(&o.image->systems[0], "/efi", 1, "/");
	close_disk(&o);
}

/* What fstab mounts at /boot is not in the image; links leave the image or lead in circles; files are no files. */
static void test_bad(void **state)
{
	const struct system *system;
	struct opened o;

	(void)state;
	make_disk("mkdir -p third/etc third/boot; touch third/etc/passwd; mkfifo third/etc/crypttab;"
		  "ln -s /../../../../etc/fstab.real third/etc/fstab; ln -s loop third/loop; ln -s b third/a; ln -s a third/b;"
		  "printf 'UUID=0 /boot ext4 defaults\\n/dev/vda2 /boot/loop ext4 defaults\\nbad\\n"
		  "/dev/vda2 /boot/\\\\377 ext4 ro\\n/dev/vda2 /usr ext4 ro' > third/etc/fstab.real; touch third/usr",
		  "linux linux");
	o = open_disk();
	system = &o.image->systems[0];
	assert_int_equal(system->have_fstab, HAVE);
	assert_string_equal(system->fstab_place.path, "/etc/fstab.real");
	assert_int_equal(system->have_crypttab, UNREADABLE);
	assert_int_equal(system->partial.code, ENODEV);
	assert_non_null(strstr(system->partial.message, "/boot"));
	assert_there(system, "/boot/\377", 2, "/");
	close_disk(&o);
	make_disk("mkdir -p third/etc; ln -s fstab third/etc/fstab; touch third/etc/passwd", "linux linux");
	o = open_disk();
	assert_int_equal(o.image->systems[0].have_fstab, UNREADABLE);
	assert_int_equal(o.image->systems[0].fstab_error.code, ELOOP);
	close_disk(&o);
	make_disk("mkdir -p third/etc; truncate -s 100M third/etc/fstab; touch third/etc/passwd", "linux linux");
	o = open_disk();
	assert_int_equal(o.image->systems[0].have_fstab, UNREADABLE);
	assert_int_equal(o.image->systems[0].fstab_error.code, EFBIG);
	close_disk(&o);
}

static void test_none(void **state)
{
	struct opened o;

	(void)state;
	make_disk("mkdir -p third/ostree/deploy second/data", "linux linux");
	o = open_disk();
	assert_int_equal(o.image->system_count, 0);
	assert_int_equal(o.image->systems_error.code, ENOTSUP);
	assert_non_null(strstr(o.image->systems_error.message, "OSTree"));
	close_disk(&o);
	make_disk("mkdir -p third/data second/data", "linux linux");
	o = open_disk();
	assert_int_equal(o.image->system_count, 0);
	assert_int_equal(o.image->systems_error.code, 0);
	close_disk(&o);
	/* a journal that was not replayed is for the helper */
	make_disk("mkdir -p third/etc; touch third/etc/passwd", "linux linux");
	shell("debugfs -w -R 'feature needs_recovery' third.img; dd if=third.img of=disk bs=1M seek=33 conv=notrunc");
	o = open_disk();
	assert_int_equal(o.image->system_count, 0);
	assert_true(image_filesystem(o.image, 3)->dirty);
	assert_int_equal(o.image->systems_error.code, ENOTSUP);
	close_disk(&o);
}

/* What stands in for the helper: two volumes, of which the first has files; or an error. */
struct helper {
	int error;
	unsigned asked, opened;
	const char *second_type; /* of the second volume; NULL: swap */
};

static int list_volumes(void *context, struct image *image, struct helper_volume **ret, unsigned *ret_count, struct error *err)
{
	static struct helper_volume volumes[] = {
		{ .partition = 3, .volume = "v-g/root", .type = "ext4", .uuid = "aaaa", .label = "system" },
		{ .partition = 3, .volume = "v-g/pages", .type = "swap", .uuid = "bbbb" },
	};
	struct helper *helper = context;

	(void)image;
	helper->asked++;
	if (helper->error)
		return error_set(err, helper->error, "no key fits");
	volumes[1].type = !helper->second_type ? "swap" : *helper->second_type ? helper->second_type : NULL;
	*ret = volumes;
	*ret_count = 2;
	return 0;
}

static int open_filesystem(void *context, struct image *image, const struct filesystem *filesystem, const char *subvolume,
			   struct fs **ret, struct error *err)
{
	struct memory_fs *m = memory_fs_new(image->arena);
	struct helper *helper = context;

	(void)err;
	helper->opened++;
	assert_null(subvolume);
	*ret = &m->fs;
	if (helper->second_type && !strcmp(filesystem->volume, "v-g/pages")) {
		for (unsigned i = 0; i < LIMIT_SUBVOLUMES + 2; i++)
			memory_fs_file(m, image->arena, arena_printf(image->arena, "/folder-%u/data", i), "");
		return 0;
	}
	assert_string_equal(filesystem->volume, "v-g/root");
	memory_fs_file(m, image->arena, "/etc/fstab", "/dev/v-g/root / ext4 ro\n/dev/mapper/v--g-pages none swap sw\n");
	return 0;
}

static void test_volumes(void **state)
{
	struct helper helper = { 0 };
	const struct image_services services = { .list_volumes = list_volumes, .open_filesystem = open_filesystem,
						 .context = &helper };
	const char *const names[] = { "/dev/v-g/root", "/dev/mapper/v--g-root", "UUID=aaaa", "LABEL=system" };
	struct boot_device_name gone;
	const struct system *system;
	struct location place;
	struct opened o;

	(void)state;
	/* all that libblkid looks at of LUKS is this and the UUID */
	make_disk("touch second/data", "linux linux");
	shell("printf 'LUKS\\272\\276\\000\\001' >head; truncate -s 168 head; printf 11111111-2222-3333-4444-000000000000 >>head;"
	      "truncate -s 592 head; dd if=/dev/zero of=disk bs=1M seek=33 count=16 conv=notrunc;"
	      "dd if=head of=disk bs=1M seek=33 conv=notrunc");
	o = open_disk_with(&services);
	assert_string_equal(image_filesystem(o.image, 3)->type, "crypto_LUKS");
	assert_true(image_filesystem(o.image, 3)->hides_volumes);
	assert_int_equal(o.image->system_count, 1);
	system = &o.image->systems[0];
	place = system_place(system, "/etc/fstab");
	assert_int_equal(place.partition, 3);
	assert_string_equal(place.volume, "v-g/root");
	assert_string_equal(filesystem_title(o.image, system->filesystem), "logical volume v-g/root");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct boot_device_name name = boot_device_parse(o.arena, names[i]);

		assert_ptr_equal(image_find_device(o.image, &name), system->filesystem);
	}
	assert_string_equal(image_find_device(o.image, &system->fstab->entries[1].device_name)->uuid, "bbbb");
	gone = boot_device_parse(o.arena, "UUID=gone");
	assert_null(image_find_device(o.image, &gone));
	assert_null(image_device_unknown(o.image, &gone));
	assert_int_equal(helper.asked, 1);
	assert_int_equal(helper.opened, 1);
	close_disk(&o);

	helper = (struct helper){ .error = ENOKEY };
	o = open_disk_with(&services);
	assert_int_equal(o.image->system_count, 0);
	assert_int_equal(o.image->systems_error.code, ENOKEY);
	gone = boot_device_parse(o.arena, "UUID=gone");
	assert_null(image_find_device(o.image, &gone));
	assert_string_equal(image_device_unknown(o.image, &gone), "no key fits");
	gone = boot_device_parse(o.arena, "PARTUUID=gone");
	assert_null(image_device_unknown(o.image, &gone));
	assert_int_equal(helper.asked, 1);
	close_disk(&o);
}

/* What stays hidden beside volumes that were listed may have any name. */
static void test_unseen(void **state)
{
	struct helper helper = { .second_type = "crypto_LUKS" };
	const struct image_services services = { .list_volumes = list_volumes, .open_filesystem = open_filesystem,
						 .context = &helper };
	struct boot_device_name gone, partition;
	struct opened o;

	(void)state;
	/* an encrypted logical volume that no key opens */
	make_disk("touch second/data", "linux linux");
	shell("dd if=/dev/zero of=disk bs=1M seek=33 count=16 conv=notrunc; dd if=head of=disk bs=1M seek=33 conv=notrunc");
	o = open_disk_with(&services);
	gone = boot_device_parse(o.arena, "UUID=gone");
	partition = boot_device_parse(o.arena, "PARTUUID=gone");
	assert_int_equal(o.image->system_count, 1);
	assert_null(image_find_device(o.image, &gone));
	assert_string_equal(image_device_unknown(o.image, &gone), "what the logical volume v-g/pages hides was not seen");
	assert_null(image_device_unknown(o.image, &partition));
	close_disk(&o);
	/* one that lies on another disk too */
	helper.second_type = "";
	o = open_disk_with(&services);
	gone = boot_device_parse(o.arena, "UUID=gone");
	assert_null(image_find_device(o.image, &gone));
	assert_string_equal(image_device_unknown(o.image, &gone), "what the logical volume v-g/pages holds is not known");
	close_disk(&o);
	/* a locked partition beside one that was opened */
	helper.second_type = NULL;
	shell("dd if=/dev/zero of=disk bs=1M seek=17 count=16 conv=notrunc; dd if=head of=disk bs=1M seek=17 conv=notrunc");
	o = open_disk_with(&services);
	gone = boot_device_parse(o.arena, "UUID=gone");
	assert_null(image_find_device(o.image, &gone));
	assert_string_equal(image_device_unknown(o.image, &gone),
			    "what the crypto_LUKS file system in partition 2 hides was not seen");
	gone = boot_device_parse(o.arena, "/dev/mapper/v--g-gone");
	assert_non_null(image_device_unknown(o.image, &gone));
	assert_string_equal(image_volumes_unseen(o.image), image_device_unknown(o.image, &gone));
	close_disk(&o);
}

/* Data in more folders than are looked into for a root are no limit that was met, where another volume is the root. */
static void test_many_folders(void **state)
{
	struct helper helper = { .second_type = "btrfs" };
	const struct image_services services = { .list_volumes = list_volumes, .open_filesystem = open_filesystem,
						 .context = &helper };
	struct opened o;

	(void)state;
	make_disk("touch second/data", "linux linux");
	shell("dd if=/dev/zero of=disk bs=1M seek=33 count=16 conv=notrunc; dd if=head of=disk bs=1M seek=33 conv=notrunc");
	limits_begin_image();
	o = open_disk_with(&services);
	assert_int_equal(o.image->system_count, 1);
	assert_int_equal(helper.opened, 2);
	assert_int_equal(unseen_count, 0);
	assert_non_null(strstr(o.image->systems_error.message, "more than 64 folders"));
	assert_false(o.image->booted_unseen);
	close_disk(&o);
}

/* The helper is not asked where a system can be read in process. */
static void test_no_helper(void **state)
{
	struct helper helper = { 0 };
	const struct image_services services = { .list_volumes = list_volumes, .open_filesystem = open_filesystem,
						 .context = &helper };
	struct opened o;

	(void)state;
	make_disk("mkdir second/etc; touch second/etc/passwd", "linux linux");
	shell("dd if=head of=disk bs=1M seek=33 conv=notrunc");
	o = open_disk_with(&services);
	assert_int_equal(o.image->system_count, 1);
	assert_int_equal(helper.asked + helper.opened, 0);
	close_disk(&o);
}

/* The tree of several file systems by itself. */
static void test_tree(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *root = memory_fs_new(arena), *boot = memory_fs_new(arena), *esp = memory_fs_new(arena);
	struct fs_entry entry;
	struct mounts *tree;
	struct fs_stat st;
	struct error err;
	char byte;

	(void)state;
	memory_fs_file(root, arena, "/boot/hidden", "x");
	memory_fs_file(root, arena, "/file", "x");
	memory_fs_file(boot, arena, "/vmlinuz", "boot");
	memory_fs_file(esp, arena, "/EFI/a", "esp");
	tree = mounts_new(arena, &root->fs, root->fs.root);
	assert_int_equal(mounts_add(tree, "/boot", &boot->fs, boot->fs.root, &err), 0);
	assert_int_equal(mounts_add(tree, "/boot/efi/", &esp->fs, esp->fs.root, &err), 0);
	assert_int_equal(mounts_add(tree, "/file", &esp->fs, esp->fs.root, &err), -ENOTDIR);
	assert_int_equal(mounts_add(tree, "/no/where", &esp->fs, esp->fs.root, &err), -ENOENT);
	assert_int_equal(mounts_add(tree, "/", &esp->fs, esp->fs.root, &err), -EINVAL);
	assert_int_equal(fs_lookup(mounts_fs(tree), arena, "/boot/hidden", &entry, &err), -ENOENT);
	assert_int_equal(fs_resolve(mounts_fs(tree), arena, "/boot/efi/../vmlinuz", false, &entry, NULL, &err), 0);
	assert_int_equal(mounts_fs(tree)->ops->pread(mounts_fs(tree), entry.handle, 0, &byte, 1, &err), 0);
	assert_int_equal(byte, 'b');
	assert_int_equal(fs_resolve(mounts_fs(tree), arena, "/boot/efi/EFI/a", false, &entry, NULL, &err), 0);
	assert_int_equal(mounts_fs(tree)->ops->stat(mounts_fs(tree), entry.handle, &st, &err), 0);
	assert_int_equal(st.size, 3);
	assert_int_equal(mounts_fs(tree)->ops->stat(mounts_fs(tree), UINT64_MAX, &st, &err), -EBADF);
	for (int i = 0; i < LIMIT_MOUNTS + 1; i++)
		(void)mounts_add(tree, "/boot", &boot->fs, boot->fs.root, &err);
	assert_int_equal(err.code, EFBIG);
}

/* A file system that keeps its listings is asked again and again, also by others than the tree. */
static void test_mounts_of_kept_listings(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	struct memory_fs *root = memory_fs_new(arena), *boot = memory_fs_new(arena);
	struct mounts *tree;
	struct fs_entry entry;
	struct error err;

	(void)state;
	root->keeps = boot->keeps = true;
	memory_fs_add(root, arena, "/boot", FS_DIRECTORY, NULL, 0);
	memory_fs_add(boot, arena, "/vmlinuz", FS_FILE, "B", 1);
	tree = mounts_new(arena, &root->fs, root->fs.root);
	assert_int_equal(mounts_add(tree, "/boot", &boot->fs, boot->fs.root, &err), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fs_lookup(mounts_fs(tree), arena, "/boot/vmlinuz", &entry, &err), 0);
		assert_int_equal(fs_lookup(&boot->fs, arena, "/vmlinuz", &entry, &err), 0);
		assert_int_equal(entry.handle, 1);
		assert_int_equal(fs_lookup(&root->fs, arena, "/boot", &entry, &err), 0);
		assert_int_equal(entry.handle, 1);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts_of_fstab), cmocka_unit_test(test_mounts_by_type), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_mounts_of_kept_listings),
		cmocka_unit_test(test_none),		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_no_helper),	cmocka_unit_test(test_tree),
		cmocka_unit_test(test_unseen), cmocka_unit_test(test_many_folders),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
