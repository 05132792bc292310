/* SPDX-License-Identifier: MIT */
/* test_grub_menu: whole configurations in the manner of Debian, Ubuntu's cloud images and Fedora, from GRUB's start to
 * the kernel. */
#include "grub_machine.h"

/* What grub-install writes beside the signed GRUB, and what grub-mkconfig writes to the root, both in short. */
static const struct grub_course *debian(struct machine *m, const char *header)
{
	const char *config = arena_printf(m->arena,
		"%s\n"
		"if [ x\"${feature_menuentry_id}\" = xy ]; then\n"
		"  menuentry_id_option=\"--id\"\n"
		"else\n"
		"  menuentry_id_option=\"\"\n"
		"fi\n"
		"export menuentry_id_option\n"
		"function load_video {\n"
		"  if [ x$feature_all_video_module = xy ]; then\n"
		"    insmod all_video\n"
		"  fi\n"
		"}\n"
		"menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple' {\n"
		"	load_video\n"
		"	insmod gzio\n"
		"	search --no-floppy --fs-uuid --set=root --hint-efi=hd0,gpt2 " ROOT_UUID "\n"
		"	echo	'Loading Linux 6.1.0-2-arm64 ...'\n"
		"	linux	/boot/vmlinuz-6.1.0-2-arm64 root=UUID=" ROOT_UUID " ro  console=ttyAMA0 quiet\n"
		"	initrd	/boot/initrd.img-6.1.0-2-arm64\n"
		"}\n"
		"submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced' {\n"
		"	menuentry 'Debian GNU/Linux, with Linux 6.1.0-2-arm64' $menuentry_id_option 'g-6.1.0-2-advanced' {\n"
		"		linux	/boot/vmlinuz-6.1.0-2-arm64 root=/dev/vda2 ro\n"
		"		initrd	/boot/initrd.img-6.1.0-2-arm64\n"
		"	}\n"
		"	menuentry 'Debian GNU/Linux, with Linux 6.1.0-1-arm64' $menuentry_id_option 'g-6.1.0-1-advanced' {\n"
		"		linux	/boot/vmlinuz-6.1.0-1-arm64 root=/dev/vda2 ro\n"
		"		initrd	/boot/initrd.img-6.1.0-1-arm64\n"
		"	}\n"
		"}\n"
		"menuentry 'UEFI Firmware Settings' --id 'uefi-firmware' {\n"
		"	fwsetup\n"
		"}\n"
		"if [ -f  ${config_directory}/custom.cfg ]; then\n"
		"  source ${config_directory}/custom.cfg\n"
		"elif [ -z \"${config_directory}\" -a -f  $prefix/custom.cfg ]; then\n"
		"  source $prefix/custom.cfg\n"
		"fi\n", header);

	m->start.config = "normal (memdisk)/grub.cfg\n\0\0\0";
	m->start.config_size = 29;
	m->start.memdisk = &m->memdisk->fs;
	memory_fs_file(m->esp, m->arena, "/EFI/debian/grub.cfg",
		       "search.fs_uuid " ROOT_UUID " root hd0,gpt2\n"
		       "set prefix=($root)'/boot/grub'\n"
		       "configfile $prefix/grub.cfg\n");
	memory_fs_file(m->root, m->arena, "/boot/vmlinuz-6.1.0-2-arm64", "kernel");
	memory_fs_file(m->root, m->arena, "/boot/initrd.img-6.1.0-2-arm64", "initrd");
	memory_fs_file(m->root, m->arena, "/boot/grub/grub.cfg", config);
	return machine_run(m);
}

