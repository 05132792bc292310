/* SPDX-License-Identifier: MIT */
/* gpt-header-fields: a GPT header is intact and says something that cannot be
 *
 * severity: warning
 * effect:   conformance
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * The header's checksum is right, so a program wrote it this way: a revision other than 1.0, entries that are not 128 bytes
 * long, entries that would lie over a header or over partitions, a usable range that includes the table
 * itself, or the other copy's address wrong. Firmware checks little of this and usually boots; partitioning tools do check,
 * refuse the disk or, worse, write over partitions. Reserved bytes that are not zero are only noted. When nothing is left that
 * firmware can use, this is an error, and it blocks booting. So it does where neither copy has entries of 128 bytes: UEFI allows
 * 256 and more, and firmware reads them, but Linux sees no partition at all (block/partitions/efi.c).
 *
 * Do not let sgdisk mend this: it takes most of these values over, and with some of them writes an empty table. sfdisk can
 * write the same partitions into a new table.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt field both revision 0x00020000
 * expect: !disk@0x208: warning: both GPT headers: revision 0x00020000, 0x00010000 expected
 * bad:    debian-arm64 | gpt field backup revision 0x00020000
 * expect: !disk@0x*08: warning: backup GPT header: revision 0x00020000, 0x00010000 expected
 * bad:    debian-arm64 | gpt entry-size 132 120
 * expect: !disk@0x254: error: both GPT headers: entries of 132 bytes, 128 expected
 * bad:    debian-arm64 | gpt entry-size 256 64
 * expect: !disk@0x254: error: both GPT headers: entries of 256 bytes, 128 expected
 * bad:    debian-arm64 | gpt field both entry_size 132
 * expect: !disk@0x254: error: both GPT headers: entries of 132 bytes, 128 expected
 * bad:    debian-arm64 | gpt field primary entry_size 127
 * expect: !disk@0x254: warning: primary GPT header: entries of 127 bytes, 128 expected
 * bad:    debian-arm64 | gpt field both entry_size 0
 * expect: !disk@0x254: error: both GPT headers: entries of 0 bytes, 128 expected
 * bad:    debian-arm64 | gpt field primary entry_count 4294967295
 * expect: !disk@0x250: warning: primary GPT header: there is no room for 4294967295 entries of 128 bytes
 * bad:    debian-arm64 | gpt field backup entry_count 0
 * expect: !disk@0x*50: warning: backup GPT header: no entries at all
 * bad:    debian-arm64 | gpt field primary entries_lba 1
 * expect: !disk@0x248: warning: primary GPT header: the entries are said to be at LBA 1, 2 expected
 * bad:    debian-arm64 | gpt field backup entries_lba 18446744073709551615
 * expect: !disk@0x*48: warning: backup GPT header: the entries are said to be at LBA 18446744073709551615, * expected
 * bad:    debian-arm64 | gpt field both first_usable 3
 * expect: !disk@0x228: warning: both GPT headers: the first usable LBA is 3, * expected
 * bad:    debian-arm64 | gpt field primary last_usable last
 * expect: !disk@0x230: warning: primary GPT header: the last usable LBA is *, * expected
 * bad:    debian-arm64 | gpt field primary alternate_lba 100
 * expect: !disk@0x220: warning: primary GPT header: the other copy is said to be at LBA 100, * expected
 * bad:    debian-arm64 | gpt field both reserved 7
 * expect: !disk@0x214: note: both GPT headers: reserved bytes are not zero
 * bad:    debian-arm64 | raw poke 700 01
 * expect: !disk@0x2bc: note: primary GPT header: reserved bytes are not zero
 * firmware: gpt field both revision 0x00020000
 * firmware: gpt entry-size 132 120
 * firmware: gpt field both first_usable 3
 * firmware: gpt field primary entry_count 4294967295
 * firmware: gpt field primary entries_lba 1
 * firmware: gpt field primary alternate_lba 100
 * firmware: blocks gpt field both entry_size 0
 */
#include <inttypes.h>

#include "base/arena.h"
#include "lint/gpt-findings.h"

static uint64_t value(const struct gpt_copy *copy, enum gpt_fault fault)
{
	switch (fault) {
	case GPT_FAULT_REVISION:
		return copy->revision;
	case GPT_FAULT_ALTERNATE_LBA:
		return copy->alternate_lba;
	case GPT_FAULT_FIRST_USABLE:
		return copy->first_usable_lba;
	case GPT_FAULT_LAST_USABLE:
		return copy->last_usable_lba;
	case GPT_FAULT_ENTRIES_LBA:
		return copy->entries_lba;
	case GPT_FAULT_ENTRY_COUNT:
		return copy->entry_count;
	case GPT_FAULT_ENTRY_SIZE:
		return copy->entry_size;
	default:
		return copy->reserved;
	}
}

/* The sectors that the usual 16 KiB of entries take. */
static uint64_t usual_sectors(const struct gpt *gpt)
{
	return 16384 / gpt->sector_size;
}

