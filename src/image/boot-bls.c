/* SPDX-License-Identifier: MIT */
/* boot-bls: systemd-boot's menu as boot entries: Boot Loader Specification entries of both types. */
#include <string.h>

#include "base/utf16.h"
#include "boot/bls.h"
#include "image/boot-internal.h"
#include "partition/discoverable.h"
#include "partition/gpt.h"

#define MOST_VOLUMES 2

struct menu {
	struct boot_maker *maker;
	const struct bls_volume *volumes[MOST_VOLUMES];
	struct filesystem *filesystems[MOST_VOLUMES];
	size_t count;
};

static struct filesystem *volume_of(const struct menu *menu, const struct bls_entry *entry)
{
	for (size_t i = 1; i < menu->count; i++)
		if (entry >= menu->volumes[i]->entries && entry < menu->volumes[i]->entries + menu->volumes[i]->entry_count)
			return menu->filesystems[i];
	return menu->filesystems[0];
}

/* False: it cannot be read, and the path says so. */
static bool add_volume(struct menu *menu, struct filesystem *filesystem)
{
	struct image *image = menu->maker->image;
	struct boot_path *path = menu->maker->path;
	struct error *err = &path->error;

	if (filesystem_open(image, filesystem) != HAVE)
		*err = filesystem->error;
	else if (bls_read(image->arena, filesystem->fs, NULL, filesystem->partition, &menu->volumes[menu->count], err) >= 0) {
		menu->filesystems[menu->count++] = filesystem;
		return true;
	}
	path->have = UNREADABLE;
	path->reason = err->code ? err->message : "it holds no file system";
	return false;
}

static struct filesystem *xbootldr(const struct image *image)
{
	for (unsigned i = 0; i < image->partition_count; i++)
		if (image->partitions[i].gpt && gpt_role(&image->partitions[i].gpt->type, NULL) == GPT_ROLE_XBOOTLDR)
			return image_filesystem(image, image->partitions[i].number);
	return NULL;
}

static const struct boot_text *type2_text(struct menu *menu, const struct bls_entry *from)
{
	struct boot_place place = { .source = from->source };
	struct boot_text *text = ARENA_NEW(menu->maker->image->arena, struct boot_text);

	*text = boot_text_make(menu->maker->image->arena, from->source->path, place);
	return text;
}

static void add_type1(struct menu *menu, struct boot_entry *entry, const struct bls_entry *from)
{
	struct arena *arena = menu->maker->image->arena;
	struct filesystem *filesystem = volume_of(menu, from);
	const struct bls_line *program = from->kernel ? from->kernel : from->efi ? from->efi : from->uki, *initrd = NULL;
	struct boot_file file = boot_find_file(menu->maker, filesystem, &program->value), *initrds;
	struct boot_text options = bls_options(arena, from);
	struct boot_attempt *attempt;
	size_t count = 0;

	/* a kernel in whatever format: whether firmware can start it is not for here */
	if (from->truncated)
		boot_incomplete(entry, from->error.message);
	if (from->kernel || file.have != HAVE) {
		attempt = boot_add_attempt(menu->maker, entry, program->key_place);
		attempt->kernel = file;
		attempt->is_program = !from->kernel;
		boot_set_cmdline(menu->maker, entry, attempt, &options);
	} else if (boot_add_program(menu->maker, entry, &file, &options, program->key_place, 0)) {
		attempt = &entry->attempts[entry->attempt_count - 1];
	} else {
		entry->leaves = true;
		return;
	}
	attempt->has_devicetree |= from->devicetree != NULL;
	if (from->devicetree) {
		struct boot_file tree = boot_find_file(menu->maker, filesystem, &from->devicetree->value);

		attempt->devicetree = arena_memdup(arena, &tree, sizeof(tree));
	}
	while ((initrd = bls_next(from, "initrd", initrd)))
		count++;
	if (!count || !from->kernel)
		return;
	initrds = ARENA_ARRAY(arena, count, struct boot_file);
	while ((initrd = bls_next(from, "initrd", initrd)))
		initrds[attempt->initrd_count++] = boot_find_file(menu->maker, filesystem, &initrd->value);
	attempt->initrds = initrds;
}

