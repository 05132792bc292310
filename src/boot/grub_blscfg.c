/* SPDX-License-Identifier: MIT */
/* grub_blscfg: Fedora's command blscfg: Boot Loader Specification entries become menu entries.
 *
 * Source: Fedora's grub-core/commands/blscfg.c.  Its order is not systemd-boot's: file names are compared as name,
 * version and release of an RPM, the newest first, and an entry that compares equal to an earlier one is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "boot/ascii.h"
#include "boot/bls.h"
#include "boot/grub_vm.h"

static bool is_part(char c)
{
	return is_digit(c) || is_letter(c);
}

/* rpm's rpmvercmp, for strings of a length. */
static int compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
	const char *a_end = a + a_size, *b_end = b + b_size;

	while (a < a_end || b < b_end) {
		const char *x, *y;
		bool numeric;
		size_t common;
		int r;

		while (a < a_end && !is_part(*a) && *a != '~')
			a++;
		while (b < b_end && !is_part(*b) && *b != '~')
			b++;
		if ((a < a_end && *a == '~') || (b < b_end && *b == '~')) {
			if (a == a_end || *a != '~')
				return 1;
			if (b == b_end || *b != '~')
				return -1;
			a++;
			b++;
			continue;
		}
		if (a == a_end || b == b_end)
			break;
		x = a;
		y = b;
		numeric = is_digit(*a);
		while (x < a_end && (numeric ? is_digit(*x) : is_letter(*x)))
			x++;
		while (y < b_end && (numeric ? is_digit(*y) : is_letter(*y)))
			y++;
		if (y == b)
			return numeric ? 1 : -1;
		if (numeric) {
			while (a < x && *a == '0')
				a++;
			while (b < y && *b == '0')
				b++;
			if (x - a != y - b)
				return x - a > y - b ? 1 : -1;
		}
		common = (size_t)(x - a < y - b ? x - a : y - b);
		r = common ? memcmp(a, b, common) : 0;
		if (r)
			return r < 0 ? -1 : 1;
		if (x - a != y - b)
			return x - a > y - b ? 1 : -1;
		a = x;
		b = y;
	}
	return (a < a_end) - (b < b_end);
}

struct split {
	const char *part[3]; /* name, version, release */
	size_t size[3];
};

/* The last two dashes divide name, version and release; with fewer, name and version come first. */
static struct split split(const char *text)
{
	struct split s = { { text, NULL, NULL }, { strlen(text), 0, 0 } };
	const char *last = strrchr(text, '-'), *before = NULL;

	for (const char *p = text; last && p < last; p++)
		if (*p == '-')
			before = p;
	if (before) {
		s = (struct split){ { text, before + 1, last + 1 },
				    { (size_t)(before - text), (size_t)(last - before) - 1, strlen(last + 1) } };
	} else if (last) {
		s = (struct split){ { text, last + 1, NULL }, { (size_t)(last - text), strlen(last + 1), 0 } };
	}
	return s;
}

static int compare_names(const char *a, const char *b)
{
	struct split x = split(a), y = split(b);

	for (int i = 0; i < 3; i++) {
		int r = compare(x.part[i] ? x.part[i] : "", x.size[i], y.part[i] ? y.part[i] : "", y.size[i]);

		if (r)
			return r;
	}
	return 0;
}

struct loaded {
	struct bls_entry entry;
	const char *id; /* the file's name without .conf */
};

/* Newest first; equal ones keep the place of the first. */
static bool insert(struct loaded *list, size_t *count, const struct loaded *new)
{
	size_t at;

	limit_count(WORK_GRUB, *count * sizeof(*list));
	for (at = 0; at < *count; at++) {
		int r = compare_names(new->id, list[at].id);

		limit_count(WORK_GRUB, 8 * strlen(new->id));
		if (!r)
			return false;
		if (r > 0)
			break;
	}
	memmove(list + at + 1, list + at, (*count - at) * sizeof(*list));
	list[at] = *new;
	++*count;
	return true;
}

static const struct grub_piece device_pieces[] = {
	{ .kind = GRUB_PIECE_QUOTED, .text = "(", .length = 1 },
	{ .kind = GRUB_PIECE_QUOTED_VARIABLE, .text = "root", .length = 4 },
	{ .kind = GRUB_PIECE_QUOTED, .text = ")", .length = 1 },
};

/* A command of a generated entry: its name, then words. */
struct line {
	struct grub_vm *vm;
	struct grub_node *node;
	size_t capacity;
};

static struct line begin(struct grub_vm *vm, const char *command, struct boot_place place)
{
	struct line line = { .vm = vm, .node = ARENA_NEW(vm->arena, struct grub_node), .capacity = 8 };

	line.node->kind = GRUB_COMMAND;
	line.node->place = place;
	line.node->words = ARENA_ARRAY(vm->arena, line.capacity, struct grub_word);
	line.node->words[line.node->word_count++] = grub_literal_word(vm->arena, command, place);
	vm->bytes += 4096;
	return line;
}

