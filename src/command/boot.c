/* SPDX-License-Identifier: MIT */
/* boot: options of `vmlint boot`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "command/boot.h"
#include "command/fetch.h"
#include "download/address.h"

static const char usage[] =
	"Usage: vmlint boot [OPTION...] [IMAGE]\n"
	"\n"
	"Boots a small system of vmlint's own in a virtual machine, and says where that falls short of the VM System\n"
	"Specification for ARM Processors: a check of hypervisor and firmware.  With IMAGE, lints that, boots a snapshot of it\n"
	"(it is never written to) and looks from inside, by its cloud-init; one without that becomes a second disk.  IMAGE is\n"
	"a file, an address (https://..., http://...#sha256=..., file://...) or the name of a reference image:\n"
	"\n"
	"What to boot:\n"
	"  --arch=ARCH           aarch64 (default) or x86_64\n"
	"  --firmware=FILE       UEFI firmware; what the system has for ARCH unless told\n"
	"  --store=FILE          what the variable store holds at first (never written to), or none\n"
	"  --appliance=FILE      the system to boot, a raw image that `make appliance` made\n"
	"  --force               boot an image in which lint finds errors\n"
	"  --hypervisor-command=COMMAND  not QEMU: what starts another hypervisor and gives us its serial console\n"
	"  --qemu=PROGRAM        qemu-system-ARCH unless told\n"
	"  --qemu-option=ARG     one more argument for it, behind ours; may be repeated: --qemu-option=-cpu --qemu-option=max\n"
	"  --accel=WHO           auto (default: KVM where it works, which is tried), tcg or kvm\n"
	"  --gic=LIST            interrupt controllers, one boot for each: 2, 3 (default)\n"
	"  --transport=LIST      of the disk, one boot for each: pci (default), mmio\n"
	"  --device-tree         ACPI off: firmware hands out a device tree\n"
	"  --matrix              all combinations of these that are worth running, of the lists that are given\n"
	"  --smp=N, --memory=MIB 2 processors and 1024 MiB unless told\n"
	"  --timeout=SECONDS     that the guest may take for its next step; 240 unless told, 600 in an image\n"
	"\n"
	"What to try (the first boot does; the others only look):\n"
	"  --persistent, --no-persistent  do variables live through a reset, and in a new process? (default: yes, but no in\n"
	"                                 an image, which it starts three times)\n"
	"  --hotplug, --no-hotplug        put in a disk and a network card, and take them out (default: yes)\n"
	"\n"
	"What to keep:\n"
	"  --log-dir=DIR         the record and the console of each boot\n"
	"  --keep                there, also disk and variable store as each boot left them\n"
	"\n"
	"  --no-sandbox          read the image, and what guests tell, in processes that are not shut in\n"
	"\n"
	"Rules, printing and exit status, as of lint:\n"
	"  --select=RULES, --ignore=RULES, --severity=RULE=LEVEL, --profile=NAME, --format=FORMAT, --color=WHEN,\n"
	"  -q, --quiet, -v, --verbose, --fail-on=LEVEL, --exit-zero, -h, --help, and the limits:\n"
	"@"
	"\n"
	"Exit status: 0 clean; 1 findings at or above --fail-on; 2 the call was wrong, the machine could not be taken\n"
	"through its boots, a rule at or above --fail-on could not be evaluated, or the output could not be written.\n";

enum option_key {
	OPTION_ARCH = 256,
	OPTION_FIRMWARE,
	OPTION_STORE,
	OPTION_APPLIANCE,
	OPTION_QEMU,
	OPTION_QEMU_OPTION,
	OPTION_COMMAND,
	OPTION_ACCEL,
	OPTION_GIC,
	OPTION_TRANSPORT,
	OPTION_DEVICE_TREE,
	OPTION_SMP,
	OPTION_MEMORY,
	OPTION_TIMEOUT,
	OPTION_PERSISTENT,
	OPTION_NO_PERSISTENT,
	OPTION_HOTPLUG,
	OPTION_NO_HOTPLUG,
	OPTION_MATRIX,
	OPTION_LOG_DIR,
	OPTION_KEEP,
	OPTION_FORCE,
};

static const struct option long_options[] = {
	{ "arch", required_argument, NULL, OPTION_ARCH },
	{ "firmware", required_argument, NULL, OPTION_FIRMWARE },
	{ "store", required_argument, NULL, OPTION_STORE },
	{ "appliance", required_argument, NULL, OPTION_APPLIANCE },
	{ "qemu", required_argument, NULL, OPTION_QEMU },
	{ "qemu-option", required_argument, NULL, OPTION_QEMU_OPTION },
	{ "hypervisor-command", required_argument, NULL, OPTION_COMMAND },
	{ "accel", required_argument, NULL, OPTION_ACCEL },
	{ "gic", required_argument, NULL, OPTION_GIC },
	{ "transport", required_argument, NULL, OPTION_TRANSPORT },
	{ "device-tree", no_argument, NULL, OPTION_DEVICE_TREE },
	{ "smp", required_argument, NULL, OPTION_SMP },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "persistent", no_argument, NULL, OPTION_PERSISTENT },
	{ "no-persistent", no_argument, NULL, OPTION_NO_PERSISTENT },
	{ "hotplug", no_argument, NULL, OPTION_HOTPLUG },
	{ "no-hotplug", no_argument, NULL, OPTION_NO_HOTPLUG },
	{ "matrix", no_argument, NULL, OPTION_MATRIX },
	{ "log-dir", required_argument, NULL, OPTION_LOG_DIR },
	{ "keep", no_argument, NULL, OPTION_KEEP },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "no-sandbox", no_argument, NULL, COMMON_NO_SANDBOX },
	LIMIT_OPTIONS,
	COMMON_OPTIONS,
};

/* The place of `argument` in a list of words, or -1, with a message. */
static int word(const char *option, const char *argument, const char *const *words, const char *names)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], argument))
			return i;
	}
	command_usage("boot", "%s takes %s, not \"%s\"", option, names, argument);
	return -1;
}

