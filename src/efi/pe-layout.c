/* SPDX-License-Identifier: MIT */
/* pe-layout: do the headers describe something that a loader can place in memory?
 *
 * The refusals are those of edk2's PeCoffLoaderGetPeHeader, PeCoffLoaderGetImageInfo, PeCoffLoaderLoadImage and
 * PeCoffLoaderRelocateImage, in the same terms.  Where one bad field would make others look wrong too, the later checks
 * are left out, so that one defect is one problem.
 */
#include "efi/pe-internal.h"

#include <assert.h>

#include "base/cursor.h"
#include "base/limits.h"

#define SECTION_HEADER_SIZE 40
#define DEBUG_ENTRY_SIZE 28
#define DEBUG_TYPE_CODEVIEW 2
#define DEBUG_ENTRIES 4096 /* real ones have a handful; a loader stops at the first of type CodeView */

/* fields, counted from the signature */
#define AT_SECTION_COUNT 6
#define AT_OPTIONAL_SIZE 20
#define AT_CHARACTERISTICS 22
#define AT_MAGIC 24
#define AT_SECTION_ALIGNMENT (24 + 32)
#define AT_IMAGE_SIZE (24 + 56)
#define AT_HEADERS_SIZE (24 + 60)

struct judge {
	struct arena *arena;
	struct view *file;
	struct pe *pe;
	struct error *err;
	struct pe_problem *problems;
	size_t count, room;
	bool headers_bad, image_size_bad; /* sizes that nothing else can be compared with */
	bool table_cut;                   /* sections are missing because the file ends */
};

static enum pe_effect effect_of(enum pe_problem_kind kind)
{
	if (kind < PE_ENTRY_NOT_IN_SECTION)
		return PE_REFUSED;
	return kind < PE_MAGIC_OF_MACHINE ? PE_MISPLACED : PE_TOLERATED;
}

static struct pe_problem *add(struct judge *j, enum pe_problem_kind kind, uint64_t offset, uint32_t length,
			      uint64_t value, uint64_t bound)
{
	assert(j->count < j->room);
	j->problems[j->count] = (struct pe_problem){ kind, effect_of(kind), offset, length, -1, -1, value, bound };
	return &j->problems[j->count++];
}

static void need(struct judge *j, uint64_t end, uint64_t offset, uint32_t length, const char *what)
{
	if (end <= j->pe->needed)
		return;
	j->pe->needed = end;
	j->pe->needed_offset = offset;
	j->pe->needed_length = length;
	j->pe->needed_by = what;
}

static void judge_headers(struct judge *j, uint16_t optional_size, uint16_t declared)
{
	const struct pe *pe = j->pe;
	uint64_t at = pe->header_offset;
	uint64_t table = at + 24 + optional_size;
	uint64_t fixed = pe->is_pe32_plus ? 112 : 96;
	uint64_t table_end = table + (uint64_t)declared * SECTION_HEADER_SIZE;
	bool wide;

	if (pe->directory_count > 16)
		add(j, PE_DIRECTORY_COUNT, at + 24 + fixed - 4, 4, pe->directory_count, 16);
	else if (optional_size != fixed + pe->directory_count * 8)
		add(j, PE_OPTIONAL_HEADER_SIZE, at + AT_OPTIONAL_SIZE, 2, optional_size,
		    fixed + pe->directory_count * 8);
	/* the section table is not where it seems to be */
	if (j->count) {
		j->headers_bad = true;
		return;
	}
	if (declared > LIMIT_PE_SECTIONS)
		add(j, PE_TOO_MANY_SECTIONS, at + AT_SECTION_COUNT, 2, declared, LIMIT_PE_SECTIONS);
	if (pe->headers_size < table_end || pe->headers_size <= table) {
		add(j, PE_HEADERS_SIZE, at + AT_HEADERS_SIZE, 4, pe->headers_size, table_end);
		j->headers_bad = true;
	}
	if (pe->image_size <= pe->headers_size || pe->image_size <= table ||
	    (pe->image_size - table) / SECTION_HEADER_SIZE <= declared) {
		uint64_t bound = pe->headers_size > table_end ? pe->headers_size : table_end;

		if (!j->headers_bad)
			add(j, PE_IMAGE_SIZE, at + AT_IMAGE_SIZE, 4, pe->image_size, bound);
		j->image_size_bad = true;
	}
	if (!pe->section_alignment || pe->section_alignment & (pe->section_alignment - 1)) {
		struct pe_problem *p =
			add(j, PE_SECTION_ALIGNMENT, at + AT_SECTION_ALIGNMENT, 4, pe->section_alignment, 0);

		/* a mask of zero makes edk2 place the image at address 0, which it refuses; others it takes */
		if (pe->section_alignment)
			p->effect = PE_TOLERATED;
	}
	if (pe->characteristics & PE_FILE_RELOCATIONS_STRIPPED)
		add(j, PE_RELOCATIONS_STRIPPED, at + AT_CHARACTERISTICS, 2, pe->characteristics,
		    PE_FILE_RELOCATIONS_STRIPPED);
	switch (pe->machine) {
	case PE_MACHINE_X86_64:
	case PE_MACHINE_AARCH64:
	case PE_MACHINE_RISCV64:
	case PE_MACHINE_LOONGARCH64:
		wide = true;
		break;
	case PE_MACHINE_I386:
	case PE_MACHINE_ARM_THUMB:
		wide = false;
		break;
	default:
		wide = pe->is_pe32_plus;
	}
	if (wide != pe->is_pe32_plus)
		add(j, PE_MAGIC_OF_MACHINE, at + AT_MAGIC, 2, pe->magic, wide ? PE_MAGIC_64 : PE_MAGIC_32);
	need(j, table_end, at + AT_SECTION_COUNT, 2, "the section table");
	if (!j->headers_bad)
		need(j, pe->headers_size, at + AT_HEADERS_SIZE, 4, "the headers");
}

