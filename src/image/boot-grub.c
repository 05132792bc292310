/* SPDX-License-Identifier: MIT */
/* boot-grub: GRUB's outcomes as boot entries.
 *
 * The interpreter gives several outcomes where something is unknown when the machine is not running.  Entries of the same
 * place in the menu are one entry here, which may take all the ways of all outcomes.
 */
#include <string.h>

#include "base/limits.h"
#include "fs/fs.h"
#include "image/boot-internal.h"

static struct boot_file map_file(struct boot_maker *maker, const struct grub_file *from)
{
	struct image *image = maker->image;
	struct boot_file file = { .text = from->text, .reason = from->reason, .path = from->path,
				  .newc = from->newc, .instead = from->instead };
	struct fs *fs = NULL;
	struct error err;

	if (from->device) {
		file.filesystem = maker->filesystems[from->device - maker->world->devices];
		fs = file.filesystem->fs;
	} else if (maker->path->core) {
		fs = maker->path->core->memdisk_fs;
	}
	if (from->found == GRUB_NOT_KNOWN) {
		file.have = UNREADABLE;
	} else if (from->found == GRUB_FOUND && fs) {
		file.handle = from->handle;
		if (fs_file_view(fs, image->arena, from->handle, &file.view, &err) == 0) {
			file.have = HAVE;
		} else {
			file.have = UNREADABLE;
			file.reason = arena_strdup(image->arena, err.message);
		}
	}
	return file;
}

static const struct boot_file *map_files(struct boot_maker *maker, const struct grub_file *from, size_t count)
{
	struct boot_file *files = ARENA_ARRAY(maker->image->arena, count, struct boot_file);

	for (size_t i = 0; i < count; i++)
		files[i] = map_file(maker, &from[i]);
	return files;
}

static bool same_initrd(const struct boot_file *a, const struct boot_file *b)
{
	return !strcmp(a->text.text, b->text.text) && a->filesystem == b->filesystem && !a->newc == !b->newc &&
	       (!a->newc || !strcmp(a->newc, b->newc));
}

static bool same_attempt(const struct boot_attempt *a, const struct boot_attempt *b)
{
	if (strcmp(a->kernel.text.text, b->kernel.text.text) != 0 || a->kernel.filesystem != b->kernel.filesystem ||
	    strcmp(a->cmdline->text.text, b->cmdline->text.text) != 0 || a->initrd_count != b->initrd_count)
		return false;
	for (size_t i = 0; i < a->initrd_count; i++)
		if (!same_initrd(&a->initrds[i], &b->initrds[i]))
			return false;
	return true;
}

/* Several ways through an entry often start the same. */
static void drop_repeated(struct boot_entry *entry)
{
	const struct boot_attempt *last = &entry->attempts[entry->attempt_count - 1];

	for (size_t i = 0; i + 1 < entry->attempt_count; i++)
		if (same_attempt(&entry->attempts[i], last)) {
			entry->attempt_count--;
			return;
		}
}

static void add_linux(struct boot_maker *maker, struct boot_entry *entry, const struct grub_attempt *from)
{
	struct boot_attempt *attempt = boot_add_attempt(maker, entry, from->place);

	attempt->kernel = map_file(maker, &from->kernel);
	attempt->initrds = map_files(maker, from->initrds, from->initrd_count);
	attempt->initrd_count = from->initrd_count;
	boot_set_cmdline(maker, entry, attempt, &from->cmdline);
	attempt->has_devicetree = from->has_devicetree;
}

/* Xen: the first module is the kernel of its first domain, the others are handed to that. */
static void add_multiboot(struct boot_maker *maker, struct boot_entry *entry, const struct grub_attempt *from)
{
	struct boot_attempt *attempt = boot_add_attempt(maker, entry, from->place);

	if (!from->loaded || !from->initrd_count) {
		attempt->kernel = map_file(maker, &from->kernel);
	} else {
		attempt->kernel = map_file(maker, &from->initrds[0]);
		attempt->initrds = map_files(maker, from->initrds + 1, from->initrd_count - 1);
		attempt->initrd_count = from->initrd_count - 1;
	}
	boot_set_cmdline(maker, entry, attempt, &from->arguments);
}

static void add_chain(struct boot_maker *maker, struct boot_entry *entry, const struct grub_attempt *from)
{
	struct boot_file file = map_file(maker, &from->kernel);
	struct boot_attempt *attempt;

	if (file.have == HAVE && maker->path->program)
		boot_refuse_program(maker, &file, maker->path->program->pe->machine);
	if (file.have == HAVE) {
		if (boot_add_program(maker, entry, &file, &from->arguments, from->place, 0))
			entry->attempts[entry->attempt_count - 1].is_program = true;
		else
			entry->leaves = true;
		return;
	}
	attempt = boot_add_attempt(maker, entry, from->place);
	attempt->kernel = file;
	attempt->is_program = true;
}

