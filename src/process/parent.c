/* SPDX-License-Identifier: MIT */
/* parent: one worker at a time, watched through its socket until it has said all, or died, or taken too long.
 *
 * A worker may be in the hands of whoever made its image.  So nothing here waits for one without a limit of time, keeps more of
 * what it says than a limit, or does for it more than so many things; what it says of its own image nobody can check.
 */
#include "process/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/limits.h"
#include "base/sanitized.h"
#include "base/stream.h"
#include "fs/appliance.h"
#include "process/channel.h"
#include "process/death.h"
#include "process/helper.h"
#include "process/keeper.h"
#include "process/record.h"
#include "process/sibling.h"
#include "process/watch.h"
#include "process/worker.h"

/* How long a worker may take to end once it has said all, in milliseconds. */
#define END_MS 2000

/* One image, or the record of a guest, under way. */
struct job {
	struct arena *arena;
	const char *name;
	enum worker_subject subject;
	const char *what; /* the subject, for messages */
	const char *allow_backing;
	int image;        /* descriptors */
	int socket;
	uint64_t deadline;    /* stream_now()'s milliseconds */
	unsigned requests;
	bool begun; /* it has begun to say what it found */
	struct keeper keeper;
	pid_t worker, helper, guestfs; /* 0: none; the helper may run twice, for the container and for file systems */
	const char *folder;   /* libguestfs's; NULL: none */
	/* the files that were opened: what a worker's numbers mean */
	const char *files[LIMIT_BACKING_DEPTH * 2 + 1];
	struct watch watches[LIMIT_BACKING_DEPTH * 2 + 1];
	unsigned file_count;
};

/* What a helper's exit status said of the machine before: who lints many images must not wait for each.  Workers have no say. */
static bool no_kvm, no_guestfs;

static void unreadable(struct lint_result *result, const char *why)
{
	result->status = STATUS_UNREADABLE;
	result->error = why;
}

/* A descriptor for the image, or -1 with the reason in result. */
static int open_image(struct arena *arena, const char *name, uint64_t *ret_size, struct lint_result *result)
{
	/* O_NONBLOCK, so that a FIFO does not hold us up before we see that it is one */
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why = NULL;
	struct stat st;
	off_t size;

	if (fd < 0) {
		unreadable(result, arena_printf(arena, "cannot open: %s", strerror(errno)));
		return -1;
	}
	if (fstat(fd, &st) < 0)
		why = arena_printf(arena, "cannot stat: %s", strerror(errno));
	else if (S_ISDIR(st.st_mode))
		why = "is a directory, not a disk image";
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		why = "is neither a regular file nor a block device";
	else if ((size = lseek(fd, 0, SEEK_END)) < 0)
		why = arena_printf(arena, "cannot tell its size: %s", strerror(errno));
	else if (size == 0)
		why = "the file is empty";
	else
		*ret_size = (uint64_t)size;
	if (why) {
		unreadable(result, why);
		close(fd);
		return -1;
	}
	return fd;
}

static bool start_worker(struct job *job, uint64_t size, const struct lint_options *options, struct lint_result *result)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		unreadable(result, arena_printf(job->arena, "cannot make a socket: %s", strerror(errno)));
		return false;
	}
	/* what waits in the buffers of standard output must not be printed twice */
	fflush(NULL);
	job->worker = fork();
	if (job->worker == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		close(pair[0]);
		_exit(worker_run(job->subject, job->name, job->image, size, pair[1], &job->keeper, options));
	}
	close(pair[1]);
	/* a worker that asks and does not listen must not stop us; when we listen, we poll */
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	if (job->worker < 0) {
		job->worker = 0;
		close(pair[0]);
		unreadable(result, arena_printf(job->arena, "cannot start a process: %s", strerror(errno)));
		return false;
	}
	job->socket = pair[0];
	return true;
}

/* The file is number job->file_count from now on; `name` is as a message is to call it, NULL for the image. */
static void add_file(struct job *job, const char *path, int fd, const char *name)
{
	job->watches[job->file_count] = watch_begin(fd, name);
	job->files[job->file_count++] = path;
}

/* NULL, or what a file that was read did meanwhile. */
static const char *end_files(struct job *job)
{
	const char *why = NULL;

	for (unsigned i = 0; i < job->file_count; i++) {
		if (!why)
			why = watch_changed(job->arena, &job->watches[i]);
		watch_end(&job->watches[i]);
	}
	return why;
}

static int open_sibling(struct job *job, const struct record_request *request, struct error *err)
{
	const char *path;
	int fd;

	if (!job->allow_backing)
		return error_set(err, EPERM, "not opened without --allow-backing");
	if (request->base >= job->file_count)
		return error_set(err, EPROTO, "there is no file number %u", request->base);
	if (job->file_count == sizeof(job->files) / sizeof(job->files[0]))
		return error_set(err, ELOOP, "too many files");
	fd = sibling_open(job->arena, job->allow_backing, job->files[request->base], request->name, &path, err);
	if (fd >= 0)
		add_file(job, path, fd, path);
	return fd;
}

