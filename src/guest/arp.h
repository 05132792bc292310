/* SPDX-License-Identifier: MIT */
/* arp: one question over a network card, whose answer shows that frames go out and come in.  No address is taken for that. */
#ifndef GUEST_ARP_H
#define GUEST_ARP_H

#include <stdint.h>

#define ARP_FRAME 64 /* an Ethernet frame of ARP's, with what fills it up */

struct arp {
	int socket, send;	  /* errno of the packet socket, and of the last sending; 0: it went well */
	unsigned sent;		  /* requests */
	int64_t ms;		  /* from the first one to the answer, or to the end of patience */
	unsigned size;		  /* of the answer; 0: none */
	unsigned char frame[ARP_FRAME]; /* which this is, from the Ethernet addresses on */
};

/* Asks over the card of this name, which is switched on, who has `peer` (an IPv4 address, "10.0.2.2"), several times a second
 * until somebody says so or `patience` ms have gone by.  It is an ARP probe (RFC 5227, 2.1.1): the sender has no address. */
void arp_ask(const char *card, const char *peer, int64_t patience, struct arp *ret);

#endif