/* bytes that a section takes in memory */
static uint64_t span(const struct pe_section *s)
{
	return s->virtual_size ? s->virtual_size : s->raw_size;
}

static void judge_section(struct judge *j, int index)
{
	const struct pe *pe = j->pe;
	const struct pe_section *s = &pe->sections[index];
	uint64_t at = s->header_offset;
	struct pe_problem *p = NULL;

	if (s->raw_size) {
		if (!j->headers_bad && s->virtual_address < pe->headers_size)
			p = add(j, PE_SECTION_IN_HEADERS, at + 12, 4, s->virtual_address, pe->headers_size);
		else if (!j->headers_bad && s->raw_offset < pe->headers_size)
			p = add(j, PE_SECTION_IN_HEADERS, at + 20, 4, s->raw_offset, pe->headers_size);
		else if (UINT32_MAX - s->raw_offset < s->raw_size)
			p = add(j, PE_SECTION_OVERFLOW, at + 16, 8, (uint64_t)s->raw_offset + s->raw_size, UINT32_MAX);
		else
			need(j, (uint64_t)s->raw_offset + s->raw_size, at + 16, 8,
			     arena_printf(j->arena, "section %s", s->name));
	}
	if (!p && !j->image_size_bad && (s->raw_size || s->virtual_size) &&
	    (uint64_t)s->virtual_address + span(s) > pe->image_size)
		p = add(j, PE_SECTION_OUTSIDE, at + 8, 8, (uint64_t)s->virtual_address + span(s), pe->image_size);
	if (!p && pe->section_alignment && !(pe->section_alignment & (pe->section_alignment - 1)) &&
	    s->virtual_address & (pe->section_alignment - 1))
		p = add(j, PE_SECTION_UNALIGNED, at + 12, 4, s->virtual_address, pe->section_alignment);
	if (p)
		p->section = index;
}

static bool ranges_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

static void judge_pairs(struct judge *j)
{
	const struct pe_section *s = j->pe->sections;

	for (size_t i = 1; i < j->pe->section_count; i++) {
		struct pe_problem *p = NULL;
		size_t k;

		for (k = 0; k < i && !p; k++) {
			if (ranges_meet(s[i].virtual_address, span(&s[i]), s[k].virtual_address, span(&s[k])))
				p = add(j, PE_SECTIONS_OVERLAP, s[i].header_offset + 8, 8, s[i].virtual_address,
					(uint64_t)s[k].virtual_address + span(&s[k]));
			else if (ranges_meet(s[i].raw_offset, s[i].raw_size, s[k].raw_offset, s[k].raw_size))
				p = add(j, PE_SECTIONS_OVERLAP_FILE, s[i].header_offset + 16, 8, s[i].raw_offset,
					(uint64_t)s[k].raw_offset + s[k].raw_size);
		}
		if (!p && span(&s[i]) && s[i].virtual_address < s[i - 1].virtual_address) {
			p = add(j, PE_SECTION_ORDER, s[i].header_offset + 12, 4, s[i].virtual_address,
				s[i - 1].virtual_address);
			k = i;
		}
		if (p) {
			p->section = (int)i;
			p->other = (int)k - 1;
		}
	}
}