static int start_container(struct job *job, const char *driver, struct error *err)
{
	if (job->helper)
		return error_set(err, EBUSY, "the helper is running already");
	return helper_start_container(job->arena, job->image, driver, &job->helper, err);
}

static int start_guestfs(struct job *job, struct error *err)
{
	if (job->folder)
		return error_set(err, EBUSY, "libguestfs was started already");
	if (no_guestfs)
		return error_set(err, ENOENT, "libguestfs, which reads this, or the QEMU or kernel that it starts, is not "
				 "installed; " APPLIANCE_INSTALL);
	job->deadline += limits_guestfs_seconds() * 1000;
	job->folder = folder_name(job->arena);
	return helper_start_guestfs(job->arena, job->folder, no_kvm, &job->guestfs, err);
}

/* Returns the helper's status, as helper_end does. */
static int end_guestfs(struct job *job)
{
	int status = helper_end(job->guestfs);

	no_guestfs |= status == APPLIANCE_EXIT_ABSENT;
	no_kvm |= status == APPLIANCE_EXIT_NO_KVM;
	folder_remove(job->folder);
	return status;
}

static int answer(struct job *job, const struct record_request *request, struct error *err)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);
	struct error why;
	int fd, r;

	switch (request->kind) {
	case RECORD_WAIT:
		why = job->keeper.error;
		job->keeper.error.code = 0;
		record_encode_reply(&out, -why.code, 0, why.code ? why.message : NULL);
		return channel_send(job->socket, out.data, out.size, -1, err);
	case RECORD_SIBLING:
		fd = open_sibling(job, request, &why);
		break;
	case RECORD_CONTAINER:
		fd = start_container(job, request->name, &why);
		break;
	default: /* RECORD_GUESTFS */
		fd = start_guestfs(job, &why);
	}
	record_encode_reply(&out, fd < 0 ? fd : 0, job->file_count - 1, fd < 0 ? why.message : NULL);
	r = channel_send(job->socket, out.data, out.size, fd, err);
	if (fd >= 0)
		close(fd);
	return r;
}

/* In a sanitized build a worker's addresses have no bound.  False once it has too much resident memory. */
static bool is_small(const struct job *job)
{
	char path[40], text[64];
	unsigned long pages;
	ssize_t n = -1;
	int fd;

	if (!SANITIZED)
		return true;
	snprintf(path, sizeof(path), "/proc/%ld/statm", (long)job->worker);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = 0;
	return sscanf(text, "%*u %lu", &pages) != 1 || pages * (unsigned long)sysconf(_SC_PAGESIZE) < LIMIT_WORKER_RESIDENT;
}

/* One message, within the image's time; see channel_receive. */
static long next_message(struct job *job, char *message, struct error *err)
{
	for (;;) {
		uint64_t next = stream_now() + LIMIT_WATCH_MS;
		long size = channel_receive(job->socket, message, LIMIT_RECORD_BYTES, NULL,
					    SANITIZED && next < job->deadline ? next : job->deadline, err);

		if (size != -ETIMEDOUT || stream_now() >= job->deadline)
			return size;
		if (!is_small(job))
			return error_set(err, ENOMEM, "the reader was stopped by its limit of memory: this %s needs more",
					 job->what);
	}
}

static int take(struct job *job, const char *message, size_t size, struct lint_result *result, bool *ret_end, struct error *err)
{
	struct record_request request;

	if (!record_decode_request(job->arena, message, size, &request)) {
		/* the image's own comes before all others, and once */
		if (record_is(message, size, RECORD_IMAGE) == job->begun)
			return error_set(err, EPROTO, "the reader sent records in an order that makes no sense");
		job->begun = true;
		return record_decode(job->arena, message, size, result, ret_end, err);
	}
	/* a record is whole: there is nothing to ask for */
	if (request.kind != RECORD_WAIT && (job->subject == WORKER_RECORD || ++job->requests > LIMIT_REQUESTS))
		return error_set(err, EPROTO, "the reader asked for too much");
	return answer(job, &request, err);
}

