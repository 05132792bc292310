/* SPDX-License-Identifier: MIT */
/* live-watch: what comes from a virtual machine while it runs: into the record, and is it the end? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/stream.h"
#include "hypervisor/live-internal.h"

/* Resets of the firmware's own in one boot. */
#define RESETS 2

/* What no guest can say. */
#define NOTHING "\n"

/* Seconds after which a kernel has panicked, or firmware gone no further, that says so: a system that speaks on says only that
 * somebody wrote the words.  From a firmware's menu with such words in it to the probe it may take some. */
#define PANIC 3
#define FIRMWARE 10

/* Seconds that QEMU may take to say that a device is gone which the guest has let go. */
#define RELEASE 30

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

void live_settle(struct run *run)
{
	if (run->held.size)
		buffer_append(&run->result->record, run->held.data, run->held.size);
	buffer_clear(&run->held);
}

struct last_words {
	const char *text;
	int code;
	const char *kind, *message;
};

/* What on a console says that it goes no further; firmware would wait for ever.  It ends nothing by itself: anybody may write it,
 * a menu of the firmware's or a program in the guest. */
static void look(struct run *run, const char *line)
{
	static const struct last_words panic = { "Kernel panic - not syncing", EIO, "panic", "the kernel panicked" }, ends[] = {
		{ "EFI Internal Shell", ENOEXEC, "shell", "the firmware found nothing to start and went into its shell" },
		{ "UEFI Interactive Shell", ENOEXEC, "shell", "the firmware found nothing to start and went into its shell" },
		{ "No bootable option or device was found", ENOEXEC, "nothing-to-start", "the firmware found nothing to start" },
		{ "Synchronous Exception at", EIO, "firmware-crash", "the firmware crashed" },
		{ "X64 Exception Type", EIO, "firmware-crash", "the firmware crashed" },
		{ "vmlint probe: ", ENOEXEC, "probe", "the probe could not go on" },
	};

	if (strstr(line, panic.text) && run->words != &panic) {
		run->words = &panic;
		run->words_until = stream_now() + PANIC * 1000;
	}
	/* there is no firmware any more once the guest has said hello */
	for (size_t i = 0; !run->hello && !run->words && i < sizeof(ends) / sizeof(*ends); i++) {
		if (!strstr(line, ends[i].text))
			continue;
		run->words = &ends[i];
		run->words_until = stream_now() + FIRMWARE * 1000;
	}
}

