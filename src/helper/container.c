/* SPDX-License-Identifier: MIT */
/* container: qemu-nbd on the one descriptor that we were given, read through libnbd, served as block/remote.h says.
 *
 * qemu-nbd gets the driver and the file by explicit options, read-only, with `backing` null: it neither guesses a
 * format nor follows a parent.  Headers that name other files were refused before anyone started this program; should that have
 * been decided by somebody who has taken the worker over, there is no file that it could open but the image (confine.h).
 */
#include "helper/helper.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libnbd.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/folder.h"
#include "base/stream.h"
#include "block/remote.h"
#include "helper/confine.h"

/* systemd's socket activation puts the listening socket at descriptor 3, so the image must move away. */
#define IMAGE_FD 10
#define IMAGE_NAME "'/proc/self/fd/10'"

#define LISTENER_FD 3
#define PROGRAM_MAX 4096

static volatile sig_atomic_t stopping;
static pid_t child; /* qemu-nbd; 0 or negative: none */

/* Wakes whoever reads the socket, so that the loop ends in order. */
static void stop(int number)
{
	(void)number;
	stopping = 1;
	shutdown(REMOTE_SOCKET_FD, SHUT_RDWR);
}

static bool send_hello(int status, uint64_t size, const char *message)
{
	size_t length = message ? strnlen(message, REMOTE_MESSAGE_MAX) : 0;
	BUFFER_AUTO out = buffer_make(REMOTE_HELLO_BYTES + REMOTE_MESSAGE_MAX);

	buffer_le32(&out, REMOTE_MAGIC);
	buffer_le32(&out, REMOTE_VERSION);
	buffer_le32(&out, (uint32_t)status);
	buffer_le32(&out, (uint32_t)length);
	buffer_le64(&out, size);
	buffer_append(&out, message ? message : "", length);
	return stream_send(REMOTE_SOCKET_FD, out.data, out.size, &stopping);
}

static bool send_reply(uint64_t id, int status, const void *data, size_t length)
{
	BUFFER_AUTO out = buffer_make(REMOTE_REPLY_BYTES);

	buffer_le64(&out, id);
	buffer_le32(&out, (uint32_t)status);
	buffer_le32(&out, (uint32_t)length);
	return stream_send(REMOTE_SOCKET_FD, out.data, out.size, &stopping) &&
	       stream_send(REMOTE_SOCKET_FD, data, length, &stopping);
}

static bool send_failure(uint64_t id, int code, const char *message)
{
	return send_reply(id, -code, message, strnlen(message, REMOTE_MESSAGE_MAX));
}

/* Lets libnbd work until done(nbd) is not 0 or the time is up; 1, or -1 with errno. */
static int wait_until(struct nbd_handle *nbd, int (*done)(struct nbd_handle *nbd, int64_t cookie), int64_t cookie,
		      int64_t ms)
{
	int64_t deadline = (int64_t)stream_now() + ms;

	for (;;) {
		int64_t left = deadline - (int64_t)stream_now();
		int r = done(nbd, cookie);

		if (r)
			return r;
		if (stopping || left <= 0) {
			errno = stopping ? EINTR : ETIMEDOUT;
			return -1;
		}
		if (nbd_poll(nbd, (int)left) < 0 && nbd_get_errno() != EINTR) {
			errno = nbd_get_errno();
			return -1;
		}
	}
}

static int connected(struct nbd_handle *nbd, int64_t cookie)
{
	(void)cookie;
	if (nbd_aio_is_ready(nbd) == 1)
		return 1;
	if (nbd_aio_is_dead(nbd) == 1 || nbd_aio_is_closed(nbd) == 1) {
		errno = EIO;
		return -1;
	}
	return 0;
}

static int completed(struct nbd_handle *nbd, int64_t cookie)
{
	int r = nbd_aio_command_completed(nbd, (uint64_t)cookie);

	if (r < 0)
		errno = nbd_get_errno();
	return r;
}

/* qemu-nbd's standard error is a memory file; its last line says what was wrong. */
static void last_words(int fd, char *out, size_t size)
{
	char text[4096], *line, *name;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	out[0] = 0;
	if (n <= 0)
		return;
	text[n] = 0;
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		text[--n] = 0;
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	if (strncmp(line, "qemu-nbd: ", 10) == 0)
		line += 10;
	/* it names the image by the specification that we gave it */
	if (strstr(line, "}': "))
		line = strstr(line, "}': ") + 4;
	name = strstr(line, IMAGE_NAME);
	if (name) {
		/* the shorter phrase in place of the longer name */
		memcpy(name, "the image", strlen("the image"));
		memmove(name + strlen("the image"), name + strlen(IMAGE_NAME), strlen(name + strlen(IMAGE_NAME)) + 1);
	}
	snprintf(out, size, "%.*s", (int)size - 1, line);
}

