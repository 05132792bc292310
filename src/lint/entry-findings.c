/* SPDX-License-Identifier: MIT */
/* entry-findings: see the header. */
#include "lint/entry-findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fs/fat.h"
#include "image/initrds.h"
#include "lint/engine.h"

/* Two loaders may lead to one configuration: what is wrong in it is one finding. */
static struct diagnostic *found_among(struct diagnostic *list, const struct check *check, const struct location *location,
				      const char *message)
{
	for (struct diagnostic *d = list; d; d = d->next) {
		const struct location *l = &d->location;

		if (d->rule == check->rule && !strcmp(d->message, message) && l->partition == location->partition &&
		    l->line == location->line && l->column == location->column && l->offset == location->offset &&
		    !l->path == !location->path && (!l->path || !strcmp(l->path, location->path)))
			return d;
	}
	return NULL;
}

/* Of the more severe kind.  Those that are hidden are counted in the end. */
static void raise_severity(struct lint_result *result, struct diagnostic *d, bool hidden, const struct diagnostic *other)
{
	if (other->severity <= d->severity)
		return;
	if (!hidden) {
		result->count[d->severity]--;
		result->count[other->severity]++;
	}
	d->severity = other->severity;
	d->effect = other->effect;
}

struct diagnostic *finding_entry(struct check *check, const struct boot_entry *entry, struct location location,
				 const char *format, ...)
{
	bool counts = boot_entry_counts(check->image, entry);
	enum severity severity = lint_rule_severity(check);
	struct diagnostic *before, *d;
	bool hidden;
	const char *message;
	va_list ap;

	if (!counts && severity > SEVERITY_NOTE)
		severity--;
	va_start(ap, format);
	message = arena_vprintf(check->arena, format, ap);
	va_end(ap);
	before = found_among(check->lint->result->diagnostics, check, &location, message);
	hidden = !before;
	if (hidden)
		before = found_among(check->lint->hidden, check, &location, message);
	d = lint_add(check, severity, location, message, !before);
	if (!counts && d->effect == EFFECT_BLOCKS_BOOT)
		d->effect = EFFECT_DEGRADES;
	/* what the caller adds to this one, the first one has */
	if (before)
		raise_severity(check->lint->result, before, hidden, d);
	return d;
}

/* What was blamed already. */
struct blamed {
	struct blamed *next;
	const struct kernel_file *kernel;
	const struct initrd_facts *initrd;
	const struct system *system;
};

static bool blame(struct check *check, const struct entry_rule *rule, struct blamed **list, const struct boot_attempt *attempt)
{
	struct blamed *b;

	for (b = *list; b; b = b->next)
		if ((!rule->by_kernel || b->kernel == attempt->kernel_file) &&
		    (!rule->by_initrd || b->initrd == attempt->initrd) && (!rule->by_system || b->system == attempt->system))
			return false;
	b = ARENA_NEW(check->arena, struct blamed);
	*b = (struct blamed){ *list, attempt->kernel_file, attempt->initrd, attempt->system };
	*list = b;
	return true;
}

static void judge_entry(struct check *check, const struct entry_rule *rule, const struct boot_entry *entry, bool counts,
			struct blamed **list)
{
	const struct boot_attempt *bad = NULL;
	struct attempt_doubt unknown = { 0 };
	const char *unsettled = NULL;
	bool good = false;

