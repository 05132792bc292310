/* SPDX-License-Identifier: MIT */
/* boot-waits: the boot loader waits for somebody, or for hours, before it boots
 *
 * severity: warning
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-config-missing boot-kernel-missing
 *
 * GRUB counts `timeout` down and boots the default entry. Where it is not set, or is no number, -1 being none to GRUB, the menu
 * stays until somebody presses a key, and so does systemd-boot's with `timeout menu-force`. A virtual machine that starts by
 * itself never comes up. The command read waits for a line from the keyboard, and sleep for as long as it is told to: over an
 * hour, all together, is taken for a mistake.
 *
 * What counts is the way to the entry that boots when nobody chooses. Installers and live systems, which are made for somebody
 * who sits there, may wait for a key.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 installer-arm64 uki-arm64 grub-install-arm64
 * bad:    debian-arm64 | grub append "set timeout=-1\n"
 * expect: !p2/boot/grub/grub.cfg:*:13: warning: GRUB waits for a key before it boots: the timeout "-1" is no number of seconds to it
 * bad:    debian-arm64 | grub replace "set timeout=" "set tmieout="
 * expect: !p2/boot/grub/grub.cfg: warning: GRUB waits for a key before it boots: timeout is not set
 * bad:    debian-arm64 | grub append "set timeout=20000\n"
 * expect: !p2/boot/grub/grub.cfg:*:13: warning: GRUB waits 20000 seconds before it boots
 * bad:    debian-arm64 | grub append "read x\n"
 * expect: !p2/boot/grub/grub.cfg:*:1: warning: GRUB waits for a line from the keyboard before it boots
 * bad:    debian-arm64 | grub replace "linux\t" "sleep 100; sleep --verbose 1000000\nlinux\t"
 * expect: !p2/boot/grub/grub.cfg:*: warning: GRUB sleeps for 1000100 seconds before it boots
 * bad:    systemd-boot-arm64 | file write /loader/loader.conf text "console-mode keep\ntimeout menu-force\n"
 * expect: !p1/loader/loader.conf:2:9: warning: systemd-boot waits for a key before it boots: the timeout is "menu-force"
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "boot-help.h"

#define MOST_SECONDS 3600

enum wait_kind { NO_WAIT, WAIT_TIMEOUT_UNSET, WAIT_TIMEOUT, WAIT_LONG, WAIT_READ, WAIT_SLEEP, WAIT_NOT_KNOWN };

struct wait {
	enum wait_kind kind;
	struct boot_place place;
	const char *text; /* the timeout as it is written, or why it is not known */
	uint64_t seconds;
};

/* grub_menu_get_timeout() of GRUB 2.06: what its strtoul, which knows no signs, makes of it; below 0 GRUB waits for a key. */
static int seconds_of(const char *text)
{
	unsigned long long number;

	text += strspn(text, " \t\n\v\f\r");
	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtoull(text, NULL, 0);
	return errno ? -1 : (int)(uint32_t)number;
}

static struct wait wait_of_menu(const struct grub_menu *menu)
{
	const struct boot_text *timeout = &menu->timeout;
	struct wait wait = { .text = timeout->text, .place = boot_text_place(timeout, 0) };
	int seconds;

	if (!timeout->text) {
		wait.kind = WAIT_TIMEOUT_UNSET;
		wait.place.source = menu->entries[menu->default_index].place.source;
		wait.place.line = wait.place.column = 0;
		return wait;
	}
	if (timeout->unknown) {
		wait.kind = WAIT_NOT_KNOWN;
		wait.text = timeout->unknown;
		return wait;
	}
	seconds = seconds_of(timeout->text);
	if (seconds < 0)
		wait.kind = WAIT_TIMEOUT;
	else if (seconds > MOST_SECONDS)
		wait.kind = WAIT_LONG;
	wait.seconds = (uint64_t)(seconds < 0 ? 0 : seconds);
	return wait;
}

static struct wait wait_of_course(const struct grub_course *course)
{
	if (course->asks)
		return (struct wait){ .kind = WAIT_READ, .place = course->asks_place };
	if (course->slept > MOST_SECONDS)
		return (struct wait){ .kind = WAIT_SLEEP, .place = course->slept_place, .seconds = course->slept };
	return (struct wait){ .kind = NO_WAIT };
}

static struct wait wait_of_outcome(const struct grub_course *outcome);

/* What all of these ways have in common: nothing if one of them waits for nobody. */
static struct wait wait_of_ways(const struct grub_course *courses, size_t count)
{
	struct wait wait = { .kind = NO_WAIT };
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		struct wait its;

