/* SPDX-License-Identifier: MIT */
/* grub_module: see the header. */
#include "boot/grub_module.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "boot/grub_core.h"

#define ELF_RELOCATABLE 1
#define ELF_SECTION_NOBITS 8

struct reader {
	struct arena *arena;
	struct view *file;
	bool wide;
	struct cursor sections, names;
	unsigned int count;
	const char *fault;
};

struct section {
	const char *name; /* NULL: outside the table of names */
	uint32_t type;
	uint64_t offset, size;
};

static int read_bytes(struct reader *r, uint64_t offset, uint64_t size, struct cursor *ret, struct error *err)
{
	uint8_t *data = arena_alloc(r->arena, (size_t)size + 1);
	int result = limit_spend(WORK_GRUB, size, err);

	if (result < 0)
		return result;
	data[size] = '\0';
	*ret = cursor_make(data, (size_t)size);
	return size ? view_read(r->file, offset, data, (size_t)size, err) : 0;
}

bool grub_unpacks(const uint8_t *bytes, size_t size)
{
	static const struct {
		const char *bytes;
		size_t length;
	} magic[] = { { "\x1f\x8b", 2 }, { "\xfd" "7zXZ", 5 }, { "\x89LZO", 4 } };

	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		if (size >= magic[i].length && !memcmp(bytes, magic[i].bytes, magic[i].length))
			return true;
	return false;
}

/* What the header says of the machine that the file is for; false: it is for another one. */
static bool is_for(const char *cpu, bool wide, unsigned int machine)
{
	static const struct {
		const char *cpu;
		unsigned int machine;
		bool wide;
	} known[] = { { "arm64", 183, true },  { "arm", 40, false },	  { "x86_64", 62, true },	{ "i386", 3, false },
		      { "riscv64", 243, true }, { "riscv32", 243, false }, { "loongarch64", 258, true } };

	for (size_t i = 0; cpu && i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].cpu, cpu))
			return known[i].machine == machine && known[i].wide == wide;
	return true;
}

static struct section section_at(struct reader *r, unsigned int index)
{
	struct section section = { .name = NULL };
	struct cursor c = r->sections;
	uint32_t name;

	cursor_seek(&c, (size_t)index * (r->wide ? 64 : 40));
	name = cursor_le32(&c);
	section.type = cursor_le32(&c);
	cursor_skip(&c, r->wide ? 16 : 8); /* flags, address */
	section.offset = r->wide ? cursor_le64(&c) : cursor_le32(&c);
	section.size = r->wide ? cursor_le64(&c) : cursor_le32(&c);
	/* a NUL stands behind the table */
	if (name < r->names.size)
		section.name = (const char *)r->names.data + name;
	return section;
}

