/* SPDX-License-Identifier: MIT */
/* qemu: turns what comes over four descriptors into one sequence of events. */
#include "hypervisor/qemu.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/stream.h"
#include "guest/frame.h"
#include "hypervisor/qmp.h"
#include "hypervisor/spawn.h"

/* A guest that has more to say than that says nothing of use. */
#define CONSOLE_MAXIMUM (64u * 1024 * 1024)
#define QMP_MAXIMUM (64u * 1024 * 1024)
#define STDERR_MAXIMUM 2048
#define STDERR_READS 64 /* at a time */

/* Bytes that are still read when the time is up: what waited while we did not run. */
#define LATE_MAXIMUM (1u << 20)

/* A line of the console that has come and was not yet given out; its text lies in `texts`. */
struct queued {
	bool console;
	uint32_t boot;
	size_t at;
};

struct vm {
	struct spawned process;
	const volatile sig_atomic_t *stop;
	bool command; /* not QEMU */
	bool gone, console_ended, qmp_ended, error_ended;
	int status;
	struct frames frames;
	struct qmp qmp;
	struct buffer texts; /* of the queue, each with its NUL */
	struct queued queue[8192];
	unsigned queued, given;
	int owed;      /* bytes of the console that came before what `qmp` holds: they are given out first */
	bool spoken;   /* a line of the guest's was given out, */
	uint32_t boot; /* and the last one was of this boot */
	uint64_t console_bytes, qmp_bytes;
	unsigned late; /* bytes that were read after the deadline */
	unsigned id;   /* of the last QMP command */
	char version[32], error[STDERR_MAXIMUM + 1];
	size_t error_size;
};

static void enqueue(struct vm *vm, bool console, uint32_t boot, const char *text, size_t size)
{
	/* what does not fit was never read: see drain_console */
	if (vm->queued == sizeof(vm->queue) / sizeof(*vm->queue))
		return;
	vm->queue[vm->queued++] = (struct queued){ console, boot, vm->texts.size };
	buffer_append(&vm->texts, text, size);
	buffer_append(&vm->texts, "", 1);
}

static void got_text(void *context, uint32_t boot, const char *text, size_t size)
{
	enqueue(context, false, boot, text, size);
}

static void got_other(void *context, const char *line, size_t size)
{
	enqueue(context, true, 0, line, size);
}

int vm_start(const struct vm_config *config, unsigned start, const char *nonce, struct vm **ret, struct error *err)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int rc;

	if (!vm)
		return error_set(err, ENOMEM, "out of memory");
	rc = config->command ? spawn_command(config, start, &vm->process, err) : spawn_qemu(config, &vm->process, err);
	if (rc < 0) {
		free(vm);
		return rc;
	}
	vm->stop = config->stop;
	vm->command = config->command != NULL;
	vm->qmp_ended = vm->command;
	memcpy(vm->frames.nonce, nonce, strnlen(nonce, FRAME_NONCE));
	vm->frames.text = got_text;
	vm->frames.other = got_other;
	vm->frames.context = vm;
	/* one reading of the console at most, and the line that it may end */
	vm->texts = buffer_make(64 * 1024);
	*ret = vm;
	return 0;
}

/* Reads the console, as much as surely fits into the queue, and at most so much: how many bytes, or 0 if there is nothing. */
static int drain_console(struct vm *vm, int most, struct error *err)
{
	char bytes[4096];
	ssize_t got = read(vm->process.console, bytes, most < (int)sizeof(bytes) ? (size_t)most : sizeof(bytes));

	/* EIO: nobody has the terminal open any more */
	vm->console_ended |= got == 0 || (got < 0 && errno == EIO);
	if (got <= 0)
		return 0;
	vm->console_bytes += (uint64_t)got;
	vm->late += (unsigned)got;
	if (vm->console_bytes > CONSOLE_MAXIMUM)
		return error_set(err, EFBIG, "the guest floods its console: more than %u MiB", CONSOLE_MAXIMUM >> 20);
	frames_feed(&vm->frames, bytes, (size_t)got);
	return (int)got;
}

static void drain_error(struct vm *vm)
{
	char bytes[1024];
	ssize_t got = 1;

	/* all is read in time, so that QEMU never waits for us; the beginning is kept */
	for (int i = 0; i < STDERR_READS && (got = read(vm->process.error, bytes, sizeof(bytes))) > 0; i++) {
		size_t room = STDERR_MAXIMUM - vm->error_size;

		if ((size_t)got < room)
			room = (size_t)got;
		memcpy(vm->error + vm->error_size, bytes, room);
		vm->error_size += room;
	}
	vm->error_ended |= got == 0;
}

