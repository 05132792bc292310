/* SPDX-License-Identifier: MIT */
/* pe-dump: prints what the EFI readers make of binaries, for tests/differential/pe.bats.
 *
 *   pe-dump FILE    fields and sections in objdump's terms, then problems, signers, kind and SBAT
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "efi/kind.h"
#include "efi/pe.h"
#include "efi/sbat.h"
#include "efi/signature.h"

static int die(const char *what, const struct error *err)
{
	fprintf(stderr, "pe-dump: %s: %s\n", what, err->message);
	return 2;
}

static void headers(struct arena *arena, const struct pe *pe)
{
	const struct pe_directory *directories[] = { &pe->resources, &pe->certificates, &pe->relocations, &pe->debug };
	static const int numbers[] = { 2, 4, 5, 6 };

	printf("Magic %04x\nCharacteristics %x\nAddressOfEntryPoint %x\n", pe->magic, pe->characteristics, pe->entry);
	printf("ImageBase %" PRIx64 "\nSectionAlignment %x\nFileAlignment %x\n", pe->image_base, pe->section_alignment,
	       pe->file_alignment);
	printf("SizeOfImage %x\nSizeOfHeaders %x\nSubsystem %x\nDllCharacteristics %x\nNumberOfRvaAndSizes %x\n",
	       pe->image_size, pe->headers_size, pe->subsystem, pe->dll_characteristics, pe->directory_count);
	for (int i = 0; i < 4; i++)
		printf("Entry %d %x %x\n", numbers[i], directories[i]->address, directories[i]->size);
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint32_t size = s->virtual_size && s->virtual_size < s->raw_size ? s->virtual_size : s->raw_size;

		printf("section %s %x %" PRIx64 " %x\n", s->name, size, pe->image_base + s->virtual_address, s->raw_offset);
	}
	for (size_t i = 0; i < pe->problem_count; i++)
		printf("problem %s\n", pe_problem_text(arena, pe, &pe->problems[i]));
}

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	const struct signatures *signatures;
	const struct efi_program *program;
	const struct sbat_section *sbat;
	const struct pe *pe;
	struct view *file;
	struct error err;
	struct stat st;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: pe-dump FILE\n");
		return 2;
	}
	file = view_file(arena, fd, (uint64_t)st.st_size);
	if (pe_read(arena, file, &pe, &err) < 0)
		return die(argv[1], &err);
	printf("status %s\n", pe_status_text(pe->status));
	if (pe->status != PE_OK)
		return 0;
	printf("truncated %s\n", pe_is_truncated(pe) ? "yes" : "no");
	headers(arena, pe);
	if (sbat_read_section(arena, file, pe, &sbat, &err) < 0 ||
	    efi_program_read(arena, file, pe, sbat, &program, &err) < 0 ||
	    signatures_read(arena, file, pe, &signatures, &err) < 0)
		return die(argv[1], &err);
	printf("kind %s\n", efi_kind_name(program->kind));
	for (size_t i = 0; i < signatures->count; i++)
		printf("signer %s\n", signatures->list[i].signer ? signatures->list[i].signer : "?");
	for (size_t i = 0; i < sbat->sbat.count; i++)
		printf("sbat %s,%u\n", sbat->sbat.entries[i].component, sbat->sbat.entries[i].generation);
	return 0;
}