static void add_attempt(struct boot_maker *maker, struct boot_entry *entry, const struct grub_attempt *from)
{
	size_t before = entry->attempt_count;

	if (before == LIMIT_BOOT_ATTEMPTS) {
		limit_error(NULL, "an entry of GRUB's menu may start more than %d kernels", LIMIT_BOOT_ATTEMPTS);
		boot_incomplete(entry, "it may start too many kernels");
		return;
	}
	switch (from->kind) {
	case GRUB_LINUX:
		add_linux(maker, entry, from);
		break;
	case GRUB_MULTIBOOT:
		add_multiboot(maker, entry, from);
		break;
	case GRUB_CHAIN:
		add_chain(maker, entry, from);
		break;
	}
	if (entry->attempt_count > before)
		drop_repeated(entry);
}

/* "the script runs too many commands (line 3 of /boot/grub/grub.cfg), a limit that no option raises" */
static const char *limit_reason(struct boot_maker *maker, const struct grub_course *course)
{
	const struct boot_place *place = &course->end_place;

	if (!place->source || !place->line)
		return arena_printf(maker->image->arena, "%s, a limit that no option raises", course->end_reason);
	return arena_printf(maker->image->arena, "%s (line %u of %s), a limit that no option raises", course->end_reason,
			    place->line, place->source->path);
}

static bool has_loaded(const struct grub_course *course)
{
	for (size_t i = 0; i < course->attempt_count; i++)
		if (course->attempts[i].loaded)
			return true;
	return false;
}

static void note_ending(struct boot_entry *entry, const struct grub_course *course)
{
	enum boot_ending ending = course->end == GRUB_END_LEAVE	   ? BOOT_LEAVES
				  : course->end == GRUB_END_REBOOT ? BOOT_REBOOTS
				  : course->end == GRUB_END_HALT   ? BOOT_HALTS
								   : BOOT_GOES_ON;

	/* nobody is there to hold it down */
	if (grub_is_by_key(course))
		return;
	/* it comes to that command only when what it has loaded does not start; a kernel that is missing is another defect */
	if (has_loaded(course) || (ending != BOOT_LEAVES && course->attempt_count))
		ending = BOOT_GOES_ON;
	entry->may_leave |= ending == BOOT_LEAVES;
	entry->may_save |= ending == BOOT_REBOOTS && course->saved;
	if (entry->ways++ && ending >= entry->ending)
		return;
	entry->ending = ending;
	entry->ending_place = course->end_place;
	entry->ending_reason = course->end_reason;
}

static void add_course(struct boot_maker *maker, struct boot_entry *entry, const struct grub_course *course)
{
	size_t before = entry->attempt_count;
	const char *reason;

	for (size_t i = 0; i < course->attempt_count; i++)
		add_attempt(maker, entry, &course->attempts[i]);
	for (size_t i = before; i < entry->attempt_count; i++) {
		struct boot_attempt *attempt = &entry->attempts[i];

		if (attempt->kernel.have == UNREADABLE && !attempt->kernel.filesystem && !grub_is_by_key(course))
			attempt->unsettled = attempt->kernel.reason;
	}
	note_ending(entry, course);
	switch (course->end) {
	case GRUB_END_UNKNOWN:
		boot_incomplete(entry, course->end_reason);
		break;
	case GRUB_END_LIMIT:
		reason = limit_reason(maker, course);
		/* nobody need ask for an entry that is not the default */
		limit_error(NULL, "%s", reason);
		boot_incomplete(entry, reason);
		break;
	case GRUB_END_MENU:
	case GRUB_END_BOOT:
	case GRUB_END_RETURN:
	case GRUB_END_LEAVE:
	case GRUB_END_HALT:
	case GRUB_END_REBOOT:
		break;
	}
}

static bool is_same_source(const struct boot_source *a, const struct boot_source *b)
{
	return a == b || (a && b && a->partition == b->partition && !strcmp(a->path, b->path));
}

/* What is started without a menu (add_direct) has no title, and is no entry of a menu. */
static bool is_same_entry(const struct boot_entry *entry, const struct grub_entry *from)
{
	return entry->title && entry->place.line == from->place.line && entry->place.column == from->place.column &&
	       is_same_source(entry->place.source, from->place.source) && !strcmp(entry->title, from->title) &&
	       !strcmp(entry->id, from->id);
}

static struct boot_entry *find_entry(struct boot_maker *maker, const struct grub_entry *from)
{
	for (size_t i = 0; i < maker->path->entry_count; i++)
		if (is_same_entry(&maker->path->entries[i], from))
			return &maker->path->entries[i];
	return boot_add_entry(maker, from->title, from->id, from->place);
}

static void add_menu(struct boot_maker *maker, const struct grub_menu *menu);

