/* SPDX-License-Identifier: MIT */
/* boot-help: what the rules on boot configurations share: which path and which attempts they judge. */
#ifndef RULES_BOOT_BOOT_HELP_H
#define RULES_BOOT_BOOT_HELP_H

#include <string.h>

#include "image/boot.h"
#include "image/chain.h"
#include "image/image.h"
#include "image/system.h"
#include "lint/entry-findings.h"
#include "lint/rule.h"

/* What the loader leads to; NULL when nothing can be judged, and then the check has been told why. */
static inline const struct boot_path *boot_path_of(struct check *check)
{
	const struct boot_path *path;

	if (check->loader->index >= check->image->boot_path_count) {
		not_applicable(check, "what %s boots was not looked at", check->loader->path);
		return NULL;
	}
	path = &check->image->boot_paths[check->loader->index];
	if (path->have == HAVE)
		return path;
	if (path->have == ABSENT || boot_path_is_foreign(check->image, path) ||
	    image_loader_is_spare(check->image, check->loader))
		not_applicable(check, "%s: %s", check->loader->path, path->reason ? path->reason : "it boots nothing");
	else if (path->error.code)
		not_evaluated(check, &path->error, "what %s boots could not be followed", check->loader->path);
	else
		not_evaluated(check, NULL, "what %s boots could not be followed: %s", check->loader->path, path->reason);
	return NULL;
}

/* The same where only GRUB has what is judged. */
static inline const struct boot_path *boot_grub_path_of(struct check *check)
{
	const struct boot_path *path = boot_path_of(check);

	if (path && path->kind != BOOT_GRUB) {
		not_applicable(check, "%s does not lead to GRUB", check->loader->path);
		return NULL;
	}
	return path;
}

enum boot_verdict {
	BOOT_GOOD,
	BOOT_BAD,
	BOOT_NOT_KNOWN,
	BOOT_NO_MATTER, /* it cannot start anyway, for a reason that another rule judges */
};

/* Judges one attempt; for BOOT_NOT_KNOWN *ret_reason says why. */
typedef enum boot_verdict boot_judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason);

/* The first of an entry's attempts if all that could start are bad; else NULL.  Where that hangs on something that we could not
 * look at, and the image hangs on the entry, the check is told. */
static inline const struct boot_attempt *boot_all_bad(struct check *check, const struct boot_entry *entry, boot_judge *judge)
{
	const struct boot_attempt *bad = NULL;
	const struct error *error = NULL;
	const char *unknown = NULL, *unsettled = NULL;
	bool good = false;

	if (entry->leaves)
		return NULL;
	for (size_t i = 0; i < entry->attempt_count; i++) {
		const char *reason = "";

		switch (judge(check, &entry->attempts[i], &reason)) {
		case BOOT_GOOD:
			good = true;
			break;
		case BOOT_BAD:
			if (!bad)
				bad = &entry->attempts[i];
			break;
		case BOOT_NOT_KNOWN:
			unknown = reason;
			if (entry->attempts[i].unsettled)
				unsettled = reason;
			error = attempt_corruption(&entry->attempts[i]);
			break;
		case BOOT_NO_MATTER:
			break;
		}
	}
	if (good && !unsettled)
		return NULL;
	if (bad && entry->complete && !unknown)
		return bad;
	if (!unknown && (bad || !entry->attempt_count))
		unknown = entry->reason;
	if (unknown && boot_entry_counts(check->image, entry))
		not_evaluated(check, error, "whether the entry \"%s\" boots is not known: %s", entry->title ? entry->title : "",
			      unknown);
	return NULL;
}

/* Entry number i in the order in which they matter: the default one first. */
static inline const struct boot_entry *boot_entry_number(const struct boot_path *path, size_t i)
{
	size_t first = path->first ? (size_t)(path->first - path->entries) : 0;

	return i == 0 ? &path->entries[first] : &path->entries[i <= first ? i - 1 : i];
}

/* What was found so far.  Several entries of a menu mostly have one defect in common: it is one finding. */
struct boot_found {
	struct boot_found *next;
	const char *message;
	struct diagnostic *diagnostic;
	unsigned others; /* entries that it concerns, too */
};

/* The finding about an entry; NULL if another entry had it before. */
static inline struct diagnostic *boot_finding(struct check *check, struct boot_found **list, const struct boot_entry *entry,
					      struct location place, const char *message)
{
	struct boot_found *found;

	for (found = *list; found; found = found->next) {
		if (strcmp(found->message, message) != 0)
			continue;
		found->others++;
		return NULL;
	}
	found = ARENA_NEW(check->arena, struct boot_found);
	*found = (struct boot_found){ *list, message, finding_entry(check, entry, place, "%s", message), 0 };
	*list = found;
	if (entry->title && *entry->title)
		finding_note(check, found->diagnostic, "the entry is \"%s\"", entry->title);
	/* nothing follows for the image from what is wrong with an entry that it does not hang on */
	if (!boot_entry_counts(check->image, entry))
		finding_stands_alone(check);
	return found->diagnostic;
}

static inline void boot_note_others(struct check *check, const struct boot_found *list)
{
	for (; list; list = list->next)
		if (list->others)
			finding_note(check, list->diagnostic, "so %s %u more %s", list->others == 1 ? "is" : "are", list->others,
				     list->others == 1 ? "entry" : "entries");
}

/* "the ext4 file system in partition 2", or the words when there is no such file system. */
static inline const char *boot_title(struct check *check, const struct filesystem *filesystem, const char *otherwise)
{
	return filesystem ? arena_printf(check->arena, "the %s", filesystem_title(check->image, filesystem)) : otherwise;
}

/* Where a file's name is written. */
static inline struct location boot_file_place(struct check *check, const struct boot_attempt *attempt,
					      const struct boot_file *file)
{
	struct boot_place place = boot_text_place(&file->text, 0);

	return boot_location(check->image, place.source ? &place : &attempt->place);
}

static inline struct location boot_word_place(struct check *check, const struct boot_attempt *attempt,
					      const struct cmdline_word *word)
{
	const struct boot_place *place = word->value && *word->value ? &word->value_place : &word->place;

	return boot_location(check->image, place->source ? place : &attempt->place);
}

/* "root=" goes by a name that the entry's title and file say: what to edit, for help. */
static inline const char *boot_edit(struct check *check)
{
	const struct boot_path *path = &check->image->boot_paths[check->loader->index];

	switch (path->kind) {
	case BOOT_GRUB:
		return "GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub";
	case BOOT_SYSTEMD_BOOT:
		return "the entry's options line, and /etc/kernel/cmdline";
	default:
		return "ukify build --cmdline=... (/etc/kernel/cmdline)";
	}
}

#endif