		if (grub_is_by_key(&courses[i]))
			continue;
		its = wait_of_outcome(&courses[i]);
		if (its.kind == NO_WAIT)
			return its;
		if (!any || its.kind == WAIT_NOT_KNOWN)
			wait = its;
		any = true;
	}
	return wait;
}

/* On the way to what is booted by default: menus wait, and what their entries run. */
static struct wait wait_of_outcome(const struct grub_course *outcome)
{
	const struct grub_menu *menu = outcome->menu;
	struct wait wait;

	if (!menu)
		return wait_of_course(outcome);
	wait = wait_of_menu(menu);
	if (wait.kind != NO_WAIT || menu->default_text.unknown || menu->default_index >= menu->entry_count)
		return wait;
	return wait_of_ways(menu->entries[menu->default_index].courses, menu->entries[menu->default_index].course_count);
}

/* Is it an installed system, of which nobody thinks that it waits? */
static bool is_installed(const struct boot_entry *entry)
{
	for (size_t i = 0; i < entry->attempt_count; i++)
		if (entry->attempts[i].system && !entry->attempts[i].root_made)
			return true;
	return false;
}

static void report_grub(struct check *check, const struct boot_entry *entry, const struct wait *wait)
{
	struct location at = boot_location(check->image, &wait->place);
	struct diagnostic *d;

	switch (wait->kind) {
	case WAIT_TIMEOUT_UNSET:
		d = finding_entry(check, entry, at, "GRUB waits for a key before it boots: timeout is not set");
		break;
	case WAIT_TIMEOUT:
		d = finding_entry(check, entry, at,
				  "GRUB waits for a key before it boots: the timeout \"%s\" is no number of seconds to it",
				  wait->text);
		break;
	case WAIT_LONG:
		d = finding_entry(check, entry, at, "GRUB waits %" PRIu64 " seconds before it boots", wait->seconds);
		break;
	case WAIT_READ:
		d = finding_entry(check, entry, at, "GRUB waits for a line from the keyboard before it boots");
		finding_help(check, d, "take the command read out of the configuration");
		break;
	case WAIT_SLEEP:
		d = finding_entry(check, entry, at, "GRUB sleeps for %" PRIu64 " seconds before it boots", wait->seconds);
		finding_help(check, d, "take the command sleep out of the configuration");
		break;
	default:
		return;
	}
	finding_stands_alone(check);
	if (wait->kind != WAIT_READ && wait->kind != WAIT_SLEEP)
		finding_help(check, d, "GRUB_TIMEOUT=5 in /etc/default/grub, then update-grub");
}

static void judge_grub(struct check *check, const struct boot_path *path)
{
	struct wait wait = wait_of_ways(path->grub->outcomes, path->grub->outcome_count);
	bool for_key = wait.kind == WAIT_TIMEOUT || wait.kind == WAIT_TIMEOUT_UNSET || wait.kind == WAIT_READ;

	if (for_key && !is_installed(path->first))
		return;
	if (wait.kind == WAIT_NOT_KNOWN && boot_entry_counts(check->image, path->first))
		not_evaluated(check, NULL, "whether GRUB waits for a key is not known: %s", wait.text);
	else
		report_grub(check, path->first, &wait);
}

static void judge_systemd_boot(struct check *check, const struct boot_path *path)
{
	const struct boot_text *timeout = path->timeout;
	struct boot_place place;
	struct diagnostic *d;
	struct location at;

	if (!timeout || timeout->unknown)
		return;
	place = boot_text_place(timeout, 0);
	at = boot_location(check->image, &place);
	if (!strcmp(timeout->text, "menu-force") && is_installed(path->first))
		d = finding_entry(check, path->first, at,
				  "systemd-boot waits for a key before it boots: the timeout is \"menu-force\"");
	else if (seconds_of(timeout->text) > MOST_SECONDS)
		d = finding_entry(check, path->first, at, "systemd-boot waits %d seconds before it boots",
				  seconds_of(timeout->text));
	else
		return;
	finding_stands_alone(check);
	finding_help(check, d, "write a number of seconds there: timeout 3");
}

RULE(boot_waits)
{
	const struct boot_path *path = boot_path_of(check);

	if (!path || !path->first)
		return;
	if (path->kind == BOOT_GRUB)
		judge_grub(check, path);
	else if (path->kind == BOOT_SYSTEMD_BOOT)
		judge_systemd_boot(check, path);
}