/* The entries of a submenu, or of another configuration's menu.  True: that, or to come back to one, is all that it does. */
static bool is_menu(struct boot_maker *maker, const struct grub_entry *entry)
{
	bool all = true;

	for (size_t i = 0; i < entry->course_count; i++) {
		if (entry->courses[i].menu)
			add_menu(maker, entry->courses[i].menu);
		all &= entry->courses[i].end == GRUB_END_MENU;
	}
	return all && entry->course_count;
}

static void add_menu(struct boot_maker *maker, const struct grub_menu *menu)
{
	if (menu->truncated)
		limit_error(NULL, "a menu of GRUB has more than %d entries, a limit that no option raises", LIMIT_GRUB_ENTRIES);
	for (size_t i = 0; i < menu->entry_count; i++) {
		const struct grub_entry *from = &menu->entries[i];
		struct boot_entry *entry;
		size_t before;

		if (is_menu(maker, from))
			continue;
		before = maker->path->entry_count;
		entry = find_entry(maker, from);
		entry->asks_password = from->restricted && (entry->asks_password || maker->path->entry_count > before);
		for (size_t j = 0; j < from->course_count; j++)
			if (!from->courses[j].menu)
				add_course(maker, entry, &from->courses[j]);
		if (from->truncated)
			boot_incomplete(entry, "it may take too many ways to look at all of them");
	}
}

/* Does it end in a command after which there is no GRUB any more? */
static bool is_left(const struct grub_course *course)
{
	return course->end == GRUB_END_LEAVE || course->end == GRUB_END_HALT || course->end == GRUB_END_REBOOT;
}

/* GRUB's own configuration starts a kernel, or leaves GRUB, without a menu. */
static void add_direct(struct boot_maker *maker, const struct grub_course *outcome)
{
	struct boot_entry *entry = NULL;
	struct boot_place place = outcome->attempt_count ? outcome->attempts[0].place : outcome->end_place;

	if (!outcome->attempt_count && !is_left(outcome))
		return;
	for (size_t i = 0; i < maker->path->entry_count; i++)
		if (!maker->path->entries[i].title)
			entry = &maker->path->entries[i];
	if (!entry)
		entry = boot_add_entry(maker, NULL, NULL, place);
	add_course(maker, entry, outcome);
}

static bool loads(const struct grub_entry *entry)
{
	for (size_t i = 0; i < entry->course_count; i++) {
		const struct grub_course *course = &entry->courses[i];

		if (is_left(course) || course->end == GRUB_END_UNKNOWN || course->end == GRUB_END_LIMIT ||
		    course->end == GRUB_END_MENU || has_loaded(course))
			return true;
	}
	return false;
}

/* What is booted when nobody chooses: the default entry, or the first of `fallback` that loads where it does not. */
static const struct grub_entry *booted(const struct grub_course *outcome)
{
	const struct grub_entry *entry = grub_default_entry(outcome);
	const struct grub_menu *menu = outcome->menu;

	if (!entry || loads(entry))
		return entry;
	for (size_t i = 0; i < menu->fallback_count; i++) {
		const struct grub_entry *other = &menu->entries[menu->fallbacks[i]];

		if (!other->submenu && loads(other))
			return other;
	}
	return entry;
}

static void set_direct(struct boot_maker *maker, const struct grub_result *grub, const struct grub_course *usual)
{
	struct boot_entry *entry = NULL;

	for (size_t i = 0; i < maker->path->entry_count; i++)
		if (!maker->path->entries[i].title)
			entry = &maker->path->entries[i];
	if (!entry)
		return;
	entry->is_default = true;
	/* is GRUB left on each way? */
	for (size_t i = 0; is_left(usual) && i < grub->outcome_count; i++) {
		const struct grub_course *other = &grub->outcomes[i];

		if (grub_is_by_key(other))
			continue;
		if (other->menu || (!other->attempt_count && !is_left(other)))
			boot_incomplete(entry, usual->assumption_count ? usual->assumptions[0].reason : NULL);
	}
}

static void note_other_way(struct boot_entry *entry, const struct grub_course *other, const struct grub_entry *theirs)
{
	if (!theirs || !is_same_entry(entry, theirs))
		boot_incomplete(entry, other->end_reason	      ? other->end_reason
				       : other->assumption_count ? other->assumptions[0].reason
								 : NULL);
}

/* Does every way through the entries that lead to it, and through itself, end in it? */
static void note_other_ways(struct boot_entry *entry, const struct grub_menu *menu)
{
	while (menu && menu->entries[menu->default_index].course_count) {
		const struct grub_entry *from = &menu->entries[menu->default_index];

		for (size_t i = 0; i < from->course_count; i++) {
			const struct grub_course *other = &from->courses[i];

			if (other->end == GRUB_END_MENU && !grub_is_by_key(other))
				note_other_way(entry, other, grub_default_entry(other));
			else if (!grub_is_by_key(other))
				note_other_way(entry, other, from);
		}
		menu = grub_usual(from->courses, from->course_count)->menu;
	}
}

