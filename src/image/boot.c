/* SPDX-License-Identifier: MIT */
/* boot: follows each loader of an image to its entries, and says where configurations stand.
 *
 * A loader's chain ends at a program; what that makes of its configuration is in boot-grub.c, boot-bls.c and boot-uki.c.
 */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "fs/fs.h"
#include "image/boot-internal.h"
#include "image/gather.h"

struct boot_entry *boot_add_entry(struct boot_maker *maker, const char *title, const char *id, struct boot_place place)
{
	struct boot_path *path = maker->path;
	struct boot_entry *entry;

	if (path->entry_count == maker->capacity) {
		size_t capacity = maker->capacity ? maker->capacity * 2 : 8;
		struct boot_entry *grown = ARENA_ARRAY(maker->image->arena, capacity, struct boot_entry);

		if (path->entry_count)
			memcpy(grown, path->entries, path->entry_count * sizeof(*grown));
		path->entries = grown;
		maker->capacity = capacity;
	}
	entry = &path->entries[path->entry_count++];
	*entry = (struct boot_entry){ .path = path, .title = title, .id = id, .place = place, .complete = true };
	return entry;
}

struct boot_attempt *boot_add_attempt(struct boot_maker *maker, struct boot_entry *entry, struct boot_place place)
{
	static const struct boot_text nothing = { .text = "" };
	size_t count = entry->attempt_count;
	struct boot_attempt *attempt;

	/* it is full when the count is a power of two */
	if (!(count & (count - 1))) {
		struct boot_attempt *grown = ARENA_ARRAY(maker->image->arena, count ? count * 2 : 1, struct boot_attempt);

		if (count)
			memcpy(grown, entry->attempts, count * sizeof(*grown));
		entry->attempts = grown;
	}
	attempt = &entry->attempts[entry->attempt_count++];
	if (!maker->no_words)
		maker->no_words = cmdline_parse(maker->image->arena, &nothing);
	*attempt = (struct boot_attempt){ .place = place, .cmdline = maker->no_words };
	return attempt;
}

void boot_incomplete(struct boot_entry *entry, const char *reason)
{
	entry->complete = false;
	if (!entry->reason)
		entry->reason = reason ? reason : "not all of it could be evaluated";
}

void boot_set_cmdline(struct boot_maker *maker, struct boot_entry *entry, struct boot_attempt *attempt,
		      const struct boot_text *text)
{
	if (maker->cmdline_bytes > LIMIT_BOOT_CMDLINES) {
		limit_error(NULL, "the command lines of all entries have more than %llu bytes, a limit that no option raises",
			    LIMIT_BOOT_CMDLINES);
		boot_incomplete(entry, "the command lines of all entries are too long");
		return;
	}
	maker->cmdline_bytes += text->length;
	attempt->cmdline = cmdline_parse(maker->image->arena, text);
	if (attempt->cmdline->truncated)
		boot_incomplete(entry, "its command line has more words than are read");
}

void boot_open_kernel(struct boot_maker *maker, struct boot_attempt *attempt, bool in_uki)
{
	struct boot_file *kernel = &attempt->kernel;
	bool known = false;
	unsigned count = 0;

	for (const struct kernel_file *file = maker->image->kernel_files; file; file = file->next) {
		known |= file->filesystem == kernel->filesystem && file->handle == kernel->handle && file->in_uki == in_uki;
		count++;
	}
	if (!known && count >= LIMIT_KERNEL_FILES) {
		kernel->have = UNREADABLE;
		kernel->reason = "the entries name too many kernels";
		return;
	}
	attempt->kernel_file = image_kernel_file(maker->image, kernel->filesystem, kernel->handle, kernel->path, kernel->view,
						 in_uki);
}