/* A bit for each word of a comma-separated list; 0, with a message, for a wrong one. */
static unsigned word_mask(struct arena *arena, const char *option, const char *argument, const char *const *words,
			  const char *names)
{
	char *rest = arena_strdup(arena, argument), *one;
	unsigned mask = 0;

	while ((one = strsep(&rest, ","))) {
		int i = word(option, one, words, names);

		if (i < 0)
			return 0;
		mask |= 1u << i;
	}
	return mask;
}

static bool number(const char *option, const char *argument, unsigned long least, unsigned long most, unsigned *ret)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(argument, &end, 10);
	if (*argument < '0' || *argument > '9' || *end || errno || value < least || value > most) {
		command_usage("boot", "%s takes a number from %lu to %lu, not \"%s\"", option, least, most, argument);
		return false;
	}
	*ret = (unsigned)value;
	return true;
}

static const char *const machines[] = { "aarch64", "x86_64", NULL }, *const gics[] = { "2", "3", NULL },
			 *const transports[] = { "pci", "mmio", NULL }, *const accels[] = { "auto", "tcg", "kvm", NULL };

static bool set_option(struct common *common, int key, const char *argument)
{
	struct boot_options *o = (struct boot_options *)common;
	int i;

	switch (key) {
	case OPTION_ARCH:
		i = word("--arch", argument, machines, "aarch64 or x86_64");
		o->machine = (enum vm_machine)i;
		o->machine_told = true;
		return i >= 0;
	case OPTION_FIRMWARE:
		o->firmware = argument;
		return true;
	case OPTION_STORE:
		o->store = argument;
		return true;
	case OPTION_APPLIANCE:
		o->appliance = argument;
		return true;
	case OPTION_QEMU:
		o->qemu = argument;
		return true;
	case OPTION_QEMU_OPTION:
		if (o->more_count == BOOT_MORE)
			return command_usage("boot", "more than %d times --qemu-option", BOOT_MORE), false;
		o->more[o->more_count++] = argument;
		return true;
	case OPTION_COMMAND:
		o->command = argument;
		return true;
	case OPTION_ACCEL:
		i = word("--accel", argument, accels, "auto, tcg or kvm");
		o->accel = (enum boot_accel)i;
		return i >= 0;
	case OPTION_GIC:
		o->gics = word_mask(common->arena, "--gic", argument, gics, "2, 3 or 2,3");
		return o->gics != 0;
	case OPTION_TRANSPORT:
		o->transports = word_mask(common->arena, "--transport", argument, transports, "pci, mmio or pci,mmio");
		return o->transports != 0;
	case OPTION_DEVICE_TREE:
		o->tree = true;
		return true;
	case OPTION_SMP:
		return number("--smp", argument, 1, 512, &o->cpus);
	case OPTION_MEMORY:
		return number("--memory", argument, 256, 1 << 20, &o->memory_mib);
	case OPTION_TIMEOUT:
		return number("--timeout", argument, 1, 86400, &o->seconds);
	case OPTION_PERSISTENT:
	case OPTION_NO_PERSISTENT:
		o->persistent = key == OPTION_PERSISTENT;
		o->persistent_told = true;
		return true;
	case OPTION_HOTPLUG:
	case OPTION_NO_HOTPLUG:
		o->hotplug = key == OPTION_HOTPLUG;
		o->hotplug_told = true;
		return true;
	case OPTION_MATRIX:
		o->matrix = true;
		return true;
	case OPTION_LOG_DIR:
		o->log_dir = argument;
		return true;
	case OPTION_FORCE:
		o->image.force = true;
		return true;
	case OPTION_KEEP:
		o->keep = true;
		return true;
	}
	return command_usage("boot", "unknown option"), false;
}

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	stop = number;
}

