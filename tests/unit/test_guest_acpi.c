/* SPDX-License-Identifier: MIT */
/* test_guest_acpi: tables of ACPI that were recorded, and ones that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guest/acpi.h"
#include "guest/gather.h"
#include "guest/record.h"
#include "recorded-guest.h"

/* A copy of a recorded table's bytes, to be damaged. */
static uint8_t *bytes(const char *name, const char *signature, size_t *ret_size)
{
	const struct fact *fact = guest_find(recorded_guest(name), "probe-acpi", "signature", signature);

	assert_non_null(fact);
	*ret_size = fact->size;
	return arena_memdup(arena, fact->data, fact->size);
}

static struct acpi_table table(const char *name, const char *signature)
{
	struct acpi_table t;
	size_t size;
	uint8_t *data = bytes(name, signature, &size);

	assert_true(acpi_table_read(data, size, &t));
	assert_string_equal(t.signature, signature);
	assert_true(t.whole);
	assert_int_equal(t.sum, 0);
	assert_int_equal(t.size, size);
	return t;
}

static void test_rsdp(void **state)
{
	struct acpi_rsdp rsdp;
	size_t size;
	uint8_t *data = bytes("gicv3", "RSDP", &size);

	(void)state;
	assert_true(acpi_rsdp_read(data, size, &rsdp));
	assert_true(rsdp.signature);
	assert_int_equal(rsdp.revision, 2);
	assert_int_equal(rsdp.length, 36);
	assert_int_equal(rsdp.sum, 0);
	assert_int_equal(rsdp.extended_sum, 0);
	assert_int_equal(rsdp.xsdt, 0x7c43fe98);
	/* each byte is in a sum */
	for (size_t i = 0; i < size; i++) {
		data[i]++;
		if (i != 15 && i != 20) { /* the revision says where to look, the length how far */
			assert_true(acpi_rsdp_read(data, size, &rsdp));
			assert_true(rsdp.extended_sum && (i >= 20 || rsdp.sum));
			assert_true(rsdp.signature == (i >= 8));
		}
		data[i]--;
	}
	assert_false(acpi_rsdp_read(data, 35, &rsdp));
	assert_false(acpi_rsdp_read(data, 19, &rsdp));
	data[15] = 0;
	assert_true(acpi_rsdp_read(data, 20, &rsdp));
	assert_int_equal(rsdp.xsdt, 0);
}

static void test_root(void **state)
{
	const struct guest *guest = recorded_guest("gicv3");
	struct acpi_table t = table("gicv3", "XSDT");
	struct acpi_root root;

	(void)state;
	acpi_root_read(arena, &t, &root);
	assert_null(root.wrong.what);
	assert_int_equal(root.count, 8);
	for (uint32_t i = 0; i < root.count; i++)
		assert_non_null(guest_find(guest, "probe-acpi", "address",
					   arena_printf(arena, "0x%llx", (unsigned long long)root.addresses[i])));
	t.size -= 4;
	acpi_root_read(arena, &t, &root);
	assert_int_equal(root.count, 7);
	assert_string_equal(root.wrong.what, "the table ends within an address");
}

static void test_header(void **state)
{
	struct acpi_table t;
	size_t size;
	uint8_t *data = bytes("gicv3", "SPCR", &size);

	(void)state;
	for (size_t i = 8; i < size; i++) {
		data[i] ^= 0x40;
		assert_true(acpi_table_read(data, size, &t));
		assert_true(t.sum);
		data[i] ^= 0x40;
	}
	data[0] = '\n';
	data[4] = 20;
	assert_true(acpi_table_read(data, size, &t));
	assert_string_equal(t.signature, "?PCR");
	assert_false(t.whole);
	data[4] = 81;
	assert_true(acpi_table_read(data, size, &t));
	assert_false(t.whole);
	assert_int_equal(t.size, 80);
	assert_false(acpi_table_read(data, 35, &t));
}

static void test_fadt(void **state)
{
	struct acpi_table t = table("gicv2", "FACP");
	struct acpi_fadt fadt;

	(void)state;
	acpi_fadt_read(&t, &fadt);
	assert_null(fadt.wrong.what);
	assert_int_equal(t.revision, 6);
	assert_int_equal(fadt.minor, 0);
	assert_true(fadt.flags & ACPI_FADT_REDUCED_HARDWARE);
	assert_true(fadt.has_arm_boot);
	assert_int_equal(fadt.arm_boot, ACPI_ARM_PSCI | ACPI_ARM_PSCI_HVC);
	assert_int_equal(fadt.dsdt, 0x7c437518);
	t.revision = 5;
	acpi_fadt_read(&t, &fadt);
	assert_false(fadt.has_arm_boot);
	t.size = 131;
	acpi_fadt_read(&t, &fadt);
	assert_non_null(fadt.wrong.what);
	t = table("x86_64", "FACP");
	acpi_fadt_read(&t, &fadt);
	assert_null(fadt.wrong.what);
	assert_false(fadt.flags & ACPI_FADT_REDUCED_HARDWARE);
	assert_false(fadt.has_arm_boot);
}