struct boot_file boot_find_file(struct boot_maker *maker, struct filesystem *filesystem, const struct boot_text *text)
{
	struct image *image = maker->image;
	struct boot_file file = { .text = *text, .filesystem = filesystem };
	char *path = arena_printf(image->arena, "%s%s", *text->text == '/' || *text->text == '\\' ? "" : "/", text->text);
	struct fs_entry entry;
	struct error err;
	int r;

	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	file.path = path;
	if (!filesystem || filesystem_open(image, filesystem) != HAVE) {
		file.have = filesystem && filesystem->have_files == UNREADABLE ? UNREADABLE : ABSENT;
		file.reason = file.have == UNREADABLE ? filesystem->error.message : "there is no such file system";
		return file;
	}
	r = fs_resolve(filesystem->fs, image->arena, path, false, &entry, NULL, &err);
	if (r == 0 && entry.type != FS_FILE) {
		file.reason = "it is not a regular file";
		file.instead = entry.type == FS_DIRECTORY ? "is a folder" : "is a device, a FIFO or a socket";
		return file;
	}
	if (r == 0) {
		file.handle = entry.handle;
		r = fs_file_view(filesystem->fs, image->arena, entry.handle, &file.view, &err);
	}
	if (r == -ELOOP)
		file.instead = "is a symbolic link that leads in a circle";
	if (r == 0) {
		file.have = HAVE;
	} else if (r != -ENOENT && r != -ENOTDIR && r != -ELOOP && r != -ENAMETOOLONG) {
		file.have = UNREADABLE;
		file.reason = arena_strdup(image->arena, err.message);
	}
	return file;
}

static void complete_entry(struct boot_maker *maker, struct boot_entry *entry)
{
	for (size_t i = 0; i < entry->attempt_count; i++) {
		struct boot_attempt *attempt = &entry->attempts[i];

		attempt->entry = entry;
		if (attempt->kernel.have == HAVE && !attempt->kernel_file)
			boot_open_kernel(maker, attempt, false);
		boot_find_root(maker->image, attempt);
	}
}

/* Pointers from attempts to entries and from the path to its default, once nothing moves any more. */
static void complete(struct boot_maker *maker)
{
	struct boot_path *path = maker->path;

	for (size_t i = 0; i < path->entry_count; i++)
		if (path->entries[i].is_default)
			path->first = &path->entries[i];
	/* the default entry first, so that its kernel is opened whatever the others name */
	if (path->first)
		complete_entry(maker, &path->entries[path->first - path->entries]);
	for (size_t i = 0; i < path->entry_count; i++)
		if (&path->entries[i] != path->first)
			complete_entry(maker, &path->entries[i]);
}

static void follow_program(struct boot_maker *maker)
{
	struct boot_path *path = maker->path;
	const struct efi_binary *program = path->program;
	const char *name = strrchr(program->path, '/') + 1;
	struct boot_source *source = ARENA_NEW(maker->image->arena, struct boot_source);
	struct boot_file file;
	unsigned profiles;

	*source = (struct boot_source){ .partition = program->esp->partition, .path = program->path };
	file = (struct boot_file){
		.text = boot_text_make(maker->image->arena, program->path, (struct boot_place){ .source = source }),
		.have = HAVE,
		.filesystem = image_filesystem(maker->image, program->esp->partition),
		.path = program->path,
		.handle = program->handle,
		.view = program->view,
	};
	profiles = boot_profiles(maker, &file);
	for (unsigned i = 0; i < profiles; i++) {
		const char *title = boot_profile_title(maker, &file, i);
		struct boot_place place = { .source = source };
		struct boot_entry *entry = boot_add_entry(maker, title ? title : name, name, place);

		entry->is_default = i == 0;
		(void)boot_add_program(maker, entry, &file, NULL, place, i);
	}
}

/* The last program of the chain that is of a kind; systemd-boot's chain goes on to what it boots by default, which is GRUB's
 * affair if that is GRUB. */
