/* SPDX-License-Identifier: MIT */
/* test_driver: rows of profiles against kernels: by configuration, lists of modules, initrd; and which kernels count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "image/initrds.h"
#include "image_system.h"
#include "linux_bytes.h"
#include "lint/rules.h"
#include "lint/lint.h"

#define R "6.1.0-1-arm64"
#define OLD "5.4.0-1-arm64"
#define LIB(release) "/usr/lib/modules/" release

static const struct driver_row *row_of(struct arena *arena, const char *parts)
{
	struct profile *profile;
	struct error err;
	char *text = arena_printf(
		arena,
		"{\"drivers\": [{\"id\": \"x\", \"title\": \"no x\", \"why\": \"y\", \"severity\": \"error\", %s}]}",
		parts);

	if (profile_read(arena, "test", text, &profile, &err) < 0)
		fail_msg("%s", err.message);
	return profile_row(profile, "x");
}

static void add_modules(struct image_system *s, const char *release)
{
	image_system_file(s, arena_printf(s->arena, LIB("%s") "/modules.dep", release),
			  "kernel/b.ko: kernel/l.ko\nkernel/l.ko:\nkernel/gone.ko:\n");
	image_system_file(s, arena_printf(s->arena, LIB("%s") "/modules.builtin", release), "kernel/a.ko\n");
	image_system_file(s, arena_printf(s->arena, LIB("%s") "/kernel/b.ko", release), "x");
	image_system_file(s, arena_printf(s->arena, LIB("%s") "/kernel/l.ko", release), "x");
}

/* A kernel of that release with a configuration (NULL: none) and modules. */
static struct kernel_file *add_kernel(struct image_system *s, const char *release, const char *config)
{
	const char *path = arena_printf(s->arena, "/boot/vmlinuz-%s", release);

	image_system_kernel(s, path, NULL);
	if (config)
		image_system_file(s, arena_printf(s->arena, "/boot/config-%s", release), config);
	add_modules(s, release);
	return image_system_open(s, path);
}

static struct driver_judgement judge(struct image_system *s, struct kernel_file *kernel, const char *parts)
{
	return driver_judge(row_of(s->arena, parts), kernel->release, NULL);
}

#define BUILTIN "\"where\": \"builtin\", "
#define INSTALLED "\"where\": \"installed\", "
#define ALL(symbols) "\"kconfig\": {\"all\": [" symbols "]}"
#define ANY(symbols) "\"kconfig\": {\"any\": [" symbols "]}"

static void test_by_configuration(void **state)
{
	struct image_system *s = image_system_new();
	struct kernel_file *k =
		add_kernel(s, R, "CONFIG_MODULES=y\nCONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\nCONFIG_HZ=250\n");
	struct driver_judgement j;

	(void)state;
	assert_int_equal(judge(s, k, BUILTIN ALL("\"A\"")).fault, DRIVER_GOOD);
	assert_int_equal(judge(s, k, BUILTIN ALL("\"A\", \"HZ\"")).fault, DRIVER_GOOD);
	j = judge(s, k, BUILTIN ALL("\"A\", \"B\""));
	assert_int_equal(j.fault, DRIVER_OFF);
	assert_string_equal(j.symbol, "B");
	assert_int_equal(j.value, KCONFIG_MODULE);
	j = judge(s, k, BUILTIN ALL("\"C\""));
	assert_int_equal(j.fault, DRIVER_OFF);
	assert_int_equal(j.value, KCONFIG_NOT_SET);
	assert_int_equal(judge(s, k, BUILTIN ALL("\"NOBODY\"")).value, KCONFIG_ABSENT);
	assert_int_equal(judge(s, k, BUILTIN ANY("\"C\", \"A\"")).fault, DRIVER_GOOD);
	assert_int_equal(judge(s, k, BUILTIN ANY("\"C\", \"B\"")).fault, DRIVER_OFF);
	assert_int_equal(judge(s, k, INSTALLED ANY("\"C\", \"B\"") ", \"modules\": [\"b\"]").fault, DRIVER_GOOD);
	assert_int_equal(judge(s, k, INSTALLED ANY("\"C\", \"NOBODY\"")).fault, DRIVER_OFF);
	/* all of these and one of those */
	assert_int_equal(judge(s, k, BUILTIN "\"kconfig\": {\"all\": [\"A\"], \"any\": [\"C\"]}").fault, DRIVER_OFF);
	/* a module that is configured and not there */
	j = judge(s, k, INSTALLED ALL("\"B\"") ", \"modules\": [\"b\", \"gone\"]");
	assert_int_equal(j.fault, DRIVER_NOT_INSTALLED);
	assert_string_equal(j.module, "gone");
	/* where all is built in nobody looks for modules */
	assert_int_equal(judge(s, k, INSTALLED ALL("\"A\"") ", \"modules\": [\"gone\"]").fault, DRIVER_GOOD);
	/* a row without symbols asks for the module */
	assert_int_equal(judge(s, k, INSTALLED "\"modules\": [\"b\"]").fault, DRIVER_GOOD);
	assert_int_equal(judge(s, k, INSTALLED "\"modules\": [\"nobody\"]").fault, DRIVER_NOT_INSTALLED);
	image_system_free(s);
}

