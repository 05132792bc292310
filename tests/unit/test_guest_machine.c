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
	assert_int_equal(m->architecture, MACHINE_OTHER);
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
	const struct CMUnitTest tests[] = { T(test_acpi), T(test_tree), T(test_x86_64), T(test_unknown), T(test_lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
