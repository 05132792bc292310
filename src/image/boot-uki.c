/* SPDX-License-Identifier: MIT */
/* boot-uki: unified kernel images, their profiles and addons, and kernels that are EFI programs themselves.
 *
 * Sources: UAPI.5 (Unified Kernel Image), systemd 257 src/boot/stub.c and pe.c: the sections before the first .profile belong
 * to all profiles; those behind the nth, up to the next, replace them for that profile; nobody choosing means the first.
 * Options that a loader gives replace .cmdline where Secure Boot is off.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "boot/bls.h"
#include "boot/grub_module.h"
#include "fs/fs.h"
#include "image/boot-internal.h"

#define LIMIT_UKI_TEXT (64 * 1024) /* bytes of .cmdline and .profile */
#define LIMIT_UKI_PROFILES 32
#define LIMIT_UKI_ADDONS 64

struct program {
	struct view *view;
	const struct pe *pe;
	enum efi_kind kind;
};

/* One that was read.  What is asked of a program is asked one after the other, so the last one will do. */
struct boot_program {
	const struct filesystem *filesystem;
	uint64_t handle;
	struct program program;
};

/* What the addons of a folder add to a command line: images and profiles share one. */
struct boot_addons {
	struct boot_addons *next;
	const struct fs *fs;
	uint64_t handle; /* of the folder */
	struct boot_text text;
	const char *why; /* not all of it is known, or NULL */
};

/* Was it opened by the chain? */
static bool is_opened(struct boot_maker *maker, const struct boot_file *file, struct program *ret)
{
	for (const struct efi_binary *b = maker->image->binaries; b; b = b->next)
		if (file->filesystem && b->esp->partition == file->filesystem->partition && !file->filesystem->volume &&
		    b->handle == file->handle && b->have == HAVE && b->program) {
			*ret = (struct program){ b->view, b->pe, b->program->kind };
			return true;
		}
	return false;
}

static uint64_t at_most(uint64_t size, uint64_t most)
{
	return size < most ? size : most;
}

/* Programs are told apart by what is in them, and their relocations are gone through: 1.5 ms for each MiB. */
static int spend(const struct pe *pe, struct error *err)
{
	uint64_t searched = at_most(pe->relocations.size, LIMIT_PE_RELOCATION_BYTES);

	for (size_t i = 0; i < pe->section_count && !pe_section(pe, ".linux"); i++)
		searched += at_most(pe_section_size(pe, &pe->sections[i]), LIMIT_STRING_SEARCH);
	return limit_spend(WORK_PROGRAMS, searched, err);
}

/* False with err's code 0 if it is none. */
static bool read_anew(struct boot_maker *maker, const struct boot_file *file, struct program *ret, struct error *err)
{
	struct arena *arena = maker->image->arena;
	const struct efi_program *program;
	const struct sbat_section *sbat;

	err->code = 0;
	if (!file->view || pe_read(arena, file->view, &ret->pe, err) < 0 || ret->pe->status != PE_OK ||
	    spend(ret->pe, err) < 0 || sbat_read_section(arena, file->view, ret->pe, &sbat, err) < 0 ||
	    efi_program_read(arena, file->view, ret->pe, sbat, &program, err) < 0)
		return false;
	ret->view = file->view;
	ret->kind = program->kind;
	return true;
}

/* The file as an EFI program.  False with err's code 0 if it is none. */
static bool read_program(struct boot_maker *maker, const struct boot_file *file, struct program *ret, struct error *err)
{
	const struct boot_program *last = maker->program;

	if (is_opened(maker, file, ret))
		return true;
	if (last && last->filesystem == file->filesystem && last->handle == file->handle) {
		*ret = last->program;
		return true;
	}
	if (!read_anew(maker, file, ret, err))
		return false;
	if (!maker->program)
		maker->program = ARENA_NEW(maker->image->arena, struct boot_program);
	*maker->program = (struct boot_program){ file->filesystem, file->handle, *ret };
	return true;
}

