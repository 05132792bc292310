/* SPDX-License-Identifier: MIT */
/* test_pe: the PE reader on images built by hand, one defect each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "efi/kind.h"
#include "efi/pe.h"
#include "efi/sbat.h"
#include "efi/signature.h"
#include "pe-build.h"

static uint8_t image[PE_BUILD_SIZE];
static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(16 * MiB);
	pe_build(image);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const struct pe *parse(const void *bytes, size_t size)
{
	const struct pe *pe;
	struct error err;

	assert_int_equal(pe_read(arena, view_memory(arena, bytes, size), &pe, &err), 0);
	return pe;
}

/* The image must have this one problem and no other. */
static void expect_problem(enum pe_problem_kind kind, enum pe_effect effect, uint64_t offset)
{
	const struct pe *pe = parse(image, sizeof(image));

	assert_int_equal(pe->status, PE_OK);
	assert_int_equal(pe->problem_count, 1);
	assert_int_equal(pe->problems[0].kind, kind);
	assert_int_equal(pe->problems[0].effect, effect);
	assert_int_equal(pe->problems[0].offset, offset);
	assert_non_null(pe_problem_text(arena, pe, &pe->problems[0]));
}

static void sound_image(void **state)
{
	const struct pe *pe = parse(image, sizeof(image));

	(void)state;
	assert_int_equal(pe->status, PE_OK);
	assert_int_equal(pe->problem_count, 0);
	assert_false(pe_is_truncated(pe));
	assert_int_equal(pe->machine, PE_MACHINE_AARCH64);
	assert_int_equal(pe->machine_offset, AT_COFF);
	assert_int_equal(pe->subsystem, PE_SUBSYSTEM_EFI_APPLICATION);
	assert_int_equal(pe->subsystem_offset, AT_OPTIONAL + 68);
	assert_true(pe->is_pe32_plus);
	assert_int_equal(pe->section_count, 3);
	assert_string_equal(pe->sections[1].name, ".data");
	assert_int_equal(pe_section_size(pe, pe_section(pe, ".data")), 0x80);
	assert_null(pe_section(pe, ".sbat"));
}

static void header_at_0x40(void **state)
{
	const struct pe *pe;

	(void)state;
	/* as kernels have it: the PE header follows the 64 bytes of their own */
	memmove(image + 0x40, image + AT_PE, 24 + 240 + 3 * 40);
	put32(image + 0x3c, 0x40);
	pe = parse(image, sizeof(image));
	assert_int_equal(pe->status, PE_OK);
	assert_int_equal(pe->problem_count, 0);
	assert_int_equal(pe->machine_offset, 0x44);
}

static void not_pe(void **state)
{
	(void)state;
	assert_int_equal(parse("", 0)->status, PE_EMPTY);
	assert_int_equal(parse("text\n", 5)->status, PE_TOO_SHORT);
	assert_int_equal(parse("MZ", 2)->status, PE_HEADER_CUT);
	memcpy(image + AT_PE, "NE", 2);
	assert_int_equal(parse(image, sizeof(image))->status, PE_NO_SIGNATURE);
	put32(image + 0x3c, UINT32_MAX);
	assert_int_equal(parse(image, sizeof(image))->status, PE_HEADER_CUT);
	put32(image + 0x3c, AT_PE);
	memcpy(image + AT_PE, "PE", 2);
	put16(image + AT_OPTIONAL, 0x107);
	assert_int_equal(parse(image, sizeof(image))->status, PE_UNKNOWN_MAGIC);
	image[0] = 0x7f;
	assert_int_equal(parse(image, sizeof(image))->status, PE_NO_DOS_HEADER);
}

static void every_length(void **state)
{
	(void)state;
	/* whatever the file is cut to, it is read, and seen to be cut */
	for (size_t size = 0; size < sizeof(image); size++) {
		const struct pe *pe = parse(image, size);

		assert_true(size < 64 ? pe->status != PE_OK : pe_is_truncated(pe));
		if (pe->status == PE_OK)
			for (size_t i = 0; i < pe->problem_count; i++)
				assert_int_equal(pe->problems[i].effect, PE_TOLERATED);
	}
}

