/* SPDX-License-Identifier: MIT */
/* pe: reads DOS, COFF and optional header, data directories and section table.  What is wrong with them is
 * pe-layout.c's affair, how it is worded pe-text.c's. */
#include "efi/pe.h"

#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "efi/pe-internal.h"

#define DOS_HEADER_SIZE 64
#define DOS_LFANEW 0x3c
#define COFF_HEADER_SIZE 24 /* with the signature */
#define LARGEST_HEADERS 264 /* signature, COFF header and a whole PE32+ optional header: firmware reads as much */
#define SECTION_HEADER_SIZE 40
#define SYMBOL_SIZE 18
#define SECTION_NAME_SIZE 8 /* of the header */
#define LONGEST_SECTION_NAME 64

#define FIRST_READ 4096

/* The file's first bytes, which hold all headers of nearly every image. */
struct reader {
	struct arena *arena;
	struct view *file;
	const uint8_t *first;
	size_t first_size;
	struct error *err;
};

/* A cursor over `length` bytes at `offset`, which lie inside the file. */
static int reader_window(struct reader *r, uint64_t offset, size_t length, struct cursor *ret)
{
	uint8_t *bytes;
	int result;

	if (offset <= r->first_size && length <= r->first_size - offset) {
		*ret = cursor_make(r->first + offset, length);
		return 0;
	}
	bytes = arena_alloc(r->arena, length);
	result = view_read(r->file, offset, bytes, length, r->err);
	if (result < 0)
		return result;
	*ret = cursor_make(bytes, length);
	return 0;
}

static struct pe_directory read_directory(const struct cursor *at, uint64_t base, uint32_t count, unsigned int index)
{
	struct cursor c = *at;
	struct pe_directory directory = { 0 };

	if (index >= count)
		return directory;
	cursor_skip(&c, index * 8);
	directory.header_offset = base + c.position;
	directory.address = cursor_le32(&c);
	directory.size = cursor_le32(&c);
	if (!cursor_ok(&c))
		return (struct pe_directory){ 0 };
	return directory;
}

/* From the signature on.  c holds LARGEST_HEADERS bytes. */
static void read_headers(struct pe *pe, struct cursor *c, uint16_t *ret_sections, uint16_t *ret_optional_size,
			 uint32_t *ret_symbols, uint32_t *ret_symbol_count)
{
	uint64_t base = pe->header_offset;
	uint32_t directories;

	cursor_skip(c, 4);
	pe->machine_offset = base + c->position;
	pe->machine = cursor_le16(c);
	*ret_sections = cursor_le16(c);
	cursor_skip(c, 4); /* TimeDateStamp */
	*ret_symbols = cursor_le32(c);
	*ret_symbol_count = cursor_le32(c);
	*ret_optional_size = cursor_le16(c);
	pe->characteristics = cursor_le16(c);

	pe->magic = cursor_le16(c);
	pe->is_pe32_plus = pe->magic == PE_MAGIC_64;
	cursor_skip(c, 14); /* linker version, SizeOfCode, SizeOfInitializedData, SizeOfUninitializedData */
	pe->entry_offset = base + c->position;
	pe->entry = cursor_le32(c);
	cursor_skip(c, 4); /* BaseOfCode */
	if (pe->is_pe32_plus) {
		pe->image_base = cursor_le64(c);
	} else {
		cursor_skip(c, 4); /* BaseOfData */
		pe->image_base = cursor_le32(c);
	}
	pe->section_alignment = cursor_le32(c);
	pe->file_alignment = cursor_le32(c);
	cursor_skip(c, 16); /* versions */
	pe->image_size = cursor_le32(c);
	pe->headers_size = cursor_le32(c);
	cursor_skip(c, 4); /* CheckSum */
	pe->subsystem_offset = base + c->position;
	pe->subsystem = cursor_le16(c);
	pe->dll_characteristics = cursor_le16(c);
	cursor_skip(c, pe->is_pe32_plus ? 32 : 16); /* stack and heap sizes */
	cursor_skip(c, 4);                          /* LoaderFlags */
	pe->directory_count = cursor_le32(c);
	directories = pe->directory_count < 16 ? pe->directory_count : 16;
	pe->resources = read_directory(c, base, directories, 2);
	pe->certificates = read_directory(c, base, directories, 4);
	pe->relocations = read_directory(c, base, directories, 5);
	pe->debug = read_directory(c, base, directories, 6);
}

/* A name that did not fit into eight bytes is "/" and a decimal offset into the string table behind the symbols
 * (PE/COFF specification, 4).  Returns NULL when there is none such, or when it would have fitted: systemd-stub, shim and GRUB
 * look for such names in the header alone. */
static const char *long_name(struct reader *r, const char *name, uint32_t symbols, uint32_t symbol_count)
{
	uint64_t table = symbols + (uint64_t)symbol_count * SYMBOL_SIZE;
	uint64_t offset = 0;
	char text[LONGEST_SECTION_NAME + 1];
	size_t length;

	if (!symbols || name[0] != '/' || !name[1])
		return NULL;
	for (const char *p = name + 1; *p; p++) {
		if (*p < '0' || *p > '9')
			return NULL;
		offset = offset * 10 + (uint64_t)(*p - '0');
	}
	if (offset < 4 || table + offset >= r->file->size)
		return NULL;
	length = LONGEST_SECTION_NAME;
	if (length > r->file->size - table - offset)
		length = (size_t)(r->file->size - table - offset);
	/* a name is a nicety: one that cannot be read stays as it is in the header */
	if (view_read(r->file, table + offset, text, length, NULL) < 0)
		return NULL;
	text[length] = '\0';
	return strlen(text) > SECTION_NAME_SIZE ? arena_strdup(r->arena, text) : NULL;
}