static const struct efi_binary *last_of(const struct chain *chain, enum boot_kind *ret_kind)
{
	bool is_grub = chain->end == CHAIN_COMPLETE && chain->binaries[chain->count - 1]->program->kind == EFI_GRUB;

	for (unsigned i = chain->count; !is_grub && i-- > 0;) {
		const struct efi_binary *binary = chain->binaries[i];

		if (binary->have == HAVE && binary->program && binary->program->kind == EFI_SYSTEMD_BOOT) {
			*ret_kind = BOOT_SYSTEMD_BOOT;
			return binary;
		}
	}
	switch (chain->binaries[chain->count - 1]->program->kind) {
	case EFI_GRUB:
		*ret_kind = BOOT_GRUB;
		break;
	case EFI_UKI:
		*ret_kind = BOOT_UKI;
		break;
	case EFI_LINUX:
	case EFI_LINUX_ZBOOT:
		*ret_kind = BOOT_STUB;
		break;
	default:
		*ret_kind = BOOT_UNKNOWN;
		return NULL;
	}
	return chain->binaries[chain->count - 1];
}

/* Where another loader led to the same program already: its entries are these, too. */
static bool follow_same(struct boot_maker *maker)
{
	struct boot_path *path = maker->path;

	for (const struct boot_path *other = maker->image->boot_paths; other < path; other++) {
		if (other->program != path->program)
			continue;
		path->have = other->have;
		path->reason = other->reason;
		path->error = other->error;
		path->core = other->core;
		path->grub = other->grub;
		path->timeout = other->timeout;
		path->entry_count = other->entry_count;
		path->entries = arena_memdup(maker->image->arena, other->entries, other->entry_count * sizeof(*other->entries));
		for (size_t i = 0; i < path->entry_count; i++) {
			struct boot_entry *entry = &path->entries[i];

			entry->path = path;
			entry->attempts = arena_memdup(maker->image->arena, entry->attempts,
						       entry->attempt_count * sizeof(*entry->attempts));
		}
		return true;
	}
	return false;
}

static void follow(struct boot_maker *maker)
{
	struct boot_path *path = maker->path;
	const struct chain *chain = path->loader->chain;

	if (!chain) {
		path->have = path->loader->have == UNREADABLE ? UNREADABLE : ABSENT;
		path->error = path->loader->error;
		path->reason = path->have == UNREADABLE ? path->error.message : "it is no EFI program";
		return;
	}
	if (chain->end == CHAIN_UNREADABLE) {
		path->have = UNREADABLE;
		path->error = chain->error;
		path->reason = path->error.message;
		return;
	}
	if (chain_is_broken(chain)) {
		path->reason = chain->end == CHAIN_STARTS_NOTHING || chain->end == CHAIN_CIRCLE ? "it starts no system" :
												   "what it starts is missing";
		return;
	}
	path->have = UNREADABLE;
	/* of systemd-boot's menu, what its default entry starts may be unknown: the others stay what they are */
	path->program = last_of(chain, &path->kind);
	/* what firmware does not load says nothing of what would come next: the rules on PE files have told of it */
	if (!path->program && !image_binary_loads(path->loader->binary, architectures[path->loader->architecture].machine)) {
		path->have = ABSENT;
		path->reason = "firmware does not start it";
		return;
	}
	if (!path->program) {
		path->reason = chain->reason ? chain->reason : "what it starts is not known";
		return;
	}
	maker->capacity = 0;
	maker->cmdline_bytes = 0;
	if (!follow_same(maker)) {
		path->have = HAVE;
		if (path->kind == BOOT_GRUB)
			boot_follow_grub(maker);
		else if (path->kind == BOOT_SYSTEMD_BOOT)
			boot_follow_entries(maker);
		else
			follow_program(maker);
	}
	/* no menu: the program is all that systemd-boot starts */
	if (chain->end == CHAIN_NOT_FOLLOWED && !path->entry_count && path->have == HAVE)
		*path = (struct boot_path){ .loader = path->loader, .have = UNREADABLE, .reason = chain->reason };
	complete(maker);
}

