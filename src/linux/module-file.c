/* SPDX-License-Identifier: MIT */
/* module-file: can a file be a kernel module, as far as its beginning tells?
 *
 * The kernel's own check is elf_validity_check() in kernel/module/main.c; what xz, zstd and gzip begin with is in their formats'
 * descriptions. Other compressions are not judged.
 */
#include <string.h>

#include "base/cursor.h"
#include "linux/modules.h"

#define ELF_32 1
#define ELF_64 2
#define ELF_LITTLE 1
#define ELF_RELOCATABLE 1
#define SECTION_BYTES 64 /* Elf64_Shdr */

static bool ends(const char *path, const char *suffix)
{
	size_t length = strlen(path), n = strlen(suffix);

	return length > n && !strcmp(path + length - n, suffix);
}

static bool begins(const uint8_t *data, size_t have, const char *magic, size_t length)
{
	return have >= length && !memcmp(data, magic, length);
}

static uint16_t half_at(const uint8_t *data, size_t offset)
{
	return (uint16_t)(data[offset] | data[offset + 1] << 8);
}

static bool is_known_elf(const uint8_t *data)
{
	return (data[4] == ELF_64 || data[4] == ELF_32) && data[5] == ELF_LITTLE;
}

static const char *elf_fault(const uint8_t *data, size_t have, uint64_t size)
{
	struct cursor c = cursor_make(data, have);
	uint64_t table, bytes;
	uint16_t count, names;

	if (!begins(data, have, "\x7f" "ELF", 4))
		return "it is no ELF file";
	if (have < MODULE_HEAD)
		return "it is cut short";
	if (!is_known_elf(data))
		return NULL;
	if (half_at(data, 0x10) != ELF_RELOCATABLE)
		return "it is an ELF file of another kind than modules";
	if (data[4] != ELF_64)
		return NULL;
	/* the table of sections stands at the end of a module */
	cursor_seek(&c, 0x28);
	table = cursor_le64(&c);
	bytes = half_at(data, 0x3a);
	count = half_at(data, 0x3c);
	names = half_at(data, 0x3e);
	if (table > size || bytes * count > size - table)
		return "it is cut short";
	return bytes != SECTION_BYTES || !names || names >= count ? "its header says nothing of its sections" : NULL;
}

uint16_t module_machine(const char *path, const uint8_t *data, uint64_t size)
{
	return ends(path, ".ko") && size >= MODULE_HEAD && !elf_fault(data, MODULE_HEAD, size) && is_known_elf(data)
		       ? half_at(data, 0x12)
		       : 0;
}

const char *module_fault(const char *path, const uint8_t *data, uint64_t size)
{
	size_t have = size < MODULE_HEAD ? (size_t)size : MODULE_HEAD;

	if (!size)
		return "it is empty";
	if (ends(path, ".ko"))
		return elf_fault(data, have, size);
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