static void judge_entry(struct judge *j)
{
	const struct pe *pe = j->pe;

	if (j->image_size_bad || j->table_cut)
		return;
	if (pe->entry >= pe->image_size) {
		add(j, PE_ENTRY_OUTSIDE, pe->entry_offset, 4, pe->entry, pe->image_size);
		return;
	}
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (pe->entry < s->virtual_address || pe->entry - s->virtual_address >= span(s))
			continue;
		if (!(s->characteristics & (PE_SECTION_EXECUTE | PE_SECTION_CODE)))
			add(j, PE_ENTRY_NOT_EXECUTABLE, pe->entry_offset, 4, pe->entry, 0)->section = (int)i;
		return;
	}
	add(j, PE_ENTRY_NOT_IN_SECTION, pe->entry_offset, 4, pe->entry, pe->headers_size);
}

static void judge_certificates(struct judge *j)
{
	const struct pe_directory *d = &j->pe->certificates;

	if (!d->size)
		return;
	if (UINT32_MAX - d->address < d->size) {
		add(j, PE_CERTIFICATES_OVERFLOW, d->header_offset, 8, (uint64_t)d->address + d->size, UINT32_MAX);
		return;
	}
	need(j, (uint64_t)d->address + d->size, d->header_offset, 8, "the certificate table");
	if (d->address % 8)
		add(j, PE_CERTIFICATES_UNALIGNED, d->header_offset, 4, d->address, 8);
}

static const struct pe_section *section_of(const struct pe *pe, uint32_t address)
{
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (address >= s->virtual_address && address - s->virtual_address < span(s))
			return s;
	}
	return NULL;
}

/* Does edk2 know how to apply a fixup of this type? */
static bool known_fixup(uint16_t machine, unsigned int type)
{
	if (type <= 3 || type == 10)
		return true;
	/* 5, 7 and 8 mean other things on each of these machines */
	return (type == 5 || type == 7 || type == 8) && machine != PE_MACHINE_X86_64 && machine != PE_MACHINE_I386 &&
	       machine != PE_MACHINE_AARCH64;
}

/* Is a run of blocks sound as far as it goes?  On failure *ret_at is the offset of the bad block. */
static bool sound_blocks(const struct pe *pe, const uint8_t *table, size_t size, size_t *ret_at)
{
	struct cursor c = cursor_make(table, size);

	/* edk2 looks at another block as long as one starts before the table's last byte */
	while (c.position + 1 < size) {
		uint32_t page, block;

		*ret_at = c.position;
		page = cursor_le32(&c);
		block = cursor_le32(&c);
		if (!cursor_ok(&c) || block < 8 || block - 8 > cursor_left(&c) || page >= pe->image_size)
			return false;
		for (uint32_t left = (block - 8) / 2; left; left--) {
			uint16_t fixup = cursor_le16(&c);

			if ((uint64_t)page + (fixup & 0xfff) >= pe->image_size ||
			    !known_fixup(pe->machine, fixup >> 12))
				return false;
		}
		cursor_skip(&c, block % 2);
	}
	return true;
}