static void test_versions_and_architectures(void **state)
{
	struct image_system *s = image_system_new();
	struct kernel_file *k = add_kernel(s, R, "CONFIG_MODULES=y\nCONFIG_A=y\nCONFIG_OLD_NAME=y\n");

	(void)state;
	assert_int_equal(kernel_version_parse("6.1.0-56-arm64"), KERNEL_VERSION_OF(6, 1, 0));
	assert_int_equal(kernel_version_parse("5.9"), KERNEL_VERSION_OF(5, 9, 0));
	assert_int_equal(kernel_version_parse("6.12.117+deb13"), KERNEL_VERSION_OF(6, 12, 117));
	assert_int_equal(kernel_version_parse("6"), 0);
	assert_int_equal(kernel_version_parse("linux"), 0);
	assert_int_equal(kernel_version_parse("99999.1"), 0);
	assert_int_equal(kernel_version_parse(NULL), 0);

	/* a symbol that this kernel does not have yet, or no more, is not asked for */
	assert_int_equal(judge(s, k, BUILTIN ALL("{\"symbol\": \"NEW\", \"since\": \"6.2\"}")).fault, DRIVER_ELSEWHERE);
	assert_int_equal(judge(s, k, BUILTIN ALL("\"A\", {\"symbol\": \"NEW\", \"since\": \"6.2\"}")).fault,
			 DRIVER_GOOD);
	assert_int_equal(judge(s, k, BUILTIN ALL("{\"symbol\": \"NEW\", \"since\": \"6.1\"}")).fault, DRIVER_OFF);
	assert_int_equal(judge(s, k, BUILTIN ALL("{\"symbol\": \"PAST\", \"until\": \"6.1\"}")).fault,
			 DRIVER_ELSEWHERE);
	assert_int_equal(judge(s, k, BUILTIN ALL("{\"symbol\": \"PAST\", \"until\": \"6.1.1\"}")).fault, DRIVER_OFF);
	assert_int_equal(judge(s, k, BUILTIN ANY("{\"symbol\": \"PAST\", \"until\": \"6.0\"}, \"A\"")).fault,
			 DRIVER_GOOD);
	/* renamed: by version, and by what the configuration holds */
	assert_int_equal(
		judge(s, k, BUILTIN ALL("{\"symbol\": \"NEW\", \"since\": \"6.2\", \"formerly\": \"OLD_NAME\"}")).fault,
		DRIVER_GOOD);
	assert_string_equal(
		judge(s, k, BUILTIN ALL("{\"symbol\": \"NEW\", \"since\": \"6.2\", \"formerly\": \"OLDER\"}")).symbol,
		"OLDER");
	assert_int_equal(
		judge(s, k, BUILTIN ALL("{\"symbol\": \"A\", \"since\": \"6.2\", \"formerly\": \"OLDER\"}")).fault,
		DRIVER_GOOD);
	/* a kernel older than the driver */
	assert_int_equal(judge(s, k, BUILTIN "\"since\": \"6.2\", " ALL("\"A\"")).fault, DRIVER_TOO_OLD);
	assert_int_equal(judge(s, k, BUILTIN "\"since\": \"6.1\", " ALL("\"A\"")).fault, DRIVER_GOOD);

	assert_int_equal(judge(s, k, BUILTIN "\"architectures\": [\"arm\"], " ALL("\"B\"")).fault, DRIVER_ELSEWHERE);
	assert_int_equal(judge(s, k, BUILTIN "\"architectures\": [\"arm\", \"aarch64\"], " ALL("\"B\"")).fault,
			 DRIVER_OFF);
	assert_int_equal(judge(s, k, BUILTIN ALL("{\"symbol\": \"B\", \"architectures\": [\"arm\"]}, \"A\"")).fault,
			 DRIVER_GOOD);
	image_system_free(s);
}

