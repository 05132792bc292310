/* SPDX-License-Identifier: MIT */
/* fuzz_pe: any bytes as an EFI binary: headers, layout, kind, SBAT, signatures. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "efi/kind.h"
#include "efi/pe.h"
#include "efi/sbat.h"
#include "efi/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	struct view *file = view_memory(arena, data, size);
	const struct signatures *signatures;
	const struct efi_program *program;
	const struct sbat_section *sbat;
	const struct sbat_levels *levels;
	struct sbat_revocation why;
	const struct pe *pe;
	struct error err;

	if (pe_read(arena, file, &pe, &err) < 0 || pe->status != PE_OK)
		return 0;
	for (size_t i = 0; i < pe->problem_count; i++)
		assert(pe_problem_text(arena, pe, &pe->problems[i]));
	if (sbat_read_section(arena, file, pe, &sbat, &err) >= 0) {
		assert(efi_program_read(arena, file, pe, sbat, &program, &err) == 0);
		if (sbat_read_levels(arena, file, pe, &levels, &err) >= 0 && levels->present)
			sbat_revokes(&levels->automatic, &sbat->sbat, &why);
	}
	assert(signatures_read(arena, file, pe, &signatures, &err) == 0);
	return 0;
}
