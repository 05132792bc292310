/* SPDX-License-Identifier: MIT */
/* live-record: starts the appliance in QEMU and prints the record of what it saw.
 *
 * usage: live-record [OPTION...] APPLIANCE, or with --program and --image: - in its place
 *	--machine=aarch64|x86_64  --qemu=PROGRAM  --accel=tcg|kvm  --firmware=CODE  --store=VARIABLES  --gic=2|3  --acpi-off
 *	--transport=pci|mmio  --cpus=N  --memory=MIB  --seconds=N  --arguments=TEXT  --persistent  --hotplug  --verbose
 *	--silence=N  --kernel=FILE  --initrd=FILE  --properties=OF_MACHINE  --more=ARGUMENT_OF_QEMU
 *	--image=FILE  --image-format=raw|qcow2|...  --program=VMLINT-GUEST
 *
 * Phases and trouble go to standard error, the last lines of the console with them; the exit status is 2 then. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "base/text.h"
#include "hypervisor/live.h"

#define MORE 32 /* arguments behind ours */

static void show_phase(void *context, unsigned boot, const char *phase)
{
	uint64_t *began = context;

	fprintf(stderr, "%6.1f s: boot %u: %s\n", (double)(stream_now() - *began) / 1000, boot, phase);
}

static void show_line(void *context, const char *line)
{
	BUFFER_AUTO text = buffer_make(1 << 16);

	(void)context;
	text_escape(&text, line);
	fprintf(stderr, "| %s\n", text.data);
}

static const struct option options[] = {
	{ "machine", 1, NULL, 'M' },	{ "qemu", 1, NULL, 'q' },     { "accel", 1, NULL, 'a' },
	{ "firmware", 1, NULL, 'f' },	{ "store", 1, NULL, 's' },    { "gic", 1, NULL, 'g' },
	{ "acpi-off", 0, NULL, 'o' },	{ "transport", 1, NULL, 't' }, { "cpus", 1, NULL, 'c' },
	{ "memory", 1, NULL, 'm' },	{ "seconds", 1, NULL, 'S' },  { "arguments", 1, NULL, 'A' },
	{ "hotplug", 0, NULL, 'h' },	{ "verbose", 0, NULL, 'v' },  { "persistent", 0, NULL, 'p' },
	{ "kernel", 1, NULL, 'k' },	{ "initrd", 1, NULL, 'i' },
	{ "properties", 1, NULL, 'P' },
	{ "silence", 1, NULL, 'Q' },	{ "more", 1, NULL, 'X' },
	{ "image", 1, NULL, 'I' },	{ "image-format", 1, NULL, 'F' }, { "program", 1, NULL, 'G' },
	{ NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	struct live_options live = { .vm = { .gic = 3, .cpus = 2, .memory_mib = 1024, .image_format = "raw" }, .seconds = 120 };
	const char *more[MORE + 1] = { NULL };
	uint64_t began = stream_now();
	int count = 0;
	struct live_result result;
	struct error err = { 0 };
	int c, rc;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'M': live.vm.machine = strcmp(optarg, "x86_64") ? VM_AARCH64 : VM_X86_64; break;
		case 'q': live.vm.qemu = optarg; break;
		case 'a':
			live.vm.accel = strcmp(optarg, "kvm") ? VM_TCG : VM_KVM;
			break;
		case 'f': live.vm.firmware = optarg; break;
		case 's': live.store = optarg; break;
		case 'g': live.vm.gic = (unsigned)atoi(optarg); break;
		case 'o': live.vm.acpi_off = true; break;
		case 't': live.vm.transport = strcmp(optarg, "mmio") ? VM_PCI : VM_MMIO; break;
		case 'c': live.vm.cpus = (unsigned)atoi(optarg); break;
		case 'm': live.vm.memory_mib = (unsigned)atoi(optarg); break;
		case 'S': live.seconds = (unsigned)atoi(optarg); break;
		case 'Q': live.silence = (unsigned)atoi(optarg); break;
		case 'A': live.arguments = optarg; break;
		case 'k': live.vm.kernel = optarg; break;
		case 'P': live.vm.properties = optarg; break;
		case 'X':
			if (count == MORE)
				return 2;
			more[count++] = optarg;
			live.vm.more = more;
			break;
		case 'i': live.vm.initrd = optarg; break;
		case 'I': live.image = optarg; break;
		case 'F': live.vm.image_format = optarg; break;
		case 'G': live.program = optarg; break;
		case 'h': live.hotplug = true; break;
		case 'p': live.persistent = true; break;
		case 'v': live.console = show_line; break;
		default: return 2;
		}
	}
	if (optind != argc - 1) {
		fputs("usage: live-record [OPTION...] APPLIANCE\n", stderr);
		return 2;
	}
	live.appliance = strcmp(argv[optind], "-") ? argv[optind] : NULL;
	live.phase = show_phase;
	live.context = &began;
	rc = live_run(&live, &result, &err);
	if (result.record.size)
		fwrite(result.record.data, 1, result.record.size, stdout);
	if (rc < 0) {
		fprintf(stderr, "live-record: %s\n", err.message);
		for (int i = 0; i < LIVE_TAIL; i++) {
			if (result.tail[i])
				show_line(NULL, result.tail[i]);
		}
	}
	live_result_free(&result);
	return rc < 0 ? 2 : 0;
}
