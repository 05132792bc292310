/* SPDX-License-Identifier: MIT */
/* main: `vmlint guest` as a program of its own, which needs no library in the guest. */
#include "command/command.h"

int main(int argc, char **argv)
{
	return command_guest(argc, argv);
}
