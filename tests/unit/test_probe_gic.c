/* SPDX-License-Identifier: MIT */
/* test_probe_gic: how far the probe walks a MADT and a device tree that say that they are longer than they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#ifndef __aarch64__
#define __aarch64__ 1
#endif
#include "../../src/appliance/probe/gic.c"

#define PAGE 4096

static char told[4096];

void put_char(struct record *r, char c)
{
	(void)r;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%c", c);
}

void put(struct record *r, const char *text)
{
	for (; *text; text++)
		put_char(r, *text);
}

void put_key_hex(struct record *r, const char *key, uint64_t value)
{
	char text[64];

	snprintf(text, sizeof(text), " %s=%#llx", key, (unsigned long long)value);
	put(r, text);
}

void put_key(struct record *r, const char *key, uint64_t value)
{
	char text[64];

	snprintf(text, sizeof(text), " %s=%llu", key, (unsigned long long)value);
	put(r, text);
}

enum device_read device_read(uint64_t address, uint32_t *value)
{
	*value = (address & 0xffff) == PIDR2_OF_3 ? 0x3b : 7;
	return DEVICE_READ;
}

/* Two pages, and nothing that may be read behind them. */
static uint8_t *pages(void)
{
	uint8_t *at = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(at, MAP_FAILED);
	assert_int_equal(mprotect(at, 2 * PAGE, PROT_READ | PROT_WRITE), 0);
	memset(told, 0, sizeof(told));
	return at;
}

static void put_le(uint8_t *at, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void put_be(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void a_madt(void **state)
{
	uint8_t *madt = pages();
	struct record r = { 0 };
	uint32_t at;

	(void)state;
	/* entries of another type up to the last, which is the distributor */
	for (at = MADT_ENTRIES; at + 24 < 2 * PAGE - 255; at += 255) {
		madt[at] = 11;
		madt[at + 1] = 255;
	}
	madt[at] = MADT_DISTRIBUTOR;
	madt[at + 1] = 24;
	put_le(madt + at + 8, 0x8000000, 8);
	madt[at + 20] = 3;
	put_le(madt + 4, at + 24, 4);
	record_gic_acpi(&r, madt);
	assert_string_equal(told, "probe-gic by=acpi address=0x8000000 version=3 pidr2-64k=0x3b typer=0x7 iidr=0x7\n");
	/* one that is cut off is none */
	memset(told, 0, sizeof(told));
	put_le(madt + 4, at + 23, 4);
	record_gic_acpi(&r, madt);
	assert_string_equal(told, "");
	/* and no such length leads beyond what there is */
	for (; at < 2 * PAGE - 1; at += 255) {
		madt[at] = 11;
		madt[at + 1] = 255;
	}
	put_le(madt + 4, UINT32_MAX, 4);
	record_gic_acpi(&r, madt);
	put_le(madt + 4, TABLE_MAXIMUM + 1, 4);
	record_gic_acpi(&r, madt);
	assert_string_equal(told, "");
	munmap(madt, 3 * PAGE);
}

static void a_tree(void **state)
{
	uint8_t *tree = pages();
	struct record r = { 0 };

	(void)state;
	/* a node whose name does not end */
	memset(tree, 'x', 2 * PAGE);
	put_be(tree, 0xd00dfeed);
	put_be(tree + 8, 40);
	put_be(tree + 12, 40);
	put_be(tree + 40, 1);
	put_be(tree + 4, 2 * PAGE);
	record_gic_tree(&r, tree);
	put_be(tree + 4, UINT32_MAX);
	record_gic_tree(&r, tree);
	put_be(tree + 4, TREE_MAXIMUM + 1);
	record_gic_tree(&r, tree);
	assert_string_equal(told, "");
	munmap(tree, 3 * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_madt),
		cmocka_unit_test(a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
