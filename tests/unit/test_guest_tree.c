/* SPDX-License-Identifier: MIT */
/* test_guest_tree: device trees that were recorded, and ones that are damaged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guest/gather.h"
#include "guest/record.h"
#include "guest/tree.h"
#include "recorded-guest.h"

static const struct fact *recorded(const char *name)
{
	return guest_next(recorded_guest(name), NULL, "probe-device-tree");
}

static void test_qemu(void **state)
{
	const struct fact *fact = recorded("acpi-off");
	const struct tree_node *node;
	const struct tree *tree;
	struct error err;
	uint64_t base, size;
	uint32_t cell;
	int cpus = 0;

	(void)state;
	assert_int_equal(tree_read(arena, fact->data, fact->size, &tree, &err), 0);
	assert_null(tree->wrong);
	assert_int_equal(tree->version, 17);
	assert_int_equal(tree->total, 1052672);
	assert_true(tree_has_string(tree->nodes, "compatible", "linux,dummy-virt"));
	assert_false(tree_has_string(tree->nodes, "compatible", "linux"));
	node = tree_compatible(tree, NULL, "arm,pl011");
	assert_string_equal(node->name, "pl011@9000000");
	assert_true(tree_has_string(node, "compatible", "arm,primecell"));
	assert_true(tree_enabled(node));
	assert_ptr_equal(tree_at(tree, "/pl011@9000000"), node);
	assert_ptr_equal(tree_at(tree, "/pl011"), node);
	assert_null(tree_at(tree, "/pl011@9000001"));
	assert_null(tree_at(tree, "/pl01"));
	assert_ptr_equal(tree_at(tree, "/"), tree->nodes);
	assert_non_null(tree_compatible(tree, NULL, "arm,gic-v3"));
	assert_non_null(tree_compatible(tree, NULL, "arm,psci-0.2"));
	for (uint32_t i = 0; i < tree->count; i++)
		cpus += tree_has_string(&tree->nodes[i], "device_type", "cpu");
	assert_int_equal(cpus, 2);
	assert_true(tree_cell(tree_at(tree, "/cpus/cpu@1"), "reg", &cell));
	assert_int_equal(cell, 1);
	assert_true(tree_reg(node, 0, &base, &size));
	assert_true(base == 0x9000000 && size == 0x1000);
	assert_false(tree_reg(node, 1, &base, &size));
	/* a bus that has the same addresses on both sides, and one that maps them to others */
	assert_true(tree_reg(tree_compatible(tree, NULL, "arm,gic-v3-its"), 0, &base, &size));
	assert_true(base == 0x8080000 && size == 0x20000);
	assert_true(tree_reg(tree_at(tree, "/cpus/cpu@1"), 0, &base, &size));
	assert_true(base == 1 && size == 0);
	assert_false(tree_reg(tree->nodes, 0, &base, &size));
	assert_false(tree_reg(NULL, 0, &base, &size));
	assert_true(tree_nth_cell(tree_at(tree, "/timer"), "interrupts", 7, &cell));
	assert_int_equal(cell, 11);
	assert_false(tree_nth_cell(tree_at(tree, "/timer"), "interrupts", 12, &cell));
	assert_false(tree_cell(tree_at(tree, "/cpus/cpu@1"), "none", &cell));
	assert_int_equal(tree_at(tree, "/cpus/cpu@1")->depth, 2);
	/* 32 places for virtio-mmio */
	cpus = 0;
	for (node = NULL; (node = tree_compatible(tree, node, "virtio,mmio"));)
		cpus++;
	assert_int_equal(cpus, 32);
}

static void test_u_boot(void **state)
{
	const struct fact *fact = recorded("u-boot");
	const struct tree *tree;
	struct error err;

	(void)state;
	assert_int_equal(tree_read(arena, fact->data, fact->size, &tree, &err), 0);
	assert_null(tree->wrong);
	assert_non_null(tree_property(tree_at(tree, "/chosen"), "stdout-path"));
}

/* Each single byte of a tree changed, and each shorter part of it: it is read, or refused, and nothing else happens. */
static void test_damaged(void **state)
{
	const struct fact *fact = recorded("u-boot");
	const struct tree *tree;
	unsigned wrong = 0;
	struct error err;

	(void)state;
	for (size_t i = 0; i < fact->size; i++) {
		struct arena_mark mark = arena_mark(arena);
		uint8_t *copy = malloc(fact->size);

		memcpy(copy, fact->data, fact->size);
		copy[i] ^= 0xff;
		if (tree_read(arena, copy, fact->size, &tree, &err) < 0 || tree->wrong)
			wrong++;
		free(copy);
		/* of exactly its size, so that a read beyond it is seen */
		copy = malloc(i ? i : 1);
		memcpy(copy, fact->data, i);
		if (tree_read(arena, copy, i, &tree, &err) == 0)
			assert_true(tree->count > 0);
		free(copy);
		arena_release(arena, mark);
	}
	assert_true(wrong > 1000);
}

