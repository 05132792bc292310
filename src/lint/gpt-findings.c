/* SPDX-License-Identifier: MIT */
/* gpt-findings: the two copies' damage in words, and the commands that mend a table.
 *
 * Every command here was tried on the defect that it is offered for.  That matters: with both copies bad, sgdisk -e writes an
 * empty table and calls that a success.
 */
#include "lint/gpt-findings.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "image/image.h"

const struct gpt *gpt_of(struct check *check)
{
	const struct image *image = check->image;

	if (image->have_table == UNREADABLE) {
		not_evaluated(check, &image->table_error, "the partition table could not be read");
		return NULL;
	}
	if (!image->gpt->present) {
		not_applicable(check, "the disk has no GUID Partition Table");
		return NULL;
	}
	if (image->gpt_bypassed) {
		not_applicable(check, "firmware goes by the MBR and not by the GPT: see gpt-protective-mbr");
		return NULL;
	}
	return image->gpt;
}

const struct gpt *gpt_with_partitions(struct check *check)
{
	const struct gpt *gpt = gpt_of(check);

	if (!gpt)
		return NULL;
	if (!gpt->used || gpt->used->faults & GPT_FAULT_ENTRIES_CRC) {
		const struct error *error = gpt->primary.entries_error ? gpt->primary.entries_error :
									 gpt->backup.entries_error;

		if (!gpt->used && error)
			not_evaluated(check, error, "the partition entries could not be read");
		else
			not_applicable(check, "neither copy's partition entries can be believed");
		return NULL;
	}
	return gpt;
}

static bool leaves(const struct gpt *gpt, const struct gpt_partition *p, enum gpt_fault bound)
{
	const uint32_t elsewhere = GPT_PARTITION_REVERSED | GPT_PARTITION_PAST_DISK | GPT_PARTITION_IN_TABLE;

	if (!(p->faults & GPT_PARTITION_OUTSIDE) || p->faults & elsewhere)
		return false;
	return bound == GPT_FAULT_LAST_USABLE ? p->last_lba > gpt->used->last_usable_lba :
						p->first_lba < gpt->used->first_usable_lba;
}

enum gpt_fault gpt_narrow_range(const struct gpt *gpt)
{
	static const enum gpt_fault bounds[] = { GPT_FAULT_LAST_USABLE, GPT_FAULT_FIRST_USABLE };

	if (gpt->used->faults & GPT_FAULTS_DAMAGE)
		return 0;
	for (size_t b = 0; b < 2; b++) {
		unsigned count = 0;

		for (size_t i = 0; i < gpt->partition_count; i++)
			count += leaves(gpt, &gpt->partitions[i], bounds[b]);
		if (count > 1)
			return bounds[b];
	}
	return 0;
}

uint32_t gpt_range_faults(const struct gpt *gpt, const struct gpt_partition *p, enum gpt_fault narrow)
{
	uint32_t faults = p->faults & (GPT_PARTITION_REVERSED | GPT_PARTITION_PAST_DISK | GPT_PARTITION_IN_TABLE |
				       GPT_PARTITION_OUTSIDE);

	/* the end that was cut off */
	if (gpt->truncated && p->last_lba < gpt->needed_bytes / gpt->sector_size)
		faults &= ~(uint32_t)GPT_PARTITION_PAST_DISK;
	/* a header that something wrote over says nothing about what is usable */
	if (gpt->used->faults & GPT_FAULTS_DAMAGE || (narrow && leaves(gpt, p, narrow)))
		faults &= ~(uint32_t)GPT_PARTITION_OUTSIDE;
	return faults;
}

const char *gpt_copy_name(const struct gpt *gpt, const struct gpt_copy *copy)
{
	return copy == &gpt->primary ? "primary" : "backup";
}

bool gpt_other_copy_good(const struct gpt *gpt, const struct gpt_copy *copy)
{
	if (copy == &gpt->backup)
		return gpt->primary.accepted;
	return gpt->backup.accepted && gpt->backup_place == GPT_BACKUP_AT_END;
}

