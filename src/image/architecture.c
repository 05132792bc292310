/* SPDX-License-Identifier: MIT */
/* architecture: the table of names, paths and machine types. */
#include "image/architecture.h"

#include <stddef.h>
#include <string.h>

const struct architecture_facts architectures[ARCHITECTURE_COUNT] = {
	[ARCHITECTURE_UNKNOWN] = { 0 },
	[ARCHITECTURE_AARCH64] = { "aarch64", "AArch64", "BOOTAA64.EFI", "aa64", 0xaa64, 183, false, true },
	[ARCHITECTURE_ARM] = { "arm", "AArch32", "BOOTARM.EFI", "arm", 0x01c2, 40, true, true },
	[ARCHITECTURE_X86_64] = { "x86_64", "x86-64", "BOOTX64.EFI", "x64", 0x8664, 62, false, true },
	[ARCHITECTURE_RISCV64] = { "riscv64", "RISC-V 64", "BOOTRISCV64.EFI", "riscv64", 0x5064, 243, false, true },
	[ARCHITECTURE_I386] = { "i386", "i386", "BOOTIA32.EFI", "ia32", 0x014c, 0, true, false },
	[ARCHITECTURE_LOONGARCH64] = { "loongarch64", "LoongArch64", "BOOTLOONGARCH64.EFI", "loongarch64", 0x6264, 258, false,
				       false },
};

const char *architecture_name(enum architecture architecture)
{
	return architectures[architecture].name;
}

enum architecture architecture_parse(const char *name)
{
	for (int i = ARCHITECTURE_UNKNOWN + 1; i < ARCHITECTURE_COUNT; i++) {
		if (architectures[i].selectable && strcmp(architectures[i].name, name) == 0)
			return (enum architecture)i;
	}
	return ARCHITECTURE_UNKNOWN;
}

enum architecture architecture_of_machine(uint16_t machine)
{
	for (int i = ARCHITECTURE_UNKNOWN + 1; i < ARCHITECTURE_COUNT; i++) {
		if (architectures[i].machine == machine)
			return (enum architecture)i;
	}
	return ARCHITECTURE_UNKNOWN;
}
