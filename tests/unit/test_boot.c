/* SPDX-License-Identifier: MIT */
/* test_boot: boot paths in parts: systemd-boot's menu, which root a command line means, what a kernel's own command line does to
 * it, and where in a configuration something stands. */
#include "boot-disk.h"

static void follow_entries(struct disk *d)
{
	static struct pe pe = { .status = PE_OK, .machine = 0xaa64 };

	d->program.kind = EFI_SYSTEMD_BOOT;
	d->binary = (struct efi_binary){ .esp = d->esps, .path = "/EFI/BOOT/BOOTAA64.EFI", .have = HAVE, .pe = &pe,
					 .program = &d->program };
	d->path.program = &d->binary;
	d->path.kind = BOOT_SYSTEMD_BOOT;
	boot_follow_entries(&d->maker);
}

static void test_entries(void **state)
{
	static const char *const uki[] = { ".osrel", "ID=debian\nPRETTY_NAME=\"A UKI\"\n", ".linux", "kernel", NULL };
	static const char *const nameless[] = { ".linux", "kernel", NULL };
	struct disk *d = *state;
	struct arena *arena = d->s->arena;
	const struct boot_attempt *a;

	memory_fs_file(d->esp, arena, "/loader/entries/one.conf",
		       "title One\nversion 1\nsort-key a\nlinux /one/linux\ninitrd /one/a\ninitrd \\one\\b\n"
		       "options root=LABEL=x\noptions quiet\ndevicetree /one/dtb\n");
	memory_fs_file(d->esp, arena, "/loader/entries/two.conf", "title Two\nversion 2\nsort-key a\nlinux /gone\n");
	memory_fs_file(d->esp, arena, "/loader/entries/three.conf", "title Three\nefi /shell.efi\n");
	memory_fs_file(d->esp, arena, "/loader/entries/other.conf", "title Other\narchitecture x64\nlinux /one/linux\n");
	memory_fs_file(d->esp, arena, "/one/linux", "kernel");
	memory_fs_file(d->esp, arena, "/one/a", "initrd");
	memory_fs_file(d->esp, arena, "/shell.efi", "what is it");
	add_pe(d, "/EFI/Linux/u.efi", uki);
	add_pe(d, "/EFI/Linux/v.efi", nameless);
	follow_entries(d);
	assert_int_equal(d->path.have, HAVE);
	assert_int_equal(d->path.entry_count, 5);
	/* the newest is first, but its kernel is not there */
	assert_string_equal(d->path.entries[0].title, "Two");
	assert_false(d->path.entries[0].is_default);
	assert_int_equal(d->path.entries[0].attempts[0].kernel.have, ABSENT);
	assert_string_equal(d->path.entries[1].title, "One");
	assert_true(d->path.entries[1].is_default);
	a = &d->path.entries[1].attempts[0];
	assert_int_equal(a->kernel.have, HAVE);
	assert_int_equal(a->initrd_count, 2);
	assert_int_equal(a->initrds[0].have, HAVE);
	assert_int_equal(a->initrds[1].have, ABSENT);
	assert_string_equal(a->initrds[1].path, "/one/b");
	assert_int_equal(boot_text_place(&a->initrds[1].text, 0).line, 6);
	assert_string_equal(a->cmdline->text.text, "root=LABEL=x quiet");
	assert_true(a->has_devicetree);
	assert_string_equal(d->path.entries[2].title, "A UKI");
	assert_true(d->path.entries[3].leaves || d->path.entries[4].leaves);
	for (size_t i = 2; i < 5; i++)
		assert_false(d->path.entries[i].is_default);
}

