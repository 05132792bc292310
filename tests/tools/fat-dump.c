/* SPDX-License-Identifier: MIT */
/* fat-dump: prints what the FAT reader makes of a volume, for tests/differential/fat.bats.
 *
 *   fat-dump VOLUME [FOLDER]     facts and listing; with FOLDER, every file is written below it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "fs/fat.h"
#include "fs/probe.h"

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "fat-dump: %s: %s\n", what, err->message);
	exit(2);
}

static void copy(struct fs *fs, struct arena *arena, const struct fs_entry *entry, const char *to)
{
	struct error err;
	struct view *view;
	FILE *f = fopen(to, "we");
	char data[10007]; /* never a multiple of the cluster size */

	if (!f || fs_file_view(fs, arena, entry->handle, &view, &err) < 0)
		die(to, &err);
	for (uint64_t at = 0; at < view->size; at += sizeof(data)) {
		size_t n = view->size - at < sizeof(data) ? (size_t)(view->size - at) : sizeof(data);

		if (view_read(view, at, data, n, &err) < 0)
			die(to, &err);
		fwrite(data, 1, n, f);
	}
	fclose(f);
}

static void list(struct fs *fs, struct arena *arena, uint64_t directory, const char *path, const char *folder)
{
	struct fs_entry *entries;
	struct error err;
	size_t count;

	if (fs->ops->readdir(fs, arena, directory, &entries, &count, &err) < 0)
		die(path, &err);
	for (size_t i = 0; i < count; i++) {
		const char *full = arena_printf(arena, "%s/%s", path, entries[i].name);
		const char *to = folder ? arena_printf(arena, "%s%s", folder, full) : NULL;
		struct fs_stat st;

		if (fs->ops->stat(fs, entries[i].handle, &st, &err) < 0)
			die(full, &err);
		if (st.type == FS_DIRECTORY) {
			printf("%s/\n", full);
			if (to)
				mkdir(to, 0755);
			list(fs, arena, entries[i].handle, full, folder);
		} else {
			printf("%s %llu\n", full, (unsigned long long)st.size);
			if (to)
				copy(fs, arena, &entries[i], to);
		}
	}
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct fs_probe probe;
	struct error err;
	struct view *view;
	struct fat *fat;
	struct stat st;
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: fat-dump VOLUME [FOLDER]\n");
		return 2;
	}
	view = view_file(arena, fd, (uint64_t)st.st_size);
	if (fs_probe(view, &probe, &err) < 0)
		die("probe", &err);
	printf("probe %s\n", probe.name);
	if (fat_open(arena, view, &fat, &err) < 0)
		die("open", &err);
	printf("type FAT%d fault %d primary %d signature %d\n", fat->type, fat->boot.fault, fat->primary.fault,
	       fat->primary.signature);
	if (fat->type == FAT_NONE)
		return 0;
	printf("clusters %u of %u free %u label %s\n", fat->clusters, fat->cluster_size, fat->free_clusters,
	       fat->label);
	printf("bytes %llu of %llu\n", (unsigned long long)fat->volume_size, (unsigned long long)fat->view_size);
	if (fat->backup_expected)
		printf("backup beyond %d differs %d at %u\n", fat->backup_beyond, fat->backup_differs,
		       fat->backup_first_difference);
	if (fat->fsinfo_expected)
		printf("fsinfo good %d free %u\n", fat->fsinfo_good, fat->fsinfo_free);
	if (fat->dirty || fat->hard_errors || fat->media_differs || fat->mirroring_off || fat->fat_too_small ||
	    fat->limited)
		printf("dirty %d errors %d media %d mirroring_off %d too_small %d limited %s\n", fat->dirty,
		       fat->hard_errors, fat->media_differs, fat->mirroring_off, fat->fat_too_small,
		       fat->limited ? fat->limited : "-");
	for (unsigned int i = 0; i < fat->copies_differing; i++)
		printf("copy %u differs in %u from cluster %u\n", fat->copies[i].number, fat->copies[i].differences,
		       fat->copies[i].first_cluster);
	for (unsigned int i = 0; i < fat->problem_count && i < FAT_MAX_PROBLEMS; i++)
		printf("problem %d %s %s cluster %u value %u expected %u\n", fat->problems[i].kind,
		       fat->problems[i].path, fat->problems[i].other ? fat->problems[i].other : "-",
		       fat->problems[i].cluster, fat->problems[i].value, fat->problems[i].expected);
	list(fat->fs, arena, fat->fs->root, "", argc > 2 ? argv[2] : NULL);
	fprintf(stderr, "%llu reads, %llu bytes\n", (unsigned long long)view_statistics.reads,
		(unsigned long long)view_statistics.bytes);
	close(fd);
	return 0;
}