static void test_by_lists_of_modules(void **state)
{
	struct image_system *s = image_system_new();
	struct kernel_file *k = add_kernel(s, R, NULL);
	struct driver_judgement j;

	(void)state;
	assert_int_equal(judge(s, k, BUILTIN ALL("\"A\"") ", \"modules\": [\"a\"]").fault, DRIVER_GOOD);
	j = judge(s, k, BUILTIN ALL("\"B\"") ", \"modules\": [\"b\"]");
	assert_int_equal(j.fault, DRIVER_OFF);
	assert_int_equal(j.value, KCONFIG_MODULE);
	assert_true(j.by_lists);
	assert_int_equal(judge(s, k, INSTALLED ALL("\"B\"") ", \"modules\": [\"b\"]").fault, DRIVER_GOOD);
	j = judge(s, k, INSTALLED ALL("\"N\"") ", \"modules\": [\"nobody\"]");
	assert_int_equal(j.fault, DRIVER_OFF);
	assert_true(j.by_lists);
	/* what can only be built in has no module: nothing tells */
	j = judge(s, k, BUILTIN ALL("\"A\""));
	assert_int_equal(j.fault, DRIVER_ELSEWHERE);
	assert_non_null(strstr(j.reason, "configuration is not known"));
	image_system_free(s);
}

static void test_without_modules(void **state)
{
	struct image_system *s = image_system_new();
	struct kernel_file *k;

	(void)state;
	image_system_kernel(s, "/boot/vmlinuz-" R, NULL);
	image_system_file(s, "/boot/config-" R, "CONFIG_MODULES=y\nCONFIG_B=m\nCONFIG_A=y\n");
	k = image_system_open(s, "/boot/vmlinuz-" R);
	/* that there are none at all is another rule's finding */
	assert_int_equal(judge(s, k, INSTALLED ALL("\"B\"") ", \"modules\": [\"b\"]").fault, DRIVER_ELSEWHERE);
	assert_int_equal(judge(s, k, INSTALLED ALL("\"A\"") ", \"modules\": [\"a\"]").fault, DRIVER_GOOD);
	assert_int_equal(judge(s, k, INSTALLED ALL("\"C\"") ", \"modules\": [\"c\"]").fault, DRIVER_OFF);
	image_system_free(s);
}

/* --- which kernels count ----------------------------------------------------------------------------------------------- */

#define ENTRIES 3

struct menu {
	struct image_system *s;
	struct boot_path path;
	struct loader loader;
	struct boot_entry entries[ENTRIES];
	struct boot_attempt attempts[ENTRIES][2];
};

static void make_menu(struct menu *m, const char *config, const char *old_config)
{
	struct image_system *s = image_system_new();

	*m = (struct menu){ .s = s };
	add_kernel(s, R, config);
	add_kernel(s, OLD, old_config);
	s->image.architecture = ARCHITECTURE_AARCH64;
	s->image.loaders = &m->loader;
	s->image.loader_count = 1;
	s->image.boot_paths = &m->path;
	s->image.boot_path_count = 1;
	m->loader = (struct loader){ .architecture = ARCHITECTURE_AARCH64, .path = "/EFI/BOOT/BOOTAA64.EFI" };
	m->path = (struct boot_path){
		.loader = &m->loader, .kind = BOOT_GRUB, .have = HAVE, .entries = m->entries, .first = m->entries
	};
}

static void add_attempt(struct menu *m, unsigned entry, const char *release)
{
	static const struct boot_text command_line = { .text = "root=UUID=1" };
	struct boot_entry *e = &m->entries[entry];
	struct boot_attempt *a = &m->attempts[entry][e->attempt_count++];

	e->path = &m->path;
	e->attempts = m->attempts[entry];
	e->complete = true;
	e->is_default = entry == 0;
	if (m->path.entry_count <= entry)
		m->path.entry_count = entry + 1;
	*a = (struct boot_attempt){ .entry = e,
				    .cmdline = cmdline_parse(m->s->arena, &command_line),
				    .root = &m->s->filesystem,
				    .kernel_file = image_system_open(
					    m->s, arena_printf(m->s->arena, "/boot/vmlinuz-%s", release)) };
	a->kernel.have = HAVE;
}

