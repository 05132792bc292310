/* SPDX-License-Identifier: MIT */
/* gpt-tables-differ: the two copies of the GPT are both sound and say different things
 *
 * severity: warning
 * effect:   degrades
 * clause:   VM Image Format, I1
 * after:    gpt-missing
 *
 * Both checksums of both copies are right, so nothing is damaged: a tool changed one copy and not the other. Firmware boots by
 * the primary. The day that the primary is lost, the backup brings back partitions as they were once, and a tool that
 * restores from it moves a partition's end or forgets it. Neither sgdisk -v nor sfdisk --verify sees this.
 *
 * `sgdisk -e` writes the backup anew from the primary. If it is the backup that is right, use `sgdisk --load-backup` or gdisk's
 * recovery menu.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | gpt differ
 * expect: !disk@0x*28: warning: the backup GPT differs from the primary in partition 1
 * bad:    debian-arm64 | gpt type 1 linux backup
 * expect: !disk@0x*: warning: the backup GPT differs from the primary in partition 1
 * bad:    debian-arm64 | gpt differ 1 | gpt differ 2
 * expect: !disk@0x*28: warning: the backup GPT differs from the primary in partitions 1 and 2
 * bad:    debian-arm64 | gpt field backup disk_guid bc13c2ff-59e6-4262-a352-b275fd6f7172
 * expect: !disk@0x*38: warning: the backup GPT differs from the primary in the disk's GUID
 * bad:    debian-arm64-4096 | gpt differ
 * expect: !disk@0x*28: warning: the backup GPT differs from the primary in partition 1
 * firmware: gpt differ
 */
#include <inttypes.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "lint/gpt-findings.h"

#define NUMBERS 8

/* A field that is wrong in one copy differs from the other's, of course: gpt-header-fields and gpt-zero-guid say it. */
static uint32_t unexplained(const struct gpt *gpt)
{
	uint32_t faults = gpt->primary.faults | gpt->backup.faults, differences = gpt->differences;

	if (faults & GPT_FAULT_REVISION)
		differences &= ~(uint32_t)GPT_DIFFERS_REVISION;
	if (faults & GPT_FAULT_DISK_GUID)
		differences &= ~(uint32_t)GPT_DIFFERS_DISK_GUID;
	if (faults & (GPT_FAULT_FIRST_USABLE | GPT_FAULT_LAST_USABLE))
		differences &= ~(uint32_t)GPT_DIFFERS_USABLE;
	if (faults & (GPT_FAULT_ENTRY_COUNT | GPT_FAULT_ENTRIES_LBA))
		differences &= ~(uint32_t)GPT_DIFFERS_ENTRY_COUNT;
	if (faults & GPT_FAULT_ENTRY_SIZE)
		differences &= ~(uint32_t)GPT_DIFFERS_ENTRY_SIZE;
	return differences;
}

static void list_entries(const struct gpt *gpt, struct buffer *text)
{
	size_t count = gpt->entry_difference_count, shown = count > NUMBERS ? NUMBERS : count;

	buffer_string(text, count > 1 ? "partitions " : "partition ");
	for (size_t i = 0; i < shown; i++) {
		if (i)
			buffer_string(text, i + 1 == shown && shown == count ? " and " : ", ");
		buffer_printf(text, "%" PRIu32, gpt->entry_differences[i].number);
	}
	if (shown < count)
		buffer_string(text, " and more");
}

static void note_entry(struct check *check, struct diagnostic *d, const struct gpt_entry_difference *e)
{
	BUFFER_AUTO fields = buffer_make(KiB);

	if (e->only_primary || e->only_backup) {
		finding_note(check, d, "partition %" PRIu32 " exists in the %s copy alone", e->number,
			     e->only_primary ? "primary" : "backup");
		return;
	}
	buffer_string(&fields, "");
	if (e->type)
		buffer_string(&fields, ", type");
	if (e->unique)
		buffer_string(&fields, ", GUID");
	if (e->range)
		buffer_string(&fields, ", first or last LBA");
	if (e->attributes)
		buffer_string(&fields, ", attributes");
	if (e->name)
		buffer_string(&fields, ", name");
	if (e->reserved)
		buffer_string(&fields, ", reserved bytes");
	finding_note(check, d, "partition %" PRIu32 ": %s", e->number, fields.size > 2 ? fields.data + 2 : "");
}

RULE(gpt_tables_differ)
{
	const struct gpt *gpt = gpt_of(check);
	uint64_t offset = 0, length = 0;
	struct diagnostic *d;
	uint32_t differences;
	BUFFER_AUTO text = buffer_make(KiB);
	static const struct {
		enum gpt_difference difference;
		enum gpt_fault field; /* which has the place that is meant */
		const char *text;
	} fields[] = {
		{ GPT_DIFFERS_REVISION, GPT_FAULT_REVISION, "the revision" },
		{ GPT_DIFFERS_DISK_GUID, GPT_FAULT_DISK_GUID, "the disk's GUID" },
		{ GPT_DIFFERS_USABLE, GPT_FAULT_FIRST_USABLE, "the usable range" },
		{ GPT_DIFFERS_ENTRY_COUNT, GPT_FAULT_ENTRY_COUNT, "the number of entries" },
		{ GPT_DIFFERS_ENTRY_SIZE, GPT_FAULT_ENTRY_SIZE, "the size of an entry" },
	};

	if (!gpt)
		return;
	differences = unexplained(gpt);
	if (!differences)
		return;
	if (differences & GPT_DIFFERS_ENTRIES) {
		offset = gpt->entry_differences[0].backup_offset;
		list_entries(gpt, &text);
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint32_t field_length;

		if (!(differences & fields[i].difference))
			continue;
		if (!offset) {
			gpt_fault_range(&gpt->backup, fields[i].field, &offset, &field_length);
			length = field_length;
		}
		if (text.size)
			buffer_string(&text, ", ");
		buffer_string(&text, fields[i].text);
	}
	d = finding(check, at_disk(offset, length), "the backup GPT differs from the primary in %s", text.data);
	for (size_t i = 0; i < gpt->entry_difference_count && i < NUMBERS && differences & GPT_DIFFERS_ENTRIES; i++)
		note_entry(check, d, &gpt->entry_differences[i]);
	/* tools that write the backup anew keep its header's GUID */
	if (differences & GPT_DIFFERS_DISK_GUID)
		gpt_help_recreate(check, d, gpt);
	else
		gpt_help_rewrite(check, d, gpt);
}
