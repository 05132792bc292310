/* SPDX-License-Identifier: MIT */
/* check: the functions of rule.h that a rule calls to say how it ended. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "block/container.h"
#include "block/qcow2.h"
#include "image/image.h"
#include "lint/engine.h"

struct diagnostic *lint_add(struct check *check, enum severity severity, struct location location, const char *message,
			    bool reported)
{
	struct lint *lint = check->lint;
	struct diagnostic *d = ARENA_NEW(check->arena, struct diagnostic);

	/* the image boots without it, on the machines that it is for */
	if (severity == SEVERITY_ERROR && check->loader && check->loader->spare)
		severity = SEVERITY_WARNING;
	*d = (struct diagnostic){
		.rule = check->rule,
		.severity = lint_severity(lint, check->rule, severity),
		.effect = check->row ? check->row->effect : check->rule->effect,
		.location = location,
		.message = message,
	};
	/* that it did not apply, or was another's affair, was said of something else, and before */
	if (lint->verdict == VERDICT_SKIPPED || lint->moot) {
		lint->verdict = VERDICT_PASS;
		lint->moot = false;
		lint->reason = NULL;
	}
	lint->verdict_before = lint->verdict;
	if (severity >= SEVERITY_WARNING)
		lint->verdict = VERDICT_SUPERSEDING;
	else if (lint->verdict == VERDICT_PASS)
		lint->verdict = VERDICT_NOTED;
	if (!reported || d->severity == SEVERITY_OFF || !lint->options->selected[check->rule - rules])
		return d;
	lint->findings++;
	/* what one record each is for has a bound of its own, however many are wanted */
	if ((!limits.diagnostics || lint->findings <= limits.diagnostics) && lint->shown < limits_records() / 4) {
		lint->shown++;
		lint_result_add(lint->result, d);
	} else {
		*lint->hidden_end = d;
		lint->hidden_end = &d->next;
	}
	return d;
}

static struct diagnostic *add(struct check *check, enum severity severity, struct location location,
			      const char *format, va_list ap)
{
	return lint_add(check, severity, location, arena_vprintf(check->arena, format, ap), true);
}

struct diagnostic *finding(struct check *check, struct location location, const char *format, ...)
{
	struct diagnostic *d;
	va_list ap;

	va_start(ap, format);
	d = add(check, lint_rule_severity(check), location, format, ap);
	va_end(ap);
	return d;
}

struct diagnostic *finding_severity(struct check *check, enum severity severity, struct location location,
				    const char *format, ...)
{
	struct diagnostic *d;
	va_list ap;

	va_start(ap, format);
	d = add(check, severity, location, format, ap);
	va_end(ap);
	return d;
}

void finding_stands_alone(struct check *check)
{
	struct lint *lint = check->lint;

	lint->verdict = lint->verdict_before == VERDICT_PASS ? VERDICT_NOTED : lint->verdict_before;
}

void finding_note(struct check *check, struct diagnostic *diagnostic, const char *format, ...)
{
	struct diagnostic_note *note = ARENA_NEW(check->arena, struct diagnostic_note);
	struct diagnostic_note **end = &diagnostic->notes;
	va_list ap;

	va_start(ap, format);
	note->text = arena_vprintf(check->arena, format, ap);
	va_end(ap);
	while (*end)
		end = &(*end)->next;
	*end = note;
}

void finding_help(struct check *check, struct diagnostic *diagnostic, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	diagnostic->help = arena_vprintf(check->arena, format, ap);
	va_end(ap);
}

/* Appends the image's name as a word of a shell command. */
static void append_name(struct buffer *out, const char *name)
{
	/* a name that begins with "-" would be taken for an option */
	if (name[0] == '-')
		buffer_string(out, "./");
	text_shell(out, name);
}

/* Appends command with each `mark` replaced by `name`. */
static void append_command(struct buffer *out, const char *command, const char *mark, const char *name)
{
	size_t length = strlen(mark);

	for (const char *p = command; *p;) {
		if (strncmp(p, mark, length) == 0) {
			buffer_string(out, name);
			p += length;
		} else {
			buffer_char(out, *p++);
		}
	}
}

void finding_help_image(struct check *check, struct diagnostic *diagnostic, const char *command)
{
	BUFFER_AUTO name = buffer_make(8 * LIMIT_FILE_NAME), text = buffer_make(32 * LIMIT_FILE_NAME);

	append_name(&name, check->image->name);
	append_command(&text, command, "{image}", name.data);
	diagnostic->help = arena_strdup(check->arena, text.data);
}

