/* SPDX-License-Identifier: MIT */
/* initrd-modules-dep: the initrd has modules and no list of them that is read
 *
 * severity: error
 * effect:   blocks-boot
 *
 * modprobe and udev find a module, and what it needs, by modules.dep (kmod: modules.dep.bin) in the folder of the kernel's
 * release, which depmod makes. Without it they load nothing: the drivers are in the initrd, and the root does not appear. It
 * happens when modules are copied into an initrd by hand, or when depmod was not installed where it was made. A list that is
 * empty names none of them: depmod was stopped, or the disk was full. And the folder is looked for as /lib/modules: where a
 * second archive replaced the link /lib, which leads to usr/lib, what lies in /usr/lib/modules is not found.
 *
 * Judged of initrds by initramfs-tools, dracut, mkinitcpio, or with systemd, whose root needs a module of it. One that loads
 * its modules by insmod, or by other lists, is spared.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64 armhf
 * bad:    debian-arm64 | initrd remove *modules.dep*
 * expect: !p2/boot/initrd.img-*: error: the initrd has no modules.dep for kernel *-arm64: none of its modules can be loaded
 * bad:    debian-arm64 | initrd empty *modules.dep*
 * expect: !p2/boot/initrd.img-*: error: the initrd's modules.dep for kernel *-arm64 is empty: none of its modules can be loaded
 * bad:    debian-arm64 | initrd empty *modules.dep.bin
 * expect: !p2/boot/initrd.img-*: error: the initrd's modules.dep for kernel *-arm64 is empty: none of its modules can be loaded
 * bad:    debian-arm64 | initrd overlay lib 120777 etc | initrd overlay init 120777 usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1
 * expect: !p2/boot/initrd.img-*: error: the initrd's /lib leads to etc, where kernel *-arm64 has no modules: none of its modules can be loaded
 * bad:    armhf | initrd remove *modules.dep*
 * expect: !p1/debian/6*mp/initrd.img: error: the initrd has no modules.dep for kernel *: none of its modules can be loaded
 */
#include "initrd-help.h"

static bool comes_from_initrd(enum driver_reach reach)
{
	return reach == REACH_INITRD || reach == REACH_SOFT;
}

/* The same of the buses: virtio is what the machines of a specification have, and none of it must be built in.  On x86, a kernel
 * with another bus built in may be meant for that one. */
static const char *needed_bus(const struct boot_attempt *attempt)
{
	enum architecture architecture = attempt->kernel_file->architecture;
	const char *loaded[2] = { NULL, NULL }, *missing;
	bool built_in[2] = { false, false };

	for (int i = 0; i < ROOT_BUSES_ALL; i++) {
		enum root_bus bus = (enum root_bus)i;
		bool other = bus > ROOT_VIRTIO_SCSI;
		enum driver_reach reach;

		if (!root_bus_applies(bus, architecture))
			continue;
		reach = attempt_bus(attempt, bus, &missing);
		built_in[other] |= reach == REACH_BUILTIN;
		if (comes_from_initrd(reach) && !loaded[other])
			loaded[other] = root_bus_title(bus);
	}
	if (built_in[0] || (built_in[1] && (!loaded[0] || root_bus_applies(ROOT_AHCI, architecture))))
		return NULL;
	return loaded[0] ? loaded[0] : loaded[1];
}

/* A module of the initrd without which the root cannot be mounted; NULL: none. */
static const char *needed(const struct boot_attempt *attempt)
{
	struct root_need needs[ROOT_NEEDS];
	size_t count = attempt_root_needs(attempt, needs);
	const char *missing;

	for (size_t i = 0; i < count; i++)
		if (comes_from_initrd(attempt_need(attempt, &needs[i], &missing)))
			return needs[i].title;
	return needed_bus(attempt);
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const char *target;

	(void)check;
	(void)ret;
	/* what ails the initrd as a whole is for other rules of this area to say */
	if (!attempt_has_kernel(attempt) || !attempt_root_on_disk(attempt) || !attempt_initrd_is_sound(attempt) ||
	    attempt_initrd_is_foreign(attempt))
		return ATTEMPT_SKIPPED;
	/* nor is it this that matters where nothing of it is started */
	if (attempt_initrd_init_fault(attempt))
		return ATTEMPT_SKIPPED;
	return attempt_lists(attempt, &target) != LISTS_GOOD && needed(attempt) ? ATTEMPT_BAD : ATTEMPT_GOOD;
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const char *kernel = attempt_kernel_title(attempt), *target;
	struct location place = attempt_initrd_place(attempt, 0, 0);
	enum lists_state state = attempt_lists(attempt, &target);
	struct diagnostic *d;

	if (state == LISTS_CUT_OFF)
		d = finding_entry(check, entry, place,
				  "the initrd's /lib leads to %s, where kernel %s has no modules: none of its modules can be "
				  "loaded", target, kernel);
	else if (state == LISTS_EMPTY)
		d = finding_entry(check, entry, place,
				  "the initrd's modules.dep for kernel %s is empty: none of its modules can be loaded", kernel);
	else
		d = finding_entry(check, entry, place,
				  "the initrd has no modules.dep for kernel %s: none of its modules can be loaded", kernel);
	finding_note(check, d, "that of %s, for the root, is among them", needed(attempt));
	finding_help(check, d, "%s", initrd_advice(check, attempt));
}

RULE(initrd_modules_dep)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true, .by_initrd = true };

	judge_entries(check, &rule);
}
