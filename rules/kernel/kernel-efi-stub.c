/* SPDX-License-Identifier: MIT */
/* kernel-efi-stub: the kernel cannot be started the way it is: it has no EFI stub, or is packed up
 *
 * severity: error
 * effect:   blocks-boot
 *
 * systemd-boot hands a kernel to the firmware as an EFI program, and so does GRUB on every machine but x86: it must have been
 * built with CONFIG_EFI_STUB. GRUB also unpacks a kernel that is compressed as a whole by gzip, xz or lzop; firmware does
 * not, so an Image.gz cannot be systemd-boot's. Kernels that unpack themselves (EFI zboot, bzImage) are fine. Nor does firmware
 * load a kernel whose PE header is damaged: told of here where GRUB hands it over, else by efi-second-stage.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64
 * bad:    debian-arm64 | part 2 poke-file /boot/vmlinuz-* 0 1f2003d5
 * expect: !p2/boot/vmlinuz-*: error: the kernel has no EFI stub, without which GRUB cannot start it on AArch64
 * bad:    debian-arm64 | part 2 poke-file /boot/vmlinuz-* 104 ffffff7f
 * expect: !p2/boot/vmlinuz-*: error: GRUB has firmware load the kernel, which refuses it: the entry point *
 * bad:    debian-arm64 | part 2 poke-file /boot/vmlinuz-* 144 00100000
 * expect: !p2/boot/vmlinuz-*: error: GRUB has firmware load the kernel, which refuses it: *
 */
#include "efi/kind.h"
#include "lint/entry-findings.h"

static bool x86(enum architecture architecture)
{
	return architecture == ARCHITECTURE_X86_64 || architecture == ARCHITECTURE_I386;
}

static bool grub_unpacks(enum compression wrapper)
{
	return wrapper == COMPRESSION_NONE || wrapper == COMPRESSION_GZIP || wrapper == COMPRESSION_XZ ||
	       wrapper == COMPRESSION_LZO;
}

static bool unpacks(const struct boot_path *path, enum compression wrapper)
{
	return path->kind == BOOT_GRUB ? grub_unpacks(wrapper) : wrapper == COMPRESSION_NONE;
}

/* What firmware refuses the kernel for that GRUB hands to it; NULL: nothing that is known. */
static const struct pe_problem *refusal(const struct boot_path *path, const struct kernel_file *file)
{
	const struct pe *pe = file->pe;

	return path->kind == BOOT_GRUB && pe && pe->status == PE_OK && pe->problem_count &&
			       pe->problems[0].effect == PE_REFUSED ? &pe->problems[0] : NULL;
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const struct boot_path *path = attempt->entry->path;
	const struct kernel_file *file = attempt->kernel_file;

	(void)check;
	(void)ret;
	if (!attempt_has_kernel(attempt) || path->kind == BOOT_UNKNOWN)
		return ATTEMPT_SKIPPED;
	/* one for another machine cannot be started either way: kernel-arch */
	if (file->architecture != path->loader->architecture && !(x86(file->architecture) && x86(path->loader->architecture)))
		return ATTEMPT_SKIPPED;
	if (!unpacks(path, file->kernel->wrapper))
		return ATTEMPT_BAD;
	/* GRUB has a loader of its own there, as old as the boot protocol */
	if (path->kind == BOOT_GRUB && x86(file->architecture))
		return ATTEMPT_GOOD;
	return file->kernel->efi_stub && !refusal(path, file) ? ATTEMPT_GOOD : ATTEMPT_BAD;
}

static const char *starter(const struct boot_path *path)
{
	switch (path->kind) {
	case BOOT_GRUB:
		return "GRUB";
	case BOOT_SYSTEMD_BOOT:
		return "systemd-boot";
	case BOOT_UKI:
		return "the unified kernel image";
	case BOOT_STUB:
	case BOOT_UNKNOWN:
		break;
	}
	return "firmware";
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct kernel_file *file = attempt->kernel_file;
	const char *who = starter(entry->path);
	struct diagnostic *d;

	if (!unpacks(entry->path, file->kernel->wrapper)) {
		d = finding_entry(check, entry, kernel_place(file),
				  "the kernel is compressed as a whole (%s), and %s does not unpack it",
				  compression_name(file->kernel->wrapper), who);
		finding_help(check, d, "put the unpacked kernel in its place, or one built with CONFIG_EFI_ZBOOT");
		return;
	}
	if (file->kernel->efi_stub) {
		d = finding_entry(check, entry, kernel_place(file), "%s has firmware load the kernel, which refuses it: %s", who,
				  pe_problem_text(check->arena, file->pe, refusal(entry->path, file)));
		finding_help(check, d, "install the kernel anew");
		return;
	}
	d = finding_entry(check, entry, kernel_place(file),
			  "the kernel has no EFI stub, without which %s cannot start it%s%s", who,
			  entry->path->kind == BOOT_GRUB ? " on " : "",
			  entry->path->kind == BOOT_GRUB ? architectures[file->architecture].title : "");
	finding_help(check, d, "build the kernel with CONFIG_EFI_STUB=y");
}

RULE(kernel_efi_stub)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true };

	judge_entries(check, &rule);
}