static bool is_compressed(struct view *view)
{
	uint8_t begin[5];
	struct error err;

	return view->size >= sizeof(begin) && view_read(view, 0, begin, sizeof(begin), &err) == 0 &&
	       grub_unpacks(begin, sizeof(begin));
}

static const char *headers_refusal(struct arena *arena, const struct pe *pe, uint16_t machine)
{
	const char *name = pe_machine_name(pe->machine);

	if (pe_is_truncated(pe) && pe->status == PE_OK)
		return arena_printf(arena, "the file has %" PRIu64 " bytes, %s needs %" PRIu64, pe->file_size, pe->needed_by,
				    pe->needed);
	if (pe->status != PE_OK)
		return pe_status_text(pe->status);
	/* byte code is for every machine whose firmware has an interpreter */
	if (pe->machine != machine && pe->machine != PE_MACHINE_EBC)
		return arena_printf(arena, "it is for %s, not for %s",
				    name ? name : arena_printf(arena, "machine type %#06x", pe->machine),
				    pe_machine_name(machine));
	if (pe->subsystem < PE_SUBSYSTEM_EFI_APPLICATION || pe->subsystem > PE_SUBSYSTEM_EFI_ROM)
		return arena_printf(arena, "its subsystem, %u, is none of EFI's", pe->subsystem);
	if (pe->problem_count && pe->problems[0].effect == PE_REFUSED)
		return pe_problem_text(arena, pe, &pe->problems[0]);
	return NULL;
}

static const char *kind_refusal(enum efi_kind kind)
{
	switch (kind) {
	case EFI_MOK_MANAGER:
		return "is shim's key manager, which boots nothing";
	case EFI_ADDON:
		return "is an addon to a unified kernel image, and no program";
	case EFI_STUB:
		return "is systemd's stub without a kernel inside";
	default:
		return NULL;
	}
}

void boot_refuse_program(struct boot_maker *maker, struct boot_file *file, uint16_t machine)
{
	struct arena *arena = maker->image->arena;
	const char *reason = NULL;
	struct program program;
	const struct pe *pe;
	struct error err;

	if (read_program(maker, file, &program, &err)) {
		pe = program.pe;
		/* of kernels, other rules say what is wrong with them */
		if (program.kind == EFI_LINUX || program.kind == EFI_LINUX_ZBOOT)
			return;
		file->instead = kind_refusal(program.kind);
	} else if (err.code || !file->view || pe_read(arena, file->view, &pe, &err) < 0) {
		return;
	} else if (is_compressed(file->view)) {
		file->have = UNREADABLE;
		file->reason = arena_printf(arena, "%s is compressed", file->text.text);
		return;
	}
	if (!file->instead)
		reason = headers_refusal(arena, pe, machine);
	if (reason)
		file->instead = arena_printf(arena, "cannot be started: %s", reason);
	if (file->instead)
		file->have = ABSENT;
}

/* The section of that name that counts for a profile. */
static const struct pe_section *find_section(const struct pe *pe, const char *name, unsigned profile)
{
	const struct pe_section *base = NULL;
	unsigned seen = 0; /* sections .profile so far */

	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *section = &pe->sections[i];

		if (!strcmp(section->name, ".profile"))
			seen++;
		if (strcmp(section->name, name) != 0)
			continue;
		if (!seen && !base)
			base = section;
		else if (seen == profile + 1)
			return section;
	}
	return base;
}

unsigned boot_profiles(struct boot_maker *maker, const struct boot_file *file)
{
	struct program program;
	unsigned count = 0;
	struct error err;

	if (!read_program(maker, file, &program, &err) || program.kind != EFI_UKI)
		return 1;
	for (size_t i = 0; i < program.pe->section_count; i++)
		count += !strcmp(program.pe->sections[i].name, ".profile");
	if (count > LIMIT_UKI_PROFILES) {
		limit_error(NULL, "%s has more than %d profiles", file->path, LIMIT_UKI_PROFILES);
		count = LIMIT_UKI_PROFILES;
	}
	return count ? count : 1;
}