/* Takes records until the worker has said its last; false with the reason in *ret_why (NULL: it has closed its socket). */
static bool listen_to_worker(struct job *job, struct lint_result *result, const char **ret_why)
{
	char *message = arena_alloc(job->arena, LIMIT_RECORD_BYTES);
	struct error err = { 0 };
	unsigned records = 0;
	size_t bytes = 0;
	bool end = false;
	int r = 0;

	*ret_why = NULL;
	job->deadline = stream_now() + limits.seconds * 1000;
	while (r == 0 && !end) {
		long size = next_message(job, message, &err);

		if (size == 0)
			return false;
		if (size == -ETIMEDOUT)
			r = error_set(&err, ETIMEDOUT, "the reader was stopped by its limit of time: it took more than %" PRIu64
				      " s" RAISES("max-time"), limits.seconds + (job->guestfs ? limits_guestfs_seconds() : 0));
		else if (size < 0)
			r = (int)size;
		else if (record_is(message, (size_t)size, RECORD_MEMORY))
			r = keeper_take(&job->keeper, message, (size_t)size, &err);
		else if (++records > limits_records() || (bytes += (size_t)size) > limits_result_bytes())
			r = error_set(&err, EPROTO, "the reader had too much to say");
		else
			r = take(job, message, (size_t)size, result, &end, &err);
	}
	if (r < 0)
		*ret_why = arena_strdup(job->arena, err.message);
	return end;
}

/* Ends the worker and returns its status.  Unless it is to be at once, it gets a moment to end by itself; *ret_late: and
 * did not. */
static int end_worker(struct job *job, bool at_once, bool *ret_late)
{
	/* no events: only that the other end has been closed, which the end of the process does too */
	struct pollfd closed = { .fd = job->socket };
	uint64_t deadline = stream_now() + END_MS;
	int status = 0;
	pid_t r = 0;

	while (!at_once && (r = waitpid(job->worker, &status, WNOHANG)) == 0 && stream_now() < deadline) {
		if (poll(&closed, 1, END_MS) != 0)
			usleep(500);
	}
	*ret_late = r == 0;
	if (r == 0) {
		kill(job->worker, SIGKILL);
		while (waitpid(job->worker, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(job->socket);
	return status;
}

/* Has the worker read job->image, of `size` bytes, and closes that.  `result` was begun, and says whom it is about. */
static void run(struct job *job, uint64_t size, const struct lint_options *options, struct lint_result *result)
{
	const struct lint_result begun = *result;
	const char *why = NULL, *changed;
	bool complete, late;
	int status, ended = 0;

	keeper_open(&job->keeper);
	if (!start_worker(job, size, options, result)) {
		end_files(job);
		keeper_close(&job->keeper);
		close(job->image);
		return;
	}
	complete = listen_to_worker(job, result, &why);
	status = end_worker(job, why != NULL, &late);
	keeper_close(&job->keeper);
	close(job->image);
	if (job->helper)
		ended = helper_end(job->helper);
	if (job->guestfs && ended >= 0)
		ended = end_guestfs(job);
	else if (job->guestfs)
		end_guestfs(job);
	/* what the worker was told by a helper that broke is half of what there is */
	if (ended < 0 && (complete || !why)) {
		complete = false;
		why = death_of_helper(job->arena, -ended);
	}
	changed = end_files(job);
	if (!complete || changed) {
		/* neither what a reader said before it died is to be believed, nor what it saw of two different images */
		lint_result_init(result, begun.image);
		if (!why && late)
			why = "the reader was stopped by vmlint: it said no more, and did not end";
		unreadable(result, changed ? changed : why ? why : death_describe(job->arena, status, job->what));
	}
	result->boot = begun.boot;
	result->boots = begun.boots;
	result->guest = begun.guest;
	result->name = begun.name;
}

void parent_lint(struct arena *arena, const char *name, const struct lint_options *options, const char *allow_backing,
		 struct lint_result *result)
{
	struct job job = { .arena = arena, .name = name, .what = "image", .allow_backing = allow_backing, .socket = -1 };
	uint64_t size = 0;

	lint_result_init(result, name);
	job.image = open_image(arena, name, &size, result);
	if (job.image < 0)
		return;
	add_file(&job, name, job.image, NULL);
	run(&job, size, options, result);
}

/* A file in memory, with that in it, which nobody can change any more; -1 with the reason in result. */
static int memory_file(struct arena *arena, const char *text, size_t size, struct lint_result *result)
{
	int fd = memfd_create("record", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ssize_t n = 0;

	for (size_t at = 0; fd >= 0 && n >= 0 && at < size; at += n > 0 ? (size_t)n : 0) {
		n = write(fd, text + at, size - at);
		if (n < 0 && errno == EINTR)
			n = 0;
	}
	if (fd >= 0 && n >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return fd;
	unreadable(result, arena_printf(arena, "cannot make a file in memory: %s", strerror(errno)));
	if (fd >= 0)
		close(fd);
	return -1;
}

void parent_judge(struct arena *arena, const char *text, size_t size, const struct lint_options *options,
		  struct lint_result *result)
{
	struct job job = { .arena = arena, .name = result->image, .subject = WORKER_RECORD, .what = "record", .socket = -1 };

	result->guest = true;
	job.image = memory_file(arena, text, size, result);
	if (job.image >= 0)
		run(&job, size, options, result);
}
