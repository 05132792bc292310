/* SPDX-License-Identifier: MIT */
/* guest: `vmlint guest --record` writes down what a running machine shows of its firmware, tables and devices.  It is also a
 * static program of its own, vmlint-guest, for guests that have none of our libraries. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "guest/check.h"
#include "guest/gather.h"

static const char usage[] =
	"Usage: vmlint guest --record [--try]\n"
	"\n"
	"Writes down what the machine that this runs on shows of itself: UEFI's configuration table, ACPI tables, the\n"
	"device tree, CPUs, interrupts, timers, consoles, clocks and devices, as lines of text on standard output.\n"
	"Root sees more than others do.\n"
	"\n"
	"  --record  the only thing it does, so far; it changes nothing\n"
	"  --try     also set the real-time clock and set it back, take secondary CPUs off and on, write and delete an\n"
	"            EFI variable; for root, in a machine that serves nobody\n";

static void print_line(void *context, const char *text, size_t size)
{
	(void)context;
	fwrite(text, 1, size, stdout);
	putchar('\n');
}

/* The kernel's own name for this boot, as a number. */
static uint32_t boot_number(void)
{
	size_t size;
	char *id = file_read("/proc/sys/kernel/random/boot_id", 64, &size);
	uint32_t number = id ? (uint32_t)strtoul(id, NULL, 16) : 0;

	free(id);
	return number;
}

void guest_record(struct facts *facts, bool try)
{
	size_t size;
	char *command_line = file_read("/proc/cmdline", 65536, &size);
	char *console = file_read("/sys/class/tty/console/active", 4096, &size);

	if (console)
		console[strcspn(console, "\n")] = '\0';
	gather_head(facts, boot_number(), console ? console : "");
	gather_probe(facts, command_line ? command_line : "", false);
	gather_efi(facts);
	gather_files(facts);
	if (try) {
		check_rtc(facts);
		check_variable(facts);
		check_cpus(facts);
		check_aarch32(facts);
	}
	free(command_line);
	free(console);
}

int command_guest(int argc, char **argv)
{
	static const struct option options[] = {
		{ "record", no_argument, NULL, 'r' },
		{ "try", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct facts facts = facts_make(print_line, NULL);
	bool want = false, try = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			want = true;
			break;
		case 't':
			try = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return command_finish(EXIT_CLEAN);
		default:
			return command_usage("guest", "%s is no option of guest", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage("guest", "%s is too much: guest looks at the machine that it runs on", argv[optind]);
	if (!want)
		return command_usage("guest", "--record is missing: what judges is a larger program");
	if (try && geteuid() != 0)
		return command_usage("guest", "--try is for root");
	guest_record(&facts, try);
	facts_free(&facts);
	return command_finish(EXIT_CLEAN);
}