static void test_entries_default(void **state)
{
	struct disk *d = *state;
	struct arena *arena = d->s->arena;

	memory_fs_file(d->esp, arena, "/loader/loader.conf", "timeout 3\ndefault b*\n");
	memory_fs_file(d->esp, arena, "/loader/entries/a.conf", "title A\nlinux /k\n");
	memory_fs_file(d->esp, arena, "/loader/entries/b.conf", "title B\nlinux /k\n");
	memory_fs_file(d->esp, arena, "/loader/entries/c.conf", "title C\nlinux /k\n");
	memory_fs_file(d->esp, arena, "/k", "kernel");
	follow_entries(d);
	assert_int_equal(d->path.entry_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(d->path.entries[i].is_default, !strcmp(d->path.entries[i].title, "B"));
}

static void test_entries_unreadable(void **state)
{
	struct disk *d = *state;

	memory_fs_file(d->esp, d->s->arena, "/loader/entries/a.conf", "linux /k\n");
	d->esp->broken = true;
	follow_entries(d);
	assert_int_equal(d->path.have, UNREADABLE);
	assert_string_equal(d->path.reason, "the medium is broken");
}

static struct boot_attempt attempt_of(struct disk *d, const char *cmdline, bool initrd)
{
	static const struct boot_file file = { .have = HAVE };
	struct boot_text text = boot_text_make(d->s->arena, cmdline, (struct boot_place){ 0 });
	struct boot_attempt a = { .cmdline = cmdline_parse(d->s->arena, &text), .initrds = &file, .initrd_count = initrd };

	boot_find_root(&d->s->image, &a);
	return a;
}

static void test_root(void **state)
{
	static const struct {
		const char *cmdline;
		int partition; /* 0: none for certain; -1: not known */
	} cases[] = {
		{ "root=UUID=" ROOT_UUID " ro", 2 },
		{ "root=UUID=7f3c6f5e-0000-4e07-8a35-1a2b3c4d5e6f", 0 },
		{ "root=UUID=7F3C6F5E-96A4-4E07-8A35-1A2B3C4D5E6F", 0 },
		{ "root=\"LABEL=root fs\"", 2 },
		{ "root=LABEL=other", 0 },
		{ "root=PARTUUID=B936B127-8046-5068-BC51-01B38EF737A4", 2 },
		{ "root=PARTLABEL=nobody", 0 },
		{ "root=/dev/disk/by-label/root\\x20fs", 2 },
		{ "root=/dev/vda2", 2 },
		{ "root=/dev/nvme0n1p9", 0 },
		{ "root=/dev/sdb2", -1 },
		{ "root=/dev/ram0", -1 },
		{ "root=/dev/vg/root", -1 }, { "root=/dev/md0", -1 }, { "root=/dev/md/root", -1 }, { "zfs=rpool/ROOT", -1 },
		{ "root=LABEL=other zfs=rpool/ROOT", 0 }, { "root=/dev/mapper/vg-root", -1 },
		{ "root=/dev/disk/by-path/pci-0000:00:04.0-part2", -1 },
		{ "root=/dev/nfs nfsroot=1.2.3.4:/x", -1 },
		{ "root=live:LABEL=x rd.live.image", -1 },
		{ "root=ZFS=rpool/root", -1 },
		{ "root=gpt-auto", 2 },
		{ "root=tmpfs", -1 },
		{ "root=LABEL=made ignition.platform.id=qemu", -1 },
		{ "root=LABEL=made boot=live", 0 },
		{ "ro quiet", 2 },
	};
	struct disk *d = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct boot_attempt a = attempt_of(d, cases[i].cmdline, true);
		int partition = a.root ? a.root->partition : a.root_known ? 0 : -1;

		if (partition != cases[i].partition && strcmp(cases[i].cmdline, "root=LABEL=made boot=live") != 0)
			fail_msg("%s: %d, %d expected", cases[i].cmdline, partition, cases[i].partition);
		if (!a.root && !a.root_known)
			assert_non_null(a.root_reason);
		assert_ptr_equal(a.system, a.root == &d->filesystems[1] ? &d->s->system : NULL);
	}
	/* a live system, whatever root= says */
	assert_false(attempt_of(d, "root=LABEL=made boot=live", true).root_known);
	/* the kernel alone does not look at partitions' types */
	assert_null(attempt_of(d, "ro quiet", false).root);
	d->gpt[1].attributes = 1ULL << 63;
	assert_null(attempt_of(d, "ro quiet", true).root);
}

