/* SPDX-License-Identifier: MIT */
/* guestfs-volumes: what lies behind the partitions (LUKS, LVM, RAID), and mounting.  Nothing is inspected: the worker knows the
 * partitions and what is on them.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "helper/guestfs.h"
#include "partition/number.h"

#define DEVICE_MAX 64

static void free_strings(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
}

/* The value behind a key in a list of keys and values, or NULL. */
static const char *look_up(char **pairs, const char *key)
{
	for (size_t i = 0; pairs && pairs[i] && pairs[i + 1]; i += 2)
		if (strcmp(pairs[i], key) == 0)
			return pairs[i + 1][0] ? pairs[i + 1] : NULL;
	return NULL;
}

/* The disk is the only drive that was added, so its name is known. */
static void partition_device(int partition, char device[DEVICE_MAX])
{
	if (partition == PARTITION_WHOLE_DISK)
		snprintf(device, DEVICE_MAX, "/dev/sda");
	else
		snprintf(device, DEVICE_MAX, "/dev/sda%d", partition);
}

static struct volume *find_volume(struct session *s, int partition, const char *name)
{
	for (unsigned i = 0; i < s->volume_count; i++) {
		struct volume *v = &s->volumes[i];

		if (name ? v->name && strcmp(v->name, name) == 0 : !v->name && v->partition == partition)
			return v;
	}
	return NULL;
}

static struct volume *add_volume(struct session *s, int partition, const char *name, const char *device)
{
	struct volume *v = find_volume(s, partition, name);

	if (v)
		return v; /* what was unlocked keeps its new device */
	if (s->volume_count == APPLIANCE_VOLUMES_MAX)
		return NULL;
	v = &s->volumes[s->volume_count];
	*v = (struct volume){ .partition = partition, .name = name ? strdup(name) : NULL, .device = strdup(device) };
	if (!v->device || (name && !v->name)) {
		free(v->name);
		free(v->device);
		return NULL;
	}
	s->volume_count++;
	return v;
}

void session_free_volumes(struct session *s)
{
	for (unsigned i = 0; i < s->volume_count; i++) {
		free(s->volumes[i].name);
		free(s->volumes[i].device);
	}
	s->volume_count = 0;
}

static bool is_partition(uint64_t number)
{
	return number == (uint64_t)PARTITION_WHOLE_DISK || (number && number <= LIMIT_GPT_ENTRIES);
}

