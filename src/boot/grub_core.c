/* SPDX-License-Identifier: MIT */
/* grub_core: walking the objects in a GRUB EFI binary. */
#include "boot/grub_core.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "boot/tar.h"
#include "efi/sbat.h"
#include "fs/fat.h"
#include "fs/squashfs.h"

#define AREA_MAGIC 0x676d696dU /* "mimg" */

enum object { OBJECT_ELF, OBJECT_MEMDISK, OBJECT_CONFIG, OBJECT_PREFIX };

struct reader {
	struct arena *arena;
	struct view *area; /* the section with the objects */
	uint64_t base;     /* of the section in the file */
	struct grub_core *core;
	const char **names;
	size_t name_capacity;
	uint64_t normal_offset, normal_size; /* of normal.mod in the area */
};

/* Reads `size` bytes of the area as a cursor over scratch memory; cut at the area's end. */
static int read_at(struct reader *r, uint64_t offset, size_t size, struct cursor *ret, struct error *err)
{
	uint8_t *data;
	int result;

	if (offset > r->area->size)
		offset = r->area->size;
	if (size > r->area->size - offset)
		size = (size_t)(r->area->size - offset);
	data = arena_alloc(r->arena, size);
	result = view_read(r->area, offset, data, size, err);
	*ret = cursor_make(data, size);
	return result;
}

struct elf_section {
	uint32_t name;
	uint64_t offset, size;
};

static struct elf_section read_section(struct cursor *c, bool wide)
{
	struct elf_section section;

	section.name = cursor_le32(c);
	cursor_skip(c, wide ? 20 : 12); /* type, flags, address */
	section.offset = wide ? cursor_le64(c) : cursor_le32(c);
	section.size = wide ? cursor_le64(c) : cursor_le32(c);
	cursor_skip(c, wide ? 24 : 16);
	return section;
}

/* The name in a module's section .modname; NULL when it has none.  `offset` and `size` are the ELF file's in the area.
 * (System V ABI, chapters 4 and 5: headers and section names.) */
static int module_name(struct reader *r, uint64_t offset, uint64_t size, const char **ret, struct error *err)
{
	struct arena_mark mark = arena_mark(r->arena);
	char name[64] = "";
	struct elf_section names, section;
	struct cursor c, table, strings, text;
	unsigned int entry_size, count, index;
	uint64_t headers;
	bool wide;
	int result;

	*ret = NULL;
	result = read_at(r, offset, size < 64 ? (size_t)size : 64, &c, err);
	if (result < 0)
		goto out;
	if (cursor_le32(&c) != 0x464c457f)
		goto out;
	wide = cursor_u8(&c) == 2;
	if (cursor_u8(&c) != 1) /* all of GRUB's EFI machines are little-endian */
		goto out;
	cursor_seek(&c, wide ? 40 : 32);
	headers = wide ? cursor_le64(&c) : cursor_le32(&c);
	cursor_seek(&c, wide ? 58 : 46);
	entry_size = cursor_le16(&c);
	count = cursor_le16(&c);
	index = cursor_le16(&c);
	if (!cursor_ok(&c) || entry_size != (wide ? 64 : 40) || !count || count > LIMIT_ELF_SECTIONS || index >= count ||
	    headers > size || (uint64_t)count * entry_size > size - headers)
		goto out;
	result = read_at(r, offset + headers, (size_t)count * entry_size, &table, err);
	if (result < 0)
		goto out;
	c = table;
	cursor_skip(&c, (size_t)index * entry_size);
	names = read_section(&c, wide);
	if (!cursor_ok(&c) || names.offset > size || names.size > size - names.offset || names.size > LIMIT_ELF_NAMES)
		goto out;
	result = read_at(r, offset + names.offset, (size_t)names.size, &strings, err);
	if (result < 0)
		goto out;
	for (unsigned int i = 0; i < count; i++) {
		static const char wanted[] = ".modname";

		section = read_section(&table, wide);
		if (!cursor_ok(&table) || section.name > strings.size ||
		    strings.size - section.name < sizeof(wanted) ||
		    memcmp(strings.data + section.name, wanted, sizeof(wanted)) != 0)
			continue;
		if (section.offset > size || section.size > size - section.offset || section.size > sizeof(name))
			break;
		result = read_at(r, offset + section.offset, (size_t)section.size, &text, err);
		if (result == 0 && text.size)
			memcpy(name, text.data, text.size - (text.size == sizeof(name)));
		break;
	}
out:
	arena_release(r->arena, mark);
	if (result == 0 && name[0])
		*ret = arena_strdup(r->arena, name);
	return result;
}

