/* SPDX-License-Identifier: MIT */
/* test_nbd_export: the export of a view against clients that are honest, rude, silent and many.
 *
 * The server runs in a process of its own; what libnbd and QEMU make of it is tests/differential/nbd.bats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "block/nbd-export.h"

#define DISK_BYTES (3 * MiB + 700)

static uint8_t *disk;
static char folder[64], path[100];
static int stop_pipe[2];
static pid_t server;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int bad_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	if (offset < MiB && offset + length > MiB - 1)
		return error_set(err, EIO, "the byte before 1 MiB cannot be read");
	memcpy(data, (const uint8_t *)view->state + offset, length);
	return 0;
}

static void serve(int listener)
{
	static const struct view_ops ops = { bad_read, NULL };
	struct view view = { .ops = &ops, .size = DISK_BYTES, .state = disk };
	struct nbd_export *export = nbd_export_new(&view, listener);
	struct error err;
	int r;

	close(stop_pipe[1]);
	r = nbd_export_wait(export, stop_pipe[0], now() + 60000, &err);
	nbd_export_free(export);
	_exit(r == 0 ? 0 : 1);
}

static int start(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener;

	(void)state;
	disk = malloc(DISK_BYTES);
	for (size_t i = 0; i < DISK_BYTES; i++)
		disk[i] = (uint8_t)(i * 7 + i / 251);
	snprintf(folder, sizeof(folder), "/tmp/vmlint-test-XXXXXX");
	if (!mkdtemp(folder) || pipe(stop_pipe) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/nbd", folder);
	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 4) < 0)
		return -1;
	server = fork();
	if (server == 0)
		serve(listener);
	close(listener);
	close(stop_pipe[0]);
	return 0;
}

static int stop(void **state)
{
	int status;

	(void)state;
	close(stop_pipe[1]);
	waitpid(server, &status, 0);
	unlink(path);
	rmdir(folder);
	free(disk);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int connect_to(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void say(int fd, uint64_t value, unsigned bytes)
{
	uint8_t out[8];

	for (unsigned i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
	assert_int_equal(send(fd, out, bytes, MSG_NOSIGNAL), bytes);
}

static uint64_t hear(int fd, unsigned bytes)
{
	uint64_t value = 0;
	uint8_t in[8];

	assert_int_equal(recv(fd, in, bytes, MSG_WAITALL), bytes);
	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | in[i];
	return value;
}

static void assert_hung_up(int fd)
{
	uint8_t byte;

	assert_true(recv(fd, &byte, 1, 0) <= 0);
	assert_int_not_equal(errno, EAGAIN);
	errno = 0;
	close(fd);
}

static int greet(uint32_t flags)
{
	int fd = connect_to();

	assert_true(hear(fd, 8) == 0x4e42444d41474943ULL);
	assert_true(hear(fd, 8) == 0x49484156454f5054ULL);
	assert_int_equal(hear(fd, 2), 3);
	say(fd, flags, 4);
	return fd;
}

static void option(int fd, uint32_t number, uint32_t length)
{
	say(fd, 0x49484156454f5054ULL, 8);
	say(fd, number, 4);
	say(fd, length, 4);
}

/* The head of an option's reply: its type; *ret_length follows. */
static uint32_t option_reply(int fd, uint32_t number, uint32_t *ret_length)
{
	uint32_t type;

	assert_true(hear(fd, 8) == 0x3e889045565a9ULL);
	assert_int_equal(hear(fd, 4), number);
	type = (uint32_t)hear(fd, 4);
	*ret_length = (uint32_t)hear(fd, 4);
	return type;
}