/* What the rule driver-x finds, a line each: "error /boot/config-6.1.0-1-arm64:3". */
static const char *findings(struct menu *m, const char *row)
{
	struct arena *arena = m->s->arena;
	struct lint_options options = { .fail_on = SEVERITY_ERROR };
	char path[] = "/tmp/vmlint-test-XXXXXX.json";
	int fd = mkstemps(path, 5);
	struct lint_result result;
	const char *lines = "";
	struct error err;

	dprintf(fd,
		"{\"drivers\": [{\"id\": \"x\", \"title\": \"no x\", \"why\": \"y\", \"severity\": \"error\", "
		"\"effect\": \"blocks-boot\", %s}]}",
		row);
	close(fd);
	if (profiles_load(arena, path, &options.profile, &err) < 0)
		fail_msg("%s", err.message);
	unlink(path);
	options.selected = arena_alloc(arena, rules_count + 1);
	options.severity = arena_alloc(arena, rules_count + 1);
	memset(options.severity, -1, rules_count + 1);
	options.selected[rule_find("driver-x") - rules] = 1;
	lint_result_init(&result, "test.img");
	lint_image(&m->s->image, &options, &result);
	for (const struct diagnostic *d = result.diagnostics; d; d = d->next)
		lines = arena_printf(arena, "%s%s %s %s:%u\n", lines, severity_name(d->severity),
				     effect_name(d->effect), d->location.path ? d->location.path : "-",
				     d->location.line);
	for (const struct outcome *o = result.outcomes; o; o = o->next)
		lines = arena_printf(arena, "%s%s %s\n", lines,
				     o->kind == OUTCOME_SKIPPED ? "skipped" : "not evaluated", o->reason);
	return lines;
}

#define WITHOUT "CONFIG_MODULES=y\n# CONFIG_A is not set\nCONFIG_B=m\n"
#define WITH "CONFIG_MODULES=y\nCONFIG_A=y\nCONFIG_B=y\n"

static void test_the_default_counts_in_full(void **state)
{
	struct menu m;

	(void)state;
	make_menu(&m, WITHOUT, WITHOUT);
	add_attempt(&m, 0, R);
	add_attempt(&m, 1, R);
	assert_string_equal(findings(&m, BUILTIN ALL("\"A\"")), "error blocks-boot /boot/config-" R ":2\n"
								"warning degrades /boot/config-" OLD ":2\n");
	image_system_free(m.s);
	/* a kernel of another entry, which is the one at fault */
	make_menu(&m, WITH, WITHOUT);
	add_attempt(&m, 0, R);
	add_attempt(&m, 1, OLD);
	assert_string_equal(findings(&m, BUILTIN ALL("\"A\"")), "warning degrades /boot/config-" OLD ":2\n");
	assert_string_equal(findings(&m, BUILTIN "\"architectures\": [\"arm\"], " ALL("\"A\"")),
			    "skipped the kernel is for another architecture\n");
	image_system_free(m.s);
}

static void test_every_way_must_fail(void **state)
{
	struct menu m;

	(void)state;
	/* the entry has a kernel that is good: the other one is only installed */
	make_menu(&m, WITHOUT, WITH);
	add_attempt(&m, 0, R);
	add_attempt(&m, 0, OLD);
	assert_string_equal(findings(&m, BUILTIN ALL("\"A\"")), "");
	image_system_free(m.s);
	make_menu(&m, WITHOUT, WITHOUT);
	add_attempt(&m, 0, R);
	add_attempt(&m, 0, OLD);
	assert_string_equal(findings(&m, BUILTIN ALL("\"A\"")), "error blocks-boot /boot/config-" R ":2\n"
								"error blocks-boot /boot/config-" OLD ":2\n");
	image_system_free(m.s);
}

static void test_no_entry_is_known(void **state)
{
	struct menu m;

	(void)state;
	/* of several kernels nobody knows which one boots */
	make_menu(&m, WITHOUT, WITH);
	assert_string_equal(findings(&m, BUILTIN ALL("\"A\"")), "warning degrades /boot/config-" R ":2\n");
	image_system_free(m.s);
	m = (struct menu){ .s = image_system_new() };
	m.s->image.architecture = ARCHITECTURE_AARCH64;
	add_kernel(m.s, R, WITHOUT);
	assert_string_equal(findings(&m, BUILTIN ALL("\"A\"")), "error blocks-boot /boot/config-" R ":2\n");
	image_system_free(m.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_configuration),           cmocka_unit_test(test_versions_and_architectures),
		cmocka_unit_test(test_by_lists_of_modules),        cmocka_unit_test(test_without_modules),
		cmocka_unit_test(test_the_default_counts_in_full), cmocka_unit_test(test_every_way_must_fail),
		cmocka_unit_test(test_no_entry_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
