/* SPDX-License-Identifier: MIT */
/* pe-build: makes small PE images from the specification's own field offsets, for tests.  It shares nothing with the
 * reader. */
#ifndef TESTS_PE_BUILD_H
#define TESTS_PE_BUILD_H

#include <stdint.h>
#include <string.h>

/* A sound AArch64 EFI application of three sections:
 *   0x000 DOS header, 0x080 signature, COFF header, optional header (16 directories), 0x188 section table
 *   0x400 .text (RVA 0x1000), 0x600 .data (RVA 0x2000, 0x80 of 0x200 bytes used), 0x800 .reloc (RVA 0x3000), end 0xa00
 */
#define PE_BUILD_SIZE 0xa00
#define AT_PE 0x80
#define AT_COFF (AT_PE + 4)
#define AT_OPTIONAL (AT_PE + 24)
#define AT_DIRECTORIES (AT_OPTIONAL + 112)
#define AT_SECTIONS (AT_OPTIONAL + 240)
#define AT_SECTION(n) (AT_SECTIONS + 40 * (n))

static inline void put16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, value & 0xffff);
	put16(p + 2, value >> 16);
}

static inline void put_section(uint8_t *p, const char *name, uint32_t rva, uint32_t virtual_size, uint32_t raw,
			       uint32_t raw_size, uint32_t flags)
{
	memset(p, 0, 40);
	for (size_t i = 0; i < 8 && name[i]; i++)
		p[i] = (uint8_t)name[i];
	put32(p + 8, virtual_size);
	put32(p + 12, rva);
	put32(p + 16, raw_size);
	put32(p + 20, raw);
	put32(p + 36, flags);
}

static inline void pe_build(uint8_t image[PE_BUILD_SIZE])
{
	uint8_t *optional = image + AT_OPTIONAL;

	memset(image, 0, PE_BUILD_SIZE);
	memcpy(image, "MZ", 2);
	put32(image + 0x3c, AT_PE);
	memcpy(image + AT_PE, "PE\0\0", 4);
	put16(image + AT_COFF, 0xaa64);
	put16(image + AT_COFF + 2, 3);
	put16(image + AT_COFF + 16, 240);
	put16(image + AT_COFF + 18, 0x0206);
	put16(optional, 0x20b);
	put32(optional + 16, 0x1010); /* AddressOfEntryPoint */
	put32(optional + 32, 0x1000); /* SectionAlignment */
	put32(optional + 36, 0x200);  /* FileAlignment */
	put32(optional + 56, 0x4000); /* SizeOfImage */
	put32(optional + 60, 0x400);  /* SizeOfHeaders */
	put16(optional + 68, 10);     /* Subsystem */
	put32(optional + 108, 16);    /* NumberOfRvaAndSizes */
	put32(image + AT_DIRECTORIES + 5 * 8, 0x3000);
	put32(image + AT_DIRECTORIES + 5 * 8 + 4, 12);
	put_section(image + AT_SECTION(0), ".text", 0x1000, 0x200, 0x400, 0x200, 0x60000020);
	put_section(image + AT_SECTION(1), ".data", 0x2000, 0x80, 0x600, 0x200, 0xc0000040);
	put_section(image + AT_SECTION(2), ".reloc", 0x3000, 0x200, 0x800, 0x200, 0x42000040);
	/* one block for the page at 0x2000 with one 64-bit fixup and one filler */
	put32(image + 0x800, 0x2000);
	put32(image + 0x804, 12);
	put16(image + 0x808, 0xa010);
	put16(image + 0x80a, 0x0000);
}

#endif
