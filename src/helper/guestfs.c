/* SPDX-License-Identifier: MIT */
/* guestfs: serves the requests of fs/appliance.h until the socket is closed or a signal says to end.
 *
 * libguestfs's calls cannot be interrupted, but whatever they wait for is of our process group: who kills those, as the signal
 * handlers do, makes the call fail, and everything then ends in order, with libguestfs's own folders removed.
 */
#include "helper/guestfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/stream.h"
#include "helper/confine.h"
#include "helper/helper.h"

static volatile sig_atomic_t stopping;
static pid_t helper;

bool session_stopping(void)
{
	return stopping;
}

/* The process group in a line of /proc/PID/stat: "pid (name) state parent group ..."; 0 if it says none. */
static pid_t group_of(const char *pid)
{
	char path[32] = "/proc/", text[512], *p;
	size_t n = strlen(path);
	pid_t group = 0;
	int fd, blanks = 0;
	ssize_t size;

	for (; *pid && n < sizeof(path) - sizeof("/stat"); n++)
		path[n] = *pid++;
	memcpy(path + n, "/stat", sizeof("/stat"));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	if (fd >= 0)
		close(fd);
	text[size > 0 ? size : 0] = 0;
	p = strrchr(text, ')');
	for (; p && *p && blanks < 3; p++)
		blanks += *p == ' ';
	for (; p && *p >= '0' && *p <= '9'; p++)
		group = group * 10 + (*p - '0');
	return group;
}

void session_kill_children(void)
{
	int saved = errno, fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid_t group = getpgrp(), self = getpid();
	char entries[4096] __attribute__((aligned(8)));
	long n;

	/* readdir may not be called by a signal handler */
	while (fd >= 0 && (n = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
			pid_t pid = 0;

			for (const char *p = entry->d_name; *p >= '0' && *p <= '9'; p++)
				pid = pid * 10 + (*p - '0');
			if (pid > 1 && pid != self && group_of(entry->d_name) == group)
				kill(pid, SIGKILL);
			at += entry->d_reclen;
		}
	}
	if (fd >= 0)
		close(fd);
	errno = saved;
}

/* Is this a child that libguestfs has just made?  A signal to the group reaches it too, and until it has become another program
 * it has our handlers: it would kill the helper, which then removes nothing. */
static bool is_child(void)
{
	return getpid() != helper;
}

static void on_time_out(int number)
{
	(void)number;
	if (!is_child())
		session_kill_children();
}

static void on_stop(int number)
{
	const struct itimerval again = { .it_interval.tv_usec = 300000, .it_value.tv_usec = 300000 };

	(void)number;
	if (is_child())
		_exit(EXIT_FAILURE);
	stopping = 1;
	shutdown(APPLIANCE_SOCKET_FD, SHUT_RDWR);
	session_kill_children();
	/* should libguestfs start another one before it notices */
	setitimer(ITIMER_REAL, &again, NULL);
}

static bool send_reply(uint32_t id, int status, const void *data, size_t length)
{
	BUFFER_AUTO head = buffer_make(APPLIANCE_REPLY_BYTES);

	buffer_le32(&head, id);
	buffer_le32(&head, (uint32_t)status);
	buffer_le32(&head, (uint32_t)length);
	buffer_le32(&head, 0);
	return stream_send(APPLIANCE_SOCKET_FD, head.data, head.size, &stopping) &&
	       stream_send(APPLIANCE_SOCKET_FD, data, length, &stopping);
}

/* libguestfs's surroundings: its temporary files in our folder, the appliance that it builds where it always keeps that. */
static void set_environment(const char *folder)
{
	static const char *const ours[] = { "LIBGUESTFS_DEBUG",	  "LIBGUESTFS_TRACE",	"LIBGUESTFS_BACKEND",
					    "LIBGUESTFS_APPEND",  "LIBGUESTFS_MEMSIZE", "LIBGUESTFS_BACKEND_SETTINGS",
					    "LIBGUESTFS_TMPDIR" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		unsetenv(ours[i]);
	setenv("HOME", folder, 1);
	setenv("LIBGUESTFS_CACHEDIR", access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : folder, 0);
	setenv("TMPDIR", folder, 1);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	/* supermin unpacks an archive for the appliance, whose files we may not give to others, even as root (confine.c) */
	setenv("TAR_OPTIONS", "--no-same-owner", 1);
}

/* Makes the folder and in it the socket on which the disk is to be exported, and shuts this process in. */
static int make_export(const char *folder, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, r = folder_make(folder, err);

	if (r < 0)
		return r;
	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/" APPLIANCE_EXPORT_NAME, folder) >=
	    (int)sizeof(address.sun_path))
		return error_set(err, ENAMETOOLONG, "%s is too long a name for a socket", folder);
	set_environment(folder);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, NBD_EXPORT_CONNECTIONS) == 0)
		r = confine_guestfs(folder, err);
	else
		r = error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	if (r == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return r;
}

