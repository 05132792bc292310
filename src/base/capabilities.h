/* SPDX-License-Identifier: MIT */
/* capabilities: what root may do beside being the owner of files (capabilities(7)). */
#ifndef BASE_CAPABILITIES_H
#define BASE_CAPABILITIES_H

#include <stdint.h>

/* For `kept`, with the CAP_ names of linux/capability.h. */
#define CAPABILITY(name) (1ULL << (name))

/* Gives up all others, for this process and what it executes.  Where there are none, as with most users, nothing happens. */
void capabilities_keep(uint64_t kept);

#endif
