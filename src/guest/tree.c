/* SPDX-License-Identifier: MIT */
/* tree: two passes over the structure block: count, then fill. */
#include "guest/tree.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };

struct walk {
	struct cursor structure;
	const char *strings;
	uint32_t strings_size;
	struct tree_node *nodes; /* NULL while they are counted */
	struct tree_property *properties;
	uint32_t node_count, property_count;
	struct tree_node *open[TREE_DEPTH];
	uint32_t depth;
	const char *wrong;
};

static void align(struct cursor *c)
{
	cursor_seek(c, (c->position + 3) & ~(size_t)3);
}

static bool begin_node(struct walk *w)
{
	const uint8_t *name = w->structure.data + w->structure.position;
	const uint8_t *end = memchr(name, 0, cursor_left(&w->structure));

	if (!end)
		w->wrong = "a node's name does not end";
	else if (w->depth == TREE_DEPTH)
		w->wrong = "nodes lie too deep in each other";
	else if (w->node_count == TREE_NODES)
		w->wrong = "there are too many nodes";
	else if (w->node_count && !w->depth)
		w->wrong = "there are two roots";
	if (w->wrong)
		return false;
	cursor_skip(&w->structure, (size_t)(end - name) + 1);
	align(&w->structure);
	if (w->nodes) {
		struct tree_node *node = &w->nodes[w->node_count];

		node->name = (const char *)name;
		node->parent = w->depth ? w->open[w->depth - 1] : NULL;
		node->depth = w->depth;
		node->properties = w->properties + w->property_count;
		w->open[w->depth] = node;
	}
	w->node_count++;
	w->depth++;
	return true;
}

static bool property(struct walk *w)
{
	uint32_t size = cursor_be32(&w->structure), name = cursor_be32(&w->structure);
	const uint8_t *data = cursor_bytes(&w->structure, size);

	if (!data)
		w->wrong = "a property goes beyond the end";
	else if (!w->depth)
		w->wrong = "a property lies outside of all nodes";
	else if (name >= w->strings_size || !memchr(w->strings + name, 0, w->strings_size - name))
		w->wrong = "a property's name lies outside of the strings";
	else if (w->property_count == TREE_PROPERTIES)
		w->wrong = "there are too many properties";
	if (w->wrong)
		return false;
	align(&w->structure);
	if (w->nodes) {
		struct tree_node *node = w->open[w->depth - 1];

		/* properties stand before a node's children, so that they lie in a row */
		if (node->properties + node->property_count != w->properties + w->property_count) {
			w->wrong = "a property stands behind a node's children";
			return false;
		}
		if (node->property_count == TREE_OF_NODE) {
			w->wrong = "a node has too many properties";
			return false;
		}
		node->property_count++;
		w->properties[w->property_count] = (struct tree_property){ w->strings + name, data, size };
	}
	w->property_count++;
	return true;
}

/* Goes over the structure from its beginning; false if it does not come to its end. */
static bool walk(struct walk *w)
{
	bool going = true;

	w->structure.position = 0;
	w->structure.failed = false;
	w->node_count = w->property_count = w->depth = 0;
	w->wrong = NULL;
	while (going) {
		uint32_t token = cursor_be32(&w->structure);

		if (!cursor_ok(&w->structure)) {
			w->wrong = "the structure has no end";
			break;
		}
		switch (token) {
		case BEGIN_NODE:
			going = begin_node(w);
			break;
		case END_NODE:
			going = w->depth > 0;
			if (going)
				w->depth--;
			else
				w->wrong = "a node ends that did not begin";
			break;
		case PROPERTY:
			going = property(w);
			break;
		case NOP:
			break;
		case END:
			if (w->depth)
				w->wrong = "the structure ends inside of a node";
			return !w->wrong;
		default:
			w->wrong = "the structure holds a token that is none";
			going = false;
		}
	}
	return false;
}

/* What reading addresses needs of a node; that of its parent is there. */
static void read_bus(struct tree_node *node)
{
	const struct tree_property *ranges = tree_property(node, "ranges");

	node->reg = tree_property(node, "reg");
	node->address_cells = 2;
	node->size_cells = 1;
	tree_cell(node, "#address-cells", &node->address_cells);
	tree_cell(node, "#size-cells", &node->size_cells);
	/* empty ranges say that addresses are the same on both sides; /cpus has none, and its are identifiers */
	node->mapped = !node->parent || (node->parent->mapped && ((ranges && !ranges->size) || !strcmp(node->name, "cpus")));
}