	for (size_t i = 0; i < entry->attempt_count; i++) {
		struct attempt_doubt doubt = { 0 };

		if (entry->attempts[i].unsettled && !unsettled)
			unsettled = arena_printf(check->arena, "the kernel that \"%s\" boots is not known: %s",
						 entry->title ? entry->title : "an entry", entry->attempts[i].unsettled);
		switch (rule->judge(check, &entry->attempts[i], &doubt)) {
		case ATTEMPT_GOOD:
			good = true;
			break;
		case ATTEMPT_BAD:
			bad = &entry->attempts[i];
			break;
		case ATTEMPT_UNKNOWN:
			unknown = doubt;
			if (!doubt.error || !doubt.error->code)
				unknown.error = attempt_corruption(&entry->attempts[i]);
			break;
		case ATTEMPT_SKIPPED:
			break;
		}
	}
	if (unsettled)
		unknown.reason = unsettled;
	else if (good)
		return;
	else if (!entry->attempt_count && !entry->complete && !entry->leaves)
		unknown.reason = arena_printf(check->arena, "what \"%s\" boots is not known: %s",
					      entry->title ? entry->title : "an entry", entry->reason);
	if (bad && !unknown.reason && !entry->complete)
		unknown.reason = arena_printf(check->arena, "\"%s\" may boot in other ways too%s%s",
					      entry->title ? entry->title : "an entry", entry->reason ? ": " : "",
					      entry->reason ? entry->reason : "");
	if (unknown.reason) {
		if (counts)
			not_evaluated(check, unknown.error && unknown.error->code ? unknown.error : NULL, "%s", unknown.reason);
		return;
	}
	if (!bad || !blame(check, rule, list, bad))
		return;
	rule->report(check, entry, bad);
	/* the entry that boots is judged all the same */
	if (!counts)
		finding_stands_alone(check);
}

/* No entry was judged: because there is none, or because we could not look? */
static void no_entry(struct check *check)
{
	const struct image *image = check->image;

	for (unsigned p = 0; p < image->boot_path_count; p++) {
		const struct boot_path *path = &image->boot_paths[p];
		struct error why;

		if (path->have != UNREADABLE || boot_path_is_foreign(image, path) || image_loader_is_spare(image, path->loader))
			continue;
		why = path->error;
		/* a program whose clusters are another file's, too, may look like anything */
		if (!why.code)
			error_set(&why, path->loader->esp->fat->problem_count ? EUCLEAN : 0, "%s", path->reason);
		not_evaluated(check, &why, "what %s boots could not be followed", path->loader->path);
		return;
	}
	not_applicable(check, "no boot entry is known");
}

static const struct error *corruption(const struct filesystem *filesystem)
{
	return filesystem && filesystem->opened && filesystem->have_files == UNREADABLE && filesystem->error.code == EUCLEAN
		       ? &filesystem->error
		       : NULL;
}

const struct error *attempt_corruption(const struct boot_attempt *attempt)
{
	const struct error *error = attempt->kernel.have == UNREADABLE ? corruption(attempt->kernel.filesystem) : NULL;

	for (size_t i = 0; i < attempt->initrd_count && !error; i++)
		error = attempt->initrds[i].have == UNREADABLE ? corruption(attempt->initrds[i].filesystem) : NULL;
	return error ? error : corruption(attempt->root);
}

void judge_entries(struct check *check, const struct entry_rule *rule)
{
	const struct image *image = check->image;
	struct blamed *list = NULL;
	bool any = false;

	/* first those that the boot hangs on */
	for (int pass = 0; pass < 2; pass++)
		for (unsigned p = 0; p < image->boot_path_count; p++)
			for (size_t e = 0; e < image->boot_paths[p].entry_count; e++) {
				const struct boot_entry *entry = &image->boot_paths[p].entries[e];
				bool counts = boot_entry_counts(image, entry);

				any = true;
				if (counts == !pass)
					judge_entry(check, rule, entry, counts, &list);
			}
	if (!any)
		no_entry(check);
}

bool attempt_has_kernel(const struct boot_attempt *attempt)
{
	return attempt->kernel.have == HAVE && attempt->kernel_file && attempt->kernel_file->have == HAVE &&
	       attempt->kernel_file->kernel->problem == KERNEL_GOOD;
}

const char *attempt_kernel_title(const struct boot_attempt *attempt)
{
	const struct kernel_file *file = attempt->kernel_file;

	return file && file->release ? file->release->release : attempt->kernel.path ? attempt->kernel.path : "the kernel";
}

