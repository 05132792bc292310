/* SPDX-License-Identifier: MIT */
/* boot-run: one boot of the matrix is run, and its record judged. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/folder.h"
#include "command/boot.h"
#include "hypervisor/guard.h"
#include "process/parent.h"

/* Seconds in which something has to come over the console when KVM is only tried: firmware takes a few.  With an image it may be
 * silent, and the system, too, up to where cloud-init speaks. */
#define KVM_SILENCE 45
#define KVM_SILENCE_OF_AN_IMAGE 180

static void note_tail(const struct live_result *live, struct arena *arena, struct lint_result *result)
{
	for (int i = 0; i < LIVE_TAIL; i++) {
		if (live->tail[i])
			lint_result_note(result, arena, arena_printf(arena, "console: %s", live->tail[i]));
	}
}

/* Did nobody answer in an image of which nobody knows whether it has cloud-init?  Then the appliance may. */
static bool nobody_answered(const struct boot_options *o, const struct live_options *options, int rc,
			    const struct live_result *live)
{
	static const char *const kinds[] = { "silent", "off", "reset-loop", "shell", "nothing-to-start" };

	if (o->image.inside != BOOT_TRY || !options->program || rc >= 0 || live->hello || !live->trouble)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(live->trouble, kinds[i]))
			return true;
	}
	return false;
}

/* Is it KVM that may have failed?  Not what the firmware could not find, nor a program that is not there; and of a machine that
 * was slow, only one that did nothing at all. */
static bool blames_kvm(const struct boot_options *o, const struct live_options *options, int rc, const struct live_result *live)
{
	return rc < 0 && !live->hello && rc != -ENOEXEC && rc != -EINTR && rc != -ENOENT && !(rc == -ETIMEDOUT && live->heard) &&
	       !nobody_answered(o, options, rc, live);
}

/* Runs it under KVM if that works, else without.  *ret_slow says why it was without, or is NULL. */
static int run(struct boot_options *o, struct live_options *options, struct arena *arena, struct live_result *live,
	       const char **ret_slow, struct error *err)
{
	int rc;

	*ret_slow = NULL;
	options->silence = 0;
	if (o->command)
		return live_run(options, live, err);
	*ret_slow = boot_accel(o, &options->vm, arena);
	if (*ret_slow && o->accel == BOOT_ACCEL_KVM) {
		*live = (struct live_result){ .record = buffer_make(1) };
		return error_set(err, ENODEV, "KVM cannot be used: %s", *ret_slow);
	}
	options->vm.accel = *ret_slow ? VM_TCG : VM_KVM;
	if (!*ret_slow && o->accel == BOOT_ACCEL_AUTO)
		options->silence = options->program ? KVM_SILENCE_OF_AN_IMAGE : KVM_SILENCE;
	rc = live_run(options, live, err);
	if (*ret_slow || o->accel != BOOT_ACCEL_AUTO || !blames_kvm(o, options, rc, live))
		return rc;
	/* the arena of the call, since later boots ask for it */
	*ret_slow = o->no_kvm[options->vm.gic] = arena_printf(o->common.arena, "under KVM, %s", err->message);
	live_result_free(live);
	options->vm.accel = VM_TCG;
	options->silence = 0;
	return live_run(options, live, err);
}

static void note_accel(const struct live_result *live, const char *slow, struct arena *arena, struct lint_result *result)
{
	lint_result_note(result, arena,
			 slow ? arena_printf(arena, "QEMU %s emulated the machine (TCG): %s", live->version, slow)
			      : arena_printf(arena, "QEMU %s ran the machine with KVM", live->version));
}

static void fail(struct lint_result *result, const char *error)
{
	result->status = STATUS_UNREADABLE;
	result->error = error;
}

/* Has a rule found that a boot came to nothing?  Then nobody has to say it once more. */
static bool boot_found(const struct lint_result *result)
{
	for (const struct diagnostic *d = result->diagnostics; d; d = d->next) {
		if (!strcmp(d->rule->id, "guest-boot"))
			return true;
	}
	return false;
}

/* Judges what was seen of a run that ended with rc, however far it came. */
static void conclude(const struct boot_options *options, const struct live_result *live, int rc, const struct error *err,
		     struct arena *arena, struct lint_result *result)
{
	const char *format = result->format;

	/* not the appliance */
	if (rc == -ENOENT && !strncmp(err->message, "qemu-system-", strlen("qemu-system-")))
		result->help = options->machine == VM_AARCH64 ? "apt install qemu-system-arm" : "apt install qemu-system-x86";
	if (rc < 0 && !live->told && !live->trouble)
		return fail(result, arena_strdup(arena, err->message));
	parent_judge(arena, live->record.data, live->record.size, &options->common.lint, result);
	if (result->status == STATUS_UNREADABLE)
		return;
	/* which is not the record's that it was judged by */
	result->format = format;
	if (rc == 0)
		return;
	result->status = STATUS_PARTLY;
	if (!boot_found(result))
		result->error = arena_strdup(arena, err->message);
}

