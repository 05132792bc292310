/* SPDX-License-Identifier: MIT */
/* boot-run: the boots of the matrix; each is run, and its record judged. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "command/boot.h"
#include "command/judge.h"

void boot_plan(struct boot_options *o)
{
	struct arena *arena = o->common.arena;
	bool arm = o->machine == VM_AARCH64;

	o->boots = ARENA_ARRAY(arena, 8, struct boot);
	for (unsigned gic = 3; gic >= 2; gic--) {
		for (unsigned transport = VM_PCI; transport <= VM_MMIO; transport++) {
			struct boot *boot = &o->boots[o->boot_count];
			const char *bus = transport == VM_PCI ? "pci" : "mmio";

			if (!(o->gics & 1u << (gic - 2)) || !(o->transports & 1u << transport) || (!arm && gic == 2))
				continue;
			*boot = (struct boot){ .live = {
				.vm = { .machine = o->machine, .accel = o->accel == BOOT_ACCEL_KVM ? VM_KVM : VM_TCG,
					.transport = transport, .qemu = o->qemu, .firmware = o->firmware, .store = -1, .disk = -1,
					.scratch = -1, .gic = gic, .acpi_off = o->tree, .cpus = o->cpus,
					.memory_mib = o->memory_mib },
				.appliance = o->appliance,
				.store = o->store,
				.seconds = o->seconds,
				/* what is the same whatever the machine has is looked at once */
				.persistent = o->persistent && !o->boot_count,
				.hotplug = o->hotplug && !o->boot_count,
			} };
			boot->configuration = arm ? arena_printf(arena, "gic=%u transport=%s acpi=%s", gic, bus, o->tree ? "off" : "on")
						  : arena_printf(arena, "transport=%s", bus);
			boot->name = arm ? arena_printf(arena, "guest[gic=%u,%s]", gic, bus) : arena_printf(arena, "guest[%s]", bus);
			o->boot_count++;
		}
	}
	if (o->boot_count == 1)
		o->boots[0].name = "guest";
}

static void note_tail(const struct live_result *live, struct arena *arena, struct lint_result *result)
{
	for (int i = 0; i < LIVE_TAIL; i++) {
		if (live->tail[i])
			lint_result_note(result, arena, arena_printf(arena, "console: %s", live->tail[i]));
	}
}

void boot_one(struct boot_options *options, const struct boot *boot, struct arena *arena, struct lint_result *result)
{
	struct live_options run = boot->live;
	struct live_result live;
	struct error err = { 0 };
	int rc;

	lint_result_init(result, boot->name);
	rc = live_run(&run, &live, &err);
	if (rc == 0)
		result->error = judge_record(arena, live.record.data, live.record.size, &options->common.lint, result);
	else
		result->error = arena_strdup(arena, err.message);
	if (result->error) {
		result->status = STATUS_UNREADABLE;
		note_tail(&live, arena, result);
	}
	live_result_free(&live);
}