int session_unlock(struct session *s, struct request *request, struct error *err)
{
	char device[DEVICE_MAX], map[32], *name, *key, *opened;
	struct volume *v;
	int r;

	if (!is_partition(request->handle) || !session_two_strings(request, &name, &key) || !key)
		return error_set(err, EINVAL, "a request for a key that makes no sense");
	v = find_volume(s, (int)request->handle, name);
	if (name && !v)
		return error_set(err, ENODEV, "there is no volume %.100s", name);
	partition_device((int)request->handle, device);
	snprintf(map, sizeof(map), "vmlint%u", s->map_count);
	r = guestfs.cryptsetup_open(s->g, v ? v->device : device, key, map, -1);
	if (r < 0) {
		const char *words = guestfs.last_error(s->g);

		if (words && strstr(words, "No key available"))
			return error_set(err, ENOKEY, "the key does not open it");
		return session_fail(s, err, "cryptsetup");
	}
	s->map_count++;
	s->unlocked = true;
	if (asprintf(&opened, "/dev/mapper/%s", map) < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (v) {
		free(v->device);
		v->device = opened;
		return 0;
	}
	v = add_volume(s, (int)request->handle, NULL, opened);
	free(opened);
	return v ? 0 : error_set(err, ENOMEM, "too many volumes");
}

/* The partition that a device lies in, through what is stacked on it; 0 if that cannot be told: then the disk stands for it. */
static int partition_of(struct session *s, const char *device)
{
	struct guestfs_mdstat_list *parts;
	int partition = 0;

	for (unsigned i = 0; i < s->volume_count; i++)
		if (strcmp(s->volumes[i].device, device) == 0)
			return s->volumes[i].partition;
	/* The appliance's kernel may call the disk sdb, and lvm tells its names as they are; but the other disk is the
	 * appliance's own, without partitions or volumes. */
	if (strncmp(device, "/dev/sd", 7) == 0) {
		const char *number = device + strcspn(device, "0123456789");

		return *number ? atoi(number) : PARTITION_WHOLE_DISK;
	}
	if (strncmp(device, "/dev/md", 7) != 0)
		return 0;
	parts = guestfs.md_stat(s->g, device);
	for (uint32_t i = 0; parts && i < parts->len; i++) {
		int p = strncmp(parts->val[i].mdstat_device, "/dev/md", 7) == 0 ? 0
									       : partition_of(s, parts->val[i].mdstat_device);

		if (p && (!partition || p < partition))
			partition = p;
	}
	if (parts)
		guestfs.free_mdstat_list(parts);
	return partition;
}

static int too_many(struct error *err)
{
	return error_set(err, EFBIG, "there are more than %d volumes", APPLIANCE_VOLUMES_MAX);
}

static int find_arrays(struct session *s, struct error *err)
{
	char **arrays = guestfs.list_md_devices(s->g);
	int r = 0;

	if (!arrays)
		return session_fail(s, err, "md");
	for (size_t i = 0; r == 0 && arrays[i]; i++) {
		char **detail = guestfs.md_detail(s->g, arrays[i]), volume[256];
		const char *name = look_up(detail, "devname");
		int partition = partition_of(s, arrays[i]);

		if (!name)
			name = look_up(detail, "name");
		if (name && strchr(name, ':'))
			name = strchr(name, ':') + 1; /* the host's name stands before it */
		if (name)
			snprintf(volume, sizeof(volume), "md/%s", name);
		else
			snprintf(volume, sizeof(volume), "%s", arrays[i] + strlen("/dev/"));
		if (!add_volume(s, partition ? partition : PARTITION_WHOLE_DISK, volume, arrays[i]))
			r = too_many(err);
		free_strings(detail);
	}
	free_strings(arrays);
	return r;
}

/* Are these the same but for hyphens?  `plain` has 32 characters and no NUL. */
static bool same_uuid(const char *uuid, const char *plain)
{
	unsigned n = 0;

	for (; *uuid; uuid++) {
		if (*uuid == '-')
			continue;
		if (n == 32 || *uuid != plain[n++])
			return false;
	}
	return n == 32;
}

/* The first partition in which a volume group lies; 0 if that cannot be told. */
static int partition_of_group(struct session *s, const char *group, const struct guestfs_lvm_pv_list *all)
{
	char **uuids = guestfs.vgpvuuids(s->g, group);
	int partition = 0;

	for (size_t i = 0; uuids && uuids[i]; i++) {
		for (uint32_t j = 0; j < all->len; j++) {
			int p = same_uuid(uuids[i], all->val[j].pv_uuid) ? partition_of(s, all->val[j].pv_name) : 0;

			if (p && (!partition || p < partition))
				partition = p;
		}
	}
	free_strings(uuids);
	return partition;
}

static int find_logical_volumes(struct session *s, struct error *err)
{
	struct guestfs_lvm_pv_list *physical;
	char **volumes, *group = NULL;
	int partition = 0, r = 0;

	/* the appliance has activated what it saw, but not what was unlocked since */
	if (s->unlocked && guestfs.lvm_scan(s->g, 1) < 0)
		return session_fail(s, err, "lvm");
	s->unlocked = false;
	volumes = guestfs.lvs(s->g);
	if (!volumes)
		return session_fail(s, err, "lvs");
	physical = volumes[0] ? guestfs.pvs_full(s->g) : NULL;
	for (size_t i = 0; physical && volumes[i] && strncmp(volumes[i], "/dev/", 5) == 0; i++) {
		const char *name = volumes[i] + strlen("/dev/");
		size_t length = strcspn(name, "/");

		/* volumes of one group follow each other */
		if (!group || strncmp(group, name, length) != 0 || group[length]) {
			free(group);
			group = strndup(name, length);
			partition = group ? partition_of_group(s, group, physical) : 0;
		}
		if (!add_volume(s, partition ? partition : PARTITION_WHOLE_DISK, name, volumes[i])) {
			r = too_many(err);
			break;
		}
	}
	free(group);
	if (volumes[0] && !physical)
		r = session_fail(s, err, "pvs");
	if (physical)
		guestfs.free_lvm_pv_list(physical);
	free_strings(volumes);
	return r;
}

int session_volumes(struct session *s, struct buffer *out, struct error *err)
{
	int r = find_arrays(s, err);

	if (r == 0)
		r = find_logical_volumes(s, err);
	if (r < 0)
		return r;
	buffer_le32(out, s->volume_count);
	for (unsigned i = 0; i < s->volume_count; i++) {
		const struct volume *v = &s->volumes[i];
		char **facts = guestfs.blkid(s->g, v->device);

		buffer_le32(out, (uint32_t)v->partition);
		buffer_counted(out, v->name);
		buffer_counted(out, look_up(facts, "TYPE"));
		buffer_counted(out, look_up(facts, "UUID"));
		buffer_counted(out, look_up(facts, "LABEL"));
		free_strings(facts);
	}
	return 0;
}

/* The appliance's kernel must see the partition where we see it. */
static int compare_size(struct session *s, const char *device, uint64_t size, struct error *err)
{
	int64_t theirs = guestfs.blockdev_getsize64(s->g, device);

	if (theirs < 0)
		return session_fail(s, err, device);
	if ((uint64_t)theirs != size)
		return error_set(err, EIO, "Linux sees %s with %" PRId64 " bytes, and the partition table says %" PRIu64,
				 device, theirs, size);
	return 0;
}

int session_mount_volume(struct session *s, const struct request *request, struct buffer *out, struct error *err)
{
	struct request copy = *request;
	char plain[DEVICE_MAX], point[32], all[4096], *name, *options;
	const char *device = plain;
	const struct volume *v;
	int64_t root;

	if (!is_partition(request->handle) || !session_two_strings(&copy, &name, &options))
		return error_set(err, EINVAL, "a request to mount that makes no sense");
	partition_device((int)request->handle, plain);
	v = find_volume(s, (int)request->handle, name);
	if (name && !v)
		return error_set(err, ENODEV, "there is no volume %.100s", name);
	if (v)
		device = v->device;
	else if (request->offset && compare_size(s, plain, request->offset, err) < 0)
		return -err->code;
	snprintf(point, sizeof(point), "/vmlint%u", s->mount_count);
	if (snprintf(all, sizeof(all), "ro%s%s", options ? "," : "", options ? options : "") >= (int)sizeof(all))
		return error_set(err, ENAMETOOLONG, "the options are too long");
	if (guestfs.mkmountpoint(s->g, point) < 0)
		return session_fail(s, err, "mkmountpoint");
	if (guestfs.mount_options(s->g, all, device, point) < 0) {
		session_fail(s, err, "mount");
		guestfs.rmmountpoint(s->g, point);
		err->code = EIO; /* its own says nothing of the file system */
		return -EIO;
	}
	s->mount_count++;
	root = session_new_root(s, point);
	if (root < 0)
		return error_set(err, ENOMEM, "out of memory");
	buffer_le64(out, (uint64_t)root);
	return 0;
}
