/* SPDX-License-Identifier: MIT */
/* os-init-arch: the system is for another machine than the kernel that starts it
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-missing kernel-arch os-init-missing
 *
 * The kernel mounts the root and cannot execute its init: "Failed to execute /sbin/init (error -8)", and a panic. It comes of a
 * build that takes loader and kernel from one architecture's packages and the root file system from another's, or of
 * `debootstrap` without --arch. Told by the ELF header of what would be started as init.
 *
 * A 64-bit kernel runs the programs of its architecture's 32-bit kind, and is not blamed for a system of these.
 *
 * good:   debian-arm64 debian-amd64 armhf riscv64 squashfs-arm64
 * bad:    debian-arm64 | part 2 poke-file /usr/lib/systemd/systemd 18 3e00
 * expect: !p2/sbin/init: error: /sbin/init is a program for x86-64, and the kernel that starts it is for AArch64
 * bad:    debian-arm64 | part 2 poke-file /usr/lib/systemd/systemd 5 020100000000000000000000030016
 * expect: !p2/sbin/init: error: /sbin/init is a program for another machine (type 0x16, big-endian), and the kernel that *
 * bad:    debian-arm64 | part 2 poke-file /usr/lib/systemd/systemd 18 3e00 | grub replace "ro console" "ro init=/lib/nothing console"
 * expect: !p2/sbin/init: error: /sbin/init is a program for x86-64, and the kernel that starts it is for AArch64
 * expect: !p2/boot/grub/grub.cfg:*:*: warning: /lib/nothing, which is to be started as init, is not there: the initrd starts /sbin/init [os-init-missing]
 * bad:    armhf | part 2 poke-file /usr/lib/systemd/systemd 18 b700
 * expect: !p2/sbin/init: error: /sbin/init is a program for AArch64, and the kernel that starts it is for AArch32
 */
#include <string.h>

#include "image/initrds.h"
#include "image/kernels.h"
#include "lint/entry-findings.h"
#include "system-help.h"

#define ELF_HEAD 20
#define ELF_BIG 2

/* e_machine (the gABI's list) of the architectures that kernels are for. */
static const struct machine_type {
	uint16_t number;
	enum architecture architecture;
} machines[] = {
	{ 183, ARCHITECTURE_AARCH64 }, { 40, ARCHITECTURE_ARM },      { 62, ARCHITECTURE_X86_64 },
	{ 3, ARCHITECTURE_I386 },      { 243, ARCHITECTURE_RISCV64 }, { 258, ARCHITECTURE_LOONGARCH64 },
};

/* What is started as init; false: it could not be read, or is no ELF file. */
static bool read_head(struct check *check, const struct system *system, const char *path, uint8_t head[ELF_HEAD])
{
	struct arena_mark mark = arena_mark(check->arena);
	struct fs_entry entry;
	struct fs_stat st;
	struct view *view;
	bool read = fs_resolve(system->fs, check->arena, path, false, &entry, NULL, NULL) == 0 &&
		    system->fs->ops->stat(system->fs, entry.handle, &st, NULL) == 0 && st.type == FS_FILE && st.mode & 0111 &&
		    fs_file_view(system->fs, check->arena, entry.handle, &view, NULL) == 0 && view->size >= ELF_HEAD &&
		    view_read(view, 0, head, ELF_HEAD, NULL) == 0;

	arena_release(check->arena, mark);
	return read;
}

/* Of what the attempt starts as init; NULL: it is a script, or not known. */
static const char *init_of(struct check *check, const struct boot_attempt *attempt, uint8_t head[ELF_HEAD])
{
	static const char *const paths[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	const struct cmdline_word *init = attempt->cmdline->init;
	const char *path = NULL;

	if (init && init->value && *init->value == '/')
		path = read_head(check, attempt->system, init->value, head) ? init->value : NULL;
	/* where init= names nothing, one of these is started all the same, or os-init-missing says that none is */
	for (size_t i = 0; !path && (!init || !init->value || attempt_takes_another_init(attempt)) &&
			   i < sizeof(paths) / sizeof(*paths); i++)
		path = read_head(check, attempt->system, paths[i], head) ? paths[i] : NULL;
	return path && !memcmp(head, "\x7f" "ELF", 4) ? path : NULL;
}

static bool runs(enum architecture kernel, const uint8_t head[ELF_HEAD])
{
	unsigned machine = head[18] | (unsigned)head[19] << 8;

	if (head[5] == ELF_BIG)
		return false;
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		if (machines[i].number != machine)
			continue;
		return machines[i].architecture == kernel ||
		       (kernel == ARCHITECTURE_AARCH64 && machines[i].architecture == ARCHITECTURE_ARM) ||
		       (kernel == ARCHITECTURE_X86_64 && machines[i].architecture == ARCHITECTURE_I386);
	}
	return false;
}

static const char *machine_title(struct check *check, const uint8_t head[ELF_HEAD])
{
	bool big = head[5] == ELF_BIG;
	unsigned machine = big ? (unsigned)head[18] << 8 | head[19] : head[18] | (unsigned)head[19] << 8;

	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines) && !big; i++)
		if (machines[i].number == machine)
			return architectures[machines[i].architecture].title;
	return arena_printf(check->arena, "another machine (type %#x%s)", machine, big ? ", big-endian" : "");
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	uint8_t head[ELF_HEAD];

	(void)ret;
	if (!attempt_has_kernel(attempt) || !attempt->system ||
	    architectures[attempt->kernel_file->architecture].machine == 0 || !init_of(check, attempt, head))
		return ATTEMPT_SKIPPED;
	return runs(attempt->kernel_file->architecture, head) ? ATTEMPT_GOOD : ATTEMPT_BAD;
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const char *kernel = architectures[attempt->kernel_file->architecture].title, *path;
	struct diagnostic *d;
	uint8_t head[ELF_HEAD] = { 0 };

	path = init_of(check, attempt, head);
	d = finding_entry(check, entry, system_place(attempt->system, path),
			  "%s is a program for %s, and the kernel that starts it is for %s", path, machine_title(check, head),
			  kernel);
	finding_note(check, d, "the kernel is %s", attempt_kernel_title(attempt));
	finding_help(check, d, "make the root file system of %s packages (debootstrap --arch, dnf --forcearch)", kernel);
}

RULE(os_init_arch)
{
	static const struct entry_rule rule = { judge, report, .by_system = true };

	if (!system_none(check))
		judge_entries(check, &rule);
}