/* They were the last. */
static int believe(struct run *run)
{
	return wrong(run, run->words->kind, run->words->code, run->words->message);
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

/* A line of the guest's into the record.  Only the first "guest format" begins one, and the host's facts are ours to tell. */
static void keep_text(struct run *run, const char *text)
{
	if (!strchr("+|&", *text)) {
		live_settle(run);
		run->dropping = is_kind(text, "guest") || !strncmp(text, "host-", 5);
	}
	if (run->dropping)
		return;
	buffer_string(&run->result->record, text);
	buffer_char(&run->result->record, '\n');
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
	run->words = NULL;
	if (sscanf(event->text, "phase name=%31[a-z]", name) == 1)
		live_phase(run, name);
	run->unheard |= is_kind(event->text, "unheard");
	run->failed |= is_kind(event->text, "done") && strstr(event->text, " known=no");
	run->failed |= !strncmp(event->text, "hotplug-", 8) &&
		       (strstr(event->text, " appeared=no ") || strstr(event->text, " gone=no "));
	keep_text(run, event->text);
	if (!run->result->record.overflowed)
		return 0;
	run->trouble = "flood";
	return error_set(run->err, EFBIG, "the guest has more to tell than %u MiB", LIVE_RECORD_MAXIMUM >> 20);
}

/* Did the guest reset the machine?  QEMU also does so for itself. */
static bool resets(const struct vm_event *event)
{
	return !strcmp(event->name, "RESET") && strstr(event->text, "\"guest\":true");
}

static int got_qmp(struct run *run, const struct vm_event *event)
{
	event_fact(run, event->name, event->text);
	if (run->held.overflowed || run->result->record.overflowed)
		return error_set(run->err, ENOBUFS, "boot %u: QEMU tells of too many events", run->boot);
	if (!strcmp(event->name, "SHUTDOWN")) {
		/* a signal, a window that was closed, an error of QEMU's: neither the guest's doing nor ours */
		if (!strstr(event->text, "\"guest\":true"))
			return error_set(run->err, EIO, "boot %u: QEMU was told from outside to end: %s", run->boot, event->text);
		run->ended = true;
	}
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
	if (run->words && !strcmp(run->words->kind, "panic"))
		return believe(run);
	/* firmware that went no further goes on */
	run->words = NULL;
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

/* What QEMU has told of the device in this line, if that is such an event: 1 that it is gone, -1 that it stays, else 0. */
static int became(const char *line, size_t size, const char *device)
{
	static const char gone[] = "host-event name=DEVICE_DELETED ", stays[] = "host-event name=DEVICE_UNPLUG_GUEST_ERROR ";
	char part[64];

	snprintf(part, sizeof(part), "\"device\":\"%s\"", device);
	if (!memmem(line, size, part, strlen(part)))
		return 0;
	if (size > strlen(gone) && !strncmp(line, gone, strlen(gone)))
		return 1;
	return size > strlen(stays) && !strncmp(line, stays, strlen(stays)) ? -1 : 0;
}

/* The last word of it in these lines. */
static int told_of(const char *text, size_t size, const char *device)
{
	int what = 0;

	for (const char *at = text, *end = text + size, *stop; at && at < end; at = stop + 1) {
		int now;

		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		now = became(at, (size_t)(stop - at), device);
		what = now ? now : what;
	}
	return what;
}

/* The time is up; text as of live_wait. */
static int timed_out(struct run *run, const char *text)
{
	const struct live_options *o = run->options;
	uint64_t now = stream_now();

	if (run->words)
		return believe(run);
	if (run->device)
		return 0;
	/* that the machine does not go off or reset itself, is what a rule says of it */
	run->trouble = run->told || run->answer ? NULL : run->hello ? "hang" : "silent";
	if (now < run->deadline)
		return error_set(run->err, ETIMEDOUT,
				 "boot %u: in %u s nothing at all came from the machine, not even from its firmware", run->boot,
				 o->silence);
	if (run->answer)
		return error_set(run->err, ETIMEDOUT, "boot %u: after %u s there was no answer from QEMU", run->boot, o->seconds);
	if (run->asked)
		return error_set(run->err, ETIMEDOUT, "boot %u: after %u s there was no answer to \"%s\" from the guest",
				 run->boot, o->seconds, run->asked);
	if (run->told == TOLD_RESET)
		return error_set(run->err, ETIMEDOUT, "boot %u: the machine was told to reset, and has not after %u s", run->boot,
				 o->seconds);
	if (text)
		return error_set(run->err, ETIMEDOUT, "boot %u: after %u s there was no \"%s\" from the guest", run->boot,
				 o->seconds, text);
	return error_set(run->err, ETIMEDOUT, "boot %u: the machine was told to go off, and is still there after %u s", run->boot,
			 o->seconds);
}

/* Until when vm_next waits. */
static uint64_t until(const struct run *run)
{
	uint64_t least = run->deadline;

	if (run->silent_until && run->silent_until < least)
		least = run->silent_until;
	return run->words && run->words_until < least ? run->words_until : least;
}

/* The hypervisor has ended; it should have if text is NULL. */
static int ended(struct run *run, const struct vm_event *event, const char *text)
{
	const char *who = vm_controlled(run->vm) ? "QEMU" : "the hypervisor";
	int rc = got_exit(run, event);

	if (rc < 0 || !text)
		return rc;
	if (run->words)
		return believe(run);
	if (run->unheard)
		return error_set(run->err, EIO, "boot %u: the guest heard nothing of us for too long, and switched itself off",
				 run->boot);
	if (run->told == TOLD_RESET)
		return error_set(run->err, EIO, "boot %u: the machine was told to reset, and %s ended", run->boot, who);
	if (!run->ended && !run->result->heard)
		return error_set(run->err, EIO, "boot %u: %s ended before anything came from a machine", run->boot, who);
	return wrong(run, "off", EIO, "the machine was switched off before the checks were done");
}

int live_wait(struct run *run, const char *text)
{
	unsigned boot = run->boot;
	struct vm_event event;
	int rc;

	for (;;) {
		uint64_t time = until(run);

		rc = vm_next(run->vm, time, &event, run->err);
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
			if (!run->hello && is_kind(event.text, "probe-firmware")) {
				live_phase(run, "kernel");
				run->words = NULL;
			}
			look(run, event.text);
			break;
		case VM_QMP:
			rc = got_qmp(run, &event);
			if (rc == 0 && run->device && told_of(run->held.data, run->held.size, run->device))
				return 0;
			break;
		case VM_ANSWER:
			if (!run->answer || event.id != run->answer)
				break;
			snprintf(run->refusal, sizeof(run->refusal), "%s", event.text ? event.text : "");
			return 0;
		case VM_EXIT:
			rc = ended(run, &event, text);
			if (rc == 0)
				return 0;
			break;
		case VM_TIMEOUT:
			/* a byte that came when the time of silence was up, or half a line before */
			if (time < run->deadline && !run->words && run->result->heard && stream_now() < run->deadline)
				break;
			return timed_out(run, text);
		}
		if (rc < 0)
			return rc;
		if (run->boot != boot)
			return 0;
	}
}

static void keep_answer(void *context, const char *text, size_t size)
{
	buffer_append(context, text, size);
}

int live_command(struct run *run, const char *text)
{
	BUFFER_AUTO answer = buffer_make(FRAME_LINE);
	struct facts facts = facts_make(keep_answer, &answer);
	int rc = vm_command(run->vm, text, run->err);

	fact_begin(&facts, "done");
	fact_string(&facts, "command", text);
	fact_end(&facts);
	facts_free(&facts);
	run->deadline = stream_now() + run->options->seconds * 1000ull;
	run->failed = false;
	run->asked = text;
	if (rc == 0)
		rc = live_wait(run, answer.data);
	run->asked = NULL;
	return rc;
}

int live_qmp(struct run *run, const char *execute, const char *arguments)
{
	int rc = vm_qmp(run->vm, execute, arguments, &run->answer, run->err);

	run->deadline = stream_now() + run->options->seconds * 1000ull;
	run->refusal[0] = '\0';
	if (rc == 0)
		rc = live_wait(run, NOTHING);
	run->answer = 0;
	return rc < 0 ? rc : run->refusal[0] != '\0';
}

int live_wait_gone(struct run *run, const char *device)
{
	unsigned seconds = run->options->seconds < RELEASE ? run->options->seconds : RELEASE;
	const struct buffer *record = &run->result->record;
	int what, rc = 0;

	/* the guest has answered, so no data of its are under way */
	live_settle(run);
	what = told_of(record->data + run->began, record->size - run->began, device);
	run->refusal[0] = '\0';
	run->deadline = stream_now() + seconds * 1000ull;
	run->device = device;
	if (!what)
		rc = live_wait(run, NOTHING);
	run->device = NULL;
	if (rc < 0)
		return rc;
	live_settle(run);
	what = told_of(record->data + run->began, record->size - run->began, device);
	if (what < 0)
		snprintf(run->refusal, sizeof(run->refusal), "the guest refused");
	else if (!what)
		snprintf(run->refusal, sizeof(run->refusal), "QEMU did not say so in %u s", seconds);
	return what <= 0;
}
