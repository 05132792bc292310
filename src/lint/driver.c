/* SPDX-License-Identifier: MIT */
/* driver: the rules that profiles' rows make: which kernels of an image a row is held against, and what is said of them.
 *
 * Each kernel is judged once.  The one that boots when nobody chooses counts in full, if all ways that its entry may take fail;
 * kernels of other entries, and those that are only installed, count one severity less.
 */
#include "lint/driver.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "image/initrds.h"
#include "lint/engine.h"

/* One rule's work. */
struct work {
	struct check *check;
	struct judged {
		struct judged *next;
		const struct kernel_release *release;
		const struct initrd_facts *initrd; /* of rows that ask for it */
	} * judged;
	bool any;                       /* a kernel was judged that the row is about */
	const char *elsewhere;          /* why one was not */
	struct driver_judgement untold; /* of one that counts */
	bool is_untold;
};

static const char *version_text(struct arena *arena, unsigned version)
{
	return arena_printf(arena, "%u.%u", version / 1000000, version / 1000 % 1000);
}

/* "CONFIG_X", or all of those of which one would do. */
static const char *symbols_text(struct check *check, const struct driver_judgement *j)
{
	const struct driver_row *row = check->row;
	BUFFER_AUTO out = buffer_make(MiB);

	for (unsigned i = 0; i < row->any_count; i++) {
		if (strcmp(row->any[i].name, j->symbol) != 0 || row->any_count == 1)
			continue;
		buffer_string(&out, "none of ");
		for (unsigned k = 0; k < row->any_count; k++)
			buffer_printf(&out, "%sCONFIG_%s", k ? ", " : "", row->any[k].name);
		return arena_strdup(check->arena, out.data);
	}
	return arena_printf(check->arena, "CONFIG_%s", j->symbol);
}

/* What would have been good. */
static const char *expected(const struct driver_row *row, const struct kernel_release *release)
{
	if (row->where == DRIVER_WHERE_BUILTIN ||
	    (release->config && kconfig_value(release->config, "MODULES") != KCONFIG_YES))
		return "=y expected";
	return "=y or =m expected";
}

static struct location place_of(const struct image *image, const struct kernel_release *release,
				const struct boot_attempt *attempt, const struct driver_judgement *j)
{
	switch (j->fault) {
	case DRIVER_OFF:
	case DRIVER_TOO_OLD:
		return j->by_lists ? release->modules_place : release_symbol_place(release, j->symbol);
	case DRIVER_NOT_INSTALLED:
		return release->modules_place;
	case DRIVER_NOT_IN_INITRD:
		if (attempt->initrd->have == HAVE)
			return attempt->initrd->place;
		return boot_location(image, &attempt->place);
	case DRIVER_GOOD:
	case DRIVER_UNTOLD:
	case DRIVER_ELSEWHERE:
		break;
	}
	return at_image();
}

static const char *message_of(struct check *check, const struct kernel_release *release,
			      const struct boot_attempt *attempt, const struct driver_judgement *j)
{
	const struct driver_row *row = check->row;
	struct arena *arena = check->arena;

	switch (j->fault) {
	case DRIVER_TOO_OLD:
		return arena_printf(arena, "kernel %s is too old to have this driver, %s or later expected",
				    release->release, version_text(arena, row->since));
	case DRIVER_OFF:
		if (j->by_lists && j->value == KCONFIG_MODULE)
			return arena_printf(arena, "%s is a module of kernel %s, built in expected", j->module,
					    release->release);
		if (j->by_lists)
			return arena_printf(arena, "kernel %s has no %s, neither built in nor as a module",
					    release->release, j->module);
		if (j->value == KCONFIG_MODULE)
			return arena_printf(arena, "CONFIG_%s=m, =y expected", j->symbol);
		return arena_printf(arena, "%s is %sset, %s", symbols_text(check, j),
				    strncmp(symbols_text(check, j), "none", 4) == 0 ? "" : "not ",
				    expected(row, release));
	case DRIVER_NOT_INSTALLED:
		return arena_printf(arena, "the driver is a module, and %s is not among those of kernel %s", j->module,
				    release->release);
	case DRIVER_NOT_IN_INITRD:
		if (attempt->initrd->have != HAVE)
			return arena_printf(arena,
					    "the driver is a module, %s, and there is no initrd: built in expected",
					    j->module);
		if (j->needs)
			return arena_printf(arena, "the initrd has no module %s, which %s needs", j->needs, j->module);
		return arena_printf(arena, "the driver is a module, and the initrd has no %s", j->module);
	case DRIVER_GOOD:
	case DRIVER_UNTOLD:
	case DRIVER_ELSEWHERE:
		break;
	}
	return "";
}

