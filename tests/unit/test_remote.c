/* SPDX-License-Identifier: MIT */
/* test_remote: the worker's side of the helper's protocol against helpers that lie, and against the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "block/remote.h"

static struct arena *arena;
static struct error err;
static char helper[4096];

static int start(void **state)
{
	(void)state;
	arena = arena_new(LIMIT_ARENA_BYTES);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* A socket whose far side has said `bytes` (of a hello and replies made beforehand) and then closed. */
static int scripted(const struct buffer *bytes)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], bytes->data, bytes->size), bytes->size);
	shutdown(pair[1], SHUT_WR);
	return pair[0];
}

static void hello(struct buffer *b, uint32_t magic, int32_t status, uint64_t size, const char *message)
{
	buffer_le32(b, magic);
	buffer_le32(b, REMOTE_VERSION);
	buffer_le32(b, (uint32_t)status);
	buffer_le32(b, (uint32_t)strlen(message));
	buffer_le64(b, size);
	buffer_string(b, message);
}

static void reply(struct buffer *b, uint64_t id, int32_t status, uint32_t length)
{
	buffer_le64(b, id);
	buffer_le32(b, (uint32_t)status);
	buffer_le32(b, length);
}

static void bad_hellos(void **state)
{
	struct {
		uint32_t magic;
		int32_t status;
		uint64_t size;
		const char *message;
		int result;
	} cases[] = {
		{ 0x12345678, 0, 512, "", -EPROTO },
		{ REMOTE_MAGIC, 1, 512, "", -EPROTO },
		{ REMOTE_MAGIC, 0, 512, "message of a success", -EPROTO },
		{ REMOTE_MAGIC, 0, UINT64_MAX, "", -EPROTO },
		{ REMOTE_MAGIC, -ENOENT, 0, "no qemu-nbd", -ENOENT },
		{ REMOTE_MAGIC, -5000, 0, "x", -EPROTO },
		{ REMOTE_MAGIC, INT32_MIN, 0, "x", -EPROTO },
		{ REMOTE_MAGIC, -EBADMSG, 0, "pretends that the image is bad", -EIO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BUFFER_AUTO b = buffer_make(1000);
		struct view *v;
		int socket;

		hello(&b, cases[i].magic, cases[i].status, cases[i].size, cases[i].message);
		socket = scripted(&b);
		assert_int_equal(view_remote(arena, socket, &v, &err), cases[i].result);
		if (cases[i].result == -ENOENT)
			assert_string_equal(err.message, "no qemu-nbd");
		close(socket);
	}
}

static void a_helper_that_says_nothing(void **state)
{
	BUFFER_AUTO b = buffer_make(1000);
	struct view *v;
	int socket;

	(void)state;
	buffer_le32(&b, REMOTE_MAGIC);
	socket = scripted(&b);
	assert_int_equal(view_remote(arena, socket, &v, &err), -EIO);
	assert_non_null(strstr(err.message, "ended unexpectedly"));
	close(socket);
}

static void bad_replies(void **state)
{
	struct {
		uint64_t id;
		int32_t status;
		uint32_t length;
		int result;
		bool gone; /* what was read before is half of the disk */
	} cases[] = {
		{ 1, 0, 100, -EIO, true }, /* right, but the data never comes */
		{ 2, 0, 100, -EPROTO, true },
		{ 1, 0, 99, -EPROTO, true },
		{ 1, 0, 0xffffffff, -EPROTO, true },
		{ 1, 7, 100, -EPROTO, true },
		{ 1, -EIO, 0xffffffff, -EPROTO, true },
		{ 1, -EIO, 5, -EIO, false },
		{ 1, -EIO, 6, -EIO, true }, /* its message is cut short */
		{ 1, -REMOTE_GONE, 5, -REMOTE_GONE, true },
		{ 1, -ETIMEDOUT, 5, -ETIMEDOUT, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BUFFER_AUTO b = buffer_make(1000);
		struct view *v;
		char out[100];
		int socket;

		hello(&b, REMOTE_MAGIC, 0, 100, "");
		reply(&b, cases[i].id, cases[i].status, cases[i].length);
		buffer_string(&b, "hello");
		socket = scripted(&b);
		assert_int_equal(view_remote(arena, socket, &v, &err), 0);
		assert_int_equal(v->size, 100);
		view_statistics.failures = 0;
		assert_int_equal(view_read(v, 0, out, 10, &err), cases[i].result);
		assert_int_equal(view_statistics.failures, cases[i].gone);
		if (cases[i].gone)
			assert_string_equal(view_statistics.first_failure.message, err.message);
		assert_true(view_read(v, 0, out, 10, &err) < 0);
		close(socket);
	}
}

static void blocks_are_kept(void **state)
{
	BUFFER_AUTO b = buffer_make(1 << 20);
	struct view *v;
	char out[100];
	int socket;

	(void)state;
	hello(&b, REMOTE_MAGIC, 0, 65536 + 10, "");
	reply(&b, 1, 0, 65536);
	for (unsigned i = 0; i < 65536; i++)
		buffer_char(&b, (char)(i >> 8));
	reply(&b, 2, 0, 10);
	buffer_string(&b, "0123456789");
	socket = scripted(&b);
	assert_int_equal(view_remote(arena, socket, &v, &err), 0);
	assert_int_equal(view_read(v, 255, out, 2, &err), 0);
	assert_int_equal(out[1], 1);
	assert_int_equal(view_read(v, 65535, out, 11, &err), 0);
	assert_memory_equal(out + 1, "0123456789", 10);
	assert_int_equal(view_read(v, 65540, out, 1, &err), 0);
	assert_int_equal(out[0], '4');
	close(socket);
}

/* The real helper on an image file; its process in *ret_pid. */
static int start_helper(const char *path, const char *driver, pid_t *ret_pid)
{
	int pair[2], image = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(image >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	*ret_pid = fork();
	if (*ret_pid == 0) {
		int i = fcntl(image, F_DUPFD, 20), s = fcntl(pair[1], F_DUPFD, 20);

		dup2(i, REMOTE_IMAGE_FD);
		dup2(s, REMOTE_SOCKET_FD);
		close(i);
		close(s);
		execl(helper, helper, "container", driver, (char *)NULL);
		_exit(127);
	}
	assert_true(*ret_pid > 0);
	close(pair[1]);
	close(image);
	return pair[0];
}

static void require_qemu(void)
{
	if (access(helper, X_OK) != 0 ||
	    system("command -v qemu-img >/dev/null && command -v qemu-nbd >/dev/null") != 0)
		skip();
}

static void the_real_helper(void **state)
{
	static const char *const formats[] = { "vmdk", "vpc", "vhdx", "vdi", "qed", "parallels", "qcow" };
	char directory[] = "/tmp/vmlint-remote-XXXXXX", command[512], path[64];
	unsigned char *raw = malloc(1 << 20), *out = malloc(1 << 20);

	(void)state;
	require_qemu();
	assert_non_null(mkdtemp(directory));
	snprintf(command, sizeof(command), "cd %s && seq 1 400000 | head -c 1048576 >raw", directory);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/raw", directory);
	{
		int fd = open(path, O_RDONLY);

		assert_int_equal(read(fd, raw, 1 << 20), 1 << 20);
		close(fd);
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct view *v;
		int socket, status;
		pid_t pid;

		snprintf(command, sizeof(command), "cd %s && qemu-img convert -O %s raw image", directory, formats[i]);
		assert_int_equal(system(command), 0);
		snprintf(path, sizeof(path), "%s/image", directory);
		socket = start_helper(path, formats[i], &pid);
		assert_int_equal(view_remote(arena, socket, &v, &err), 0);
		assert_true(v->size >= 1 << 20); /* vpc rounds up to whole cylinders */
		assert_int_equal(view_read(v, 0, out, 1 << 20, &err), 0);
		assert_memory_equal(out, raw, 1 << 20);
		assert_int_equal(view_read(v, 70001, out, 9, &err), 0);
		assert_memory_equal(out, raw + 70001, 9);
		close(socket);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	free(raw);
	free(out);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

static void the_real_helper_says_why_not(void **state)
{
	char path[] = "/tmp/vmlint-remote-XXXXXX";
	struct view *v;
	int socket, status, fd;
	pid_t pid;

	(void)state;
	require_qemu();
	fd = mkstemp(path);
	assert_true(fd >= 0 && ftruncate(fd, 65536) == 0);
	close(fd);
	socket = start_helper(path, "vdi", &pid);
	assert_true(view_remote(arena, socket, &v, &err) < 0);
	assert_non_null(strstr(err.message, "Image not in VDI format"));
	assert_null(strstr(err.message, "json:"));
	close(socket);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	socket = start_helper(path, "vdi\",\"file\":\"/etc/passwd", &pid);
	assert_int_equal(view_remote(arena, socket, &v, &err), -EINVAL);
	close(socket);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	unlink(path);
}

/* However the helper ends, its qemu-nbd ends too. */
static void nothing_is_left_running(void **state)
{
	static const int signals[] = { 0, SIGTERM, SIGKILL };
	char path[] = "/tmp/vmlint-remote-XXXXXX", command[200];

	(void)state;
	require_qemu();
	assert_int_equal(close(mkstemp(path)), 0);
	for (unsigned i = 0; i < 3; i++) {
		struct view *v;
		int socket, status, left = 1;
		pid_t pid;

		snprintf(command, sizeof(command), "qemu-img create -q -f vdi %s 1M", path);
		assert_int_equal(system(command), 0);
		socket = start_helper(path, "vdi", &pid);
		assert_int_equal(view_remote(arena, socket, &v, &err), 0);
		/* the child of the helper */
		snprintf(command, sizeof(command), "cat /proc/%d/task/%d/children >%s.pid && test -s %s.pid", (int)pid,
			 (int)pid, path, path);
		assert_int_equal(system(command), 0);
		if (signals[i])
			kill(pid, signals[i]);
		else
			close(socket);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WIFSIGNALED(status), signals[i] == SIGKILL);
		snprintf(command, sizeof(command), "kill -0 $(cat %s.pid) 2>/dev/null", path);
		for (unsigned wait = 0; wait < 100 && left; wait++) {
			left = system(command) == 0;
			usleep(20000);
		}
		assert_false(left);
		if (signals[i])
			close(socket);
	}
	snprintf(command, sizeof(command), "rm -f %s %s.pid", path, path);
	assert_int_equal(system(command), 0);
}

int main(int argc, char **argv)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(bad_hellos),
		TEST(a_helper_that_says_nothing),
		TEST(bad_replies),
		TEST(blocks_are_kept),
		TEST(the_real_helper),
		TEST(the_real_helper_says_why_not),
		TEST(nothing_is_left_running),
	};
	const char *slash = strrchr(argv[0], '/');

	(void)argc;
	snprintf(helper, sizeof(helper), "%.*s/../vmlint-helper", slash ? (int)(slash - argv[0]) : 1,
		 slash ? argv[0] : ".");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
