/* SPDX-License-Identifier: MIT */
/* boot-show: what is seen of a boot while it runs, and what is kept of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "command/boot.h"

#define CLEAR "\r\x1b[K"

static FILE *log_open(const struct boot_options *o, const struct boot *boot, const char *what, struct error *err)
{
	const char *path = arena_printf(o->common.arena, "%s/%s.%s", o->log_dir, boot->file, what);
	FILE *f;

	if (mkdir(o->log_dir, 0777) < 0 && errno != EEXIST) {
		error_set(err, errno, "cannot make the folder %s: %s", o->log_dir, strerror(errno));
		return NULL;
	}
	f = fopen(path, "we");
	if (!f)
		error_set(err, errno, "cannot write %s: %s", path, strerror(errno));
	return f;
}

static int log_close(FILE *f, const char *what, struct error *err)
{
	bool bad = ferror(f);

	if (fclose(f) == 0 && !bad)
		return 0;
	return error_set(err, errno ? errno : EIO, "cannot write the %s into the log folder: %s", what, strerror(errno));
}

int show_begin(struct show *show, const struct boot_options *options, const struct boot *boot, struct error *err)
{
	*show = (struct show){ .options = options, .boot = boot };
	show->progress = isatty(STDERR_FILENO) && !options->common.report.quiet;
	if (options->log_dir)
		show->log = log_open(options, boot, "console", err);
	return options->log_dir && !show->log ? -err->code : 0;
}

static void clear(struct show *show)
{
	if (show->shown)
		fputs(CLEAR, stderr);
	show->shown = false;
}

unsigned boot_starts(const struct boot *boot)
{
	return boot->live.persistent ? 3 : 1;
}

void show_phase(void *context, unsigned start, const char *phase)
{
	struct show *show = context;
	const struct boot_options *o = show->options;
	unsigned before = 0, all = 0;

	if (!show->progress)
		return;
	/* a phase is a word of lower-case letters: live-watch.c */
	for (unsigned i = 0; i < o->boot_count; i++) {
		before += &o->boots[i] < show->boot ? boot_starts(&o->boots[i]) : 0;
		all += boot_starts(&o->boots[i]);
	}
	fprintf(stderr, CLEAR "boot %u of %u (%s): %s", before + start, all, show->boot->configuration, phase);
	show->shown = true;
}

void show_console(void *context, const char *line)
{
	BUFFER_AUTO safe = buffer_make(64 * KiB);
	struct show *show = context;

	text_escape(&safe, line);
	if (!safe.data)
		return;
	if (show->log)
		fprintf(show->log, "%s\n", safe.data);
	if (show->options->common.report.verbose) {
		clear(show);
		fprintf(stderr, "| %s\n", safe.data);
	}
}

void show_started(void *context, unsigned start, const char *line)
{
	struct show *show = context;
	const struct boot_options *o = show->options;
	BUFFER_AUTO safe = buffer_make(4 * 256 * KiB);
	const char *path;
	FILE *f;

	text_escape(&safe, line);
	if (o->common.report.verbose && safe.data) {
		clear(show);
		fprintf(stderr, "+ %s\n", safe.data);
	}
	if (!o->log_dir)
		return;
	path = arena_printf(o->common.arena, "%s/%s.command", o->log_dir, show->boot->file);
	f = fopen(path, start > 1 ? "ae" : "we");
	if (!f)
		return;
	fprintf(f, "%s\n", line);
	fclose(f);
}

int show_end(struct show *show, const struct buffer *record, struct error *err)
{
	FILE *f;
	int rc;

	clear(show);
	if (!show->log)
		return 0;
	rc = log_close(show->log, "console", err);
	show->log = NULL;
	f = rc == 0 ? log_open(show->options, show->boot, "record", err) : NULL;
	if (!f)
		return -err->code;
	if (record->size)
		fwrite(record->data, 1, record->size, f);
	return log_close(f, "record", err);
}