static void set_default(struct boot_maker *maker, const struct grub_result *grub)
{
	const struct grub_course *usual = grub_usual(grub->outcomes, grub->outcome_count);
	struct boot_entry *entry = NULL;
	const struct grub_entry *chosen;

	if (!usual->menu) {
		set_direct(maker, grub, usual);
		return;
	}
	chosen = booted(usual);
	if (!chosen)
		return;
	entry = find_entry(maker, chosen);
	entry->is_default = true;
	/* not a fallback */
	if (chosen == grub_default_entry(usual))
		note_other_ways(entry, usual->menu);
	if (usual->menu->default_text.unknown)
		boot_incomplete(entry, usual->menu->default_text.unknown);
	if (usual->menu->truncated && usual->menu->default_given && !usual->menu->default_matched)
		boot_incomplete(entry, "the menu has too many entries to look at all of them");
	for (size_t i = 0; i < grub->outcome_count; i++)
		note_other_way(entry, &grub->outcomes[i], grub->outcomes[i].menu ? booted(&grub->outcomes[i]) : NULL);
}

/* Nothing can be said of GRUB's menu when every way ends where we could not look. */
static void judge(struct boot_maker *maker)
{
	struct boot_path *path = maker->path;
	const struct grub_result *grub = path->grub;
	const char *reason = NULL;

	for (size_t i = 0; i < grub->outcome_count; i++) {
		const struct grub_course *outcome = &grub->outcomes[i];

		if (outcome->end != GRUB_END_UNKNOWN && outcome->end != GRUB_END_LIMIT)
			return;
		if (!reason)
			reason = outcome->end == GRUB_END_LIMIT ? limit_reason(maker, outcome) : outcome->end_reason;
	}
	if (path->entry_count)
		return;
	path->have = UNREADABLE;
	path->reason = reason ? reason : "its configuration could not be evaluated";
	if (maker->unread && *maker->unread)
		error_set(&path->error, (*maker->unread)->error.code, "%s", path->reason);
}

/* What all the ways of an entry come to. */
static void settle_ending(struct boot_entry *entry)
{
	/* what it starts on another way is judged */
	if (entry->may_leave && (entry->ending == BOOT_LEAVES || !entry->attempt_count))
		entry->leaves = true;
	if (entry->may_save && entry->ending == BOOT_REBOOTS)
		boot_incomplete(entry, "it starts the machine anew, and GRUB then finds what it has saved");
}

void boot_add_grub(struct boot_maker *maker)
{
	struct boot_path *path = maker->path;

	for (size_t i = 0; i < path->grub->outcome_count; i++) {
		const struct grub_course *outcome = &path->grub->outcomes[i];

		if (outcome->menu)
			add_menu(maker, outcome->menu);
		else
			add_direct(maker, outcome);
	}
	for (size_t i = 0; i < path->entry_count; i++)
		settle_ending(&path->entries[i]);
	set_default(maker, path->grub);
	judge(maker);
}

/* By SBAT, or by the module that nobody else has. */
static bool is_red_hats(const struct boot_path *path)
{
	const struct sbat_section *sbat = path->program->sbat;

	for (size_t i = 0; sbat && sbat->status == SBAT_OK && i < sbat->sbat.count; i++)
		if (!strcmp(sbat->sbat.entries[i].component, "grub.rh"))
			return true;
	for (size_t i = 0; path->core->modules && path->core->modules[i]; i++)
		if (!strcmp(path->core->modules[i], "blscfg"))
			return true;
	return false;
}

void boot_follow_grub(struct boot_maker *maker)
{
	struct image *image = maker->image;
	struct boot_path *path = maker->path;
	const struct efi_binary *program = path->program;
	const struct boot_device *device = NULL;
	struct grub_start start;
	const char *folder;

	if (grub_core_read(image->arena, program->view, program->pe, &path->core, &path->error) < 0) {
		path->have = UNREADABLE;
		path->reason = path->error.message;
		return;
	}
	if (!path->core->present) {
		path->have = UNREADABLE;
		path->reason = "what its core image holds is not known";
		return;
	}
	boot_make_world(maker, path->core->cpu);
	for (size_t i = 0; i < maker->world->device_count && !device; i++)
		if (maker->world->devices[i].partition == program->esp->partition)
			device = &maker->world->devices[i];
	folder = arena_strndup(image->arena, program->path, (size_t)(strrchr(program->path, '/') - program->path));
	start = grub_core_start(path->core, device, folder);
	start.names_first = is_red_hats(path);
	*maker->unread = NULL;
	path->grub = grub_run(image->arena, maker->world, &start);
	boot_add_grub(maker);
}
