/* SPDX-License-Identifier: MIT */
/* boot-plan: which boots there will be, and what each is called. */
#include "command/boot.h"

struct combination {
	unsigned gic;
	enum vm_transport transport;
	bool tree;
};

/* Those in which something else is looked at: each interrupt controller, each bus, each description of the machine. */
static const struct combination worth[] = {
	{ 3, VM_PCI, false }, { 2, VM_PCI, false }, { 3, VM_MMIO, false }, { 3, VM_PCI, true }, { 2, VM_MMIO, true },
};
static const struct combination worth_x86_64[] = { { 3, VM_PCI, false } };

static void add(struct boot_options *o, const struct combination *c)
{
	struct arena *arena = o->common.arena;
	struct boot *boot = &o->boots[o->boot_count];
	const char *bus = c->transport == VM_PCI ? "pci" : "mmio", *tree = c->tree ? "off" : "on";

	*boot = (struct boot){ .live = {
		.vm = { .machine = o->machine, .transport = c->transport, .qemu = o->qemu, .more = o->more, .store = -1,
			.disk = -1, .scratch = -1, .gic = c->gic, .acpi_off = c->tree, .cpus = o->cpus,
			.memory_mib = o->memory_mib },
		.seconds = o->seconds,
		/* what is the same whatever the machine is made of is tried once */
		.persistent = o->persistent && !o->boot_count,
		.hotplug = o->hotplug && !o->boot_count,
	} };
	if (o->machine == VM_AARCH64) {
		boot->configuration = arena_printf(arena, "gic=%u transport=%s acpi=%s", c->gic, bus, tree);
		boot->name = arena_printf(arena, "guest[gic=%u,%s%s]", c->gic, bus, c->tree ? ",acpi=off" : "");
		boot->file = arena_printf(arena, "gic%u-%s%s", c->gic, bus, c->tree ? "-acpi-off" : "");
	} else {
		boot->configuration = arena_printf(arena, "transport=%s", bus);
		boot->name = arena_printf(arena, "guest[%s]", bus);
		boot->file = bus;
	}
	o->boot_count++;
}

static bool asked_for(const struct boot_options *o, const struct combination *c)
{
	return (o->machine != VM_AARCH64 || o->gics & 1u << (c->gic - 2)) && o->transports & 1u << c->transport &&
	       (!o->tree || c->tree);
}

void boot_plan(struct boot_options *o)
{
	bool arm = o->machine == VM_AARCH64;
	const struct combination *list = arm ? worth : worth_x86_64;
	size_t count = arm ? sizeof(worth) / sizeof(*worth) : sizeof(worth_x86_64) / sizeof(*worth_x86_64);

	o->boots = ARENA_ARRAY(o->common.arena, 8, struct boot);
	if (o->command) {
		o->boot_count = 1;
		o->boots[0] = (struct boot){ .live = {
			.vm = { .machine = o->machine, .store = -1, .disk = -1, .scratch = -1, .command = o->command },
			.seconds = o->seconds,
			.persistent = o->persistent,
		}, .configuration = "hypervisor=command", .name = "guest", .file = "command" };
		return;
	}
	for (size_t i = 0; o->matrix && i < count; i++) {
		if (asked_for(o, &list[i]))
			add(o, &list[i]);
	}
	for (unsigned gic = 3; !o->matrix && gic >= (arm ? 2 : 3); gic--) {
		for (unsigned transport = VM_PCI; transport <= VM_MMIO; transport++) {
			struct combination c = { gic, transport, o->tree };

			if (asked_for(o, &c))
				add(o, &c);
		}
	}
	if (o->boot_count == 1)
		o->boots[0].name = "guest";
}