/* The headers and the table of sections.  What is not as it must be is in r->fault; false: nothing more can be said. */
static int read_sections(struct reader *r, const char *cpu, bool *ret_known, struct error *err)
{
	unsigned int type, machine, entry_size, index;
	uint64_t size = r->file->size, table, end;
	struct section names;
	struct cursor c;
	int result;

	*ret_known = false;
	if (!size) {
		r->fault = "is empty";
		return 0;
	}
	result = read_bytes(r, 0, size < 64 ? size : 64, &c, err);
	/* grub-install has an option for modules that are compressed */
	if (result < 0 || grub_unpacks(c.data, c.size))
		return result;
	if (c.size < 4 || memcmp(c.data, "\x7f" "ELF", 4) != 0) {
		r->fault = "is no ELF file";
		return 0;
	}
	cursor_skip(&c, 4);
	r->wide = cursor_u8(&c) == 2;
	cursor_seek(&c, 16);
	type = cursor_le16(&c);
	machine = cursor_le16(&c);
	cursor_seek(&c, r->wide ? 40 : 32);
	table = r->wide ? cursor_le64(&c) : cursor_le32(&c);
	cursor_seek(&c, r->wide ? 58 : 46);
	entry_size = cursor_le16(&c);
	r->count = cursor_le16(&c);
	index = cursor_le16(&c);
	if (!cursor_ok(&c)) {
		r->fault = "is cut short, inside its ELF header";
		return 0;
	}
	if (!is_for(cpu, r->wide, machine)) {
		r->fault = arena_printf(r->arena, "is for another machine (ELF's number %u)", machine);
		return 0;
	}
	if (type != ELF_RELOCATABLE) {
		r->fault = "is no relocatable ELF file";
		return 0;
	}
	if (entry_size != (r->wide ? 64 : 40) || index >= r->count) {
		r->fault = "has no table of sections";
		return 0;
	}
	if (__builtin_add_overflow(table, (uint64_t)r->count * entry_size, &end) || table > size) {
		r->fault = "is cut short: its table of sections lies behind its end";
		return 0;
	}
	if (end > size) {
		r->fault = arena_printf(r->arena, "is cut short: its table of sections goes on to byte %" PRIu64 " of %" PRIu64,
					end, size);
		return 0;
	}
	if (r->count > LIMIT_ELF_SECTIONS)
		return 0;
	result = read_bytes(r, table, end - table, &r->sections, err);
	if (result < 0)
		return result;
	names = section_at(r, index);
	if (names.size > LIMIT_ELF_NAMES || names.offset > size || names.size > size - names.offset)
		return 0;
	*ret_known = true;
	return read_bytes(r, names.offset, names.size, &r->names, err);
}

static void add_dependencies(struct reader *r, const struct cursor *text, struct grub_module_file *ret)
{
	const char **list = ARENA_ARRAY(r->arena, LIMIT_GRUB_MODULE_DEPENDENCIES + 1, const char *);
	size_t count = 0;

	for (size_t i = 0; i < text->size;) {
		const char *name = (const char *)text->data + i;

		if (*name && count == LIMIT_GRUB_MODULE_DEPENDENCIES) {
			limit_error(NULL, "a module of GRUB depends on more than %d others", LIMIT_GRUB_MODULE_DEPENDENCIES);
			break;
		}
		if (*name)
			list[count++] = name;
		i += strlen(name) + 1;
	}
	ret->dependencies = list;
}

int grub_module_read(struct arena *arena, struct view *file, const char *cpu, const char *name, struct grub_module_file *ret,
		     struct error *err)
{
	static const char *const none[] = { NULL };
	struct reader r = { .arena = arena, .file = file };
	const char *own = NULL;
	bool known, has_dependencies = false;
	int result;

	*ret = (struct grub_module_file){ .dependencies = none };
	result = read_sections(&r, cpu, &known, err);
	for (unsigned int i = 0; result == 0 && known && !r.fault && i < r.count; i++) {
		struct section section = section_at(&r, i);
		struct cursor text;

		if (section.type == ELF_SECTION_NOBITS)
			continue;
		if (section.offset > file->size || section.size > file->size - section.offset) {
			r.fault = arena_printf(arena, "is cut short: its section %s ends behind it",
					       section.name ? section.name : "");
			break;
		}
		if (!section.name || section.size > LIMIT_GRUB_MODULE_TEXT ||
		    (strcmp(section.name, ".modname") != 0 && strcmp(section.name, ".moddeps") != 0))
			continue;
		/* the first of each is what GRUB takes (kern/dl.c, grub_dl_find_section) */
		if (strcmp(section.name, ".moddeps") ? own != NULL : has_dependencies)
			continue;
		result = read_bytes(&r, section.offset, section.size, &text, err);
		if (result < 0)
			break;
		if (!strcmp(section.name, ".moddeps")) {
			add_dependencies(&r, &text, ret);
			has_dependencies = true;
		} else {
			own = (const char *)text.data;
		}
	}
	if (known && !r.fault && !own)
		r.fault = "does not say which module it is";
	else if (known && !r.fault && strcmp(own, name) != 0)
		r.fault = arena_printf(arena, "is the module %s", own);
	ret->fault = r.fault;
	return result < 0 ? result : 0;
}