static void truncation_names_the_section(void **state)
{
	const struct pe *pe = parse(image, 0x900);

	(void)state;
	assert_true(pe_is_truncated(pe));
	assert_int_equal(pe->needed, 0xa00);
	assert_int_equal(pe->needed_offset, AT_SECTION(2) + 16);
	assert_string_equal(pe->needed_by, "section .reloc");
}

static void headers_that_loaders_refuse(void **state)
{
	(void)state;
	put16(image + AT_COFF + 16, 232);
	expect_problem(PE_OPTIONAL_HEADER_SIZE, PE_REFUSED, AT_COFF + 16);
	pe_build(image);
	put32(image + AT_OPTIONAL + 108, 17);
	expect_problem(PE_DIRECTORY_COUNT, PE_REFUSED, AT_OPTIONAL + 108);
	pe_build(image);
	put32(image + AT_OPTIONAL + 60, 0x180);
	expect_problem(PE_HEADERS_SIZE, PE_REFUSED, AT_OPTIONAL + 60);
	pe_build(image);
	put32(image + AT_OPTIONAL + 56, 0x400);
	expect_problem(PE_IMAGE_SIZE, PE_REFUSED, AT_OPTIONAL + 56);
	pe_build(image);
	put32(image + AT_OPTIONAL + 32, 0);
	expect_problem(PE_SECTION_ALIGNMENT, PE_REFUSED, AT_OPTIONAL + 32);
	pe_build(image);
	put16(image + AT_COFF + 18, 0x0207);
	expect_problem(PE_RELOCATIONS_STRIPPED, PE_REFUSED, AT_COFF + 18);
}

static void sections_that_loaders_refuse(void **state)
{
	(void)state;
	put32(image + AT_SECTION(0) + 20, 0x200);
	expect_problem(PE_SECTION_IN_HEADERS, PE_REFUSED, AT_SECTION(0) + 20);
	pe_build(image);
	put32(image + AT_SECTION(1) + 20, 0xffffff00);
	expect_problem(PE_SECTION_OVERFLOW, PE_REFUSED, AT_SECTION(1) + 16);
	pe_build(image);
	put32(image + AT_SECTION(2) + 8, 0x1001);
	expect_problem(PE_SECTION_OUTSIDE, PE_REFUSED, AT_SECTION(2) + 8);
	pe_build(image);
	put32(image + AT_SECTION(1) + 8, 0xffffffff);
	assert_int_equal(parse(image, sizeof(image))->problems[0].kind, PE_SECTION_OUTSIDE);
}

static void entry_points(void **state)
{
	(void)state;
	put32(image + AT_OPTIONAL + 16, 0x4000);
	expect_problem(PE_ENTRY_OUTSIDE, PE_REFUSED, AT_OPTIONAL + 16);
	put32(image + AT_OPTIONAL + 16, 0);
	expect_problem(PE_ENTRY_NOT_IN_SECTION, PE_MISPLACED, AT_OPTIONAL + 16);
	put32(image + AT_OPTIONAL + 16, 0x2000);
	expect_problem(PE_ENTRY_NOT_EXECUTABLE, PE_TOLERATED, AT_OPTIONAL + 16);
}

static void relocations(void **state)
{
	(void)state;
	put32(image + 0x804, 0);
	expect_problem(PE_RELOCATION_BLOCK, PE_REFUSED, 0x800);
	put32(image + 0x804, 14);
	expect_problem(PE_RELOCATION_BLOCK, PE_REFUSED, 0x800);
	pe_build(image);
	put16(image + 0x808, 0x5010); /* a MIPS fixup */
	expect_problem(PE_RELOCATION_BLOCK, PE_REFUSED, 0x800);
	pe_build(image);
	put32(image + 0x800, 0x4000);
	expect_problem(PE_RELOCATION_BLOCK, PE_REFUSED, 0x800);
	pe_build(image);
	put32(image + AT_DIRECTORIES + 5 * 8, 0x3ffc);
	expect_problem(PE_RELOCATIONS_OUTSIDE, PE_REFUSED, AT_DIRECTORIES + 5 * 8);
	pe_build(image);
	/* none at all: position-independent code needs none */
	put32(image + AT_DIRECTORIES + 5 * 8 + 4, 0);
	assert_int_equal(parse(image, sizeof(image))->problem_count, 0);
}

