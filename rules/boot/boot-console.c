/* SPDX-License-Identifier: MIT */
/* boot-console: a guest that is given a device tree has no console on its UART
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Images, I8
 * subject:  loader
 * after:    boot-kernel-missing
 *
 * Without any console= the kernel takes the UART that the device tree names in stdout-path; as soon as the command line has one,
 * that alone counts. console=tty0, or console=ttyS0 as on a PC, then leaves the PL011 of an Arm virtual machine silent:
 * no kernel messages, and no login where systemd starts one on the kernel's console. A guest that is given ACPI tables is
 * spared, because the kernel adds the UART of the SPCR table whatever the command line says. The last console= is the one that
 * /dev/console means.
 *
 * Add console=ttyAMA0 (on RISC-V console=ttyS0) or leave out console= altogether. Not judged on x86, where no guest is given a
 * device tree.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64 xbootldr-arm64 armhf grub-install-arm64 gzip-kernel-arm64
 * good:   installer-arm64 trixie-uki-arm64 squashfs-arm64
 * bad:    debian-arm64 | grub replace "console=tty0 console=ttyAMA0,115200" "console=tty0 quiet"
 * expect: !p2/boot/grub/grub.cfg:*: warning: console=tty0 leaves a guest that is given a device tree without a console on its UART
 * bad:    uki-arm64 | uki replace "console=ttyAMA0" "console=ttyS0"
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: warning: console=ttyS0,115200 leaves a guest that is given a device tree without a console on its UART
 */
#include "boot-help.h"

/* Is it the UART of a virtual machine of this architecture?  A name as the kernel's drivers have it. */
static bool is_uart(enum architecture architecture, const char *device)
{
	static const char *const arm[] = { "ttyAMA", "uart", "pl011" };
	static const char *const riscv[] = { "ttyS", "hvc", "uart", "ttySIF" };
	const char *const *names = architecture == ARCHITECTURE_RISCV64 ? riscv : arm;
	size_t count = architecture == ARCHITECTURE_RISCV64 ? 4 : 3;

	for (size_t i = 0; i < count; i++)
		if (!strncmp(device, names[i], strlen(names[i])))
			return true;
	return false;
}

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	(void)ret_reason;
	if (attempt->kernel.have == ABSENT)
		return BOOT_NO_MATTER;
	for (size_t i = 0; i < attempt->cmdline->console_count; i++)
		if (is_uart(check->loader->architecture, attempt->cmdline->consoles[i].device))
			return BOOT_GOOD;
	if (attempt->cmdline->text.unknown)
		return BOOT_GOOD;
	return attempt->cmdline->console_count ? BOOT_BAD : BOOT_GOOD;
}

static const char *what(struct check *check, const struct cmdline_word *word)
{
	return arena_printf(check->arena, "console=%s leaves a guest that is given a device tree without a console on its UART",
			    word->value);
}

RULE(boot_console)
{
	enum architecture architecture = check->loader->architecture;
	const char *uart = architecture == ARCHITECTURE_RISCV64 ? "ttyS0" : "ttyAMA0";
	struct boot_found *found = NULL;
	const struct boot_path *path;

	if (architecture != ARCHITECTURE_AARCH64 && architecture != ARCHITECTURE_ARM && architecture != ARCHITECTURE_RISCV64) {
		not_applicable(check, "guests of this architecture are given no device tree");
		return;
	}
	path = boot_path_of(check);
	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		const struct cmdline_word *word;
		struct diagnostic *d;

		if (!bad)
			continue;
		word = bad->cmdline->consoles[bad->cmdline->console_count - 1].word;
		d = boot_finding(check, &found, entry, boot_word_place(check, bad, word), what(check, word));
		if (d)
			finding_help(check, d, "add console=%s: %s", uart, boot_edit(check));
	}
	boot_note_others(check, found);
}
