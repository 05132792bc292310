/* SPDX-License-Identifier: MIT */
/* check-hotplug: a device that the host puts in while we run, and takes out again: seen, used, gone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32.h"
#include "guest/arp.h"
#include "guest/check.h"
#include "guest/gather.h"

#define READ_SIZE 512
#define SETTLE 5000 /* ms from a disk's name to the disk */
#define ANSWER 5000 /* ms in which somebody on the network says who he is */

static int64_t patience = 20000; /* ms */

void hotplug_patience(unsigned ms)
{
	if (ms < patience)
		patience = ms;
}

static void nap(void)
{
	struct timespec pause = { 0, 20 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

/* The device in `folder` whose file `what` says `wanted`. */
static bool find(const char *folder, const char *what, const char *wanted, char name[64])
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		char path[PATH_MAX], *text;
		size_t size;

		snprintf(path, sizeof(path), "%s/%s/%s", folder, entry->d_name, what);
		text = file_read(path, 256, &size);
		if (text) {
			text[strcspn(text, "\n")] = '\0';
			found = !strcmp(text, wanted);
		}
		if (found)
			snprintf(name, 64, "%.63s", entry->d_name);
		free(text);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Begins the fact, and waits for the device; false, and the fact has ended, if it does not come. */
static bool wait_for(struct facts *facts, const char *kind, const char *folder, const char *what, const char *wanted,
		     char name[64])
{
	int64_t began = gather_uptime();
	char path[PATH_MAX], to[PATH_MAX];
	bool found;

	while (!(found = find(folder, what, wanted, name)) && gather_uptime() - began < patience)
		nap();
	fact_begin(facts, kind);
	fact_string(facts, what, wanted);
	fact_string(facts, "appeared", found ? "yes" : "no");
	fact_decimal(facts, "ms", gather_uptime() - began);
	if (!found) {
		fact_end(facts);
		return false;
	}
	fact_string(facts, "name", name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (realpath(path, to))
		fact_string(facts, "path", to);
	return true;
}

/* Linux shows a disk in /sys a moment before it can be opened: ENOENT without its node, ENXIO without what is behind that. */
static int open_disk(const char *path)
{
	int64_t began = gather_uptime();
	int fd;

	while ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 && (errno == ENXIO || errno == ENOENT) &&
	       gather_uptime() - began < (patience < SETTLE ? patience : SETTLE))
		nap();
	return fd;
}

void hotplug_block(struct facts *facts, const char *serial)
{
	char name[64], path[80];
	unsigned char data[READ_SIZE];
	ssize_t size = -1;
	int fd;

	if (!wait_for(facts, "hotplug-block", "/sys/class/block", "serial", serial, name))
		return;
	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open_disk(path);
	if (fd >= 0) {
		size = read(fd, data, sizeof(data));
		close(fd);
	}
	fact_errno(facts, "read", size < 0 ? errno : 0);
	if (size >= 0) {
		fact_decimal(facts, "size", size);
		fact_hex(facts, "crc", crc32_update(0, data, (size_t)size));
	}
	fact_end(facts);
	if (size >= 0)
		fact_data(facts, data, (size_t)size);
}

/* Has a frame gone out, and one come in? */
static void use_card(struct facts *facts, const char *name, const char *peer, struct arp *arp)
{
	arp_ask(name, peer, patience < ANSWER ? patience : ANSWER, arp);
	fact_string(facts, "peer", peer);
	fact_errno(facts, "socket", arp->socket);
	if (arp->socket)
		return;
	fact_errno(facts, "send", arp->send);
	fact_decimal(facts, "sent", arp->sent);
	fact_string(facts, "answer", arp->size ? "yes" : "no");
	fact_decimal(facts, "answer-ms", arp->ms);
	if (!arp->size)
		return;
	fact_decimal(facts, "size", arp->size);
	fact_hex(facts, "crc", crc32_update(0, arp->frame, arp->size));
}

void hotplug_net(struct facts *facts, const char *address, const char *peer)
{
	struct ifreq request = { 0 };
	struct arp arp = { .size = 0 };
	char name[64];
	int fd, code = 0;

	if (!wait_for(facts, "hotplug-net", "/sys/class/net", "address", address, name))
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.*s", IFNAMSIZ - 1, name);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		code = errno;
	request.ifr_flags |= IFF_UP;
	if (!code && ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		code = errno;
	fact_errno(facts, "up", code);
	if (!code && peer)
		use_card(facts, name, peer, &arp);
	fact_end(facts);
	if (arp.size)
		fact_data(facts, arp.frame, arp.size);
	if (fd >= 0)
		close(fd);
}

void hotplug_gone(struct facts *facts, const char *kind, const char *what, const char *wanted)
{
	char folder[64], name[64];
	int64_t began = gather_uptime();
	bool there;

	snprintf(folder, sizeof(folder), "/sys/class/%.16s", kind);
	while ((there = find(folder, what, wanted, name)) && gather_uptime() - began < patience)
		nap();
	fact_begin(facts, "hotplug-gone");
	fact_string(facts, what, wanted);
	fact_string(facts, "gone", there ? "no" : "yes");
	fact_decimal(facts, "ms", gather_uptime() - began);
	fact_end(facts);
}
