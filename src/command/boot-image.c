/* SPDX-License-Identifier: MIT */
/* boot-image: see the header. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "command/boot.h"
#include "command/fetch.h"
#include "download/address.h"
#include "image/cloud-init.h"
#include "process/parent.h"

/* The lint that comes before a boot is whole: what is selected on the command line are rules on guests. */
static struct lint_options lint_options(const struct boot_options *o)
{
	struct lint_options lint = o->common.lint;

	lint.selected = arena_alloc(o->common.arena, rules_count + 1);
	for (size_t i = 0; i < rules_count; i++)
		lint.selected[i] = rules[i].subject != SUBJECT_GUEST;
	lint.boots = true;
	return lint;
}

/* QEMU's name for what lint calls raw and so on, of containers that are one file whatever is in them; NULL for others. */
static const char *format_of(const struct lint_result *lint)
{
	static const struct {
		const char *ours, *qemu;
	} formats[] = { { "raw", "raw" }, { "qcow2", "qcow2" }, { "vdi", "vdi" }, { "vhdx", "vhdx" }, { "vhd", "vpc" },
			{ "vmdk", "vmdk" }, { "qed", "qed" }, { "parallels", "parallels" }, { "qcow", "qcow" } };

	for (size_t i = 0; lint->format && i < sizeof(formats) / sizeof(*formats); i++) {
		if (!strcmp(lint->format, formats[i].ours))
			return formats[i].qemu;
	}
	return NULL;
}

/* The command that makes an image which is booted of one that is not. */
static const char *convert(struct arena *arena, const char *path)
{
	BUFFER_AUTO command = buffer_make(8 * LIMIT_FILE_NAME);

	buffer_string(&command, "qemu-img convert -O qcow2 ");
	text_shell(&command, path[0] == '-' ? arena_printf(arena, "./%s", path) : path);
	buffer_string(&command, " self-contained.qcow2");
	return command.overflowed ? "qemu-img convert -O qcow2" : arena_strdup(arena, command.data);
}

static void stop(struct boot_image *image, struct arena *arena, const char *why)
{
	image->stops = true;
	image->lint->unbooted = why;
	lint_result_note(image->lint, arena, why);
}

/* Can it be booted, and how? */
static void settle(struct boot_options *o)
{
	struct boot_image *image = &o->image;
	struct lint_result *lint = image->lint;
	struct arena *arena = o->common.arena;
	enum vm_machine of_image = o->machine;

	if (lint->status == STATUS_UNREADABLE) {
		image->stops = true;
		lint->unbooted = "it could not be read";
		return;
	}
	if (lint->other_files)
		return stop(image, arena,
			    arena_printf(arena,
					 "it is not booted: QEMU is only given images that can be read here and name no other "
					 "file; `%s` makes such a one of an image that you trust",
					 convert(arena, image->path)));
	image->format = format_of(lint);
	if (!image->format)
		return stop(image, arena,
			    arena_printf(arena,
					 "it is not booted: no snapshot is made of the format %s; `%s` makes one that it is made "
					 "of",
					 lint->format ? lint->format : "that it has", convert(arena, image->path)));
	if (lint->architecture && !strcmp(lint->architecture, "aarch64"))
		of_image = VM_AARCH64;
	else if (lint->architecture && !strcmp(lint->architecture, "x86_64"))
		of_image = VM_X86_64;
	else if (lint->architecture)
		return stop(image, arena, arena_printf(arena, "it is not booted: it is for %s, and boot has aarch64 and x86_64",
						       lint->architecture));
	if (o->machine_told && o->machine != of_image)
		return stop(image, arena, arena_printf(arena, "it is not booted: it is for %s, and --arch says another machine",
						       lint->architecture));
	o->machine = of_image;
	if (lint->count[SEVERITY_ERROR] && !image->force)
		return stop(image, arena, "it is not booted: what a machine shows with such an image may be the image's fault; "
				   "--force boots it");
	image->inside = lint->cloud_init == CLOUD_INIT_PRESENT ? BOOT_INSIDE
			: lint->cloud_init == CLOUD_INIT_ABSENT ? BOOT_BESIDE : BOOT_TRY;
	if (o->appliance && image->inside == BOOT_INSIDE)
		lint_result_note(lint, arena,
				 "--appliance does nothing here: the image has cloud-init, and is looked at from inside");
}

int boot_image_prepare(struct boot_options *o, struct error *err)
{
	const struct lint_options lint = lint_options(o);
	struct boot_image *image = &o->image;
	struct arena *arena = o->common.arena;
	struct fetched fetched;
	int rc;

	image->shown = address_shown(arena, image->argument);
	rc = command_fetch(arena, image->argument, o->common.report.quiet, &fetched, err);
	if (rc < 0)
		return rc;
	image->path = fetched.path;
	image->lint = ARENA_NEW(arena, struct lint_result);
	parent_lint(arena, image->path, &lint, NULL, image->lint);
	image->lint->image = image->shown;
	if (fetched.note)
		lint_result_note(image->lint, arena, fetched.note);
	settle(o);
	return 0;
}
