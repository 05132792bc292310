/* SPDX-License-Identifier: MIT */
/* uki-section-overlap: sections of a unified kernel image overlap in memory
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    efi-second-stage pe-layout
 *
 * Kernel, initrd and command line are sections of one EFI program. Recipes that add them with objcopy at fixed addresses work
 * until one of them grows into the next: then firmware, which does not look, loads one over the other, and the kernel that the
 * stub starts is damaged. ukify and dracut compute the addresses.
 *
 * The image that boots by default is judged by pe-layout and efi-second-stage, as any EFI program; this rule judges those that
 * other entries start, from systemd-boot's menu or by GRUB's chainloader.
 *
 * good:   uki-arm64 uki-entries-arm64 xbootldr-arm64 trixie-uki-arm64 squashfs-arm64
 * bad:    uki-entries-arm64 | part 1 copy /EFI/Linux/debian-* /EFI/Linux/a.efi | pe overlap-sections EFI/Linux/a.efi
 * expect: !p1/EFI/Linux/a.efi@*: warning: sections * and * overlap in memory
 */
#include "boot-help.h"
#include "efi/pe.h"

/* The first pair of sections that overlap, by the reader's list of problems; NULL: none. */
static const struct pe_problem *overlap(const struct pe *pe)
{
	for (size_t i = 0; i < pe->problem_count; i++)
		if (pe->problems[i].kind == PE_SECTIONS_OVERLAP)
			return &pe->problems[i];
	return NULL;
}

static void judge(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct boot_file *kernel = &attempt->kernel;
	const struct pe_problem *problem;
	struct location place;
	struct diagnostic *d;
	const struct pe *pe;
	struct view *file;
	struct error err;

	if (!attempt->kernel_file || !attempt->kernel_file->in_uki || !kernel->filesystem || !kernel->filesystem->fs)
		return;
	if (fs_file_view(kernel->filesystem->fs, check->arena, kernel->handle, &file, &err) < 0 ||
	    pe_read(check->arena, file, &pe, &err) < 0) {
		if (boot_entry_counts(check->image, entry))
			not_evaluated(check, &err, "%s could not be read", kernel->path);
		return;
	}
	problem = pe->status == PE_OK ? overlap(pe) : NULL;
	if (!problem)
		return;
	place = at_file_bytes(kernel->filesystem->partition, kernel->path, problem->offset, problem->length);
	place.volume = kernel->filesystem->volume;
	d = finding_entry(check, entry, place, "%s", pe_problem_text(check->arena, pe, problem));
	finding_help(check, d, "ukify build --linux=KERNEL --initrd=INITRD --output=%s", kernel->path);
}

RULE(uki_section_overlap)
{
	const struct boot_path *path = boot_path_of(check);

	if (!path)
		return;
	for (size_t i = 0; i < path->entry_count; i++)
		for (size_t k = 0; k < path->entries[i].attempt_count; k++)
			judge(check, &path->entries[i], &path->entries[i].attempts[k]);
}