/* A section's text and where it stands.  One that cannot be read is a text that is not known. */
static bool section_text(struct boot_maker *maker, const struct boot_file *file, const struct program *program,
			 const char *name, unsigned profile, struct boot_text *ret)
{
	struct arena *arena = maker->image->arena;
	const struct pe_section *section = find_section(program->pe, name, profile);
	struct boot_source *source;
	const uint8_t *bytes;
	struct error err;
	size_t size;
	char *text;

	if (!section)
		return false;
	if (pe_section_read(arena, program->view, program->pe, section, LIMIT_UKI_TEXT, &bytes, &size, &err) < 0) {
		*ret = (struct boot_text){ .text = "" };
		ret->unknown = arena_printf(arena, "section %s of %s: %s", name, file->path, err.message);
		return true;
	}
	if (pe_section_size(program->pe, section) > LIMIT_UKI_TEXT)
		limit_error(NULL, "the section %s of %s has more than %d bytes", name, file->path, LIMIT_UKI_TEXT);
	source = ARENA_NEW(arena, struct boot_source);
	source->partition = file->filesystem ? file->filesystem->partition : 0;
	source->path = file->path;
	source->section = arena_strdup(arena, name);
	text = arena_strndup(arena, (const char *)bytes, size);
	/* the stub takes blanks and line ends off the end */
	for (size_t n = strlen(text); n && (unsigned char)text[n - 1] <= ' '; n--)
		text[n - 1] = '\0';
	*ret = boot_text_make(arena, text, (struct boot_place){ source, 1, 1 });
	return true;
}

const char *boot_profile_title(struct boot_maker *maker, const struct boot_file *file, unsigned profile)
{
	struct program program;
	struct boot_text text;
	struct error err;
	const char *line;

	if (file->have != HAVE || !read_program(maker, file, &program, &err) || program.kind != EFI_UKI ||
	    !find_section(program.pe, ".profile", profile) || !section_text(maker, file, &program, ".profile", profile, &text))
		return NULL;
	for (line = text.text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, "TITLE=", 6)) {
			size_t length = strcspn(line + 6, "\n");
			bool quoted = length >= 2 && (line[6] == '"' || line[6] == '\'') && line[5 + length] == line[6];

			return arena_strndup(maker->image->arena, line + 6 + quoted, length - (quoted ? 2 : 0));
		}
	return NULL;
}

/* A section as a file of the entry. */
static bool section_file(struct boot_maker *maker, const struct boot_file *file, const struct program *program,
			 const char *name, unsigned profile, struct boot_file *ret)
{
	const struct pe_section *section = find_section(program->pe, name, profile);
	struct arena *arena = maker->image->arena;
	struct boot_source *source = ARENA_NEW(arena, struct boot_source);

	source->partition = file->filesystem ? file->filesystem->partition : 0;
	source->path = file->path;
	source->section = arena_strdup(arena, name);
	*ret = *file;
	ret->text = boot_text_make(arena, arena_printf(arena, "%s, section %s", file->path, name),
				   (struct boot_place){ source, 1, 1 });
	if (!section) {
		ret->have = ABSENT;
		ret->reason = arena_printf(arena, "it has no section %s", name);
		ret->view = NULL;
		return false;
	}
	ret->view = view_slice(arena, program->view, section->raw_offset, pe_section_size(program->pe, section));
	return true;
}

static bool is_addon(const struct fs_entry *entry)
{
	size_t length = entry->name ? strlen(entry->name) : 0;

	return length > 10 && !ascii_casecmp(entry->name + length - 10, ".addon.efi") && entry->type == FS_FILE;
}

