/* SPDX-License-Identifier: MIT */
/* guest-psci-reset: the machine does not reset itself
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   ARM Server Architecture, H9
 *
 * A guest that is told to reboot asks the firmware, which asks SYSTEM_RESET of PSCI, and the hypervisor lets the machine end
 * and begin anew. Here the guest was told so, and the hypervisor never said that the guest asked for it.
 *
 * Look whether the machine hangs in the firmware's ResetSystem: `efi=noruntime` on Linux's command line goes around it.
 *
 * good:   gicv3 no-store
 * bad:    gicv3 | drop host-event name=RESET
 * expect: !power: error: the guest was told to reboot, and the machine did not reset itself
 * bad:    gicv3 | set host-event name=RESET data:={"guest":false,"reason":"host-qmp-system-reset"}
 * expect: : not evaluated: somebody outside of the guest ended it
 */
#include "guest-power.h"

RULE(guest_psci_reset)
{
	guest_power_check(check, "reboot", "RESET", "reboot", "reset itself");
}
