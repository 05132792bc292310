/* SPDX-License-Identifier: MIT */
/* fuzz_bls: Boot Loader Specification entries of hostile bytes.
 *
 * An input is parts divided by NUL bytes: the content of loader.conf, then names and contents of entries by turns.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/memory_fs.h"
#include "base/limits.h"
#include "boot/bls.h"

/* The next part as a string of its own. */
static const char *part(struct arena *arena, const char **p, size_t *left)
{
	size_t length = strnlen(*p, *left);
	const char *text = arena_strndup(arena, *p, length);

	length += length < *left;
	*p += length;
	*left -= length;
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(LIMIT_ARENA_BYTES);
	struct memory_fs *m = memory_fs_new(arena);
	const char *p = (const char *)data;
	const struct bls_volume *volume;
	const struct bls_entry **menu;
	const struct bls_line *line;
	size_t left = size, count;
	struct error err;

	limits_begin_image();
	memory_fs_file(m, arena, "/loader/loader.conf", part(arena, &p, &left));
	for (int i = 0; i < 32 && left; i++) {
		const char *name = part(arena, &p, &left), *content = part(arena, &p, &left);

		if (*name && !strchr(name, '/'))
			memory_fs_file(m, arena, arena_printf(arena, "/loader/entries/%s", name), content);
	}
	if (bls_read(arena, &m->fs, "hd0,gpt1", 1, &volume, &err) < 0)
		abort();
	menu = bls_menu(arena, &volume, 1, "aa64", &count);
	(void)bls_default(menu, count, volume, &line);
	for (size_t i = 0; i < count; i++) {
		struct boot_text options = bls_options(arena, menu[i]);

		for (size_t j = 0; j < options.length; j++)
			if (!boot_text_place(&options, j).line)
				abort();
		for (size_t j = 0; j < count; j++)
			if (bls_compare_entries(menu[i], menu[j]) != -bls_compare_entries(menu[j], menu[i]))
				abort();
	}
	arena_free(arena);
	return 0;
}