static void add(struct line *line, const struct grub_word *word)
{
	if (line->node->word_count == line->capacity) {
		struct grub_word *grown = ARENA_ARRAY(line->vm->arena, line->capacity * 2, struct grub_word);

		memcpy(grown, line->node->words, line->capacity * sizeof(*grown));
		line->node->words = grown;
		line->capacity *= 2;
	}
	line->node->words[line->node->word_count++] = *word;
}

/* The words of a value, by the rules of the script that blscfg makes of it. */
static void add_words(struct line *line, const struct boot_text *value, bool on_root)
{
	struct grub_word *words;
	size_t count;

	/* as much as eval: a word may be nothing but variables */
	count = 0;
	if (!grub_spend(line->vm, 0, 64 * value->length, line->node->place))
		return;
	words = grub_parse_words(line->vm->arena, value, &count);
	if (on_root && count) {
		struct grub_piece *pieces = ARENA_ARRAY(line->vm->arena, words[0].piece_count + 3, struct grub_piece);

		memcpy(pieces, device_pieces, sizeof(device_pieces));
		for (int i = 0; i < 3; i++)
			pieces[i].place = words[0].place;
		memcpy(pieces + 3, words[0].pieces, words[0].piece_count * sizeof(*pieces));
		words[0].pieces = pieces;
		words[0].piece_count += 3;
	}
	for (size_t i = 0; i < count; i++)
		add(line, &words[i]);
}

/* The folder of a path, with its slash. */
static struct boot_text folder(struct grub_vm *vm, const struct boot_text *path)
{
	const char *slash = strrchr(path->text, '/');

	return grub_slice(vm, path, 0, slash ? (size_t)(slash - path->text) + 1 : 0);
}

/* initrds that the variable early_initrd names, in the folder of the first of the entry's */
static void add_early(struct grub_vm *vm, struct line *line, const struct bls_entry *entry, const struct boot_text *early)
{
	const struct bls_line *first = bls_next(entry, "initrd", NULL);
	struct boot_text prefix = folder(vm, first ? &first->raw : &entry->kernel->raw);

	for (size_t i = 0; i < early->length;) {
		size_t length = strcspn(early->text + i, " ");
		struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
		struct boot_text name = grub_slice(vm, early, i, length), path;

		boot_text_add_text(&b, &prefix);
		boot_text_add_text(&b, &name);
		path = boot_text_finish(&b);
		if (length)
			add_words(line, &path, true);
		i += length + 1;
	}
}

static struct grub_node *make_body(struct grub_vm *vm, const struct bls_entry *entry)
{
	const struct boot_text *early = grub_get(vm, "early_initrd"), *fallback = grub_get(vm, "default_kernelopts");
	const struct boot_text *dt = grub_get(vm, "devicetree");
	const struct bls_line *initrd = NULL, *options = NULL;
	struct line line = begin(vm, "linux", entry->kernel->key_place);
	struct grub_node *first = line.node, *last = line.node;

	add_words(&line, &entry->kernel->raw, true);
	while ((options = bls_next(entry, "options", options)))
		add_words(&line, &options->raw, false);
	if (!bls_next(entry, "options", NULL) && fallback)
		add_words(&line, fallback, false);
	if (bls_next(entry, "initrd", NULL) || early) {
		const struct bls_line *any = bls_next(entry, "initrd", NULL);

		line = begin(vm, "initrd", any ? any->key_place : entry->kernel->key_place);
		if (early)
			add_early(vm, &line, entry, early);
		while ((initrd = bls_next(entry, "initrd", initrd)))
			add_words(&line, &initrd->raw, true);
		last->next = line.node;
		last = line.node;
	}
	if (entry->devicetree || dt) {
		struct boot_text_builder b = boot_text_build(vm->arena, LIMIT_GRUB_VALUE);
		struct boot_text prefix = folder(vm, &entry->kernel->raw), path;

		if (!entry->devicetree)
			boot_text_add_text(&b, &prefix);
		boot_text_add_text(&b, entry->devicetree ? &entry->devicetree->raw : dt);
		path = boot_text_finish(&b);
		line = begin(vm, "devicetree",
			     entry->devicetree ? entry->devicetree->key_place : entry->kernel->key_place);
		add_words(&line, &path, true);
		last->next = line.node;
	}
	return first;
}

static bool is_default(struct grub_vm *vm, const struct loaded *loaded, size_t index)
{
	const char *wanted = grub_get_text(vm, "default");
	char *end;

	if (!wanted || !*wanted)
		return false;
	limit_count(WORK_GRUB, strlen(wanted) * 2);
	if (!strcmp(wanted, loaded->id) || (loaded->entry.title && !strcmp(wanted, loaded->entry.title->raw.text)))
		return true;
	return strtoul(wanted, &end, 0) == index && end != wanted;
}

