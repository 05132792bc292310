/* SPDX-License-Identifier: MIT */
/* test_guest_recorded: the records in tests/guest are whole, and say of each machine what is known of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32.h"
#include "base/limits.h"
#include "guest/gather.h"
#include "guest/record.h"
#include "recorded-guest.h"

#define ACPI "8868e871-e4f1-11d3-bc22-0080c73c8881"
#define TREE "b1b621d5-f19c-41a5-830b-d9152c69aae0"

/* Reads tests/guest/NAME.record, and looks whether all in it is as the one who wrote it says. */
static const struct guest *load(const char *name)
{
	const struct guest *guest = recorded_guest(name);

	assert_int_equal(guest->strange, 0);
	for (uint32_t i = 0; i < guest->count; i++) {
		const struct fact *fact = &guest->facts[i];
		uint64_t number;
		size_t length;

		if (fact_number(fact, "size", &number)) {
			assert_true(guest_data(guest, fact, &length) || !number);
			assert_int_equal(length, number);
		}
		if (fact_number(fact, "crc", &number))
			assert_int_equal(crc32_update(0, fact->data, fact->size), number);
		if (!strncmp(fact->kind, "host-lines", 10)) {
			assert_string_equal(fact_text(fact, "lost"), "0");
			assert_string_equal(fact_text(fact, "damaged"), "0");
		}
	}
	assert_null(guest_next(guest, NULL, "host-trouble"));
	assert_non_null(guest_find(guest, "probe-end", "complete", "yes"));
	return guest;
}

/* All ACPI tables with a header sum up to nothing, as the probe copied them. */
static void assert_acpi(const struct guest *guest, const char *signatures)
{
	char list[32][8];
	int count = 0;

	for (const struct fact *f = guest_next(guest, NULL, "probe-acpi"); f; f = guest_next(guest, f, "probe-acpi")) {
		uint8_t sum = 0;

		assert_null(fact_text(f, "total"));
		for (size_t i = 0; i < f->size; i++)
			sum = (uint8_t)(sum + f->data[i]);
		if (strcmp(fact_text(f, "signature"), "FACS"))
			assert_int_equal(sum, 0);
		assert_true(count < 32);
		snprintf(list[count++], 8, "%s", fact_text(f, "signature"));
	}
	for (const char *s = signatures; *s; s += 4 + (s[4] == ' ')) {
		int i = 0;

		while (i < count && strncmp(list[i], s, 4))
			i++;
		if (i == count)
			fail_msg("no table %.4s", s);
	}
	assert_non_null(guest_find(guest, "probe-table", "guid", ACPI));
	assert_non_null(guest_find(guest, "linux-table", "guid", ACPI));
}

static void assert_tree(const struct guest *guest)
{
	const struct fact *fact = guest_next(guest, NULL, "probe-device-tree");

	assert_non_null(fact);
	assert_memory_equal(fact->data, "\xd0\x0d\xfe\xed", 4);
	assert_non_null(memmem(fact->data, fact->size, "linux,dummy-virt", 17));
	assert_non_null(guest_find(guest, "probe-table", "guid", TREE));
	assert_non_null(guest_find(guest, "linux-table", "guid", TREE));
}

static void assert_in_file(const struct guest *guest, const char *path, const char *text)
{
	const char *data;
	size_t size;

	data = (const char *)guest_file(guest, NULL, path, &size);
	if (!data || !memmem(data, size, text, strlen(text)))
		fail_msg("%s does not hold \"%s\"", path, text);
}

/* What has to be the same wherever the appliance runs on Arm. */
static void assert_arm(const struct guest *guest)
{
	const struct fact *rtc = guest_next(guest, NULL, "rtc");

	assert_string_equal(fact_text(guest_next(guest, NULL, "probe-firmware"), "exception-level"), "1");
	assert_string_equal(fact_text(guest_next(guest, NULL, "aarch32"), "status"), "32");
	assert_string_equal(fact_text(guest_next(guest, NULL, "cpu-power"), "on"), "ok");
	assert_string_equal(fact_text(rtc, "set"), "ok");
	assert_string_equal(fact_text(rtc, "restore"), "ok");
	assert_in_file(guest, "/sys/kernel/debug/psci", "PSCIv1.1");
	assert_in_file(guest, "/proc/interrupts", "arch_timer");
	assert_in_file(guest, "/proc/consoles", "ttyAMA0");
	assert_in_file(guest, "/sys/devices/system/cpu/online", "0-1");
}