/* What QEMU says first: its version, and that it waits to be answered. */
static void greeted(struct vm *vm)
{
	struct error ignored;
	unsigned id;

	memcpy(vm->version, vm->qmp.text, strnlen(vm->qmp.text, sizeof(vm->version) - 1));
	vm_qmp(vm, "qmp_capabilities", "{}", &id, &ignored);
}

/* Reads what QEMU says, and how much of the console came before it: 1, or 0 if there is nothing. */
static int drain_qmp(struct vm *vm, struct error *err)
{
	size_t room;
	char *to = qmp_room(&vm->qmp, &room);
	ssize_t got;

	if (!to) {
		vm->qmp.size = 0;
		return 1;
	}
	if (vm->qmp_ended)
		return 0;
	got = read(vm->process.qmp, to, room);
	vm->qmp_ended |= got == 0;
	if (got <= 0)
		return 0;
	vm->qmp.size += (size_t)got;
	vm->late += (unsigned)got;
	vm->qmp_bytes += (uint64_t)got;
	if (vm->qmp_bytes > QMP_MAXIMUM)
		return error_set(err, ENOBUFS, "QEMU says more than %u MiB on its control connection", QMP_MAXIMUM >> 20);
	/* that is no news that could overtake the console, and what the guest says shall not be told of an unknown hypervisor */
	if (!*vm->version && qmp_greets(&vm->qmp) && qmp_next(&vm->qmp) == QMP_GREETING)
		greeted(vm);
	if (ioctl(vm->process.console, FIONREAD, &vm->owed) < 0)
		vm->owed = 0;
	return 1;
}

/* The next thing that QEMU has said, of what has come already. */
static bool said(struct vm *vm, struct vm_event *ret)
{
	enum qmp_kind kind;

	while ((kind = qmp_next(&vm->qmp)) != QMP_NONE) {
		if (kind == QMP_GREETING) {
			greeted(vm);
		} else if (kind == QMP_EVENT) {
			*ret = (struct vm_event){ .kind = VM_QMP, .name = vm->qmp.name, .text = vm->qmp.text };
			return true;
		} else if (kind == QMP_RETURN || kind == QMP_ERROR) {
			*ret = (struct vm_event){ .kind = VM_ANSWER, .name = "", .id = vm->qmp.id,
						  .text = kind == QMP_ERROR ? vm->qmp.text : NULL };
			return true;
		}
	}
	return false;
}

/* The next line of the console, of what has come already.  1, 0 if there is none, or a negative errno. */
static int line(struct vm *vm, struct vm_event *ret, struct error *err)
{
	const struct queued *q = &vm->queue[vm->given];

	if (vm->given == vm->queued) {
		vm->given = vm->queued = 0;
		buffer_clear(&vm->texts);
		return 0;
	}
	/* who speaks now was started by a reset, which QEMU has told before */
	if (!q->console && vm->spoken && q->boot != vm->boot) {
		int rc = drain_qmp(vm, err);

		if (rc < 0)
			return rc;
		if (said(vm, ret)) {
			if (ret->kind == VM_QMP && !strcmp(ret->name, "RESET"))
				vm->boot = q->boot;
			return 1;
		}
	}
	if (!q->console) {
		vm->spoken = true;
		vm->boot = q->boot;
	}
	vm->given++;
	*ret = (struct vm_event){ .kind = q->console ? VM_CONSOLE : VM_TEXT, .name = "", .boot = q->boot,
				  .text = vm->texts.data + q->at };
	return 1;
}

/* The next event of what has come already.  1, 0 if there is none, or a negative errno. */
static int pending(struct vm *vm, struct vm_event *ret, struct error *err)
{
	for (;;) {
		int rc = line(vm, ret, err);

		if (rc)
			return rc;
		if (vm->owed <= 0)
			return said(vm, ret);
		rc = drain_console(vm, vm->owed, err);
		if (rc < 0)
			return rc;
		vm->owed = rc ? vm->owed - rc : 0;
	}
}

