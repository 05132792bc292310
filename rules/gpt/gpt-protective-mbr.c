/* SPDX-License-Identifier: MIT */
/* gpt-protective-mbr: the protective MBR is missing or wrong
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * A disk with a GPT begins with an MBR that has one record, of type 0xEE and from LBA 1 on, so that what does not know GPT sees
 * a disk in use. Firmware takes that record for the sign that there is a GPT: without it, it does not look for one, and
 * finds no partition. Record size and active flag are different: firmware ignores them, so they are only noted. (A few old
 * PCs boot from a disk only if some record is active; that is why image builders set the flag.)
 *
 * If the MBR has partitions of its own in place of that record, and an EFI system partition among them, firmware boots by the
 * MBR, as if there were no GPT. Some ISO images are meant to be so (xorriso's -isohybrid-gpt-basdat): they boot, but what reads
 * the GPT and what reads the MBR see different disks. No other rule then judges the GPT.
 *
 * sgdisk writes a protective MBR anew whenever it writes the table, unless the MBR has records of another sort: then somebody
 * must decide which of the two tables is the right one.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | mbr clear
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: LBA 0 has no 55 AA at its end
 * bad:    debian-arm64 | mbr no-signature
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: LBA 0 has no 55 AA at its end
 * bad:    debian-arm64 | mbr no-ee
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: no record is of type 0xEE
 * bad:    debian-arm64 | mbr no-ee 0x83
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: no record is of type 0xEE
 * bad:    debian-arm64 | mbr no-ee | mbr record 2 0xef 2048 69632
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: no record is of type 0xEE
 * bad:    debian-arm64 | mbr no-ee | mbr record 2 0xef 2048 69632 | gpt range 2 = last+10 | gpt type 1 linux
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: no record is of type 0xEE
 * bad:    debian-arm64 | mbr no-ee | mbr record 2 0x0c 2048 69632 | gpt crc backup header
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: no record is of type 0xEE
 * bad:    debian-arm64 | mbr start 2
 * expect: !disk@0x1c6: error: the disk has a GPT and no protective MBR: its record begins at LBA 2, not at 1
 * bad:    debian-arm64-4096 | mbr clear
 * expect: !disk@0x1be: error: the disk has a GPT and no protective MBR: LBA 0 has no 55 AA at its end
 * bad:    debian-arm64 | mbr protective size 100
 * expect: !disk@0x1ca: note: the protective MBR covers 100 sectors, * expected
 * bad:    debian-arm64 | mbr active
 * expect: !disk@0x1be: note: the protective MBR is marked active
 * firmware: mbr clear
 * firmware: mbr no-ee
 * firmware: mbr no-ee 0x83
 * firmware: mbr start 2
 * firmware: boots mbr no-ee | mbr record 2 0xef 2048 69632
 * firmware: boots mbr protective size 100
 * firmware: boots mbr active
 */
#include <inttypes.h>

#include "image/image.h"
#include "lint/gpt-findings.h"
#include "partition/mbr.h"

/* The record that says that there is a GPT, up to the end of any disk: for an MBR that has no record at all, which sgdisk takes
 * for damaged. */
#define WRITE_RECORD "printf '\\0\\0\\2\\0\\356\\377\\377\\377\\1\\0\\0\\0\\377\\377\\377\\377' | " \
		     "dd of={disk} bs=1 seek=446 conv=notrunc"

static void help(struct check *check, struct diagnostic *d, const struct gpt *gpt, const struct mbr *mbr)
{
	bool own = mbr->primary_count > (mbr->ee_elsewhere ? 1 : 0);

	/* whatever writes a protective MBR writes over the records that are there, and they may be what boots */
	if (own || mbr->kind == MBR_SUPERFLOPPY)
		finding_help(check, d, "build the image anew, with one table: a GPT with a protective MBR");
	else if (!gpt->bootable_table)
		return;
	else if (mbr->kind == MBR_TABLE && !mbr->ee_elsewhere)
		finding_help_disk(check, d, WRITE_RECORD);
	else
		gpt_help(check, d, gpt, "sgdisk -e {disk}");
}

static void missing(struct check *check, const struct gpt *gpt, const struct mbr *mbr)
{
	static const char message[] = "the disk has a GPT and no protective MBR";
	struct diagnostic *d;

	if (mbr->kind == MBR_NONE)
		d = finding(check, at_disk(446, 66), "%s: LBA 0 has no 55 AA at its end", message);
	else if (mbr->kind == MBR_SUPERFLOPPY)
		d = finding(check, at_disk(0, 512), "%s: LBA 0 is the boot sector of a %s file system", message,
			    mbr->superfloppy);
	else if (mbr->ee_elsewhere)
		d = finding(check, at_disk(mbr->ee_elsewhere->record_offset + 8, 4),
			    "%s: its record begins at LBA %" PRIu64 ", not at 1", message, mbr->ee_elsewhere->first_lba);
	else
		d = finding(check, at_disk(446, 64), "%s: no record is of type 0xEE", message);
	if (check->image->gpt_bypassed) {
		d->effect = EFFECT_CONFORMANCE;
		finding_note(check, d, "firmware boots by the MBR, from partition %d, and does not look at the GPT",
			     check->image->esps[0].partition);
	}
	help(check, d, gpt, mbr);
}

RULE(gpt_protective_mbr)
{
	const struct gpt *gpt = check->image->gpt_bypassed ? check->image->gpt : gpt_of(check);
	const struct mbr_partition *p;
	struct diagnostic *d;

	if (!gpt)
		return;
	p = check->image->mbr->protective;
	if (!p && gpt_shift(check)) {
		not_applicable(check, "the whole disk stands too late: see gpt-primary-header");
		return;
	}
	if (!p) {
		missing(check, gpt, check->image->mbr);
		return;
	}
	/* Right is the size of the disk, of the disk as the table knows it, or the most that fits.  A hybrid's record ends
	 * where the first shared partition begins. */
	if (p->sectors != gpt->last_lba && p->sectors != UINT32_MAX && !check->image->mbr->hybrid &&
	    !(gpt->primary.found && p->sectors == gpt->primary.alternate_lba) && p->sectors != gpt->backup.lba) {
		d = finding_severity(check, SEVERITY_NOTE, at_disk(p->record_offset + 12, 4),
				     "the protective MBR covers %" PRIu32 " sectors, %" PRIu64 " expected", p->sectors,
				     gpt->last_lba < UINT32_MAX ? gpt->last_lba : UINT32_MAX);
		d->effect = EFFECT_CONFORMANCE;
		if (gpt->bootable_table)
			gpt_help_rewrite(check, d, gpt);
	}
	if (p->status) {
		d = finding_severity(check, SEVERITY_NOTE, at_disk(p->record_offset, 1),
				     "the protective MBR is marked active");
		d->effect = EFFECT_CONFORMANCE;
		if (gpt->bootable_table)
			gpt_help_rewrite(check, d, gpt);
	}
}