/* No quoting is needed: the parent's table of drivers is the only source, and this makes sure of it. */
static bool is_driver(const char *driver)
{
	static const char *const known[] = { "bochs", "cloop", "dmg",  "parallels", "qcow",
					     "qed",   "vdi",   "vhdx", "vmdk",      "vpc" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(driver, known[i]) == 0)
			return true;
	return false;
}

/* The path of qemu-nbd; false if it is not there. */
static bool find_program(char name[PROGRAM_MAX])
{
	const char *path = getenv("PATH");

	for (path = path ? path : "/usr/bin:/bin"; *path; path += strspn(path, ":")) {
		size_t n = strcspn(path, ":");

		if (snprintf(name, PROGRAM_MAX, "%.*s/qemu-nbd", (int)n, path) < PROGRAM_MAX && access(name, X_OK) == 0)
			return true;
		path += n;
	}
	return false;
}

/* A socket that listens and one that is connected to it, by way of a name in a private folder that is gone again. */
static int make_sockets(int *ret_listener, int *ret_client, struct error *err)
{
	ARENA_AUTO arena = arena_new(64 << 10);
	const char *folder = folder_name(arena);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r = folder_make(folder, err);

	if (r < 0)
		return r;
	*ret_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*ret_client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*ret_listener < 0 || *ret_client < 0 ||
	    snprintf(address.sun_path, sizeof(address.sun_path), "%s/nbd", folder) >= (int)sizeof(address.sun_path) ||
	    bind(*ret_listener, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(*ret_listener, 1) < 0 ||
	    connect(*ret_client, (const struct sockaddr *)&address, sizeof(address)) < 0)
		r = error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	folder_remove(folder);
	return r;
}

