/* SPDX-License-Identifier: MIT */
/* weigh: which architecture an image is for, when nobody says.
 *
 * No single file decides, or a wrong one would make itself right: every name and every header on the ESPs and the types of
 * the partitions have a say.  An image for several architectures counts as an Arm one if it is that too, since the
 * specification that we judge by is Arm's.
 */
#include <string.h>

#include "base/guid.h"
#include "base/limits.h"
#include "base/utf16.h"
#include "efi/pe.h"
#include "fs/fs.h"
#include "image/binary.h"
#include "image/gather.h"
#include "partition/gpt.h"

/* The weights: what a builder cannot get wrong by copying one file weighs most. */
#define WEIGHT_PARTITION_TYPE 6
#define WEIGHT_BOOT_NAME 4    /* a file at the removable path of that name */
#define WEIGHT_BOOT_MACHINE 3 /* its header */
#define WEIGHT_NAME 1         /* any other EFI program, by its name and by its header, each up to MOST_OTHERS */
#define WEIGHT_MACHINE 1
#define MOST_OTHERS 3

struct weights {
	unsigned total[ARCHITECTURE_COUNT];
	unsigned names[ARCHITECTURE_COUNT], machines[ARCHITECTURE_COUNT];
	unsigned read; /* programs whose header was read */
	bool sound[ARCHITECTURE_COUNT]; /* a file at its removable path has its machine type */
};

/* Root and /usr partitions of The Discoverable Partitions Specification. */
static enum architecture of_partition_type(const struct guid *type)
{
	static const struct {
		struct guid type;
		enum architecture architecture;
	} types[] = {
		{ GUID(0xb921b045, 0x1df0, 0x41c3, 0xaf44, 0x4c6f280d3fae), ARCHITECTURE_AARCH64 },
		{ GUID(0xb0e01050, 0xee5f, 0x4390, 0x949a, 0x9101b17104e9), ARCHITECTURE_AARCH64 },
		{ GUID(0x69dad710, 0x2ce4, 0x4e3c, 0xb16c, 0x21a1d49abed3), ARCHITECTURE_ARM },
		{ GUID(0x7d0359a3, 0x02b3, 0x4f0a, 0x865c, 0x654403e70625), ARCHITECTURE_ARM },
		{ GUID(0x4f68bce3, 0xe8cd, 0x4db1, 0x96e7, 0xfbcaf984b709), ARCHITECTURE_X86_64 },
		{ GUID(0x8484680c, 0x9521, 0x48c6, 0x9c11, 0xb0720656f69e), ARCHITECTURE_X86_64 },
		{ GUID(0x72ec70a6, 0xcf74, 0x40e6, 0xbd49, 0x4bda08e8f224), ARCHITECTURE_RISCV64 },
		{ GUID(0xbeaec34b, 0x8442, 0x439b, 0xa40b, 0x984381ed097d), ARCHITECTURE_RISCV64 },
		{ GUID(0x44479540, 0xf297, 0x41b2, 0x9af7, 0xd131d5f0458a), ARCHITECTURE_I386 },
		{ GUID(0x75250d76, 0x8cc6, 0x458e, 0xbd66, 0xbd47cc81a812), ARCHITECTURE_I386 },
		{ GUID(0x77055800, 0x792c, 0x4f94, 0xb39a, 0x98c91b762bb6), ARCHITECTURE_LOONGARCH64 },
		{ GUID(0xe611c702, 0x575c, 0x4cbe, 0x9a46, 0x434fa0bf7e3f), ARCHITECTURE_LOONGARCH64 },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (guid_equal(type, &types[i].type))
			return types[i].architecture;
	return ARCHITECTURE_UNKNOWN;
}

/* "grubaa64.efi" and its like */
static enum architecture of_name(const char *name)
{
	static const char *const programs[] = { "grub", "shim", "fb", "mm", "systemd-boot", "gcd", "refind_" };
	size_t length = strlen(name);

	if (length < 4 || ascii_casecmp(name + length - 4, ".efi"))
		return ARCHITECTURE_UNKNOWN;
	length -= 4;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		size_t program = strlen(programs[i]);

		if (length <= program || ascii_ncasecmp(name, programs[i], program))
			continue;
		for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++)
			if (length - program == strlen(architectures[a].suffix) &&
			    !ascii_ncasecmp(name + program, architectures[a].suffix, length - program))
				return (enum architecture)a;
	}
	return ARCHITECTURE_UNKNOWN;
}