static void test_root_subvolume(void **state)
{
	struct disk *d = *state;

	d->filesystems[1].type = "btrfs";
	d->s->system.subvolume = "@";
	assert_ptr_equal(attempt_of(d, "root=/dev/vda2 rootflags=noatime,subvol=/@", true).system, &d->s->system);
	assert_ptr_equal(attempt_of(d, "root=/dev/vda2", true).system, &d->s->system);
	assert_null(attempt_of(d, "root=/dev/vda2 rootflags=subvol=other", true).system);
	assert_non_null(attempt_of(d, "root=/dev/vda2 rootflags=subvol=other", true).root);
}

static void test_root_hidden(void **state)
{
	struct disk *d = *state;
	struct boot_attempt a;

	/* a LUKS partition that nobody opened may hold it */
	d->filesystems[2].type = "crypto_LUKS";
	d->filesystems[2].hides_volumes = true;
	a = attempt_of(d, "root=UUID=0000", true);
	assert_null(a.root);
	assert_false(a.root_known);
	assert_non_null(strstr(a.root_reason, "helper"));
	assert_false(attempt_of(d, "root=/dev/vg/root", true).root_known);
	/* names of partitions are not hidden */
	assert_true(attempt_of(d, "root=PARTUUID=0000", true).root_known);
	/* one that was opened and holds a system is what the initrd calls anything */
	d->filesystems[3] = (struct filesystem){ .index = 3, .partition = 3, .have = HAVE, .type = "ext4", .uuid = "1234",
						 .has_files = true, .opened = true, .have_files = HAVE, .fs = &d->s->fs->fs };
	d->s->image.filesystem_count = 4;
	d->s->image.volumes_error.code = 0;
	d->s->image.volumes_listed = true;
	d->s->system.filesystem = &d->filesystems[3];
	assert_ptr_equal(attempt_of(d, "root=/dev/mapper/vda3_crypt", true).root, &d->filesystems[3]);
	assert_ptr_equal(attempt_of(d, "root=/dev/vda3", true).root, &d->filesystems[3]);
	assert_ptr_equal(attempt_of(d, "root=UUID=1234", true).system, &d->s->system);
	assert_string_equal(boot_grub_name(&d->s->image, &d->filesystems[3]), "crypto0");
}

static void test_config(void **state)
{
	static const struct {
		enum architecture architecture;
		const char *config, *given, *expected;
	} cases[] = {
		{ ARCHITECTURE_AARCH64, "CONFIG_CMDLINE=\"built in\"\n", "given", "given" },
		{ ARCHITECTURE_AARCH64, "CONFIG_CMDLINE=\"built in\"\n", "", "built in" },
		{ ARCHITECTURE_AARCH64, "CONFIG_CMDLINE=\"\"\nCONFIG_CMDLINE_FORCE=y\n", "given", "given" },
		{ ARCHITECTURE_AARCH64, "CONFIG_CMDLINE=\"built in\"\nCONFIG_CMDLINE_FORCE=y\n", "given", "built in" },
		{ ARCHITECTURE_RISCV64, "CONFIG_CMDLINE=\"built in\"\nCONFIG_CMDLINE_EXTEND=y\n", "given", "given built in" },
		{ ARCHITECTURE_X86_64, "CONFIG_CMDLINE=\"built in\"\n", "given", "given" },
		{ ARCHITECTURE_X86_64, "CONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"built in\"\n", "given", "built in given" },
		{ ARCHITECTURE_X86_64, "CONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"built in\"\nCONFIG_CMDLINE_OVERRIDE=y\n", "given",
		  "built in" },
		{ ARCHITECTURE_AARCH64, "CONFIG_EFI=y\n", "", "" },
	};
	struct disk *d = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct boot_text text = boot_text_make(d->s->arena, cases[i].given, (struct boot_place){ 0 });
		struct kernel_file file = { .architecture = cases[i].architecture };
		struct boot_entry entry = { .path = &d->path };
		struct kernel_release release = { .evidence = CONFIG_FILE };
		struct kconfig *config;
		struct boot_attempt a = { .entry = &entry, .kernel_file = &file,
					  .cmdline = cmdline_parse(d->s->arena, &text) };

		assert_int_equal(kconfig_parse(d->s->arena, cases[i].config, strlen(cases[i].config), &config, NULL), 0);
		release.config = config;
		release.config_place = at_file(2, "/boot/config-1");
		file.release = &release;
		assert_int_equal(boot_apply_kernel(&d->s->image, &a), strcmp(cases[i].given, cases[i].expected) != 0);
		assert_string_equal(a.cmdline->text.text, cases[i].expected);
	}
}

