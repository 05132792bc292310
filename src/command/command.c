/* SPDX-License-Identifier: MIT */
/* command: the table of subcommands. */
#include "command/command.h"

#include <stddef.h>

const struct command commands[] = {
	{ "lint", "check disk images offline (also plain `vmlint IMAGE...`)", command_lint },
	{ "boot", "boot a system of our own in a virtual machine and judge what it sees there", command_boot },
	{ "explain", "say what a rule means, why it matters and how to mend it", command_explain },
	{ "rules", "list the rules", command_rules },
	{ "guest", "write down what a machine shows of itself, or judge what one wrote", command_guest_or_judge },
	{ 0 },
};
