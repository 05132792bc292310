/* SPDX-License-Identifier: MIT */
/* appliance-dump: what libguestfs, in the helper, makes of file systems of a raw image, for tests/differential/guestfs.bats.
 *
 *   appliance-dump IMAGE SECTOR-SIZE REQUEST...
 *
 *   unlock:PARTITION:KEY               opens a LUKS partition
 *   volumes                            lists what lies behind the partitions
 *   mount:PARTITION:VOLUME:OPTIONS[:FOLDER]  lists the files; with FOLDER, every file is written below it
 *   time                               how long it has taken so far, in milliseconds, to standard error
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/limits.h"
#include "base/stream.h"
#include "fs/appliance.h"
#include "process/channel.h"
#include "process/helper.h"
#include "fs-list.h"

static struct arena *arena;
static struct appliance *appliance;
static struct error err;
static const char *folder;
static pid_t helper;

static void clean_up(void)
{
	if (helper)
		helper_end(helper);
	if (folder)
		folder_remove(folder);
}

static void unlock(char *arguments)
{
	int partition = atoi(strsep(&arguments, ":"));

	if (appliance_unlock(appliance, partition, NULL, arguments, &err) < 0)
		fs_die("unlock", &err);
}

static void volumes(void)
{
	struct appliance_volume *volume;
	unsigned count;

	if (appliance_volumes(appliance, &volume, &count, &err) < 0)
		fs_die("volumes", &err);
	for (unsigned i = 0; i < count; i++)
		printf("volume %d %s type %s uuid %s label %s\n", volume[i].partition, volume[i].volume ? volume[i].volume : "-",
		       volume[i].type ? volume[i].type : "-", volume[i].uuid ? volume[i].uuid : "-",
		       volume[i].label ? volume[i].label : "-");
}

static void mount_and_list(char *arguments)
{
	int partition = atoi(strsep(&arguments, ":"));
	const char *volume = strsep(&arguments, ":"), *options = strsep(&arguments, ":");
	struct fs_statfs sf;
	struct fs *fs;

	if (!volume || !options) {
		fprintf(stderr, "appliance-dump: mount:PARTITION:VOLUME:OPTIONS[:FOLDER]\n");
		exit(2);
	}
	if (appliance_mount(appliance, partition, 0, *volume ? volume : NULL, *options ? options : NULL, "", &fs, &err) < 0 ||
	    fs->ops->statfs(fs, &sf, &err) < 0)
		fs_die("mount", &err);
	printf("files p%d%s%s%s%s\n", partition, *volume ? "/" : "", volume, *options ? " " : "", options);
	if (arguments)
		mkdir(arguments, 0755);
	fs_list(fs, arena, fs->root, "", arguments);
}

int main(int argc, char **argv)
{
	int image = argc > 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, listener, socket;
	uint64_t begin = stream_now();
	const char *note;
	struct nbd_export *export;
	struct stat st;

	if (image < 0 || fstat(image, &st) < 0) {
		fprintf(stderr, "usage: appliance-dump IMAGE SECTOR-SIZE REQUEST...\n");
		return 2;
	}
	arena = arena_new(LIMIT_ARENA_BYTES);
	helper_program = arena_printf(arena, "%.*s/../vmlint-helper", (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
	atexit(clean_up);
	folder = folder_name(arena);
	socket = helper_start_guestfs(arena, folder, false, &helper, &err);
	listener = socket < 0 ? -1 : appliance_receive_export(socket, &err);
	if (listener < 0)
		fs_die("helper", &err);
	export = nbd_export_new(view_file(arena, image, (uint64_t)st.st_size), listener);
	appliance = appliance_new(arena, socket, export);
	if (appliance_launch(appliance, (unsigned)atoi(argv[2]), APPLIANCE_MEMORY, &note, &err) < 0)
		fs_die("launch", &err);
	if (note)
		fprintf(stderr, "without KVM: %s\n", note);
	for (int i = 3; i < argc; i++) {
		if (strncmp(argv[i], "unlock:", 7) == 0)
			unlock(argv[i] + 7);
		else if (strcmp(argv[i], "volumes") == 0)
			volumes();
		else if (strncmp(argv[i], "mount:", 6) == 0)
			mount_and_list(argv[i] + 6);
		else if (strcmp(argv[i], "time") == 0)
			fprintf(stderr, "%llu ms\n", (unsigned long long)(stream_now() - begin));
	}
	close(socket);
	appliance_close(appliance);
	nbd_export_free(export);
	return 0;
}