static int enter(void)
{
	int fd = greet(3);
	uint32_t length;

	option(fd, 7, 6);
	say(fd, 0, 4);
	say(fd, 0, 2);
	assert_int_equal(option_reply(fd, 7, &length), 3);
	assert_int_equal(length, 12);
	assert_int_equal(hear(fd, 2), 0);
	assert_int_equal(hear(fd, 8), DISK_BYTES);
	assert_int_equal(hear(fd, 2) & 3, 3); /* read-only */
	assert_int_equal(option_reply(fd, 7, &length), 3);
	assert_int_equal(length, 14);
	hear(fd, 8);
	hear(fd, 2);
	assert_int_equal(hear(fd, 4), NBD_EXPORT_READ_MAX);
	assert_int_equal(option_reply(fd, 7, &length), 1);
	return fd;
}

static void request(int fd, uint16_t type, uint64_t cookie, uint64_t offset, uint32_t length)
{
	say(fd, 0x25609513, 4);
	say(fd, 0, 2);
	say(fd, type, 2);
	say(fd, cookie, 8);
	say(fd, offset, 8);
	say(fd, length, 4);
}

static uint32_t reply(int fd, uint64_t cookie)
{
	uint32_t error;

	assert_int_equal(hear(fd, 4), 0x67446698);
	error = (uint32_t)hear(fd, 4);
	assert_true(hear(fd, 8) == cookie);
	return error;
}

static void expect_bytes(int fd, uint64_t offset, size_t length)
{
	uint8_t *data = malloc(length);

	assert_int_equal(recv(fd, data, length, MSG_WAITALL), length);
	assert_memory_equal(data, disk + offset, length);
	free(data);
}

static void reads(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t length, error;
	} cases[] = {
		{ 0, 1, 0 },
		{ 0, 512, 0 },
		{ 12345, 70001, 0 },
		{ 2 * MiB, NBD_EXPORT_READ_MAX, 0 },
		{ DISK_BYTES - 700, 700, 0 },
		{ DISK_BYTES - 1, 1, 0 },
		{ DISK_BYTES - 1, 2, 22 },
		{ DISK_BYTES, 1, 22 },
		{ UINT64_MAX, 1, 22 },
		{ UINT64_MAX - 5, 512, 22 },
		{ 0, 0, 22 },
		{ 0, NBD_EXPORT_READ_MAX + 1, 22 },
		{ 0, UINT32_MAX, 22 },
		{ MiB - 512, 512, 5 },
		{ MiB, 512, 0 },
	};
	int fd = enter();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		request(fd, 0, 1000 + i, cases[i].offset, cases[i].length);
		assert_int_equal(reply(fd, 1000 + i), cases[i].error);
		if (!cases[i].error)
			expect_bytes(fd, cases[i].offset, cases[i].length);
	}
	request(fd, 2, 1, 0, 0);
	assert_hung_up(fd);
}

static void nothing_else_is_done(void **state)
{
	static const struct {
		uint16_t type;
		uint32_t error;
	} cases[] = { { 3, 22 }, { 4, 1 }, { 5, 1 }, { 6, 1 }, { 7, 1 }, { 999, 1 } };
	int fd = enter();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		request(fd, cases[i].type, i, 0, 512);
		assert_int_equal(reply(fd, i), cases[i].error);
	}
	/* its data would follow */
	request(fd, 1, 77, 0, 512);
	assert_hung_up(fd);
	fd = enter();
	say(fd, 0x25609514, 4);
	for (int i = 0; i < 3; i++)
		say(fd, 0, 8);
	assert_hung_up(fd);
}

