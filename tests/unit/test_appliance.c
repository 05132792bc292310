/* SPDX-License-Identifier: MIT */
/* test_appliance: the worker's side of the protocol with the helper that runs libguestfs, against helpers that lie, stop or are
 * honest.  Their answers are written beforehand: what is asked, and in which order, is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "fs/appliance.h"

static struct arena *arena;
static struct error err;

/* What the helper says, and the session that hears it. */
struct script {
	struct buffer bytes;
	uint32_t id;
	int fds[2];
	struct appliance *appliance;
};

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

static void answer_head(struct script *s, int32_t status, size_t length)
{
	buffer_le32(&s->bytes, ++s->id);
	buffer_le32(&s->bytes, (uint32_t)status);
	buffer_le32(&s->bytes, (uint32_t)length);
	buffer_le32(&s->bytes, 0);
}

static void answer(struct script *s, int32_t status, const void *data, size_t length)
{
	answer_head(s, status, length);
	buffer_append(&s->bytes, data, length);
}

static void answer_buffer(struct script *s, struct buffer *data)
{
	answer(s, 0, data->data ? data->data : "", data->size);
	buffer_free(data);
}

static void answer_stat(struct script *s, uint32_t mode, uint64_t size)
{
	struct buffer b = buffer_make(100);

	buffer_le32(&b, mode);
	buffer_le64(&b, size);
	answer_buffer(s, &b);
}

static struct script script_make(void)
{
	return (struct script){ .bytes = buffer_make(16 * MiB) };
}

static void begin(struct script *s)
{
	int size = 8 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s->fds), 0);
	setsockopt(s->fds[1], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	assert_int_equal(send(s->fds[1], s->bytes.data, s->bytes.size, MSG_DONTWAIT), s->bytes.size);
	shutdown(s->fds[1], SHUT_WR);
	s->appliance = appliance_new(arena, s->fds[0], NULL);
}

static void end(struct script *s)
{
	appliance_close(s->appliance);
	close(s->fds[0]);
	close(s->fds[1]);
	buffer_free(&s->bytes);
}

static struct fs *mount_root(struct script *s)
{
	struct fs *fs;

	begin(s);
	assert_int_equal(appliance_mount(s->appliance, 2, 0, NULL, NULL, "xfs", &fs, &err), 0);
	assert_int_equal(fs->root, 7);
	assert_string_equal(fs->type, "xfs");
	return fs;
}

static void answer_mount(struct script *s)
{
	struct buffer b = buffer_make(100);

	buffer_le64(&b, 7);
	answer_buffer(s, &b);
}

static void add_entry(struct buffer *b, uint64_t handle, uint32_t type, const char *name)
{
	buffer_le64(b, handle);
	buffer_le32(b, type);
	buffer_counted(b, name);
}

static void launches(void **state)
{
	struct script s = script_make();
	struct buffer b = buffer_make(1000);
	const char *note;

	(void)state;
	buffer_counted(&b, "KVM is broken");
	answer_buffer(&s, &b);
	begin(&s);
	assert_int_equal(appliance_launch(s.appliance, 512, 640, &note, &err), 0);
	assert_string_equal(note, "KVM is broken");
	end(&s);

	s = script_make();
	buffer_counted(&b, NULL);
	answer_buffer(&s, &b);
	begin(&s);
	assert_int_equal(appliance_launch(s.appliance, 512, 640, &note, &err), 0);
	assert_null(note);
	/* and then it has nothing more to say */
	assert_int_equal(appliance_unlock(s.appliance, 3, NULL, "key", &err), -EIO);
	assert_non_null(strstr(err.message, "ended unexpectedly"));
	assert_int_equal(appliance_unlock(s.appliance, 3, NULL, "key", &err), -EIO);
	assert_non_null(strstr(err.message, "failed before"));
	end(&s);

	s = script_make();
	answer(&s, -ENOENT, "not installed", 13);
	begin(&s);
	assert_int_equal(appliance_launch(s.appliance, 512, 640, &note, &err), -ENOENT);
	assert_string_equal(err.message, "not installed");
	end(&s);
}

