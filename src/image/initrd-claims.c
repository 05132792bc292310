/* SPDX-License-Identifier: MIT */
/* initrd-claims: what is said to make a device that the image does not have (root-claims.c, system-first-boot.c), held against
 * what the initrd has for it. */
#include <string.h>

#include "image/image.h"
#include "image/initrds-internal.h"
#include "image/system.h"

/* The folder of scripts that may make the root before it is mounted. */
#define BEFORE_ROOT "/scripts/local-top"
static const char *const makers[] = { INITRAMFS_TOOLS, LOCAL_SCRIPT, DRACUT_LIBRARY, SYSTEMD, NULL };

static const char *const repart[] = { REPART_FILES, NULL };
static const char *const ignition[] = { IGNITION_FILES, NULL };

/* What says to systemd-repart or Ignition, in the initrd, which partitions to make before the root is mounted. */
static const struct {
	enum initrd_question_kind kind;
	const char *name;
	const char *const *programs;
} definitions[] = {
	{ INITRD_FOLDER, "/usr/lib/repart.d", repart },
	{ INITRD_FOLDER, "/etc/repart.d", repart },
	{ INITRD_FOLDER, "/usr/lib/ignition/base.d", ignition },
	{ INITRD_PATH, "/usr/lib/ignition/base.platform.d", ignition },
	{ INITRD_PATH, "/usr/lib/ignition/user.ign", ignition },
};
#define DEFINITIONS (sizeof(definitions) / sizeof(*definitions))

static void ask_files(const struct boot_attempt *attempt, const char *const *files)
{
	for (; *files; files++)
		attempt_ask_path(attempt, *files);
}

static bool may_have_more(const struct boot_attempt *attempt)
{
	const struct initrd_set *set = (const struct initrd_set *)attempt->initrd;

	return !set || set->more_before;
}

/* Any of them, and something in it. */
static enum initrd_answer has_file(const struct boot_attempt *attempt, const char *const *files)
{
	enum initrd_answer best = may_have_more(attempt) ? INITRD_UNKNOWN : INITRD_NOT_FOUND;

	for (; *files; files++) {
		const struct initrd_question *question = initrd_answered(attempt, INITRD_PATH, *files, NULL);
		enum initrd_answer answer = attempt_initrd_path(attempt, *files);

		if (answer == INITRD_FOUND && !(question && question->empty))
			return INITRD_FOUND;
		if (answer == INITRD_UNKNOWN)
			best = INITRD_UNKNOWN;
	}
	return best;
}

void initrd_ask_for_claims(const struct boot_attempt *attempt)
{
	if (attempt->root_claims) {
		ask_files(attempt, makers);
		attempt_ask_path(attempt, SETTINGS_OF_SCRIPTS);
		initrd_put(attempt, &(struct initrd_question){ .kind = INITRD_FOLDER, .name = MORE_SETTINGS, .but = "resume" });
		initrd_put(attempt, &(struct initrd_question){ .kind = INITRD_FOLDER, .name = BEFORE_ROOT, .but = "ORDER" });
	}
	for (size_t i = 0; attempt->root_claims && attempt->root_claims[i]; i++)
		ask_files(attempt, attempt->root_claims[i]->files);
}

void initrd_ask_for_made_root(const struct boot_attempt *attempt)
{
	if (attempt->system && system_has_definitions(attempt->system) && !system_has_maker(attempt->system))
		ask_files(attempt, repart);
	if (attempt->root || !(attempt->root_known || attempt->root_absent))
		return;
	for (size_t i = 0; i < DEFINITIONS; i++)
		initrd_ask(attempt, definitions[i].kind, definitions[i].name, NULL);
	ask_files(attempt, repart);
	ask_files(attempt, ignition);
	initrd_ask_for_claims(attempt);
}

