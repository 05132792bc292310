/* SPDX-License-Identifier: MIT */
/* check-cpus: secondary CPUs off and on through sysfs, which is PSCI's CPU_OFF and CPU_ON where firmware offers that. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/stream.h"
#include "guest/check.h"

#define CPUS_TRIED 8

static int put(const char *path, char c)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, &c, 1) != 1)
		rc = -errno;
	close(fd);
	return rc;
}

static char get(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = '?';

	if (fd >= 0) {
		if (read(fd, &c, 1) != 1)
			c = '?';
		close(fd);
	}
	return c;
}

static void step(struct facts *facts, const char *path, char to, const char *key, const char *key_ms)
{
	uint64_t began = stream_now();
	int rc = put(path, to);

	fact_errno(facts, key, rc == 0 && get(path) != to ? EIO : rc);
	fact_decimal(facts, key_ms, (int64_t)(stream_now() - began));
}

void check_cpus(struct facts *facts)
{
	char path[80];

	for (int cpu = 1; cpu <= CPUS_TRIED; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
		if (get(path) != '1')
			continue;
		fact_begin(facts, "cpu-power");
		fact_decimal(facts, "cpu", cpu);
		step(facts, path, '0', "off", "off-ms");
		step(facts, path, '1', "on", "on-ms");
		fact_end(facts);
	}
}
