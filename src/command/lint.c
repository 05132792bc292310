/* SPDX-License-Identifier: MIT */
/* lint: options of `vmlint lint`, and one image after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "command/fetch.h"
#include "download/address.h"
#include "command/options.h"
#include "image/image.h"
#include "process/parent.h"

static const char usage[] =
	"Usage: vmlint [lint] [OPTION...] IMAGE...\n"
	"\n"
	"Checks VM disk images (raw, qcow2, and through qemu-nbd vmdk, vhd, vhdx, vdi, qed, ...) without booting them.  IMAGE\n"
	"is a file, an address (https://..., http://...#sha256=..., file://...), or the name of a reference image, which\n"
	"`vmlint boot --help` lists.\n"
	"\n"
	"What to check:\n"
	"  --profile=NAME        auto (default), vmspec-2.0, uefi-x86_64, uefi-riscv64, or a path to a .json file\n"
	"  --arch=ARCH           auto (default), aarch64, arm, x86_64 or riscv64\n"
	"  --select=RULES        report these rules only; comma-separated ids, * is a wildcard\n"
	"  --ignore=RULES        do not report these rules\n"
	"  --severity=RULE=LEVEL report RULE as error, warning, note or off; may be repeated\n"
	"  --sector-size=SIZE    auto (default), 512 or 4096: the logical sector size of the disk\n"
	"  --thorough            also walk what is slow to walk (all qcow2 reference counts, all initrds, kernels)\n"
	"  --reader=WHO          who reads file systems: auto (default), native (in process alone) or guestfs (libguestfs)\n"
	"  --key=SELECTOR:key:KEY, --key=SELECTOR:file:FILE   opens LUKS; SELECTOR is all, pN (a partition) or a UUID\n"
	"  --allow-backing=DIR   open backing and data files that the image names, if they lie below DIR\n"
	"  --no-sandbox          read the image in a process that is not shut in: for images that you trust\n"
	"\n"
	"What to print:\n"
	"  --format=FORMAT       text (default), json, or vmspec (the names of vmspec-tools)\n"
	"  --color=WHEN          auto (default), always or never\n"
	"  -q, --quiet           only what counts for the exit status (in text; JSON is always whole)\n"
	"  -v, --verbose         also skipped rules, libfdisk's opinion and the bytes read\n"
	"\n"
	"Limits; what lies beyond one is not evaluated, and said to be so:\n"
	"@"
	"\n"
	"What counts:\n"
	"  --fail-on=LEVEL       the least severity that makes the exit status 1: error (default), warning or note\n"
	"  --exit-zero           exit with 0 although there are findings\n"
	"  -h, --help            this text\n"
	"  --                    what follows are images, even if it begins with -\n"
	"\n"
	"Exit status: 0 clean; 1 findings at or above --fail-on; 2 the call was wrong, an image could not be read, a rule\n"
	"at or above --fail-on could not be evaluated, or the output could not be written.\n";

enum option_key {
	OPTION_ARCH = 256,
	OPTION_SECTOR_SIZE,
	OPTION_THOROUGH,
	OPTION_READER,
	OPTION_KEY,
	OPTION_ALLOW_BACKING,
};

static const struct option long_options[] = {
	{ "arch", required_argument, NULL, OPTION_ARCH },
	{ "sector-size", required_argument, NULL, OPTION_SECTOR_SIZE },
	{ "thorough", no_argument, NULL, OPTION_THOROUGH },
	{ "reader", required_argument, NULL, OPTION_READER },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "allow-backing", required_argument, NULL, OPTION_ALLOW_BACKING },
	{ "no-sandbox", no_argument, NULL, COMMON_NO_SANDBOX },
	LIMIT_OPTIONS,
	COMMON_OPTIONS,
};

/* Everything that the command line says. */
struct call {
	struct common common;
	const char *allow_backing;
	const struct lint_key **keys_end;
	char **images;
};