static void bad_answers(void **state)
{
	static const struct {
		uint32_t id, length, zero;
		int32_t status;
		int result;
	} cases[] = {
		{ 2, 0, 0, 0, -EPROTO },		/* another request's */
		{ 1, 0, 1, 0, -EPROTO },		/* the field that is zero */
		{ 1, 0, 0, 1, -EPROTO },		/* neither good nor an error */
		{ 1, 0, 0, -5000, -EPROTO },
		{ 1, 0, 0, INT32_MIN, -EPROTO },
		{ 1, APPLIANCE_MESSAGE_MAX + 1, 0, -EIO, -EPROTO },
		{ 1, APPLIANCE_DATA_MAX + 1, 0, 0, -EPROTO },
		{ 1, UINT32_MAX, 0, 0, -EPROTO },
		{ 1, 100, 0, 0, -EIO },			/* cut off */
		{ 1, 100, 0, -EIO, -EIO },
		{ 1, 0, 0, -ENODATA, -EIO },		/* only our own readers say that the image is cut off */
		{ 1, 0, 0, -EBADMSG, -EIO },
		{ 1, 0, 0, -EPROTO, -EIO },
		{ 1, 0, 0, -ENOKEY, -ENOKEY },
		{ 1, 0, 0, -EUCLEAN, -EUCLEAN },
		{ 1, 0, 0, -ETIMEDOUT, -ETIMEDOUT },
		{ 1, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script s = script_make();

		buffer_le32(&s.bytes, cases[i].id);
		buffer_le32(&s.bytes, (uint32_t)cases[i].status);
		buffer_le32(&s.bytes, cases[i].length);
		buffer_le32(&s.bytes, cases[i].zero);
		begin(&s);
		assert_int_equal(appliance_unlock(s.appliance, 1, NULL, "x", &err), cases[i].result);
		end(&s);
	}
}

static void requests_are_bounded(void **state)
{
	static char longest[APPLIANCE_TEXT_MAX + 1];
	struct script s = script_make();

	(void)state;
	answer(&s, 0, "", 0);
	begin(&s);
	memset(longest, 'x', sizeof(longest) - 1);
	assert_int_equal(appliance_unlock(s.appliance, 1, NULL, longest, &err), -ENAMETOOLONG);
	longest[APPLIANCE_TEXT_MAX - 8] = 0;
	assert_int_equal(appliance_unlock(s.appliance, 1, NULL, longest, &err), 0);
	end(&s);
}

static void volumes(void **state)
{
	struct script s = script_make();
	struct appliance_volume *v;
	struct buffer b = buffer_make(10000);
	unsigned count;

	(void)state;
	buffer_le32(&b, 2);
	buffer_le32(&b, 3);
	buffer_counted(&b, NULL);
	buffer_counted(&b, "ext4");
	buffer_counted(&b, "1234");
	buffer_counted(&b, NULL);
	buffer_le32(&b, (uint32_t)-1);
	buffer_counted(&b, "vg/root");
	buffer_counted(&b, NULL);
	buffer_counted(&b, NULL);
	buffer_counted(&b, "label");
	/* every shorter answer is refused */
	for (size_t n = 0; n < b.size; n++)
		assert_int_equal(appliance_decode_volumes(arena, b.data, n, &v, &count, &err), -EPROTO);
	answer_buffer(&s, &b);
	begin(&s);
	assert_int_equal(appliance_volumes(s.appliance, &v, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(v[0].partition, 3);
	assert_null(v[0].volume);
	assert_string_equal(v[0].type, "ext4");
	assert_int_equal(v[1].partition, -1);
	assert_string_equal(v[1].volume, "vg/root");
	assert_null(v[1].type);
	end(&s);
}

static void bad_volumes(void **state)
{
	static const int32_t partitions[] = { 0, -2, 4097, INT32_MAX };
	struct appliance_volume *v;
	unsigned count;

	(void)state;
	for (size_t i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
		BUFFER_AUTO b = buffer_make(1000);

		buffer_le32(&b, 1);
		buffer_le32(&b, (uint32_t)partitions[i]);
		for (int j = 0; j < 4; j++)
			buffer_counted(&b, NULL);
		assert_int_equal(appliance_decode_volumes(arena, b.data, b.size, &v, &count, &err), -EPROTO);
	}
	for (uint32_t n = APPLIANCE_VOLUMES_MAX + 1; n; n += UINT32_MAX / 2) {
		BUFFER_AUTO b = buffer_make(1000);

		buffer_le32(&b, n);
		assert_int_equal(appliance_decode_volumes(arena, b.data, b.size, &v, &count, &err), -EPROTO);
		if (n > UINT32_MAX / 2)
			break;
	}
}

static void directories(void **state)
{
	struct script s = script_make();
	struct fs_entry *entries, *again, found;
	struct buffer b = buffer_make(10000);
	struct fs *fs;
	size_t count;

	(void)state;
	answer_mount(&s);
	buffer_le32(&b, 3);
	add_entry(&b, 8, FS_DIRECTORY, "etc");
	add_entry(&b, 9, FS_FILE, "a name that is not \xff UTF-8");
	add_entry(&b, 10, FS_OTHER, "...");
	answer_buffer(&s, &b);
	/* what is looked up is also asked which type it is */
	answer_stat(&s, 0040755, 4096);
	buffer_le32(&b, 1);
	add_entry(&b, 11, FS_FILE, "fstab");
	answer_buffer(&s, &b);
	answer_stat(&s, 0100644, 10);
	fs = mount_root(&s);
	assert_int_equal(fs_lookup(fs, arena, "/etc/fstab", &found, &err), 0);
	assert_int_equal(found.handle, 11);
	/* the helper has no further answers: these come from what is kept */
	assert_int_equal(fs_lookup(fs, arena, "/etc/fstab", &found, &err), 0);
	assert_int_equal(fs->ops->readdir(fs, arena, 7, &entries, &count, &err), 0);
	assert_int_equal(fs->ops->readdir(fs, arena, 7, &again, &count, &err), 0);
	assert_ptr_equal(entries, again);
	assert_int_equal(count, 3);
	assert_string_equal(entries[2].name, "...");
	end(&s);
}

static void bad_directories(void **state)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/" };
	struct fs_entry *entries;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		BUFFER_AUTO b = buffer_make(1000);

		buffer_le32(&b, 1);
		add_entry(&b, 8, FS_FILE, names[i]);
		assert_int_equal(remote_decode_listing(arena, b.data, b.size, &entries, &count, &err), -EPROTO);
	}
	for (int i = 0; i < 5; i++) {
		BUFFER_AUTO b = buffer_make(1000);

		buffer_le32(&b, i == 0 ? UINT32_MAX : i == 1 ? 2 : 1);
		add_entry(&b, 8, i == 2 ? FS_OTHER + 1 : FS_FILE, i == 3 ? NULL : "name");
		if (i == 4)
			buffer_char(&b, 0);
		assert_int_equal(remote_decode_listing(arena, b.data, b.size, &entries, &count, &err), -EPROTO);
	}
}

/* A file is read in growing pieces, and what was read is not asked for again. */
static void reading(void **state)
{
	const uint64_t size = 5 * MiB + 3;
	static const size_t pieces[] = { 128 * KiB, 256 * KiB, 512 * KiB, MiB, 2 * MiB };
	struct script s = script_make();
	uint8_t *file = malloc(size), *got = malloc(size);
	struct view *view;
	uint64_t at = 0;
	struct fs *fs;

	(void)state;
	for (uint64_t i = 0; i < size; i++)
		file[i] = (uint8_t)(i * 11 + i / 509);
	answer_mount(&s);
	answer_stat(&s, 0100644, size);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); at += pieces[i++])
		answer(&s, 0, file + at, pieces[i]);
	answer(&s, 0, file + at, size - at);
	fs = mount_root(&s);
	assert_int_equal(fs_file_view(fs, arena, 20, &view, &err), 0);
	assert_int_equal(view->size, size);
	for (at = 0; at < size; at += 10007)
		assert_int_equal(view_read(view, at, got + at, size - at < 10007 ? size - at : 10007, &err), 0);
	assert_memory_equal(file, got, size);
	assert_int_equal(view_read(view, size - 100, got, 100, &err), 0);
	assert_memory_equal(file + size - 100, got, 100);
	/* no answer is left for what was forgotten */
	assert_int_equal(view_read(view, 0, got, 1, &err), -EIO);
	end(&s);
	free(file);
	free(got);
}