static bool is_boot_file(const char *name)
{
	for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++)
		if (!ascii_casecmp(name, architectures[a].boot_file))
			return true;
	return false;
}

static void weigh_file(struct image *image, struct fs *fs, const struct fs_entry *entry, struct weights *w)
{
	enum architecture architecture = of_name(entry->name);
	struct arena_mark mark = arena_mark(image->arena);
	size_t length = strlen(entry->name);
	const struct pe *pe;
	struct view *file;

	if (architecture && w->names[architecture]++ < MOST_OTHERS)
		w->total[architecture] += WEIGHT_NAME;
	if (length < 4 || ascii_casecmp(entry->name + length - 4, ".efi") || w->read == LIMIT_EFI_WEIGHED)
		return;
	w->read++;
	if (fs_file_view(fs, image->arena, entry->handle, &file, NULL) == 0 &&
	    pe_read(image->arena, file, &pe, NULL) == 0 && pe->status == PE_OK) {
		architecture = architecture_of_machine(pe->machine);
		if (architecture && w->machines[architecture]++ < MOST_OTHERS)
			w->total[architecture] += WEIGHT_MACHINE;
	}
	arena_release(image->arena, mark);
}

/* Every EFI program in \EFI\*, but those at the removable paths. */
static void weigh_esp(struct image *image, const struct esp *esp, struct weights *w)
{
	struct fs_entry efi, *folders, *files;
	struct fs *fs = esp->fs;
	size_t folder_count, count;
	unsigned looked = 0;

	if (fs_lookup(fs, image->arena, "/EFI", &efi, NULL) < 0 || efi.type != FS_DIRECTORY ||
	    fs->ops->readdir(fs, image->arena, efi.handle, &folders, &folder_count, NULL) < 0)
		return;
	for (size_t i = 0; i < folder_count; i++) {
		if (folders[i].type != FS_DIRECTORY)
			continue;
		if (looked++ == LIMIT_EFI_FOLDERS) {
			limit_error(NULL, "there are more than %d folders in \\EFI", LIMIT_EFI_FOLDERS);
			return;
		}
		if (fs->ops->readdir(fs, image->arena, folders[i].handle, &files, &count, NULL) < 0)
			continue;
		for (size_t k = 0; k < count; k++)
			if (files[k].type == FS_FILE && !is_boot_file(files[k].name))
				weigh_file(image, fs, &files[k], w);
	}
}

/* Is the image for this architecture too, beside the one of the greatest weight?  A stray boot file in an image that is
 * plainly for another machine does not make it so. */
static bool for_this_too(const struct weights *w, enum architecture architecture, unsigned most)
{
	return w->sound[architecture] && w->total[architecture] * 2 > most;
}

void image_weigh_architecture(struct image *image)
{
	struct weights w = { 0 };
	unsigned most = 0;

	image->architecture = ARCHITECTURE_UNKNOWN;
	for (unsigned i = 0; i < image->partition_count; i++)
		if (image->partitions[i].gpt)
			w.total[of_partition_type(&image->partitions[i].gpt->type)] += WEIGHT_PARTITION_TYPE;
	for (unsigned i = 0; i < image->loader_count; i++) {
		const struct loader *loader = &image->loaders[i];

		w.total[loader->architecture] += WEIGHT_BOOT_NAME;
		if (loader->have != HAVE)
			continue;
		w.total[architecture_of_machine(loader->pe->machine)] += WEIGHT_BOOT_MACHINE;
		if (loader->pe->machine == architectures[loader->architecture].machine)
			w.sound[loader->architecture] = true;
	}
	for (unsigned i = 0; i < image->esp_count; i++)
		if (image->esps[i].have == HAVE)
			weigh_esp(image, &image->esps[i], &w);
	/* the first of equals wins: AArch64, AArch32, x86-64, RISC-V 64 */
	for (int a = ARCHITECTURE_UNKNOWN + 1; a < ARCHITECTURE_COUNT; a++) {
		if (!architectures[a].selectable || w.total[a] <= most)
			continue;
		most = w.total[a];
		image->architecture = (enum architecture)a;
	}
	if (for_this_too(&w, ARCHITECTURE_AARCH64, most))
		image->architecture = ARCHITECTURE_AARCH64;
	else if (for_this_too(&w, ARCHITECTURE_ARM, most))
		image->architecture = ARCHITECTURE_ARM;
}
