/* SPDX-License-Identifier: MIT */
/* fuzz_appliance: whatever the helper that runs libguestfs might answer, to a fixed row of questions. */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "fs/appliance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct arena *arena, const uint8_t *data, size_t size)
{
	struct appliance_volume *volumes;
	struct fs_entry *entries;
	struct fs_statfs sf;
	struct fs_stat st;
	struct error err;
	unsigned count;
	size_t n;

	appliance_decode_volumes(arena, data, size, &volumes, &count, &err);
	remote_decode_listing(arena, data, size, &entries, &n, &err);
	remote_decode_stat(data, size, &st, &err);
	remote_decode_statfs(data, size, &sf, &err);
}

static void converse(struct arena *arena, struct appliance *appliance)
{
	struct appliance_volume *volumes;
	struct fs_entry *entries;
	struct fs_statfs sf;
	struct fs_stat st;
	struct error err;
	const char *note;
	unsigned count;
	uint8_t bytes[5000];
	char *target;
	void *value;
	struct fs *fs;
	size_t n;

	if (appliance_launch(appliance, 512, 640, &note, &err) < 0 ||
	    appliance_volumes(appliance, &volumes, &count, &err) < 0 ||
	    appliance_mount(appliance, 1, 0, NULL, NULL, "xfs", &fs, &err) < 0)
		return;
	if (fs->ops->readdir(fs, arena, fs->root, &entries, &n, &err) == 0 && n)
		fs->ops->stat(fs, entries[0].handle, &st, &err);
	fs->ops->pread(fs, 5, 0, bytes, sizeof(bytes), &err);
	fs->ops->readlink(fs, arena, 6, &target, &err);
	fs->ops->getxattr(fs, arena, 6, "user.x", &value, &n, &err);
	fs->ops->statfs(fs, &sf, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	struct appliance *appliance;
	int pair[2];

	limits_begin_image();
	decode(arena, data, size);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 0;
	if (size && send(pair[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		size = 0;
	shutdown(pair[1], SHUT_WR);
	appliance = appliance_new(arena, pair[0], NULL);
	converse(arena, appliance);
	appliance_close(appliance);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
