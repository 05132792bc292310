/* SPDX-License-Identifier: MIT */
/* grub_file: devices, files and scripts that GRUB's commands name. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "boot/grub_vm.h"

#define LONGEST_DEVICE 1024	/* bytes of a name; LVM's are at most some 500 */
#define SPENT "a limit was reached before"
#define COMPONENT_WORK 65536	/* of a name in a path: a folder is listed to find it */

struct grub_lookup {
	struct grub_lookup *next;
	const struct fs *fs;
	const char *path;
	size_t length; /* of the path */
	enum grub_found found;
	const char *reason, *instead;
	struct fs_entry entry;
	uint64_t size;
};

struct grub_parsed {
	struct grub_parsed *next;
	const struct fs *fs;
	const char *path;
	size_t length;
	enum grub_found found;
	const char *reason, *instead;
	const struct grub_script *script;
};

/* "hd0,gpt2" is also "hd0,2"; a scheme that both name must be the same. */
static bool same_partition(const char *a, const char *b)
{
	size_t disk_a = strcspn(a, ","), disk_b = strcspn(b, ",");
	size_t scheme_a, scheme_b;

	if (disk_a != disk_b || strncmp(a, b, disk_a) != 0 || !a[disk_a] || !b[disk_b])
		return false;
	a += disk_a + 1;
	b += disk_b + 1;
	scheme_a = strcspn(a, "0123456789");
	scheme_b = strcspn(b, "0123456789");
	if (!a[scheme_a] || strcmp(a + scheme_a, b + scheme_b) != 0)
		return false;
	return !scheme_a || !scheme_b || (scheme_a == scheme_b && !strncmp(a, b, scheme_a));
}

const struct boot_device *grub_device(struct grub_vm *vm, const char *name)
{
	size_t length = strlen(name);

	limit_count(WORK_GRUB, length);
	if (length > LONGEST_DEVICE)
		return NULL;
	limit_count(WORK_GRUB, vm->world->device_count * (32 + length));
	for (size_t i = 0; i < vm->world->device_count; i++) {
		const struct boot_device *device = &vm->world->devices[i];

		if (!strcmp(device->name, name) || same_partition(device->name, name))
			return device;
		for (const char *const *alias = device->aliases; alias && *alias; alias++)
			if (!strcmp(*alias, name))
				return device;
	}
	return NULL;
}

