/* SPDX-License-Identifier: MIT */
/* esp: finds the EFI system partitions of an image, or what firmware would take for one, and opens them. */
#include "base/limits.h"
#include "base/utf16.h"
#include "fs/fat.h"
#include "image/gather.h"
#include "partition/gpt.h"
#include "partition/mbr.h"
#include "partition/number.h"

static void keep_more(struct image *image)
{
	image->more_esps = true;
	limit_error(NULL, "there are more than %d EFI system partitions", LIMIT_ESPS);
}

static void add(struct image *image, enum esp_found found, int partition, uint64_t start, uint64_t size)
{
	struct esp *esp;
	struct fat *fat;

	if (image->esp_count == LIMIT_ESPS) {
		keep_more(image);
		return;
	}
	esp = &image->esps[image->esp_count];
	*esp = (struct esp){ .index = image->esp_count, .partition = partition, .found = found, .start = start, .size = size };
	image->esp_count++;
	esp->view = view_slice(image->arena, image->disk, start, size);
	if (fat_open(image->arena, esp->view, &fat, &esp->error) < 0) {
		esp->have = UNREADABLE;
		return;
	}
	esp->fat = fat;
	esp->fs = fat->fs;
	esp->have = fat->type == FAT_NONE ? ABSENT : HAVE;
}

/* In place of those that were not looked at any more. */
static void add_unknown(struct image *image, const struct partition *p, const struct error *err)
{
	struct esp *esp = &image->esps[image->esp_count];

	*esp = (struct esp){ .index = image->esp_count++, .partition = p->number, .found = ESP_BY_CONTENT, .start = p->start,
			     .size = p->size, .have = UNREADABLE, .error = *err,
			     .view = view_slice(image->arena, image->disk, p->start, p->size) };
}

/* Of the search by content. */
struct esp_search {
	unsigned filesystems;
	uint64_t bytes; /* of FATs */
};

static bool is_typed(const struct partition *partition)
{
	if (partition->gpt)
		return guid_equal(&partition->gpt->type, &GPT_TYPE_ESP);
	return partition->mbr->type == MBR_TYPE_ESP;
}

/* Does the directory \EFI\BOOT of this volume hold a BOOT*.EFI?  A kernel or a loader entry alone (XBOOTLDR) does not count. */
static bool holds_boot_file(struct arena *arena, struct fs *fs)
{
	struct fs_entry directory, *entries;
	size_t count;

	if (fs_lookup(fs, arena, "/EFI/BOOT", &directory, NULL) < 0 || directory.type != FS_DIRECTORY ||
	    fs->ops->readdir(fs, arena, directory.handle, &entries, &count, NULL) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++) {
			const char *name = architectures[a].boot_file;

			if (!ascii_casecmp(entries[i].name, name) || (entries[i].alias && !ascii_casecmp(entries[i].alias, name)))
				return true;
		}
	}
	return false;
}

/* Is there no need to look further?  A volume that is a damaged FAT, or that could not be looked at, is the ESP all the same;
 * one that holds something else was given the type by mistake. */
static bool one_will_do(const struct image *image)
{
	for (unsigned i = 0; i < image->esp_count; i++) {
		const struct esp *esp = &image->esps[i];

		if (esp->have != ABSENT || esp->fat->claims_fat || esp->view->size < esp->size)
			return true;
	}
	return false;
}

/* Has an earlier entry the same bytes?  Listed or not, they are looked at once. */
static bool was_looked_at(const struct image *image, unsigned i)
{
	const struct partition *p = &image->partitions[i];

	for (unsigned k = 0; k < i; k++)
		if (image->partitions[k].start == p->start && image->partitions[k].size == p->size &&
		    !is_typed(&image->partitions[k]))
			return true;
	return false;
}

/* What was spent on FATs in which no ESP was found: many partitions may lie over each other.  0, or why this one, which is read
 * but does not count any more, is the end. */
static int spend(struct esp_search *search, const struct esp *esp, struct error *err)
{
	if (esp->have == ABSENT)
		return 0;
	if (esp->fat)
		search->bytes += esp->fat->fat_bytes;
	search->filesystems++;
	if (search->bytes <= LIMIT_FILESYSTEM_TABLES && search->filesystems <= LIMIT_FILESYSTEMS)
		return 0;
	return limit_error(err, "too many FAT file systems, or too large ones, might be the EFI system partition");
}

static void add_by_content(struct image *image)
{
	struct esp_search search = { 0 };

	for (unsigned i = 0; i < image->partition_count; i++) {
		const struct partition *p = &image->partitions[i];
		struct arena_mark mark = arena_mark(image->arena);
		unsigned before = image->esp_count;
		struct error err;
		struct esp *esp;
		int r;

		if (is_typed(p) || was_looked_at(image, i))
			continue;
		/* what it holds is not known */
		if (before == LIMIT_ESPS) {
			keep_more(image);
			return;
		}
		add(image, ESP_BY_CONTENT, p->number, p->start, p->size);
		esp = &image->esps[before];
		r = spend(&search, esp, &err);
		if (esp->have == HAVE && holds_boot_file(image->arena, esp->fs)) {
			if (r < 0)
				return;
			continue;
		}
		image->esp_count = before;
		arena_release(image->arena, mark);
		if (r < 0) {
			/* it may be any of the others */
			if (!before)
				add_unknown(image, p, &err);
			return;
		}
	}
}

static void gather(struct image *image)
{
	for (unsigned i = 0; i < image->partition_count; i++) {
		const struct partition *p = &image->partitions[i];

		if (is_typed(p))
			add(image, p->gpt ? ESP_BY_GPT_TYPE : ESP_BY_MBR_TYPE, p->number, p->start, p->size);
	}
	if (image->have_table == ABSENT && image->mbr->kind == MBR_SUPERFLOPPY)
		add(image, ESP_WHOLE_DISK, PARTITION_WHOLE_DISK, 0, image->disk->size);
	if (!one_will_do(image))
		add_by_content(image);
}

void image_gather_esps(struct image *image)
{
	image->esps = ARENA_ARRAY(image->arena, LIMIT_ESPS, struct esp);
	if (image->have_table == UNREADABLE)
		return;
	if (image_bypass_gpt(image)) {
		gather(image);
		if (image->esp_count)
			return;
		/* nothing boots by that MBR, so the GPT is what was meant */
		image_return_to_gpt(image);
	}
	gather(image);
}
