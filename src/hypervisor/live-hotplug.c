/* SPDX-License-Identifier: MIT */
/* live-hotplug: a disk and a network card into a machine that runs, and out again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hypervisor/disk.h"
#include "hypervisor/live-internal.h"

#define SERIAL "vmlint-hot"
#define ADDRESS "52:54:00:76:6d:6c"

/* A network inside QEMU that needs none of the host's and leads nowhere; its gateway answers who asks for it. */
#define NETWORK "{\"type\":\"user\",\"id\":\"hot-network\",\"restrict\":true}"
#define GATEWAY "10.0.2.2"

#define CARD \
	"{\"driver\":\"virtio-net-pci\",\"id\":\"hot-net\",\"bus\":\"port2\",\"mac\":\"" ADDRESS "\",\"romfile\":\"\""

/* What is put in, and what the guest is told of it: words for the commands "hotplug" and "gone". */
struct device {
	const char *id, *class, *hotplug, *gone;
	const char *back, *make; /* what stands behind it, and the device itself: arguments for QEMU */
	bool there;		 /* the guest has it */
};

/* What the hypervisor did not do. */
static void note(struct run *run, const char *class, const char *what)
{
	fact_begin(&run->facts, "host-hotplug");
	fact_string(&run->facts, "class", class);
	fact_string(&run->facts, what, run->refusal);
	fact_end(&run->facts);
}

/* Puts it in, and has the guest use it.  A hypervisor that refuses is no reason to look no further. */
static int put_in(struct run *run, struct device *device)
{
	int rc = device->back ? live_qmp(run, "blockdev-add", device->back) : 0;

	if (rc == 0)
		rc = live_qmp(run, "device_add", device->make);
	if (rc == 1)
		note(run, device->class, "refused");
	if (rc)
		return rc < 0 ? rc : 0;
	rc = live_command(run, device->hotplug);
	device->there = rc == 0 && !run->failed;
	return rc;
}

/* Asks for it to be taken out: it takes some five seconds until the guest lets go, as if a button were pressed. */
static int take_out(struct run *run, struct device *device)
{
	char text[128];
	int rc;

	if (!device->there)
		return 0;
	snprintf(text, sizeof(text), "{\"id\":\"%s\"}", device->id);
	rc = live_qmp(run, "device_del", text);
	if (rc == 1)
		note(run, device->class, "kept");
	device->there = rc == 0;
	return rc < 0 ? rc : 0;
}

/* Waits until the guest and QEMU have both let go. */
static int wait_gone(struct run *run, const struct device *device)
{
	int rc;

	if (!device->there)
		return 0;
	/* the guest lets go first; QEMU may have said so meanwhile */
	rc = live_command(run, device->gone);
	if (rc < 0 || run->failed)
		return rc;
	rc = live_wait_gone(run, device->id);
	if (rc == 1)
		note(run, device->class, "kept");
	return rc < 0 ? rc : 0;
}

int live_hotplug(struct run *run, int scratch)
{
	char back[256];
	struct device disk = {
		.id = "hot-block", .class = "block", .hotplug = "hotplug block " SERIAL, .gone = "gone block serial " SERIAL,
		.back = back,
		.make = "{\"driver\":\"virtio-blk-pci\",\"id\":\"hot-block\",\"drive\":\"hot\",\"bus\":\"port1\",\"serial\":\""
			SERIAL "\"}",
	}, card = {
		.id = "hot-net", .class = "net", .hotplug = "hotplug net " ADDRESS " " GATEWAY,
		.gone = "gone net address " ADDRESS,
		.make = CARD ",\"netdev\":\"hot-network\"}",
	};
	int rc;

	live_phase(run, "hotplug");
	snprintf(back, sizeof(back),
		 "{\"driver\":\"raw\",\"node-name\":\"hot\",\"read-only\":true,"
		 "\"file\":{\"driver\":\"file\",\"filename\":\"/proc/self/fd/%d\",\"locking\":\"off\"}}",
		 scratch);
	rc = put_in(run, &disk);
	if (rc == 0)
		rc = live_qmp(run, "netdev_add", NETWORK);
	/* QEMU may be built without such networks: the card can come and go all the same */
	if (rc == 1) {
		note(run, "network", "refused");
		card.hotplug = "hotplug net " ADDRESS;
		card.make = CARD "}";
		rc = 0;
	}
	if (rc == 0)
		rc = put_in(run, &card);
	/* both at a time */
	if (rc == 0)
		rc = take_out(run, &disk);
	if (rc == 0)
		rc = take_out(run, &card);
	if (rc == 0)
		rc = wait_gone(run, &disk);
	return rc < 0 ? rc : wait_gone(run, &card);
}

int live_scratch(struct run *run, struct error *err)
{
	char sector[4096];
	int fd;

	memset(sector, 0, sizeof(sector));
	snprintf(sector, sizeof(sector), "vmlint hotplug %s\n", run->nonce);
	fd = disk_new(1 << 20, err);
	if (fd >= 0 && pwrite(fd, sector, sizeof(sector), 0) != sizeof(sector)) {
		int code = errno;

		close(fd);
		return error_set(err, code, "cannot write a disk to put in: %s", strerror(code));
	}
	return fd;
}