static void add_help(struct check *check, struct diagnostic *d, const struct kernel_release *release,
		     const struct driver_judgement *j)
{
	const char *id = release->system && release->system->id ? release->system->id : "";
	const char *module = j->needs ? j->needs : j->module;

	switch (j->fault) {
	case DRIVER_NOT_INSTALLED:
		finding_help(
			check, d,
			"install the rest of this kernel's modules (a distribution may have them in a package of its "
			"own), and run `depmod %s` in the system",
			release->release);
		break;
	case DRIVER_NOT_IN_INITRD:
		if (strcmp(id, "debian") == 0 || strcmp(id, "ubuntu") == 0)
			finding_help(check, d,
				     "in the system, run `echo %s >>/etc/initramfs-tools/modules && update-initramfs "
				     "-u -k %s`",
				     module, release->release);
		else
			finding_help(check, d,
				     "make the initrd with it: with dracut, `dracut --force --add-drivers %s --kver "
				     "%s` in the "
				     "system",
				     module, release->release);
		break;
	case DRIVER_OFF:
		if (j->by_lists)
			finding_help(check, d, "install a kernel that has it, or build this one anew with it");
		else
			finding_help(
				check, d, "install a kernel that has it, or build this one with `scripts/config %s %s`",
				check->row->where == DRIVER_WHERE_BUILTIN || !check->row->module_count ? "--enable"
												       : "--module",
				j->symbol);
		break;
	case DRIVER_TOO_OLD:
		finding_help(check, d, "install a newer kernel");
		break;
	case DRIVER_GOOD:
	case DRIVER_UNTOLD:
	case DRIVER_ELSEWHERE:
		break;
	}
}

/* Adds the finding; entry NULL: no entry boots this kernel, so that it counts in full only if the image has no other. */
static void report(struct work *work, const struct kernel_release *release, const struct boot_entry *entry,
		   const struct boot_attempt *attempt, bool full, const struct driver_judgement *j)
{
	struct check *check = work->check;
	struct location place = place_of(check->image, release, attempt, j);
	const char *message = message_of(check, release, attempt, j);
	enum severity severity = check->row->severity;
	struct diagnostic *d;

	if (!full && severity > SEVERITY_NOTE)
		severity--;
	d = finding_severity(check, severity, place, "%s", message);
	if (!full && d->effect == EFFECT_BLOCKS_BOOT)
		d->effect = EFFECT_DEGRADES;
	if (!full)
		finding_note(check, d,
			     entry ? "kernel %s is not the one that boots when nobody chooses"
				   : "kernel %s is installed, and no boot entry was found to start it",
			     release->release);
	if (j->by_lists)
		finding_note(check, d,
			     "the kernel's configuration is not there: modules.builtin and modules.dep, which were "
			     "looked at, are weaker evidence");
	add_help(check, d, release, j);
}

static bool seen(struct work *work, const struct kernel_release *release, const struct initrd_facts *initrd)
{
	struct judged *judged;

	for (judged = work->judged; judged; judged = judged->next) {
		if (judged->release == release && (judged->initrd == initrd || !initrd))
			return true;
	}
	judged = ARENA_NEW(work->check->arena, struct judged);
	*judged = (struct judged){ .next = work->judged, .release = release, .initrd = initrd };
	work->judged = judged;
	return false;
}

static bool is_bad(enum driver_fault fault)
{
	return fault == DRIVER_TOO_OLD || fault == DRIVER_OFF || fault == DRIVER_NOT_INSTALLED ||
	       fault == DRIVER_NOT_IN_INITRD;
}

/* Keeps what is to be said in the end if there is no finding; is the judgement one? */
static bool is_fault(struct work *work, const struct driver_judgement *j, bool full)
{
	if (j->fault == DRIVER_ELSEWHERE) {
		work->elsewhere = work->elsewhere ? work->elsewhere : j->reason;
		return false;
	}
	work->any = true;
	if (j->fault == DRIVER_UNTOLD && full && !work->is_untold) {
		work->is_untold = true;
		work->untold = *j;
	}
	return is_bad(j->fault);
}

/* What a row comes after is asked of the same kernel: that another one lacks it says nothing here. */
static struct driver_judgement judge(struct check *check, const struct kernel_release *release,
				     const struct boot_attempt *attempt)
{
	const struct profile *profile = check->lint->profile;
	const struct driver_row *row = check->row;

	for (unsigned i = 0; i < row->after_count; i++) {
		const struct driver_row *before = profile_row(profile, row->after[i]);

		if (before && before->severity != SEVERITY_OFF && is_bad(driver_judge(before, release, attempt).fault))
			return (struct driver_judgement){
				.fault = DRIVER_ELSEWHERE,
				.reason = arena_printf(check->arena, "superseded by " DRIVER_PREFIX "%s", before->id)
			};
	}
	return driver_judge(row, release, attempt);
}

static const struct kernel_release *release_of(const struct boot_attempt *attempt)
{
	return attempt->kernel_file ? attempt->kernel_file->release : NULL;
}

/* Of a way to a kernel of which it is not known which it is. */
static struct driver_judgement unknown(const struct image *image, const struct boot_attempt *attempt)
{
	struct driver_judgement j = { .fault = DRIVER_UNTOLD, .reason = "the kernel that boots is not known" };