static void debug_directories(void **state)
{
	(void)state;
	/* 28 bytes in .data: type CodeView, address inside the image */
	put32(image + AT_DIRECTORIES + 6 * 8, 0x2000);
	put32(image + AT_DIRECTORIES + 6 * 8 + 4, 28);
	put32(image + 0x600 + 12, 2);
	put32(image + 0x600 + 20, 0x2040);
	assert_int_equal(parse(image, sizeof(image))->problem_count, 0);
	put32(image + 0x600 + 20, 0x4000);
	expect_problem(PE_DEBUG_OUTSIDE, PE_REFUSED, AT_DIRECTORIES + 6 * 8);
	/* not CodeView, and on past the end of the file */
	put32(image + 0x600 + 12, 0);
	put32(image + AT_DIRECTORIES + 6 * 8 + 4, 0x1000);
	expect_problem(PE_DEBUG_OUTSIDE, PE_REFUSED, AT_DIRECTORIES + 6 * 8);
}

static void overlaps(void **state)
{
	(void)state;
	put32(image + AT_SECTION(0) + 8, 0x1001);
	expect_problem(PE_SECTIONS_OVERLAP, PE_MISPLACED, AT_SECTION(1) + 8);
	pe_build(image);
	put32(image + AT_SECTION(1) + 20, 0x500);
	expect_problem(PE_SECTIONS_OVERLAP_FILE, PE_TOLERATED, AT_SECTION(1) + 16);
	pe_build(image);
	put_section(image + AT_SECTION(0), ".data", 0x2000, 0x80, 0x600, 0x200, 0xc0000040);
	put_section(image + AT_SECTION(1), ".text", 0x1000, 0x200, 0x400, 0x200, 0x60000020);
	expect_problem(PE_SECTION_ORDER, PE_TOLERATED, AT_SECTION(1) + 12);
}

static void certificates(void **state)
{
	uint8_t signed_image[PE_BUILD_SIZE + 24] = { 0 };
	const struct signatures *signatures;
	const struct pe *pe;
	struct error err;

	(void)state;
	memcpy(signed_image, image, sizeof(image));
	put32(signed_image + AT_DIRECTORIES + 4 * 8, PE_BUILD_SIZE);
	put32(signed_image + AT_DIRECTORIES + 4 * 8 + 4, 24);
	put32(signed_image + PE_BUILD_SIZE, 20);
	put16(signed_image + PE_BUILD_SIZE + 4, 0x200);
	put16(signed_image + PE_BUILD_SIZE + 6, 2);
	pe = parse(signed_image, sizeof(signed_image));
	assert_int_equal(pe->problem_count, 0);
	assert_int_equal(
		signatures_read(arena, view_memory(arena, signed_image, sizeof(signed_image)), pe, &signatures, &err),
		0);
	assert_int_equal(signatures->count, 1);
	assert_int_equal(signatures->list[0].type, SIGNATURE_PKCS7);
	assert_null(signatures->list[0].signer);
	assert_int_equal(signatures->bad_offset, 0);
	put32(signed_image + PE_BUILD_SIZE, 4);
	assert_int_equal(
		signatures_read(arena, view_memory(arena, signed_image, sizeof(signed_image)), pe, &signatures, &err),
		0);
	assert_int_equal(signatures->bad_offset, PE_BUILD_SIZE);
	/* the signature was cut off */
	assert_true(pe_is_truncated(parse(signed_image, PE_BUILD_SIZE)));
	assert_string_equal(parse(signed_image, PE_BUILD_SIZE)->needed_by, "the certificate table");
	put32(image + AT_DIRECTORIES + 4 * 8, 0xfffffff0);
	put32(image + AT_DIRECTORIES + 4 * 8 + 4, 0x20);
	expect_problem(PE_CERTIFICATES_OVERFLOW, PE_REFUSED, AT_DIRECTORIES + 4 * 8);
}

static void magic_of_machine(void **state)
{
	(void)state;
	put16(image + AT_COFF, 0x01c2);
	expect_problem(PE_MAGIC_OF_MACHINE, PE_TOLERATED, AT_OPTIONAL);
	assert_string_equal(pe_machine_name(0x01c2), "AArch32");
	assert_null(pe_machine_name(0x1234));
}

