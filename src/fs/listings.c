/* SPDX-License-Identifier: MIT */
/* listings: a table of directories, by the hash of their handles. */
#include "fs/listings.h"

#include <string.h>

#include "base/hash.h"
#include "base/limits.h"

#define BUCKETS 256

struct listing {
	struct listing *next;
	uint64_t directory;
	struct fs_entry *entries;
	size_t count;
};

struct listings {
	struct arena *arena;
	size_t bytes; /* of `kept` */
	struct listing *buckets[BUCKETS];
};

/* One process reads one image. */
static size_t kept; /* bytes, of all file systems */

struct listings *listings_new(void)
{
	struct arena *arena = arena_new(2 * LIMIT_LISTINGS);
	struct listings *listings = ARENA_NEW(arena, struct listings);

	listings->arena = arena;
	return listings;
}

void listings_free(struct listings *listings)
{
	if (!listings)
		return;
	kept -= listings->bytes;
	arena_free(listings->arena);
}

static unsigned bucket_of(uint64_t directory)
{
	return (unsigned)(hash_bytes(&directory, sizeof(directory)) % BUCKETS);
}

bool listings_find(const struct listings *listings, uint64_t directory, struct fs_entry **ret, size_t *ret_count)
{
	for (const struct listing *l = listings->buckets[bucket_of(directory)]; l; l = l->next) {
		if (l->directory != directory)
			continue;
		*ret = l->entries;
		*ret_count = l->count;
		return true;
	}
	return false;
}

void listings_keep(struct listings *listings, uint64_t directory, const struct fs_entry *entries, size_t count)
{
	unsigned bucket = bucket_of(directory);
	struct listing *listing;
	size_t bytes = sizeof(*listing) + count * sizeof(*entries);

	/* with what the arena rounds up */
	for (size_t i = 0; i < count; i++)
		bytes += strlen(entries[i].name) + 1 + 16;
	if (bytes > LIMIT_LISTINGS - kept)
		return;
	kept += bytes;
	listings->bytes += bytes;
	listing = ARENA_NEW(listings->arena, struct listing);
	*listing = (struct listing){ listings->buckets[bucket], directory,
				     ARENA_ARRAY(listings->arena, count, struct fs_entry), count };
	for (size_t i = 0; i < count; i++) {
		listing->entries[i] = entries[i];
		listing->entries[i].name = arena_strdup(listings->arena, entries[i].name);
		listing->entries[i].alias = NULL;
	}
	listings->buckets[bucket] = listing;
}
