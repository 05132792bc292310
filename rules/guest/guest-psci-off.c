/* SPDX-License-Identifier: MIT */
/* guest-psci-off: the machine does not switch itself off
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   ARM Server Architecture, H9
 *
 * A guest that is told to power off asks the firmware, which asks SYSTEM_OFF of PSCI, and the hypervisor lets the machine
 * end there. Here the guest was told so, and the hypervisor never said that the guest asked for it.
 *
 * Look whether the machine hangs in the firmware's ResetSystem: `efi=noruntime` on Linux's command line goes around it.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio x86_64
 * good:   gicv3 | move-up host-event name=SHUTDOWN phase name=poweroff
 * bad:    gicv2 | until host-event name=SHUTDOWN
 * expect: : not evaluated: the record ends before the machine does
 * bad:    gicv3 | drop host-event name=SHUTDOWN
 * expect: !power: error: the guest was told to power off, and the machine did not switch itself off
 * bad:    gicv3 | set host-event name=SHUTDOWN data:={"guest":false,"reason":"host-signal"}
 * expect: : not evaluated: somebody outside of the guest ended it
 */
#include "guest-power.h"

RULE(guest_psci_off)
{
	guest_power_check(check, "poweroff", "SHUTDOWN", "power off", "switch itself off");
}
