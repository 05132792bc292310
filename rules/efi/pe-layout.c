/* SPDX-License-Identifier: MIT */
/* pe-layout: the EFI binary's headers describe something that cannot be loaded
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I5
 * subject:  loader
 * after:    esp-fat-corrupt efi-boot-not-pe pe-truncated pe-machine
 *
 * Firmware places a PE image in memory by its headers, and refuses it when they contradict each other: sizes that do not
 * cover the section table, a section or the base relocations past SizeOfImage, a section inside the headers, relocations
 * stripped. Worse is what it does not refuse: sections that overlap in memory, as in a unified kernel image whose
 * sections were added at fixed addresses until the kernel grew into the initrd, or an entry point in no section.
 *
 * What breaks the PE specification and is loaded all the same is a note. Sections that do not begin at a multiple of
 * SectionAlignment are not reported: common tools make them, and every firmware takes them.
 *
 * good:   debian-arm64 uki-arm64 systemd-boot-arm64 riscv64 armhf
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI entry_point 0x7fffffff
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0xa8: error: the entry point lies past SizeOfImage (0x7fffffff >= *)
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI entry_point 0
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0xa8: error: the entry point (0) lies in no section
 * bad:    debian-arm64 | pe overlap-sections EFI/BOOT/BOOTAA64.EFI
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: sections * and * overlap in memory
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI relocation.size 0x10000000
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: the base relocations end past SizeOfImage *
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI size_of_image 0x1000
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: SizeOfImage (0x1000) does not reach past the headers *
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI characteristics 0x207
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@0x96: error: relocations are stripped*
 * bad:    debian-arm64 | pe field EFI/BOOT/BOOTAA64.EFI magic 0x10b
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI@*: error: SizeOfOptionalHeader *
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI entry_point 0
 * firmware: blocks pe overlap-sections EFI/BOOT/BOOTX64.EFI
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI relocation.size 0x10000000
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI size_of_image 0x1000
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI characteristics 0x207
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI magic 0x10b
 * firmware: blocks pe field EFI/BOOT/BOOTX64.EFI section_alignment 0
 * firmware: boots pe field EFI/BOOT/BOOTX64.EFI section_alignment 0x10000
 * firmware: boots pe section EFI/BOOT/BOOTX64.EFI .text characteristics 0x40000040
 */
#include "efi-help.h"

RULE(pe_layout)
{
	const struct loader *loader = check->loader;
	const struct pe *pe = loader->pe;
	struct diagnostic *d = NULL;

	if (efi_no_pe(check))
		return;
	for (size_t i = 0; i < pe->problem_count; i++) {
		const struct pe_problem *p = &pe->problems[i];
		const char *text = pe_problem_text(check->arena, pe, p);

		if (p->kind == PE_SECTION_UNALIGNED)
			continue;
		/* one file is one defect: the worst of it, and the rest as explanation */
		if (d) {
			finding_note(check, d, "at offset %#" PRIx64 ": %s", p->offset, text);
			continue;
		}
		if (p->effect == PE_TOLERATED) {
			d = finding_severity(check, SEVERITY_NOTE, efi_at_bytes(loader, p->offset, p->length), "%s",
					     text);
			d->effect = EFFECT_CONFORMANCE;
			continue;
		}
		d = finding(check, efi_at_bytes(loader, p->offset, p->length), "%s", text);
		if (p->kind == PE_SECTIONS_OVERLAP && loader->binary->program->kind == EFI_UKI)
			finding_help(check, d,
				     "build the unified kernel image with ukify, or give objcopy addresses that do "
				     "not overlap");
		else
			efi_help_loader(check, d);
	}
}
