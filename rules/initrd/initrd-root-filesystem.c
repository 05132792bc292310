/* SPDX-License-Identifier: MIT */
/* initrd-root-filesystem: the kernel and its initrd cannot mount the root: its file system, LVM, LUKS or RAID
 *
 * severity: error
 * effect:   blocks-boot
 *
 * Between the disk and the files of the root stand its file system's driver and, where the image has them, LVM, LUKS and RAID:
 * each a module (dm_mod, dm_crypt, raid1) and a program that sets it up (lvm, cryptsetup, mdadm). What is not built into the
 * kernel must be in the initrd. It is not if the initrd was made on a machine whose root is of another kind, or before the
 * package of the program was installed (lvm2, cryptsetup-initramfs, mdadm). A kernel that was built without the driver mounts the
 * root with no initrd at all; that is said of its configuration.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64 armhf
 * bad:    armhf | initrd remove-module ext4
 * expect: !p1/debian/6*mp/initrd.img: error: the initrd lacks ext4, without which the root (ext4) cannot be mounted
 * bad:    armhf | initrd recompress lz4 | initrd remove-module jbd2
 * expect: !p1/debian/6*mp/initrd.img: error: the initrd lacks jbd2, without which the root (ext4) cannot be mounted
 * bad:    lvm-arm64 | initrd remove *sbin/lvm
 * expect: !p2/initrd.img-*: error: the initrd lacks /sbin/lvm, without which the root (LVM) cannot be mounted
 * bad:    lvm-arm64 | initrd remove-module dm_mod
 * expect: !p2/initrd.img-*: error: the initrd lacks dm_mod, without which the root (LVM) cannot be mounted
 * bad:    md-arm64 | initrd remove-module raid1
 * expect: !p2/initrd.img-*: error: the initrd lacks raid1, without which the root (md RAID) cannot be mounted
 * bad:    md-arm64 | initrd remove *sbin/mdadm
 * expect: !p2/initrd.img-*: error: the initrd lacks /sbin/mdadm, without which the root (md RAID) cannot be mounted
 * bad:    xfs-amd64 | initrd remove-module xfs
 * expect: !p2/initrd.img-*: error: the initrd lacks xfs, without which the root (xfs) cannot be mounted
 * bad:    luks-arm64 | initrd remove-module dm_crypt
 * expect: !p2/initrd.img-*: error: the initrd lacks dm_crypt, without which the root (LUKS) cannot be mounted
 * bad:    debian-arm64 | kconfig off EXT4_FS
 * expect: !p2/boot/config-*:*: error: kernel *-arm64 cannot mount its root (ext4): CONFIG_EXT4_FS is not set, =y or =m expected
 * bad:    armhf | kconfig off EXT4_FS | initrd remove-module ext4
 * expect: !p2/boot/config-*:*: error: kernel * cannot mount its root (ext4): CONFIG_EXT4_FS is not set, =y or =m expected
 * bad:    armhf | module remove ext4 | initrd remove-module ext4
 * expect: !p1/debian/6*mp/initrd.img: error: the initrd lacks ext4, without which the root (ext4) cannot be mounted
 * bad:    armhf | initrd spoil-module jbd2
 * expect: !p1/debian/6*mp/initrd.img: error: the initrd lacks jbd2, without which the root (ext4) cannot be mounted
 */
#include "base/buffer.h"
#include "base/limits.h"
#include "initrd-help.h"

/* The first need that is not met, and the worst. */
struct verdict_of_needs {
	const struct root_need *absent; /* the kernel was built without it */
	const struct root_need *missing, *soft, *unknown;
	bool gone; /* what is missing is not installed, either */
	const char *name; /* of the module or program */
};

static struct verdict_of_needs look(const struct boot_attempt *attempt, struct root_need needs[ROOT_NEEDS])
{
	size_t count = attempt_root_needs(attempt, needs);
	struct verdict_of_needs v = { 0 };

	for (size_t i = 0; i < count; i++) {
		const char *missing;

		switch (attempt_need(attempt, &needs[i], &missing)) {
		case REACH_MISSING:
			if (!v.missing)
				v.name = missing;
			v.missing = v.missing ? v.missing : &needs[i];
			break;
		case REACH_NO_DRIVER:
			missing = initrd_module_gone(attempt, &needs[i]);
			if (!missing) {
				v.absent = v.absent ? v.absent : &needs[i];
			} else if (!v.missing) {
				v.name = missing;
				v.missing = &needs[i];
				v.gone = true;
			}
			break;
		case REACH_SOFT:
			if (!v.missing && !v.soft)
				v.name = missing;
			v.soft = v.soft ? v.soft : &needs[i];
			break;
		case REACH_UNKNOWN:
			v.unknown = &needs[i];
			break;
		case REACH_BUILTIN:
		case REACH_INITRD:
			break;
		}
	}
	return v;
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	struct root_need needs[ROOT_NEEDS];
	struct verdict_of_needs v;