static int judge_relocations(struct judge *j)
{
	const struct pe *pe = j->pe;
	const struct pe_directory *d = &pe->relocations;
	const struct pe_section *s;
	struct arena_mark mark = arena_mark(j->arena);
	uint64_t offset, held;
	uint8_t *table;
	size_t at = 0;
	int result = 0;

	if (!d->size || j->image_size_bad || pe->characteristics & PE_FILE_RELOCATIONS_STRIPPED)
		return 0;
	if (d->address >= pe->image_size || d->size > pe->image_size - d->address) {
		add(j, PE_RELOCATIONS_OUTSIDE, d->header_offset, 8, (uint64_t)d->address + d->size, pe->image_size);
		return 0;
	}
	s = section_of(pe, d->address);
	/* a truncated file is another rule's affair, and a table as large as this is nobody's */
	if (!s || pe_is_truncated(pe))
		return 0;
	if (d->size > LIMIT_PE_RELOCATION_BYTES) {
		limit_error(NULL, "an EFI program's relocation table has more than %llu bytes", LIMIT_PE_RELOCATION_BYTES);
		return 0;
	}
	offset = d->address - s->virtual_address;
	held = pe_section_size(pe, s);
	held = offset < held ? held - offset : 0;
	if (held > d->size)
		held = d->size;
	table = arena_alloc(j->arena, d->size); /* zeros stand where the file has nothing */
	if (held)
		result = view_read(j->file, s->raw_offset + offset, table, (size_t)held, j->err);
	if (result >= 0 && !sound_blocks(pe, table, d->size, &at))
		add(j, PE_RELOCATION_BLOCK, s->raw_offset + offset + at, 8, d->address + at, pe->image_size);
	arena_release(j->arena, mark);
	return result;
}

static int judge_debug(struct judge *j)
{
	const struct pe *pe = j->pe;
	const struct pe_directory *d = &pe->debug;
	const struct pe_section *s = d->size ? section_of(pe, d->address) : NULL;
	uint32_t address;
	uint64_t offset;

	if (!s || pe_is_truncated(pe))
		return 0;
	offset = (uint64_t)(d->address - s->virtual_address) + s->raw_offset;
	for (uint64_t index = 0; index < d->size && index < DEBUG_ENTRIES * DEBUG_ENTRY_SIZE;
	     index += DEBUG_ENTRY_SIZE) {
		uint8_t entry[DEBUG_ENTRY_SIZE];
		struct cursor c = cursor_make(entry, sizeof(entry));
		int result;

		if (offset + index > pe->file_size || DEBUG_ENTRY_SIZE > pe->file_size - offset - index) {
			add(j, PE_DEBUG_OUTSIDE, d->header_offset, 8, offset + index + DEBUG_ENTRY_SIZE, pe->file_size);
			return 0;
		}
		result = view_read(j->file, offset + index, entry, sizeof(entry), j->err);
		if (result < 0)
			return result;
		cursor_skip(&c, 12);
		if (cursor_le32(&c) == DEBUG_TYPE_CODEVIEW) {
			cursor_skip(&c, 4);
			address = cursor_le32(&c);
			/* address 0: not loaded with the image, and put behind the last section */
			if (address >= pe->image_size && !j->image_size_bad)
				add(j, PE_DEBUG_OUTSIDE, d->header_offset, 8, address, pe->image_size);
			return 0;
		}
	}
	return 0;
}

/* most severe first, else in the order found */
static void sort_problems(struct judge *j)
{
	struct pe_problem *sorted = ARENA_ARRAY(j->arena, j->count, struct pe_problem);
	size_t n = 0;

	for (enum pe_effect effect = PE_REFUSED; effect <= PE_TOLERATED; effect++)
		for (size_t i = 0; i < j->count; i++)
			if (j->problems[i].effect == effect)
				sorted[n++] = j->problems[i];
	j->pe->problems = sorted;
	j->pe->problem_count = n;
}

int pe_judge_layout(struct arena *arena, struct view *file, struct pe *pe, uint16_t optional_size,
		    uint16_t declared_sections, struct error *err)
{
	struct judge j = { .arena = arena, .file = file, .pe = pe, .err = err };
	int result;

	/* the headers have fewer than sixteen, each section one of its own and one with another */
	j.room = 16 + 2 * pe->section_count;
	j.problems = ARENA_ARRAY(arena, j.room, struct pe_problem);
	j.table_cut = pe->section_count < declared_sections && pe->section_count < LIMIT_PE_SECTIONS;
	judge_headers(&j, optional_size, declared_sections);
	/* with a section table in the wrong place there is nothing to look at */
	if (!j.headers_bad || j.problems[0].kind == PE_HEADERS_SIZE) {
		for (size_t i = 0; i < pe->section_count; i++)
			judge_section(&j, (int)i);
		judge_pairs(&j);
		judge_entry(&j);
		judge_certificates(&j);
		result = judge_relocations(&j);
		if (result >= 0)
			result = judge_debug(&j);
		if (result < 0)
			return result;
	}
	sort_problems(&j);
	return 0;
}
