/* SPDX-License-Identifier: MIT */
/* boot-accel: KVM where it works, which only a try can tell: a boot under KVM in which no guest speaks is run again without. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command/boot.h"

const char *boot_accel(const struct boot_options *options, const struct vm_config *vm, struct arena *arena)
{
	const char *wanted = vm->machine == VM_AARCH64 ? "aarch64" : "x86_64";
	struct utsname host;

	if (options->accel == BOOT_ACCEL_TCG)
		return "--accel=tcg";
	if (uname(&host) < 0 || strcmp(host.machine, wanted))
		return arena_printf(arena, "this computer is %s", host.machine);
	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return arena_printf(arena, "/dev/kvm: %s%s", strerror(errno),
				    errno == EACCES ? " (it is open to members of its group)" : "");
	return options->no_kvm[vm->gic];
}
