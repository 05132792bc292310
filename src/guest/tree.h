/* SPDX-License-Identifier: MIT */
/* tree: a flattened device tree, read into nodes and properties (Devicetree Specification 0.1, section 5).
 *
 * It comes from inside a virtual machine: all offsets are checked, and what makes no sense ends the reading, with a word of why
 * beside what could be read.
 */
#ifndef GUEST_TREE_H
#define GUEST_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define TREE_NODES 8192
#define TREE_PROPERTIES 65536
#define TREE_DEPTH 64
#define TREE_OF_NODE 4096 /* properties of one node */

struct tree_property {
	const char *name;
	const uint8_t *data; /* big-endian, in the bytes that were read */
	uint32_t size;
};

struct tree_node {
	const char *name;	       /* with its unit address; "" for the root */
	const struct tree_node *parent; /* NULL for the root */
	const struct tree_property *properties;
	uint32_t property_count, depth;
	const struct tree_property *reg; /* that property, or NULL */
	uint32_t address_cells, size_cells; /* of its children's reg; 2 and 1 unless it says otherwise */
	bool mapped; /* the processor sees its children's addresses as they are */
};

struct tree {
	const struct tree_node *nodes; /* in the order of the blob: parents before children; the first is the root */
	uint32_t count;
	uint32_t total, version; /* as the header says */
	const char *wrong;	 /* what ended the reading before its time, or NULL */
};

/* Reads `size` bytes, which may be less than the header's total if only padding is left out.  The result lives in the arena and
 * points into the bytes.  0; -EINVAL when this is no device tree at all. */
int tree_read(struct arena *arena, const void *data, size_t size, const struct tree **ret, struct error *err);

/* The property of a node; NULL if the node (which may be NULL) has none of this name. */
const struct tree_property *tree_property(const struct tree_node *node, const char *name);

/* Is `string` one of the strings of this property of the node? */
bool tree_has_string(const struct tree_node *node, const char *name, const char *string);

/* The first node behind `after` (NULL: from the root) that is compatible with this; NULL if there is none. */
const struct tree_node *tree_compatible(const struct tree *tree, const struct tree_node *after, const char *compatible);

/* The node at a path such as "/cpus"; a name without its unit address finds the first that has one. */
const struct tree_node *tree_at(const struct tree *tree, const char *path);

/* Is the node of use?  status is absent, "okay" or "ok". */
bool tree_enabled(const struct tree_node *node);

/* The nth address and size of `reg`, as the processor sees them; false if there are none, or buses on the way translate them. */
bool tree_reg(const struct tree_node *node, uint32_t n, uint64_t *ret_base, uint64_t *ret_size);

/* The nth cell of a property as a number; false if there is none. */
bool tree_nth_cell(const struct tree_node *node, const char *name, uint32_t n, uint32_t *ret);

/* The first cell of a property as a number; false if there is none. */
bool tree_cell(const struct tree_node *node, const char *name, uint32_t *ret);

#endif
