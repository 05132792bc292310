/* SPDX-License-Identifier: MIT */
/* fuzz_tree: any bytes as a flattened device tree. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "guest/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	const struct tree *tree;
	struct error err;
	uint32_t cell;

	if (tree_read(arena, data, size, &tree, &err) < 0)
		return 0;
	assert(tree->count && !tree->nodes[0].parent);
	for (uint32_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];

		assert(strlen(node->name) < size && (!i || (node->parent && node->parent < node)));
		assert(node->depth == (i ? node->parent->depth + 1 : 0));
		tree_enabled(node);
		tree_cell(node, "reg", &cell);
		for (uint32_t k = 0; k < node->property_count; k++) {
			const struct tree_property *p = &node->properties[k];

			assert(strlen(p->name) < size && p->data >= data && p->data + p->size <= data + size);
			tree_has_string(node, p->name, "okay");
		}
	}
	tree_at(tree, "/cpus/cpu@0");
	tree_compatible(tree, NULL, "arm,pl011");
	return 0;
}
