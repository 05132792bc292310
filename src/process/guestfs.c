/* SPDX-License-Identifier: MIT */
/* guestfs: launch, unlock, list, mount, each when it is first needed. */
#include "process/guestfs.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "image/filesystem.h"
#include "partition/gpt.h"

static void add_note(struct image *image, const char *text)
{
	unsigned count = 0;
	const char **notes;

	while (image->reading_notes && image->reading_notes[count])
		count++;
	notes = ARENA_ARRAY(image->arena, count + 2, const char *);
	for (unsigned i = 0; i < count; i++)
		notes[i] = image->reading_notes[i];
	notes[count] = text;
	image->reading_notes = notes;
}

static bool is_luks(const struct filesystem *f)
{
	return f->type && !strcmp(f->type, "crypto_LUKS");
}

static bool has_luks(const struct image *image)
{
	for (unsigned i = 0; i < image->filesystem_count; i++)
		if (is_luks(&image->filesystems[i]))
			return true;
	return false;
}

static bool key_fits(const struct lint_key *key, const struct filesystem *f)
{
	if (key->uuid)
		return f->uuid && !strcasecmp(key->uuid, f->uuid);
	return !key->partition || (key->partition == f->partition && !f->volume);
}

static bool have_key(const struct guestfs *guestfs, const struct filesystem *f)
{
	for (const struct lint_key *key = guestfs->options->keys; key; key = key->next)
		if (key_fits(key, f))
			return true;
	return false;
}

static int launch(struct guestfs *guestfs, struct image *image, struct error *err)
{
	unsigned memory = guestfs->options->keys && has_luks(image) ? APPLIANCE_MEMORY_LUKS : APPLIANCE_MEMORY;
	unsigned sector_size = image->gpt ? image->gpt->sector_size : image->sector_size_option;
	const struct error *trouble;
	const char *note = NULL;
	int r;

	guestfs->socket = guestfs->start_helper(guestfs, err);
	if (guestfs->socket < 0)
		return guestfs->socket;
	guestfs->listener = appliance_receive_export(guestfs->socket, err);
	if (guestfs->listener < 0)
		return guestfs->listener;
	guestfs->export = nbd_export_new(image->disk, guestfs->listener);
	if (!guestfs->export)
		return error_set(err, ENOMEM, "out of memory");
	guestfs->appliance = appliance_new(image->arena, guestfs->socket, guestfs->export);
	r = appliance_launch(guestfs->appliance, sector_size == 4096 ? 4096 : 512, memory, &note, err);
	trouble = nbd_export_error(guestfs->export);
	if (r < 0 && trouble)
		return error_set(err, trouble->code, "libguestfs could not be given the disk: %s", trouble->message);
	if (note)
		add_note(image, arena_printf(image->arena, "libguestfs was started without KVM, which takes longer; with KVM it "
					     "fails: %s", note));
	return r;
}

/* Once for an image; a failure is remembered. */
static int start(struct guestfs *guestfs, struct image *image, struct error *err)
{
	if (!guestfs->tried) {
		guestfs->tried = true;
		guestfs->image = image;
		guestfs->listener = guestfs->socket = -1;
		guestfs->opened = arena_alloc(image->arena, LIMIT_GPT_ENTRIES + 2);
		launch(guestfs, image, &guestfs->error);
	}
	return guestfs->error.code ? error_set(err, guestfs->error.code, "%s", guestfs->error.message) : 0;
}

/* Tries all keys that may be meant for it.  -ENOKEY: there is none, or none fits; another error: the trial failed. */
static int unlock(struct guestfs *guestfs, const struct filesystem *f, struct error *err)
{
	bool tried = false;
	int r;

	for (const struct lint_key *key = guestfs->options->keys; key; key = key->next) {
		if (!key_fits(key, f))
			continue;
		tried = true;
		r = appliance_unlock(guestfs->appliance, f->partition, f->volume, key->key, err);
		if (r == 0 && !f->volume)
			guestfs->opened[f->partition + 1] = 1;
		if (r != -ENOKEY)
			return r;
	}
	return error_set(err, ENOKEY, tried ? "the %s: no key of --key opens it" : "the %s: no --key is given for it",
			 filesystem_title(guestfs->image, f));
}

/* Opens what keys open among the partitions.  The last that stayed closed is in *ret_locked (code 0: none). */
static void unlock_partitions(struct guestfs *guestfs, struct error *ret_locked)
{
	struct image *image = guestfs->image;

	ret_locked->code = 0;
	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];

		if (is_luks(f) && !f->volume && !guestfs->opened[f->partition + 1])
			unlock(guestfs, f, ret_locked);
	}
}

