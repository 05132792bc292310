/* SPDX-License-Identifier: MIT */
/* limits: the table of those that a user may set, and what follows from them. */
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unseen.h"

#define DECOMPRESSED (2 * GiB)
#define FILES 65536
#define DEPTH 32
#define PATH 4096
#define DIAGNOSTICS 20
#define SECONDS 120

struct limits limits = { DECOMPRESSED, FILES, DEPTH, PATH, SECONDS, DIAGNOSTICS };

int limit_error(struct error *err, const char *format, ...)
{
	struct error here = { .code = EFBIG };
	va_list ap;

	va_start(ap, format);
	vsnprintf(here.message, sizeof(here.message), format, ap);
	va_end(ap);
	unseen_note(&here);
	if (err)
		*err = here;
	return -EFBIG;
}

static uint64_t spent[WORK_KINDS];

static const char *const too_much[WORK_KINDS] = {
	[WORK_TABLES] = "the qcow2's tables are larger, or lie further apart, than is read",
	[WORK_TABLES_CHECKED] = "the qcow2's tables are larger, or lie further apart, than is walked through",
	[WORK_HOLES] = "to look for the qcow2's data takes too long",
	[WORK_CLUSTERS] = "the qcow2's compressed clusters take too long to read" RAISES("max-decompressed"),
	[WORK_BLOCKS] = "the squashfs's blocks take too long to decompress" RAISES("max-decompressed"),
	[WORK_LOOKUPS] = "looking up the image's files takes too long" RAISES("max-files"),
	[WORK_UNPACKING] = "to unpack all its kernels and initrds takes too long" RAISES("max-decompressed"),
	[WORK_MODULES] = "what the soft dependencies of its modules mean takes too long to find",
	[WORK_PROGRAMS] = "to look through all EFI programs that entries name, and their addons, takes too long",
	[WORK_GRUB] = "GRUB's scripts look up and compare too much",
};

uint64_t limit_of(enum limit_work work)
{
	const uint64_t decompressed = limits.decompressed > DECOMPRESSED ? limits.decompressed : DECOMPRESSED;

	switch (work) {
	case WORK_TABLES:
	case WORK_TABLES_CHECKED:
		return LIMIT_QCOW2_TABLES;
	case WORK_HOLES:
		return LIMIT_QCOW2_HOLES;
	case WORK_CLUSTERS:
		/* twice as many bytes, at 2 ns: 8 s */
		return limits.decompressed * 4000;
	case WORK_LOOKUPS:
		/* 2 s; an image of a whole distribution takes some milliseconds */
		return limits_directory_bytes() / 64 * 30000000;
	case WORK_BLOCKS:
	case WORK_UNPACKING:
		/* 3 ns for each byte: 6.4 s.  What is lowered is the bytes: each may take as long as before. */
		return decompressed * 3000;
	case WORK_MODULES:
		return LIMIT_MODULES_WORK;
	case WORK_PROGRAMS:
		return LIMIT_EFI_SEARCHED;
	case WORK_GRUB:
		return LIMIT_GRUB_WORK;
	case WORK_KINDS:
		break;
	}
	return 0;
}

void limit_count(enum limit_work work, uint64_t amount)
{
	if (__builtin_add_overflow(spent[work], amount, &spent[work]))
		spent[work] = UINT64_MAX;
}

bool limit_is_spent(enum limit_work work)
{
	return spent[work] > limit_of(work);
}

int limit_spend(enum limit_work work, uint64_t amount, struct error *err)
{
	limit_count(work, amount);
	return limit_is_spent(work) ? limit_error(err, "%s", too_much[work]) : 0;
}

uint64_t limit_spent(enum limit_work work)
{
	return spent[work];
}

void limits_begin_image(void)
{
	memset(spent, 0, sizeof(spent));
	unseen_begin();
}

