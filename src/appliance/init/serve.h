/* SPDX-License-Identifier: MIT */
/* serve: looks at the machine and then does what the host says, for the appliance's init and for a guest whose system is
 * somebody else's.
 *
 * Commands: "variable write NAME VALUE", "variable read NAME", "variable delete NAME", "hotplug block SERIAL",
 * "hotplug net ADDRESS", "gone CLASS FILE VALUE", "reboot", "poweroff".
 * Each is answered by its facts and `done`.  `ready` says that all is gathered.
 */
#ifndef INIT_SERVE_H
#define INIT_SERVE_H

#include <stdbool.h>

#include "channel.h"
#include "guest/write.h"

/* A `phase` fact: what begins now. */
void serve_phase(struct facts *facts, const char *name);

/* Gathers all and tries what is to be tried. */
void serve_look(struct facts *facts);

/* The seconds that the host gives us for a step, as vmlint.patience=SECONDS in its settings says; 0 if it does not. */
unsigned serve_patience(const char *settings);

/* Obeys commands until none comes any more: then `unheard` says so. */
void serve_host(struct facts *facts, struct channel *channel, unsigned patience);

/* Leaves the machine: RB_AUTOBOOT or RB_POWER_OFF. */
void serve_leave(struct facts *facts, struct channel *channel, int how) __attribute__((noreturn));

#endif
