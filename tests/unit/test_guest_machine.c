/* SPDX-License-Identifier: MIT */
/* test_guest_machine: what recorded guests say of their machines, and what a poor record leaves open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guest/gather.h"
#include "guest/machine.h"
#include "recorded-guest.h"

static const struct machine *read_text(const char *text, size_t size)
{
	const struct guest *guest;
	struct error err;

	assert_int_equal(guest_read(arena, text, size, &guest, &err), 0);
	return machine_read(arena, guest);
}

static const struct machine *load(const char *name)
{
	return machine_read(arena, recorded_guest(name));
}

static void test_acpi(void **state)
{
	const struct machine *m = load("gicv3");

	(void)state;
	assert_int_equal(m->architecture, MACHINE_AARCH64);
	assert_int_equal(m->efi, MACHINE_HAVE);
	assert_int_equal(m->acpi_entry, MACHINE_HAVE);
	assert_int_equal(m->tree_entry, MACHINE_ABSENT);
	assert_int_equal(m->have_tree, MACHINE_ABSENT);
	assert_int_equal(m->have_acpi, MACHINE_HAVE);
	assert_true(m->rsdp_whole);
	assert_int_equal(m->table_count, 10);
	assert_true(m->fadt && m->madt && m->gtdt && m->spcr && m->mcfg && m->dbg2 && m->pptt);
	assert_int_equal(m->madt->enabled_cpus, machine_cpu_list(machine_file(m, "/sys/devices/system/cpu/present")));
}

static void test_tree(void **state)
{
	const struct machine *m = load("u-boot");

	(void)state;
	assert_int_equal(m->acpi_entry, MACHINE_ABSENT);
	assert_int_equal(m->have_acpi, MACHINE_ABSENT);
	assert_int_equal(m->have_rsdp, MACHINE_ABSENT);
	assert_null(m->madt);
	assert_int_equal(m->have_tree, MACHINE_HAVE);
	assert_non_null(tree_compatible(m->tree, NULL, "arm,pl011"));
}

static void test_x86_64(void **state)
{
	const struct machine *m = load("x86_64");

	(void)state;
	assert_int_equal(m->architecture, MACHINE_X86_64);
	assert_non_null(m->madt);
	assert_null(m->gtdt);
}

static void test_unknown(void **state)
{
	static const char nothing[] = "guest format=1\n";
	static const char kernel[] = "guest format=1\nboot id=1\nfile path=/proc/version size=6\n|Linux\n"
				     "file path=/sys/firmware/fdt error=EACCES\ngathered\n";
	/* a container's runtime hides it */
	static const char contained[] = "guest format=1\nboot id=1\nfile path=/proc/version size=6\n|Linux\n"
					"names path=/sys/firmware count=0\ngathered\n";
	static const char tables[] = "guest format=1\nnames path=/sys/firmware/efi count=0\n"
				     "file path=/sys/firmware/acpi/tables/XYZ size=36\n"
				     "+58595A2024000000010000000000000000000000000000000000000000000000\n+00000000\n";
	const struct machine *m = read_text(nothing, sizeof(nothing) - 1);

	(void)state;
	assert_int_equal(m->architecture, MACHINE_UNKNOWN);
	assert_int_equal(m->efi, MACHINE_UNREADABLE);
	assert_int_equal(m->acpi_entry, MACHINE_UNREADABLE);
	assert_int_equal(m->have_acpi, MACHINE_UNREADABLE);
	assert_int_equal(m->have_tree, MACHINE_UNREADABLE);
	m = read_text(kernel, sizeof(kernel) - 1);
	assert_int_equal(m->efi, MACHINE_ABSENT);
	assert_int_equal(m->acpi_entry, MACHINE_ABSENT);
	assert_null(m->incomplete);
	assert_int_equal(read_text(kernel, sizeof(kernel) - 10)->efi, MACHINE_UNREADABLE);
	assert_int_equal(read_text(contained, sizeof(contained) - 1)->efi, MACHINE_UNREADABLE);
	m = read_text(tables, sizeof(tables) - 1);
	assert_int_equal(m->efi, MACHINE_HAVE);
	assert_int_equal(m->acpi_entry, MACHINE_UNREADABLE);
	assert_int_equal(m->have_acpi, MACHINE_HAVE);
	assert_int_equal(m->have_rsdp, MACHINE_UNREADABLE);
	assert_string_equal(m->tables[0].table.signature, "XYZ ");
}