static int compare_names(const void *a, const void *b)
{
	return bls_compare_versions(((const struct fs_entry *)a)->name, ((const struct fs_entry *)b)->name);
}

static void add_more(struct boot_text_builder *b, const struct boot_text *text)
{
	if (b->length && text->length)
		boot_text_add(b, " ", 1, boot_text_place(text, 0), false);
	boot_text_add_text(b, text);
}

static void add_addon(struct boot_maker *maker, const struct boot_file *addon, struct boot_text_builder *b, const char **why)
{
	struct error err = { 0 };
	struct program program;
	struct boot_text text;

	if (!is_opened(maker, addon, &program) && !read_anew(maker, addon, &program, &err)) {
		if (err.code && !*why)
			*why = arena_printf(maker->image->arena, "%s: %s", addon->path, err.message);
		return;
	}
	if (program.kind != EFI_UKI && section_text(maker, addon, &program, ".cmdline", 0, &text)) {
		if (text.unknown && !*why)
			*why = text.unknown;
		add_more(b, &text);
	}
}

/* Addons of one folder, each with more of the command line, in the order of systemd's strverscmp_improved(). */
static void read_addons(struct boot_maker *maker, const struct boot_file *file, const char *path, struct boot_addons *ret)
{
	struct arena *arena = maker->image->arena;
	struct boot_text_builder b = boot_text_build(arena, LIMIT_UKI_TEXT);
	struct fs *fs = file->filesystem->fs;
	struct fs_entry *entries;
	struct error err;
	size_t count, n = 0;

	if (fs->ops->readdir(fs, arena, ret->handle, &entries, &count, &err) < 0) {
		ret->why = arena_printf(arena, "%s: %s", path, err.message);
		return;
	}
	/* a file system may give out its own list again */
	entries = arena_memdup(arena, entries, count * sizeof(*entries));
	for (size_t i = 0; i < count; i++)
		if (is_addon(&entries[i]))
			entries[n++] = entries[i];
	qsort(entries, n, sizeof(*entries), compare_names);
	if (n > LIMIT_UKI_ADDONS)
		limit_error(NULL, "%s has more than %d addons", path, LIMIT_UKI_ADDONS);
	for (size_t i = 0; i < n && i < LIMIT_UKI_ADDONS; i++) {
		struct boot_file addon = *file;

		addon.path = arena_printf(arena, "%s/%s", path, entries[i].name);
		addon.handle = entries[i].handle;
		if (fs_file_view(fs, arena, addon.handle, &addon.view, &err) == 0)
			add_addon(maker, &addon, &b, &ret->why);
		else if (!ret->why)
			ret->why = arena_printf(arena, "%s: %s", addon.path, err.message);
	}
	if (b.overflowed) {
		limit_error(&err, "what the addons in %s add to a command line is longer than %d bytes", path, LIMIT_UKI_TEXT);
		ret->why = arena_strdup(arena, err.message);
	}
	ret->text = boot_text_finish(&b);
}

/* NULL, or why not all of them could be read. */
static const char *add_addons(struct boot_maker *maker, const struct boot_file *file, const char *path,
			      struct boot_text_builder *b)
{
	struct arena *arena = maker->image->arena;
	struct fs *fs = file->filesystem ? file->filesystem->fs : NULL;
	struct boot_addons *addons;
	struct fs_entry folder;
	struct error err;
	int r;

	if (!fs)
		return NULL;
	r = fs_resolve(fs, arena, path, false, &folder, NULL, &err);
	if (r < 0 && !fs_is_answer(r))
		return arena_printf(arena, "%s: %s", path, err.message);
	if (r < 0 || folder.type != FS_DIRECTORY)
		return NULL;
	for (addons = maker->addons; addons; addons = addons->next)
		if (addons->fs == fs && addons->handle == folder.handle)
			break;
	if (!addons) {
		addons = ARENA_NEW(arena, struct boot_addons);
		*addons = (struct boot_addons){ maker->addons, fs, folder.handle, { .text = "" }, NULL };
		maker->addons = addons;
		read_addons(maker, file, path, addons);
	}
	add_more(b, &addons->text);
	return addons->why;
}

