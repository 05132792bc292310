/* SPDX-License-Identifier: MIT */
/* efi-sbat: shim revokes what the image starts
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Image Format, I5
 * subject:  loader
 * after:    esp-fat-corrupt efi-boot-not-pe pe-truncated pe-machine pe-layout
 *
 * With Secure Boot on, shim starts a program only if its SBAT data name no component of a generation that has been revoked
 * (shim's SBAT.md). Each shim brings a level of its own that it applies on every boot; a GRUB older than the shim beside
 * it, or one without SBAT data, then ends in "image did not pass SBAT verification". With Secure Boot off nothing of it is
 * looked at, and the image starts.
 *
 * The warning is for levels that this image's shim does not bring, but that have been published: firmware keeps the newest
 * level that any system on the machine, or its vendor, has brought. The table ends with the level of May 2025.
 * Nothing is said of an image without shim. Mend it by taking shim and GRUB from the same, current release.
 *
 * good:   debian-arm64 debian-amd64 no-fallback-arm64
 * bad:    debian-arm64 | pe sbat EFI/debian/grubaa64.efi grub 1
 * expect: !p1/EFI/debian/grubaa64.efi@*: error: component grub has generation 1, shim's own level * revokes those below *
 * bad:    debian-arm64 | pe sbat-level EFI/debian/shimaa64.efi automatic grub 9
 * expect: !p1/EFI/debian/grubaa64.efi@*: error: component grub has generation *, shim's own level * revokes those below 9
 * bad:    debian-arm64 | pe sbat-level EFI/BOOT/BOOTAA64.EFI automatic grub 9
 * expect: !p1/EFI/debian/grubaa64.efi@*: error: component grub has generation *, shim's own level * revokes those below 9
 * bad:    debian-arm64 | pe sbat-text EFI/debian/grubaa64.efi "sbat,1\n"
 * expect: !p1/EFI/debian/grubaa64.efi@*: error: shim refuses its SBAT data: line 1 has too few fields or an empty one
 * bad:    debian-arm64 | pe section EFI/debian/grubaa64.efi .sbat name .other
 * expect: !p1/EFI/debian/grubaa64.efi: error: it has no SBAT data, and shim demands them
 * bad:    debian-arm64 | pe sbat-level EFI/BOOT/BOOTAA64.EFI automatic grub 0 | pe sbat-level EFI/debian/shimaa64.efi automatic grub 0 | pe sbat EFI/debian/grubaa64.efi grub 3
 * expect: !p1/EFI/debian/grubaa64.efi@*: warning: component grub has generation 3, level * (*) revokes those below *
 * firmware: boots file copy EFI/BOOT/BOOTX64.EFI EFI/BOOT/grubx64.efi | file put EFI/BOOT/BOOTX64.EFI debian-amd64:EFI/BOOT/BOOTX64.EFI
 */
#include <stdlib.h>
#include <string.h>

#include "efi-help.h"
#include "lint/embedded.h"

/* One level of rules/data/sbat-levels.csv. */
struct level {
	const char *date;
	struct sbat sbat;
	struct level *next;
};

static const char *embedded(const char *name)
{
	for (const struct embedded_file *f = embedded_files; f->name; f++)
		if (!strcmp(f->name, name))
			return f->text;
	return NULL;
}

/* The published levels, oldest first; an entry's url is the reason. */
static struct level *published(struct arena *arena)
{
	const char *text = embedded("data/sbat-levels.csv");
	struct level *first = NULL, **end = &first, *last = NULL;

	while (text && *text) {
		size_t length = strcspn(text, "\n");
		/* date, component, generation and reason are four of a section's six fields */
		struct sbat line = sbat_parse(arena, text, length, 6, 4);

		if (*text != '#' && line.count && !line.bad_line) {
			const struct sbat_entry *e = &line.entries[0];
			struct sbat_entry *entries;

			if (!last || strcmp(last->date, e->component)) {
				last = ARENA_NEW(arena, struct level);
				last->date = e->component;
				*end = last;
				end = &last->next;
			}
			/* few and short: each level's array grows by one */
			entries = ARENA_ARRAY(arena, last->sbat.count + 1, struct sbat_entry);
			if (last->sbat.count)
				memcpy(entries, last->sbat.entries, last->sbat.count * sizeof(*entries));
			entries[last->sbat.count] = (struct sbat_entry){
				.component = e->generation_text,
				.generation_text = e->vendor,
				.generation = (uint16_t)strtoul(e->vendor, NULL, 10),
				.url = e->package,
			};
			last->sbat.entries = entries;
			last->sbat.count++;
		}
		text += length + (text[length] == '\n');
	}
	return first;
}

static struct location at_sbat(const struct efi_binary *b)
{
	const struct pe_section *s = b->sbat->section;

	return s ? at_file_bytes(b->esp->partition, b->path, s->raw_offset, pe_section_size(b->pe, s))
		 : at_file(b->esp->partition, b->path);
}

