/* SPDX-License-Identifier: MIT */
/* test_fstab: fields, escapes, options and places of fstab and crypttab. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "boot/fstab.h"
#include "test-arena.h"

static const struct boot_source source = { .partition = 2, .path = "/etc/fstab" };
static const struct fstab *parse(const char *text)
{
	return fstab_parse(arena, &source, text, strlen(text));
}

static void test_debian(void **state)
{
	const struct fstab *f = parse("# /etc/fstab: static file system information.\n"
				      "#\n"
				      "PARTUUID=00000001-02 / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1\n"
				      "\n"
				      "\tPARTUUID=00000001-01   /boot/efi vfat defaults 0 0\n"
				      "LABEL=my\\040data /srv/my\\040data xfs nofail,x-systemd.device-timeout=5 0 2\n"
				      "/dev/vdb none swap sw # remark\n"
				      "tmpfs /tmp tmpfs");
	const struct fstab_option *option;

	(void)state;
	assert_int_equal(f->entry_count, 5);
	assert_int_equal(f->entries[0].line, 3);
	assert_string_equal(f->entries[0].target.text, "/");
	assert_int_equal(f->entries[0].target.place.column, 22);
	assert_int_equal(f->entries[0].device_name.kind, BOOT_DEVICE_PARTUUID);
	assert_int_equal(f->entries[0].option_count, 4);
	option = fstab_option(&f->entries[0], "errors");
	assert_string_equal(option->value, "remount-ro");
	assert_int_equal(option->place.line, 3);
	assert_int_equal(option->place.column, 40);
	assert_string_equal(f->entries[0].pass.text, "1");
	assert_false(fstab_entry_is_optional(&f->entries[0]));

	assert_int_equal(f->entries[1].device.place.column, 2);
	assert_int_equal(f->entries[1].target.place.line, 5);
	assert_int_equal(f->entries[1].target.place.column, 25);

	assert_string_equal(f->entries[2].device_name.value, "my data");
	assert_string_equal(f->entries[2].target.text, "/srv/my data");
	assert_string_equal(f->entries[2].target.raw, "/srv/my\\040data");
	assert_true(fstab_entry_is_optional(&f->entries[2]));

	assert_true(boot_device_is_fixed(&f->entries[3].device_name));
	assert_int_equal(f->entries[3].fault, FSTAB_GOOD);
	assert_null(f->entries[3].frequency.text);

	assert_int_equal(f->entries[4].fault, FSTAB_GOOD);
	assert_string_equal(f->entries[4].type.text, "tmpfs");
	assert_null(f->entries[4].options.text);
}

static void test_faults(void **state)
{
	static const char nul[] = "UUID=1 / ext4\0 defaults\n/dev/sda1 /x ext4\n";
	const struct fstab *f = parse("UUID=1 /\nUUID=2\nUUID=3 / ext4 defaults x 1\nUUID=4 / ext4 defaults 0 1\r\n\r\n");

	(void)state;
	assert_int_equal(f->entry_count, 4);
	assert_int_equal(f->entries[0].fault, FSTAB_TOO_FEW_FIELDS);
	assert_int_equal(f->entries[0].fault_place.column, 9);
	assert_int_equal(f->entries[1].fault, FSTAB_TOO_FEW_FIELDS);
	assert_int_equal(f->entries[2].fault, FSTAB_BAD_NUMBER);
	assert_int_equal(f->entries[2].fault_place.column, 24);
	assert_int_equal(f->entries[3].fault, FSTAB_CARRIAGE_RETURN);
	assert_int_equal(f->entries[3].fault_place.column, 27);
	assert_string_equal(f->entries[3].pass.text, "1");
	f = parse("UUID=5 / ext4 ro\r\nUUID=6 / ext4 ro # why\r\nUUID=7 / ext4 x\r");
	assert_int_equal(f->entry_count, 3);
	assert_int_equal(f->entries[0].fault, FSTAB_CARRIAGE_RETURN);
	assert_string_equal(f->entries[0].options.text, "ro");
	assert_int_equal(f->entries[1].fault, FSTAB_GOOD);
	assert_int_equal(f->entries[2].fault_place.column, 16);
	f = fstab_parse(arena, &source, nul, sizeof(nul) - 1);
	assert_int_equal(f->entry_count, 2);
	assert_int_equal(f->entries[0].fault, FSTAB_NUL);
	assert_int_equal(f->entries[0].fault_place.column, 14);
	assert_int_equal(f->entries[1].fault, FSTAB_GOOD);
	assert_int_equal(fstab_parse(arena, &source, "", 0)->entry_count, 0);
}

static void test_options(void **state)
{
	const struct fstab *f = parse("a /a ext4 ro,,context=\"a,b:c\",x=\\054y,last\n");
	const struct fstab_entry *entry = &f->entries[0];

	(void)state;
	assert_int_equal(entry->option_count, 4);
	assert_string_equal(entry->option_list[1].name, "context");
	assert_string_equal(entry->option_list[1].value, "\"a,b:c\"");
	assert_string_equal(entry->option_list[2].value, ",y");
	assert_string_equal(entry->option_list[3].name, "last");
	assert_int_equal(entry->option_list[3].place.column, 39);
	assert_null(fstab_option(entry, "noauto"));
}

static void test_crypttab(void **state)
{
	static const char text[] = "# name device key options\nroot UUID=aa-bb none luks,discard\nswap /dev/vda3\nbad\n";
	const struct fstab *f = crypttab_parse(arena, &source, text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(f->entry_count, 3);
	assert_string_equal(f->entries[0].target.text, "root");
	assert_int_equal(f->entries[0].device_name.kind, BOOT_DEVICE_UUID);
	assert_string_equal(f->entries[0].key_file.text, "none");
	assert_non_null(fstab_option(&f->entries[0], "discard"));
	assert_int_equal(f->entries[0].device.place.column, 6);
	assert_int_equal(f->entries[1].device_name.kind, BOOT_DEVICE_NODE);
	assert_int_equal(f->entries[2].fault, FSTAB_TOO_FEW_FIELDS);
}

static void test_many(void **state)
{
	size_t size = 1 * MiB;
	char *text = arena_alloc(arena, size);
	const struct fstab *f;

	(void)state;
	for (size_t i = 0; i < size; i++)
		text[i] = i % 2 ? '\n' : 'x';
	f = fstab_parse(arena, &source, text, size);
	assert_true(f->truncated);
	assert_int_equal(f->entry_count, LIMIT_FSTAB_ENTRIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_debian, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crypttab, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