bool attempt_may_make_root(const struct boot_attempt *attempt)
{
	for (size_t i = 0; attempt->initrd && i < DEFINITIONS; i++)
		if (initrd_answer_to(attempt, definitions[i].kind, definitions[i].name, NULL) == INITRD_FOUND &&
		    has_file(attempt, definitions[i].programs) != INITRD_NOT_FOUND)
			return true;
	return false;
}

/* Is it the script that mounts local file systems alone that has a say in what the root is? */
static bool mounts_by_script(const struct boot_attempt *attempt)
{
	const struct cmdline *cmdline = attempt->cmdline;

	return initrd_is_of_initramfs_tools(attempt) && !cmdline_last(cmdline, "boot") && !cmdline->rootfstype &&
	       !cmdline->text.unknown && attempt_initrd_path(attempt, SETTINGS_OF_SCRIPTS) == INITRD_NOT_FOUND &&
	       initrd_answer_to(attempt, INITRD_FOLDER, MORE_SETTINGS, NULL) == INITRD_NOT_FOUND &&
	       initrd_answer_to(attempt, INITRD_FOLDER, BEFORE_ROOT, NULL) == INITRD_NOT_FOUND;
}

static enum initrd_answer judge(const struct boot_attempt *attempt, const struct root_claim *claim)
{
	enum initrd_answer answer = *claim->files ? has_file(attempt, claim->files) : INITRD_UNKNOWN;

	if (claim->lenient)
		return (answer == INITRD_NOT_FOUND || !*claim->files) && mounts_by_script(attempt) ? INITRD_NOT_FOUND
												   : INITRD_FOUND;
	if (answer != INITRD_NOT_FOUND)
		return claim->doubtful ? INITRD_UNKNOWN : answer;
	/* a script may make any device */
	if (claim->doubtful && attempt->initrd->have != ABSENT && !mounts_by_script(attempt))
		return INITRD_UNKNOWN;
	/* the kernel by itself knows none of the words */
	if (attempt->initrd->have == ABSENT || initrd_is_of_initramfs_tools(attempt))
		return INITRD_NOT_FOUND;
	return claim->certain && (attempt_initrd_path(attempt, DRACUT_LIBRARY) == INITRD_FOUND ||
				  attempt_initrd_path(attempt, SYSTEMD) == INITRD_FOUND)
		       ? INITRD_NOT_FOUND
		       : INITRD_UNKNOWN;
}

enum initrd_answer attempt_root_claim(const struct boot_attempt *attempt)
{
	enum initrd_answer best = INITRD_NOT_FOUND;

	for (size_t i = 0; attempt->root_claims && attempt->root_claims[i]; i++) {
		enum initrd_answer answer = judge(attempt, attempt->root_claims[i]);

		if (answer == INITRD_FOUND)
			return INITRD_FOUND;
		if (answer == INITRD_UNKNOWN)
			best = INITRD_UNKNOWN;
	}
	return best;
}

enum initrd_answer image_has_maker(const struct image *image, const struct system *system)
{
	enum initrd_answer best = INITRD_NOT_FOUND;
	bool boots = false;

	if (!system_has_definitions(system))
		return INITRD_NOT_FOUND;
	if (system_has_maker(system))
		return INITRD_FOUND;
	for (unsigned p = 0; p < image->boot_path_count; p++)
		for (size_t e = 0; e < image->boot_paths[p].entry_count; e++) {
			const struct boot_entry *entry = &image->boot_paths[p].entries[e];

			for (size_t a = 0; a < entry->attempt_count; a++) {
				enum initrd_answer answer;

				if (entry->attempts[a].system != system)
					continue;
				boots = true;
				answer = has_file(&entry->attempts[a], repart);
				if (answer == INITRD_FOUND)
					return INITRD_FOUND;
				if (answer == INITRD_UNKNOWN)
					best = INITRD_UNKNOWN;
			}
		}
	return boots ? best : INITRD_UNKNOWN;
}

bool attempt_root_is_made(const struct boot_attempt *attempt)
{
	return attempt->root_made && (!attempt->root_claims || attempt_root_claim(attempt) != INITRD_NOT_FOUND);
}
