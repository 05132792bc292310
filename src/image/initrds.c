/* SPDX-License-Identifier: MIT */
/* initrds: collects the questions, reads each distinct initrd once, and gives the answers.  What is asked of a driver is in
 * initrd-drivers.c, what a root needs in roots.c. */
#include "image/initrds.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "efi/pe.h"
#include "image/initrds-internal.h"

/* Several initrds as the loader puts them into memory: each begins at a multiple of four (GRUB's grub_initrd_init, the kernel's
 * own EFI stub). */
struct joined {
	struct view **views;
	uint64_t *starts;
	size_t count;
};

static int joined_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	const struct joined *joined = view->state;
	uint8_t *to = data;

	memset(to, 0, length);
	for (size_t i = 0; i < joined->count && length; i++) {
		uint64_t start = joined->starts[i], end = start + joined->views[i]->size, from, until;
		int r;

		if (end <= offset || start >= offset + length)
			continue;
		from = offset > start ? offset : start;
		until = offset + length < end ? offset + length : end;
		r = view_read(joined->views[i], from - start, to + (from - offset), (size_t)(until - from), err);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct view_ops joined_ops = { .read = joined_read };

/* The files of an attempt that are there. */
static size_t files_of(const struct boot_attempt *attempt, const struct boot_file **files)
{
	size_t count = 0;

	for (size_t i = 0; i < attempt->initrd_count; i++)
		if (attempt->initrds[i].have == HAVE && attempt->initrds[i].view)
			files[count++] = &attempt->initrds[i];
	return count;
}

static bool same_files(const struct initrd_set *set, const struct boot_file *const *files, size_t count)
{
	if (set->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (set->files[i]->filesystem != files[i]->filesystem || set->files[i]->handle != files[i]->handle ||
		    set->files[i]->view->size != files[i]->view->size || strcmp(set->files[i]->path, files[i]->path) ||
		    strcmp(set->files[i]->newc ? set->files[i]->newc : "", files[i]->newc ? files[i]->newc : ""))
			return false;
	return true;
}

static uint64_t join(struct joined *joined, struct view *view, uint64_t size)
{
	joined->views[joined->count] = view;
	size = (size + 3) & ~3ULL;
	joined->starts[joined->count++] = size;
	if (__builtin_add_overflow(size, view->size, &size))
		size = UINT64_MAX - 3;
	return size;
}

static size_t newc_entry(char *to, const char *name, size_t name_length, unsigned mode, uint64_t size)
{
	size_t length = 110 + name_length + 1;

	(void)snprintf(to, length, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%.*s", 0u, mode, 0u, 0u, 1u, 0u,
		       (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)name_length + 1, 0u, (int)name_length, name);
	return (length + 3) & ~(size_t)3;
}

/* What is around a file in an archive of the kind "newc": its folders and itself, or the end (grub-core/loader/linux.c,
 * insert_dir and make_header). */
static struct view *newc_header(struct arena *arena, const char *name, unsigned mode, uint64_t size)
{
	size_t length = strlen(name), room = 0, used = 0;
	char *header;

	for (size_t i = 0; i <= length; i++)
		if (i == length || (i && name[i] == '/'))
			room += 110 + i + 4;
	header = arena_alloc(arena, room);
	for (size_t i = 1; i < length; i++)
		if (name[i] == '/')
			used += newc_entry(header + used, name, i, 040777, 0);
	used += newc_entry(header + used, name, length, mode, size);
	return view_memory(arena, header, used);
}

static struct initrd_set *new_set(struct image *image, const struct boot_file **files, size_t count)
{
	struct initrd_set *set = ARENA_NEW(image->arena, struct initrd_set);
	struct joined *joined = ARENA_NEW(image->arena, struct joined);
	uint64_t size = 0;

	set->image = image;
	set->files = files;
	set->count = count;
	set->starts = ARENA_ARRAY(image->arena, count, uint64_t);
	set->names = names_make(image->arena);
	joined->views = ARENA_ARRAY(image->arena, 3 * count, struct view *);
	joined->starts = ARENA_ARRAY(image->arena, 3 * count, uint64_t);
	for (size_t i = 0; i < count; i++) {
		const char *name = files[i]->newc;

		if (name)
			size = join(joined, newc_header(image->arena, name, 0100777, files[i]->view->size), size);
		size = join(joined, files[i]->view, size);
		set->starts[i] = joined->starts[joined->count - 1];
		if (name)
			size = join(joined, newc_header(image->arena, "TRAILER!!!", 0, 0), size);
	}
	if (joined->count == 1) {
		set->view = files[0]->view;
	} else {
		set->view = ARENA_NEW(image->arena, struct view);
		*set->view = (struct view){ .ops = &joined_ops, .size = size, .state = joined };
	}
	set->facts.have = count ? HAVE : ABSENT;
	return set;
}

static struct initrd_set *set_of_attempt(struct initrd_inquiries *inquiries, struct boot_attempt *attempt)
{
	struct image *image = inquiries->image;
	const struct boot_file **files = ARENA_ARRAY(image->arena, attempt->initrd_count, const struct boot_file *);
	size_t count = files_of(attempt, files);
	struct initrd_set **end;

	for (end = &inquiries->sets; *end; end = &(*end)->next)
		if (same_files(*end, files, count))
			return *end;
	*end = new_set(image, files, count);
	/* one that is there and cannot be read may hold anything */
	for (size_t i = 0; i < attempt->initrd_count; i++)
		if (attempt->initrds[i].have == UNREADABLE && !(*end)->facts.error.code) {
			(*end)->facts.have = UNREADABLE;
			error_set(&(*end)->facts.error, EIO, "%s cannot be read%s%s", attempt->initrds[i].text.text,
				  attempt->initrds[i].reason ? ": " : "",
				  attempt->initrds[i].reason ? attempt->initrds[i].reason : "");
		}
	return *end;
}

static struct initrd_inquiries *inquiries_of(struct image *image)
{
	struct initrd_inquiries *inquiries = image->inquiries;

	if (inquiries)
		return inquiries;
	inquiries = image->inquiries = ARENA_NEW(image->arena, struct initrd_inquiries);
	inquiries->image = image;
	inquiries->modules = names_make(image->arena);
	for (unsigned p = 0; p < image->boot_path_count; p++)
		for (size_t e = 0; e < image->boot_paths[p].entry_count; e++) {
			struct boot_entry *entry = &image->boot_paths[p].entries[e];

			for (size_t a = 0; a < entry->attempt_count; a++) {
				struct initrd_set *set = set_of_attempt(inquiries, &entry->attempts[a]);

				entry->attempts[a].initrd = &set->facts;
				if (set->count)
					set->facts.place = attempt_initrd_place(&entry->attempts[a], 0, 0);
			}
		}
	return inquiries;
}

void initrds_prepare(struct image *image)
{
	inquiries_of(image);
}

static struct initrd_set *set_of(const struct boot_attempt *attempt)
{
	/* facts are the first member */
	return (struct initrd_set *)attempt->initrd;
}

static const char kinds[] = { [INITRD_PATH] = 'p', [INITRD_CONTENT] = 'c', [INITRD_MODULE] = 'm', [INITRD_PROGRAM] = 'x',
			      [INITRD_FOLDER] = 'f' };

/* The text by which a question is known; dashes in modules' names count as underscores. */
static const char *key_of(char *key, const char *name)
{
	for (char *p = key + strlen(key) - strlen(name); *key == 'm' && *p; p++)
		if (*p == '-')
			*p = '_';
	return key;
}

void initrd_put(const struct boot_attempt *attempt, const struct initrd_question *question)
{
	const char *name = question->name, *release = question->release;
	enum initrd_question_kind kind = question->kind;
	struct initrd_set *set = set_of(attempt);
	struct initrd_facts *facts = set ? &set->facts : NULL;
	const char *key;
	uint32_t known, number;

	if (!set || !set->count || facts->have == UNREADABLE)
		return;
	key = key_of(arena_printf(set->image->arena, "%c%s%s%s", kinds[kind], release ? release : "",
				  kind == INITRD_MODULE ? "/" : "", name), name);
	known = set->names.count;
	number = names_add(&set->names, key, strlen(key));
	if (number < known) {
		if (facts->questions[number].machine != question->machine)
			facts->questions[number].machine = 0;
		return;
	}
	if (facts->question_count == set->capacity) {
		struct initrd_question *questions;

		set->capacity = set->capacity ? set->capacity * 2 : 64;
		questions = ARENA_ARRAY(set->image->arena, set->capacity, struct initrd_question);
		if (facts->question_count)
			memcpy(questions, facts->questions, facts->question_count * sizeof(*questions));
		facts->questions = questions;
	}
	facts->questions[facts->question_count++] = *question;
}

/* Whose modules a kernel would load.  One of another architecture than its image is a defect by itself (kernel-arch), and then
 * its modules are not what is wrong. */
static uint16_t machine_of(const struct boot_attempt *attempt)
{
	const struct kernel_file *kernel = attempt->kernel_file;
	const struct initrd_set *set = set_of(attempt);

	if (!kernel || !set || kernel->architecture != set->image->architecture)
		return 0;
	return architectures[kernel->architecture].elf_machine;
}

void initrd_ask(const struct boot_attempt *attempt, enum initrd_question_kind kind, const char *name, const char *release)
{
	initrd_put(attempt, &(struct initrd_question){ .kind = kind, .name = name, .release = release,
						       .machine = machine_of(attempt) });
}

const struct initrd_question *initrd_answered(const struct boot_attempt *attempt, enum initrd_question_kind kind,
						  const char *name, const char *release)
{
	const struct initrd_set *set = set_of(attempt);
	char key[LIMIT_CPIO_NAME + 256]; /* no file in an initrd has a longer path */
	uint32_t number;
	int length;

	length = snprintf(key, sizeof(key), "%c%s%s%s", kinds[kind], release ? release : "",
			  kind == INITRD_MODULE ? "/" : "", name);
	if (!set || length < 0 || (size_t)length >= sizeof(key))
		return NULL;
	number = names_find(&set->names, key_of(key, name), (size_t)length);
	return number == NAMES_NONE ? NULL : &set->facts.questions[number];
}

enum initrd_answer initrd_answer_to(const struct boot_attempt *attempt, enum initrd_question_kind kind, const char *name,
				    const char *release)
{
	const struct initrd_set *set = set_of(attempt);
	const struct initrd_question *question;

	if (set && set->facts.have == ABSENT)
		return INITRD_NOT_FOUND;
	question = initrd_answered(attempt, kind, name, release);
	return question ? question->answer : INITRD_UNKNOWN;
}

const char *attempt_initrd_fault(const struct boot_attempt *attempt, const char *module)
{
	const struct initrd_question *question = initrd_answered(attempt, INITRD_MODULE, module, attempt_release(attempt));
	const struct initrd_set *set = set_of(attempt);

	return question && question->fault && question->answer == INITRD_NOT_FOUND
		       ? arena_printf(set->image->arena, "%s is in it, and %s", question->path, question->fault)
		       : NULL;
}

const char *attempt_release(const struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file ? attempt->kernel_file->release : NULL;

	return release ? release->release : NULL;
}

void attempt_ask_path(const struct boot_attempt *attempt, const char *path)
{
	initrd_ask(attempt, INITRD_PATH, path, NULL);
}

enum initrd_answer attempt_initrd_path(const struct boot_attempt *attempt, const char *path)
{
	return initrd_answer_to(attempt, INITRD_PATH, path, NULL);
}

enum initrd_answer attempt_initrd_module(const struct boot_attempt *attempt, const char *module)
{
	return initrd_answer_to(attempt, INITRD_MODULE, module, attempt_release(attempt));
}

void image_ask_initrds(struct image *image, const char *module)
{
	struct initrd_inquiries *inquiries = inquiries_of(image);

	names_add(&inquiries->modules, module, strlen(module));
}

/* May the attempt's kernel hold an initramfs of its own? */
static bool may_hold_initramfs(const struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file ? attempt->kernel_file->release : NULL;
	const struct kconfig_entry *entry = release && release->config ? kconfig_find(release->config, "INITRAMFS_SOURCE") : NULL;

	return !release || !release->config || (entry && entry->value == KCONFIG_OTHER && strcmp(entry->text, "\"\"") != 0);
}

static void read_set(struct initrd_set *set)
{
	struct image *image = set->image;
	const struct initrd_options options = { .to_end = image->thorough, .more_before = set->more_before };
	struct initrd_facts *facts = &set->facts;
	struct initrd *initrd = NULL;
	int r;

	if (!set->count || facts->have == UNREADABLE)
		return;
	r = initrd_read(image->arena, set->view, facts->questions, facts->question_count, &options, &initrd, &facts->error);
	facts->initrd = initrd;
	if (r >= 0)
		return;
	facts->have = UNREADABLE;
	if (initrd && initrd->over_limit)
		limit_error(&facts->error, "the initrd unpacks to more than %" PRIu64 " bytes" RAISES("max-decompressed"),
			  limits.decompressed);
	error_prefix(&facts->error, r, "%s", set->files[0]->path);
}

/* What is asked besides, where anything is: for these alone no initrd is gone through. */
static void ask_besides(struct image *image)
{
	for (unsigned p = 0; p < image->boot_path_count; p++)
		for (size_t e = 0; e < image->boot_paths[p].entry_count; e++) {
			const struct boot_entry *entry = &image->boot_paths[p].entries[e];

			for (size_t a = 0; a < entry->attempt_count; a++) {
				const struct boot_attempt *attempt = &entry->attempts[a];

				if (!attempt->initrd || !(image->thorough || attempt->initrd->question_count))
					continue;
				initrd_ask_for_start(attempt);
				initrd_ask_for_lists(attempt);
				initrd_ask_for_settings(attempt);
				initrd_ask_for_claims(attempt);
			}
		}
}

static void read_sets(struct initrd_inquiries *inquiries, bool counts, unsigned *count)
{
	for (struct initrd_set *set = inquiries->sets; set; set = set->next) {
		if (set->counts != counts)
			continue;
		if (set->count && ++*count > LIMIT_INITRDS) {
			set->facts.have = UNREADABLE;
			limit_error(&set->facts.error, "there are more than %d initrds", LIMIT_INITRDS);
			continue;
		}
		read_set(set);
	}
}

void image_read_initrds(struct image *image)
{
	struct initrd_inquiries *inquiries = inquiries_of(image);
	unsigned count = 0;

	for (unsigned p = 0; p < image->boot_path_count; p++)
		for (size_t e = 0; e < image->boot_paths[p].entry_count; e++)
			for (size_t a = 0; a < image->boot_paths[p].entries[e].attempt_count; a++) {
				const struct boot_attempt *attempt = &image->boot_paths[p].entries[e].attempts[a];

				if (attempt->initrd) {
					set_of(attempt)->more_before |= may_hold_initramfs(attempt);
					set_of(attempt)->counts |= boot_entry_counts(image, attempt->entry);
				}
				initrd_ask_for_type(attempt);
				initrd_ask_for_made_root(attempt);
				initrd_ask_for_init(attempt);
				for (uint32_t i = 0; i < inquiries->modules.count; i++)
					attempt_ask_driver(attempt, NULL, inquiries->modules.list[i].text);
			}
	ask_besides(image);
	/* what boots by default comes first: there may be more of the others than may be unpacked */
	read_sets(inquiries, true, &count);
	read_sets(inquiries, false, &count);
}

/* Where in its file a section of a unified kernel image begins; 0 for a file of its own. */
static uint64_t section_offset(struct image *image, const struct boot_file *file)
{
	struct fs *fs = file->filesystem ? file->filesystem->fs : NULL;
	const struct pe_section *section;
	const struct pe *pe;
	struct view *view;

	if (!fs || fs_file_view(fs, image->arena, file->handle, &view, NULL) < 0 || view->size == file->view->size ||
	    pe_read(image->arena, view, &pe, NULL) < 0 || pe->status != PE_OK || !(section = pe_section(pe, ".initrd")))
		return 0;
	return section->raw_offset;
}

struct location attempt_initrd_place(const struct boot_attempt *attempt, uint64_t offset, uint64_t length)
{
	const struct initrd_set *set = set_of(attempt);
	const struct boot_file *file;
	struct location place = { 0 };
	size_t i = 0;

	if (!set || !set->count)
		return place;
	while (i + 1 < set->count && set->starts[i + 1] <= offset)
		i++;
	file = set->files[i];
	if (file->filesystem) {
		place.partition = file->filesystem->partition;
		place.volume = file->filesystem->volume;
	}
	place.path = file->path;
	if (!offset && !length)
		return place;
	place.space = SPACE_FILE;
	offset = offset > set->starts[i] ? offset - set->starts[i] : 0;
	place.offset = offset + section_offset(set->image, file);
	place.length = length;
	return place;
}

const char *attempt_initrd_title(const struct boot_attempt *attempt)
{
	const struct initrd_set *set = set_of(attempt);

	if (!set || !set->count)
		return "no initrd";
	if (set->count == 1)
		return set->files[0]->path;
	return arena_printf(set->image->arena, "%s and %zu more", set->files[0]->path, set->count - 1);
}