bool attempt_initrd_is_foreign(const struct boot_attempt *attempt)
{
	const struct kernel_file *file = attempt->kernel_file;
	const struct initrd *initrd = attempt->initrd ? attempt->initrd->initrd : NULL;

	if (!initrd || !initrd->complete || !initrd->release_count || !file || !file->release)
		return false;
	for (unsigned i = 0; i < initrd->release_count; i++)
		if (!strcmp(initrd->releases[i], file->release->release))
			return false;
	return true;
}

static const char *rd_symbol(enum compression compression)
{
	switch (compression) {
	case COMPRESSION_GZIP:
		return "RD_GZIP";
	case COMPRESSION_BZIP2:
		return "RD_BZIP2";
	case COMPRESSION_LZMA:
		return "RD_LZMA";
	case COMPRESSION_XZ:
		return "RD_XZ";
	case COMPRESSION_LZO:
		return "RD_LZO";
	case COMPRESSION_LZ4:
		return "RD_LZ4";
	case COMPRESSION_ZSTD:
		return "RD_ZSTD";
	case COMPRESSION_NONE:
	case COMPRESSION_LZ4_FRAME:
		break;
	}
	return NULL;
}

bool attempt_initrd_is_unsupported(const struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file ? attempt->kernel_file->release : NULL;

	return release && release->config && kconfig_value(release->config, "BLK_DEV_INITRD") != KCONFIG_YES;
}

const struct initrd_member *attempt_initrd_refused(struct check *check, const struct boot_attempt *attempt, const char **ret_why)
{
	const struct kernel_file *file = attempt->kernel_file;
	const struct initrd *initrd = attempt->initrd ? attempt->initrd->initrd : NULL;
	const struct kconfig *config = file && file->release ? file->release->config : NULL;

	for (unsigned i = 0; initrd && i < initrd->member_count; i++) {
		const struct initrd_member *member = &initrd->members[i];
		const char *symbol = rd_symbol(member->compression);

		*ret_why = member->refused;
		if (!*ret_why && config && symbol && kconfig_value(config, symbol) != KCONFIG_YES)
			*ret_why = arena_printf(check->arena, "CONFIG_%s is not set", symbol);
		if (*ret_why)
			return member;
	}
	return NULL;
}

bool attempt_initrd_is_sound(const struct boot_attempt *attempt)
{
	const struct initrd_facts *facts = attempt->initrd;

	return facts && facts->have == HAVE && facts->initrd && (!facts->initrd->damaged || facts->initrd->complete);
}

const char *initrd_advice(struct check *check, const struct boot_attempt *attempt)
{
	static const struct {
		const char *id, *command;
	} known[] = {
		{ "debian", "update-initramfs -u -k %s" },	{ "ubuntu", "update-initramfs -u -k %s" },
		{ "raspbian", "update-initramfs -u -k %s" },	{ "kali", "update-initramfs -u -k %s" },
		{ "fedora", "dracut --force --no-hostonly --kver %s" }, { "rhel", "dracut --force --no-hostonly --kver %s" },
		{ "centos", "dracut --force --no-hostonly --kver %s" }, { "almalinux", "dracut --force --no-hostonly --kver %s" },
		{ "rocky", "dracut --force --no-hostonly --kver %s" },  { "ol", "dracut --force --no-hostonly --kver %s" },
		{ "opensuse-leap", "dracut --force --no-hostonly --kver %s" },
		{ "opensuse-tumbleweed", "dracut --force --no-hostonly --kver %s" },
		{ "sles", "dracut --force --no-hostonly --kver %s" },   { "arch", "mkinitcpio -P" },
		{ "archarm", "mkinitcpio -P" },
	};
	const char *id = attempt->system ? attempt->system->id : NULL, *release = attempt_kernel_title(attempt);

	for (size_t i = 0; id && i < sizeof(known) / sizeof(*known); i++) {
		const char *percent = strstr(known[i].command, "%s");

		if (strcmp(id, known[i].id))
			continue;
		if (!percent)
			return arena_printf(check->arena, "run `%s` in the system", known[i].command);
		return arena_printf(check->arena, "run `%.*s%s` in the system", (int)(percent - known[i].command),
				    known[i].command, release);
	}
	return arena_printf(check->arena, "make the initrd of kernel %s anew", release);
}
