/* SPDX-License-Identifier: MIT */
/* pe-internal: what pe.c and pe-layout.c share. */
#ifndef EFI_PE_INTERNAL_H
#define EFI_PE_INTERNAL_H

#include "efi/pe.h"

/* Judges the layout of headers and sections that pe.c has read: fills problems and needed. */
int pe_judge_layout(struct arena *arena, struct view *file, struct pe *pe, uint16_t optional_size,
		    uint16_t declared_sections, struct error *err);

#endif
