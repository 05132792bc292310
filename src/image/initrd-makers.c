/* SPDX-License-Identifier: MIT */
/* initrd-makers: what hangs on the program that made an initrd: initramfs-tools, dracut, mkinitcpio, or any that starts
 * systemd. */
#include "image/initrds-internal.h"

/* What tells who made an initrd, for those that load modules by kmod's lists of them. */
#define DRACUT_LIBRARY "/lib/dracut-lib.sh"
#define SYSTEMD "/lib/systemd/systemd"
static const char *const makers[] = { "/scripts/functions", DRACUT_LIBRARY, SYSTEMD, "/init_functions" };
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
	initrd_ask_incidental(attempt, INITRD_PATH, text, NULL);
	for (size_t i = 0; i < MAKERS; i++)
		initrd_ask_incidental(attempt, INITRD_PATH, makers[i], NULL);
}

bool attempt_lacks_lists(const struct boot_attempt *attempt)
{
	const char *binary = list_of_modules(attempt, ".bin"), *text = list_of_modules(attempt, "");

	if (!binary || attempt_initrd_path(attempt, binary) != INITRD_NOT_FOUND ||
	    attempt_initrd_path(attempt, text) != INITRD_NOT_FOUND)
		return false;
	for (size_t i = 0; i < MAKERS; i++)
		if (attempt_initrd_path(attempt, makers[i]) == INITRD_FOUND)
			return true;
	return false;
}

void initrd_ask_for_maker(const struct boot_attempt *attempt)
{
	if (!attempt_root_type_is_wrong(attempt))
		return;
	attempt_ask_path(attempt, DRACUT_LIBRARY);
	attempt_ask_path(attempt, SYSTEMD);
}