static void test_madt_gicv3(void **state)
{
	struct acpi_table t = table("gicv3", "APIC");
	const struct acpi_madt_entry *e;
	struct acpi_madt madt;

	(void)state;
	acpi_madt_read(arena, &t, &madt);
	assert_null(madt.wrong.what);
	assert_int_equal(madt.cpus, 2);
	assert_int_equal(madt.enabled_cpus, 2);
	assert_int_equal(madt.count, 5);
	e = acpi_madt_next(&madt, NULL, ACPI_MADT_DISTRIBUTOR);
	assert_int_equal(e->version, 3);
	assert_int_equal(e->base, 0x8000000);
	assert_null(acpi_madt_next(&madt, e, ACPI_MADT_DISTRIBUTOR));
	e = acpi_madt_next(&madt, NULL, ACPI_MADT_REDISTRIBUTOR);
	assert_int_equal(e->base, 0x80a0000);
	assert_int_equal(e->range, 0xf60000);
	assert_int_equal(acpi_madt_next(&madt, NULL, ACPI_MADT_ITS)->base, 0x8080000);
	e = acpi_madt_next(&madt, acpi_madt_next(&madt, NULL, ACPI_MADT_CPU), ACPI_MADT_CPU);
	assert_int_equal(e->uid, 1);
	assert_int_equal(e->mpidr, 1);
	/* cut anywhere: what is whole is read, and the rest is said */
	for (size_t size = 44; size < 264; size++) {
		t.size = size;
		acpi_madt_read(arena, &t, &madt);
		assert_true(madt.count < 5);
		assert_true(madt.wrong.what || size == 44 || size == 68 || size == 148 || size == 228 || size == 244);
	}
}

static void test_madt_gicv2(void **state)
{
	struct acpi_table t = table("gicv2", "APIC");
	struct acpi_madt madt;
	uint8_t *data = arena_memdup(arena, t.data, t.size);

	(void)state;
	acpi_madt_read(arena, &t, &madt);
	assert_int_equal(acpi_madt_next(&madt, NULL, ACPI_MADT_DISTRIBUTOR)->version, 2);
	assert_int_equal(acpi_madt_next(&madt, NULL, ACPI_MADT_CPU)->base, 0x8010000);
	assert_int_equal(acpi_madt_next(&madt, NULL, ACPI_MADT_CPU)->gicv, 0x8040000);
	assert_int_equal(acpi_madt_next(&madt, NULL, ACPI_MADT_MSI_FRAME)->base, 0x8020000);
	t.data = data;
	data[45] = 0; /* the length of the first structure */
	acpi_madt_read(arena, &t, &madt);
	assert_int_equal(madt.count, 0);
	assert_int_equal(madt.wrong.offset, 44);
	assert_string_equal(madt.wrong.what, "a structure is shorter than its own head");
	data[45] = 20; /* a distributor has 24 bytes */
	acpi_madt_read(arena, &t, &madt);
	assert_string_equal(madt.wrong.what, "a structure is shorter than its type asks for");
	data[45] = 255;
	acpi_madt_read(arena, &t, &madt);
	assert_string_equal(madt.wrong.what, "a structure goes beyond the end");
}

static void test_madt_x86(void **state)
{
	struct acpi_table t = table("x86_64", "APIC");
	struct acpi_madt madt;

	(void)state;
	acpi_madt_read(arena, &t, &madt);
	assert_null(madt.wrong.what);
	assert_int_equal(madt.enabled_cpus, 2);
	assert_int_equal(acpi_madt_next(&madt, NULL, ACPI_MADT_IO_APIC)->base, 0xfec00000);
}

static void test_gtdt(void **state)
{
	struct acpi_table t = table("gicv3", "GTDT");
	struct acpi_gtdt gtdt;

	(void)state;
	acpi_gtdt_read(&t, &gtdt);
	assert_null(gtdt.wrong.what);
	assert_int_equal(gtdt.virtual.interrupt, 27);
	assert_int_equal(gtdt.virtual.flags, 0);
	assert_int_equal(gtdt.physical.interrupt, 30);
	assert_int_equal(gtdt.physical.flags, 4);
	assert_int_equal(gtdt.platform_timers, 0);
	t.size = 79;
	acpi_gtdt_read(&t, &gtdt);
	assert_non_null(gtdt.wrong.what);
}

