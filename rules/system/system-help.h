/* SPDX-License-Identifier: MIT */
/* system-help: what the rules on installed systems have in common.
 */
#ifndef RULES_SYSTEM_SYSTEM_HELP_H
#define RULES_SYSTEM_SYSTEM_HELP_H

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "image/boot.h"
#include "image/system.h"
#include "lint/rule.h"

/* Nothing can be judged, and the outcome says why.  Where the system that boots was not seen, the others are judged, and the
 * outcome says that, too. */
static inline bool system_none(struct check *check)
{
	if (check->image->system_count && check->image->booted_unseen)
		not_evaluated(check, &check->image->systems_error, "the system that boots could not be looked at");
	if (check->image->system_count)
		return false;
	if (check->image->systems_error.code)
		not_evaluated(check, &check->image->systems_error, "no installed system could be looked at");
	else
		not_applicable(check, "no installed system was found");
	return true;
}

/* Is it the system that starts when nobody chooses, as far as that is known? */
static inline bool system_boots(const struct image *image, const struct system *system)
{
	bool known = false;

	for (unsigned i = 0; i < image->boot_path_count; i++) {
		const struct boot_entry *first = image->boot_paths[i].first;

		/* what a spare loader starts does not say what the other one does */
		for (size_t k = 0; first && boot_entry_counts(image, first) && k < first->attempt_count; k++) {
			if (first->attempts[k].root == system->filesystem)
				return true;
			known |= first->attempts[k].root && first->attempts[k].system;
		}
	}
	return !known;
}

/* One severity lower, and never keeping the image from booting, for a system that does not start by itself. */
static inline enum severity system_severity(const struct check *check, const struct system *system, enum severity severity)
{
	return system_boots(check->image, system) || severity <= SEVERITY_NOTE ? severity : severity - 1;
}

static inline enum effect system_effect(const struct check *check, const struct system *system, enum effect effect)
{
	return effect == EFFECT_BLOCKS_BOOT && !system_boots(check->image, system) ? EFFECT_DEGRADES : effect;
}

/* Is what reading a file failed with an answer about the image (there is none, it is no file), and no trouble of ours? */
static inline bool system_lacks(int code)
{
	return code == ENOENT || code == ENOTDIR || code == EISDIR || code == ELOOP;
}

/* Is the file a FIFO, of which nobody knows what will come out?  Other devices are no doubt: /dev/null switches a file off. */
static inline bool system_is_fifo(struct check *check, const struct system *system, const char *path)
{
	struct fs_entry entry;
	struct fs_stat st;

	return fs_resolve(system->fs, check->arena, path, false, &entry, NULL, NULL) == 0 && entry.type == FS_OTHER &&
	       system->fs->ops->stat(system->fs, entry.handle, &st, NULL) == 0 && S_ISFIFO(st.mode);
}

/* Not all of fstab was looked at: says so.  What is no file at all is fstab-invalid's finding. */
static inline void fstab_unseen(struct check *check, const struct system *system)
{
	if (system->have_fstab == UNREADABLE && system_lacks(system->fstab_error.code))
		superseded(check, "fstab-invalid", "fstab cannot be read");
	else if (system->have_fstab == UNREADABLE)
		not_evaluated(check, &system->fstab_error, "fstab cannot be read");
	else if (system->fstab && system->fstab->truncated)
		not_evaluated(check, NULL, "fstab has more than %d lines", LIMIT_FSTAB_ENTRIES);
}

/* Every entry of every system's fstab that could be read. */
static inline void fstab_judge(struct check *check, void (*judge)(struct check *check, const struct system *system,
								  const struct fstab_entry *entry))
{
	if (system_none(check))
		return;
	for (unsigned i = 0; i < check->image->system_count; i++) {
		const struct system *system = &check->image->systems[i];

		fstab_unseen(check, system);
		for (size_t k = 0; system->fstab && k < system->fstab->entry_count; k++)
			judge(check, system, &system->fstab->entries[k]);
	}
}

static inline struct location fstab_at(const struct system *system, const struct boot_place *place)
{
	struct location at = system->fstab_place;

	at.line = place->line;
	at.column = place->column;
	return at;
}

static inline bool fstab_is_root(const struct fstab_entry *entry)
{
	return entry->target.text && !strcmp(entry->target.text, "/");
}

static inline bool fstab_is_swap(const struct fstab_entry *entry)
{
	return entry->type.text && !strcmp(entry->type.text, "swap");
}

/* What happens when the device is not there: the root is mounted already, systemd waits for swap in vain, what is mounted when it
 * is first used holds up nothing, and for anything else systemd stops in its emergency mode. */
static inline enum effect fstab_effect(const struct fstab_entry *entry)
{
	return fstab_is_root(entry) || fstab_is_swap(entry) || fstab_option(entry, "x-systemd.automount") ? EFFECT_DEGRADES
													   : EFFECT_BLOCKS_BOOT;
}

/* What the line's device is, if that cannot be mounted as the type that the line has for it; NULL: all is well, or not known. */
static inline const struct filesystem *fstab_type_is_wrong(struct image *image, const struct system *system,
							   const struct fstab_entry *entry)
{
	const struct filesystem *f;

	/* which disk /dev/sda2 is depends on the machine: fstab-device-name */
	if (entry->fault || entry->device_name.kind == BOOT_DEVICE_NODE ||
	    system_makes_device(system, &entry->device_name, !strcmp(entry->type.text, "swap")))
		return NULL;
	f = image_find_device(image, &entry->device_name);
	return f && filesystem_refuses(f, entry->type.text) ? f : NULL;
}

/* "/boot", "swap": what the line is for. */
static inline const char *fstab_what(const struct fstab_entry *entry)
{
	return fstab_is_swap(entry) ? "swap" : entry->target.text;
}

/* Takes the file system out, lets e2fsck repair it, puts it back: with an offset alone it cannot replay a journal.  Its exit
 * status is 1 when it repaired something. */
static inline void system_help_e2fsck(struct check *check, struct diagnostic *d, const struct filesystem *f, const char *option)
{
	unsigned long long start = f->entry ? f->entry->start : 0, size = f->view->size;

	if (!f->entry)
		finding_help_disk(check, d, arena_printf(check->arena, "e2fsck %s {disk} || test $? -eq 1", option));
	else
		finding_help_disk(check, d,
				  arena_printf(check->arena,
					       "part=$(mktemp -p .) && dd if={disk} of=$part bs=64K skip=%llu count=%llu "
					       "iflag=skip_bytes,count_bytes conv=sparse && { e2fsck %s $part; dd if=$part "
					       "of={disk} bs=64K seek=%llu oflag=seek_bytes conv=notrunc && rm $part; }",
					       start, size, option, start));
}

#endif
