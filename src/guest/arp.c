/* SPDX-License-Identifier: MIT */
/* arp: see the header.  RFC 826. */
#include "guest/arp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/gather.h"

#define AGAIN 200 /* ms after which the question is put again: a link may not be up at once */
#define FRAME_MINIMUM 60 /* of Ethernet, without its checksum */

/* Places in the frame. */
enum { TO = 0, FROM = 6, TYPE = 12, HEAD = 14, OPERATION = 20, SENDER = 22, SENDER_IP = 28, TARGET_IP = 38, END = 42 };

static int open_card(const char *card, unsigned char address[6])
{
	struct sockaddr_ll place = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };
	struct ifreq request = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ARP));

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.*s", IFNAMSIZ - 1, card);
	place.sll_ifindex = (int)if_nametoindex(request.ifr_name);
	if (!place.sll_ifindex || bind(fd, (struct sockaddr *)&place, sizeof(place)) < 0 ||
	    ioctl(fd, SIOCGIFHWADDR, &request) < 0) {
		int code = errno;

		close(fd);
		return -code;
	}
	memcpy(address, request.ifr_hwaddr.sa_data, 6);
	return fd;
}

static void make_request(unsigned char frame[FRAME_MINIMUM], const unsigned char address[6], const struct in_addr *peer)
{
	/* Ethernet, IPv4, addresses of 6 and 4 bytes, a request */
	static const unsigned char head[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };

	memset(frame, 0, FRAME_MINIMUM);
	memset(frame + TO, 0xff, 6);
	memcpy(frame + FROM, address, 6);
	memcpy(frame + TYPE, head, sizeof(head));
	memcpy(frame + SENDER, address, 6);
	memcpy(frame + TARGET_IP, peer, 4);
}

/* Takes what has come; true if it is an answer of the peer's. */
static bool take_answer(int fd, const struct in_addr *peer, struct arp *ret)
{
	unsigned char frame[2048];
	ssize_t size;

	while ((size = recv(fd, frame, sizeof(frame), 0)) > 0) {
		if (size < END || frame[OPERATION] || frame[OPERATION + 1] != 2 || memcmp(frame + SENDER_IP, peer, 4))
			continue;
		ret->size = size < ARP_FRAME ? (unsigned)size : ARP_FRAME;
		memcpy(ret->frame, frame, ret->size);
		return true;
	}
	return false;
}

void arp_ask(const char *card, const char *peer, int64_t patience, struct arp *ret)
{
	unsigned char address[6], request[FRAME_MINIMUM];
	int64_t began = gather_uptime();
	struct in_addr ip;
	int fd;

	*ret = (struct arp){ .socket = 0 };
	if (inet_pton(AF_INET, peer, &ip) != 1) {
		ret->socket = EINVAL;
		return;
	}
	fd = open_card(card, address);
	if (fd < 0) {
		ret->socket = -fd;
		return;
	}
	make_request(request, address, &ip);
	do {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t until = gather_uptime() + AGAIN;

		ret->send = send(fd, request, sizeof(request), 0) < 0 ? errno : 0;
		ret->sent += !ret->send;
		while (!ret->size && gather_uptime() < until) {
			poll(&wait, 1, (int)(until - gather_uptime() > 0 ? until - gather_uptime() : 0));
			/* a card that is gone would be ready for ever */
			if (!take_answer(fd, &ip, ret) && wait.revents & ~POLLIN)
				poll(NULL, 0, AGAIN / 4);
		}
	} while (!ret->size && gather_uptime() - began < patience);
	ret->ms = gather_uptime() - began;
	close(fd);
}
