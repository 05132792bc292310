/* SPDX-License-Identifier: MIT */
/* boot-cmdline: the part of a kernel's command line that was built into the kernel, and the part that the kernel reads.
 *
 * Sources: arch/x86/Kconfig and arch/x86/kernel/setup.c (CMDLINE_BOOL, CMDLINE_OVERRIDE: what is built in comes first);
 * arch/{arm64,arm,riscv,loongarch}/Kconfig and drivers/firmware/efi/libstub (CMDLINE_FORCE replaces, CMDLINE_EXTEND comes last,
 * else it counts only where a loader gave nothing at all); arch/{arm64,arm,x86}/include/uapi/asm/setup.h (COMMAND_LINE_SIZE) and
 * drivers/firmware/efi/libstub/efi-stub-helper.c (efi_convert_cmdline: whole words are left out where there is no room).
 */
#include <string.h>

#include "boot/ascii.h"
#include "image/boot-internal.h"

static bool is_set(const struct kernel_release *release, const char *symbol)
{
	return kconfig_value(release->config, symbol) == KCONFIG_YES;
}

/* CONFIG_CMDLINE as a text with its place in the configuration. */
static struct boot_text built_in(struct image *image, const struct kernel_release *release)
{
	const struct kconfig_entry *entry = kconfig_find(release->config, "CMDLINE");
	struct location location = release->config_place;
	struct boot_source *source = ARENA_NEW(image->arena, struct boot_source);
	struct boot_place place = { .source = source };

	source->partition = location.partition;
	source->path = location.path ? location.path : "/";
	if (release->evidence == CONFIG_FILE) {
		place.line = entry->line;
		place.column = (unsigned int)strlen("CONFIG_CMDLINE=\"") + 1;
	}
	return boot_text_make(image->arena, kconfig_string(image->arena, entry), place);
}

static void join(struct boot_text_builder *b, const struct boot_text *text)
{
	if (b->length && text->length)
		boot_text_add(b, " ", 1, boot_text_place(text, 0), false);
	boot_text_add_text(b, text);
}

/* The EFI stub loads what initrd= names from the volume that the kernel came from, which firmware and systemd-boot tell it. */
static void add_stub_initrds(struct image *image, struct boot_attempt *attempt)
{
	const struct boot_path *path = attempt->entry->path;
	struct boot_maker maker = { .image = image };
	const struct cmdline_word *word = NULL;
	struct boot_file *files;
	size_t count = 0;

	if (attempt->initrd_count || path->kind == BOOT_GRUB || (attempt->kernel_file && attempt->kernel_file->in_uki) ||
	    !attempt->kernel.filesystem)
		return;
	while ((word = cmdline_next(attempt->cmdline, "initrd", word)))
		count += word->value && *word->value;
	if (!count)
		return;
	files = ARENA_ARRAY(image->arena, count, struct boot_file);
	while ((word = cmdline_next(attempt->cmdline, "initrd", word))) {
		struct boot_text text;

		if (!word->value || !*word->value)
			continue;
		text = boot_text_make(image->arena, word->value, word->value_place);
		files[attempt->initrd_count++] =
			boot_find_file(&maker, &image->filesystems[attempt->kernel.filesystem->index], &text);
	}
	attempt->initrds = files;
}

static bool add_built_in(struct image *image, struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file ? attempt->kernel_file->release : NULL;
	const struct boot_text *given = &attempt->cmdline->text;
	struct boot_text_builder b = boot_text_build(image->arena, given->length + LIMIT_GRUB_VALUE);
	struct boot_text text = { .text = "" };
	bool x86;

	if (!release || !release->config || kconfig_value(release->config, "CMDLINE") != KCONFIG_OTHER)
		return false;
	x86 = attempt->kernel_file->architecture == ARCHITECTURE_X86_64 ||
	      attempt->kernel_file->architecture == ARCHITECTURE_I386;
	if (x86 && !is_set(release, "CMDLINE_BOOL"))
		return false;
	text = built_in(image, release);
	if (!text.length)
		return false;
	if (is_set(release, "CMDLINE_FORCE") || is_set(release, "CMDLINE_OVERRIDE")) {
		boot_text_add_text(&b, &text);
	} else if (x86) {
		join(&b, &text);
		join(&b, given);
	} else if (is_set(release, "CMDLINE_EXTEND")) {
		join(&b, given);
		join(&b, &text);
	} else if (!given->length) {
		boot_text_add_text(&b, &text);
	} else {
		return false;
	}
	text = boot_text_finish(&b);
	attempt->cmdline = cmdline_parse(image->arena, &text);
	add_stub_initrds(image, attempt);
	return true;
}

/* How many bytes of its command line the kernel reads; 0: not known. */
static size_t most_read(const struct kernel_file *file)
{
	if (file && file->kernel && file->kernel->command_line_size)
		return file->kernel->command_line_size;
	switch (file ? file->architecture : ARCHITECTURE_UNKNOWN) {
	case ARCHITECTURE_AARCH64:
	case ARCHITECTURE_X86_64:
	case ARCHITECTURE_I386:
		return 2047;
	case ARCHITECTURE_ARM:
		return 1023;
	default: /* builders choose it, or did */
		return 0;
	}
}

static bool leave_out_rest(struct image *image, struct boot_attempt *attempt)
{
	const struct boot_text *text = &attempt->cmdline->text;
	size_t most = most_read(attempt->kernel_file), end = 0;
	bool in_quote = false;
	struct boot_text read;

	if (!most || text->length <= most)
		return false;
	for (size_t i = 0; i <= most; i++) {
		if (text->text[i] == '"')
			in_quote = !in_quote;
		else if (!in_quote && is_space(text->text[i]))
			end = i;
	}
	read = boot_text_slice(image->arena, text, 0, end);
	attempt->written = attempt->cmdline;
	attempt->cmdline = cmdline_parse(image->arena, &read);
	return true;
}

bool boot_apply_kernel(struct image *image, struct boot_attempt *attempt)
{
	bool changed;

	/* these the stub takes from all that it is given */
	add_stub_initrds(image, attempt);
	changed = add_built_in(image, attempt);
	return leave_out_rest(image, attempt) || changed;
}