void image_gather_boot_paths(struct image *image)
{
	struct boot_maker maker = { .image = image, .unread = ARENA_NEW(image->arena, const struct filesystem *) };

	image->boot_paths = ARENA_ARRAY(image->arena, image->loader_count, struct boot_path);
	for (unsigned i = 0; i < image->loader_count; i++) {
		maker.path = &image->boot_paths[i];
		maker.path->loader = &image->loaders[i];
		follow(&maker);
		image->boot_path_count++;
	}
}

void image_settle_boot_paths(struct image *image)
{
	for (unsigned i = 0; i < image->boot_path_count; i++)
		for (size_t j = 0; j < image->boot_paths[i].entry_count; j++) {
			struct boot_entry *entry = &image->boot_paths[i].entries[j];

			for (size_t k = 0; k < entry->attempt_count; k++)
				if (boot_apply_kernel(image, &entry->attempts[k]))
					boot_find_root(image, &entry->attempts[k]);
		}
}

void image_close_boot_paths(struct image *image)
{
	for (unsigned i = 0; i < image->boot_path_count; i++) {
		bool shared = false;

		for (unsigned j = 0; j < i; j++)
			shared |= image->boot_paths[j].core == image->boot_paths[i].core;
		if (!shared)
			grub_core_close(image->boot_paths[i].core);
	}
}

bool boot_path_is_foreign(const struct image *image, const struct boot_path *path)
{
	if (path->kind != BOOT_UNKNOWN || path->have != UNREADABLE || path->error.code)
		return false;
	return (path->loader->chain && path->loader->chain->end == CHAIN_OTHER_SYSTEM) ||
	       (!image->system_count && !image->systems_error.code);
}

bool boot_entry_counts(const struct image *image, const struct boot_entry *entry)
{
	return entry->is_default && !image_loader_is_spare(image, entry->path->loader);
}

/* The binary that has a configuration of its own inside. */
static struct location inside_grub(const struct image *image)
{
	for (unsigned i = 0; i < image->boot_path_count; i++) {
		const struct boot_path *path = &image->boot_paths[i];

		if (path->kind == BOOT_GRUB && path->core && (path->core->config || path->core->memdisk))
			return at_file(path->program->esp->partition, path->program->path);
	}
	return at_image();
}

/* Bytes of a section of a unified kernel image. */
static struct location inside_section(const struct image *image, const struct boot_place *place)
{
	const char *path = place->source->path, *name = place->source->section;

	for (const struct efi_binary *b = image->binaries; b; b = b->next) {
		const struct pe_section *section;

		if (b->esp->partition != place->source->partition || !b->path || strcmp(b->path, path) != 0 || b->have != HAVE)
			continue;
		section = pe_section(b->pe, name);
		/* one line is all there is: columns count the section's bytes */
		if (section && place->line == 1 && place->column)
			return at_file_bytes(place->source->partition, path,
					     (uint64_t)section->raw_offset + place->column - 1, 0);
	}
	return at_file(place->source->partition, path);
}

struct location boot_location(const struct image *image, const struct boot_place *place)
{
	const struct boot_source *source = place->source;
	struct location location;

	if (!source || (!source->device && !source->partition) || (source->device && !strcmp(source->device, "memdisk")))
		return inside_grub(image);
	if (source->section)
		return inside_section(image, place);
	location = at_text(source->partition, source->path, place->line, place->column);
	if (*source->path != '/')
		location.path = arena_printf(image->arena, "/%s", source->path);
	for (unsigned i = 0; source->device && i < image->filesystem_count; i++) {
		const struct filesystem *filesystem = &image->filesystems[i];

		if (filesystem->volume && !strcmp(boot_grub_name(image, filesystem), source->device))
			location.volume = filesystem->volume;
	}
	return location;
}