int tree_read(struct arena *arena, const void *data, size_t size, const struct tree **ret, struct error *err)
{
	struct cursor c = cursor_make(data, size);
	struct tree *tree = ARENA_NEW(arena, struct tree);
	struct walk w = { .nodes = NULL };
	uint32_t structure, strings, structure_size;

	if (cursor_be32(&c) != 0xd00dfeed)
		return error_set(err, EINVAL, "this is no device tree: it does not begin with d00dfeed");
	tree->total = cursor_be32(&c);
	structure = cursor_be32(&c);
	strings = cursor_be32(&c);
	cursor_skip(&c, 4);
	tree->version = cursor_be32(&c);
	cursor_skip(&c, 8);
	w.strings_size = cursor_be32(&c);
	structure_size = cursor_be32(&c);
	if (!cursor_ok(&c) || structure > size || structure_size > size - structure || strings > size ||
	    w.strings_size > size - strings || structure % 4)
		return error_set(err, EINVAL, "the device tree's blocks lie outside of its %zu bytes", size);
	if (tree->version < 17)
		return error_set(err, EINVAL, "the device tree has version %u, before 17", tree->version);
	w.structure = cursor_make((const uint8_t *)data + structure, structure_size);
	w.strings = (const char *)data + strings;
	walk(&w);
	w.nodes = ARENA_ARRAY(arena, w.node_count, struct tree_node);
	w.properties = ARENA_ARRAY(arena, w.property_count, struct tree_property);
	walk(&w);
	for (uint32_t i = 0; i < w.node_count; i++)
		read_bus(&w.nodes[i]);
	tree->nodes = w.nodes;
	tree->count = w.node_count;
	tree->wrong = w.wrong;
	if (!w.node_count)
		return error_set(err, EINVAL, "the device tree has no root: %s", w.wrong ? w.wrong : "it is empty");
	*ret = tree;
	return 0;
}

const struct tree_property *tree_property(const struct tree_node *node, const char *name)
{
	for (uint32_t i = 0; node && i < node->property_count; i++) {
		if (!strcmp(node->properties[i].name, name))
			return &node->properties[i];
	}
	return NULL;
}

bool tree_has_string(const struct tree_node *node, const char *name, const char *string)
{
	const struct tree_property *p = tree_property(node, name);
	size_t length = strlen(string) + 1;
	uint32_t at = 0;

	while (p && at < p->size) {
		const uint8_t *end = memchr(p->data + at, 0, p->size - at);

		if (!end)
			return false;
		if ((size_t)(end - p->data) + 1 - at == length && !memcmp(p->data + at, string, length))
			return true;
		at = (uint32_t)(end - p->data) + 1;
	}
	return false;
}

const struct tree_node *tree_compatible(const struct tree *tree, const struct tree_node *after, const char *compatible)
{
	for (uint32_t i = after ? (uint32_t)(after - tree->nodes) + 1 : 0; i < tree->count; i++) {
		if (tree_has_string(&tree->nodes[i], "compatible", compatible))
			return &tree->nodes[i];
	}
	return NULL;
}

static bool named(const struct tree_node *node, const char *name, size_t length)
{
	return !strncmp(node->name, name, length) &&
	       (!node->name[length] || (node->name[length] == '@' && !memchr(name, '@', length)));
}

const struct tree_node *tree_at(const struct tree *tree, const char *path)
{
	const struct tree_node *at = tree->nodes;

	while (at && *path) {
		const struct tree_node *found = NULL;
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (!length)
			break;
		for (uint32_t i = 0; i < tree->count && !found; i++) {
			if (tree->nodes[i].parent == at && named(&tree->nodes[i], path, length))
				found = &tree->nodes[i];
		}
		at = found;
		path += length;
	}
	return at;
}

bool tree_enabled(const struct tree_node *node)
{
	return !tree_property(node, "status") || tree_has_string(node, "status", "okay") || tree_has_string(node, "status", "ok");
}

bool tree_nth_cell(const struct tree_node *node, const char *name, uint32_t n, uint32_t *ret)
{
	const struct tree_property *p = tree_property(node, name);
	struct cursor c;

	if (!p || n >= p->size / 4)
		return false;
	c = cursor_make(p->data, p->size);
	cursor_seek(&c, (size_t)n * 4);
	*ret = cursor_be32(&c);
	return true;
}

bool tree_cell(const struct tree_node *node, const char *name, uint32_t *ret)
{
	return tree_nth_cell(node, name, 0, ret);
}

/* A number of one or two cells. */
static uint64_t cells(struct cursor *c, uint32_t count)
{
	uint64_t high = count == 2 ? cursor_be32(c) : 0;

	return count ? high << 32 | cursor_be32(c) : 0;
}

bool tree_reg(const struct tree_node *node, uint32_t n, uint64_t *ret_base, uint64_t *ret_size)
{
	const struct tree_property *reg = node ? node->reg : NULL;
	const struct tree_node *bus = node ? node->parent : NULL;
	struct cursor c;

	if (!reg || !bus || !bus->mapped || bus->address_cells < 1 || bus->address_cells > 2 || bus->size_cells > 2 ||
	    n >= reg->size / 4 / (bus->address_cells + bus->size_cells))
		return false;
	c = cursor_make(reg->data, reg->size);
	cursor_seek(&c, (size_t)n * 4 * (bus->address_cells + bus->size_cells));
	*ret_base = cells(&c, bus->address_cells);
	*ret_size = cells(&c, bus->size_cells);
	return true;
}