static const char *describe(struct check *check, const struct gpt *gpt, const struct gpt_copy *copy, enum gpt_fault fault)
{
	struct arena *arena = check->arena;
	bool primary = copy == &gpt->primary;
	uint64_t v = value(copy, fault);

	switch (fault) {
	case GPT_FAULT_REVISION:
		return arena_printf(arena, "revision 0x%08" PRIx64 ", 0x00010000 expected", v);
	case GPT_FAULT_ALTERNATE_LBA:
		return arena_printf(arena, "the other copy is said to be at LBA %" PRIu64 ", %" PRIu64 " expected", v,
				    primary ? gpt->last_lba : 1);
	case GPT_FAULT_FIRST_USABLE:
		return arena_printf(arena,
				    "the first usable LBA is %" PRIu64 ", %" PRIu64 " or more, and within the disk, expected", v,
				    2 + usual_sectors(gpt));
	case GPT_FAULT_LAST_USABLE:
		return arena_printf(arena, "the last usable LBA is %" PRIu64 ", at most %" PRIu64
				    ", and not before the first, expected",
				    v, (primary ? gpt->last_lba : copy->lba) - 1 - usual_sectors(gpt));
	case GPT_FAULT_ENTRIES_LBA:
		return arena_printf(arena, "the entries are said to be at LBA %" PRIu64 ", %" PRIu64 " expected", v,
				    primary ? 2 : copy->lba - usual_sectors(gpt));
	case GPT_FAULT_ENTRY_COUNT:
		if (!v)
			return "no entries at all";
		return arena_printf(arena, "there is no room for %" PRIu64 " entries of %" PRIu32 " bytes", v, copy->entry_size);
	case GPT_FAULT_ENTRY_SIZE:
		return arena_printf(arena, "entries of %" PRIu64 " bytes, 128 expected", v);
	default:
		return "reserved bytes are not zero";
	}
}

#define LINUX_ENTRY_SIZE 128

/* Of a header that something wrote over, no field can be believed. */
static bool is_whole(const struct gpt_copy *copy)
{
	return copy->found && !(copy->faults & GPT_FAULTS_DAMAGE);
}

/* Is the table there for Linux, as far as the size of its entries goes? */
static bool linux_reads(const struct gpt *gpt)
{
	return (is_whole(&gpt->primary) && gpt->primary.entry_size == LINUX_ENTRY_SIZE) ||
	       (is_whole(&gpt->backup) && gpt->backup.entry_size == LINUX_ENTRY_SIZE);
}

static void report(struct check *check, const struct gpt *gpt, const struct gpt_copy *copy, const char *who,
		   enum gpt_fault fault)
{
	enum severity severity = fault == GPT_FAULT_RESERVED ? SEVERITY_NOTE :
				 gpt->bootable_table || copy->accepted ? SEVERITY_WARNING : SEVERITY_ERROR;
	bool unseen = fault == GPT_FAULT_ENTRY_SIZE && !linux_reads(gpt);
	struct diagnostic *d;
	uint64_t offset;
	uint32_t length;

	if (unseen)
		severity = SEVERITY_ERROR;
	gpt_fault_range(copy, fault, &offset, &length);
	d = finding_severity(check, severity, at_disk(offset, length), "%s: %s", who, describe(check, gpt, copy, fault));
	if (severity == SEVERITY_ERROR)
		d->effect = EFFECT_BLOCKS_BOOT;
	else
		finding_stands_alone(check);
	if (unseen && gpt->bootable_table)
		finding_note(check, d, "Linux sees no partition of it");
	if (gpt->bootable_table && fault != GPT_FAULT_RESERVED)
		gpt_help_recreate(check, d, gpt);
}

static bool has(const struct gpt_copy *copy, enum gpt_fault fault)
{
	if (fault == GPT_FAULT_ENTRY_SIZE)
		return is_whole(copy) && copy->entry_size != LINUX_ENTRY_SIZE;
	return copy->faults & fault && !(copy->faults & GPT_FAULTS_DAMAGE);
}

RULE(gpt_header_fields)
{
	static const enum gpt_fault faults[] = {
		GPT_FAULT_REVISION,    GPT_FAULT_ALTERNATE_LBA, GPT_FAULT_FIRST_USABLE, GPT_FAULT_LAST_USABLE,
		GPT_FAULT_ENTRIES_LBA, GPT_FAULT_ENTRY_COUNT,   GPT_FAULT_ENTRY_SIZE,   GPT_FAULT_RESERVED,
	};
	const struct gpt *gpt = gpt_of(check);

	if (!gpt)
		return;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		bool primary = has(&gpt->primary, faults[i]), backup = has(&gpt->backup, faults[i]);

		/* a builder that is wrong is wrong in both */
		if (primary && backup && value(&gpt->primary, faults[i]) == value(&gpt->backup, faults[i])) {
			report(check, gpt, &gpt->primary, "both GPT headers", faults[i]);
			continue;
		}
		if (primary)
			report(check, gpt, &gpt->primary, "primary GPT header", faults[i]);
		if (backup)
			report(check, gpt, &gpt->backup, "backup GPT header", faults[i]);
	}
}