/* The first Ctrl-C lets a boot end in order, the second ends us; a guard then ends QEMU. */
static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }, old;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		/* as nohup wants it */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

static bool of_machine(const struct boot_options *o)
{
	if (o->machine == VM_AARCH64 || !(o->gics || o->tree || o->transports & BOOT_MMIO))
		return true;
	return command_usage("boot", "--gic, --device-tree and --transport=mmio are for --arch=aarch64"), false;
}

/* What does not go together, whatever the image is: before that is fetched and read. */
static bool goes_together(const struct boot_options *o)
{
	if (o->command && (o->gics || o->transports || o->tree || o->matrix || o->qemu || o->more_count || o->firmware ||
			   o->store || o->accel != BOOT_ACCEL_AUTO || o->cpus || o->memory_mib))
		return command_usage("boot",
				     "--hypervisor-command makes the machine: no --qemu, --qemu-option, --firmware, --store, "
				     "--accel, --gic, --transport, --device-tree, --matrix, --smp or --memory beside it"), false;
	if (o->command && o->hotplug_told && o->hotplug)
		return command_usage("boot", "--hotplug is for QEMU, and --hypervisor-command is another"), false;
	if (o->keep && !o->log_dir)
		return command_usage("boot", "--keep is for --log-dir"), false;
	if (o->image.force && !o->image.argument)
		return command_usage("boot", "--force is for an image"), false;
	if (o->image.argument && o->command)
		return command_usage("boot", "--hypervisor-command boots the appliance, not an image"), false;
	return of_machine(o);
}

/* What is left unsaid. */
static bool settle(struct boot_options *o)
{
	/* which may be the image's by now */
	if (!of_machine(o))
		return false;
	if (!o->seconds)
		o->seconds = o->image.argument ? 600 : 240;
	if (o->image.argument && !o->persistent_told)
		o->persistent = false;
	if (!o->cpus)
		o->cpus = 2;
	if (!o->memory_mib)
		o->memory_mib = 1024;
	if (!o->gics)
		o->gics = o->matrix ? BOOT_GIC_2 | BOOT_GIC_3 : BOOT_GIC_3;
	if (!o->transports)
		o->transports = o->matrix ? BOOT_PCI | BOOT_MMIO : BOOT_PCI;
	return true;
}

/* The lint before a boot is whole, whatever rules on guests were selected. */
static void report_images_whole(struct boot_options *o)
{
	unsigned char *selected = arena_alloc(o->common.arena, rules_count + 1);

	for (size_t i = 0; i < rules_count; i++)
		selected[i] = o->common.lint.selected[i] || rules[i].subject != SUBJECT_GUEST;
	o->common.report.selected = selected;
}

static void run_one(struct common *common, int index, struct arena *arena, struct lint_result *result)
{
	struct boot_options *options = (struct boot_options *)common;

	if (!options->image.argument)
		return boot_one(options, &options->boots[index], arena, result);
	if (index)
		return boot_one(options, &options->boots[index - 1], arena, result);
	*result = *options->image.lint;
	common->stopped = options->image.stops;
}

static int complain(const struct error *err)
{
	BUFFER_AUTO text = buffer_make(sizeof(err->message) * 8);

	text_escape(&text, err->message);
	fprintf(stderr, "vmlint: %s\n", text.data ? text.data : "");
	return EXIT_TROUBLE;
}

static void print_usage(struct arena *arena)
{
	const char *rest = strstr(usage, "\nWhat to boot:");

	printf("%.*s%s", (int)(rest - usage), usage, command_references(arena));
	common_print_usage(rest, false);
}

int command_boot(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct boot_options options = {
		.common = common_make(arena, "boot"),
		.persistent = true, .hotplug = true,
		.stop = &stop,
	};
	struct error err;

	options.common.on_guests = true;
	options.common.set = set_option;
	if (!common_parse(&options.common, argc, argv, long_options))
		return EXIT_TROUBLE;
	if (options.common.help) {
		print_usage(arena);
		return command_finish(EXIT_CLEAN);
	}
	if (optind + 1 < argc)
		return command_usage("boot", "%s is too much: boot starts one image",
				     address_shown(arena, argv[optind + 1]));
	options.image.argument = argv[optind];
	if (!goes_together(&options))
		return EXIT_TROUBLE;
	if (options.image.argument && boot_image_prepare(&options, &err) < 0)
		return complain(&err);
	if (!settle(&options))
		return EXIT_TROUBLE;
	boot_plan(&options);
	options.common.report.boots = options.boot_count;
	if (!options.boot_count)
		return command_usage("boot", "--matrix has nothing of these that is worth running");
	if (!options.image.stops && boot_find(&options, &err) < 0)
		return complain(&err);
	if (options.image.argument)
		report_images_whole(&options);
	common_warn(&options.common);
	catch_signals();
	return common_run(&options.common, (int)options.boot_count + (options.image.argument != NULL), run_one);
}