/* What keeps `shim` from letting `b` start, as a clause; NULL when nothing does.  What firmware or another loader starts, shim
 * is asked about too, but then SBAT data need not be there (shim's verify_sbat_section). */
static const char *refusal(struct arena *arena, const struct efi_binary *shim, const struct efi_binary *b, bool by_shim)
{
	struct sbat_revocation why;

	switch (b->sbat->status) {
	case SBAT_ABSENT:
		if (!by_shim)
			return NULL;
		return "it has no SBAT data, and shim demands them";
	case SBAT_IGNORED:
		if (!by_shim)
			return NULL;
		return "shim ignores its SBAT data (the section is shorter in the file than in memory), and demands "
		       "some";
	case SBAT_DUPLICATE:
		return "it has two SBAT sections, and shim takes one";
	case SBAT_RELOCATED:
		return "its SBAT section has relocations, and shim refuses it";
	case SBAT_MALFORMED:
		return arena_printf(arena, "shim refuses its SBAT data: line %u has too few fields or an empty one",
				    b->sbat->sbat.bad_line);
	case SBAT_TOO_LARGE:
		return NULL;
	case SBAT_OK:
		break;
	}
	if (!shim->levels->present || !sbat_revokes(&shim->levels->automatic, &b->sbat->sbat, &why))
		return NULL;
	return arena_printf(arena, "component %s has generation %u, shim's own level %s revokes those below %u",
			    why.entry->component, why.entry->generation,
			    shim->levels->automatic.entries[0].date ? shim->levels->automatic.entries[0].date
								    : "(without a date)",
			    why.level->generation);
}

/* The first published level that revokes it, if the newest one does too. */
static const char *table_refusal(struct arena *arena, const struct level *levels, const struct efi_binary *b)
{
	const struct level *newest = levels;
	struct sbat_revocation why;

	while (newest && newest->next)
		newest = newest->next;
	if (!newest || !sbat_revokes(&newest->sbat, &b->sbat->sbat, &why))
		return NULL;
	while (!sbat_revokes(&levels->sbat, &b->sbat->sbat, &why))
		levels = levels->next;
	return arena_printf(arena, "component %s has generation %u, level %s (%s) revokes those below %u",
			    why.entry->component, why.entry->generation, levels->date, why.level->url,
			    why.level->generation);
}

/* Nothing on the image will do: what mends it is a newer package. */
static void help(struct check *check, struct diagnostic *d, const struct efi_binary *b)
{
	const char *packaged = efi_packaged(check->arena, b->program->kind, check->loader->architecture);

	if (packaged)
		efi_help_copy(check, d, b->esp, packaged, b->path);
	else
		finding_help(check, d,
			     "build it again with SBAT data: objcopy --add-section .sbat=sbat.csv, or ukify --sbat");
}

RULE(efi_sbat)
{
	const struct chain *chain = check->loader->chain;
	const struct efi_binary *shim = NULL;
	struct diagnostic *d = NULL;
	const struct level *levels;

	if (efi_no_pe(check))
		return;
	/* what its own shims refuse: the level that one has applied stays for the next */
	for (unsigned i = 0; i < chain->count; i++) {
		const struct efi_binary *b = chain->binaries[i];
		const char *text = NULL;

		if (b->have != HAVE)
			break;
		if (b->program->kind == EFI_SHIM)
			shim = b;
		if (shim && (b->sbat->status == SBAT_TOO_LARGE || b->levels->too_large)) {
			not_evaluated(check, NULL, "the SBAT data of %s are larger than is read", b->path);
			return;
		}
		for (unsigned k = 0; k <= i && !text; k++) {
			const struct efi_binary *by = chain->binaries[k];

			/* a shim so old that it has no SBAT data knows no revocation */
			if (by->program->kind == EFI_SHIM && by->sbat->status != SBAT_ABSENT)
				text = refusal(check->arena, by, b,
					       b == by || chain->binaries[i - 1]->program->kind == EFI_SHIM);
		}
		if (text && d)
			finding_note(check, d, "%s: %s", b->path, text);
		else if (text)
			d = finding(check, at_sbat(b), "%s", text);
		if (text && !d->help)
			help(check, d, b);
	}
	if (!shim) {
		not_applicable(check, "no shim is started");
		return;
	}
	if (d)
		return;
	levels = published(check->arena);
	for (unsigned i = 0; i < chain->count; i++) {
		const struct efi_binary *b = chain->binaries[i];
		const char *text = b->have == HAVE ? table_refusal(check->arena, levels, b) : NULL;

		if (text && d)
			finding_note(check, d, "%s: %s", b->path, text);
		else if (text)
			d = finding_severity(check, SEVERITY_WARNING, at_sbat(b), "%s", text);
		if (text && !d->help)
			help(check, d, b);
	}
}