uint64_t gpt_shift(const struct check *check)
{
	const struct gpt *gpt = check->image->gpt;
	const struct gpt_copy *backup = &gpt->backup;
	char signature[8];
	uint64_t shift;

	if (gpt->primary.found || gpt->primary.header_error || !backup->found ||
	    (backup->faults & GPT_FAULTS_DAMAGE) != GPT_FAULT_MY_LBA || backup->my_lba >= backup->lba)
		return 0;
	/* both headers at the same distance from where they belong */
	shift = backup->lba - backup->my_lba;
	if (shift >= gpt->last_lba || view_read(check->image->disk, (1 + shift) * gpt->sector_size, signature,
						sizeof(signature), NULL) < 0)
		return 0;
	return memcmp(signature, "EFI PART", sizeof(signature)) == 0 ? shift : 0;
}

static void find_shift(struct check *check, const struct gpt *gpt, uint64_t shift)
{
	uint64_t bytes = shift * gpt->sector_size;
	struct diagnostic *d;

	d = finding_severity(check, SEVERITY_ERROR, at_disk(bytes + gpt->sector_size, 92),
			     "the whole disk stands %" PRIu64 " bytes too late, as both GPT headers show", bytes);
	d->effect = EFFECT_BLOCKS_BOOT;
	finding_help(check, d, "make the image without what was put before the disk; of a raw one, `tail --bytes=+%" PRIu64
		     "` gives the disk", bytes + 1);
}

/* What is wrong with a header, for each bit of GPT_FAULTS_DAMAGE. */
static const char *describe(struct arena *arena, const struct gpt *gpt, const struct gpt_copy *copy, enum gpt_fault fault)
{
	const char *name = gpt_copy_name(gpt, copy);

	switch (fault) {
	case GPT_FAULT_SIGNATURE:
		return arena_printf(arena, "the %s GPT header is missing: LBA %" PRIu64 " has no \"EFI PART\" signature", name,
				    copy->lba);
	case GPT_FAULT_HEADER_SIZE:
		return arena_printf(arena, "the %s GPT header gives its size as %" PRIu32 " bytes, 92 to %" PRIu32 " expected",
				    name, copy->header_size, gpt->sector_size);
	case GPT_FAULT_HEADER_CRC:
		return arena_printf(arena, "the %s GPT header's checksum is wrong: 0x%08" PRIx32 " stored, 0x%08" PRIx32
				    " computed", name, copy->header_crc, copy->computed_header_crc);
	default:
		return arena_printf(arena, "the %s GPT header says that it is at LBA %" PRIu64 ", it is at LBA %" PRIu64, name,
				    copy->my_lba, copy->lba);
	}
}

/* A copy is bad: a warning while firmware can use the other, an error when it cannot. */
static struct diagnostic *find_bad_copy(struct check *check, const struct gpt *gpt, const struct gpt_copy *copy,
					struct location location, const char *message)
{
	struct diagnostic *d;

	if (gpt_other_copy_good(gpt, copy)) {
		d = finding_severity(check, SEVERITY_WARNING, location, "%s", message);
		d->effect = EFFECT_DEGRADES;
		finding_note(check, d, "the %s copy of the table is good, and firmware makes do with it",
			     copy == &gpt->primary ? "backup" : "primary");
		gpt_help_rewrite(check, d, gpt);
		return d;
	}
	d = finding_severity(check, SEVERITY_ERROR, location, "%s", message);
	d->effect = EFFECT_BLOCKS_BOOT;
	finding_note(check, d, "no copy of the table is left that firmware accepts");
	if (copy == &gpt->primary && gpt->backup.accepted && gpt->backup_place != GPT_BACKUP_AT_END) {
		finding_note(check, d,
			     "the backup at LBA %" PRIu64 " is intact, but firmware looks for it in the last sector",
			     gpt->backup.lba);
		finding_help(check, d,
			     "on a raw copy of the disk that `truncate --size=%" PRIu64 "` has cut behind the backup, run "
			     "`sgdisk -e`: it writes the primary anew; then make it as large as before and run `sgdisk -e` again",
			     (gpt->backup.lba + 1) * gpt->sector_size);
		return d;
	}
	finding_help(check, d,
		     "build the image anew, or restore a saved table with `sgdisk --load-backup`: tools that repair a GPT take "
		     "this disk for an empty one");
	return d;
}

