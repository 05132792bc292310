/* SPDX-License-Identifier: MIT */
/* gather: lists of paths with wildcards, and how to write down what they lead to. */
#include "guest/gather.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32.h"
#include "guest/record.h"

#define FILE_MAXIMUM (256 * 1024)
#define TREE_MAXIMUM (2 * 1024 * 1024)
#define NAMES_MAXIMUM 1024

enum what { CONTENT, NAMES, LINK };

struct source {
	const char *pattern; /* a component with a * stands for all that match */
	enum what what;
};

static const struct source machine[] = {
	{ "/proc/version", CONTENT },
	{ "/proc/cmdline", CONTENT },
	{ "/proc/cpuinfo", CONTENT },
	{ "/proc/meminfo", CONTENT },
	{ "/proc/iomem", CONTENT },
	{ "/proc/interrupts", CONTENT },
	{ "/proc/consoles", CONTENT },
	{ "/proc/tty/drivers", CONTENT },
	{ "/proc/tty/driver/serial", CONTENT },
	{ "/proc/tty/driver/ttyAMA", CONTENT },
	{ "/proc/driver/rtc", CONTENT },
	{ "/sys/class/tty/console/active", CONTENT },
	{ "/sys/class/tty/ttyAMA*", LINK },
	{ "/sys/class/tty/ttyS[0-3]", LINK },
	{ "/sys/class/tty/hvc*", LINK },
	{ "/sys/devices/system/cpu/kernel_max", CONTENT },
	{ "/sys/devices/system/cpu/possible", CONTENT },
	{ "/sys/devices/system/cpu/present", CONTENT },
	{ "/sys/devices/system/cpu/online", CONTENT },
	{ "/sys/devices/system/cpu/cpu*/regs/identification/midr_el1", CONTENT },
	{ "/sys/devices/system/clocksource/clocksource0/available_clocksource", CONTENT },
	{ "/sys/devices/system/clocksource/clocksource0/current_clocksource", CONTENT },
	{ "/sys/devices/system/clockevents/clockevent*/current_device", CONTENT },
	{ "/sys/devices/virtual/dmi/id/*_vendor", CONTENT },
	{ "/sys/devices/virtual/dmi/id/product_name", CONTENT },
	{ "/sys/firmware", NAMES },
	{ "/sys/firmware/efi", NAMES },
	{ "/sys/firmware/efi/systab", CONTENT },
	{ "/sys/firmware/efi/fw_platform_size", CONTENT },
	{ "/sys/firmware/efi/efivars", NAMES },
	{ "/sys/firmware/acpi/tables", NAMES },
	{ "/sys/firmware/acpi/tables/*", CONTENT },
	{ "/sys/firmware/fdt", CONTENT },
	{ "/sys/class/rtc/*", LINK },
	{ "/sys/class/rtc/*/name", CONTENT },
	{ "/sys/class/rtc/*/since_epoch", CONTENT },
	{ "/sys/kernel/debug/psci", CONTENT },
	{ "/sys/hypervisor/type", CONTENT },
};

static const struct source devices[] = {
	{ "/sys/bus/pci/devices/*/uevent", CONTENT },
	{ "/sys/bus/virtio/devices/*", LINK },
	{ "/sys/bus/virtio/devices/*/uevent", CONTENT },
	{ "/sys/bus/xen/devices/*/uevent", CONTENT },
	{ "/sys/bus/amba/devices/*/uevent", CONTENT },
	{ "/sys/bus/platform/devices/*/driver", LINK },
	{ "/sys/bus/acpi/devices", NAMES },
	{ "/sys/bus/pci/slots", NAMES },
	{ "/sys/class/block/*", LINK },
	{ "/sys/class/block/*/size", CONTENT },
	{ "/sys/class/block/*/serial", CONTENT },
	{ "/sys/class/net/*", LINK },
	{ "/sys/class/net/*/address", CONTENT },
};

