/* SPDX-License-Identifier: MIT */
/* network: what in a file of network configuration is bound to one machine's hardware: a MAC address, the name that udev
 * derives from where a card is plugged in, the address of a slot.
 *
 * Sources: systemd.link(5), systemd.network(5), systemd.net-naming-scheme(7), netplan-yaml(5), interfaces(5),
 * nm-settings-keyfile(5), udev(7), the ifcfg files' sysconfig.txt.  Patterns with wildcards are bound to nothing, and neither
 * are names that the kernel counts, like eth0.
 */
#ifndef LINUX_NETWORK_H
#define LINUX_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum network_format {
	NETWORK_UDEV,     /* rules of udev */
	NETWORK_NETWORKD, /* .link and .network */
	NETWORK_NETPLAN,  /* also the network configuration of cloud-init */
	NETWORK_IFUPDOWN, /* /etc/network/interfaces */
	NETWORK_IFCFG,
	NETWORK_KEYFILE,  /* of NetworkManager */
};

enum network_kind {
	NETWORK_MAC,  /* a MAC address */
	NETWORK_NAME, /* ens3, enp0s3, enx525400123456 */
	NETWORK_SLOT, /* 0000:00:03.0 */
};

struct network_bound {
	enum network_kind kind;
	const char *value;
	unsigned line, column; /* of the value, from 1 */
};

/* Looks through a file, whose `size` bytes are followed by a NUL; *ret becomes the first thing in it that is bound to hardware,
 * in the arena.  Returns how many there are, each line counted once. */
unsigned network_scan(struct arena *arena, enum network_format format, const char *data, size_t size, struct network_bound *ret);

/* Is this all of a MAC address?  Neither zeros nor the broadcast address. */
bool network_is_mac(const char *text, size_t length);

/* Is this a name that udev derives from the card's place or address? */
bool network_is_bound_name(const char *text, size_t length);

#endif
