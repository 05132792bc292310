/* SPDX-License-Identifier: MIT */
/* module-file: can a file be a kernel module, as far as its beginning tells?
 *
 * The kernel's own check is elf_validity_check() in kernel/module/main.c; what xz, zstd and gzip begin with is in their formats'
 * descriptions. Other compressions are not judged.
 */
#include <string.h>

#include "base/cursor.h"
#include "linux/modules.h"

#define ELF_64 2
#define ELF_LITTLE 1

static bool ends(const char *path, const char *suffix)
{
	size_t length = strlen(path), n = strlen(suffix);

	return length > n && !strcmp(path + length - n, suffix);
}

static bool begins(const uint8_t *data, size_t have, const char *magic, size_t length)
{
	return have >= length && !memcmp(data, magic, length);
}

/* The table of sections stands at the end of a module. */
static bool is_cut(const uint8_t *data, size_t have, uint64_t size)
{
	struct cursor c = cursor_make(data, have);
	uint64_t table, bytes;

	if (have < MODULE_HEAD)
		return true;
	if (data[4] != ELF_64 || data[5] != ELF_LITTLE)
		return false;
	cursor_seek(&c, 0x28);
	table = cursor_le64(&c);
	cursor_seek(&c, 0x3a);
	bytes = cursor_le16(&c);
	bytes *= cursor_le16(&c);
	return table > size || bytes > size - table;
}

const char *module_fault(const char *path, const uint8_t *data, uint64_t size)
{
	size_t have = size < MODULE_HEAD ? (size_t)size : MODULE_HEAD;

	if (!size)
		return "it is empty";
	if (ends(path, ".ko")) {
		if (!begins(data, have, "\x7f" "ELF", 4))
			return "it is no ELF file";
		return is_cut(data, have, size) ? "it is cut short" : NULL;
	}
	if (ends(path, ".ko.xz") && !begins(data, have, "\xfd" "7zXZ", 6))
		return "it is not compressed by xz";
	/* zstd's frames, and those that its readers skip */
	if (ends(path, ".ko.zst") && !begins(data, have, "\x28\xb5\x2f\xfd", 4) &&
	    !(have >= 4 && (data[0] & 0xf0) == 0x50 && !memcmp(data + 1, "\x2a\x4d\x18", 3)))
		return "it is not compressed by zstd";
	if (ends(path, ".ko.gz") && !begins(data, have, "\x1f\x8b", 2))
		return "it is not compressed by gzip";
	return NULL;
}
