/* SPDX-License-Identifier: MIT */
/* test_cmdline: words, quotes and devices of kernel command lines, by the examples of the kernel's own sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "boot/cmdline.h"
#include "test-arena.h"

static const struct boot_source source = { .device = "hd0,gpt2", .partition = 2, .path = "/boot/grub/grub.cfg" };
static const struct cmdline *parse(const char *string)
{
	struct boot_text text = boot_text_make(arena, string, (struct boot_place){ &source, 10, 5 });

	return cmdline_parse(arena, &text);
}

static void test_words(void **state)
{
	const struct cmdline *c = parse("BOOT_IMAGE=/vmlinuz root=UUID=1-2 ro  quiet\tsplash -- root=/dev/sdz x");

	(void)state;
	assert_int_equal(c->word_count, 8);
	assert_string_equal(c->words[1].name, "root");
	assert_string_equal(c->words[1].value, "UUID=1-2");
	assert_int_equal(c->words[1].place.line, 10);
	assert_int_equal(c->words[1].place.column, 5 + 20);
	assert_int_equal(c->words[1].value_place.column, 5 + 25);
	assert_string_equal(c->words[4].text, "splash");
	assert_null(c->words[4].value);
	assert_false(c->words[4].for_init);
	assert_true(c->words[5].for_init);
	assert_ptr_equal(c->root, &c->words[1]);
	assert_int_equal(c->root_device.kind, BOOT_DEVICE_UUID);
	assert_string_equal(c->root_device.value, "1-2");
	assert_ptr_equal(c->read_only, &c->words[2]);
	assert_false(c->writable);
	assert_int_equal(parse("")->word_count, 0);
	assert_int_equal(parse("  \n ")->word_count, 0);
}

static void test_quotes(void **state)
{
	static const struct {
		const char *text, *name, *value, *raw;
	} cases[] = {
		{ "foo=\"bar baz\"", "foo", "bar baz", "foo=\"bar baz\"" },
		{ "\"foo=bar baz\"", "foo", "bar baz", "\"foo=bar baz\"" },
		{ "\"foo bar\"", "foo bar", NULL, "\"foo bar\"" },
		{ "foo=b\"a r\"b", "foo", "b\"a r\"b", "foo=b\"a r\"b" },
		{ "foo=\"", "foo", "", "foo=\"" },
		{ "foo=\"\"", "foo", "", "foo=\"\"" },
		{ "=x", "=x", NULL, "=x" },
		{ "a=b=c", "a", "b=c", "a=b=c" },
		{ "\"", "", NULL, "\"" },
		{ "dyndbg=\"file drivers/usb/* +p", "dyndbg", "file drivers/usb/* +p", "dyndbg=\"file drivers/usb/* +p" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct cmdline *c = parse(cases[i].text);

		assert_int_equal(c->word_count, 1);
		assert_string_equal(c->words[0].text, cases[i].raw);
		assert_string_equal(c->words[0].name, cases[i].name);
		if (cases[i].value)
			assert_string_equal(c->words[0].value, cases[i].value);
		else
			assert_null(c->words[0].value);
	}
}

static void test_last_counts(void **state)
{
	const struct cmdline *c = parse("root=/dev/sda1 rw root=LABEL=cloud ro rootfstype=ext4 rootflags=subvol=@ "
					"init=/bin/sh console=tty0 console=ttyAMA0,115200n8 console= console=null "
					"rd.luks.uuid=a rd_luks-x rd.luks.name=b=c");
	const struct cmdline_word *word;

	(void)state;
	assert_string_equal(c->root->value, "LABEL=cloud");
	assert_int_equal(c->root_device.kind, BOOT_DEVICE_LABEL);
	assert_false(c->writable);
	assert_string_equal(c->rootfstype->value, "ext4");
	assert_string_equal(c->rootflags->value, "subvol=@");
	assert_string_equal(c->init->value, "/bin/sh");
	assert_int_equal(c->console_count, 2);
	assert_string_equal(c->consoles[0].device, "tty0");
	assert_null(c->consoles[0].options);
	assert_string_equal(c->consoles[1].device, "ttyAMA0");
	assert_string_equal(c->consoles[1].options, "115200n8");
	word = cmdline_next_prefix(c, "rd.luks.", NULL);
	assert_string_equal(word->value, "a");
	word = cmdline_next_prefix(c, "rd.luks.", word);
	assert_string_equal(word->value, "b=c");
	assert_null(cmdline_next_prefix(c, "rd.luks.", word));
	assert_non_null(cmdline_next(c, "rd-luks_x", NULL));
	assert_null(cmdline_last(c, "noinitrd"));
}

/* Words from two files keep the place of each. */
static void test_origins(void **state)
{
	static const struct boot_source env = { .device = "hd0,gpt1", .partition = 1, .path = "/EFI/fedora/grubenv" };
	struct boot_text_builder b = boot_text_build(arena, 4096);
	struct boot_text text, part;
	const struct cmdline *c;

	(void)state;
	boot_text_add(&b, "quiet ", 6, (struct boot_place){ &source, 3, 9 }, true);
	boot_text_add(&b, "root=UUID=7 ro", 14, (struct boot_place){ &env, 2, 12 }, true);
	boot_text_add(&b, " panic=-1", 9, (struct boot_place){ &source, 4, 1 }, true);
	text = boot_text_finish(&b);
	c = cmdline_parse(arena, &text);
	assert_int_equal(c->word_count, 4);
	assert_ptr_equal(c->root->place.source, &env);
	assert_int_equal(c->root->place.column, 12);
	assert_int_equal(c->words[2].place.column, 24);
	assert_ptr_equal(c->words[3].place.source, &source);
	assert_int_equal(c->words[3].place.line, 4);
	assert_int_equal(c->words[3].place.column, 2);
	part = boot_text_slice(arena, &text, 11, 9);
	assert_string_equal(part.text, "UUID=7 ro");
	assert_int_equal(boot_text_place(&part, 0).column, 17);
	part = boot_text_slice(arena, &text, 18, 5);
	assert_string_equal(part.text, "ro pa");
	assert_int_equal(boot_text_place(&part, 0).column, 24);
	assert_int_equal(boot_text_place(&part, 3).line, 4);
}