static void add_name(struct reader *r, const char *name)
{
	if (r->core->module_count + 1 >= r->name_capacity) {
		size_t capacity = r->name_capacity * 2;
		const char **grown = ARENA_ARRAY(r->arena, capacity, const char *);

		memcpy(grown, r->names, r->core->module_count * sizeof(*grown));
		r->names = grown;
		r->name_capacity = capacity;
	}
	r->names[r->core->module_count++] = name;
}

static int read_object(struct reader *r, uint32_t type, uint64_t offset, uint64_t size, struct error *err)
{
	struct grub_core *core = r->core;
	const char *name;
	struct cursor c;
	int result = 0;

	switch (type) {
	case OBJECT_ELF:
		result = module_name(r, offset, size, &name, err);
		if (result < 0)
			return result;
		if (!name) {
			core->nameless_count++;
			break;
		}
		add_name(r, name);
		if (!strcmp(name, "normal")) {
			r->normal_offset = offset;
			r->normal_size = size;
		}
		break;
	case OBJECT_MEMDISK:
		core->memdisk = view_slice(r->arena, r->area, offset, size);
		core->memdisk_offset = r->base + offset;
		break;
	case OBJECT_CONFIG:
		core->config_offset = r->base + offset;
		core->config_too_large = size > LIMIT_GRUB_CONFIG;
		if (core->config_too_large)
			break;
		result = read_at(r, offset, (size_t)size, &c, err);
		if (result < 0)
			return result;
		core->config = (const char *)c.data;
		core->config_size = strnlen(core->config, c.size);
		break;
	case OBJECT_PREFIX:
		core->prefix_offset = r->base + offset;
		result = read_at(r, offset, size < LIMIT_GRUB_PREFIX ? (size_t)size : LIMIT_GRUB_PREFIX, &c, err);
		if (result == 0)
			core->prefix = arena_strndup(r->arena, (const char *)c.data, c.size);
		break;
	default:
		break; /* keys and device trees */
	}
	return result;
}

static void fault(struct reader *r, enum grub_core_fault kind, uint64_t offset)
{
	r->core->fault = kind;
	r->core->fault_offset = r->base + offset;
}

/* The area's header is 16 bytes on machines of 32 bits and 24 on those of 64; offsets count from its beginning. */
static int read_area(struct reader *r, bool wide, struct error *err)
{
	uint64_t offset, size, position;
	unsigned int count = 0;
	struct cursor c;
	int result;

	result = read_at(r, 0, wide ? 24 : 12, &c, err);
	if (result < 0)
		return result;
	cursor_skip(&c, wide ? 8 : 4);
	offset = wide ? cursor_le64(&c) : cursor_le32(&c);
	size = wide ? cursor_le64(&c) : cursor_le32(&c);
	if (!cursor_ok(&c) || size > r->area->size || offset > size) {
		fault(r, GRUB_CORE_AREA, 0);
		return 0;
	}
	for (position = offset; position < size;) {
		uint32_t type, length;

		if (count++ == LIMIT_GRUB_OBJECTS) {
			fault(r, GRUB_CORE_MANY, position);
			break;
		}
		result = read_at(r, position, 8, &c, err);
		if (result < 0)
			return result;
		type = cursor_le32(&c);
		length = cursor_le32(&c);
		if (!cursor_ok(&c) || length < 8 || length > size - position) {
			fault(r, GRUB_CORE_OBJECT, position);
			break;
		}
		result = read_object(r, type, position + 8, length - 8, err);
		if (result < 0)
			return result;
		position += length;
	}
	return 0;
}

/* What follows the words that GRUB greets with, in normal.mod's strings. */
static int version_from_normal(struct reader *r, struct error *err)
{
	static const char greeting[] = "GNU GRUB  version %s";
	struct arena_mark mark = arena_mark(r->arena);
	char version[64] = "";
	const uint8_t *found;
	struct cursor c;
	int result;

	if (!r->normal_size || r->normal_size > LIMIT_GRUB_MODULE)
		return 0;
	result = read_at(r, r->normal_offset, (size_t)r->normal_size, &c, err);
	if (result == 0) {
		found = memmem(c.data, c.size, greeting, sizeof(greeting));
		if (found) {
			size_t left = c.size - (size_t)(found - c.data) - sizeof(greeting);
			const char *text = (const char *)found + sizeof(greeting);
			size_t length = strnlen(text, left);

			if (length && length < sizeof(version) && *text >= '0' && *text <= '9')
				memcpy(version, text, length);
		}
	}
	arena_release(r->arena, mark);
	if (version[0])
		r->core->version = arena_strdup(r->arena, version);
	return result;
}

