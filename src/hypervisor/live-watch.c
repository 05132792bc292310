/* SPDX-License-Identifier: MIT */
/* live-watch: what comes from a virtual machine while it runs: into the record, and is it the end? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "hypervisor/live-internal.h"

/* Resets of the firmware's own in one boot. */
#define RESETS 2

void live_phase(struct run *run, const char *name)
{
	if (run->options->phase)
		run->options->phase(run->options->context, run->boot, name);
}

static void keep_tail(struct run *run, const char *line)
{
	char **tail = run->result->tail;

	free(tail[0]);
	memmove(tail, tail + 1, (LIVE_TAIL - 1) * sizeof(*tail));
	tail[LIVE_TAIL - 1] = strdup(line);
	if (run->options->console)
		run->options->console(run->options->context, line);
}

/* What went wrong is in the guest, and the record shall say so. */
static int wrong(struct run *run, const char *kind, int code, const char *message)
{
	run->trouble = kind;
	return error_set(run->err, code, "boot %u: %s", run->boot, message);
}

/* What on a console says that it goes no further; firmware would wait for ever. */
static int look(struct run *run, const char *line)
{
	static const struct {
		const char *text;
		int code;
		const char *kind, *message;
	} ends[] = {
		{ "EFI Internal Shell", ENOEXEC, "shell", "the firmware found nothing to start and went into its shell" },
		{ "UEFI Interactive Shell", ENOEXEC, "shell", "the firmware found nothing to start and went into its shell" },
		{ "No bootable option or device was found", ENOEXEC, "nothing-to-start", "the firmware found nothing to start" },
		{ "Synchronous Exception at", EIO, "firmware-crash", "the firmware crashed" },
		{ "X64 Exception Type", EIO, "firmware-crash", "the firmware crashed" },
		{ "vmlint probe: ", ENOEXEC, "probe", "the probe could not go on" },
		{ "Kernel panic - not syncing", EIO, "panic", "the kernel panicked" },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (strstr(line, ends[i].text))
			return wrong(run, ends[i].kind, ends[i].code, ends[i].message);
	}
	return 0;
}

/* Is the line a fact of this kind? */
static bool is_kind(const char *line, const char *kind)
{
	size_t length = strlen(kind);

	return !strncmp(line, kind, length) && (line[length] == ' ' || !line[length]);
}

static void event_fact(struct run *run, const char *name, const char *data)
{
	fact_begin(&run->facts, "host-event");
	fact_string(&run->facts, "name", name);
	fact_string(&run->facts, "data", data);
	fact_end(&run->facts);
}

static int got_text(struct run *run, const struct vm_event *event)
{
	char name[32];

	if (is_kind(event->text, "boot")) {
		/* nobody else says that it has reset */
		if (run->hello && run->told == TOLD_RESET && event->boot != run->id && !vm_controlled(run->vm)) {
			event_fact(run, "RESET", "{\"guest\":true,\"reason\":\"seen\"}");
			live_begin_boot(run, "warm");
		}
		if (run->hello)
			return wrong(run, "reset", ECONNRESET, "the guest says hello once more");
		run->hello = run->result->hello = true;
		run->id = event->boot;
	}
	/* a line of a boot that is over, or forged with what it let out */
	if (!run->hello || event->boot != run->id)
		return 0;
	if (sscanf(event->text, "phase name=%31[a-z]", name) == 1)
		live_phase(run, name);
	/* only the first "guest format" begins a record */
	if (!is_kind(event->text, "guest") && strncmp(event->text, "host-", 5))
		run->facts.line(run, event->text, strlen(event->text));
	if (run->result->record.overflowed)
		return error_set(run->err, EFBIG, "the guest has more to tell than %u MiB", LIVE_RECORD_MAXIMUM >> 20);
	return 0;
}

/* Did the guest reset the machine?  QEMU also does so for itself. */
static bool resets(const struct vm_event *event)
{
	return !strcmp(event->name, "RESET") && strstr(event->text, "\"guest\":true");
}

static int got_qmp(struct run *run, const struct vm_event *event)
{
	event_fact(run, event->name, event->text);
	if (!strcmp(event->name, "SHUTDOWN"))
		run->ended = true;
	/* what KVM cannot go on with, for one; nobody else asks it to */
	if (!strcmp(event->name, "STOP")) {
		const char *said = vm_stderr(run->vm);
		int length = (int)strcspn(said, "\n");

		return error_set(run->err, EIO, "boot %u: QEMU has stopped the machine%s%.*s", run->boot, length ? ": " : "",
				 length, said);
	}
	/* it has stopped the machine, and would wait for ever for somebody who makes room */
	if (!strcmp(event->name, "BLOCK_IO_ERROR") && strstr(event->text, "\"action\":\"stop\"")) {
		const char *reason = strstr(event->text, "\"reason\":\"");

		reason = reason ? reason + strlen("\"reason\":\"") : "";
		return error_set(run->err, EIO, "boot %u: QEMU cannot go on with the machine's disk: %.*s", run->boot,
				 (int)strcspn(reason, "\""), reason);
	}
	if (!resets(event))
		return 0;
	if (run->told == TOLD_RESET) {
		live_begin_boot(run, "warm");
		return 0;
	}
	if (run->told == TOLD_OFF)
		return error_set(run->err, ECONNRESET, "boot %u: the machine was told to go off, and has reset", run->boot);
	if (run->hello)
		return wrong(run, "reset", ECONNRESET, "the guest reset by itself");
	/* firmware may start itself anew once it has set itself up */
	if (++run->resets > RESETS)
		return wrong(run, "reset-loop", ECONNRESET, "the machine resets again and again before a system starts");
	return 0;
}