static bool send_export(const char *folder)
{
	BUFFER_AUTO out = buffer_make(APPLIANCE_REPLY_BYTES + APPLIANCE_MESSAGE_MAX);
	struct error err = { 0 };
	int fd = make_export(folder, &err);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iovlen = 1 };
	struct iovec iov;
	ssize_t n;

	buffer_le32(&out, 0);
	buffer_le32(&out, fd < 0 ? (uint32_t)fd : 0);
	buffer_le32(&out, (uint32_t)strnlen(err.message, APPLIANCE_MESSAGE_MAX));
	buffer_le32(&out, 0);
	buffer_append(&out, err.message, strnlen(err.message, APPLIANCE_MESSAGE_MAX));
	iov = (struct iovec){ .iov_base = out.data, .iov_len = out.size };
	message.msg_iov = &iov;
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	n = sendmsg(APPLIANCE_SOCKET_FD, &message, MSG_NOSIGNAL);
	if (fd >= 0)
		close(fd);
	return fd >= 0 && n == (ssize_t)out.size;
}

static bool receive_request(struct request *request)
{
	unsigned char head[APPLIANCE_REQUEST_BYTES];
	struct cursor c = cursor_make(head, sizeof(head));

	if (!stream_receive(APPLIANCE_SOCKET_FD, head, sizeof(head), &stopping))
		return false;
	request->op = cursor_le32(&c);
	request->id = cursor_le32(&c);
	request->handle = cursor_le64(&c);
	request->offset = cursor_le64(&c);
	request->length = cursor_le32(&c);
	request->text_bytes = cursor_le32(&c);
	if (request->text_bytes > APPLIANCE_TEXT_MAX ||
	    !stream_receive(APPLIANCE_SOCKET_FD, request->text, request->text_bytes, &stopping))
		return false;
	request->text[request->text_bytes] = 0;
	return true;
}

bool session_two_strings(struct request *request, char **ret_first, char **ret_second)
{
	struct cursor c = cursor_make(request->text, request->text_bytes);
	char **ret[2] = { ret_first, ret_second };
	size_t lengths[2];

	for (int i = 0; i < 2; i++) {
		const char *string;

		cursor_counted(&c, &string, &lengths[i]);
		if (string && memchr(string, 0, lengths[i]))
			return false;
		*ret[i] = string ? request->text + (string - request->text) : NULL;
	}
	if (!cursor_ok(&c) || cursor_left(&c))
		return false;
	/* what follows a string is the length of the next, or the text's own end */
	for (int i = 0; i < 2; i++)
		if (*ret[i])
			(*ret[i])[lengths[i]] = 0;
	return true;
}

int session_fail(struct session *session, struct error *err, const char *what)
{
	const char *words = guestfs.last_error(session->g);
	int code = guestfs.last_errno(session->g);
	char line[256];
	size_t n = 0;

	for (const char *p = words ? words : "it failed"; *p && n < sizeof(line) - 1; p++) {
		if (*p != '\n' || (p[1] && n && line[n - 1] != ' '))
			line[n++] = isspace((unsigned char)*p) ? ' ' : *p;
	}
	line[n] = 0;
	return error_set(err, code > 0 && code < 4096 ? code : EIO, "libguestfs: %s: %s", what, line);
}

static int serve(struct session *session, struct request *request, struct buffer *out, struct error *err)
{
	if (request->op == APPLIANCE_LAUNCH)
		return session_start(session, request, out, err);
	if (!session->g)
		return error_set(err, EINVAL, "libguestfs was not started");
	switch (request->op) {
	case APPLIANCE_UNLOCK:
		return session_unlock(session, request, err);
	case APPLIANCE_VOLUMES:
		return session_volumes(session, out, err);
	case APPLIANCE_MOUNT:
		return session_mount_volume(session, request, out, err);
	default:
		return session_file(session, request, out, err);
	}
}

static void handle_signals(void)
{
	struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESTART };

	helper = getpid();
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = on_time_out;
	sigaction(SIGALRM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int helper_guestfs(const char *folder, bool no_kvm)
{
	struct session session = { .folder = folder, .no_kvm = no_kvm };
	struct request *request = malloc(sizeof(*request));
	bool more;

	handle_signals();
	if (!request || fcntl(APPLIANCE_SOCKET_FD, F_SETFD, FD_CLOEXEC) < 0) {
		fputs("vmlint-helper: no memory, or descriptors are missing\n", stderr);
		return 2;
	}
	more = send_export(folder);
	while (more && !stopping && receive_request(request)) {
		size_t listing = request->op == APPLIANCE_READDIR ? (size_t)request->length * APPLIANCE_ENTRY_BYTES : 0;
		BUFFER_AUTO out = buffer_make(listing > APPLIANCE_DATA_MAX ? listing : APPLIANCE_DATA_MAX);
		struct error err = { 0 };
		int r = serve(&session, request, &out, &err);

		if (request->op == APPLIANCE_UNLOCK)
			explicit_bzero(request->text, sizeof(request->text));
		if (r == 0 && out.overflowed)
			r = error_set(&err, EFBIG, "an answer of libguestfs is too long");
		if (r < 0)
			more = send_reply(request->id, r, err.message, strnlen(err.message, APPLIANCE_MESSAGE_MAX));
		else
			more = send_reply(request->id, 0, out.data, out.size);
	}
	/* nothing that the appliance has is worth saving */
	session_kill_children();
	if (session.g)
		guestfs.close(session.g);
	session_free_files(&session);
	session_free_volumes(&session);
	free(request);
	folder_remove(folder);
	return session.absent ? APPLIANCE_EXIT_ABSENT : session.kvm_failed ? APPLIANCE_EXIT_NO_KVM : EXIT_SUCCESS;
}