/* The options that make qemu-img write this qcow2 as it was, NULL if it cannot: snapshots, and what is in other files. */
static const char *qcow2_options(const struct check *check)
{
	const struct qcow2 *q = check->image->qcow2;

	if (!q || q->snapshots || q->backing.text || q->data_file_used)
		return NULL;
	return arena_printf(check->arena, "compat=%s,cluster_size=%" PRIu64 "%s%s,refcount_bits=%u",
			    q->version < 3 ? "0.10" : "1.1", q->cluster_size, q->extended_l2 ? ",extended_l2=on" : "",
			    q->compression ? ",compression_type=zstd" : "", q->refcount_bits);
}

void finding_help_disk(struct check *check, struct diagnostic *diagnostic, const char *command)
{
	const char *format = check->image->format;
	BUFFER_AUTO name = buffer_make(2 * LIMIT_FILE_NAME), text = buffer_make(16 * LIMIT_FILE_NAME);
	bool raw = !format || strcmp(format, "raw") == 0;
	const char *options = qcow2_options(check);

	append_name(&name, check->image->name);
	if (raw) {
		append_command(&text, command, "{disk}", name.data);
	} else if (options) {
		/* a disk.raw that is there already is somebody's */
		buffer_printf(&text, "test ! -e disk.raw && qemu-img convert -f qcow2 -O raw %s disk.raw && { ", name.data);
		append_command(&text, command, "{disk}", "disk.raw");
		buffer_printf(&text, "; } && qemu-img convert -f raw -O qcow2 -o %s disk.raw %s", options, name.data);
		if (!diagnostic->help)
			finding_note(check, diagnostic,
				     "the command writes the qcow2 anew, without compression: add -c to the last step if it "
				     "has any");
	} else {
		/* written back by default it would lose its kind (fixed, streamOptimized), its snapshots or its exact size */
		buffer_printf(&text, "unpack the disk with `qemu-img convert -f %s -O raw %s disk.raw`, run `",
			      check->image->container->driver, name.data);
		append_command(&text, command, "{disk}", "disk.raw");
		buffer_string(&text, "`, and make the image anew of disk.raw as it was made");
	}
	diagnostic->help = arena_strdup(check->arena, text.data);
}

void not_applicable(struct check *check, const char *format, ...)
{
	va_list ap;

	if (check->lint->verdict != VERDICT_PASS)
		return;
	check->lint->verdict = VERDICT_SKIPPED;
	va_start(ap, format);
	check->lint->reason = arena_vprintf(check->arena, format, ap);
	va_end(ap);
}

/* The rule that finds the container or a file system at fault when reading fails with this errno; NULL: the image is not to
 * blame. */
static const char *id_of_error(const struct image *image, int code)
{
	switch (code) {
	case ENODATA:
		return "image-truncated";
	case EBADMSG:
		return "qcow2-corrupt";
	case ENOLINK:
		if (!image->qcow2)
			return "container-external-file";
		return image->qcow2->data_file_used ? "qcow2-data-file" : "qcow2-backing-file";
	case EUCLEAN:
		return "filesystem-corrupt";
	}
	return NULL;
}

const struct rule *lint_blamed_rule(const struct image *image, int code)
{
	const char *id = id_of_error(image, code);

	return id ? rule_find(id) : NULL;
}

static void supersede(struct lint *lint, const struct rule *by, const char *reason)
{
	if (lint->verdict == VERDICT_SUPERSEDING)
		return;
	lint->verdict = VERDICT_SUPERSEDING;
	lint->reason = reason;
	lint->moot = true;
	lint->root = by;
}

void superseded(struct check *check, const char *id, const char *reason)
{
	const struct rule *by = rule_find(id);
	struct lint *lint = check->lint;

	if (lint->options->selected[by - rules] && lint_severity(lint, by, by->severity) != SEVERITY_OFF)
		supersede(lint, by, arena_printf(check->arena, "superseded by %s: %s", id, reason));
	else
		not_evaluated(check, NULL, "%s", reason);
}

void not_evaluated(struct check *check, const struct error *err, const char *format, ...)
{
	const struct rule *by = err ? lint_blamed_rule(check->image, err->code) : NULL;
	const char *reason;
	va_list ap;

	/* it tells of a file system as a whole: not of one file that is broken, nor of one that is cut off */
	if (by && err->code == EUCLEAN && !lint_is_reported(check->lint, by)) {
		/* a FAT's chains are that rule's, of whichever file */
		by = rule_find("esp-fat-corrupt");
		if (!lint_is_reported(check->lint, by))
			by = NULL;
	}
	if (by) {
		supersede(check->lint, by, arena_printf(check->arena, "superseded by %s: %s", by->id, err->message));
		return;
	}

	/* a finding that was made already stands; that the rest was not looked at must be said all the same */
	if (check->lint->verdict != VERDICT_SUPERSEDING)
		check->lint->verdict = VERDICT_NOT_EVALUATED;
	va_start(ap, format);
	reason = arena_vprintf(check->arena, format, ap);
	va_end(ap);
	if (err && err->message[0])
		reason = arena_printf(check->arena, "%s: %s", reason, err->message);
	check->lint->reason = reason;
}