/* Is there anything behind partitions that can be had: what is not encrypted, or has a key? */
static bool worth_starting(const struct guestfs *guestfs, const struct image *image, struct error *err)
{
	const struct filesystem *locked = NULL;

	for (unsigned i = 0; i < image->filesystem_count; i++) {
		const struct filesystem *f = &image->filesystems[i];

		if (!f->hides_volumes)
			continue;
		if (!is_luks(f) || have_key(guestfs, f))
			return true;
		locked = f;
	}
	if (locked)
		error_set(err, ENOKEY, "the %s: no --key is given for it", filesystem_title(image, locked));
	return !locked;
}

/* Logical volumes may be encrypted in their turn: opened, they take their own place in the list. */
static int unlock_volumes(struct guestfs *guestfs, struct appliance_volume **volumes, unsigned *count, struct error *ret_locked,
			  struct error *err)
{
	bool any = false;

	for (unsigned i = 0; i < *count; i++) {
		const struct appliance_volume *v = &(*volumes)[i];
		const struct filesystem f = { .partition = v->partition, .volume = v->volume, .type = v->type, .uuid = v->uuid };

		if (v->volume && v->type && !strcmp(v->type, "crypto_LUKS") && unlock(guestfs, &f, ret_locked) == 0)
			any = true;
	}
	return any ? appliance_volumes(guestfs->appliance, volumes, count, err) : 0;
}

int guestfs_list_volumes(void *context, struct image *image, struct helper_volume **ret, unsigned *ret_count,
			 struct error *err)
{
	struct guestfs *guestfs = context;
	struct appliance_volume *volumes;
	struct error locked = { 0 };
	unsigned count;
	int r;

	if (!worth_starting(guestfs, image, err))
		return -err->code;
	r = start(guestfs, image, err);
	if (r < 0)
		return r;
	unlock_partitions(guestfs, &locked);
	r = appliance_volumes(guestfs->appliance, &volumes, &count, err);
	if (r == 0)
		r = unlock_volumes(guestfs, &volumes, &count, &locked, err);
	if (r < 0)
		return r;
	if (locked.code && !count)
		return error_set(err, locked.code, "%s", locked.message);
	if (locked.code)
		add_note(image, arena_printf(image->arena, "%s, so what it holds was not looked at", locked.message));
	*ret = ARENA_ARRAY(image->arena, count, struct helper_volume);
	*ret_count = count;
	for (unsigned i = 0; i < count; i++)
		(*ret)[i] = (struct helper_volume){ .partition = volumes[i].partition,
						    .volume = volumes[i].volume,
						    .type = volumes[i].type,
						    .uuid = volumes[i].uuid,
						    .label = volumes[i].label };
	return 0;
}

int guestfs_open_filesystem(void *context, struct image *image, const struct filesystem *f, const char *subvolume,
			    struct fs **ret, struct error *err)
{
	struct guestfs *guestfs = context;
	const char *options = NULL;
	int r;

	if (is_luks(f) && !have_key(guestfs, f))
		return error_set(err, ENOKEY, "the %s: no --key is given for it", filesystem_title(image, f));
	/* mount has no way to quote it */
	if (subvolume && strchr(subvolume, ','))
		return error_set(err, EINVAL, "the subvolume %s cannot be mounted: its name has a comma", subvolume);
	r = start(guestfs, image, err);
	if (r == 0 && is_luks(f) && !f->volume && !guestfs->opened[f->partition + 1])
		r = unlock(guestfs, f, err);
	if (r < 0)
		return r;
	if (subvolume)
		options = arena_printf(image->arena, "subvol=%s", subvolume);
	else if (f->type && !strcmp(f->type, "xfs"))
		options = "nouuid"; /* a copy of another one is welcome */
	return appliance_mount(guestfs->appliance, f->partition, f->entry && !f->volume && f->view ? f->entry->size : 0,
			       f->volume, options, f->type ? f->type : "unknown", ret, err);
}

void guestfs_finish(struct guestfs *guestfs)
{
	if (!guestfs->tried)
		return;
	appliance_close(guestfs->appliance);
	nbd_export_free(guestfs->export);
	if (guestfs->socket >= 0)
		close(guestfs->socket);
	if (guestfs->listener >= 0)
		close(guestfs->listener);
	guestfs->export = NULL;
	guestfs->appliance = NULL;
}
