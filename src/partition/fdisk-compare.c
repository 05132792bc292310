/* SPDX-License-Identifier: MIT */
/* fdisk-compare: where libfdisk and our own readers disagree, in sentences. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "partition/fdisk.h"

#define SENTENCES 64

struct list {
	struct arena *arena;
	const char **sentences;
	size_t count;
};

static void __attribute__((format(printf, 2, 3))) say(struct list *list, const char *format, ...)
{
	va_list ap;

	if (list->count == SENTENCES)
		return;
	va_start(ap, format);
	list->sentences[list->count++] = arena_vprintf(list->arena, format, ap);
	va_end(ap);
}

static const char *our_label(const struct gpt *gpt, const struct mbr *mbr)
{
	if (gpt->present)
		return "gpt";
	return mbr->kind == MBR_TABLE ? "dos" : NULL;
}

/* One of ours in libfdisk's terms. */
static struct fdisk_opinion_partition of_gpt(struct arena *arena, const struct gpt_partition *p)
{
	char type[GUID_TEXT_SIZE], unique[GUID_TEXT_SIZE];

	return (struct fdisk_opinion_partition){
		.number = p->number,
		.first_lba = p->first_lba,
		.sectors = p->last_lba >= p->first_lba ? p->last_lba - p->first_lba + 1 : 0,
		.type = arena_strdup(arena, guid_format(&p->type, type)),
		.unique = arena_strdup(arena, guid_format(&p->unique, unique)),
	};
}

static struct fdisk_opinion_partition of_mbr(struct arena *arena, const struct mbr_partition *p)
{
	return (struct fdisk_opinion_partition){
		.number = p->number,
		.first_lba = p->first_lba,
		.sectors = p->sectors,
		.type = arena_printf(arena, "%02x", p->type),
		.unique = "",
	};
}

static const struct fdisk_opinion_partition *find(const struct fdisk_opinion_partition *list, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].number == number)
			return &list[i];
	return NULL;
}

static void compare_partition(struct list *list, const struct fdisk_opinion_partition *ours,
			      const struct fdisk_opinion_partition *theirs)
{
	if (!theirs) {
		say(list, "libfdisk does not see partition %" PRIu32, ours->number);
		return;
	}
	if (ours->first_lba != theirs->first_lba || ours->sectors != theirs->sectors)
		say(list,
		    "partition %" PRIu32 ": libfdisk sees %" PRIu64 " sectors from LBA %" PRIu64 ", vmlint %" PRIu64
		    " from LBA %" PRIu64,
		    ours->number, theirs->sectors, theirs->first_lba, ours->sectors, ours->first_lba);
	if (strcmp(ours->type, theirs->type) != 0)
		say(list, "partition %" PRIu32 ": libfdisk sees type %s, vmlint %s", ours->number, theirs->type, ours->type);
	if (ours->unique[0] && theirs->unique[0] && strcmp(ours->unique, theirs->unique) != 0)
		say(list, "partition %" PRIu32 ": libfdisk sees GUID %s, vmlint %s", ours->number, theirs->unique,
		    ours->unique);
}

static bool sound(const struct gpt *gpt, const struct mbr *mbr)
{
	if (!gpt->present) {
		for (size_t i = 0; i < mbr->partition_count; i++)
			if (mbr->partitions[i].faults)
				return false;
		return mbr->chain == MBR_CHAIN_COMPLETE;
	}
	for (size_t i = 0; i < gpt->partition_count; i++)
		if (gpt->partitions[i].faults)
			return false;
	/* libfdisk wants either of these sizes, though UEFI allows more */
	if (!mbr->protective || (mbr->protective->sectors != gpt->last_lba && mbr->protective->sectors != UINT32_MAX))
		return false;
	return !mbr->hybrid && !gpt->primary.faults && !gpt->backup.faults &&
	       gpt->backup_place == GPT_BACKUP_AT_END && !gpt->overlap_count && !gpt->duplicate_count &&
	       !gpt->differences && !gpt->truncated;
}

const char *const *fdisk_compare(struct arena *arena, const struct fdisk_opinion *opinion, const struct gpt *gpt,
				 const struct mbr *mbr)
{
	struct list list = { .arena = arena, .sentences = ARENA_ARRAY(arena, SENTENCES + 1, const char *) };
	const char *label = our_label(gpt, mbr);
	size_t count = gpt->present ? gpt->partition_count : mbr->partition_count;
	struct fdisk_opinion_partition *ours;
	bool is_sound = sound(gpt, mbr);

	if (!label != !opinion->label || (label && strcmp(label, opinion->label) != 0)) {
		say(&list, "libfdisk sees %s, vmlint %s", opinion->label ? opinion->label : "no partition table",
		    label ? label : "no partition table");
		return list.sentences;
	}
	ours = ARENA_ARRAY(arena, count, struct fdisk_opinion_partition);
	for (size_t i = 0; i < count; i++) {
		ours[i] = gpt->present ? of_gpt(arena, &gpt->partitions[i]) : of_mbr(arena, &mbr->partitions[i]);
		compare_partition(&list, &ours[i],
				  find(opinion->partitions, opinion->partition_count, ours[i].number));
	}
	for (size_t i = 0; i < opinion->partition_count; i++)
		if (!find(ours, count, opinion->partitions[i].number))
			say(&list, "libfdisk sees a partition %" PRIu32 ", vmlint does not", opinion->partitions[i].number);
	if (opinion->problems > 0 && is_sound)
		say(&list, "libfdisk finds %d problems in the table, vmlint none", opinion->problems);
	/* what it repairs in memory it says once, and then verifies what it has repaired */
	if (opinion->problems == 0 && !opinion->complaints && label && !is_sound)
		say(&list, "libfdisk finds no problem in the table, vmlint does");
	for (size_t i = 0; i < opinion->complaints && is_sound; i++)
		say(&list, "libfdisk says, of a table in which vmlint finds no fault: %s", opinion->said[i]);
	return list.sentences;
}
