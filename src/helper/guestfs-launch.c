/* SPDX-License-Identifier: MIT */
/* guestfs-launch: starts the appliance, with KVM where that works, else without. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/stream.h"
#include "helper/guestfs.h"

/* Is there a KVM that lets itself be opened?  Whether it works is another matter. */
static bool have_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), version;

	if (fd < 0)
		return false;
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	close(fd);
	return version == KVM_API_VERSION;
}

/* Keeps the end of what was said: the cause of a failed launch reaches nobody else. */
static void on_event(guestfs_h *g, void *context, uint64_t event, int number, int flags, const char *text, size_t length,
		     const uint64_t *array, size_t array_length)
{
	struct session *session = context;
	size_t have = strlen(session->tail), room = sizeof(session->tail) - 1;

	(void)g, (void)event, (void)number, (void)flags, (void)array, (void)array_length;
	if (length > room) {
		text += length - room;
		length = room;
	}
	if (have + length > room) {
		memmove(session->tail, session->tail + (have + length - room), room - length);
		have = room - length;
	}
	memcpy(session->tail + have, text, length);
	session->tail[have + length] = 0;
	for (size_t i = have; i < have + length; i++)
		if (!session->tail[i])
			session->tail[i] = ' ';
}

/* The last line that says something, made fit for a message; "" if none. */
static void last_line(const char *text, char *out, size_t size)
{
	const char *end = text + strlen(text), *begin;
	size_t n = 0;

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	for (begin = end; begin > text && begin[-1] != '\n' && begin[-1] != '\r'; begin--)
		;
	for (; begin < end && n < size - 1; begin++)
		if ((unsigned char)*begin >= ' ' && *begin != 0x7f)
			out[n++] = *begin;
	out[n] = 0;
}

static void set_limit(uint64_t milliseconds)
{
	/* once the time is up, again and again until libguestfs gives in */
	const struct itimerval limit = {
		.it_interval.tv_sec = milliseconds ? 1 : 0,
		.it_value = { .tv_sec = (time_t)(milliseconds / 1000), .tv_usec = (suseconds_t)(milliseconds % 1000 * 1000) },
	};

	setitimer(ITIMER_REAL, &limit, NULL);
}

static bool make_handle(struct session *session, unsigned sector_size, unsigned memory, bool kvm)
{
	char server[APPLIANCE_PATH_MAX];
	char *servers[] = { server, NULL };
	guestfs_h *g = guestfs.create();

	session->g = g;
	session->tail[0] = 0;
	if (!g)
		return false;
	guestfs.set_error_handler(g, NULL, NULL);
	guestfs.set_event_callback(g, on_event, GUESTFS_EVENT_APPLIANCE | GUESTFS_EVENT_LIBRARY, 0, session);
	snprintf(server, sizeof(server), "unix:%s/" APPLIANCE_EXPORT_NAME, session->folder);
	/* libguestfs puts a layer of its own on a drive that is readonly: in it, the guest's kernel replays dirty journals */
	return guestfs.set_backend(g, "direct") == 0 && guestfs.set_memsize(g, (int)memory) == 0 &&
	       guestfs.set_tmpdir(g, session->folder) == 0 && guestfs.set_autosync(g, 0) == 0 &&
	       (kvm || guestfs.set_backend_setting(g, "force_tcg", "1") == 0) &&
	       guestfs.add_drive_opts(g, "", GUESTFS_ADD_DRIVE_OPTS_FORMAT, "raw", GUESTFS_ADD_DRIVE_OPTS_READONLY, 1,
				      GUESTFS_ADD_DRIVE_OPTS_PROTOCOL, "nbd", GUESTFS_ADD_DRIVE_OPTS_SERVER, servers,
				      GUESTFS_ADD_DRIVE_OPTS_BLOCKSIZE, (int)sector_size, -1) == 0;
}

/* Did it fail before the appliance was started with the disk: for want of a QEMU, or of a kernel for supermin to take? */
static bool is_absence(struct session *session, const char *words)
{
	char *qemu = session->g ? guestfs.get_hv(session->g) : NULL;
	bool absent = strstr(words, "supermin") || (qemu && strstr(words, qemu));

	free(qemu);
	return absent;
}

/* One launch within its limit.  0, or a negative errno with the cause in err; then there is no handle. */
static int try(struct session *session, unsigned sector_size, unsigned memory, bool kvm, struct error *err)
{
	uint64_t limit = kvm ? APPLIANCE_KVM_MS : APPLIANCE_TCG_MS, begin = stream_now();
	char line[200], words[200] = "";
	bool good;

	set_limit(limit);
	good = make_handle(session, sector_size, memory, kvm) && guestfs.launch(session->g) == 0;
	set_limit(0);
	if (good)
		return 0;
	if (stream_now() - begin >= limit) {
		snprintf(line, sizeof(line), "nothing within %u s", (unsigned)(limit / 1000));
	} else {
		last_line(session->tail, line, sizeof(line));
		/* the first line of the error alone: advice on debugging follows */
		if (session->g && guestfs.last_error(session->g))
			snprintf(words, sizeof(words), "%.*s", (int)strcspn(guestfs.last_error(session->g), "\n"),
				 guestfs.last_error(session->g));
		session->absent = !kvm && !session_stopping() && is_absence(session, words);
		if (!line[0] || session->absent || strstr(words, line))
			snprintf(line, sizeof(line), "%s", words[0] ? words : "no reason is known");
	}
	if (session->g) {
		session_kill_children();
		guestfs.close(session->g);
		session->g = NULL;
	}
	return error_set(err, EIO, "%s", line);
}

int session_start(struct session *session, const struct request *request, struct buffer *out, struct error *err)
{
	bool kvm = !session->no_kvm && have_kvm();
	unsigned sector_size = (unsigned)request->handle, memory = request->length;
	struct error first = { 0 }, last = { 0 };
	int r = -1;

	if (session->g || (request->handle != 512 && request->handle != 4096) || memory < 256 || memory > 4096)
		return error_set(err, EINVAL, "a launch that makes no sense");
	session->absent = !guestfs_library_load();
	if (session->absent)
		return error_set(err, ENOENT, "libguestfs, which reads this, is not installed; " APPLIANCE_INSTALL);
	if (kvm)
		r = try(session, sector_size, memory, true, &first);
	if (r < 0 && !session_stopping())
		r = try(session, sector_size, memory, false, &last);
	if (r < 0)
		return error_set(err, EIO, "libguestfs does not start: %.150s; " APPLIANCE_INSTALL,
				 last.code ? last.message : first.message);
	session->kvm_failed = first.code;
	buffer_counted(out, first.code ? first.message : NULL);
	return 0;
}