static void test_gicv3(void **state)
{
	const struct guest *guest = load("gicv3");
	const struct fact *read = NULL, *write = guest_next(guest, NULL, "variable-write");

	(void)state;
	assert_arm(guest);
	assert_acpi(guest, "RSDP XSDT FACP DSDT APIC GTDT MCFG SPCR DBG2 IORT PPTT");
	assert_null(guest_find(guest, "probe-table", "guid", TREE));
	assert_in_file(guest, "/proc/interrupts", "GICv3");
	assert_in_file(guest, "/proc/tty/driver/ttyAMA", "uart:SBSA");
	for (int i = 0; i < 2; i++) {
		read = guest_next(guest, read, "variable-read");
		assert_string_equal(fact_text(read, "value"), fact_text(write, "wanted"));
	}
	assert_string_equal(fact_text(guest_next(guest, NULL, "hotplug-block"), "read"), "ok");
	assert_string_equal(fact_text(guest_next(guest, NULL, "hotplug-net"), "up"), "ok");
	assert_string_equal(fact_text(guest_next(guest, NULL, "hotplug-gone"), "gone"), "yes");
	assert_non_null(guest_find(guest, "host-boot", "how", "warm"));
	assert_non_null(guest_find(guest, "host-event", "name", "RESET"));
}

static void test_gicv2(void **state)
{
	const struct guest *guest = load("gicv2");

	(void)state;
	assert_arm(guest);
	assert_acpi(guest, "RSDP XSDT FACP DSDT APIC GTDT MCFG SPCR");
	assert_in_file(guest, "/proc/interrupts", "GIC-0 ");
}

static void test_acpi_off(void **state)
{
	const struct guest *guest = load("acpi-off");

	(void)state;
	assert_arm(guest);
	assert_tree(guest);
	assert_null(guest_find(guest, "probe-table", "guid", ACPI));
	assert_null(guest_next(guest, NULL, "probe-acpi"));
	assert_in_file(guest, "/proc/tty/driver/ttyAMA", "uart:PL011");
}

static void test_no_store(void **state)
{
	const struct guest *guest = load("no-store");
	const struct fact *read = guest_next(guest, NULL, "variable-read");

	(void)state;
	assert_arm(guest);
	/* it lives through a reset, which proves nothing */
	assert_string_equal(fact_text(read, "read"), "ok");
	assert_string_equal(fact_text(guest_next(guest, read, "variable-read"), "read"), "ENOENT");
}

static void test_u_boot(void **state)
{
	const struct guest *guest = load("u-boot");

	(void)state;
	assert_arm(guest);
	assert_tree(guest);
	assert_string_equal(fact_text(guest_next(guest, NULL, "probe-firmware"), "vendor"), "Das U-Boot");
	assert_string_equal(fact_text(guest_next(guest, NULL, "variable"), "write"), "EROFS");
}

static void test_mmio(void **state)
{
	const struct guest *guest = load("mmio");
	const struct fact *link = guest_find(guest, "link", "path", "/sys/bus/virtio/devices/virtio0");

	(void)state;
	assert_arm(guest);
	assert_non_null(strstr(fact_text(link, "to"), "/platform/LNRO0005:"));
}

/* Firmware that publishes both tables; Linux believes the device tree unless it is told otherwise. */
static void test_both(void **state)
{
	const struct guest *guest = load("both"), *forced = load("both-acpi");

	(void)state;
	assert_arm(guest);
	assert_tree(guest);
	assert_acpi(guest, "RSDP XSDT FACP DSDT APIC GTDT MCFG SPCR");
	assert_in_file(guest, "/proc/tty/driver/ttyAMA", "uart:PL011");
	assert_arm(forced);
	assert_tree(forced);
	assert_in_file(forced, "/proc/tty/driver/ttyAMA", "uart:SBSA");
}

static void test_noruntime(void **state)
{
	const struct guest *guest = load("noruntime");

	(void)state;
	assert_string_equal(fact_text(guest_next(guest, NULL, "probe-time"), "get"), "0x0");
	assert_string_equal(fact_text(guest_next(guest, NULL, "rtc"), "open"), "ENOENT");
	/* it goes off all the same, straight by PSCI */
	assert_non_null(guest_find(guest, "host-event", "name", "SHUTDOWN"));
}

static void test_x86_64(void **state)
{
	const struct guest *guest = load("x86_64");

	(void)state;
	assert_acpi(guest, "RSDP XSDT FACP DSDT FACS APIC MCFG");
	assert_string_equal(fact_text(guest_next(guest, NULL, "probe-firmware"), "ring"), "0");
	assert_string_equal(fact_text(guest_next(guest, NULL, "variable"), "after"), "ENOENT");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_gicv3), T(test_gicv2), T(test_acpi_off), T(test_no_store), T(test_u_boot), T(test_mmio), T(test_both),
		T(test_noruntime), T(test_x86_64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