/* Of a file that is longer than `maximum` either nothing, or with `cut`, which then becomes true, its beginning. */
static char *read_file(const char *path, size_t maximum, size_t *ret_size, bool *cut)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), code = 0;
	size_t size = 0, capacity = 4096;
	char *data;
	struct stat st;

	if (fd < 0)
		return NULL;
	data = malloc(capacity + 1);
	if (!data || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		code = data ? EINVAL : ENOMEM;
	/* sizes in /proc and /sys say nothing */
	while (!code) {
		ssize_t got = read(fd, data + size, capacity - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			code = errno;
		if (got <= 0)
			break;
		size += (size_t)got;
		if (size > maximum && cut) {
			*cut = true;
			size = maximum;
			break;
		}
		if (size > maximum)
			code = EFBIG;
		if (size == capacity && !code) {
			char *more = realloc(data, capacity * 2 + 1);

			if (more) {
				data = more;
				capacity *= 2;
			} else {
				code = ENOMEM;
			}
		}
	}
	close(fd);
	if (code) {
		free(data);
		errno = code;
		return NULL;
	}
	data[size] = '\0';
	*ret_size = size;
	return data;
}

char *file_read(const char *path, size_t maximum, size_t *ret_size)
{
	return read_file(path, maximum, ret_size, NULL);
}

static void content(struct facts *facts, const char *path)
{
	struct stat st;
	size_t size = 0, total;
	char *data;
	bool same, cut = false, tree = !strcmp(path, "/sys/firmware/fdt");

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	data = read_file(path, tree ? TREE_MAXIMUM : FILE_MAXIMUM, &size, tree ? NULL : &cut);
	/* a tree may be padded to a megabyte; /proc does not say how long its files are */
	total = cut && (size_t)st.st_size > size ? (size_t)st.st_size : size;
	while (data && tree && size > 40 && !data[size - 1])
		size--;
	if (data && tree && size < total)
		size = (size + 7) & ~(size_t)3;
	same = data && size >= 8 && !strncmp(path, "/sys/firmware/", 14) &&
	       gather_probe_has(crc32_update(0, data, size), size);
	fact_begin(facts, "file");
	fact_string(facts, "path", path);
	if (!data)
		fact_errno(facts, "error", errno);
	else
		fact_decimal(facts, "size", (int64_t)size);
	if (data && size < total)
		fact_decimal(facts, "total", (int64_t)total);
	if (cut)
		fact_string(facts, "cut", "yes");
	if (same)
		fact_hex(facts, "probe-crc", crc32_update(0, data, size));
	fact_end(facts);
	if (same)
		; /* the probe's record has it */
	else if (data && fact_is_text(data, size))
		fact_lines(facts, data, size);
	else if (data)
		fact_data(facts, data, size);
	free(data);
}

static void where(struct facts *facts, const char *path)
{
	char to[PATH_MAX];

	if (!realpath(path, to))
		return;
	fact_begin(facts, "link");
	fact_string(facts, "path", path);
	fact_string(facts, "to", to);
	fact_end(facts);
}

static int not_dot(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static void names(struct facts *facts, const char *path)
{
	struct dirent **list;
	int count = scandir(path, &list, not_dot, alphasort);

	if (count < 0)
		return;
	fact_begin(facts, "names");
	fact_string(facts, "path", path);
	fact_decimal(facts, "count", count);
	fact_end(facts);
	for (int i = 0; i < count; i++) {
		if (i < NAMES_MAXIMUM) {
			size_t length = strlen(list[i]->d_name);

			/* the name's NUL becomes its line's end */
			list[i]->d_name[length] = '\n';
			fact_lines(facts, list[i]->d_name, length + 1);
		}
		free(list[i]);
	}
	free(list);
}

/* Walks a pattern's components from `path` on, which has `length` bytes so far. */
static void walk(struct facts *facts, char *path, size_t length, const char *pattern, enum what what)
{
	const char *slash = strchrnul(pattern, '/');
	size_t part = (size_t)(slash - pattern);
	char word[NAME_MAX + 1];
	struct dirent **list;
	int count;

	if (!*pattern) {
		path[length] = '\0';
		if (what == CONTENT)
			content(facts, path);
		else if (what == NAMES)
			names(facts, path);
		else
			where(facts, path);
		return;
	}
	if (part >= sizeof(word) || length + part + 2 >= PATH_MAX)
		return;
	memcpy(word, pattern, part);
	word[part] = '\0';
	path[length++] = '/';
	pattern = *slash ? slash + 1 : slash;
	if (!strpbrk(word, "*[")) {
		memcpy(path + length, word, part);
		walk(facts, path, length + part, pattern, what);
		return;
	}
	path[length] = '\0';
	count = scandir(path, &list, not_dot, versionsort);
	for (int i = 0; i < count; i++) {
		part = strlen(list[i]->d_name);
		if (!fnmatch(word, list[i]->d_name, 0) && length + part + 1 < PATH_MAX) {
			memcpy(path + length, list[i]->d_name, part);
			walk(facts, path, length + part, pattern, what);
		}
		free(list[i]);
	}
	if (count >= 0)
		free(list);
}

static void each(struct facts *facts, const struct source *sources, size_t count)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < count; i++)
		walk(facts, path, 0, sources[i].pattern + 1, sources[i].what);
}

int64_t gather_uptime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void gather_head(struct facts *facts, uint32_t boot, const char *console)
{
	struct utsname name;

	fact_begin(facts, "guest");
	fact_decimal(facts, "format", GUEST_FORMAT);
	fact_end(facts);
	fact_begin(facts, "boot");
	fact_hex(facts, "id", boot);
	fact_string(facts, "console", console);
	fact_string(facts, "program", "vmlint " VMLINT_VERSION);
	fact_decimal(facts, "uptime-ms", gather_uptime());
	if (uname(&name) == 0)
		fact_string(facts, "machine", name.machine);
	fact_end(facts);
}

void gather_files(struct facts *facts)
{
	each(facts, machine, sizeof(machine) / sizeof(*machine));
	each(facts, devices, sizeof(devices) / sizeof(*devices));
	fact_begin(facts, "gathered");
	fact_decimal(facts, "uptime-ms", gather_uptime());
	fact_end(facts);
}