static void test_consoles(void **state)
{
	struct acpi_table t = table("gicv3", "SPCR");
	struct acpi_spcr spcr;
	struct acpi_dbg2 dbg2;
	uint8_t *data;

	(void)state;
	acpi_spcr_read(&t, &spcr);
	assert_null(spcr.wrong.what);
	assert_int_equal(spcr.kind, ACPI_SERIAL_PL011);
	assert_int_equal(spcr.base.space, 0);
	assert_int_equal(spcr.base.width, 8);
	assert_int_equal(spcr.base.address, 0x9000000);
	assert_int_equal(spcr.interrupt_type, 8);
	assert_int_equal(spcr.interrupt, 33);
	t.size = 60;
	acpi_spcr_read(&t, &spcr);
	assert_non_null(spcr.wrong.what);

	t = table("gicv3", "DBG2");
	acpi_dbg2_read(arena, &t, &dbg2);
	assert_null(dbg2.wrong.what);
	assert_int_equal(dbg2.count, 1);
	assert_int_equal(dbg2.ports[0].type, ACPI_DEBUG_SERIAL);
	assert_int_equal(dbg2.ports[0].kind, ACPI_SERIAL_PL011);
	assert_int_equal(dbg2.ports[0].base.address, 0x9000000);
	assert_string_equal(dbg2.ports[0].name, "COM0");
	data = arena_memdup(arena, t.data, t.size);
	t.data = data;
	data[40] = 2;
	acpi_dbg2_read(arena, &t, &dbg2);
	assert_string_equal(dbg2.wrong.what, "there are fewer bytes than debug ports need");
	data[40] = 1;
	data[44 + 18] = 40; /* where its address stands, of 43 bytes */
	acpi_dbg2_read(arena, &t, &dbg2);
	assert_int_equal(dbg2.count, 0);
	assert_int_equal(dbg2.wrong.offset, 44);
	/* as a guest may tell of, to have us use memory */
	t.size = t.length = 44 + 22 * (ACPI_ENTRIES + 1);
	t.data = data = arena_alloc(arena, t.size);
	data[36] = 44;
	data[40] = (ACPI_ENTRIES + 1) & 255;
	data[41] = (ACPI_ENTRIES + 1) >> 8;
	acpi_dbg2_read(arena, &t, &dbg2);
	assert_int_equal(dbg2.count, 0);
	assert_string_equal(dbg2.wrong.what, "there are too many debug ports");
}

/* One processor may have an entry of the local APIC and one of the x2APIC. */
static void test_x2apic(void **state)
{
	uint8_t data[44 + 2 * 8 + 3 * 16] = "APIC", *at = data + 44;
	struct acpi_table t = { "APIC", data, sizeof(data), sizeof(data), 5, true, 0 };
	static const uint16_t ids[] = { 0, 1, 300 };
	struct acpi_madt madt;

	(void)state;
	for (uint8_t i = 0; i < 2; i++, at += 8)
		memcpy(at, (uint8_t[]){ 0, 8, i, i, 1 }, 5);
	for (uint8_t i = 0; i < 3; i++, at += 16)
		memcpy(at, (uint8_t[]){ 9, 16, 0, 0, ids[i] & 255, ids[i] >> 8, 0, 0, 1 }, 9);
	acpi_madt_read(arena, &t, &madt);
	assert_null(madt.wrong.what);
	assert_int_equal(madt.cpus, 5);
	assert_int_equal(madt.enabled_cpus, 3);
	/* without the first kind all of the second count, and each id once */
	data[44 + 4] = data[44 + 8 + 4] = 0;
	acpi_madt_read(arena, &t, &madt);
	assert_int_equal(madt.enabled_cpus, 3);
	data[44 + 16 + 16 + 4] = 0;
	acpi_madt_read(arena, &t, &madt);
	assert_int_equal(madt.enabled_cpus, 2);
}

static void test_mcfg(void **state)
{
	struct acpi_table t = table("gicv3", "MCFG");
	struct acpi_mcfg mcfg;

	(void)state;
	acpi_mcfg_read(arena, &t, &mcfg);
	assert_null(mcfg.wrong.what);
	assert_int_equal(mcfg.count, 1);
	assert_int_equal(mcfg.segments[0].base, 0x4010000000);
	assert_int_equal(mcfg.segments[0].last_bus, 255);
	t.size = 50;
	acpi_mcfg_read(arena, &t, &mcfg);
	assert_int_equal(mcfg.count, 0);
	assert_non_null(mcfg.wrong.what);
}

static void test_pptt(void **state)
{
	struct acpi_table t = table("gicv3", "PPTT");
	struct acpi_pptt pptt;
	uint8_t *data;

	(void)state;
	acpi_pptt_read(arena, &t, &pptt);
	assert_null(pptt.wrong.what);
	assert_int_equal(pptt.count, 4);
	assert_int_equal(pptt.leaves, 2);
	assert_true(pptt.processors[0].flags & ACPI_PPTT_PACKAGE);
	assert_true(pptt.processors[3].leaf && pptt.processors[3].flags & ACPI_PPTT_ID_VALID);
	assert_int_equal(pptt.processors[3].id, 1);
	data = arena_memdup(arena, t.data, t.size);
	t.data = data;
	data[96 + 8] = 57; /* the parent of the last */
	acpi_pptt_read(arena, &t, &pptt);
	assert_string_equal(pptt.wrong.what, "a processor's parent is none");
	assert_int_equal(pptt.wrong.offset, 96);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_rsdp), T(test_root), T(test_header), T(test_fadt), T(test_madt_gicv3), T(test_madt_gicv2),
		T(test_madt_x86), T(test_gtdt), T(test_consoles), T(test_x2apic), T(test_mcfg), T(test_pptt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
