/* SPDX-License-Identifier: MIT */
/* check: tries what a machine offers, and writes down what happened.  What it changes, it puts back. */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#include "guest/write.h"

/* Calls one of those below, with SIGINT, SIGTERM and SIGHUP kept until it has put back what it changed. */
void check_whole(struct facts *facts, void (*check)(struct facts *facts));

/* `rtc`: reads /dev/rtc0, sets it an hour on, reads it, waits for it to tick, and sets it back. */
void check_rtc(struct facts *facts);

/* `cpu-power`: takes each secondary CPU that is on off, and on again. */
void check_cpus(struct facts *facts);

/* `variable`: writes, reads and deletes a non-volatile variable of our own through efivarfs. */
void check_variable(struct facts *facts);

/* The same in steps, for what has to live longer: `variable-write`, `variable-read`, `variable-delete`.  The name is of letters
 * and digits and gets our GUID. */
void variable_write(struct facts *facts, const char *name, const char *value);
void variable_read(struct facts *facts, const char *name);
void variable_delete(struct facts *facts, const char *name);

/* `hotplug-block`, `hotplug-net`: waits for a disk with this serial number, or a card with this address, and uses it: reads from
 * the disk, switches the card on and asks over it who has the address `peer` (NULL: asks nothing).  `hotplug-gone`: waits until
 * the device of that class (block, net) is no more.  Each waits 20 s, or as long as hotplug_patience says, if that is less. */
void hotplug_patience(unsigned ms);
void hotplug_block(struct facts *facts, const char *serial);
void hotplug_net(struct facts *facts, const char *address, const char *peer);
void hotplug_gone(struct facts *facts, const char *kind, const char *what, const char *wanted);

/* `aarch32`: runs a 32-bit Arm program of three instructions.  Nothing on another architecture. */
void check_aarch32(struct facts *facts);

#endif
