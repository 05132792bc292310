/* SPDX-License-Identifier: MIT */
/* test_kconfig: kernel configurations, good and strange. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "linux/kconfig.h"

static struct kconfig *parse(struct arena *arena, const char *text, size_t size)
{
	struct kconfig *kconfig;
	struct error err;

	if (kconfig_parse(arena, text, size, &kconfig, &err) < 0)
		fail_msg("%s", err.message);
	return kconfig;
}

static void check(const struct kconfig *kconfig, const char *symbol, enum kconfig_value value, unsigned line)
{
	const struct kconfig_entry *entry = kconfig_find(kconfig, symbol);

	assert_int_equal(kconfig_value(kconfig, symbol), value);
	assert_int_equal(entry ? entry->line : 0, line);
}

#define GOOD                                                                                                           \
	"#\n# Automatically generated file; DO NOT EDIT.\n# Linux/arm64 6.1.192 Kernel Configuration\n#\n"               \
	"CONFIG_CC_VERSION_TEXT=\"gcc \\\"12\\\" \\\\ x\"\nCONFIG_PCI=y\n\n# CONFIG_XEN is not set\nCONFIG_VIRTIO_BLK=m\n" \
	"CONFIG_HZ=250\nCONFIG_CMDLINE=\"\"\n# CONFIG_ is not set\n# end of CONFIG_PCI is not set here\n"

/* Only what is certain is said to be cut short. */
static void cut(void **state)
{
#define HEAD "# Automatically generated file; DO NOT EDIT.\nCONFIG_A=y\n"
	static const struct {
		const char *text;
		bool cut;
	} cases[] = {
		{ GOOD "#\n# end of Kernel hacking\n", false },
		{ HEAD "# end of A\n# end of Kernel hacking\n", false },
		{ HEAD "# end of A\n# end of Kernel hacking\nCONFIG_B=m", false },
		{ HEAD "# end of A\nCONFIG_B=m\n", true },
		{ HEAD "# end of A\n# end of Kernel h", true },
		/* of an older Kconfig, which says no ends */
		{ HEAD "CONFIG_B=m\n", false },
		{ HEAD "CONFIG_B=m", false },
		{ HEAD "CONFIG_B", true },
		{ HEAD "CON", true },
		{ HEAD "# CONFIG_B is n", true },
		{ HEAD "# CONFIG_B", true },
		{ HEAD "# CONFIG_B: wanted", false },
		{ HEAD "# see there", false },
		/* by hand, or by savedefconfig */
		{ "CONFIG_A=y\n# end of A\nCONFIG_B", false },
		{ "", false },
	};
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (parse(arena, cases[i].text, strlen(cases[i].text))->cut != cases[i].cut)
			fail_msg("%s: cut short: %d expected", cases[i].text, cases[i].cut);
}

static void good(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct kconfig *kconfig = parse(arena, GOOD, strlen(GOOD));

	(void)state;
	assert_string_equal(kconfig->architecture, "arm64");
	assert_string_equal(kconfig->release, "6.1.192");
	assert_int_equal(kconfig->lines, 13);
	assert_int_equal(kconfig->strange_lines, 0);
	assert_int_equal(kconfig->count, 6);
	check(kconfig, "CONFIG_PCI", KCONFIG_YES, 6);
	check(kconfig, "PCI", KCONFIG_YES, 6);
	check(kconfig, "XEN", KCONFIG_NOT_SET, 8);
	check(kconfig, "VIRTIO_BLK", KCONFIG_MODULE, 9);
	check(kconfig, "VIRTIO", KCONFIG_ABSENT, 0);
	check(kconfig, "HZ", KCONFIG_OTHER, 10);
	check(kconfig, "", KCONFIG_ABSENT, 0);
	assert_string_equal(kconfig_string(arena, kconfig_find(kconfig, "CC_VERSION_TEXT")), "gcc \"12\" \\ x");
	assert_string_equal(kconfig_string(arena, kconfig_find(kconfig, "CMDLINE")), "");
	assert_string_equal(kconfig_string(arena, kconfig_find(kconfig, "HZ")), "250");
	assert_string_equal(kconfig_string(arena, kconfig_find(kconfig, "XEN")), "");
	assert_string_equal(kconfig->entries[1].name, "PCI");
}

static void strange(void **state)
{
	static const char text[] = "CONFIG_A=y\r\n# CONFIG_B is not set\r\n\r\nCONFIG_A=m\nCONFIG_C\nfoo\nCONFIG_=y\n"
				   "CONFIG_D=\"open\nCONFIG_E=y\0\nCONFIG_F=n";
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct kconfig *kconfig = parse(arena, text, sizeof(text) - 1);

	(void)state;
	check(kconfig, "A", KCONFIG_MODULE, 4); /* the last one counts */
	check(kconfig, "B", KCONFIG_NOT_SET, 2);
	check(kconfig, "C", KCONFIG_ABSENT, 0);
	check(kconfig, "E", KCONFIG_ABSENT, 0);
	check(kconfig, "F", KCONFIG_NOT_SET, 10);
	assert_string_equal(kconfig_string(arena, kconfig_find(kconfig, "D")), "open");
	assert_int_equal(kconfig->strange_lines, 4);
	assert_int_equal(kconfig->first_strange, 5);
	assert_null(kconfig->release);
}

static void large(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	size_t size = 3 * MiB, n;
	char *text = malloc(size + 64);
	struct kconfig *kconfig;

	(void)state;
	memset(text, 'x', size); /* one huge line */
	n = size;
	n += (size_t)sprintf(text + n, "\nCONFIG_LAST=y");
	kconfig = parse(arena, text, n);
	assert_int_equal(kconfig->first_strange, 1);
	check(kconfig, "LAST", KCONFIG_YES, 2);
	/* many symbols */
	n = 0;
	for (int i = 0; i < 100000; i++)
		n += (size_t)sprintf(text + n, "CONFIG_SYMBOL_%d=%c\n", i, i % 2 ? 'y' : 'm');
	kconfig = parse(arena, text, n);
	assert_int_equal(kconfig->count, 100000);
	check(kconfig, "SYMBOL_99999", KCONFIG_YES, 100000);
	check(kconfig, "SYMBOL_0", KCONFIG_MODULE, 1);
	check(kconfig, "SYMBOL_100000", KCONFIG_ABSENT, 0);
	assert_int_equal(kconfig_parse(arena, text, LIMIT_KCONFIG_BYTES + 1, &kconfig, NULL), -EFBIG);
	assert_int_equal(kconfig_read(arena, view_memory(arena, text, n), &kconfig, NULL), 0);
	check(kconfig, "SYMBOL_7", KCONFIG_YES, 8);
	assert_int_equal(kconfig_read(arena, view_memory(arena, text, 0), &kconfig, NULL), 0);
	assert_int_equal(kconfig->lines + kconfig->count, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(cut),
		cmocka_unit_test(strange),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