static int got_exit(struct run *run, const struct vm_event *event)
{
	const char *said = vm_stderr(run->vm);
	const char *who = vm_controlled(run->vm) ? "QEMU" : "the hypervisor";
	int length = (int)strcspn(said, "\n");

	fact_begin(&run->facts, "host-exit");
	if (WIFEXITED(event->status))
		fact_decimal(&run->facts, "status", WEXITSTATUS(event->status));
	else
		fact_decimal(&run->facts, "signal", WTERMSIG(event->status));
	fact_end(&run->facts);
	if (WIFEXITED(event->status) && WEXITSTATUS(event->status) == 127 && length)
		return error_set(run->err, ENOENT, "%.*s", length, said);
	if (WIFSIGNALED(event->status))
		return error_set(run->err, EIO, "boot %u: %s was killed by signal %d (%s)", run->boot, who,
				 WTERMSIG(event->status), strsignal(WTERMSIG(event->status)));
	if (WEXITSTATUS(event->status))
		return error_set(run->err, EIO, "boot %u: %s ended with status %d%s%.*s", run->boot, who,
				 WEXITSTATUS(event->status), length ? ": " : "", length, said);
	/* no more is to be had than that it ended in order, after the guest was told to */
	if (run->told == TOLD_OFF && !vm_controlled(run->vm)) {
		event_fact(run, "SHUTDOWN", "{\"guest\":true,\"reason\":\"seen\"}");
		run->ended = true;
	}
	return 0;
}

/* Has QEMU told this since the boot began?  The record has it. */
static bool told_already(const struct run *run, const char *name, const char *part)
{
	BUFFER_AUTO line = buffer_make(256);
	const struct buffer *record = &run->result->record;
	const char *at = record->data + run->began, *end = record->data + record->size;

	buffer_printf(&line, "host-event name=%s ", name);
	while (line.data && (at = memmem(at, (size_t)(end - at), line.data, line.size))) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (memmem(at, (size_t)((stop ? stop : end) - at), part, strlen(part)))
			return true;
		at += line.size;
	}
	return false;
}

/* The time is up; text as of live_wait. */
static int timed_out(struct run *run, const char *text)
{
	const struct live_options *o = run->options;

	run->trouble = run->event ? NULL : run->told ? "stays-on" : run->hello ? "hang" : "silent";
	if (vm_now() < run->deadline)
		return error_set(run->err, ETIMEDOUT,
				 "boot %u: in %u s nothing at all came from the machine, not even from its firmware", run->boot,
				 o->silence);
	if (text)
		return error_set(run->err, ETIMEDOUT, "boot %u: after %u s there was no \"%s\" from %s", run->boot, o->seconds,
				 text, run->event ? "QEMU" : "the guest");
	return error_set(run->err, ETIMEDOUT, "boot %u: the machine was told to go off, and is still there after %u s", run->boot,
			 o->seconds);
}

int live_wait(struct run *run, const char *text)
{
	unsigned boot = run->boot;
	struct vm_event event;
	int rc;

	for (;;) {
		bool silent = run->silent_until && run->silent_until < run->deadline;

		rc = vm_next(run->vm, silent ? run->silent_until : run->deadline, &event, run->err);
		if (vm_heard(run->vm)) {
			run->result->heard = true;
			run->silent_until = 0;
		}
		if (rc == -EFBIG)
			run->trouble = "flood";
		if (rc < 0)
			return rc;
		switch (event.kind) {
		case VM_TEXT:
			rc = got_text(run, &event);
			if (rc == 0 && text && run->hello && event.boot == run->id && is_kind(event.text, text))
				return 0;
			break;
		case VM_CONSOLE:
			keep_tail(run, event.text);
			/* the probe has the machine, and gives it to the kernel in a moment */
			if (!run->hello && is_kind(event.text, "probe-firmware"))
				live_phase(run, "kernel");
			rc = look(run, event.text);
			break;
		case VM_QMP:
			rc = got_qmp(run, &event);
			if (rc == 0 && run->event && !strcmp(event.name, run->event) && strstr(event.text, run->part))
				return 0;
			break;
		case VM_EXIT:
			rc = got_exit(run, &event);
			if (rc == 0 && text)
				rc = wrong(run, "off", EIO, "the machine was switched off before the checks were done");
			if (rc == 0)
				return 0;
			break;
		case VM_TIMEOUT:
			/* a byte that came when the time of silence was up, or half a line before */
			if (silent && run->result->heard && vm_now() < run->deadline)
				break;
			return timed_out(run, text);
		}
		if (rc < 0)
			return rc;
		if (run->boot != boot)
			return 0;
	}
}

int live_command(struct run *run, const char *text)
{
	int rc = vm_command(run->vm, text, run->err);

	run->deadline = vm_now() + run->options->seconds * 1000ull;
	return rc < 0 ? rc : live_wait(run, "done");
}

int live_wait_event(struct run *run, const char *name, const char *part)
{
	int rc = 0;

	if (!told_already(run, name, part)) {
		run->event = name;
		run->part = part;
		rc = live_wait(run, name);
		run->event = NULL;
	}
	return rc;
}