/* A kernel as the loader: initrd= names files of the volume that it came from. */
static void test_stub_initrd(void **state)
{
	static const char config[] = "# x\nCONFIG_CMDLINE=\"root=LABEL=x initrd=\\\\EFI\\\\initrd\"\n";
	struct disk *d = *state;
	struct kernel_release release = { .evidence = CONFIG_FILE, .config_place = at_file(2, "/boot/config-1") };
	struct boot_text text = boot_text_make(d->s->arena, "", (struct boot_place){ 0 });
	struct kernel_file file = { .architecture = ARCHITECTURE_AARCH64, .release = &release };
	struct boot_entry entry = { .path = &d->path };
	struct boot_attempt a = { .entry = &entry, .kernel_file = &file, .cmdline = cmdline_parse(d->s->arena, &text) };
	struct kconfig *parsed;
	struct location place;

	d->path.kind = BOOT_STUB;
	memory_fs_file(d->esp, d->s->arena, "/EFI/initrd", "initrd");
	a.kernel.filesystem = &d->filesystems[0];
	assert_int_equal(kconfig_parse(d->s->arena, config, strlen(config), &parsed, NULL), 0);
	release.config = parsed;
	assert_true(boot_apply_kernel(&d->s->image, &a));
	assert_int_equal(a.initrd_count, 1);
	assert_int_equal(a.initrds[0].have, HAVE);
	assert_string_equal(a.initrds[0].path, "/EFI/initrd");
	/* a finding on it stands in the configuration */
	place = boot_location(&d->s->image, &a.cmdline->root->value_place);
	assert_int_equal(place.partition, 2);
	assert_string_equal(place.path, "/boot/config-1");
	assert_int_equal(place.line, 2);
	assert_int_equal(place.column, strlen("CONFIG_CMDLINE=\"root=") + 1);
}

static void test_names(void **state)
{
	struct disk *d = *state;
	struct filesystem volume = { .index = 3, .partition = 3, .volume = "my-vg/root" };
	struct filesystem array = { .index = 4, .partition = 3, .volume = "md/0" };
	struct boot_source source = { .device = "lvm/my--vg-root", .partition = 3, .path = "boot/grub.cfg" };
	struct boot_place place = { &source, 3, 4 };
	struct location location;

	assert_string_equal(boot_grub_name(&d->s->image, &d->filesystems[1]), "hd0,gpt2");
	assert_string_equal(boot_grub_name(&d->s->image, &volume), "lvm/my--vg-root");
	assert_string_equal(boot_grub_name(&d->s->image, &array), "md/0");
	assert_ptr_equal(boot_grub_filesystem(&d->s->image, "hd0,2"), &d->filesystems[1]);
	assert_ptr_equal(boot_grub_filesystem(&d->s->image, "hd0,gpt1"), &d->filesystems[0]);
	assert_null(boot_grub_filesystem(&d->s->image, "hd0"));
	assert_null(boot_grub_filesystem(&d->s->image, "hd1,gpt1"));
	d->filesystems[3] = volume;
	d->s->image.filesystem_count = 4;
	location = boot_location(&d->s->image, &place);
	assert_string_equal(location.volume, "my-vg/root");
	assert_string_equal(location.path, "/boot/grub.cfg");
	assert_int_equal(location.line, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_default, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_root_subvolume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_root_hidden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_config, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stub_initrd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
