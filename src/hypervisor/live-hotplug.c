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

/* Asks for a device to be taken out: it takes some five seconds until the guest lets go, as if a button were pressed. */
static int take_out(struct run *run, const char *id)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"%s\"}}", id);
	return vm_qmp(run->vm, text, run->err);
}

/* Waits until the guest and QEMU have both let go. */
static int wait_gone(struct run *run, const char *id, const char *gone)
{
	char text[256];
	int rc = live_command(run, gone);

	/* the guest lets go first; QEMU may have said so meanwhile */
	snprintf(text, sizeof(text), "\"device\":\"%s\"", id);
	if (rc == 0)
		rc = live_wait_event(run, "DEVICE_DELETED", text);
	return rc;
}

int live_hotplug(struct run *run, int scratch)
{
	char text[512];
	int rc;

	live_phase(run, "hotplug");
	snprintf(text, sizeof(text),
		 "{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"raw\",\"node-name\":\"hot\",\"read-only\":true,"
		 "\"file\":{\"driver\":\"file\",\"filename\":\"/proc/self/fd/%d\",\"locking\":\"off\"}}}",
		 scratch);
	rc = vm_qmp(run->vm, text, run->err);
	if (rc == 0)
		rc = vm_qmp(run->vm,
			    "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtio-blk-pci\",\"id\":\"hot-block\","
			    "\"drive\":\"hot\",\"bus\":\"port1\",\"serial\":\"" SERIAL "\"}}",
			    run->err);
	if (rc == 0)
		rc = live_command(run, "hotplug block " SERIAL);
	if (rc == 0)
		rc = vm_qmp(run->vm,
			    "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtio-net-pci\",\"id\":\"hot-net\","
			    "\"bus\":\"port2\",\"mac\":\"" ADDRESS "\",\"romfile\":\"\"}}",
			    run->err);
	if (rc == 0)
		rc = live_command(run, "hotplug net " ADDRESS);
	/* both at a time */
	if (rc == 0)
		rc = take_out(run, "hot-block");
	if (rc == 0)
		rc = take_out(run, "hot-net");
	if (rc == 0)
		rc = wait_gone(run, "hot-block", "gone block serial " SERIAL);
	return rc < 0 ? rc : wait_gone(run, "hot-net", "gone net address " ADDRESS);
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