	/* these are found by other rules */
	if (attempt->kernel.have == ABSENT || (attempt->kernel_file && attempt->kernel_file->have == ABSENT))
		return (struct driver_judgement){ .fault = DRIVER_ELSEWHERE,
						  .reason = "what the entry boots is not there, or no kernel" };
	if (attempt->kernel_file && attempt->kernel_file->error.code)
		j.error = &attempt->kernel_file->error;
	else if (image->systems_error.code)
		j.error = &image->systems_error;
	else if (attempt->kernel.reason)
		j.reason = arena_printf(image->arena, "the kernel that boots is not known: %s", attempt->kernel.reason);
	return j;
}

/* An entry whose every way fails is at fault; a way to a kernel of which nothing is known may not. */
static void check_entry(struct work *work, const struct boot_entry *entry)
{
	struct check *check = work->check;
	bool full = boot_entry_counts(check->image, entry), all = entry->attempt_count > 0;
	struct driver_judgement *of = ARENA_ARRAY(check->arena, entry->attempt_count, struct driver_judgement);

	for (size_t i = 0; i < entry->attempt_count; i++) {
		const struct kernel_release *release = release_of(&entry->attempts[i]);

		of[i] = release ? judge(check, release, &entry->attempts[i])
				: unknown(check->image, &entry->attempts[i]);
		all = is_fault(work, &of[i], full) && all;
	}
	for (size_t i = 0; i < entry->attempt_count; i++) {
		const struct boot_attempt *attempt = &entry->attempts[i];

		/* what the initrd lacks is said once for each, all else once for the kernel */
		if (!release_of(attempt) ||
		    seen(work, release_of(attempt), of[i].fault == DRIVER_NOT_IN_INITRD ? attempt->initrd : NULL))
			continue;
		/* the rules on initrds speak of every entry; where one counts, this row comes after them */
		if (all && (full || of[i].fault != DRIVER_NOT_IN_INITRD))
			report(work, release_of(attempt), entry, attempt, full, &of[i]);
	}
}

/* Does any entry that counts boot a kernel of which we know which it is? */
static bool knows_default(const struct image *image)
{
	for (unsigned p = 0; p < image->boot_path_count; p++) {
		const struct boot_path *path = &image->boot_paths[p];

		for (size_t i = 0; i < path->entry_count; i++) {
			const struct boot_entry *entry = &path->entries[i];

			for (size_t k = 0; boot_entry_counts(image, entry) && k < entry->attempt_count; k++) {
				if (release_of(&entry->attempts[k]))
					return true;
			}
		}
	}
	return false;
}

static void check_entries(struct work *work, bool counting)
{
	const struct image *image = work->check->image;

	for (unsigned p = 0; p < image->boot_path_count; p++) {
		const struct boot_path *path = &image->boot_paths[p];

		for (size_t i = 0; i < path->entry_count; i++) {
			if (boot_entry_counts(image, &path->entries[i]) == counting)
				check_entry(work, &path->entries[i]);
		}
	}
}

void driver_check(struct check *check)
{
	const struct image *image = check->image;
	struct work work = { .check = check };
	bool known = knows_default(image);

	if (!image->has_system_facts) {
		not_applicable(check, "what is inside the image was not looked at");
		return;
	}
	check_entries(&work, true);
	check_entries(&work, false);
	for (const struct kernel_release *release = image->releases; release; release = release->next) {
		/* where it is not known what boots, the only kernel there is */
		bool full = !known && release == image->releases && !release->next;
		struct driver_judgement j;

		if (seen(&work, release, NULL))
			continue;
		j = judge(check, release, NULL);
		if (is_fault(&work, &j, full))
			report(&work, release, NULL, NULL, full, &j);
	}
	if (work.is_untold)
		not_evaluated(check, work.untold.error, "%s", work.untold.reason);
	else if (!work.any && !work.elsewhere && image->systems_error.code)
		not_evaluated(check, &image->systems_error, "no kernel was found");
	/* where it is not known what boots, it may be one of those that were not seen */
	else if (!known && image->kernels_error.code)
		not_evaluated(check, &image->kernels_error, "not all kernels could be looked at");
	else if (!work.any && work.elsewhere)
		not_applicable(check, "%s", work.elsewhere);
	else if (!work.any)
		not_applicable(check, "there is no kernel");
}

/* Would any kernel that an entry boots have to find the row's driver in its initrd? */
static bool asks(const struct image *image, const struct driver_row *row)
{
	for (unsigned p = 0; p < image->boot_path_count; p++) {
		const struct boot_path *path = &image->boot_paths[p];

		for (size_t i = 0; i < path->entry_count; i++) {
			for (size_t k = 0; k < path->entries[i].attempt_count; k++) {
				const struct kernel_release *release = release_of(&path->entries[i].attempts[k]);

				if (release && driver_asks_initrd(row, release))
					return true;
			}
		}
	}
	return false;
}

void driver_ask_initrds(struct lint *lint, struct image *image)
{
	for (size_t r = 0; r < rules_count; r++) {
		const struct driver_row *row = lint->evaluated[r] ? lint->profile->row[r] : NULL;

		if (!row || row->where != DRIVER_WHERE_INITRD || !asks(image, row))
			continue;
		for (unsigned m = 0; m < row->module_count; m++)
			image_ask_initrds(image, row->modules[m]);
	}
}
