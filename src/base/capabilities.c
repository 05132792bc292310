/* SPDX-License-Identifier: MIT */
/* capabilities: the sets of this process, without a library for three calls. */
#include "base/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void capabilities_keep(uint64_t kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[2] = { 0 };

	/* a program that root executes would get back what is not bounded; while there is the capability to do this */
	for (int i = 0; i < 64; i++)
		if (!(kept & CAPABILITY(i)))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &header, have) < 0)
		return;
	for (int i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(kept >> 32 * i);

		have[i].permitted &= mask;
		have[i].effective &= mask;
		have[i].inheritable &= mask;
	}
	syscall(SYS_capset, &header, have);
}