static int read_sections(struct reader *r, struct pe *pe, uint64_t offset, uint16_t declared, uint32_t symbols,
			 uint32_t symbol_count)
{
	size_t count = declared < LIMIT_PE_SECTIONS ? declared : LIMIT_PE_SECTIONS;
	struct pe_section *sections;
	struct cursor c;
	int result;

	if (offset >= r->file->size)
		count = 0;
	else if (count > (r->file->size - offset) / SECTION_HEADER_SIZE)
		count = (size_t)((r->file->size - offset) / SECTION_HEADER_SIZE);
	sections = ARENA_ARRAY(r->arena, count, struct pe_section);
	pe->sections = sections;
	if (!count)
		return 0;
	result = reader_window(r, offset, count * SECTION_HEADER_SIZE, &c);
	if (result < 0)
		return result;
	for (size_t i = 0; i < count; i++) {
		struct pe_section *s = &sections[i];
		const char *resolved;
		char name[SECTION_NAME_SIZE + 1] = "";

		s->header_offset = offset + c.position;
		memcpy(name, cursor_bytes(&c, SECTION_NAME_SIZE), SECTION_NAME_SIZE);
		resolved = long_name(r, name, symbols, symbol_count);
		s->name = resolved ? resolved : arena_strdup(r->arena, name);
		s->virtual_size = cursor_le32(&c);
		s->virtual_address = cursor_le32(&c);
		s->raw_size = cursor_le32(&c);
		s->raw_offset = cursor_le32(&c);
		s->relocations_offset = cursor_le32(&c);
		cursor_skip(&c, 4); /* PointerToLinenumbers */
		s->relocations_count = cursor_le16(&c);
		cursor_skip(&c, 2); /* NumberOfLinenumbers */
		s->characteristics = cursor_le32(&c);
	}
	pe->section_count = count;
	return 0;
}

int pe_read(struct arena *arena, struct view *file, const struct pe **ret, struct error *err)
{
	struct reader r = { .arena = arena, .file = file, .err = err };
	struct pe *pe = ARENA_NEW(arena, struct pe);
	uint32_t symbols, symbol_count, lfanew;
	uint16_t sections, optional_size;
	struct cursor c;
	uint8_t *first;
	int result;

	*ret = pe;
	pe->file_size = file->size;
	if (!file->size) {
		pe->status = PE_EMPTY;
		return 0;
	}
	r.first_size = file->size < FIRST_READ ? (size_t)file->size : FIRST_READ;
	r.first = first = arena_alloc(arena, r.first_size);
	result = view_read(file, 0, first, r.first_size, err);
	if (result < 0)
		return result;
	if (r.first_size < 2 || first[0] != 'M' || first[1] != 'Z') {
		pe->status = r.first_size < DOS_HEADER_SIZE ? PE_TOO_SHORT : PE_NO_DOS_HEADER;
		return 0;
	}
	c = cursor_make(first, r.first_size);
	cursor_seek(&c, DOS_LFANEW);
	lfanew = cursor_le32(&c);
	pe->header_offset = lfanew;
	/* without a whole DOS header, or with a pointer past the end, the rest of the file is missing */
	if (!cursor_ok(&c) || file->size < LARGEST_HEADERS || lfanew > file->size - LARGEST_HEADERS) {
		pe->status = PE_HEADER_CUT;
		return 0;
	}
	result = reader_window(&r, lfanew, LARGEST_HEADERS, &c);
	if (result < 0)
		return result;
	if (memcmp(c.data, "PE\0\0", 4)) {
		pe->status = PE_NO_SIGNATURE;
		return 0;
	}
	read_headers(pe, &c, &sections, &optional_size, &symbols, &symbol_count);
	if (pe->magic != PE_MAGIC_32 && pe->magic != PE_MAGIC_64) {
		*pe = (struct pe){
			.status = PE_UNKNOWN_MAGIC, .file_size = file->size, .header_offset = lfanew, .magic = pe->magic
		};
		return 0;
	}
	result = read_sections(&r, pe, (uint64_t)lfanew + COFF_HEADER_SIZE + optional_size, sections, symbols,
			       symbol_count);
	if (result < 0)
		return result;
	return pe_judge_layout(arena, file, pe, optional_size, sections, err);
}

const struct pe_section *pe_section(const struct pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->section_count; i++)
		if (!strcmp(pe->sections[i].name, name))
			return &pe->sections[i];
	return NULL;
}

uint64_t pe_section_size(const struct pe *pe, const struct pe_section *section)
{
	uint64_t size = section->raw_size;

	if (section->virtual_size && size > section->virtual_size)
		size = section->virtual_size;
	if (section->raw_offset >= pe->file_size)
		return 0;
	if (size > pe->file_size - section->raw_offset)
		size = pe->file_size - section->raw_offset;
	return size;
}

int pe_section_read(struct arena *arena, struct view *file, const struct pe *pe, const struct pe_section *section,
		    size_t maximum, const uint8_t **ret, size_t *ret_size, struct error *err)
{
	uint64_t size = pe_section_size(pe, section);
	uint8_t *bytes;
	int result;

	if (size > maximum)
		size = maximum;
	bytes = arena_alloc(arena, (size_t)size + 1);
	result = size ? view_read(file, section->raw_offset, bytes, (size_t)size, err)
		      : 0; /* it may begin past the end */
	if (result < 0)
		return result;
	*ret = bytes;
	*ret_size = (size_t)size;
	return 0;
}
