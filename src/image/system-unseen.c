/* SPDX-License-Identifier: MIT */
/* system-unseen: is the system that boots among what could not be looked at?
 *
 * An image may hold other systems, or what looks like one: that one of them was found says nothing of the root that the boot
 * configuration names.  Where that root has been read, what else could not be (data in a locked volume) does not matter.
 */
#include <errno.h>
#include <string.h>

#include "image/boot.h"
#include "image/gather.h"
#include "image/system-internal.h"

const struct error *attempt_system_unseen(const struct boot_attempt *attempt)
{
	const struct filesystem *root = attempt->root;

	if (attempt->system || !root)
		return NULL;
	if (root->search_error.code)
		return &root->search_error;
	return root->have == UNREADABLE || (root->opened && root->have_files == UNREADABLE) ? &root->error : NULL;
}

/* The volumes that may be the root, or hold it. */
static const char *volumes_unseen(struct image *image, const struct boot_attempt *attempt)
{
	if (attempt->root)
		return attempt->root->hides_volumes ? image_volumes_unseen(image) : NULL;
	return attempt->root_known ? NULL : image_device_unknown(image, &attempt->cmdline->root_device);
}

/* May the root be in the image, and is it told by nothing that is known of it? */
static bool is_anywhere(const struct boot_attempt *attempt)
{
	const struct boot_device_name *name = &attempt->cmdline->root_device;

	return !attempt->root && !attempt->root_known && name->kind != BOOT_DEVICE_NETWORK &&
	       !(name->kind == BOOT_DEVICE_NODE && !strncmp(name->value, "ram", 3));
}

/* What is known of one way to boot.  True: its system was not seen, and systems_error says why. */
static bool is_unseen(struct image *image, const struct boot_attempt *attempt, bool *ret_anywhere)
{
	const struct error *error = attempt_system_unseen(attempt);
	const char *volumes;

	if (attempt->system || attempt->root_made)
		return false;
	if (error) {
		image->systems_error = *error;
		return true;
	}
	volumes = volumes_unseen(image, attempt);
	if (volumes) {
		error_set(&image->systems_error, image->volumes_error.code ? image->volumes_error.code : ENOKEY, "%s", volumes);
		return true;
	}
	*ret_anywhere |= is_anywhere(attempt);
	return false;
}

static bool entry_is_unseen(struct image *image, const struct boot_entry *entry, bool *ret_anywhere)
{
	for (size_t i = 0; i < entry->attempt_count; i++)
		if (is_unseen(image, &entry->attempts[i], ret_anywhere))
			return true;
	*ret_anywhere |= !entry->attempt_count && !entry->complete && !entry->leaves;
	return false;
}

static bool path_is_unseen(struct image *image, const struct boot_path *path, bool *ret_anywhere)
{
	/* another system's loader has an error of its own, or none */
	if (path->have == UNREADABLE && (path->kind != BOOT_UNKNOWN || path->error.code))
		*ret_anywhere = true;
	for (size_t i = 0; i < path->entry_count; i++)
		if (boot_entry_counts(image, &path->entries[i]) && entry_is_unseen(image, &path->entries[i], ret_anywhere))
			return true;
	return false;
}

void image_settle_systems(struct image *image)
{
	bool anywhere = false;

	for (unsigned i = 0; i < image->boot_path_count && !image->booted_unseen; i++)
		if (!image_loader_is_spare(image, image->boot_paths[i].loader))
			image->booted_unseen = path_is_unseen(image, &image->boot_paths[i], &anywhere);
	if (!image->booted_unseen && anywhere && image->system_count) {
		image_look_further(image);
		image->booted_unseen = image->systems_error.code;
	}
	if (image->systems_error.code)
		image_settle_releases(image);
}
