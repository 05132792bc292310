/* SPDX-License-Identifier: MIT */
/* initrd-makers: what hangs on the program that made an initrd: initramfs-tools, dracut, mkinitcpio, or any that starts
 * systemd. */
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "image/initrds-internal.h"

/* What tells who made an initrd, for those that load modules by kmod's lists of them. */
#define LIB "/lib"
static const char *const makers[] = { INITRAMFS_TOOLS, DRACUT_LIBRARY, SYSTEMD, "/init_functions" };
#define MAKERS (sizeof(makers) / sizeof(*makers))

bool attempt_root_type_is_wrong(const struct boot_attempt *attempt)
{
	const struct cmdline *cmdline = attempt->cmdline;

	return attempt->root && !attempt->root_made && cmdline->root && cmdline->rootfstype &&
	       filesystem_refuses(attempt->root, cmdline->rootfstype->value);
}

bool attempt_detects_root_type(const struct boot_attempt *attempt)
{
	return attempt_initrd_path(attempt, DRACUT_LIBRARY) == INITRD_FOUND &&
	       attempt_initrd_path(attempt, SYSTEMD) == INITRD_NOT_FOUND;
}

void initrd_ask_for_type(const struct boot_attempt *attempt)
{
	if (!attempt_root_type_is_wrong(attempt))
		return;
	attempt_ask_path(attempt, DRACUT_LIBRARY);
	attempt_ask_path(attempt, SYSTEMD);
}

static const char *list_of_modules(const struct boot_attempt *attempt, const char *suffix)
{
	const struct initrd_set *set = (const struct initrd_set *)attempt->initrd;
	const char *release = attempt_release(attempt);

	return set && release ? arena_printf(set->image->arena, "/lib/modules/%s/modules.dep%s", release, suffix) : NULL;
}

void initrd_ask_for_lists(const struct boot_attempt *attempt)
{
	const char *binary = list_of_modules(attempt, ".bin"), *text = list_of_modules(attempt, "");

	if (!binary)
		return;
	attempt_ask_path(attempt, binary);
	attempt_ask_path(attempt, text);
	attempt_ask_path(attempt, LIB);
	for (size_t i = 0; i < MAKERS; i++)
		attempt_ask_path(attempt, makers[i]);
}

bool attempt_initrd_is_usual(const struct boot_attempt *attempt)
{
	for (size_t i = 0; i < MAKERS; i++)
		if (attempt_initrd_path(attempt, makers[i]) == INITRD_FOUND)
			return true;
	return false;
}

/* Whether kmod or BusyBox could read it. */
static enum lists_state list_state(const struct boot_attempt *attempt, const char *path)
{
	const struct initrd_question *question = initrd_answered(attempt, INITRD_PATH, path, NULL);

	if (!question || question->answer == INITRD_UNKNOWN)
		return LISTS_GOOD;
	if (question->answer == INITRD_NOT_FOUND || !S_ISREG(question->reached))
		return LISTS_NONE;
	if (question->elsewhere)
		return LISTS_CUT_OFF;
	return question->empty ? LISTS_EMPTY : LISTS_GOOD;
}

enum lists_state attempt_lists(const struct boot_attempt *attempt, const char **ret_target)
{
	const char *binary = list_of_modules(attempt, ".bin"), *text = list_of_modules(attempt, "");
	const struct initrd_question *lib = initrd_answered(attempt, INITRD_PATH, LIB, NULL);
	enum lists_state state[2];

	if (!binary || !attempt_initrd_is_usual(attempt))
		return LISTS_GOOD;
	state[0] = list_state(attempt, binary);
	state[1] = list_state(attempt, text);
	*ret_target = lib && lib->answer == INITRD_FOUND ? lib->target : NULL;
	/* without /lib, modprobe may have been built for /usr/lib; a link that leads elsewhere is nobody's intention */
	for (int i = 0; i < 2; i++)
		if (state[i] == LISTS_CUT_OFF)
			return *ret_target ? LISTS_CUT_OFF : LISTS_GOOD;
	/* kmod reads the one that is in its own format, and no other if that is there */
	if (state[0] == LISTS_EMPTY)
		return LISTS_EMPTY;
	return state[0] == LISTS_GOOD ? LISTS_GOOD : state[1];
}

/* An initrd of initramfs-tools: it mounts the root by this script unless boot= names another, and takes what the command line
 * does not say from these (its init). */
#define GPT_AUTO "/usr/lib/systemd/system-generators/systemd-gpt-auto-generator"
#define SETTINGS "/conf/initramfs.conf"
#define LIMIT_SETTINGS (16 * KiB)

void initrd_ask_for_init(const struct boot_attempt *attempt)
{
	if (!attempt->initrd || !attempt->cmdline->init)
		return;
	attempt_ask_path(attempt, attempt_initrd_init(attempt));
	attempt_ask_path(attempt, INITRAMFS_TOOLS);
	attempt_ask_path(attempt, LOCAL_SCRIPT);
	attempt_ask_path(attempt, DRACUT_LIBRARY);
	attempt_ask_path(attempt, SYSTEMD);
}