	if (!attempt_has_kernel(attempt) || !attempt_root_on_disk(attempt) || !attempt->initrd)
		return ATTEMPT_SKIPPED;
	v = look(attempt, needs);
	if (v.absent)
		return ATTEMPT_BAD;
	/* without an initrd it is initrd-missing's; what ails the initrd as a whole is for other rules of its area to say */
	if (attempt->initrd->have == ABSENT)
		return ATTEMPT_SKIPPED;
	if (attempt->initrd->have == HAVE && (!attempt_initrd_is_sound(attempt) || attempt_initrd_is_foreign(attempt)))
		return ATTEMPT_SKIPPED;
	if (v.missing || v.soft)
		return ATTEMPT_BAD;
	if (!v.unknown)
		return ATTEMPT_GOOD;
	*ret = (struct attempt_doubt){ "cannot read all of the initrd", &attempt->initrd->error };
	if (!attempt->initrd->error.code)
		ret->reason = arena_printf(check->arena, "whether the kernel or its initrd has %s cannot be told",
					   v.unknown->title);
	return ATTEMPT_UNKNOWN;
}

/* "CONFIG_EXT4_FS is not set", or all of those of which one would do. */
static const char *not_set(struct check *check, const struct root_need *need)
{
	BUFFER_AUTO out = buffer_make(4 * KiB);

	if (!need->drivers[1].module)
		return arena_printf(check->arena, "CONFIG_%s is not set", need->drivers[0].symbol);
	for (const struct kernel_driver *d = need->drivers; d->module; d++)
		buffer_printf(&out, "%sCONFIG_%s", d == need->drivers ? "none of " : ", ", d->symbol);
	buffer_string(&out, " is set");
	return arena_strdup(check->arena, out.data);
}

static void report_kernel(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt,
			  const struct root_need *need)
{
	const struct kernel_release *release = attempt->kernel_file->release;
	const char *symbol = need->drivers[0].symbol, *title = attempt_kernel_title(attempt);
	struct diagnostic *d;

	if (release->config) {
		d = finding_entry(check, entry, release_symbol_place(release, symbol),
				  "kernel %s cannot mount its root (%s): %s, =y or =m expected", title, need->title,
				  not_set(check, need));
	} else {
		d = finding_entry(check, entry, release->modules_place,
				  "kernel %s cannot mount its root (%s): it has no %s, neither built in nor as a module", title,
				  need->title, need->drivers[0].module);
		finding_note(check, d, "the kernel's configuration is not there: modules.builtin and modules.dep, which were "
				       "looked at, are weaker evidence");
	}
	finding_help(check, d, "install a kernel that has it, or build this one with `scripts/config --enable %s`", symbol);
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	struct location place = attempt_initrd_place(attempt, 0, 0);
	struct root_need needs[ROOT_NEEDS];
	struct verdict_of_needs v = look(attempt, needs);
	struct diagnostic *d;
	const char *fault;

	if (v.absent) {
		report_kernel(check, entry, attempt, v.absent);
		return;
	}
	if (!v.missing) {
		d = finding_severity(check, SEVERITY_NOTE, place,
				     "the initrd lacks %s, which the module of the root's %s asks for", v.name, v.soft->title);
		d->effect = EFFECT_DEGRADES;
	} else {
		d = finding_entry(check, entry, place,
				  "the initrd lacks %s, without which the root (%s) cannot be mounted", v.name, v.missing->title);
	}
	fault = v.name ? attempt_initrd_fault(attempt, v.name) : NULL;
	if (fault)
		finding_note(check, d, "%s", fault);
	if (v.gone)
		finding_note(check, d, "it is not among the installed modules of kernel %s either, from which the initrd is made",
			     attempt_kernel_title(attempt));
	finding_help(check, d, "%s%s", v.gone ? "install the rest of this kernel's modules, and " : "",
		     initrd_advice(check, attempt));
}

RULE(initrd_root_filesystem)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true, .by_initrd = true };

	judge_entries(check, &rule);
}