/* Else what its SBAT section says: the distribution's own line knows the package's version. */
static int version_from_sbat(struct reader *r, struct view *file, const struct pe *pe, struct error *err)
{
	const struct sbat_section *sbat;
	int result = sbat_read_section(r->arena, file, pe, &sbat, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < sbat->sbat.count; i++) {
		const struct sbat_entry *entry = &sbat->sbat.entries[i];

		if (entry->component && entry->version && !strncmp(entry->component, "grub", 4) &&
		    (!r->core->version || entry->component[4] == '.'))
			r->core->version = entry->version;
	}
	return 0;
}

static int open_memdisk(struct reader *r)
{
	struct grub_core *core = r->core;
	struct squashfs *squashfs;
	struct fat *fat;
	int result;

	result = tar_open(r->arena, core->memdisk, &core->memdisk_fs, &core->memdisk_cut, &core->memdisk_error);
	if (result < 0 || core->memdisk_fs)
		return result;
	result = squashfs_open(r->arena, core->memdisk, &squashfs, &core->memdisk_error);
	if (result < 0)
		return result;
	core->state = squashfs;
	core->memdisk_fs = squashfs->fs;
	if (squashfs->fault != SQUASHFS_NO_MAGIC) {
		if (!squashfs->fs)
			(void)error_set(&core->memdisk_error, EIO, "%s", squashfs->problem);
		return 0;
	}
	result = fat_open(r->arena, core->memdisk, &fat, &core->memdisk_error);
	if (result == 0 && fat->type != FAT_NONE)
		core->memdisk_fs = fat->fs;
	return result;
}

static const char *cpu_name(uint16_t machine)
{
	switch (machine) {
	case PE_MACHINE_AARCH64:
		return "arm64";
	case PE_MACHINE_ARM:
	case PE_MACHINE_ARM_THUMB:
		return "arm";
	case PE_MACHINE_X86_64:
		return "x86_64";
	case PE_MACHINE_I386:
		return "i386";
	case PE_MACHINE_RISCV64:
		return "riscv64";
	case PE_MACHINE_RISCV32:
		return "riscv32";
	case PE_MACHINE_LOONGARCH64:
		return "loongarch64";
	default:
		return NULL;
	}
}

int grub_core_read(struct arena *arena, struct view *file, const struct pe *pe, const struct grub_core **ret,
		   struct error *err)
{
	struct reader r = { .arena = arena, .core = ARENA_NEW(arena, struct grub_core) };
	int result = 0;

	*ret = r.core;
	for (size_t i = 0; i < pe->section_count && !r.core->present; i++) {
		const struct pe_section *section = &pe->sections[i];
		struct cursor c;

		if (section->raw_size < 12)
			continue;
		r.area = view_slice(arena, file, section->raw_offset, section->raw_size);
		r.base = section->raw_offset;
		result = read_at(&r, 0, 4, &c, err);
		if (result < 0)
			return result;
		r.core->present = cursor_le32(&c) == AREA_MAGIC;
	}
	if (!r.core->present)
		return 0;
	r.core->cpu = cpu_name(pe->machine);
	r.name_capacity = 64;
	r.names = ARENA_ARRAY(arena, r.name_capacity, const char *);
	result = read_area(&r, pe->is_pe32_plus, err);
	r.core->modules = r.names;
	if (result == 0)
		result = version_from_normal(&r, err);
	if (result == 0 && !r.core->version)
		result = version_from_sbat(&r, file, pe, err);
	/* a memory disk that cannot be read is no reason to throw away the rest */
	if (result == 0 && r.core->memdisk)
		(void)open_memdisk(&r);
	return result;
}

void grub_core_close(const struct grub_core *core)
{
	if (core)
		squashfs_close(core->state);
}

bool grub_core_has(const struct grub_core *core, const char *module)
{
	for (size_t i = 0; i < core->module_count; i++)
		if (!strcmp(core->modules[i], module))
			return true;
	return false;
}

struct grub_start grub_core_start(const struct grub_core *core, const struct boot_device *device, const char *folder)
{
	return (struct grub_start){
		.prefix = core->prefix,
		.config = core->config,
		.config_size = core->config_size,
		.memdisk = core->memdisk_fs,
		.memdisk_unreadable = core->memdisk && !core->memdisk_fs,
		.modules = core->modules,
		.modules_known = core->fault == GRUB_CORE_GOOD && !core->nameless_count,
		.device = device,
		.folder = folder,
	};
}