const struct limit_option limit_options[] = {
	{ .option = "max-decompressed", .argument = "SIZE", .value = &limits.decompressed,
	  .least = 1, .most = 1024 * 1024 * GiB, .standard = DECOMPRESSED, .bytes = true,
	  .what = "bytes that an initrd unpacks to; a kernel may have an eighth of it, a qcow2's clusters twice as many; "
		  "above 2G also how long it may take to unpack all initrds and kernels of an image: about 3 s for each G, "
		  "reckoned by their bytes and formats, and the same for a squashfs",
	  .beyond = "rules on that initrd or kernel, or that read those clusters, are not evaluated" },
	{ .option = "max-files", .argument = "N", .value = &limits.files, .least = 1, .most = 4194304, .standard = FILES,
	  .what = "files in a directory, or in a whole FAT volume; an initrd may have 16 times as many",
	  .beyond = "rules that look into it are not evaluated" },
	{ .option = "max-depth", .argument = "N", .value = &limits.depth, .least = 1, .most = 250, .standard = DEPTH,
	  .what = "directories in directories, on the way to a file",
	  .beyond = "rules that need what is deeper are not evaluated" },
	{ .option = "max-path", .argument = "N", .value = &limits.path, .least = 1, .most = 65536, .standard = PATH,
	  .what = "bytes of a path, and of what a symbolic link says",
	  .beyond = "rules that need that file are not evaluated" },
	{ .option = "max-time", .argument = "SECONDS", .value = &limits.seconds, .least = 1, .most = 1000000, .standard = SECONDS,
	  .what = "seconds for one image; where libguestfs is started, five times as many more",
	  .beyond = "the image could not be checked" },
	{ .option = "max-diagnostics", .argument = "N", .value = &limits.diagnostics,
	  .least = 0, .most = 100000, .standard = DIAGNOSTICS,
	  .unlimited = true, .of_reports = true,
	  .what = "findings of one rule on one image that are shown; 0: all",
	  .beyond = "the others are counted: \"and N more\"" },
};
const unsigned limit_options_count = sizeof(limit_options) / sizeof(*limit_options);

void limit_print(char *out, size_t room, const struct limit_option *limit, uint64_t value)
{
	static const char units[] = "KMGT";
	int unit = -1;

	while (limit->bytes && value && value % 1024 == 0 && unit + 1 < (int)strlen(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(out, room, "%" PRIu64 "%.*s", value, unit >= 0, unit >= 0 ? &units[unit] : "");
}

bool limit_parse(const struct limit_option *limit, const char *text, const char **ret_range)
{
	static const char units[] = "KMGT";
	static char range[128];
	unsigned long long value;
	const char *unit;
	bool good = *text >= '0' && *text <= '9';
	char most[32];
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	unit = limit->bytes && *end ? strchr(units, *end) : NULL;
	good = good && !errno;
	if (unit && !end[1]) {
		unsigned shift = 10 * (unsigned)(unit - units + 1);

		good = good && value <= UINT64_MAX >> shift;
		value <<= shift;
	} else if (*end) {
		good = false;
	}
	if (good && value >= limit->least && value <= limit->most) {
		*limit->value = value;
		return true;
	}
	limit_print(most, sizeof(most), limit, limit->most);
	snprintf(range, sizeof(range), "a number%s from %" PRIu64 " to %s%s%s", limit->bytes ? " of bytes" : "", limit->least,
		 most, limit->bytes ? ", also with K, M, G or T behind it" : "", limit->unlimited ? " (0: no limit)" : "");
	*ret_range = range;
	return false;
}

uint64_t limits_kernel_bytes(void)
{
	return limits.decompressed / 8;
}

uint64_t limits_initrd_entries(void)
{
	return limits.files * 16;
}

uint64_t limits_initrd_names(void)
{
	return limits.files * 8;
}

uint64_t limits_directory_bytes(void)
{
	/* what is lowered is the count: names may be as long as before */
	return (limits.files > FILES ? limits.files : FILES) * 64;
}

uint64_t limits_directories_bytes(void)
{
	return limits_directory_bytes() * 16;
}

uint64_t limits_guestfs_seconds(void)
{
	return limits.seconds * 5;
}

/* A file that is listed takes less than this, with its name. */
#define FILE_BYTES 512

static uint64_t more_memory(void)
{
	return (limits.files > FILES ? (limits.files - FILES) * FILE_BYTES : 0) +
	       (limits.diagnostics && limits.diagnostics <= DIAGNOSTICS ? 0 : 512 * MiB);
}

uint64_t limits_arena_bytes(void)
{
	return LIMIT_ARENA_BYTES + more_memory();
}

uint64_t limits_worker_addresses(void)
{
	return 1 * GiB + 2 * more_memory();
}

uint64_t limits_result_bytes(void)
{
	return limits.diagnostics && limits.diagnostics <= DIAGNOSTICS ? 24 * MiB : 256 * MiB;
}

unsigned limits_records(void)
{
	return limits.diagnostics && limits.diagnostics <= DIAGNOSTICS ? 20000 : 1000000;
}
