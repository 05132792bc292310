/* SPDX-License-Identifier: MIT */
/* container-vmdk: which other files a VMDK names (VMware's "Virtual Disk Format 5.0"; QEMU's block/vmdk.c).
 *
 * QEMU opens what a descriptor names in two cases: the file is a descriptor itself, or it is a sparse extent whose
 * first header has capacity 0 and a descriptor offset.  (A footer's capacity is not looked at again.)  Both are closed
 * here before any parsing of the descriptor, so how its text is read matters for the report alone.
 */
#include "block/container-internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define SECTOR 512
#define QEMU_DESCRIPTOR_OFFSET 0x200 /* where QEMU looks for the parent, whatever the header says */
#define QEMU_DESCRIPTOR_SIZE (20 * SECTOR)

bool container_is_vmdk_text(const unsigned char *start, size_t size)
{
	static const char mark[] = "# Disk DescriptorFile";
	size_t i = 0;

	if (size >= sizeof(mark) - 1 && !strncasecmp((const char *)start, mark, sizeof(mark) - 1))
		return true;
	/* as vmdk_probe does: comments and blank lines, then version= */
	while (i < size) {
		if (start[i] == '#') {
			while (i < size && start[i] != '\n')
				i++;
			i++;
		} else if (start[i] == ' ' || start[i] == '\r' || start[i] == '\n') {
			i++;
		} else {
			return size - i >= 10 && !memcmp(start + i, "version=", 8) && isdigit(start[i + 8]) &&
			       (start[i + 9] == '\n' || start[i + 9] == '\r');
		}
	}
	return false;
}

/* The text from `at` on to the next quote, newline or the end; its place in the file is base + the distance from text.
 */
static void add_quoted(struct arena *arena, struct container *c, enum container_role role, const char *text,
		       const char *at, uint64_t base)
{
	size_t length = strcspn(at, "\"\r\n");

	if (length > LIMIT_FILE_NAME)
		length = LIMIT_FILE_NAME;
	container_external(c, role, arena_strndup(arena, at, length), base + (uint64_t)(at - text), length);
}

static void find_extents(struct arena *arena, struct container *c, const char *text, uint64_t base)
{
	static const char *const accesses[] = { "RW", "RDONLY", "NOACCESS" };

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *word = line + strspn(line, " \t\r"), *quote;

		for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
			size_t n = strlen(accesses[i]);

			if (strncasecmp(word, accesses[i], n) || !isspace((unsigned char)word[n]))
				continue;
			quote = word + strcspn(word, "\"\n");
			if (*quote == '"')
				add_quoted(arena, c, CONTAINER_EXTENT, text, quote + 1, base);
		}
	}
}

/* QEMU looks for the bare words, wherever they stand; so do we. */
static void find_parent(struct arena *arena, struct container *c, const char *text, uint64_t base)
{
	const char *hint = strstr(text, "parentFileNameHint"), *cid = strstr(text, "parentCID");

	if (hint && *(hint += strcspn(hint, "\"\n")) == '"' && hint[1] != '"') {
		add_quoted(arena, c, CONTAINER_PARENT, text, hint + 1, base);
	} else if (cid) {
		unsigned long value = strtoul(cid + strlen("parentCID") + (cid[strlen("parentCID")] == '='), NULL, 16);

		if (value != 0xffffffff)
			container_external(c, CONTAINER_PARENT, arena_printf(arena, "the disk with CID %08lx", value),
					   base + (uint64_t)(cid - text), strcspn(cid, "\r\n"));
	}
}

static int read_text(struct arena *arena, struct view *file, uint64_t offset, size_t length, const char **ret,
		     struct error *err)
{
	struct cursor bytes;
	int r = container_bytes(arena, file, offset, length + 1, &bytes, err);

	if (r < 0)
		return r;
	((unsigned char *)(uintptr_t)bytes.data)[length] = 0;
	*ret = (const char *)bytes.data;
	return 0;
}

int container_vmdk_text(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	const char *text;
	int r = read_text(arena, file, 0, LIMIT_CONTAINER_DESCRIPTOR, &text, err);

	if (r < 0)
		return r;
	find_extents(arena, c, text, 0);
	find_parent(arena, c, text, 0);
	return 0;
}

int container_vmdk_sparse(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	uint64_t capacity, descriptor, sectors, at;
	struct cursor header;
	const char *text;
	int r = container_bytes(arena, file, 0, SECTOR, &header, err);

	if (r < 0)
		return r;
	cursor_seek(&header, 12); /* magic, version, flags */
	capacity = cursor_le64(&header);
	cursor_skip(&header, 8); /* grain size */
	descriptor = cursor_le64(&header);
	sectors = cursor_le64(&header);

	if (!capacity)
		container_close(
			c, descriptor
				   ? "its header has capacity 0, and the files that its descriptor names hold the disk"
				   : "its header has capacity 0");
	r = read_text(arena, file, QEMU_DESCRIPTOR_OFFSET, QEMU_DESCRIPTOR_SIZE, &text, err);
	if (r < 0)
		return r;
	find_parent(arena, c, text, QEMU_DESCRIPTOR_OFFSET);
	if (!descriptor || descriptor >= file->size / SECTOR)
		return 0;
	at = descriptor * SECTOR;
	/* where the header says the descriptor is, for other readers than QEMU, and for the extents' names */
	sectors = capacity && sectors < LIMIT_CONTAINER_DESCRIPTOR / SECTOR ? sectors
									    : LIMIT_CONTAINER_DESCRIPTOR / SECTOR;
	r = read_text(arena, file, at, (size_t)(sectors * SECTOR), &text, err);
	if (r < 0)
		return r;
	find_parent(arena, c, text, at);
	if (!capacity)
		find_extents(arena, c, text, at);
	return 0;
}

int container_vmdk_cowd(struct arena *arena, struct view *file, struct container *c, struct error *err)
{
	const char *text;
	int r = read_text(arena, file, QEMU_DESCRIPTOR_OFFSET, QEMU_DESCRIPTOR_SIZE, &text, err);

	if (r < 0)
		return r;
	find_parent(arena, c, text, QEMU_DESCRIPTOR_OFFSET);
	return 0;
}
