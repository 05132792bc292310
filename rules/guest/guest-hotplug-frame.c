/* SPDX-License-Identifier: MIT */
/* guest-hotplug-frame: a network card that is added to the running machine carries no frames
 *
 * severity: warning
 * effect:   degrades
 * subject:  guest
 * clause:   The VM Platform, H12
 * after:    guest-hotplug-net
 *
 * The network card that the hypervisor added is there and was switched on. The guest then asked over it, again and again for
 * some seconds, who has the address of the network's gateway (ARP, RFC 826): the network is one inside the hypervisor, that
 * needs none of the host's, and its gateway answers. A frame did not go out, or none came in.
 *
 * This is the hypervisor's to mend, or that of the driver's where another card of the same kind, that was there from the
 * beginning, carries frames neither.
 *
 * good:   gicv3
 * good:   gicv3 | add host-hotplug class=network refused=no%20user%20networks | set hotplug-net answer:=no
 * bad:    gicv3 | set hotplug-net sent:=25 answer:=no
 * expect: !hotplug/net: warning: 25 ARP requests for 10.0.2.2 went out of the network card that was added, and no answer came in
 * bad:    gicv3 | set hotplug-net send:=EIO sent:=0 answer:=no
 * expect: !hotplug/net: warning: no ARP request for 10.0.2.2 went out of the network card that was added: EIO
 * bad:    gicv3 | data hotplug-net 0 525500000000
 * expect: !hotplug/net: warning: the answer to an ARP request for 10.0.2.2 came to 52:55:00:00:00:00, sent from 52:54:00:76:6d:6c
 * bad:    gicv3 | data hotplug-net 20 0001
 * expect: !hotplug/net: warning: the answer to an ARP request for 10.0.2.2 is none: it has type 0x806 and operation 1, *
 * bad:    gicv3 | lose hotplug-net
 * expect: : not evaluated: data of 1 facts did not come as it was sent, first that of line * [*guest-hotplug-frame]
 * bad:    gicv3 | set hotplug-net socket:=EAFNOSUPPORT
 * expect: : not evaluated: the guest has no socket that frames can be sent by: EAFNOSUPPORT
 */
#include <string.h>

#include "lint/guest-findings.h"

/* Of Ethernet, and of ARP in it. */
#define TYPE 12
#define OPERATION 20
#define FRAME 42
#define ARP 0x806
#define REPLY 2

static unsigned pair(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void check_answer(struct check *check, const struct fact *added, const char *peer)
{
	const uint8_t *a = added->data;
	const char *address = fact_text(added, "address");
	const char *to;

	if (!a || added->size < FRAME) {
		guest_incomplete(check);
		return;
	}
	to = arena_printf(check->arena, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
	if (pair(a + TYPE) != ARP || pair(a + OPERATION) != REPLY)
		finding(check, at_fact("hotplug/net"),
			"the answer to an ARP request for %s is none: it has type %#x and operation %u, %#x and %u expected",
			peer, pair(a + TYPE), pair(a + OPERATION), ARP, REPLY);
	else if (address && strcmp(address, to))
		finding(check, at_fact("hotplug/net"), "the answer to an ARP request for %s came to %s, sent from %s", peer, to,
			address);
}

RULE(guest_hotplug_frame)
{
	const struct guest *guest = check->machine->guest;
	const struct fact *added = guest_next(guest, NULL, "hotplug-net");
	const char *none = fact_text(guest_find(guest, "host-hotplug", "class", "network"), "refused");
	const char *peer = fact_text(added, "peer"), *sent = fact_text(added, "sent");

	if (!added && guest_disobeyed(check, "hotplug net"))
		return;
	if (!added || machine_differs(added, "appeared", "yes"))
		not_applicable(check, "no network card was added to the running machine");
	else if (none)
		not_applicable(check, "the hypervisor has no network that the card could be part of: %s", none);
	else if (!peer)
		not_applicable(check, "nothing was sent over the network card that was added");
	else if (machine_differs(added, "socket", "ok"))
		guest_unknown(check, arena_printf(check->arena, "the guest has no socket that frames can be sent by: %s",
						  fact_text(added, "socket")));
	else if (machine_differs(added, "send", "ok") && sent && !strcmp(sent, "0"))
		finding(check, at_fact("hotplug/net"),
			"no ARP request for %s went out of the network card that was added: %s", peer, fact_text(added, "send"));
	else if (machine_differs(added, "answer", "yes"))
		finding(check, at_fact("hotplug/net"),
			"%s ARP requests for %s went out of the network card that was added, and no answer came in",
			sent ? sent : "several", peer);
	else if (fact_text(added, "answer"))
		check_answer(check, added, peer);
}
