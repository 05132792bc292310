/* SPDX-License-Identifier: MIT */
/* kernel-arch: the kernel is for another machine than what starts it
 *
 * severity: error
 * effect:   blocks-boot
 *
 * The firmware starts a loader for its own machine, and the loader a kernel for another one: it refuses the kernel, or the
 * machine stops without a word. This comes of a build that takes the loader from one architecture's packages and the kernel from
 * another's. Only 32-bit and 64-bit x86 can start each other's kernels.
 *
 * good:   debian-arm64 debian-amd64 armhf
 * bad:    debian-arm64 | part 2 poke-file /boot/vmlinuz-* 48 5249534356000000 | part 2 poke-file /boot/vmlinuz-* 56 52534305
 * expect: !p2/boot/vmlinuz-*: error: the kernel is for RISC-V 64, and GRUB, which starts it, for AArch64
 */
#include "efi/kind.h"
#include "efi/pe.h"
#include "lint/entry-findings.h"

/* Of what starts the kernel. */
static uint16_t machine_of(const struct boot_path *path)
{
	if (path->program && path->program->have == HAVE)
		return path->program->pe->machine;
	return path->loader->have == HAVE ? path->loader->pe->machine : 0;
}

static bool x86(uint16_t machine)
{
	return machine == PE_MACHINE_I386 || machine == PE_MACHINE_X86_64;
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	uint16_t kernel, loader = machine_of(attempt->entry->path);

	(void)check;
	(void)ret;
	if (!attempt_has_kernel(attempt) || !loader)
		return ATTEMPT_SKIPPED;
	kernel = attempt->kernel_file->kernel->machine;
	if (!kernel)
		return ATTEMPT_SKIPPED;
	return kernel == loader || (x86(kernel) && x86(loader)) ? ATTEMPT_GOOD : ATTEMPT_BAD;
}

static const char *name(struct check *check, uint16_t machine)
{
	const char *known = pe_machine_name(machine);

	return known ? known : arena_printf(check->arena, "machine type %#x", machine);
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct kernel_file *file = attempt->kernel_file;
	const struct efi_binary *program = entry->path->program;
	/* a loader for other machines than the image is for: it may well have nothing to start */
	bool spare = entry->path->loader->architecture != check->image->architecture;
	enum severity full = boot_entry_counts(check->image, entry) ? SEVERITY_ERROR : SEVERITY_WARNING;
	enum severity severity = spare ? SEVERITY_NOTE : full;
	struct diagnostic *d = finding_severity(
		check, severity, kernel_place(file), "the kernel is for %s, and %s, which starts it, for %s",
		name(check, file->kernel->machine),
		program && program->program ? efi_kind_name(program->program->kind) : "the loader",
		name(check, machine_of(entry->path)));

	if (severity < SEVERITY_ERROR)
		d->effect = EFFECT_DEGRADES;

	finding_help(check, d, "install the kernel package of the image's own architecture");
}

RULE(kernel_arch)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true };

	judge_entries(check, &rule);
}