void gpt_find_header_damage(struct check *check, const struct gpt *gpt, const struct gpt_copy *copy)
{
	uint32_t left = copy->faults & GPT_FAULTS_DAMAGE;
	uint64_t offset, shift = gpt_shift(check);
	struct diagnostic *d;
	uint32_t length;

	if (copy->header_error) {
		not_evaluated(check, copy->header_error, "the %s GPT header could not be read", gpt_copy_name(gpt, copy));
		return;
	}
	if (!left)
		return;
	if (shift) {
		if (copy == &gpt->primary)
			find_shift(check, gpt, shift);
		else
			not_applicable(check, "the whole disk stands too late: see gpt-primary-header");
		return;
	}
	gpt_fault_range(copy, left & -left, &offset, &length);
	d = find_bad_copy(check, gpt, copy, at_disk(offset, length), describe(check->arena, gpt, copy, left & -left));
	for (left &= left - 1; left; left &= left - 1)
		finding_note(check, d, "%s", describe(check->arena, gpt, copy, left & -left));
}

void gpt_find_entries_damage(struct check *check, const struct gpt *gpt, const struct gpt_copy *copy)
{
	const char *name = gpt_copy_name(gpt, copy);
	uint64_t offset;
	uint32_t length;

	if (!copy->found || copy->faults & GPT_FAULTS_DAMAGE) {
		not_applicable(check, "the %s GPT header does not say where its entries are", name);
		return;
	}
	if (copy->entries_error) {
		not_evaluated(check, copy->entries_error, "the %s GPT's partition entries could not be read", name);
		return;
	}
	/* then the checksum is of other bytes than was meant, and gpt-header-fields says so */
	if (copy->faults & (GPT_FAULT_ENTRIES_LBA | GPT_FAULT_ENTRY_COUNT) ||
	    (copy->faults & GPT_FAULT_ENTRY_SIZE && !copy->accepted)) {
		not_applicable(check, "the %s GPT header does not say where its entries are", name);
		return;
	}
	if (!(copy->faults & GPT_FAULT_ENTRIES_CRC))
		return;
	gpt_fault_range(copy, GPT_FAULT_ENTRIES_CRC, &offset, &length);
	find_bad_copy(check, gpt, copy, at_disk(offset, length),
		      arena_printf(check->arena,
				   "the %s GPT's entries do not match their checksum: 0x%08" PRIx32 " stored, 0x%08" PRIx32
				   " computed over %" PRIu32 " entries from LBA %" PRIu64,
				   name, copy->entries_crc, copy->computed_entries_crc, copy->entry_count, copy->entries_lba));
}

/* Each {disk} of the command becomes the loop device. */
static char *in_loop_device(struct arena *arena, const struct gpt *gpt, const char *command)
{
	BUFFER_AUTO text = buffer_make(4 * KiB);

	buffer_printf(&text, "dev=$(losetup --sector-size %" PRIu32 " --find --show {disk}) && ", gpt->sector_size);
	while (*command) {
		if (strncmp(command, "{disk}", 6) == 0) {
			buffer_string(&text, "$dev");
			command += 6;
		} else {
			buffer_char(&text, *command++);
		}
	}
	buffer_string(&text, "; losetup --detach $dev");
	return arena_strdup(arena, text.data);
}

void gpt_help(struct check *check, struct diagnostic *diagnostic, const struct gpt *gpt, const char *sgdisk)
{
	if (gpt->sector_size != 512)
		sgdisk = in_loop_device(check->arena, gpt, sgdisk);
	finding_help_disk(check, diagnostic, sgdisk);
}

void gpt_help_rewrite(struct check *check, struct diagnostic *diagnostic, const struct gpt *gpt)
{
	/* sgdisk does not look at a header's own address, so it keeps a wrong one */
	bool blind = (gpt->primary.faults | gpt->backup.faults) & GPT_FAULT_MY_LBA;

	if (gpt->sector_size == 512 && !blind)
		finding_help_disk(check, diagnostic, "sgdisk -e {disk}");
	else
		finding_help_disk(check, diagnostic,
				  arena_printf(check->arena, "printf 'w\\n' | fdisk -b %" PRIu32 " {disk}", gpt->sector_size));
}

void gpt_help_recreate(struct check *check, struct diagnostic *diagnostic, const struct gpt *gpt)
{
	/* sfdisk takes over a first and a last usable LBA as they stand, and by itself begins at 1 MiB */
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < gpt->partition_count; i++)
		if (gpt->partitions[i].first_lba < first)
			first = gpt->partitions[i].first_lba;
	if (first > MiB / gpt->sector_size)
		first = MiB / gpt->sector_size;
	gpt_help(check, diagnostic, gpt,
		 arena_printf(check->arena,
			      "sfdisk --dump {disk} | sed -e '/^last-lba/d' -e 's/^first-lba.*/first-lba: %" PRIu64
			      "/' | sfdisk {disk}",
			      first));
}
