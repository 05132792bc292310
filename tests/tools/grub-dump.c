/* SPDX-License-Identifier: MIT */
/* grub-dump: what the GRUB readers make of a file, for tests that compare them with GRUB's own tools.
 *
 *   grub-dump core FILE               a GRUB EFI binary
 *   grub-dump parse FILE              the statements of a script that GRUB refuses; exit status 1 if there are any
 *   grub-dump set FILE NAME [VALUE]   an environment block with the variable set, or removed, to standard output
 *   grub-dump list FILE               its variables
 *   grub-dump run PREFIX-FOLDER FILE  runs a script as GRUB's configuration on a disk whose only file system, hd0,gpt2
 *                                     with UUID 1234-5678, has the listed files of standard input, one path a line
 *   grub-dump boot ESP ROOT GRUB      what the binary at the path GRUB of the FAT volume ESP (hd0,gpt1) boots; ROOT
 *                                     (hd0,gpt2) is an ext4 volume
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/memory_fs.h"
#include "base/limits.h"
#include "boot/grub.h"
#include "boot/grub_core.h"
#include "boot/grub_envblk.h"
#include "fs/ext.h"
#include "fs/fat.h"

static struct arena *arena;

static struct view *open_file(const char *name)
{
	struct stat st;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(name);
		exit(2);
	}
	return view_file(arena, fd, (uint64_t)st.st_size);
}

static char *read_all(const char *name, size_t *ret_size)
{
	struct view *view = open_file(name);
	char *data = arena_alloc(arena, (size_t)view->size + 1);
	struct error err;

	if (view_read(view, 0, data, (size_t)view->size, &err) < 0) {
		fprintf(stderr, "%s: %s\n", name, err.message);
		exit(2);
	}
	*ret_size = (size_t)view->size;
	return data;
}

static int dump_core(const char *name)
{
	struct view *view = open_file(name);
	const struct grub_core *core;
	const struct pe *pe;
	struct fs_entry entry;
	struct error err;

	if (pe_read(arena, view, &pe, &err) < 0 || pe->status != PE_OK || grub_core_read(arena, view, pe, &core, &err) < 0) {
		fprintf(stderr, "%s: not a PE image\n", name);
		return 2;
	}
	if (!core->present) {
		puts("not GRUB");
		return 1;
	}
	printf("cpu %s\nversion %s\nfault %d\nprefix %s\nconfig %s\n", core->cpu, core->version, core->fault,
	       core->prefix ? core->prefix : "-", core->config ? core->config : "-");
	printf("memdisk %s\n", core->memdisk_fs ? core->memdisk_fs->type : core->memdisk ? "unreadable" : "-");
	if (core->memdisk_fs && fs_resolve(core->memdisk_fs, arena, "/grub.cfg", false, &entry, NULL, &err) == 0)
		puts("memdisk has /grub.cfg");
	for (size_t i = 0; i < core->module_count; i++)
		printf("module %s\n", core->modules[i]);
	grub_core_close(core);
	return core->nameless_count ? 1 : 0;
}

static int parse(const char *name)
{
	static struct boot_source source;
	const struct grub_script *script;
	size_t size;
	char *data = read_all(name, &size);

	source.path = name;
	script = grub_parse(arena, &source, data, size);
	for (size_t i = 0; i < script->problem_count; i++)
		printf("%s:%u:%u: %s\n", name, script->problems[i].place.line, script->problems[i].place.column,
		       script->problems[i].message);
	return script->problem_count || script->truncated;
}

static int envblk(const char *name, const char *variable, const char *value)
{
	size_t size;
	char *data = read_all(name, &size);
	struct grub_envblk block;

	if (variable) {
		char *changed = grub_envblk_set(arena, data, size, variable, value);

		if (!changed)
			return 1;
		return fwrite(changed, 1, size, stdout) == size ? 0 : 2;
	}
	block = grub_envblk_parse(arena, NULL, data, size);
	for (size_t i = 0; i < block.count; i++)
		printf("%s=%s\n", block.variables[i].name, block.variables[i].value.text);
	return !block.valid;
}

static void print_course(const struct grub_course *course);

static void print_menu(const struct grub_menu *menu)
{
	for (size_t i = 0; i < menu->entry_count; i++) {
		const struct grub_entry *entry = &menu->entries[i];

		printf("entry %s%s id %s title %s at %u:%u\n", entry->path, i == menu->default_index ? " default" : "",
		       entry->id, entry->title, entry->place.line, entry->place.column);
		for (size_t j = 0; j < entry->course_count; j++)
			print_course(&entry->courses[j]);
	}
}

static void print_course(const struct grub_course *course)
{
	static const char *const found[] = { "found", "missing", "unknown" };

	for (size_t i = 0; i < course->assumption_count; i++)
		printf(" if %s at %u: %d\n", course->assumptions[i].reason, course->assumptions[i].place.line,
		       course->assumptions[i].taken);
	for (size_t i = 0; i < course->attempt_count; i++) {
		const struct grub_attempt *attempt = &course->attempts[i];

		printf(" start %u %s %s at %u:%u\n  words %s\n", attempt->start, attempt->kernel.text.text,
		       found[attempt->kernel.found], attempt->place.line, attempt->place.column, attempt->arguments.text);
		for (size_t j = 0; j < attempt->initrd_count; j++)
			printf("  initrd %s %s\n", attempt->initrds[j].text.text, found[attempt->initrds[j].found]);
	}
	if (course->menu)
		print_menu(course->menu);
}

static int run(const char *prefix, const char *name)
{
	struct memory_fs *m = memory_fs_new(arena);
	struct boot_device device = { .name = "hd0,gpt2", .partition = 2, .uuid = "1234-5678", .fs_type = "ext4",
				      .fs = &m->fs };
	struct boot_world world = { .devices = &device, .device_count = 1, .cpu = "arm64" };
	struct grub_start start = { .prefix = prefix, .device = &device, .folder = prefix };
	const struct grub_result *result;
	char line[4096], *data;
	size_t size;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		memory_fs_file(m, arena, arena_strdup(arena, line), "a file");
	}
	data = read_all(name, &size);
	memory_fs_add(m, arena, arena_printf(arena, "%s/grub.cfg", prefix), FS_FILE, data, size);
	result = grub_run(arena, &world, &start);
	for (size_t i = 0; i < result->problem_count; i++)
		printf("problem %u:%u %s\n", result->problems[i].place.line, result->problems[i].place.column,
		       result->problems[i].message);
	for (size_t i = 0; i < result->unknown_count; i++)
		printf("unknown %u:%u %s\n", result->unknowns[i].place.line, result->unknowns[i].place.column,
		       result->unknowns[i].reason);
	printf("outcomes %zu%s%s\n", result->outcome_count, result->truncated ? " truncated" : "",
	       result->limited ? " limited" : "");
	print_course(&result->outcomes[0]);
	return 0;
}

static int boot(const char *esp_name, const char *root_name, const char *path)
{
	struct boot_device devices[2] = { { .name = "hd0,gpt1", .partition = 1, .fs_type = "vfat" },
					  { .name = "hd0,gpt2", .partition = 2 } };
	struct boot_world world = { .devices = devices, .device_count = 2 };
	const struct grub_result *result;
	const struct grub_core *core;
	struct grub_start start;
	struct fs_entry entry;
	struct view *binary;
	const struct pe *pe;
	struct error err;
	struct fat *esp;
	struct ext *root;

	if (fat_open(arena, open_file(esp_name), &esp, &err) < 0 || !esp->fs ||
	    ext_open(arena, open_file(root_name), &root, &err) < 0 || !root->fs) {
		fputs("a volume cannot be read\n", stderr);
		return 2;
	}
	devices[0].fs = esp->fs;
	devices[1].fs = root->fs;
	devices[1].fs_type = root->type;
	devices[1].uuid = root->uuid_text;
	devices[1].label = root->label;
	if (fs_resolve(esp->fs, arena, path, false, &entry, NULL, &err) < 0 ||
	    fs_file_view(esp->fs, arena, entry.handle, &binary, &err) < 0 || pe_read(arena, binary, &pe, &err) < 0 ||
	    pe->status != PE_OK || grub_core_read(arena, binary, pe, &core, &err) < 0 || !core->present) {
		fprintf(stderr, "%s is not GRUB\n", path);
		return 2;
	}
	world.cpu = core->cpu;
	start = grub_core_start(core, &devices[0],
				arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path)));
	result = grub_run(arena, &world, &start);
	printf("prefix %s\n", result->prefix);
	for (size_t i = 0; i < result->config_count; i++)
		printf("config %s %s\n", result->configs[i].file.text.text,
		       result->configs[i].file.found == GRUB_FOUND ? "found" : result->configs[i].file.reason);
	printf("outcomes %zu, end %d\n", result->outcome_count, result->outcomes[0].end);
	print_course(&result->outcomes[0]);
	grub_core_close(core);
	ext_close(root);
	return 0;
}

int main(int argc, char **argv)
{
	int status = 2;

	arena = arena_new(LIMIT_ARENA_BYTES);
	if (argc == 3 && !strcmp(argv[1], "core"))
		status = dump_core(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "parse"))
		status = parse(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "list"))
		status = envblk(argv[2], NULL, NULL);
	else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "set"))
		status = envblk(argv[2], argv[3], argv[4]);
	else if (argc == 4 && !strcmp(argv[1], "run"))
		status = run(argv[2], argv[3]);
	else if (argc == 5 && !strcmp(argv[1], "boot"))
		status = boot(argv[2], argv[3], argv[4]);
	else
		fputs("usage: grub-dump core|parse|list FILE, set FILE NAME [VALUE], run PREFIX FILE, boot ESP ROOT GRUB\n",
		      stderr);
	arena_free(arena);
	return status;
}
