/* SPDX-License-Identifier: MIT */
/* guest-psci-cpus: a secondary processor cannot be taken off and put on again
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   ARM Server Architecture, H9
 * after:    guest-psci
 *
 * Secondary processors start by CPU_ON of PSCI and leave by CPU_OFF. The guest tried each, and one did not leave or did not
 * come back.
 *
 * This is the hypervisor's to mend.
 *
 * A processor that is there and never ran was not started. In a system of somebody's own, who may take processors off, that
 * is not judged.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64 both one-cpu
 * good:   x86_64 | text /sys/devices/system/cpu/online 0-1 0 | drop cpu-power
 * good:   gicv3 | text /sys/devices/system/cpu/online 0-1 0 | drop cpu-power | text /proc/cmdline vmlint.host nr_cpus=1
 * good:   gicv3 | text /sys/devices/system/cpu/online 0-1 0 | drop cpu-power | set host-machine system:=image
 * bad:    gicv3 | text /sys/devices/system/cpu/online 0-1 0 | drop cpu-power
 * expect: !linux/cpus: error: 1 of 2 processors run: the others were not started
 * bad:    gicv3 | set cpu-power on:=EIO
 * expect: !linux/cpu1: error: processor 1 did not start again: EIO
 * bad:    gicv3 | set cpu-power off:=EBUSY
 * expect: !linux/cpu1: error: processor 1 could not be taken off: EBUSY
 */
#include "lint/guest-findings.h"

static struct location at_cpu(struct check *check, const char *cpu)
{
	return at_fact(arena_printf(check->arena, "linux/cpu%.16s", cpu));
}

/* Is it the appliance's system, which has all processors run, and was it not told otherwise? */
static bool all_are_to_run(const struct machine *m)
{
	static const char *const fewer[] = { "maxcpus=", "nr_cpus=", "nosmp", "nosmt" };
	const struct fact *machine = guest_next(m->guest, NULL, "host-machine");
	bool all = machine && !machine_differs(machine, "system", "appliance");

	for (size_t i = 0; i < sizeof(fewer) / sizeof(*fewer); i++)
		all = all && !machine_told(m, fewer[i]);
	return all;
}

RULE(guest_psci_cpus)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *f = guest_next(guest, NULL, "cpu-power");
	uint32_t present = machine_cpu_list(machine_file(check->machine, "/sys/devices/system/cpu/present"));
	uint32_t online = machine_cpu_list(machine_file(check->machine, "/sys/devices/system/cpu/online"));

	if (guest_not_arm(check))
		return;
	if (online && online < present && all_are_to_run(check->machine))
		finding(check, at_fact("linux/cpus"), "%u of %u processors run: the others were not started", online, present);
	else if (!f)
		not_applicable(check, present == 1 ? "the machine has one processor"
						   : "this run did not try to take processors off");
	for (; f; f = guest_next(guest, f, "cpu-power")) {
		const char *cpu = fact_text(f, "cpu") ? fact_text(f, "cpu") : "?";

		if (machine_differs(f, "off", "ok"))
			finding(check, at_cpu(check, cpu), "processor %.16s could not be taken off: %.32s", cpu,
				fact_text(f, "off"));
		else if (machine_differs(f, "on", "ok"))
			finding(check, at_cpu(check, cpu), "processor %.16s did not start again: %.32s", cpu,
				fact_text(f, "on"));
	}
}