static void handshakes(void **state)
{
	uint32_t length;
	int fd = greet(3);

	(void)state;
	option(fd, 5, 0); /* TLS */
	assert_int_equal(option_reply(fd, 5, &length), 0x80000001U);
	option(fd, 8, 0); /* structured replies */
	assert_int_equal(option_reply(fd, 8, &length), 0x80000001U);
	option(fd, 12345, 8); /* unknown, with data */
	say(fd, 0, 8);
	assert_int_equal(option_reply(fd, 12345, &length), 0x80000001U);
	option(fd, 3, 0); /* list */
	assert_int_equal(option_reply(fd, 3, &length), 2);
	assert_int_equal(length, 4);
	assert_int_equal(hear(fd, 4), 0);
	assert_int_equal(option_reply(fd, 3, &length), 1);
	option(fd, 7, 7); /* a name that there is none of */
	say(fd, 1, 4);
	say(fd, 'x', 1);
	say(fd, 0, 2);
	assert_int_equal(option_reply(fd, 7, &length), 0x80000006U);
	option(fd, 7, 6); /* a name longer than the option */
	say(fd, 0xffffffff, 4);
	say(fd, 0, 2);
	assert_int_equal(option_reply(fd, 7, &length), 0x80000003U);
	option(fd, 7, 6); /* more wishes than the option has room for */
	say(fd, 0, 4);
	say(fd, 0xffff, 2);
	assert_int_equal(option_reply(fd, 7, &length), 0x80000003U);
	option(fd, 2, 0); /* abort */
	assert_int_equal(option_reply(fd, 2, &length), 1);
	assert_hung_up(fd);

	fd = greet(1); /* the old way in, with zeroes */
	option(fd, 1, 0);
	assert_int_equal(hear(fd, 8), DISK_BYTES);
	assert_int_equal(hear(fd, 2) & 2, 2);
	for (int i = 0; i < 124; i += 4)
		assert_int_equal(hear(fd, 4), 0);
	request(fd, 0, 9, 100, 100);
	assert_int_equal(reply(fd, 9), 0);
	expect_bytes(fd, 100, 100);
	close(fd);
}

static void bad_handshakes(void **state)
{
	int fd = greet(8);

	(void)state;
	assert_hung_up(fd);
	fd = greet(3);
	say(fd, 0x49484156454f5055ULL, 8);
	say(fd, 0, 8);
	assert_hung_up(fd);
	fd = greet(3);
	option(fd, 7, 1 << 30); /* no memory is set aside for it */
	assert_hung_up(fd);
	fd = greet(3);
	option(fd, 1, 1);
	say(fd, 'x', 1);
	assert_hung_up(fd);
}

/* Clients that stop in the middle, or never take their answers, hold nobody up; one too many is sent away. */
static void many(void **state)
{
	int silent = connect_to(), half = greet(3), greedy = enter(), honest, late;

	(void)state;
	say(half, 0x49484156, 4);
	for (int i = 0; i < 8; i++)
		request(greedy, 0, (uint64_t)i, 2 * MiB, NBD_EXPORT_READ_MAX);
	honest = enter();
	late = connect_to();
	assert_hung_up(late);
	request(honest, 0, 5, 100, 4096);
	assert_int_equal(reply(honest, 5), 0);
	expect_bytes(honest, 100, 4096);
	close(silent);
	close(half);
	/* the one that did not listen gets everything in the end */
	for (int i = 0; i < 8; i++) {
		assert_int_equal(reply(greedy, (uint64_t)i), 0);
		expect_bytes(greedy, 2 * MiB, NBD_EXPORT_READ_MAX);
	}
	close(greedy);
	close(honest);
	honest = enter();
	close(honest);
}

static void waiting_ends(void **state)
{
	static const struct view_ops ops = { bad_read, NULL };
	struct view view = { .ops = &ops, .size = DISK_BYTES, .state = disk };
	int pair[2];
	struct nbd_export *export;
	struct error err;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	/* no listener: a socket that is never readable */
	export = nbd_export_new(&view, pair[0]);
	assert_null(nbd_export_error(export));
	assert_int_equal(nbd_export_wait(export, pair[0], now() + 20, &err), -ETIMEDOUT);
	nbd_export_free(export);
	nbd_export_free(NULL);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),	 cmocka_unit_test(nothing_else_is_done), cmocka_unit_test(handshakes),
		cmocka_unit_test(bad_handshakes), cmocka_unit_test(many),		 cmocka_unit_test(waiting_ends),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