static bool set_sector_size(struct call *call, const char *argument)
{
	if (strcmp(argument, "auto") == 0)
		call->common.lint.sector_size = 0;
	else if (strcmp(argument, "512") == 0)
		call->common.lint.sector_size = 512;
	else if (strcmp(argument, "4096") == 0)
		call->common.lint.sector_size = 4096;
	else
		return command_usage("lint", "--sector-size takes auto, 512 or 4096, not \"%s\"", argument), false;
	return true;
}

static bool set_arch(struct call *call, const char *argument)
{
	call->common.lint.architecture = ARCHITECTURE_UNKNOWN;
	if (strcmp(argument, "auto") == 0)
		return true;
	call->common.lint.architecture = architecture_parse(argument);
	if (call->common.lint.architecture == ARCHITECTURE_UNKNOWN)
		command_usage("lint", "--arch takes auto, aarch64, arm, x86_64 or riscv64, not \"%s\"", argument);
	return call->common.lint.architecture != ARCHITECTURE_UNKNOWN;
}

static bool set_allow_backing(struct call *call, const char *argument)
{
	struct stat st;

	if (stat(argument, &st) == 0 && S_ISDIR(st.st_mode)) {
		call->allow_backing = argument;
		call->common.lint.allow_backing = true;
		return true;
	}
	command_usage("lint", "--allow-backing %s: not a directory", argument);
	return false;
}

static bool set_reader(struct call *call, const char *argument)
{
	if (strcmp(argument, "auto") == 0)
		call->common.lint.reader = IMAGE_READER_AUTO;
	else if (strcmp(argument, "native") == 0)
		call->common.lint.reader = IMAGE_READER_NATIVE;
	else if (strcmp(argument, "guestfs") == 0)
		call->common.lint.reader = IMAGE_READER_GUESTFS;
	else
		return command_usage("lint", "--reader takes auto, native or guestfs, not \"%s\"", argument), false;
	return true;
}

static bool add_key(struct call *call, const char *argument)
{
	struct lint_key *key = command_key(call->common.arena, argument);

	if (!key)
		return false;
	*call->keys_end = key;
	call->keys_end = (const struct lint_key **)&key->next;
	return true;
}

static bool set_option(struct common *common, int key, const char *argument)
{
	struct call *call = (struct call *)common;

	switch (key) {
	case OPTION_ARCH:
		return set_arch(call, argument);
	case OPTION_SECTOR_SIZE:
		return set_sector_size(call, argument);
	case OPTION_THOROUGH:
		common->lint.thorough = true;
		return true;
	case OPTION_READER:
		return set_reader(call, argument);
	case OPTION_KEY:
		return add_key(call, argument);
	case OPTION_ALLOW_BACKING:
		return set_allow_backing(call, argument);
	}
	return command_usage("lint", "unknown option, or one without its argument"), false;
}

static void lint_one(struct common *common, int index, struct arena *arena, struct lint_result *result)
{
	const struct call *call = (const struct call *)common;
	const char *image = address_shown(arena, call->images[index]);
	size_t address = strcspn(image, "#");
	struct fetched fetched;
	struct error err;

	if (command_fetch(arena, call->images[index], common->report.quiet, &fetched, &err) < 0) {
		const char *why = err.message;

		lint_result_init(result, image);
		result->status = STATUS_UNREADABLE;
		/* it is named in front of this already */
		if (!strncmp(why, image, address) && !strncmp(why + address, ": ", 2))
			why += address + 2;
		result->error = arena_strdup(arena, why);
		return;
	}
	parent_lint(arena, fetched.path, &common->lint, call->allow_backing, result);
	result->image = image;
	if (fetched.note)
		lint_result_note(result, arena, fetched.note);
}

int command_lint(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct call call = { .common = common_make(arena, "lint") };

	call.common.on_images = true;
	call.common.set = set_option;
	call.keys_end = &call.common.lint.keys;
	if (!common_parse(&call.common, argc, argv, long_options))
		return EXIT_TROUBLE;
	if (call.common.help) {
		common_print_usage(usage, false);
		return command_finish(EXIT_CLEAN);
	}
	if (optind >= argc)
		return command_usage("lint", "no image is named");
	call.images = argv + optind;
	common_warn(&call.common);
	return common_run(&call.common, argc - optind, lint_one);
}