/* systemd-boot leaves out what is not there; names that begin with "auto-" are its own.  It takes a file in \EFI\Linux by its
 * section .osrel alone. */
static bool is_shown(const struct bls_entry *from, const struct boot_entry *entry)
{
	if (!ascii_ncasecmp(from->file, "auto-", 5))
		return false;
	if (from->type == BLS_TYPE2)
		return from->line_count > 0;
	return entry->leaves || (entry->attempt_count && entry->attempts[0].kernel.have != ABSENT);
}

static const char *title_of(const struct bls_entry *from)
{
	return from->title ? from->title->value.text : from->id;
}

static void add_type2(struct menu *menu, const struct bls_entry *from)
{
	struct boot_maker *maker = menu->maker;
	struct boot_file file = boot_find_file(maker, volume_of(menu, from), type2_text(menu, from));
	unsigned profiles = file.have == HAVE ? boot_profiles(maker, &file) : 1;

	for (unsigned i = 0; i < profiles; i++) {
		const char *title = boot_profile_title(maker, &file, i);
		struct boot_place place = { .source = from->source };
		struct boot_entry *entry;

		title = title ? arena_printf(maker->image->arena, "%s (%s)", title_of(from), title) : title_of(from);
		entry = boot_add_entry(maker, title, from->id, place);
		if (file.have != HAVE)
			boot_add_attempt(maker, entry, place)->kernel = file;
		else if (!boot_add_program(maker, entry, &file, NULL, place, i))
			entry->leaves = true;
	}
}

void boot_follow_entries(struct boot_maker *maker)
{
	struct image *image = maker->image;
	struct boot_path *path = maker->path;
	struct filesystem *esp = image_filesystem(image, path->program->esp->partition), *more = xbootldr(image);
	struct menu menu = { .maker = maker };
	const struct bls_entry **list, **shown, *chosen;
	const struct error *unread = NULL; /* why the default may be another one */
	const struct bls_line *line;
	size_t count, shown_count = 0;
	size_t *first;

	if (!esp || !add_volume(&menu, esp) || (more && more != esp && !add_volume(&menu, more))) {
		path->have = UNREADABLE;
		return;
	}
	for (size_t i = 0; i < menu.volumes[0]->loader_line_count; i++)
		if (!strcmp(menu.volumes[0]->loader_lines[i].key, "timeout"))
			path->timeout = &menu.volumes[0]->loader_lines[i].value;
	list = bls_menu(image->arena, menu.volumes, menu.count,
			architectures[architecture_of_machine(path->program->pe->machine)].suffix, &count);
	shown = ARENA_ARRAY(image->arena, count, const struct bls_entry *);
	first = ARENA_ARRAY(image->arena, count, size_t);
	for (size_t i = 0; i < count; i++) {
		size_t at = path->entry_count;

		if (list[i]->type == BLS_TYPE2)
			add_type2(&menu, list[i]);
		else
			add_type1(&menu, boot_add_entry(maker, title_of(list[i]), list[i]->id,
							(struct boot_place){ .source = list[i]->source }),
				  list[i]);
		if (is_shown(list[i], &path->entries[at])) {
			first[shown_count] = at;
			shown[shown_count++] = list[i];
		}
	}
	for (size_t i = 0; i < menu.count && !unread; i++)
		if (menu.volumes[i]->unread.code)
			unread = &menu.volumes[i]->unread;
	if (!shown_count && unread) {
		path->have = UNREADABLE;
		path->error = *unread;
		path->reason = unread->message;
	}
	chosen = bls_default(shown, shown_count, menu.volumes[0], &line);
	for (size_t i = 0; i < shown_count; i++)
		if (shown[i] == chosen) {
			path->entries[first[i]].is_default = true;
			if (unread)
				boot_incomplete(&path->entries[first[i]], unread->message);
		}
}
