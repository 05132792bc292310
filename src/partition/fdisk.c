/* SPDX-License-Identifier: MIT */
/* fdisk: asking libfdisk, and writing down what it says.  The comparison is in fdisk-compare.c. */
#include "partition/fdisk.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <libfdisk/libfdisk.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "block/window.h"

#define WINDOW MiB
#define SAID_MAXIMUM 32

/* of a GPT's header (UEFI 2.10, 5.3.2), and where its number of entries and their size stand */
#define GPT_HEADER_BYTES 92
#define GPT_HEADER_COUNT 80

int fdisk_memory_file(struct error *err)
{
	return window_memory_file(WINDOW_FDISK, err);
}

/* A part that cannot be read stays zero: our own readers report it. */
static int fill(struct arena *arena, struct view *disk, int fd, struct error *err)
{
	uint64_t tail = disk->size > WINDOW ? disk->size - WINDOW : 0;
	int r = window_clear(fd, disk->size, err);

	if (r == 0)
		r = window_copy(arena, disk, fd, 0, disk->size < WINDOW ? disk->size : WINDOW, true, err);
	if (r == 0 && disk->size > WINDOW)
		r = window_copy(arena, disk, fd, tail > WINDOW ? tail : WINDOW, disk->size, true, err);
	return r;
}

/* Is there a header in this window of the memory file that speaks of more entries than anyone should make room for?  libfdisk
 * would make it. */
static bool tells_of_too_many(struct arena *arena, int fd, uint64_t from)
{
	struct arena_mark mark = arena_mark(arena);
	uint8_t *bytes = arena_alloc(arena, WINDOW);
	ssize_t size = pread(fd, bytes, WINDOW, (off_t)from);
	bool found = false;

	for (ssize_t at = 0; at + GPT_HEADER_BYTES <= size && !found; at += 512) {
		struct cursor c = cursor_make(bytes + at, GPT_HEADER_BYTES);

		if (memcmp(bytes + at, "EFI PART", 8) != 0)
			continue;
		cursor_seek(&c, GPT_HEADER_COUNT);
		found = (uint64_t)cursor_le32(&c) * cursor_le32(&c) > LIMIT_GPT_TABLE_BYTES;
	}
	arena_release(arena, mark);
	return found;
}

struct listener {
	struct arena *arena;
	const char **said;
	size_t count;
};

static void note(struct listener *listener, const char *text)
{
	if (text && *text && listener->count < SAID_MAXIMUM)
		listener->said[listener->count++] = arena_strdup(listener->arena, text);
}

static int on_ask(struct fdisk_context *context, struct fdisk_ask *ask, void *data)
{
	struct listener *listener = data;

	(void)context;
	switch (fdisk_ask_get_type(ask)) {
	case FDISK_ASKTYPE_WARN:
	case FDISK_ASKTYPE_WARNX:
	case FDISK_ASKTYPE_INFO:
		note(listener, fdisk_ask_print_get_mesg(ask));
		return 0;
	case FDISK_ASKTYPE_YESNO:
		note(listener, fdisk_ask_get_query(ask));
		return fdisk_ask_yesno_set_result(ask, 0);
	default:
		note(listener, fdisk_ask_get_query(ask));
		return -EINVAL;
	}
}

static void context_cleanup(struct fdisk_context **context)
{
	fdisk_unref_context(*context);
}

static void table_cleanup(struct fdisk_table **table)
{
	fdisk_unref_table(*table);
}

static void iterator_cleanup(struct fdisk_iter **iterator)
{
	fdisk_free_iter(*iterator);
}

static const char *upper(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text ? text : "");

	for (char *p = copy; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return copy;
}

static const char *type_text(struct arena *arena, struct fdisk_partition *partition)
{
	struct fdisk_parttype *type = fdisk_partition_get_type(partition);
	const char *text = type ? fdisk_parttype_get_string(type) : NULL;

	if (text)
		return upper(arena, text);
	return type ? arena_printf(arena, "%02x", fdisk_parttype_get_code(type)) : "";
}

static void list_partitions(struct arena *arena, struct fdisk_context *context, struct fdisk_opinion *opinion)
{
	__attribute__((cleanup(table_cleanup))) struct fdisk_table *table = NULL;
	__attribute__((cleanup(iterator_cleanup))) struct fdisk_iter *iterator = fdisk_new_iter(FDISK_ITER_FORWARD);
	struct fdisk_opinion_partition *list;
	struct fdisk_partition *partition;
	size_t count;

	if (!iterator || fdisk_get_partitions(context, &table) < 0)
		return;
	count = fdisk_table_get_nents(table);
	list = ARENA_ARRAY(arena, count, struct fdisk_opinion_partition);
	for (size_t i = 0; i < count && fdisk_table_next_partition(table, iterator, &partition) == 0; i++) {
		struct fdisk_opinion_partition *p = &list[opinion->partition_count++];

		p->number = fdisk_partition_has_partno(partition) ? (uint32_t)fdisk_partition_get_partno(partition) + 1 : 0;
		p->first_lba = fdisk_partition_has_start(partition) ? fdisk_partition_get_start(partition) : 0;
		p->sectors = fdisk_partition_has_size(partition) ? fdisk_partition_get_size(partition) : 0;
		p->type = type_text(arena, partition);
		p->unique = upper(arena, fdisk_partition_get_uuid(partition));
	}
	opinion->partitions = list;
}

int fdisk_ask_opinion(struct arena *arena, struct view *disk, uint32_t sector_size, int fd, const struct fdisk_opinion **ret,
		      struct error *err)
{
	__attribute__((cleanup(context_cleanup))) struct fdisk_context *context = NULL;
	struct fdisk_opinion *opinion = ARENA_NEW(arena, struct fdisk_opinion);
	struct listener listener = { .arena = arena, .said = ARENA_ARRAY(arena, SAID_MAXIMUM, const char *) };
	struct fdisk_label *label;
	int r = fill(arena, disk, fd, err);

	if (r < 0)
		return r;
	/* the last window begins in a sector, as fill has it */
	if (tells_of_too_many(arena, fd, 0) ||
	    (disk->size > WINDOW && tells_of_too_many(arena, fd, (disk->size - WINDOW) / 512 * 512)))
		return error_set(err, EFBIG, "a table of more than %llu bytes, which it would make room for",
				 LIMIT_GPT_TABLE_BYTES);
	context = fdisk_new_context();
	if (!context)
		return error_set(err, ENOMEM, "libfdisk: out of memory");
	fdisk_set_ask(context, on_ask, &listener);
	fdisk_save_user_sector_size(context, sector_size, sector_size);
	r = fdisk_assign_device_by_fd(context, fd, "disk", 1);
	if (r < 0)
		return error_set(err, -r, "libfdisk: %s", strerror(-r));
	label = fdisk_has_label(context) ? fdisk_get_label(context, NULL) : NULL;
	opinion->problems = -1;
	opinion->complaints = listener.count;
	if (label) {
		opinion->label = arena_strdup(arena, fdisk_label_get_name(label));
		list_partitions(arena, context, opinion);
		opinion->problems = fdisk_verify_disklabel(context);
		if (opinion->problems < 0)
			opinion->problems = -1;
	}
	opinion->said = listener.said;
	opinion->said_count = listener.count;
	fdisk_deassign_device(context, 1);
	*ret = opinion;
	return 0;
}