static void test_debian(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome = debian(m, "set default=\"0\"\nset timeout=5");
	const struct grub_attempt *attempt;
	const struct grub_entry *entry;
	const struct cmdline *cmdline;

	assert_int_equal(m->result->outcome_count, 1);
	assert_int_equal(m->result->problem_count, 0);
	assert_false(m->result->limited);
	assert_string_equal(m->result->prefix, "(hd0,gpt1)/EFI/debian");
	assert_int_equal(outcome->end, GRUB_END_MENU);
	assert_int_equal(outcome->menu->entry_count, 3);
	assert_string_equal(outcome->menu->prefix.text, "(hd0,gpt2)/boot/grub");
	assert_string_equal(outcome->menu->timeout.text, "5");
	/* the memory disk's, the ESP's and the root's */
	assert_int_equal(m->result->config_count, 3);
	assert_int_equal(m->result->search_count, 2);
	assert_ptr_equal(m->result->searches[0].device, &m->devices[1]);
	assert_place(&m->result->searches[0].place, "/EFI/debian/grub.cfg", 1, 16);

	entry = grub_default_entry(outcome);
	assert_ptr_equal(entry, &outcome->menu->entries[0]);
	assert_string_equal(entry->id, "gnulinux-simple");
	assert_string_equal(entry->title, "Debian GNU/Linux");
	assert_string_equal(entry->path, "0");
	attempt = only_attempt(entry);
	assert_true(attempt->loaded);
	assert_int_equal(attempt->kernel.found, GRUB_FOUND);
	assert_ptr_equal(attempt->kernel.device, &m->devices[1]);
	assert_string_equal(attempt->kernel.path, "/boot/vmlinuz-6.1.0-2-arm64");
	assert_int_equal(attempt->initrd_count, 1);
	assert_int_equal(attempt->initrds[0].found, GRUB_FOUND);
	cmdline = cmdline_parse(m->arena, &attempt->cmdline);
	assert_string_equal(cmdline->root->value, "UUID=" ROOT_UUID);
	assert_place(&cmdline->root->place, "/boot/grub/grub.cfg", 19, 36);
	assert_int_equal(cmdline->root->place.source->partition, 2);
	assert_int_equal(cmdline->console_count, 1);

	entry = &outcome->menu->entries[1];
	assert_true(entry->submenu);
	assert_int_equal(entry->courses[0].menu->entry_count, 2);
	entry = &entry->courses[0].menu->entries[1];
	assert_string_equal(entry->path, "1>1");
	attempt = only_attempt(entry);
	assert_false(attempt->loaded);
	assert_int_equal(attempt->kernel.found, GRUB_MISSING);
	assert_int_equal(attempt->initrds[0].found, GRUB_MISSING);
	assert_int_equal(outcome->menu->entries[2].courses[0].end, GRUB_END_LEAVE);
}