static void test_devices(void **state)
{
	static const struct {
		const char *text;
		enum boot_device_kind kind;
		const char *value;
	} cases[] = {
		{ "UUID=abc", BOOT_DEVICE_UUID, "abc" },
		{ "UUID=\"abc\"", BOOT_DEVICE_UUID, "abc" },
		{ "LABEL=/", BOOT_DEVICE_LABEL, "/" },
		{ "PARTUUID=12-34/PARTNROFF=1", BOOT_DEVICE_PARTUUID, "12-34" },
		{ "PARTLABEL=root", BOOT_DEVICE_PARTLABEL, "root" },
		{ "/dev/disk/by-uuid/AB-CD", BOOT_DEVICE_UUID, "AB-CD" },
		{ "/dev/disk/by-label/a\\x20b", BOOT_DEVICE_LABEL, "a b" },
		{ "/dev/disk/by-partuuid/x", BOOT_DEVICE_PARTUUID, "x" },
		{ "/dev/disk/by-partlabel/x", BOOT_DEVICE_PARTLABEL, "x" },
		{ "/dev/disk/by-path/pci-0", BOOT_DEVICE_ID, "path/pci-0" },
		{ "/dev/vda2", BOOT_DEVICE_NODE, "vda2" },
		{ "/dev/sda", BOOT_DEVICE_NODE, "sda" },
		{ "/dev/nvme0n1p2", BOOT_DEVICE_NODE, "nvme0n1p2" },
		{ "/dev/mmcblk0p2", BOOT_DEVICE_NODE, "mmcblk0p2" },
		{ "/dev/xvda1", BOOT_DEVICE_NODE, "xvda1" },
		{ "/dev/loop0p2", BOOT_DEVICE_NODE, "loop0p2" },
		{ "254:2", BOOT_DEVICE_NODE, "254:2" },
		{ "0801", BOOT_DEVICE_NODE, "0801" },
		{ "vda1", BOOT_DEVICE_NODE, "vda1" },
		{ "/dev/mapper/vg-root", BOOT_DEVICE_MAPPER, "vg-root" },
		{ "/dev/vg/root", BOOT_DEVICE_MAPPER, "vg/root" },
		{ "/dev/dm-0", BOOT_DEVICE_MAPPER, "0" },
		{ "/dev/md127", BOOT_DEVICE_MD, "md127" },
		{ "/dev/md/root", BOOT_DEVICE_MD, "root" },
		{ "/dev/gpt-auto-root", BOOT_DEVICE_AUTO, "root" },
		{ "gpt-auto", BOOT_DEVICE_AUTO, "gpt-auto" },
		{ "/dev/nfs", BOOT_DEVICE_NETWORK, "" },
		{ "host:/srv", BOOT_DEVICE_NETWORK, "host:/srv" },
		{ "ZFS=rpool/ROOT", BOOT_DEVICE_OTHER, "ZFS=rpool/ROOT" },
		{ "live:CDLABEL=x", BOOT_DEVICE_OTHER, "live:CDLABEL=x" },
		{ "/swapfile", BOOT_DEVICE_PATH, "/swapfile" },
		{ "none", BOOT_DEVICE_NONE, "none" },
		{ "", BOOT_DEVICE_NONE, "" },
		{ "tmpfs", BOOT_DEVICE_AUTO, "tmpfs" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct boot_device_name name = boot_device_parse(arena, cases[i].text);

		if (name.kind != cases[i].kind)
			fail_msg("%s: kind %d, expected %d", cases[i].text, name.kind, cases[i].kind);
		assert_string_equal(name.value, cases[i].value);
	}
	assert_int_equal(boot_device_parse(arena, "PARTUUID=12-34/PARTNROFF=-1").partition_offset, -1);
}

/* Names of hardware, and such as software makes on every machine alike. */
static void test_fixed_devices(void **state)
{
	static const char *const fixed[] = { "/dev/vda2", "/dev/sda", "/dev/nvme0n1p2", "254:2", "0801",
					     "/dev/disk/by-path/pci-0",
					     "/dev/disk/by-diskseq/1-part2", "/dev/disk/by-id/wwn-0x5", "/dev/disk/by-id/ata-x",
					     "ID=virtio-x-part1" };
	static const char *const made[] = { "/dev/loop0p2", "/dev/nbd0", "/dev/zram0", "/dev/ram0", "/dev/mapper/vg-root",
					    "/dev/md0",
					    "/dev/disk/by-id/dm-name-vg-root", "/dev/disk/by-id/dm-uuid-LVM-x",
					    "/dev/disk/by-id/md-name-any:root", "/dev/disk/by-id/md-uuid-0:1:2:3",
					    "/dev/disk/by-id/lvm-pv-uuid-x", "/dev/disk/by-designator/root", "UUID=abc" };

	(void)state;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		struct boot_device_name name = boot_device_parse(arena, fixed[i]);

		if (!boot_device_is_fixed(&name))
			fail_msg("%s is of hardware", fixed[i]);
	}
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		struct boot_device_name name = boot_device_parse(arena, made[i]);

		if (boot_device_is_fixed(&name))
			fail_msg("%s is not of hardware", made[i]);
	}
}

static void test_long(void **state)
{
	char *text = arena_alloc(arena, 1 * MiB + 1);
	const struct cmdline *c;

	(void)state;
	memset(text, 'a', 1 * MiB);
	for (size_t i = 1; i < 1 * MiB; i += 2)
		text[i] = ' ';
	c = parse(text);
	assert_true(c->truncated);
	assert_int_equal(c->word_count, LIMIT_CMDLINE_WORDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quotes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_origins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fixed_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
