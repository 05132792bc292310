/* SPDX-License-Identifier: MIT */
/* check-rtc: the clock through the kernel's rtc0, whose driver says which clock that is. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtc.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/stream.h"
#include "guest/check.h"

#define STEP 3600
#define PATIENCE_MS 3000

static int get(int fd, time_t *ret)
{
	struct rtc_time t;
	struct tm tm = { 0 };

	if (ioctl(fd, RTC_RD_TIME, &t) < 0)
		return -errno;
	tm.tm_sec = t.tm_sec;
	tm.tm_min = t.tm_min;
	tm.tm_hour = t.tm_hour;
	tm.tm_mday = t.tm_mday;
	tm.tm_mon = t.tm_mon;
	tm.tm_year = t.tm_year;
	*ret = timegm(&tm);
	return 0;
}

static int set(int fd, time_t when)
{
	struct rtc_time t = { 0 };
	struct tm tm;

	gmtime_r(&when, &tm);
	t.tm_sec = tm.tm_sec;
	t.tm_min = tm.tm_min;
	t.tm_hour = tm.tm_hour;
	t.tm_mday = tm.tm_mday;
	t.tm_mon = tm.tm_mon;
	t.tm_year = tm.tm_year;
	t.tm_wday = tm.tm_wday;
	t.tm_yday = tm.tm_yday;
	/* anything else would be taken for daylight saving, for good */
	t.tm_isdst = 0;
	return ioctl(fd, RTC_SET_TIME, &t) < 0 ? -errno : 0;
}

/* Waits until the clock shows another second than *from, which it becomes; how long that took, or -1. */
static int64_t wait_tick(int fd, time_t *from)
{
	struct timespec pause = { 0, 10 * 1000 * 1000 };
	uint64_t began = stream_now();
	time_t now;

	while (stream_now() - began < PATIENCE_MS) {
		if (get(fd, &now) == 0 && now != *from) {
			*from = now;
			return (int64_t)(stream_now() - began);
		}
		nanosleep(&pause, NULL);
	}
	return -1;
}

void check_rtc(struct facts *facts)
{
	int fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC), rc;
	time_t before = 0, after = 0, restored = 0;
	uint64_t began;

	fact_begin(facts, "rtc");
	fact_errno(facts, "open", fd < 0 ? errno : 0);
	if (fd < 0) {
		fact_end(facts);
		return;
	}
	rc = get(fd, &before);
	fact_errno(facts, "read", rc);
	if (rc == 0) {
		fact_decimal(facts, "before", before);
		fact_decimal(facts, "tick-ms", wait_tick(fd, &before));
		/* a second has just begun: so the clock can be set back without losing a part of one */
		began = stream_now();
		rc = set(fd, before + STEP);
		fact_errno(facts, "set", rc);
		if (rc == 0) {
			fact_decimal(facts, "to", before + STEP);
			fact_errno(facts, "read-back", get(fd, &after));
			fact_decimal(facts, "after", after);
			fact_errno(facts, "restore", set(fd, before + (time_t)((stream_now() - began) / 1000)));
			fact_errno(facts, "read-restored", get(fd, &restored));
			fact_decimal(facts, "restored", restored);
			fact_decimal(facts, "elapsed-ms", (int64_t)(stream_now() - began));
		}
	}
	fact_end(facts);
	close(fd);
}
