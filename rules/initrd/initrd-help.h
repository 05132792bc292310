/* SPDX-License-Identifier: MIT */
/* initrd-help: can a kernel mount its root without an initrd?  For the rules in this folder. */
#ifndef RULES_INITRD_INITRD_HELP_H
#define RULES_INITRD_INITRD_HELP_H

#include <string.h>

#include "image/initrds.h"
#include "lint/entry-findings.h"

/* Why the kernel cannot know what root= means; NULL if it can. */
static inline const char *initrd_beyond_kernel(struct check *check, const struct boot_attempt *attempt)
{
	const struct cmdline *cmdline = attempt->cmdline;
	const struct boot_device_name *name = &cmdline->root_device;

	switch (name->kind) {
	case BOOT_DEVICE_NONE:
	case BOOT_DEVICE_AUTO:
		return "nothing says where its root is (root=)";
	case BOOT_DEVICE_UUID:
		return arena_printf(check->arena,
				    "root=%s is for an initrd to find: the kernel knows no UUIDs of file systems", name->text);
	case BOOT_DEVICE_LABEL:
		return arena_printf(check->arena,
				    "root=%s is for an initrd to find: the kernel knows no labels of file systems", name->text);
	case BOOT_DEVICE_MAPPER:
		if (cmdline_next(cmdline, "dm-mod.create", NULL))
			return NULL;
		break;
	case BOOT_DEVICE_PARTUUID:
	case BOOT_DEVICE_PARTLABEL:
		if (strncmp(name->text, "/dev/disk/", 10))
			return NULL;
		break;
	case BOOT_DEVICE_NODE:
	case BOOT_DEVICE_MD:
		return NULL;
	default:
		break;
	}
	return arena_printf(check->arena, "root=%s is for an initrd to find", name->text);
}

/* INITRD_NO_BUS: an initrd could have none, either. */
enum initrd_found { INITRD_BUILT_IN, INITRD_NOT_BUILT_IN, INITRD_NO_BUS, INITRD_NOT_KNOWN };

/* Is the driver of any bus built in? */
static inline enum initrd_found initrd_bus_built_in(const struct boot_attempt *attempt)
{
	enum initrd_found found = INITRD_NO_BUS;
	const char *missing;

	for (int bus = 0; bus < ROOT_BUSES_ALL; bus++) {
		enum driver_reach reach;

		if (!root_bus_applies((enum root_bus)bus, attempt->kernel_file->architecture))
			continue;
		reach = attempt_bus(attempt, (enum root_bus)bus, &missing);
		if (reach == REACH_BUILTIN)
			return INITRD_BUILT_IN;
		if (reach == REACH_UNKNOWN)
			found = INITRD_NOT_KNOWN;
		else if (reach != REACH_NO_DRIVER && found == INITRD_NO_BUS)
			found = INITRD_NOT_BUILT_IN;
	}
	return found;
}

/* Of a need for which there is no driver: the module that the kernel was built with and that is nowhere; NULL: it was built
 * without any. */
static inline const char *initrd_module_gone(const struct boot_attempt *attempt, const struct root_need *need)
{
	for (const struct kernel_driver *d = need->drivers; d->module; d++)
		if (release_driver(attempt->kernel_file->release, d->symbol, d->module) == DRIVER_MODULE_GONE)
			return d->module;
	return NULL;
}

/* Why the kernel of an attempt without initrd cannot mount its root by itself; NULL if it can.  *ret_known is false where that
 * cannot be said. */
static inline const char *initrd_lacking(struct check *check, const struct boot_attempt *attempt, bool *ret_known)
{
	const char *why = initrd_beyond_kernel(check, attempt), *missing;
	struct root_need needs[ROOT_NEEDS];
	size_t count;

	*ret_known = true;
	if (why)
		return why;
	count = attempt_root_needs(attempt, needs);
	for (size_t i = 0; i < count; i++) {
		enum driver_reach reach = attempt_need(attempt, &needs[i], &missing);

		if (needs[i].layer != ROOT_FILESYSTEM && needs[i].layer != ROOT_RAID)
			return arena_printf(check->arena, "its root lies on %s", needs[i].title);
		/* what no initrd could have is initrd-root-filesystem's; what one has that cannot start counts for nothing */
		if (reach == REACH_MISSING || reach == REACH_INITRD || reach == REACH_SOFT ||
		    (reach == REACH_NO_DRIVER && initrd_module_gone(attempt, &needs[i])))
			return arena_printf(check->arena, "the driver of its root, %s, is a module", needs[i].title);
		if (reach == REACH_UNKNOWN)
			*ret_known = false;
	}
	switch (initrd_bus_built_in(attempt)) {
	case INITRD_NOT_BUILT_IN:
		return "no driver for the disk of a virtual machine (virtio_blk, say) is built in";
	case INITRD_NOT_KNOWN:
		*ret_known = false;
		break;
	case INITRD_NO_BUS: /* initrd-root-driver's */
	case INITRD_BUILT_IN:
		break;
	}
	return NULL;
}

/* Could the kernel mount its root by itself, all the same if it has an initrd?  True only where that is sure. */
static inline bool initrd_is_dispensable(struct check *check, const struct boot_attempt *attempt)
{
	struct root_need needs[ROOT_NEEDS];
	const char *missing;
	size_t count;

	if (initrd_beyond_kernel(check, attempt) || initrd_bus_built_in(attempt) != INITRD_BUILT_IN)
		return false;
	count = attempt_root_needs(attempt, needs);
	for (size_t i = 0; i < count; i++)
		if (needs[i].layer != ROOT_FILESYSTEM || attempt_need(attempt, &needs[i], &missing) != REACH_BUILTIN)
			return false;
	return count > 0;
}

/* Does the kernel hold an initramfs of its own? */
static inline bool initrd_is_embedded(struct check *check, const struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file->release;
	const struct kconfig_entry *entry = release && release->config ? kconfig_find(release->config, "INITRAMFS_SOURCE") : NULL;

	return entry && entry->value == KCONFIG_OTHER && *kconfig_string(check->arena, entry);
}

/* Would this attempt boot without an initrd of its own?  Its kernel's release is known. */
static inline enum attempt_verdict initrd_none_judge(struct check *check, const struct boot_attempt *attempt,
						     struct attempt_doubt *ret)
{
	bool known;

	if (initrd_is_embedded(check, attempt))
		return ATTEMPT_GOOD;
	if (initrd_lacking(check, attempt, &known))
		return ATTEMPT_BAD;
	ret->reason = arena_printf(check->arena, "what is built into kernel %s is not known", attempt_kernel_title(attempt));
	return known ? ATTEMPT_GOOD : ATTEMPT_UNKNOWN;
}

#endif