static void bad_reading(void **state)
{
	struct script s = script_make();
	uint8_t data[10];
	struct fs *fs;

	(void)state;
	answer_mount(&s);
	answer_stat(&s, 0100644, 10);
	answer(&s, 0, "short", 5);
	answer_stat(&s, 0010644, 10);
	answer_stat(&s, 0100644, UINT64_MAX);
	fs = mount_root(&s);
	assert_int_equal(fs->ops->pread(fs, 20, 5, data, 6, &err), -ERANGE);
	assert_int_equal(fs->ops->pread(fs, 20, 11, data, 1, &err), -ERANGE);
	assert_int_equal(fs->ops->pread(fs, 20, 0, data, 10, &err), -EPROTO);
	assert_int_equal(fs->ops->pread(fs, 21, 0, data, 1, &err), -EISDIR);
	assert_int_equal(fs->ops->pread(fs, 22, 0, data, 1, &err), -EPROTO);
	end(&s);
}

static void links_and_attributes(void **state)
{
	struct script s = script_make();
	struct fs_statfs sf;
	struct buffer b = buffer_make(100);
	char *target;
	void *value;
	size_t size;
	struct fs *fs;

	(void)state;
	answer_mount(&s);
	answer(&s, 0, "../usr/bin", 10);
	answer(&s, 0, "", 0);
	answer(&s, 0, "a\0b", 3);
	answer(&s, 0, "label\0", 6);
	answer(&s, -ENODATA, "none", 4);
	buffer_le32(&b, 4096);
	buffer_le64(&b, 100);
	buffer_le64(&b, 40);
	answer_buffer(&s, &b);
	buffer_le32(&b, 4096);
	buffer_le64(&b, 100);
	buffer_le64(&b, 101);
	answer_buffer(&s, &b);
	fs = mount_root(&s);
	assert_int_equal(fs->ops->readlink(fs, arena, 9, &target, &err), 0);
	assert_string_equal(target, "../usr/bin");
	assert_int_equal(fs->ops->readlink(fs, arena, 9, &target, &err), -EPROTO);
	assert_int_equal(fs->ops->readlink(fs, arena, 9, &target, &err), -EPROTO);
	assert_int_equal(fs->ops->getxattr(fs, arena, 9, "security.selinux", &value, &size, &err), 0);
	assert_int_equal(size, 6);
	assert_memory_equal(value, "label", 6);
	assert_int_equal(fs->ops->getxattr(fs, arena, 9, "user.none", &value, &size, &err), -ENODATA);
	assert_int_equal(fs->ops->statfs(fs, &sf, &err), 0);
	assert_int_equal(sf.free_blocks, 40);
	assert_int_equal(fs->ops->statfs(fs, &sf, &err), -EPROTO);
	end(&s);
}

