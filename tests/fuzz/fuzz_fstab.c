/* SPDX-License-Identifier: MIT */
/* fuzz_fstab: fstab, crypttab and kernel command lines of hostile bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "boot/cmdline.h"
#include "boot/fstab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct boot_source source = { .partition = 1, .path = "/etc/fstab" };
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	const char *bytes = (const char *)data;
	struct boot_text text;
	const struct fstab *fstab;
	const struct cmdline *cmdline;

	fstab = fstab_parse(arena, &source, bytes, size);
	for (size_t i = 0; i < fstab->entry_count; i++)
		(void)fstab_entry_is_optional(&fstab->entries[i]);
	(void)crypttab_parse(arena, &source, bytes, size);
	text = boot_text_make(arena, arena_strndup(arena, bytes, size), (struct boot_place){ &source, 1, 1 });
	cmdline = cmdline_parse(arena, &text);
	for (size_t i = 0; i < cmdline->word_count; i++)
		if (cmdline->words[i].place.column != cmdline->words[i].offset + 1)
			abort();
	arena_free(arena);
	return 0;
}
