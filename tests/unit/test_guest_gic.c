/* SPDX-License-Identifier: MIT */
/* test_guest_gic: whose registers those are that the probe read where a table has the GIC's distributor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guest/gic.h"
#include "guest/machine.h"
#include "recorded-guest.h"

static struct gic_found found_in(const char *fact)
{
	char *text = arena_printf(arena, "guest format=1\nprobe-gic by=acpi address=0x8000000 %s\n", fact);
	struct gic_found found;
	const struct guest *guest;
	struct error err;

	assert_int_equal(guest_read(arena, text, strlen(text), &guest, &err), 0);
	assert_true(gic_found(guest, "acpi", &found));
	assert_false(gic_found(guest, "tree", &(struct gic_found){ 0 }));
	return found;
}

static void test_registers(void **state)
{
	static const struct {
		const char *fact;
		enum gic_answer answer;
		unsigned version;
	} cases[] = {
		/* QEMU's, of version 3 and 2, each told as it is and as the other */
		{ "version=3 pidr2-64k=0x3b typer=0x37a0007 iidr=0x43b", GIC_THERE, 3 },
		{ "version=4 pidr2-64k=0x4b typer=0x37a0007 iidr=0x43b", GIC_THERE, 4 },
		{ "version=2 pidr2-4k=0x0 pidr2-64k=0x3b typer=0x37a0007 iidr=0x43b", GIC_THERE, 3 },
		{ "version=2 pidr2-4k=0x2b typer=0x28 iidr=0x43b", GIC_THERE, 2 },
		{ "version=3 pidr2-64k=abort pidr2-4k=0x2b typer=0x28 iidr=0x0", GIC_THERE, 2 },
		/* KVM's of version 2, and Xen's */
		{ "version=2 pidr2-4k=0x0 pidr2-64k=0x0 typer=0x28 iidr=0x4b00243b", GIC_THERE, 2 },
		{ "version=2 pidr2-4k=abort pidr2-64k=abort typer=0x28 iidr=0x43b", GIC_THERE, 2 },
		{ "version=2 pidr2-4k=0x0 pidr2-64k=unmapped typer=0x28 iidr=0x4b00243b", GIC_THERE, 2 },
		/* a redistributor, an ITS, a PL011, one that ends with the same digit, a virtio device, memory */
		{ "version=3 pidr2-64k=0x3b typer=0x43b iidr=0x1000001", GIC_OTHER, 0 },
		{ "version=3 pidr2-64k=0x3b typer=0x43b iidr=0x1efb1", GIC_OTHER, 0 },
		{ "version=2 pidr2-4k=0x14 pidr2-64k=abort typer=0x0 iidr=0x0", GIC_OTHER, 0 },
		{ "version=2 pidr2-4k=0x24 pidr2-64k=abort typer=0x0 iidr=0x0", GIC_OTHER, 0 },
		{ "version=3 pidr2-64k=abort pidr2-4k=0x0 typer=0x1 iidr=0x0", GIC_OTHER, 0 },
		{ "version=3 pidr2-64k=0xaa14033b pidr2-4k=0x2b typer=0x0 iidr=0x0", GIC_OTHER, 0 },
		{ "version=2 pidr2-4k=0xffffffff pidr2-64k=0xffffffff typer=0xffffffff iidr=0xffffffff", GIC_OTHER, 0 },
		/* nobody; nobody could look */
		{ "version=3 pidr2-64k=abort pidr2-4k=abort typer=abort iidr=abort", GIC_NOBODY, 0 },
		{ "version=3 pidr2-64k=unmapped pidr2-4k=unmapped typer=unmapped iidr=unmapped", GIC_UNMAPPED, 0 },
		{ "version=3 pidr2-64k=untried pidr2-4k=untried typer=untried iidr=untried", GIC_UNTRIED, 0 },
		{ "version=3", GIC_UNKNOWN, 0 },
		{ "version=3 pidr2-64k=0x3b", GIC_UNKNOWN, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gic_found found = found_in(cases[i].fact);

		if (found.answer != cases[i].answer || found.version != cases[i].version)
			fail_msg("%s: answer %d, version %u", cases[i].fact, found.answer, found.version);
	}
}

/* The probe finds the node by itself; it has to find that which is read here. */
static void test_recorded(void **state)
{
	static const char *const names[] = { "gicv3", "gicv2", "acpi-off", "u-boot", "both", "both-acpi", "mmio", "el2" };
	struct gic_found found;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct machine *m = machine_read(arena, recorded_guest(names[i]));
		const struct tree_node *node = gic_node(m->tree);
		const struct acpi_madt_entry *d = m->madt ? acpi_madt_next(m->madt, NULL, ACPI_MADT_DISTRIBUTOR) : NULL;
		uint64_t base, size;

		assert_int_equal(gic_found(m->guest, "acpi", &found), d != NULL);
		if (d) {
			assert_int_equal(found.answer, GIC_THERE);
			assert_int_equal(found.address, d->base);
			assert_int_equal(found.version, d->version);
		}
		assert_int_equal(gic_found(m->guest, "tree", &found), node != NULL);
		if (node) {
			assert_true(tree_reg(node, 0, &base, &size));
			assert_int_equal(found.answer, GIC_THERE);
			assert_int_equal(found.address, base);
			assert_int_equal(found.version, gic_node_version(node));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_recorded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