/* validate_init() in the script /init of initramfs-tools */
bool initrd_is_of_initramfs_tools(const struct boot_attempt *attempt)
{
	return attempt_initrd_path(attempt, INITRAMFS_TOOLS) == INITRD_FOUND &&
	       attempt_initrd_path(attempt, LOCAL_SCRIPT) == INITRD_FOUND &&
	       attempt_initrd_path(attempt, DRACUT_LIBRARY) == INITRD_NOT_FOUND &&
	       attempt_initrd_path(attempt, SYSTEMD) == INITRD_NOT_FOUND;
}

bool attempt_takes_another_init(const struct boot_attempt *attempt)
{
	return attempt->initrd && attempt->cmdline->init && !attempt->cmdline->rdinit && !attempt->cmdline->text.unknown &&
	       attempt_initrd_path(attempt, attempt_initrd_init(attempt)) == INITRD_FOUND &&
	       initrd_is_of_initramfs_tools(attempt);
}

/* Does root= name a device, rather than leave it to systemd to find one?  systemd-gpt-auto-generator(8) */
static bool names_device(const struct cmdline *cmdline)
{
	static const char *const found_by_systemd[] = { "gpt-auto", "gpt-auto-force", "dissect", "dissect-force" };
	const char *value = cmdline->root && cmdline->root->value ? cmdline->root->value : NULL;

	for (size_t i = 0; value && i < sizeof(found_by_systemd) / sizeof(*found_by_systemd); i++)
		if (!strcmp(value, found_by_systemd[i]))
			return false;
	return cmdline->root;
}

void initrd_ask_for_settings(const struct boot_attempt *attempt)
{
	if (names_device(attempt->cmdline) || attempt->cmdline->text.unknown)
		return;
	attempt_ask_path(attempt, LOCAL_SCRIPT);
	attempt_ask_path(attempt, SETTINGS_OF_SCRIPTS);
	attempt_ask_path(attempt, GPT_AUTO);
	initrd_put(attempt, &(struct initrd_question){ .kind = INITRD_FOLDER, .name = "/usr/lib/repart.d" });
	initrd_put(attempt, &(struct initrd_question){ .kind = INITRD_FOLDER, .name = "/etc/repart.d" });
	initrd_put(attempt, &(struct initrd_question){ .kind = INITRD_CONTENT, .name = SETTINGS, .limit = LIMIT_SETTINGS });
	initrd_put(attempt, &(struct initrd_question){ .kind = INITRD_FOLDER, .name = MORE_SETTINGS, .but = "resume" });
}

/* Does the shell script give the variable another value than none, or than `but`?  True for all that is not plain. */
static bool sets(const char *text, size_t size, const char *name, const char *but)
{
	const char *end = text + size;
	size_t length = strlen(name);

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end, *p;

		for (p = line; p < stop && (*p == ' ' || *p == '\t'); p++)
			;
		/* the name anywhere but in a comment, such as behind `export` or `;` */
		for (; p < stop && *p != '#'; p++) {
			if (p > line && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))
				continue;
			if ((size_t)(stop - p) <= length || strncmp(p, name, length) != 0 || p[length] != '=')
				continue;
			p += length + 1;
			if (p < stop && !(but && (size_t)(stop - p) == strlen(but) && !strncmp(p, but, strlen(but))))
				return true;
			break;
		}
		line = stop + 1;
	}
	return false;
}

bool attempt_finds_root_by_type(const struct boot_attempt *attempt)
{
	return attempt_initrd_path(attempt, GPT_AUTO) == INITRD_FOUND &&
	       initrd_answer_to(attempt, INITRD_FOLDER, "/usr/lib/repart.d", NULL) == INITRD_NOT_FOUND &&
	       initrd_answer_to(attempt, INITRD_FOLDER, "/etc/repart.d", NULL) == INITRD_NOT_FOUND;
}

bool attempt_lacks_root_name(const struct boot_attempt *attempt)
{
	const struct cmdline *cmdline = attempt->cmdline;
	const struct initrd_question *settings = initrd_answered(attempt, INITRD_CONTENT, SETTINGS, NULL);

	if (names_device(cmdline) || cmdline->rdinit || cmdline->text.unknown || attempt_root_is_made(attempt) ||
	    cmdline_next(cmdline, "boot", NULL))
		return false;
	if (!settings || settings->answer != INITRD_FOUND || settings->content_size != settings->size)
		return false;
	return attempt_initrd_path(attempt, LOCAL_SCRIPT) == INITRD_FOUND &&
	       attempt_initrd_path(attempt, SETTINGS_OF_SCRIPTS) == INITRD_NOT_FOUND &&
	       initrd_answer_to(attempt, INITRD_FOLDER, MORE_SETTINGS, NULL) == INITRD_NOT_FOUND &&
	       !sets((const char *)settings->content, settings->content_size, "ROOT", NULL) &&
	       !sets((const char *)settings->content, settings->content_size, "BOOT", "local");
}