/* What options say, or else the section, and what addons add. */
static void add_cmdline(struct boot_maker *maker, struct boot_entry *entry, struct boot_attempt *attempt,
			const struct boot_file *file, const struct program *program, const struct boot_text *options,
			unsigned profile)
{
	struct arena *arena = maker->image->arena;
	struct boot_text_builder b = boot_text_build(arena, LIMIT_UKI_TEXT * 4);
	const char *why = NULL, *beside = NULL;
	struct boot_text text;

	/* where there were too many already, this one is not even put together */
	if (maker->cmdline_bytes <= LIMIT_BOOT_CMDLINES) {
		if (options && options->length)
			boot_text_add_text(&b, options);
		else if (section_text(maker, file, program, ".cmdline", profile, &text))
			boot_text_add_text(&b, &text);
		/* those of all images first, then those beside this one */
		why = add_addons(maker, file, "/loader/addons", &b);
		beside = add_addons(maker, file, arena_printf(arena, "%s.extra.d", file->path), &b);
	}
	if (b.overflowed) {
		limit_error(NULL, "the command line of %s and its addons is longer than %d bytes", file->path,
			    LIMIT_UKI_TEXT * 4);
		boot_incomplete(entry, "its command line is too long");
	}
	text = boot_text_finish(&b);
	if (!text.unknown)
		text.unknown = why ? why : beside;
	if (text.unknown)
		boot_incomplete(entry, text.unknown);
	boot_set_cmdline(maker, entry, attempt, &text);
}

static void add_uki(struct boot_maker *maker, struct boot_entry *entry, const struct boot_file *file,
		    const struct program *program, const struct boot_text *options, struct boot_place place, unsigned profile)
{
	struct boot_attempt *attempt = boot_add_attempt(maker, entry, place);
	struct boot_file *initrds = ARENA_ARRAY(maker->image->arena, 2, struct boot_file);

	(void)section_file(maker, file, program, ".linux", profile, &attempt->kernel);
	if (attempt->kernel.have == HAVE)
		boot_open_kernel(maker, attempt, true);
	attempt->initrds = initrds;
	attempt->initrd_count += section_file(maker, file, program, ".ucode", profile, &initrds[0]);
	attempt->initrd_count += section_file(maker, file, program, ".initrd", profile, &initrds[attempt->initrd_count]);
	add_cmdline(maker, entry, attempt, file, program, options, profile);
	attempt->has_devicetree = find_section(program->pe, ".dtb", profile) || find_section(program->pe, ".dtbauto", profile);
}

bool boot_add_program(struct boot_maker *maker, struct boot_entry *entry, const struct boot_file *file,
		      const struct boot_text *options, struct boot_place place, unsigned profile)
{
	struct boot_attempt *attempt;
	struct program program;
	struct error err;

	if (!read_program(maker, file, &program, &err)) {
		if (!err.code)
			return false;
		attempt = boot_add_attempt(maker, entry, place);
		attempt->kernel = *file;
		attempt->kernel.have = UNREADABLE;
		attempt->kernel.reason = arena_strdup(maker->image->arena, err.message);
		boot_incomplete(entry, attempt->kernel.reason);
		return true;
	}
	if (program.kind == EFI_UKI) {
		add_uki(maker, entry, file, &program, options, place, profile);
		return true;
	}
	if (program.kind != EFI_LINUX && program.kind != EFI_LINUX_ZBOOT)
		return false;
	attempt = boot_add_attempt(maker, entry, place);
	attempt->kernel = *file;
	if (options)
		boot_set_cmdline(maker, entry, attempt, options);
	return true;
}
