/* SPDX-License-Identifier: MIT */
/* guest-uart-console: Linux has no console on the UART
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H6
 * after:    guest-uart
 *
 * The UART has to be of use as a console, not only described. Linux found none that its PL011 and SBSA drivers work with, or
 * does not write its messages there.
 *
 * Look whether the UART's address and interrupt are right in what the firmware describes.
 *
 * good:   gicv3 gicv2 acpi-off u-boot mmio both kernel
 * bad:    gicv3 | drop link path=/sys/class/tty/ttyAMA*
 * expect: !linux/tty: warning: Linux has no ttyAMA device: no driver works with the UART
 * bad:    gicv3 | text /proc/consoles ttyAMA0 ttyS0
 * expect: !linux/consoles: warning: Linux has ttyAMA and does not write its messages there
 * bad:    u-boot | text-like /proc/tty/driver/ttyAMA tx:[0-9]+ tx:0
 * expect: !linux/ttyAMA: warning: Linux has its console on ttyAMA, and nothing went out there
 */
#include <string.h>

#include "lint/guest-findings.h"

static bool has_tty(const struct guest *guest)
{
	static const char prefix[] = "/sys/class/tty/ttyAMA";

	for (const struct fact *f = guest_next(guest, NULL, "link"); f; f = guest_next(guest, f, "link")) {
		const char *path = fact_text(f, "path");

		if (path && !strncmp(path, prefix, strlen(prefix)))
			return true;
	}
	return false;
}

/* Do all of the driver's ports say that they have sent nothing?  Only root is told. */
static bool sent_nothing(const char *ports)
{
	const char *at = ports ? strstr(ports, " tx:") : NULL;

	if (!at)
		return false;
	for (; at; at = strstr(at + 1, " tx:")) {
		if (at[4] != '0')
			return false;
	}
	return true;
}

RULE(guest_uart_console)
{
	const char *consoles = machine_file(check->machine, "/proc/consoles");
	const char *told = machine_file(check->machine, "/proc/cmdline");

	if (guest_not_arm(check))
		return;
	if (!consoles)
		guest_unknown(check, "the record does not hold Linux's consoles");
	else if (!has_tty(check->machine->guest)) {
		if (!guest_incomplete(check))
			finding(check, at_fact("linux/tty"), "Linux has no ttyAMA device: no driver works with the UART");
	}
	else if (told && strstr(told, "console=") && !strstr(told, "console=ttyAMA"))
		not_applicable(check, "Linux was told to have its console elsewhere");
	else if (!strstr(consoles, "ttyAMA"))
		finding(check, at_fact("linux/consoles"), "Linux has ttyAMA and does not write its messages there");
	else if (sent_nothing(machine_file(check->machine, "/proc/tty/driver/ttyAMA")))
		finding(check, at_fact("linux/ttyAMA"), "Linux has its console on ttyAMA, and nothing went out there");
}