/* In the new process: as systemd's socket activation has it, the listener is descriptor 3.  Does not return. */
static void become(int listener, pid_t parent, char *program, char *specification)
{
	char option[] = "--read-only", pid[32], *argv[] = { program, option, specification, NULL };
	struct error err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (dup2(listener, LISTENER_FD) < 0 || setenv("LISTEN_FDS", "1", 1) < 0 || setenv("LISTEN_PID", pid, 1) < 0) {
		perror("qemu-nbd");
		_exit(EXIT_FAILURE);
	}
	if (confine_qemu_nbd(&err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		_exit(EXIT_FAILURE);
	}
	execv(program, argv);
	perror(program);
	_exit(EXIT_FAILURE);
}

/* Starts qemu-nbd and connects; 0, or a negative errno and a message. */
static int start(struct nbd_handle *nbd, const char *driver, char *message, size_t size)
{
	char specification[512], program[PROGRAM_MAX];
	int errors = memfd_create("qemu-nbd's messages", MFD_CLOEXEC), listener = -1, client = -1, failure = 0;
	pid_t self = getpid();
	struct error err;

	if (!find_program(program)) {
		snprintf(message, size, "qemu-nbd, which reads %s images, is not installed (Debian package qemu-utils)",
			 driver);
		return -ENOENT;
	}
	snprintf(specification, sizeof(specification),
		 "json:{\"driver\":\"%s\",\"read-only\":true,\"backing\":null,\"file\":{\"driver\":\"file\","
		 "\"filename\":\"/proc/self/fd/%d\",\"read-only\":true,\"locking\":\"off\"}}",
		 driver, IMAGE_FD);
	if (errors < 0 || dup2(errors, STDERR_FILENO) < 0) {
		snprintf(message, size, "cannot make a memory file: %s", strerror(errno));
		return -errno;
	}
	if (make_sockets(&listener, &client, &err) < 0 || confine_container(IMAGE_FD, program, &err) < 0) {
		snprintf(message, size, "%.*s", (int)size - 1, err.message);
		return -err.code;
	}
	child = fork();
	if (child == 0)
		become(listener, self, program, specification);
	close(listener);
	close(IMAGE_FD);
	/* from here on this process only talks */
	if (child < 0 || confine_talk(&err) < 0) {
		snprintf(message, size, "%.*s", (int)size - 1, child < 0 ? "cannot start a process" : err.message);
		return -EIO;
	}
	if (nbd_aio_connect_socket(nbd, client) < 0)
		failure = nbd_get_errno() ? nbd_get_errno() : EIO;
	else if (wait_until(nbd, connected, 0, REMOTE_START_MS) < 0)
		failure = errno;
	if (!failure)
		return 0;
	/* its words may come a moment after its socket closes */
	for (unsigned i = 0; failure != ETIMEDOUT && i < 20; i++) {
		last_words(errors, message, size);
		if (message[0])
			break;
		usleep(10000);
	}
	if (failure == ETIMEDOUT)
		snprintf(message, size, "qemu-nbd did not start within %d s", REMOTE_START_MS / 1000);
	else if (!message[0])
		snprintf(message, size, "qemu-nbd could not be started: %s",
			 nbd_get_error() ? nbd_get_error() : strerror(failure));
	return -failure;
}

/* qemu-nbd refuses requests that are not made of whole blocks; how long those are depends on the format's driver. */
#define BLOCK_MAX (64U << 10)

/* The length of a block in bytes; 0 if it is none that can be worked with. */
static uint32_t block_length(struct nbd_handle *nbd)
{
	int64_t length = nbd_get_block_size(nbd, LIBNBD_SIZE_MINIMUM);

	if (length <= 0)
		return 1; /* the server has not said */
	return length <= BLOCK_MAX && (length & (length - 1)) == 0 ? (uint32_t)length : 0;
}

/* One request; false when the socket is of no use any more.  `data` has room for REMOTE_READ_MAX and a block at either end. */
static bool serve(struct nbd_handle *nbd, int64_t disk_size, uint32_t block, unsigned char *data)
{
	unsigned char request[REMOTE_REQUEST_BYTES];
	struct cursor c = cursor_make(request, sizeof(request));
	uint64_t id, offset, start, end;
	uint32_t length;
	int64_t cookie;

	if (!stream_receive(REMOTE_SOCKET_FD, request, sizeof(request), &stopping))
		return false;
	id = cursor_le64(&c);
	offset = cursor_le64(&c);
	length = cursor_le32(&c);
	if (!length || length > REMOTE_READ_MAX || offset > (uint64_t)disk_size ||
	    length > (uint64_t)disk_size - offset)
		return send_failure(id, EINVAL, "a request for bytes that the disk does not have");
	start = offset / block * block;
	end = (offset + length + block - 1) / block * block;
	/* a disk's last block may be cut, and then it is the one that may be asked for in part */
	if (end > (uint64_t)disk_size)
		end = (uint64_t)disk_size;
	cookie = nbd_aio_pread(nbd, data, end - start, start, NBD_NULL_COMPLETION, 0);
	if (cookie < 0 || wait_until(nbd, completed, cookie, REMOTE_READ_MS) < 0) {
		const char *why = nbd_get_error();
		char message[REMOTE_MESSAGE_MAX];
		int code = cookie < 0 ? nbd_get_errno() : errno;
		bool gone = nbd_aio_is_dead(nbd) == 1 || nbd_aio_is_closed(nbd) == 1;

		if (code == ETIMEDOUT)
			snprintf(message, sizeof(message), "qemu-nbd did not read within %d s", REMOTE_READ_MS / 1000);
		else
			snprintf(message, sizeof(message), "qemu-nbd %s at offset %#llx: %s", gone ? "broke off" : "cannot read",
				 (unsigned long long)offset, why ? why : strerror(code));
		/* after a time-out, libnbd may still write into the buffer: this was the last answer */
		return send_failure(id, gone ? REMOTE_GONE : code ? code : EIO, message) && !gone && code != ETIMEDOUT;
	}
	return send_reply(id, 0, data + (offset - start), length);
}

int helper_container(const char *driver)
{
	struct sigaction action = { .sa_handler = stop };
	char message[REMOTE_MESSAGE_MAX] = "";
	struct nbd_handle *nbd;
	unsigned char *data;
	uint32_t block = 0;
	int64_t size;
	int r;

	/* should vmlint be killed, its end of the socket closes too; this is for the time before the loop */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!is_driver(driver)) {
		send_hello(-EINVAL, 0, "not a driver that the helper knows");
		return EXIT_FAILURE;
	}
	/* the socket is ours alone; the image goes to qemu-nbd under another number */
	if (fcntl(REMOTE_SOCKET_FD, F_SETFD, FD_CLOEXEC) < 0 || dup2(REMOTE_IMAGE_FD, IMAGE_FD) < 0) {
		fputs("vmlint-helper: descriptors are missing\n", stderr);
		return 2;
	}
	close(REMOTE_IMAGE_FD);
	data = malloc(REMOTE_READ_MAX + 2 * BLOCK_MAX);
	nbd = nbd_create();
	if (!data || !nbd) {
		send_hello(-ENOMEM, 0, "out of memory");
		return EXIT_FAILURE;
	}
	/* the end of a disk need not be aligned; QEMU reads it all the same */
	nbd_set_strict_mode(nbd, nbd_get_strict_mode(nbd) & ~(uint32_t)LIBNBD_STRICT_ALIGN);
	/* at a place that cannot be read, qemu-nbd hangs up on whom it owes a structured reply; a simple one just says no */
	nbd_set_request_structured_replies(nbd, false);
	r = start(nbd, driver, message, sizeof(message));
	if (r == 0) {
		size = nbd_get_size(nbd);
		block = block_length(nbd);
		if (size < 0 || !block)
			r = -EIO;
		if (r == 0 && send_hello(0, (uint64_t)size, NULL))
			while (serve(nbd, size, block, data))
				;
	}
	if (r < 0)
		send_hello(r, 0, message[0] ? message : "qemu-nbd tells no size, or an odd length of its blocks");
	/* it has nothing to save, and may be the reason why we stop */
	if (child > 0) {
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	nbd_close(nbd);
	free(data);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