static void test_defaults(void **state)
{
	static const struct {
		const char *header, *id;
		enum { NO, YES, NO_RED_HAT, RED_HAT } matched; /* with Red Hat's GRUB */
	} cases[] = {
		{ "", "gnulinux-simple", NO },
		{ "set default=1", "g-6.1.0-2-advanced", YES },
		{ "set default='1>1'", "g-6.1.0-1-advanced", YES },
		{ "set default='gnulinux-advanced>g-6.1.0-1-advanced'", "g-6.1.0-1-advanced", YES },
		{ "set default='Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-1-arm64'",
		  "g-6.1.0-1-advanced", YES },
		{ "set default=uefi-firmware", "uefi-firmware", YES },
		{ "set default=nothing-like-it", "gnulinux-simple", NO },
		{ "set default=77", "gnulinux-simple", NO },
		/* as Debian's GRUB 2.06 does it */
		{ "set default=1x", "g-6.1.0-2-advanced", YES },
		{ "set default=' 2'", "uefi-firmware", YES },
		{ "menuentry 2 --id two {\n fwsetup\n}\nset default=2", "g-6.1.0-2-advanced", YES },
		/* and Red Hat's */
		{ "set default=1x", "gnulinux-simple", NO_RED_HAT },
		{ "set default=1", "g-6.1.0-2-advanced", RED_HAT },
		{ "menuentry 2 --id two {\n fwsetup\n}\nset default=2", "two", RED_HAT },
		{ "menuentry gnulinux-simple --id one {\n fwsetup\n}\nset default=gnulinux-simple", "gnulinux-simple", RED_HAT },
		{ "menuentry gnulinux-simple --id one {\n fwsetup\n}\nset default=gnulinux-simple", "one", YES },
		{ "load_env\nset default=\"${saved_entry}\"", "g-6.1.0-1-advanced", YES },
		{ "load_env\nif [ \"${next_entry}\" ] ; then\n set default=\"${next_entry}\"\n set next_entry=\n"
		  " save_env next_entry\nfi", "uefi-firmware", YES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct grub_course *outcome;
		struct machine *m;
		void *fresh;

		machine_setup(&fresh);
		m = fresh;
		memory_fs_file(m->root, m->arena, "/boot/grub/grubenv",
			       "# GRUB Environment Block\nsaved_entry=gnulinux-advanced>g-6.1.0-1-advanced\n"
			       "next_entry=uefi-firmware\n###########################");
		m->start.names_first = cases[i].matched >= NO_RED_HAT;
		outcome = debian(m, cases[i].header);
		assert_string_equal(grub_default_entry(outcome)->id, cases[i].id);
		assert_int_equal(outcome->menu->default_matched, cases[i].matched == YES || cases[i].matched == RED_HAT);
		machine_teardown(&fresh);
	}
}

/* Ubuntu's cloud images: no initrd at first; if that panics, the next start finds initrdfail in grubenv. */
static void test_initrdless(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;
	const struct grub_course *course;

	memory_fs_file(m->esp, m->arena, "/vmlinuz", "kernel");
	memory_fs_file(m->esp, m->arena, "/initrd.img", "initrd");
	memory_fs_file(m->esp, m->arena, "/EFI/debian/grubenv",
		       "# GRUB Environment Block\n######################################################################"
		       "####################################################################################");
	outcome = machine_script(m,
		"if [ -s $prefix/grubenv ]; then\n"
		"  set have_grubenv=true\n"
		"  load_env\n"
		"fi\n"
		"if [ \"${initrdfail}\" = 2 ]; then\n"
		"   set initrdfail=\n"
		"elif [ \"${initrdfail}\" = 1 ]; then\n"
		"   set next_entry=\"${prev_entry}\"\n"
		"   set prev_entry=\n"
		"   save_env prev_entry\n"
		"   if [ \"${next_entry}\" ]; then\n"
		"      set initrdfail=2\n"
		"   fi\n"
		"fi\n"
		"if [ \"${next_entry}\" ] ; then\n"
		"   set default=\"${next_entry}\"\n"
		"   set next_entry=\n"
		"   save_env next_entry\n"
		"   set boot_once=true\n"
		"else\n"
		"   set default=\"0\"\n"
		"fi\n"
		"function initrdfail {\n"
		"    if [ -n \"${have_grubenv}\" ]; then if [ -n \"${partuuid}\" ]; then\n"
		"      if [ -z \"${initrdfail}\" ]; then\n"
		"        set initrdfail=1\n"
		"        if [ -n \"${boot_once}\" ]; then\n"
		"          set prev_entry=\"${default}\"\n"
		"          save_env prev_entry\n"
		"        fi\n"
		"      fi\n"
		"      save_env initrdfail\n"
		"    fi; fi\n"
		"}\n"
		"set partuuid=9f3b\n"
		"export partuuid\n"
		"menuentry 'Ubuntu' {\n"
		"	if [ \"${initrdfail}\" = 1 ]; then\n"
		"	  echo	'GRUB_FORCE_PARTUUID set, initrdless boot failed. Attempting with initrd.'\n"
		"	  linux	/vmlinuz root=PARTUUID=9f3b ro console=tty1 console=ttyAMA0\n"
		"	  initrd	/initrd.img\n"
		"	else\n"
		"	  echo	'GRUB_FORCE_PARTUUID set, attempting initrdless boot.'\n"
		"	  linux	/vmlinuz root=PARTUUID=9f3b ro console=tty1 console=ttyAMA0 panic=-1\n"
		"	  #Dont set initrd\n"
		"	fi\n"
		"	initrdfail\n"
		"}\n");
	assert_int_equal(m->result->outcome_count, 1);
	course = &outcome->menu->entries[0].courses[0];
	assert_int_equal(course->attempt_count, 2);
	assert_int_equal(course->attempts[0].start, 1);
	assert_int_equal(course->attempts[0].initrd_count, 0);
	assert_non_null(strstr(course->attempts[0].cmdline.text, "panic=-1"));
	assert_int_equal(course->attempts[1].start, 2);
	assert_int_equal(course->attempts[1].initrd_count, 1);
	assert_int_equal(course->attempts[1].initrds[0].found, GRUB_FOUND);
	assert_non_null(course->saved);
	assert_non_null(strstr(course->saved->data, "initrdfail=1\n"));
}

/* An entry for one start: what boots after it is not this one's way. */
static void test_next_entry(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;
	const struct grub_entry *entry;

	for (int i = 0; i < 2; i++) {
		memory_fs_file(m->esp, m->arena, "/good", "kernel");
		memory_fs_file(m->esp, m->arena, "/EFI/debian/grubenv",
			       "# GRUB Environment Block\nnext_entry=bb\n###################################################");
		outcome = machine_script(m, arena_printf(m->arena,
			"load_env\nif [ \"${next_entry}\" ]; then\n set default=\"${next_entry}\"\n set next_entry=\n"
			" save_env next_entry\nelse\n set default=0\nfi\n"
			"menuentry a --id aa {\n linux /good 1\n}\nmenuentry b --id bb {\n linux %s 2\n}\n",
			i ? "/good" : "/missing"));
		entry = grub_default_entry(outcome);
		assert_string_equal(entry->id, "bb");
		assert_string_equal(only_attempt(entry)->arguments.text, "2");
		assert_int_equal(only_attempt(entry)->loaded, i);
	}
}

static void test_fedora(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;
	const struct grub_attempt *attempt;
	const struct grub_entry *entry;
	struct boot_place place;

	m->start.names_first = true;
	m->start.prefix = "/EFI/fedora";
	m->start.folder = "/EFI/fedora";
	memory_fs_file(m->esp, m->arena, "/EFI/fedora/grub.cfg",
		       "search --no-floppy --root-dev-only --fs-uuid --set=dev " ROOT_UUID "\n"
		       "set prefix=($dev)/grub2\n"
		       "export $prefix\n"
		       "configfile $prefix/grub.cfg\n");
	memory_fs_file(m->root, m->arena, "/grub2/grubenv",
		       "# GRUB Environment Block\nsaved_entry=6a98-6.8.5-301.fc40.aarch64\nboot_success=0\n"
		       "kernelopts=root=UUID=r ro console=ttyAMA0 \n####################################");
	memory_fs_file(m->root, m->arena, "/grub2/grub.cfg",
		       "set pager=1\n"
		       "if [ -f ${config_directory}/grubenv ]; then\n"
		       "  load_env -f ${config_directory}/grubenv\n"
		       "elif [ -s $prefix/grubenv ]; then\n"
		       "  load_env\n"
		       "fi\n"
		       "if [ \"${next_entry}\" ] ; then\n"
		       "   set default=\"${next_entry}\"\n"
		       "else\n"
		       "   set default=\"${saved_entry}\"\n"
		       "fi\n"
		       "search --no-floppy --fs-uuid --set=root " ROOT_UUID "\n"
		       "insmod part_gpt\n"
		       "if [ -z \"${kernelopts}\" ]; then\n"
		       "  set kernelopts=\"root=UUID=x\"\n"
		       "fi\n"
		       "insmod blscfg\n"
		       "blscfg\n"
		       "if [ \"${boot_success}\" = \"1\" -o \"${boot_indeterminate}\" = \"1\" ]; then\n"
		       "  set menu_hide_ok=1\n"
		       "fi\n");
	memory_fs_file(m->root, m->arena, "/loader/entries/6a98-6.8.10-300.fc40.aarch64.conf",
		       "title Fedora Linux (6.8.10-300.fc40.aarch64) 40\n"
		       "version 6.8.10-300.fc40.aarch64\n"
		       "linux /vmlinuz-6.8.10-300.fc40.aarch64\n"
		       "initrd /initramfs-6.8.10.img $tuned_initrd\n"
		       "options root=UUID=aa ro rootflags=subvol=root $tuned_params\n"
		       "grub_users $grub_users\n"
		       "grub_arg --unrestricted\n"
		       "grub_class fedora\n");
	memory_fs_file(m->root, m->arena, "/loader/entries/6a98-6.8.5-301.fc40.aarch64.conf",
		       "title Fedora Linux (6.8.5-301.fc40.aarch64) 40\n"
		       "linux /vmlinuz-6.8.5-301.fc40.aarch64\n"
		       "options   $kernelopts\n"
		       "initrd /initramfs-6.8.5.img\n");
	memory_fs_file(m->root, m->arena, "/loader/entries/6a98-0-rescue.conf", "title Rescue\nlinux /vmlinuz-0-rescue\n");
	memory_fs_file(m->root, m->arena, "/loader/entries/broken.conf", "title No kernel\n");
	memory_fs_file(m->root, m->arena, "/vmlinuz-6.8.10-300.fc40.aarch64", "kernel");
	memory_fs_file(m->root, m->arena, "/vmlinuz-6.8.5-301.fc40.aarch64", "kernel");
	outcome = machine_run(m);
	assert_int_equal(outcome->end, GRUB_END_MENU);
	assert_int_equal(outcome->menu->entry_count, 3);
	assert_string_equal(outcome->menu->entries[0].id, "6a98-6.8.10-300.fc40.aarch64");
	assert_string_equal(outcome->menu->entries[2].id, "6a98-0-rescue");
	entry = grub_default_entry(outcome);
	assert_string_equal(entry->id, "6a98-6.8.5-301.fc40.aarch64");
	attempt = only_attempt(entry);
	assert_string_equal(attempt->cmdline.text,
			    "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.8.5-301.fc40.aarch64 root=UUID=r ro console=ttyAMA0");
	place = boot_text_place(&attempt->cmdline, strlen("BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.8.5-301.fc40.aarch64 "));
	assert_place(&place, "/grub2/grubenv", 4, 12);
	assert_string_equal(attempt->initrds[0].path, "/initramfs-6.8.5.img");
	assert_int_equal(attempt->initrds[0].found, GRUB_MISSING);
	place = boot_text_place(&attempt->initrds[0].text, strlen("(hd0,gpt2)"));
	assert_place(&place, "/loader/entries/6a98-6.8.5-301.fc40.aarch64.conf", 4, 8);

	attempt = only_attempt(&outcome->menu->entries[0]);
	assert_string_equal(attempt->arguments.text, "root=UUID=aa ro rootflags=subvol=root");
	place = boot_text_place(&attempt->arguments, 0);
	assert_place(&place, "/loader/entries/6a98-6.8.10-300.fc40.aarch64.conf", 5, 9);
	assert_int_equal(attempt->initrd_count, 1);
	assert_place(&outcome->menu->entries[0].place, "/loader/entries/6a98-6.8.10-300.fc40.aarch64.conf", 1, 7);
}

/* A removable medium: no prefix of its own, the folder of the EFI binary counts. */
static void test_prefixes(void **state)
{
	struct machine *m = *state;

	m->start.prefix = NULL;
	m->start.folder = "/EFI/BOOT";
	(void)machine_run(m);
	assert_string_equal(m->result->prefix, "(hd0,gpt1)/EFI/BOOT");
	m->start.prefix = "(,gpt2)/boot/grub";
	(void)machine_run(m);
	assert_string_equal(m->result->prefix, "(hd0,gpt2)/boot/grub");
	m->start.prefix = "(hd1,gpt2)/boot/grub/";
	assert_int_equal(machine_run(m)->end, GRUB_END_RETURN);
	assert_string_equal(m->result->prefix, "(hd1,gpt2)/boot/grub");
	assert_int_equal(m->result->config_count, 1);
	assert_int_equal(m->result->configs[0].file.found, GRUB_MISSING);
	assert_string_equal(m->result->configs[0].file.reason, "there is no device (hd1,gpt2)");
}

/* Debian's GRUB copied to the removable path: its own folder is asked only where the embedded one is missing. */
static void test_removable(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	m->start.config = "normal (memdisk)/grub.cfg\n";
	m->start.config_size = 26;
	m->start.memdisk = &m->memdisk->fs;
	m->start.folder = "/EFI/BOOT";
	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	memory_fs_file(m->esp, m->arena, "/EFI/BOOT/grub.cfg", "menuentry removable { linux /a }\n");
	outcome = machine_run(m);
	assert_string_equal(grub_default_entry(outcome)->id, "removable");
	assert_string_equal(outcome->menu->prefix.text, "(hd0,gpt1)/boot/grub");
	assert_int_equal(m->result->search_count, 2);
	assert_int_equal(m->result->searches[1].found, GRUB_MISSING);
	assert_string_equal(m->result->searches[1].key.text, "/.disk/mini-info");

	memory_fs_file(m->esp, m->arena, "/EFI/debian/grub.cfg", "menuentry embedded { linux /a }\n");
	outcome = machine_run(m);
	assert_string_equal(grub_default_entry(outcome)->id, "embedded");

	/* installed without a folder of its own, and with no configuration anywhere */
	m->start.folder = "/EFI/none";
	m->start.prefix = "/EFI/none";
	outcome = machine_run(m);
	assert_null(outcome->menu);
	assert_null(grub_default_entry(outcome));
	assert_int_equal(outcome->end, GRUB_END_RETURN);
	assert_int_equal(m->result->configs[m->result->config_count - 1].file.found, GRUB_MISSING);
	assert_string_equal(m->result->configs[m->result->config_count - 1].file.text.text,
			    "(hd0,gpt1)/EFI/none/grub.cfg");

	/* a memory disk that nobody could read: nothing is known */
	m->start.memdisk = NULL;
	m->start.memdisk_unreadable = true;
	outcome = machine_run(m);
	assert_int_equal(outcome->end, GRUB_END_UNKNOWN);
	assert_string_equal(outcome->end_reason, "the memdisk could not be read");
}

static void test_loaders(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;
	const struct grub_attempt *attempt;
	const struct grub_course *course;

	memory_fs_file(m->esp, m->arena, "/a", "kernel");
	memory_fs_file(m->esp, m->arena, "/b", "kernel");
	memory_fs_file(m->esp, m->arena, "/x.dtb", "tree");
	outcome = machine_script(m, "menuentry two {\n linux /a 1; initrd /no; boot; linux /b 2; initrd newc:/etc/x:/b /a }\n"
				    "menuentry replaced {\n linux /a; linux /b; devicetree /x.dtb }\n"
				    "menuentry missing {\n linux /no; initrd /a; linux /b }\n"
				    "menuentry chain {\n chainloader /a x }\n"
				    "menuentry xen {\n xen_hypervisor /a dom0; xen_module /b root=1; xen_module /no }\n"
				    "menuentry nothing {\n true }\n"
				    "menuentry source --source 'linux /a from-source'\n"
				    "linux /a; boot\n");
	assert_int_equal(outcome->attempt_count, 1);
	course = &outcome->menu->entries[0].courses[0];
	assert_int_equal(course->attempt_count, 2);
	assert_int_equal(course->attempts[0].initrds[0].found, GRUB_MISSING);
	assert_string_equal(course->attempts[1].arguments.text, "2");
	assert_int_equal(course->attempts[1].initrd_count, 2);
	assert_string_equal(course->attempts[1].initrds[0].path, "/b");
	assert_string_equal(course->attempts[1].initrds[0].newc, "etc/x");
	assert_null(course->attempts[1].initrds[1].newc);
	attempt = only_attempt(&outcome->menu->entries[1]);
	assert_string_equal(attempt->kernel.path, "/b");
	assert_true(attempt->has_devicetree);
	assert_int_equal(attempt->devicetree.found, GRUB_FOUND);
	course = &outcome->menu->entries[2].courses[0];
	assert_int_equal(course->attempt_count, 2);
	assert_false(course->attempts[0].loaded);
	assert_true(course->attempts[1].loaded);
	attempt = only_attempt(&outcome->menu->entries[3]);
	assert_int_equal(attempt->kind, GRUB_CHAIN);
	attempt = only_attempt(&outcome->menu->entries[4]);
	assert_int_equal(attempt->kind, GRUB_MULTIBOOT);
	assert_int_equal(attempt->initrd_count, 2);
	assert_string_equal(attempt->arguments.text, "root=1");
	assert_int_equal(outcome->menu->entries[5].courses[0].end, GRUB_END_RETURN);
	attempt = only_attempt(&outcome->menu->entries[6]);
	assert_string_equal(attempt->arguments.text, "from-source");
	assert_int_equal(boot_text_place(&attempt->arguments, 0).line, 13);
}

/* What makes GRUB wait: counted from its start on, on each way by itself. */
static void test_waits(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome =
		machine_script(m, "set timeout=7\nsleep 20\nmenuentry a {\n sleep -i -v 5\n linux /good\n}\n"
				  "menuentry b {\n read x\n sleep 99999999999999\n}\n"
				  "submenu c {\n menuentry d { true; }\n}\n");
	const struct grub_menu *menu = outcome->menu;

	assert_string_equal(menu->timeout.text, "7");
	assert_int_equal(outcome->slept, 20);
	assert_false(outcome->asks);
	assert_int_equal(menu->entries[0].courses[0].slept, 25);
	assert_int_equal(menu->entries[0].courses[0].slept_place.line, 2);
	assert_true(menu->entries[1].courses[0].asks);
	assert_int_equal(menu->entries[1].courses[0].asks_place.line, 8);
	assert_int_equal(menu->entries[1].courses[0].slept, UINT32_MAX);
	assert_int_equal(menu->entries[1].courses[0].slept_place.line, 9);
	assert_string_equal(menu->entries[2].courses[0].menu->timeout.text, "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_debian, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_defaults, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_initrdless, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_next_entry, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_fedora, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_prefixes, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_removable, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_loaders, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_waits, machine_setup, machine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