/* Devices that appear only while the machine runs, or that are made of others. */
static const char *why_no_device(struct grub_vm *vm, const char *name)
{
	static const char *const prefixes[] = { "crypt", "lvm", "md", "ldm", "loop", "tftp", "http", "net", "pxe",
						"efinet", "proc", "host", "cbfs", "zfs", "usb" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return arena_printf(vm->arena, "the device (%.*s) cannot be looked into", LONGEST_DEVICE, name);
	return NULL;
}

static struct fs *resolved(struct grub_file *file, enum grub_found found, const char *reason)
{
	file->found = found;
	file->reason = reason;
	return NULL;
}

static struct fs *open_device(struct grub_vm *vm, struct grub_file *file)
{
	const struct boot_device *device = file->device;
	const char *reason = "";
	struct fs *fs = device->fs;

	if (!fs && device->open)
		fs = device->open(device, &reason);
	if (fs)
		return fs;
	if (!reason)
		return resolved(file, GRUB_MISSING, arena_printf(vm->arena, "(%s) holds no files", device->name));
	return resolved(file, GRUB_NOT_KNOWN,
			arena_printf(vm->arena, "the file system of (%s) could not be read%s%s", device->name,
				     *reason ? ": " : "", reason));
}

/* The file system and the path in it that a name means; NULL when that cannot be told, and file->found says why. */
struct fs *grub_resolve(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file)
{
	const char *device, *path = text->text;

	vm->bytes += 256;
	*file = (struct grub_file){ .text = *text, .path = "" };
	if (text->unknown)
		return resolved(file, GRUB_NOT_KNOWN, text->unknown);
	if (*path == '(') {
		size_t length = strcspn(path, ")");

		if (!path[length])
			return resolved(file, GRUB_MISSING, "its device's name has no end");
		device = arena_strndup(vm->arena, path + 1, length - 1);
		path += length + 1;
	} else {
		const struct boot_text *root = grub_get(vm, "root");

		if (!root || (!root->unknown && !root->length))
			return resolved(file, GRUB_MISSING, "the variable root is not set");
		if (root->unknown)
			return resolved(file, GRUB_NOT_KNOWN, root->unknown);
		device = root->text;
	}
	file->path = path;
	if (*path && *path != '/' && !path[strspn(path, "0123456789+,")])
		return resolved(file, GRUB_NOT_KNOWN, "it is a list of blocks, not a path");
	if (!strcmp(device, "memdisk")) {
		if (vm->start->memdisk)
			return vm->start->memdisk;
		if (vm->start->memdisk_unreadable)
			return resolved(file, GRUB_NOT_KNOWN, "the memdisk could not be read");
		return resolved(file, GRUB_MISSING, "the core image has no memdisk");
	}
	file->device = grub_device(vm, device);
	if (!file->device) {
		const char *reason = why_no_device(vm, device);

		if (reason)
			return resolved(file, GRUB_NOT_KNOWN, reason);
		vm->bytes += strnlen(device, LONGEST_DEVICE);
		return resolved(file, GRUB_MISSING, arena_printf(vm->arena, "there is no device (%.*s)", LONGEST_DEVICE, device));
	}
	/* fs/fshelp.c and kern/file.c: only what begins with a slash is a path on a disk */
	if (*path && *path != '/') {
		file->instead = "does not begin with a slash, so GRUB refuses it";
		return resolved(file, GRUB_MISSING, "a file's name begins with a slash");
	}
	return open_device(vm, file);
}

/* Is it the same path?  Thousands may be compared, which are long and the same but for their ends. */
static bool is_path(const char *a, size_t a_length, const char *b, size_t b_length)
{
	limit_count(WORK_GRUB, 16 + (a_length == b_length ? a_length : 0));
	return a_length == b_length && !memcmp(a, b, a_length);
}

static size_t components(const char *path)
{
	size_t count = 1;

	while (*(path += strcspn(path, "/"))) {
		path += strspn(path, "/");
		count++;
	}
	return count;
}

static const struct grub_lookup *look_up(struct grub_vm *vm, struct fs *fs, const char *path, struct boot_place place)
{
	size_t length = strlen(path);
	struct grub_lookup *lookup;
	struct error err;
	int r;

	for (lookup = vm->lookups; lookup; lookup = lookup->next)
		if (lookup->fs == fs && is_path(lookup->path, lookup->length, path, length))
			return lookup;
	lookup = ARENA_NEW(vm->arena, struct grub_lookup);
	lookup->next = vm->lookups;
	vm->lookups = lookup;
	lookup->fs = fs;
	lookup->path = path;
	lookup->length = length;
	lookup->found = GRUB_NOT_KNOWN;
	if (length > limits.path) {
		vm->bytes += 512;
		limit_error(&err, "a path that GRUB looks up is longer than %" PRIu64 " bytes" RAISES("max-path"), limits.path);
		lookup->reason = arena_strdup(vm->arena, err.message);
		return lookup;
	}
	/* the walk itself costs: it may read many folders */
	limit_count(WORK_GRUB, components(path) * COMPONENT_WORK);
	if (!grub_spend(vm, 0, 4096, place)) {
		lookup->reason = SPENT;
		return lookup;
	}
	r = fs_resolve_as_grub(fs, vm->arena, path, &lookup->entry, &err);
	if (r == 0 && lookup->entry.type != FS_DIRECTORY) {
		struct fs_stat st;

		r = fs->ops->stat(fs, lookup->entry.handle, &st, &err);
		if (r == 0)
			lookup->size = st.size;
	}
	lookup->found = GRUB_FOUND;
	if (r < 0) {
		lookup->found = fs_is_answer(r) ? GRUB_MISSING : GRUB_NOT_KNOWN;
		lookup->reason = arena_strdup(vm->arena, err.message);
		lookup->instead = r == -ELOOP ? "is behind more symbolic links than the 7 that GRUB follows" : NULL;
	}
	return lookup;
}

void grub_find(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file, enum fs_type *ret_type,
	       uint64_t *ret_size)
{
	const struct grub_lookup *lookup;
	struct fs *fs;

	/* a command of thousands of words goes on to its end */
	if (!grub_spend(vm, 0, 0, boot_text_place(text, 0))) {
		*file = (struct grub_file){ .text = *text, .path = "", .found = GRUB_NOT_KNOWN, .reason = SPENT };
		return;
	}
	fs = grub_resolve(vm, text, file);
	if (!fs)
		return;
	lookup = look_up(vm, fs, file->path, boot_text_place(text, 0));
	file->found = lookup->found;
	file->reason = lookup->reason;
	file->instead = lookup->instead;
	file->handle = lookup->entry.handle;
	if (ret_type)
		*ret_type = lookup->entry.type;
	if (ret_size)
		*ret_size = lookup->size;
	/* a folder where a command wants a file */
	if (!ret_type && file->found == GRUB_FOUND && lookup->entry.type != FS_FILE) {
		file->found = GRUB_MISSING;
		file->reason = "it is not a regular file";
		file->instead = lookup->entry.type == FS_DIRECTORY ? "is a folder" : "is a device, a FIFO or a socket";
	}
}

bool grub_list(struct grub_vm *vm, const struct boot_text *text, struct arena *scratch, struct grub_file *file,
	       struct fs_entry **ret, size_t *ret_count)
{
	struct fs_stat st = { .size = 0 };
	enum fs_type type = FS_OTHER;
	struct error err;
	struct fs *fs;

	grub_find(vm, text, file, &type, NULL);
	if (file->found == GRUB_FOUND && type != FS_DIRECTORY)
		(void)resolved(file, GRUB_MISSING, "it is no folder");
	if (file->found != GRUB_FOUND)
		return false;
	fs = file->device ? open_device(vm, file) : vm->start->memdisk;
	/* one without entries may be long, too */
	(void)fs->ops->stat(fs, file->handle, &st, &err);
	limit_count(WORK_GRUB, COMPONENT_WORK + 4 * st.size);
	if (!grub_spend(vm, 0, 0, boot_text_place(text, 0))) {
		(void)resolved(file, GRUB_NOT_KNOWN, SPENT);
		return false;
	}
	if (fs->ops->readdir(fs, scratch, file->handle, ret, ret_count, &err) < 0) {
		(void)resolved(file, GRUB_NOT_KNOWN, arena_strdup(vm->arena, err.message));
		return false;
	}
	limit_count(WORK_GRUB, *ret_count * 64);
	return true;
}

static const struct boot_source *make_source(struct grub_vm *vm, const struct grub_file *file)
{
	struct boot_source *source = ARENA_NEW(vm->arena, struct boot_source);

	source->device = file->device ? file->device->name : "memdisk";
	source->partition = file->device ? file->device->partition : 0;
	source->path = file->path;
	return source;
}

int grub_read(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file, size_t maximum, char **ret,
	      size_t *ret_size, const struct boot_source **ret_source)
{
	struct fs *fs = grub_resolve(vm, text, file);
	uint64_t size = 0;
	struct error err;
	int r;

	if (!fs)
		return -ENOENT;
	grub_find(vm, text, file, NULL, &size);
	if (file->found != GRUB_FOUND)
		return -ENOENT;
	if (size > maximum || size > LIMIT_GRUB_SOURCE_BYTES - vm->source_bytes) {
		file->found = GRUB_NOT_KNOWN;
		file->reason = arena_printf(vm->arena, "%s is too long to be read", file->path);
		/* not every command has a way to say that what follows is not known */
		return limit_error(NULL, "%s", file->reason);
	}
	vm->source_bytes += (size_t)size;
	limit_count(WORK_GRUB, 4096 + size);
	*ret = arena_alloc(vm->arena, (size_t)size + 1);
	*ret_size = (size_t)size;
	r = size ? fs->ops->pread(fs, file->handle, 0, *ret, (size_t)size, &err) : 0;
	if (r < 0) {
		file->found = GRUB_NOT_KNOWN;
		file->reason = arena_strdup(vm->arena, err.message);
		return r;
	}
	*ret_source = make_source(vm, file);
	return 0;
}

void grub_record_problems(struct grub_vm *vm, const struct grub_script *script)
{
	for (size_t i = 0; i < script->problem_count; i++) {
		if (vm->problem_count == LIMIT_GRUB_RECORDS) {
			limit_error(NULL, "GRUB's configuration has more than %d defects", LIMIT_GRUB_RECORDS);
			break;
		}
		vm->problems[vm->problem_count++] = script->problems[i];
	}
	vm->limited |= script->truncated;
}

/* A configuration file as a tree, parsed once; NULL when it cannot be had. */
const struct grub_script *grub_read_script(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file)
{
	struct fs *fs = grub_resolve(vm, text, file);
	const struct boot_source *source;
	struct grub_parsed *parsed;
	size_t size, length;
	char *data;

	if (!fs)
		return NULL;
	length = strlen(file->path);
	for (parsed = vm->parsed; parsed; parsed = parsed->next)
		if (parsed->fs == fs && is_path(parsed->path, parsed->length, file->path, length)) {
			file->found = parsed->found;
			file->reason = parsed->reason;
			file->instead = parsed->instead;
			return parsed->script;
		}
	parsed = ARENA_NEW(vm->arena, struct grub_parsed);
	if (grub_read(vm, text, file, LIMIT_TEXT_FILE, &data, &size, &source) == 0) {
		parsed->script = grub_parse(vm->arena, source, data, size);
		grub_record_problems(vm, parsed->script);
	}
	parsed->next = vm->parsed;
	vm->parsed = parsed;
	parsed->fs = fs;
	parsed->path = file->path;
	parsed->length = length;
	parsed->found = file->found;
	parsed->reason = file->reason;
	parsed->instead = file->instead;
	return parsed->script;
}