static bool avoids_efi(const char *version, const char *command_line)
{
	char *text = arena_printf(arena, "guest format=1\nfile path=/proc/version\n|%s\nfile path=/proc/cmdline\n|%s\n",
				  version, command_line);

	return machine_avoids_efi(read_text(text, strlen(text)));
}

static void test_avoids_efi(void **state)
{
	(void)state;
	assert_false(avoids_efi("Linux 6.1 #1 SMP Debian", "quiet"));
	assert_true(avoids_efi("Linux 6.1 #1 SMP Debian", "efi=noruntime"));
	assert_true(avoids_efi("Linux 6.1 #1 SMP Debian", "a efi=nosoftreserve,noruntime b"));
	assert_true(avoids_efi("Linux 6.1 #1 SMP Debian", "noefi"));
	assert_false(avoids_efi("Linux 6.1 #1 SMP Debian", "efi=debug,noruntimes x=noruntime"));
	assert_true(avoids_efi("Linux 6.1-rt #1 SMP PREEMPT_RT Debian", "quiet"));
	assert_false(avoids_efi("Linux 6.1-rt #1 SMP PREEMPT_RT Debian", "quiet efi=debug,runtime"));
}

static void test_regions(void **state)
{
	static const char text[] = "guest format=1\nfile path=/proc/iomem\n|\n|1000-1fff : System RAM\n"
				   "|  1800-18ff : System RAM\n|zz\n|2000-1000 : System RAM\n"
				   "|3000-3fff : System RAM (boot)\n&4000-4fff : System RAM\n";
	const struct machine *m = read_text(text, sizeof(text) - 1);
	struct machine_region region = { NULL };

	(void)state;
	assert_true(machine_next_region(m, "System RAM", &region));
	assert_true(region.first == 0x1000 && region.last == 0x1fff && region.outermost);
	assert_true(machine_next_region(m, "System RAM", &region));
	assert_true(region.first == 0x1800 && !region.outermost);
	assert_true(machine_next_region(m, "System RAM", &region));
	assert_int_equal(region.first, 0x4000);
	assert_false(machine_next_region(m, "System RAM", &region));
}

/* Of a machine with many processors not all files are there to their end. */
static void test_cut(void **state)
{
	static const char text[] = "guest format=1\nboot id=1 machine=x86_64\nfile path=/proc/cpuinfo size=2 cut=yes\n|x\n"
				   "file path=/sys/firmware/acpi/tables/DSDT size=36 total=99999 cut=yes\n"
				   "+4453445400004000010000\n+00000000000000000000000000000000000000000000000000\n"
				   "file path=/sys/firmware/acpi/tables/SSDT1 error=EACCES\ngathered\n";
	const struct machine *m = read_text(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(m->architecture, MACHINE_X86_64);
	assert_null(machine_file(m, "/proc/cpuinfo"));
	assert_int_equal(machine_has_table(m, "DSDT"), MACHINE_HAVE);
	assert_true(m->tables[0].cut);
	assert_int_equal(machine_has_table(m, "SSDT1"), MACHINE_UNREADABLE);
	assert_int_equal(machine_has_table(m, "APIC"), MACHINE_ABSENT);
}

static void test_lists(void **state)
{
	(void)state;
	assert_int_equal(machine_cpu_list("0-1\n"), 2);
	assert_int_equal(machine_cpu_list("0,2-4,7"), 5);
	assert_int_equal(machine_cpu_list(""), 0);
	assert_int_equal(machine_cpu_list(NULL), 0);
	assert_int_equal(machine_cpu_list("5-2"), 0);
	assert_int_equal(machine_cpu_list("0-4294967295"), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_acpi), T(test_tree), T(test_x86_64), T(test_unknown), T(test_lists),
		T(test_avoids_efi), T(test_regions), T(test_cut) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
