/* SPDX-License-Identifier: MIT */
/* qemu: turns what comes over four descriptors into one sequence of events. */
#include "hypervisor/qemu.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest/frame.h"
#include "hypervisor/qmp.h"
#include "hypervisor/spawn.h"

/* A guest that has more to say than that says nothing of use. */
#define CONSOLE_MAXIMUM (64u * 1024 * 1024)
#define STDERR_MAXIMUM 2048

/* Lines that have come and were not yet given out, in one run of bytes: kind, boot, length, text. */
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
	uint64_t console_bytes;
	char version[32], error[STDERR_MAXIMUM + 1];
	size_t error_size;
};

uint64_t vm_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

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

/* Reads the console, as much as surely fits into the queue: 1, or 0 if there is nothing. */
static int drain_console(struct vm *vm, struct error *err)
{
	char bytes[4096];
	ssize_t got = read(vm->process.console, bytes, sizeof(bytes));

	/* EIO: nobody has the terminal open any more */
	vm->console_ended |= got == 0 || (got < 0 && errno == EIO);
	if (got <= 0)
		return 0;
	vm->console_bytes += (uint64_t)got;
	if (vm->console_bytes > CONSOLE_MAXIMUM)
		return error_set(err, EFBIG, "the guest floods its console: more than %u MiB", CONSOLE_MAXIMUM >> 20);
	frames_feed(&vm->frames, bytes, (size_t)got);
	return 1;
}

static void drain_error(struct vm *vm)
{
	char bytes[1024];
	ssize_t got;

	/* all is read, so that QEMU never waits for us; the beginning is kept */
	while ((got = read(vm->process.error, bytes, sizeof(bytes))) > 0) {
		size_t room = STDERR_MAXIMUM - vm->error_size;

		if ((size_t)got < room)
			room = (size_t)got;
		memcpy(vm->error + vm->error_size, bytes, room);
		vm->error_size += room;
	}
	vm->error_ended |= got == 0;
}

static bool drain_qmp(struct vm *vm)
{
	size_t room;
	char *to = qmp_room(&vm->qmp, &room);
	ssize_t got;

	if (!to) {
		vm->qmp.size = 0;
		return true;
	}
	got = read(vm->process.qmp, to, room);
	vm->qmp_ended |= got == 0;
	if (got > 0)
		vm->qmp.size += (size_t)got;
	return got > 0;
}

/* The next event of what has come already; false if there is none.  QEMU's own come first, and are read last: so a reset is known
 * before anything that the guest says after it. */
static bool pending(struct vm *vm, struct vm_event *ret)
{
	enum qmp_kind kind;

	while ((kind = qmp_next(&vm->qmp)) != QMP_NONE) {
		struct error ignored;

		if (kind == QMP_GREETING) {
			memcpy(vm->version, vm->qmp.text, strnlen(vm->qmp.text, sizeof(vm->version) - 1));
			vm_qmp(vm, "{\"execute\":\"qmp_capabilities\"}", &ignored);
		} else if (kind == QMP_EVENT || kind == QMP_ERROR) {
			ret->kind = VM_QMP;
			ret->name = kind == QMP_EVENT ? vm->qmp.name : "error";
			ret->text = vm->qmp.text;
			return true;
		}
	}
	if (vm->given < vm->queued) {
		const struct queued *q = &vm->queue[vm->given++];

		ret->kind = q->console ? VM_CONSOLE : VM_TEXT;
		ret->boot = q->boot;
		ret->text = vm->texts.data + q->at;
		return true;
	}
	vm->given = vm->queued = 0;
	buffer_clear(&vm->texts);
	return false;
}

static void reap(struct vm *vm)
{
	siginfo_t info = { .si_pid = 0 };

	if (vm->gone || waitid(P_PID, (id_t)vm->process.pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return;
	/* a script that started QEMU and did not wait for it; as long as its own remains are there, the group is nobody else's */
	if (!vm->command)
		kill(-vm->process.pid, SIGKILL);
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
		uint64_t now = vm_now(), left = deadline > now ? deadline - now : 0;
		bool was_gone = vm->gone;
		int more;

		if (vm->stop && *vm->stop)
			return error_set(err, EINTR, "stopped by a signal (%s)", strsignal(*vm->stop));
		if (pending(vm, ret))
			return 0;
		reap(vm);
		more = drain_console(vm, err);
		if (more < 0)
			return more;
		drain_error(vm);
		more |= drain_qmp(vm);
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
	uint64_t deadline = vm_now() + 5000;

	while (size) {
		/* a terminal is no socket, and nobody at its other end is EIO */
		ssize_t n = isatty(fd) ? write(fd, data, size) : send(fd, data, size, MSG_NOSIGNAL);

		if (n >= 0) {
			data += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN && vm_now() < deadline) {
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

int vm_qmp(struct vm *vm, const char *json, struct error *err)
{
	BUFFER_AUTO line = buffer_make(QMP_LINE);

	buffer_printf(&line, "%s\n", json);
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
		/* the process between ends what stands behind it */
		kill(vm->process.pid, vm->command ? SIGTERM : SIGKILL);
		/* where QEMU is a script that starts it */
		if (!vm->command)
			kill(-vm->process.pid, SIGKILL);
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
	free(vm);
}