static void add_entry(struct grub_vm *vm, const struct loaded *loaded)
{
	const struct bls_entry *entry = &loaded->entry;
	const struct boot_text *title = entry->title ? &entry->title->raw : &entry->kernel->raw;
	struct boot_text *args = arena_memdup(vm->arena, title, sizeof(*title));
	struct grub_item item = {
		.title = title->text,
		.id = loaded->id,
		.place = boot_text_place(title, 0),
		.args = args,
		.arg_count = 1,
	};

	/* what grub_users and grub_arg do depends on the distribution's patches: it is not said to be restricted */
	item.body = make_body(vm, entry);
	(void)grub_add_item(vm, &item);
}

/* Loads all entries of a folder, given as (device)/path; false when there is no such folder. */
static bool load_folder(struct grub_vm *vm, const char *path, struct boot_place place, struct loaded *list, size_t *count,
			const char **ret_unknown)
{
	struct boot_text text = { .text = path, .length = strlen(path) };
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct fs_entry *entries;
	struct grub_file file;
	size_t entry_count;

	*ret_unknown = NULL;
	if (!grub_list(vm, &text, scratch, &file, &entries, &entry_count)) {
		if (file.found == GRUB_NOT_KNOWN)
			*ret_unknown = file.reason;
		return false;
	}
	for (size_t i = 0; i < entry_count && !vm->s->stop; i++) {
		const char *name = entries[i].name;
		const struct boot_source *source;
		struct loaded loaded;
		size_t length, size;
		char *data;

		length = name ? strlen(name) : 0;
		if (length <= 5 || name[0] == '.' || strcmp(name + length - 5, ".conf") != 0)
			continue;
		if (*count == LIMIT_GRUB_ENTRIES) {
			*ret_unknown = arena_printf(vm->arena, "there are more than %d entries in %s", LIMIT_GRUB_ENTRIES, path);
			return false;
		}
		name = arena_strdup(vm->arena, name);
		text.text = arena_printf(vm->arena, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", name);
		text.length = strlen(text.text);
		if (grub_read(vm, &text, &file, LIMIT_BLS_FILE, &data, &size, &source) != 0) {
			if (file.found != GRUB_NOT_KNOWN)
				continue;
			*ret_unknown = file.reason;
			return false;
		}
		loaded.entry = bls_parse_entry(vm->arena, source, name, data, size);
		if (loaded.entry.truncated) {
			*ret_unknown = arena_printf(vm->arena, "%s has more than %d lines", file.path, LIMIT_BLS_LINES);
			return false;
		}
		loaded.id = arena_strndup(vm->arena, name, length - 5);
		vm->bytes += 2 * length + size + loaded.entry.line_count * sizeof(*loaded.entry.lines) + sizeof(loaded);
		(void)insert(list, count, &loaded);
		(void)grub_spend(vm, 0, 0, place);
	}
	return true;
}

/* blscfg [default | non-default | (DEVICE)/FOLDER | ID] */
struct grub_status grub_cmd_blscfg(struct grub_vm *vm, const struct grub_call *call)
{
	const char *root = grub_get_text(vm, "root"), *folder_name = grub_get_text(vm, "blsdir"), *unknown;
	bool show_default = true, show_others = true;
	const char *id = NULL, *path = NULL;
	struct loaded *list;
	size_t count = 0;

	if (call->count == 1) {
		const char *arg = call->args[0].text;

		if (!strcmp(arg, "default"))
			show_others = false;
		else if (!strcmp(arg, "non-default"))
			show_default = false;
		else if (arg[0] == '(')
			path = arg;
		else
			id = arg;
	}
	if (!path && !root) {
		const struct boot_text *value = grub_get(vm, "root");

		return value && value->unknown ? grub_not_known(vm, call->place, value->unknown) : grub_failed();
	}
	list = ARENA_ARRAY(vm->arena, LIMIT_GRUB_ENTRIES + 1, struct loaded);
	if (!grub_spend(vm, 1, (LIMIT_GRUB_ENTRIES + 1) * sizeof(*list), call->place))
		return grub_failed();
	if (path) {
		(void)load_folder(vm, path, call->place, list, &count, &unknown);
	} else {
		path = arena_printf(vm->arena, "(%s)%s", root, folder_name ? folder_name : "/loader/entries/");
		if (!load_folder(vm, path, call->place, list, &count, &unknown) && !unknown)
			(void)load_folder(vm, arena_printf(vm->arena, "(%s)/boot/loader/entries/", root), call->place, list,
					  &count, &unknown);
	}
	if (unknown) {
		/* a menu without its entries is not what is shown */
		grub_stop(vm, GRUB_END_UNKNOWN, call->place, unknown);
		return grub_not_known(vm, call->place, unknown);
	}
	for (size_t i = 0; i < count && !vm->s->stop; i++) {
		bool wanted = id ? !strcmp(id, list[i].id)
				 : is_default(vm, &list[i], i) ? show_default : show_others;

		if (wanted && list[i].entry.kernel)
			add_entry(vm, &list[i]);
	}
	return grub_ok();
}