/* A message there and back is paid for, what is kept is not. */
static void questions_cost(void **state)
{
	struct script s = script_make();
	struct fs_stat st;
	struct fs *fs;
	uint64_t one;

	(void)state;
	answer_mount(&s);
	answer_stat(&s, 0100644, 10);
	answer_stat(&s, 0100644, 11);
	fs = mount_root(&s);
	limits_begin_image();
	assert_int_equal(fs->ops->stat(fs, 8, &st, &err), 0);
	one = limit_spent(WORK_LOOKUPS);
	assert_true(one > 0);
	assert_int_equal(fs->ops->stat(fs, 8, &st, &err), 0);
	assert_int_equal(limit_spent(WORK_LOOKUPS), one);
	limit_count(WORK_LOOKUPS, limit_of(WORK_LOOKUPS) - one);
	assert_int_equal(fs->ops->stat(fs, 9, &st, &err), -EFBIG);
	limits_begin_image();
	assert_int_equal(fs->ops->stat(fs, 9, &st, &err), 0);
	assert_int_equal(st.size, 11);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(launches),	  cmocka_unit_test(bad_answers),  cmocka_unit_test(requests_are_bounded),
		cmocka_unit_test(volumes),	  cmocka_unit_test(bad_volumes),  cmocka_unit_test(directories),
		cmocka_unit_test(bad_directories), cmocka_unit_test(reading),	  cmocka_unit_test(bad_reading),
		cmocka_unit_test(links_and_attributes), cmocka_unit_test(questions_cost),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