/* The appliance, or the image in its place or beside it. */
static void choose_disks(const struct boot_options *o, struct live_options *live)
{
	bool inside = o->image.argument && o->image.inside != BOOT_BESIDE && !o->no_cloud_init;

	live->appliance = inside ? NULL : o->appliance;
	live->program = inside ? o->image.program : NULL;
	live->image = o->image.path;
	live->vm.image_format = o->image.format;
}

/* How many rules were skipped, and of which rows of the specification: of those a run without a finding says nothing. */
static const char *skipped(const struct lint_result *result, struct arena *arena)
{
	bool rows[32] = { false };
	const char *text = "", *before = "";

	for (const struct outcome *o = result->outcomes; o; o = o->next) {
		unsigned row;

		if (o->kind == OUTCOME_SKIPPED && o->rule->clause && sscanf(o->rule->clause, "H%u", &row) == 1 && row < 32)
			rows[row] = true;
	}
	for (unsigned row = 0; row < 32 && result->clauses; row++) {
		if (!rows[row])
			continue;
		text = arena_printf(arena, "%s%sH%u", text, before, row);
		before = ", ";
	}
	if (!result->skipped)
		return "";
	return arena_printf(arena, " (%u rules were skipped%s%s; --verbose says which)", result->skipped,
			    *text ? ", of " : "", text);
}

static void note_image(const struct live_options *live, bool told, const struct boot_options *o, struct arena *arena,
		       struct lint_result *result)
{
	const char *why = "the image has no cloud-init that asks NoCloud";

	if (o->no_cloud_init)
		why = "nobody in the image answered, so it has no cloud-init that asks NoCloud, or did not boot";
	if (live->program && told)
		lint_result_note(result, arena,
				 arena_printf(arena,
					      "looked at from inside the image; what only a program before Linux sees is not in "
					      "it%s: `vmlint boot` without an image, with the same firmware, has that",
					      skipped(result, arena)));
	else if (!live->program)
		lint_result_note(result, arena,
				 arena_printf(arena, "%s: looked at from inside the appliance, with the image as a second disk%s",
					      why, skipped(result, arena)));
}

void boot_one(struct boot_options *options, const struct boot *boot, struct arena *arena, struct lint_result *result)
{
	struct live_options live_options = boot->live;
	struct error err = { 0 }, log_err = { 0 };
	const char *slow, *folder = NULL;
	struct live_result live;
	pid_t keeper = 0;
	struct show show;
	int rc;

	lint_result_init(result, options->image.argument ? options->image.shown : options->appliance);
	result->name = boot->name;
	result->boot = boot->configuration;
	result->boots = boot_starts(boot);
	result->guest = true;
	result->format = options->command ? "command" : "qemu";
	choose_disks(options, &live_options);
	live_options.vm.firmware = options->firmware;
	live_options.store = options->store;
	live_options.vm.stop = options->stop;
	if (options->command) {
		folder = folder_name(arena);
		live_options.vm.folder = folder;
		/* first who removes it, whatever becomes of us */
		if (keeper_start(folder, &keeper, &live_options.vm.keeper, &err) < 0)
			return fail(result, arena_strdup(arena, err.message));
		if (folder_make(folder, &err) < 0) {
			keeper_end(keeper, live_options.vm.keeper);
			return fail(result, arena_strdup(arena, err.message));
		}
	}
	if (options->keep) {
		live_options.keep_disk = arena_printf(arena, "%s/%s.disk", options->log_dir, boot->file);
		live_options.keep_first = arena_printf(arena, "%s/%s-first.disk", options->log_dir, boot->file);
		live_options.keep_store = arena_printf(arena, "%s/%s.store", options->log_dir, boot->file);
	}
	if (show_begin(&show, options, boot, &err) < 0) {
		if (folder)
			keeper_end(keeper, live_options.vm.keeper);
		return fail(result, arena_strdup(arena, err.message));
	}
	live_options.phase = show_phase;
	live_options.console = show_console;
	live_options.started = show_started;
	live_options.context = &show;
	rc = run(options, &live_options, arena, &live, &slow, &err);
	if (nobody_answered(options, &live_options, rc, &live)) {
		/* it has no cloud-init, or not one that we reach */
		options->no_cloud_init = true;
		choose_disks(options, &live_options);
		live_result_free(&live);
		rc = run(options, &live_options, arena, &live, &slow, &err);
	}
	if (folder)
		keeper_end(keeper, live_options.vm.keeper);
	if (show_end(&show, &live.record, &log_err) < 0 && rc == 0) {
		rc = -log_err.code;
		err = log_err;
		live.unkept = true;
	}
	conclude(options, &live, rc, &err, arena, result);
	result->boots_done = live.boots;
	if (options->image.argument)
		note_image(&live_options, live.told, options, arena, result);
	if (*live.version)
		note_accel(&live, slow, arena, result);
	/* the last words of a guest that did nothing wrong, or that was stopped, explain nothing */
	if (rc < 0 && rc != -EINTR && !live.unkept)
		note_tail(&live, arena, result);
	live_result_free(&live);
	options->common.stopped = rc == -EINTR;
}
