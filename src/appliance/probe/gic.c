/* SPDX-License-Identifier: MIT */
/* gic: what stands in the registers of an interrupt controller's distributor, where the tables say that it is.
 *
 * GICD_TYPER, GICD_IIDR and GICD_PIDR2, whose place tells a GICv2 from its successors: they are pages of 4 KiB and of 64 KiB.
 * (GIC Architecture Specification, version 2, 4.3; versions 3 and 4, 12.9; ACPI 6.5, 5.2.12.15; Devicetree Specification, 5)
 */
#include "record.h"

#ifdef __aarch64__

#define TYPER 0x4
#define IIDR 0x8
#define PIDR2_OF_2 0xfe8
#define PIDR2_OF_3 0xffe8

#define MADT_ENTRIES 44
#define MADT_DISTRIBUTOR 12

/* The register's value, or why there is none; the version by which a GIC would answer with it, 0 for none. */
static unsigned put_register(struct record *r, const char *key, uint64_t address)
{
	/* no pointers: nobody relocates us */
	static const char why[][12] = {
		[DEVICE_UNTRIED] = "untried", [DEVICE_UNMAPPED] = "unmapped", [DEVICE_ABORT] = "abort",
	};
	uint32_t value = 0;
	enum device_read done = device_read(address, &value);

	if (done == DEVICE_READ) {
		put_key_hex(r, key, value);
		return value >> 4 & 15;
	}
	put_char(r, ' ');
	put(r, key);
	put_char(r, '=');
	put(r, why[done]);
	return 0;
}

/* Only what must be read is: at a wrong address something else may answer. */
static void put_distributor(struct record *r, const char *by, uint64_t address, unsigned version)
{
	unsigned found;

	put(r, "probe-gic by=");
	put(r, by);
	put_key_hex(r, "address", address);
	put_key(r, "version", version);
	found = put_register(r, version >= 3 ? "pidr2-64k" : "pidr2-4k", address + (version >= 3 ? PIDR2_OF_3 : PIDR2_OF_2));
	if (version >= 3 ? found < 3 : found != 2)
		put_register(r, version >= 3 ? "pidr2-4k" : "pidr2-64k", address + (version >= 3 ? PIDR2_OF_2 : PIDR2_OF_3));
	put_register(r, "typer", address + TYPER);
	put_register(r, "iidr", address + IIDR);
	put_char(r, '\n');
}

void record_gic_acpi(struct record *r, const uint8_t *madt)
{
	uint32_t size = le32(madt + 4);

	if (size > TABLE_MAXIMUM)
		return;
	for (uint32_t at = MADT_ENTRIES; at + 24 <= size && madt[at + 1] >= 2; at += madt[at + 1]) {
		if (madt[at] == MADT_DISTRIBUTOR && madt[at + 1] >= 24)
			return put_distributor(r, "acpi", le64(madt + at + 8), madt[at + 20]);
	}
}

static bool text_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Of a node on the way to the one that is read. */
struct level {
	uint32_t address_cells;
	bool mapped;  /* its children's addresses are what the processor sees */
	unsigned gic; /* the version of the one that it is; 0: it is none */
	const uint8_t *reg;
	uint32_t reg_size;
};

#define LEVELS 16

static unsigned gic_version(const char *compatible, uint32_t size)
{
	static const char names[][20] = { "arm,gic-v3", "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic" };

	if (!size || compatible[size - 1])
		return 0;
	for (uint32_t at = 0; at < size; at++) {
		for (unsigned i = 0; (!at || !compatible[at - 1]) && i < sizeof(names) / sizeof(*names); i++) {
			if (text_same(compatible + at, names[i]))
				return i ? 2 : 3;
		}
	}
	return 0;
}

static void property(struct level *level, const char *name, const uint8_t *data, uint32_t size)
{
	if (text_same(name, "#address-cells") && size == 4)
		level->address_cells = be32(data);
	else if (text_same(name, "ranges"))
		level->mapped = !size;
	else if (text_same(name, "compatible"))
		level->gic = gic_version((const char *)data, size);
	else if (text_same(name, "reg")) {
		level->reg = data;
		level->reg_size = size;
	}
}

/* Is this the GIC, with an address that is the processor's?  All of the node's properties have come. */
static bool is_gic(struct record *r, const struct level *levels, unsigned depth)
{
	const struct level *node = &levels[depth];
	uint32_t cells = depth ? levels[depth - 1].address_cells : 0;
	uint64_t address;

	if (!node->gic || !(cells == 1 || cells == 2) || node->reg_size < cells * 4)
		return false;
	for (unsigned i = 1; i < depth; i++) {
		if (!levels[i].mapped)
			return false;
	}
	address = be32(node->reg);
	if (cells == 2)
		address = address << 32 | be32(node->reg + 4);
	put_distributor(r, "tree", address, node->gic);
	return true;
}

void record_gic_tree(struct record *r, const uint8_t *tree)
{
	uint32_t total = be32(tree + 4), at = be32(tree + 8), strings = be32(tree + 12), token;
	struct level levels[LEVELS] = { { 0 } };
	unsigned depth = 0; /* of open nodes */

	if (be32(tree) != 0xd00dfeedu || total < 40 || total > TREE_MAXIMUM || at % 4 || strings > total)
		return;
	while (total >= 4 && at <= total - 4) {
		token = be32(tree + at);
		at += 4;
		if (token == 1) {
			if (depth == LEVELS || (depth && is_gic(r, levels, depth - 1)))
				return;
			levels[depth++] = (struct level){ .address_cells = 2 };
			while (at < total && tree[at])
				at++;
			at = (at + 4) & ~3u;
		} else if (token == 2) {
			if (!depth || is_gic(r, levels, --depth))
				return;
		} else if (token == 3) {
			uint32_t size, name;

			if (!depth || total < 8 || at > total - 8)
				return;
			size = be32(tree + at);
			name = be32(tree + at + 4);
			at += 8;
			if (size > total - at || name >= total - strings)
				return;
			property(&levels[depth - 1], (const char *)tree + strings + name, tree + at, size);
			at = (at + size + 3) & ~3u;
		} else if (token != 4) {
			return;
		}
	}
}

#else

void record_gic_acpi(struct record *r, const uint8_t *madt)
{
	(void)r;
	(void)madt;
}

void record_gic_tree(struct record *r, const uint8_t *tree)
{
	(void)r;
	(void)tree;
}

#endif