static void put(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 24);
	to[1] = (uint8_t)(value >> 16);
	to[2] = (uint8_t)(value >> 8);
	to[3] = (uint8_t)value;
}

/* Header, structure of these words, and the strings "a\0b\0". */
static const struct tree *build(const uint32_t *words, uint32_t count, int code)
{
	uint32_t header[] = { 0xd00dfeed, 0, 40, 40 + 4 * count, 0, 17, 16, 0, 4, 4 * count };
	uint8_t *data = arena_alloc(arena, 44 + 4 * count);
	const struct tree *tree = NULL;
	struct error err;

	header[1] = 44 + 4 * count;
	for (uint32_t i = 0; i < 10; i++)
		put(data + 4 * i, header[i]);
	for (uint32_t i = 0; i < count; i++)
		put(data + 40 + 4 * i, words[i]);
	memcpy(data + 40 + 4 * count, "a\0b", 4);
	assert_int_equal(tree_read(arena, data, 44 + 4 * count, &tree, &err), code);
	return tree;
}
#define BUILD(code, ...) build((const uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, code)

static void test_structure(void **state)
{
	const struct tree *tree = BUILD(0, 1, 0, 3, 4, 0, 7, 3, 0, 2, 1, 0x78000000, 3, 1, 2, 0x41000000, 2, 4, 2, 9);

	(void)state;
	assert_null(tree->wrong);
	assert_int_equal(tree->count, 2);
	assert_int_equal(tree->nodes[0].property_count, 2);
	assert_string_equal(tree->nodes[1].name, "x");
	assert_ptr_equal(tree->nodes[1].parent, tree->nodes);
	assert_int_equal(tree_property(&tree->nodes[1], "b")->size, 1);
	assert_false(tree_has_string(&tree->nodes[1], "b", "A")); /* it does not end */
	assert_string_equal(BUILD(0, 1, 0, 2)->wrong, "the structure has no end");
	assert_string_equal(BUILD(0, 1, 0, 9)->wrong, "the structure ends inside of a node");
	assert_string_equal(BUILD(0, 1, 0, 2, 2, 9)->wrong, "a node ends that did not begin");
	assert_string_equal(BUILD(0, 1, 0, 2, 1, 0, 2, 9)->wrong, "there are two roots");
	assert_string_equal(BUILD(0, 1, 0, 3, 4, 4, 7, 2, 9)->wrong, "a property's name lies outside of the strings");
	assert_string_equal(BUILD(0, 1, 0, 3, 400, 0, 7, 2, 9)->wrong, "a property goes beyond the end");
	assert_string_equal(BUILD(0, 1, 0, 1, 0, 3, 0, 0, 2, 3, 0, 0, 2, 9)->wrong, "a property stands behind a node's children");
	assert_string_equal(BUILD(0, 1, 0, 5)->wrong, "the structure holds a token that is none");
	assert_string_equal(BUILD(0, 1, 0, 1, 0x41414141)->wrong, "a node's name does not end");
	BUILD(-EINVAL, 9);
	BUILD(-EINVAL, 3, 0, 0, 9);
}

static void test_too_deep(void **state)
{
	uint32_t words[2 * TREE_DEPTH + 2] = { 0 };

	(void)state;
	for (int i = 0; i <= TREE_DEPTH; i++)
		words[2 * i] = 1;
	assert_string_equal(build(words, 2 * TREE_DEPTH + 2, 0)->wrong, "nodes lie too deep in each other");
}

static void test_too_many_properties(void **state)
{
	uint32_t count = 2 + 3 * (TREE_OF_NODE + 1), *words = ARENA_ARRAY(arena, count, uint32_t);
	const struct tree *tree;

	(void)state;
	words[0] = 1;
	for (uint32_t i = 0; i <= TREE_OF_NODE; i++)
		words[2 + 3 * i] = 3;
	tree = build(words, count, 0);
	assert_string_equal(tree->wrong, "a node has too many properties");
	assert_int_equal(tree->nodes[0].property_count, TREE_OF_NODE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_qemu), T(test_u_boot), T(test_damaged), T(test_structure), T(test_too_deep),
		T(test_too_many_properties) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