static void reap(struct vm *vm)
{
	siginfo_t info = { .si_pid = 0 };

	if (vm->gone || waitid(P_PID, (id_t)vm->process.pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return;
	waitpid(vm->process.pid, &vm->status, 0);
	vm->gone = true;
}

int vm_next(struct vm *vm, uint64_t deadline, struct vm_event *ret, struct error *err)
{
	*ret = (struct vm_event){ .kind = VM_TIMEOUT, .text = "", .name = "" };
	for (;;) {
		/* an end that was closed would always be ready */
		struct pollfd wait[] = { { .fd = vm->console_ended ? -1 : vm->process.console, .events = POLLIN },
					 { .fd = vm->qmp_ended ? -1 : vm->process.qmp, .events = POLLIN },
					 { .fd = vm->error_ended ? -1 : vm->process.error, .events = POLLIN },
					 { .fd = vm->process.pidfd, .events = POLLIN } };
		uint64_t now = stream_now(), left = deadline > now ? deadline - now : 0;
		bool was_gone = vm->gone;
		int more;

		if (vm->stop && *vm->stop)
			return error_set(err, EINTR, "stopped by a signal (%s)", strsignal(*vm->stop));
		if (left)
			vm->late = 0;
		else if (vm->late > LATE_MAXIMUM)
			return 0;
		more = pending(vm, ret, err);
		if (more)
			return more < 0 ? more : 0;
		*ret = (struct vm_event){ .kind = VM_TIMEOUT, .text = "", .name = "" };
		reap(vm);
		drain_error(vm);
		/* QEMU first: what the console had said by then is given out before */
		more = drain_qmp(vm, err);
		if (!more)
			more = drain_console(vm, INT_MAX, err);
		if (more < 0)
			return more;
		if (more)
			continue;
		if (was_gone) {
			ret->kind = VM_EXIT;
			ret->status = vm->status;
			return 0;
		}
		if (vm->gone)
			continue;
		if (!left)
			return 0;
		poll(wait, 4, left < 1000 ? (int)left : 1000);
	}
}

static int send_all(int fd, const char *data, size_t size, struct error *err)
{
	uint64_t deadline = stream_now() + 5000;

	while (size) {
		/* a terminal is no socket, and nobody at its other end is EIO */
		ssize_t n = isatty(fd) ? write(fd, data, size) : send(fd, data, size, MSG_NOSIGNAL);

		if (n >= 0) {
			data += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN && stream_now() < deadline) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			poll(&wait, 1, 100);
		} else if (errno != EINTR) {
			return error_set(err, errno, "the hypervisor does not listen: %s", strerror(errno));
		}
	}
	return 0;
}

int vm_command(struct vm *vm, const char *command, struct error *err)
{
	BUFFER_AUTO line = buffer_make(1024);

	buffer_printf(&line, FRAME_MARK "%s %s\n", vm->frames.nonce, command);
	if (line.overflowed)
		return error_set(err, EINVAL, "the command is too long: %s", command);
	return send_all(vm->process.console, line.data, line.size, err);
}

int vm_qmp(struct vm *vm, const char *execute, const char *arguments, unsigned *ret_id, struct error *err)
{
	BUFFER_AUTO line = buffer_make(QMP_LINE);

	*ret_id = ++vm->id;
	buffer_printf(&line, "{\"execute\":\"%s\",\"arguments\":%s,\"id\":%u}\n", execute, arguments, vm->id);
	if (line.overflowed)
		return error_set(err, EINVAL, "the command is too long: %s", execute);
	return send_all(vm->process.qmp, line.data, line.size, err);
}

bool vm_heard(const struct vm *vm)
{
	return vm->console_bytes > 0;
}

bool vm_controlled(const struct vm *vm)
{
	return !vm->command;
}

const char *vm_command_line(const struct vm *vm)
{
	return vm->process.line ? vm->process.line : "";
}

const char *vm_version(const struct vm *vm)
{
	return vm->version;
}

const char *vm_stderr(const struct vm *vm)
{
	return vm->error;
}

struct vm_lines vm_lines(const struct vm *vm)
{
	const struct frames *f = &vm->frames;

	return (struct vm_lines){ f->good, f->lost, f->damaged, f->foreign };
}

void vm_stop(struct vm *vm)
{
	if (!vm)
		return;
	if (!vm->gone) {
		/* the guard ends what stands behind it */
		kill(vm->process.pid, SIGTERM);
		while (waitpid(vm->process.pid, &vm->status, 0) < 0 && errno == EINTR)
			;
	}
	close(vm->process.console);
	if (vm->process.qmp >= 0)
		close(vm->process.qmp);
	close(vm->process.error);
	if (vm->process.pidfd >= 0)
		close(vm->process.pidfd);
	buffer_free(&vm->texts);
	free(vm->process.line);
	free(vm);
}