static void long_section_names(void **state)
{
	uint8_t named[PE_BUILD_SIZE + 18 + 4 + 14] = { 0 };

	(void)state;
	memcpy(named, image, sizeof(image));
	put32(named + AT_COFF + 8, PE_BUILD_SIZE); /* PointerToSymbolTable */
	put32(named + AT_COFF + 12, 1);
	put32(named + PE_BUILD_SIZE + 18, 18);
	memcpy(named + PE_BUILD_SIZE + 22, ".vendor_cert", 13);
	memcpy(named + AT_SECTION(1), "/4\0\0\0\0\0", 8);
	assert_string_equal(parse(named, sizeof(named))->sections[1].name, ".vendor_cert");
	/* who looks for a name of up to eight characters looks for it in the header */
	memcpy(named + PE_BUILD_SIZE + 22, ".reloc00\0\0\0\0", 13);
	assert_string_equal(parse(named, sizeof(named))->sections[1].name, "/4");
	memcpy(named + PE_BUILD_SIZE + 22, ".reloc000", 10);
	assert_string_equal(parse(named, sizeof(named))->sections[1].name, ".reloc000");
	memcpy(named + AT_SECTION(1), "/9999999", 8);
	assert_string_equal(parse(named, sizeof(named))->sections[1].name, "/9999999");
}

static const struct efi_program *program(const struct pe **ret_pe)
{
	struct view *file = view_memory(arena, image, sizeof(image));
	const struct efi_program *result;
	const struct sbat_section *sbat;
	struct error err;

	assert_int_equal(pe_read(arena, file, ret_pe, &err), 0);
	assert_int_equal(sbat_read_section(arena, file, *ret_pe, &sbat, &err), 0);
	assert_int_equal(efi_program_read(arena, file, *ret_pe, sbat, &result, &err), 0);
	return result;
}

static void kinds(void **state)
{
	static const char grub[] =
		"sbat,1,SBAT Version,sbat,1,https://example.org/\ngrub,5,FSF,grub,2.12,https://example.org/\n";
	static const char boot_csv[] = "b\0o\0o\0t\0.\0c\0s\0v\0\0";
	static const char shim[] = "shim,4,UEFI shim,shim,1,https://example.org/\n";
	const struct pe *pe;

	(void)state;
	assert_int_equal(program(&pe)->kind, EFI_UNKNOWN);
	memcpy(image + 56, "ARM\x64", 4);
	assert_int_equal(program(&pe)->kind, EFI_LINUX);
	memcpy(image + 4, "zimg", 4);
	assert_int_equal(program(&pe)->kind, EFI_LINUX_ZBOOT);
	pe_build(image);
	memcpy(image + AT_SECTION(1), ".sbat\0\0", 8);
	put32(image + AT_SECTION(1) + 8, 0x200);
	memcpy(image + 0x600, grub, sizeof(grub));
	assert_int_equal(program(&pe)->kind, EFI_GRUB);
	assert_string_equal(program(&pe)->evidence, "SBAT component grub");
	memset(image + 0x600, 0, 0x200);
	memcpy(image + 0x600, shim, sizeof(shim));
	assert_int_equal(program(&pe)->kind, EFI_UNKNOWN);
	memcpy(image + 0x500, boot_csv, sizeof(boot_csv));
	assert_int_equal(program(&pe)->kind, EFI_FALLBACK);
	memcpy(image + AT_SECTION(2), ".linux\0", 8);
	assert_int_equal(program(&pe)->kind, EFI_UKI);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sound_image, setup, teardown),
		cmocka_unit_test_setup_teardown(header_at_0x40, setup, teardown),
		cmocka_unit_test_setup_teardown(not_pe, setup, teardown),
		cmocka_unit_test_setup_teardown(every_length, setup, teardown),
		cmocka_unit_test_setup_teardown(truncation_names_the_section, setup, teardown),
		cmocka_unit_test_setup_teardown(headers_that_loaders_refuse, setup, teardown),
		cmocka_unit_test_setup_teardown(sections_that_loaders_refuse, setup, teardown),
		cmocka_unit_test_setup_teardown(entry_points, setup, teardown),
		cmocka_unit_test_setup_teardown(relocations, setup, teardown),
		cmocka_unit_test_setup_teardown(debug_directories, setup, teardown),
		cmocka_unit_test_setup_teardown(overlaps, setup, teardown),
		cmocka_unit_test_setup_teardown(certificates, setup, teardown),
		cmocka_unit_test_setup_teardown(magic_of_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(long_section_names, setup, teardown),
		cmocka_unit_test_setup_teardown(kinds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
