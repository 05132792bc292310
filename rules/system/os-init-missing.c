/* SPDX-License-Identifier: MIT */
/* os-init-missing: the root file system has no init that can be started
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-missing
 *
 * When the root is mounted, the kernel (or the initrd) starts what `init=` names, else the first of /sbin/init, /etc/init,
 * /bin/init and /bin/sh that is there; an initrd of dracut takes /usr/lib/systemd/systemd, too. Without any of them the
 * boot ends in a kernel panic ("No working init found") or in the initrd's emergency shell. Where what `init=` names is not
 * there, an initrd of initramfs-tools says so and starts one of the four all the same: the system comes up, with another
 * init than was asked for. A system whose boot entry names an init that is there (NixOS has it in /nix/store) needs none of
 * the others. The usual cause is a root made without the package that holds /sbin/init (Debian: systemd-sysv), or a link to
 * a /usr that is not there.
 *
 * What is no program is no init: a file that is empty, that nobody may execute, or that is neither ELF nor a script that begins
 * with #!; and one whose interpreter, which a script names behind #! and an ELF program in PT_INTERP, is not there or cannot be
 * executed itself (/lib/ld-linux-aarch64.so.1: nothing that is linked dynamically starts without it). An initrd of
 * initramfs-tools asks init= and /sbin/init for the x bit alone, and panics when that does not start; the kernel by itself
 * would go on to /bin/sh, which is a shell on the console, and no system.
 *
 * Of a root that holds /usr alone it is no fault that /bin, /sbin and /lib are not there yet: systemd in the initrd makes them
 * links into /usr before it starts the root's.
 *
 * good:   debian-arm64
 * good:   debian-arm64 | part 2 rm /lib | part 2 rm /sbin | part 2 rm /bin | part 2 rm /etc/initramfs-tools | --select=os-init-missing
 * good:   debian-arm64 | part 2 rm /lib | part 2 rm /sbin | part 2 rm /bin | part 2 rm /etc/initramfs-tools | grub replace "ro console" "ro init=/usr/lib/systemd/systemd console" | --select=os-init-missing
 * bad:    debian-arm64 | part 2 rm /lib | part 2 rm /sbin | part 2 rm /bin | --select=os-init-missing
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh
 * bad:    debian-arm64 | part 2 rm /usr/sbin/init
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh
 * bad:    debian-arm64 | part 2 mode /usr/lib/systemd/systemd 0100644
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh that can be executed
 * bad:    debian-arm64 | part 2 write /usr/lib/systemd/systemd "hello" | part 2 mode /usr/lib/systemd/systemd 0100755
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh that can be executed
 * bad:    debian-arm64 | part 2 rm-glob /usr/lib/ld-linux-aarch64.so.1
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh that can be executed
 * bad:    debian-arm64 | part 2 truncate-file /usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 0
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh that can be executed
 * bad:    debian-arm64 | part 2 copy /usr/lib/systemd/systemd /usr/bin/sh | part 2 rm /usr/sbin/init | part 2 write /usr/sbin/init "#!/bin/none\n" | part 2 mode /usr/sbin/init 0100755
 * expect: !p2/sbin/init: error: the system's /sbin/init cannot be executed, and only a shell would start in its place
 * bad:    debian-arm64 | part 2 symlink /usr/sbin/init ../bin/loop | part 2 symlink /usr/bin/loop ../sbin/init
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, *
 * bad:    debian-arm64 | grub replace "ro console" "ro init=/lib/nothing console"
 * expect: !p2/boot/grub/grub.cfg:*:*: warning: /lib/nothing, which is to be started as init, is not there: the initrd starts /sbin/init
 * bad:    debian-arm64 | part 2 write /usr/lib/other "echo" | grub replace "ro console" "ro init=/lib/other console"
 * expect: !p2/boot/grub/grub.cfg:*:*: warning: /lib/other, which is to be started as init, may be executed by nobody (it has no x bit): the initrd starts /sbin/init
 * bad:    debian-arm64 | part 2 write /usr/lib/other "echo" | part 2 mode /usr/lib/other 0100755 | grub replace "ro console" "ro init=/lib/other console"
 * expect: !p2/boot/grub/grub.cfg:*:*: error: /lib/other, which is to be started as init, is neither an ELF file nor a script that begins with #!
 * bad:    debian-arm64 | part 2 rm /usr/sbin/init | grub replace "ro console" "ro init=/lib/nothing console"
 * expect: !p2/boot/grub/grub.cfg:*:*: error: /lib/nothing, which is to be started as init, is not there
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, *
 * bad:    debian-arm64 | initrd remove scripts/local | grub replace "ro console" "ro init=/lib/nothing console"
 * expect: !p2/boot/grub/grub.cfg:*:*: error: /lib/nothing, which is to be started as init, is not there
 * bad:    debian-arm64 | part 2 rm /usr/sbin/init | grub replace "ro console" "ro init=/usr/lib/systemd/systemd console" | grub replace "ro single" "ro init=/lib/none"
 * expect: !p2/boot/grub/grub.cfg:*:*: warning: /lib/none, which is to be started as init, is not there
 * bad:    debian-arm64 | part 2 rm /usr/sbin/init | grub replace "ro single" "ro single init=/usr/lib/systemd/systemd"
 * expect: !p2/sbin/init: error: the system has none of /sbin/init, *
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "image/initrds.h"
#include "linux/program.h"
#include "system-help.h"

enum found { FOUND, FOUND_NO_PROGRAM, FOUND_NOTHING, FOUND_UNKNOWN };

struct sight {
	enum found found;
	const char *fault; /* of what is no program: why not, in words that follow its name */
	bool executable;   /* as test -x says */
};

struct looking {
	struct check *check;
	const struct system *system;
	bool first_is_missing, first_is_executable;
	unsigned calls;
	char name[PROGRAM_HEAD + 1];
};

static bool has_initramfs_tools(struct check *check, const struct system *system);

static bool is_there(const struct looking *looking, const char *path)
{
	struct fs_entry entry;

	return fs_resolve(looking->system->fs, looking->check->arena, path, false, &entry, NULL, NULL) == 0;
}

/* Is it below a folder in place of which systemd, when it leaves the initrd, makes a link into /usr (base_filesystem_create() of
 * base-filesystem.c)? */
static bool is_below_link_to_make(const struct looking *looking, const char *path)
{
	static const char *const links[] = { "/bin", "/sbin", "/lib", "/lib64" };

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (!strncmp(path, links[i], strlen(links[i])) && path[strlen(links[i])] == '/')
			return !is_there(looking, links[i]) && is_there(looking, "/usr/lib/systemd/systemd") &&
			       !has_initramfs_tools(looking->check, looking->system);
	return false;
}

/* As program_look. */
static int look_at_file(void *state, const char *path, struct program_file *ret, struct error *err)
{
	struct looking *looking = state;
	struct arena *arena = looking->check->arena;
	struct fs *fs = looking->system->fs;
	struct arena_mark mark = arena_mark(arena);
	bool first = !looking->calls++;
	uint8_t head[PROGRAM_HEAD];
	struct fs_entry entry;
	struct view *view;
	struct fs_stat st;
	size_t have;
	int r = fs_resolve(fs, arena, *path == '/' ? path : arena_printf(arena, "/%s", path), false, &entry, NULL, err);

	if (r == -ENOENT && is_below_link_to_make(looking, path))
		r = fs_resolve(fs, arena, arena_printf(arena, "/usr%s", path), false, &entry, NULL, err);
	if (r == 0)
		r = fs->ops->stat(fs, entry.handle, &st, err);
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP) {
		looking->first_is_missing |= first;
		r = 0;
		goto out;
	}
	if (r < 0)
		goto out;
	ret->mode = (st.mode & 07777) | (st.type == FS_FILE ? S_IFREG : st.type == FS_DIRECTORY ? S_IFDIR : S_IFCHR);
	ret->empty = !st.size;
	looking->first_is_executable |= first && st.mode & 0111;
	if (st.type != FS_FILE || !st.size || !(st.mode & 0111))
		goto out;
	r = fs_file_view(fs, arena, entry.handle, &view, err);
	have = r < 0 || view->size > sizeof(head) ? sizeof(head) : (size_t)view->size;
	if (r == 0)
		r = view_read(view, 0, head, have, err);
	if (r == 0)
		ret->program = program_read(head, have, view->size, looking->name);
out:
	arena_release(arena, mark);
	return r;
}

/* Whether what is there is for the kernel's machine is os-init-arch's to say. */
static struct sight look(struct check *check, const struct system *system, const char *path, struct error *err)
{
	struct looking looking = { .check = check, .system = system };
	struct sight sight = { FOUND, NULL, false };

	if (program_fault(check->arena, path, 0, look_at_file, &looking, &sight.fault, err) < 0)
		sight.found = FOUND_UNKNOWN;
	else if (looking.first_is_missing)
		sight.found = FOUND_NOTHING;
	else if (sight.fault)
		sight.found = FOUND_NO_PROGRAM;
	sight.executable = looking.first_is_executable;
	return sight;
}

/* An initrd of initramfs-tools does not look for systemd itself. */
static bool has_initramfs_tools(struct check *check, const struct system *system)
{
	struct error err;

	return look(check, system, "/etc/initramfs-tools", &err).found != FOUND_NOTHING &&
	       look(check, system, "/usr/lib/dracut", &err).found == FOUND_NOTHING;
}

/* Does init= name one that is there, in every way in which the entry that boots by default may start this system (in any entry,
 * if none does by default)? */
static bool has_named_init(struct check *check, const struct system *system)
{
	const struct image *image = check->image;
	bool named = false, by_default = false;

	for (unsigned p = 0; p < image->boot_path_count; p++)
		for (size_t e = 0; e < image->boot_paths[p].entry_count; e++) {
			const struct boot_entry *entry = &image->boot_paths[p].entries[e];

			for (size_t i = 0; i < entry->attempt_count; i++) {
				const struct boot_attempt *attempt = &entry->attempts[i];
				const struct cmdline_word *init = attempt->cmdline ? attempt->cmdline->init : NULL;
				const char *path = init && init->value && *init->value == '/' ? init->value : NULL;
				bool found, counts = boot_entry_counts(image, entry);
				struct error err;

				if (!attempt->system || attempt->system->filesystem != system->filesystem || by_default > counts)
					continue;
				found = path && look(check, system, path, &err).found == FOUND;
				if (counts && !found)
					return false;
				named = found || (by_default == counts && named);
				by_default = counts;
			}
		}
	return named;
}

/* What is started where init= names nothing that is there, in this order. */
static const char *const paths[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
#define PATHS (sizeof(paths) / sizeof(*paths))

static void judge(struct check *check, const struct system *system)
{
	const char *broken = NULL, *fault = NULL;
	bool shell = false;
	struct diagnostic *d;
	struct error err;

	if (has_named_init(check, system))
		return;
	for (size_t i = 0; i < PATHS; i++) {
		struct sight sight = look(check, system, paths[i], &err);

		/* that a shell takes the place of an init that cannot be started is nobody's intention */
		shell = sight.found == FOUND && i == PATHS - 1 && broken == paths[0];
		if (sight.found == FOUND && !shell)
			return;
		if (sight.found == FOUND_UNKNOWN) {
			not_evaluated(check, &err, "%s cannot be looked at", paths[i]);
			return;
		}
		if (sight.found == FOUND_NO_PROGRAM && !broken) {
			broken = paths[i];
			fault = sight.fault;
		}
	}
	if (system->partial.code) {
		not_evaluated(check, &system->partial, "a part of the system could not be looked at");
		return;
	}
	if (!has_initramfs_tools(check, system) && look(check, system, "/usr/lib/systemd/systemd", &err).found == FOUND)
		return;
	d = finding_severity(check, system_severity(check, system, SEVERITY_ERROR), system_place(system, "/sbin/init"),
			     shell ? "the system's /sbin/init cannot be executed, and only a shell would start in its place"
			     : broken ? "the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh that can be executed"
				      : "the system has none of /sbin/init, /etc/init, /bin/init and /bin/sh");
	d->effect = system_effect(check, system, EFFECT_BLOCKS_BOOT);
	if (!system_boots(check->image, system))
		finding_stands_alone(check);
	if (broken)
		finding_note(check, d, "%s %s", broken, fault);
	finding_help(check, d, "%s", broken ? "install anew the packages that hold /sbin/init and what runs it (Debian: systemd, "
					      "libc6)"
					    : "install the package that holds /sbin/init (Debian: systemd-sysv)");
}

/* init= of an entry, if none of its attempts finds a program that it names, and what the last one sees.  NULL: all is well, or it
 * does not say. */
static const struct cmdline_word *wrong_init(struct check *check, const struct boot_entry *entry, struct sight *ret)
{
	const struct cmdline_word *wrong = NULL;

	for (size_t i = 0; i < entry->attempt_count; i++) {
		const struct boot_attempt *attempt = &entry->attempts[i];
		const struct cmdline_word *init = attempt->cmdline ? attempt->cmdline->init : NULL;
		struct error err;

		if (!init || !init->value || *init->value != '/' || !attempt->system || attempt->system->partial.code)
			return NULL;
		*ret = look(check, attempt->system, init->value, &err);
		if (ret->found != FOUND_NOTHING && ret->found != FOUND_NO_PROGRAM)
			return NULL;
		wrong = init;
	}
	return wrong;
}

/* What the initrd of each of the entry's attempts starts in place of that; NULL: nothing, or it is not certain. */
static const char *started_instead(struct check *check, const struct boot_entry *entry)
{
	const char *instead = NULL;
	struct error err;

	for (size_t i = 0; i < entry->attempt_count; i++) {
		const struct boot_attempt *attempt = &entry->attempts[i];
		struct sight sight = { FOUND_NOTHING, NULL, false };
		size_t k;

		/* it asks for no more than the x bit */
		if (!attempt_takes_another_init(attempt) ||
		    look(check, attempt->system, attempt->cmdline->init->value, &err).executable)
			return NULL;
		for (k = 0; k < PATHS && sight.found != FOUND && !sight.executable; k++)
			sight = look(check, attempt->system, paths[k], &err);
		if (sight.found != FOUND)
			return NULL;
		instead = paths[k - 1];
	}
	return instead;
}

/* What was found so far: entries of a menu mostly have one init= in common, and then it is one finding. */
struct wrong {
	struct wrong *next;
	const char *path;
	const struct system *system;
	const char *fault;             /* why it is no program, or NULL */
	const char *instead;           /* what is started all the same, or NULL */
	struct location place;         /* entries of two loaders may be one text */
	struct diagnostic *diagnostic; /* NULL: another one of the list has it */
	unsigned others;               /* entries that it concerns, too */
};

static bool is_same_place(const struct location *a, const struct location *b)
{
	return a->partition == b->partition && a->line == b->line && a->column == b->column && !a->path == !b->path &&
	       (!a->path || !strcmp(a->path, b->path));
}

static struct diagnostic *report(struct check *check, const struct boot_entry *entry, const struct wrong *w)
{
	const char *fault = w->fault ? w->fault : "is not there";
	bool counts = boot_entry_counts(check->image, entry);
	struct diagnostic *d;

	if (!w->instead) {
		d = finding_entry(check, entry, w->place, "%s, which is to be started as init, %s", w->path, fault);
		if (!counts)
			finding_stands_alone(check);
		return d;
	}
	d = finding_severity(check, counts ? SEVERITY_WARNING : SEVERITY_NOTE, w->place,
			     "%s, which is to be started as init, %s: the initrd starts %s", w->path, fault, w->instead);
	d->effect = EFFECT_DEGRADES;
	finding_stands_alone(check);
	finding_note(check, d, "initramfs-tools takes the first of /sbin/init, /etc/init, /bin/init and /bin/sh that is there");
	finding_help(check, d, "name an init that is there, or take init= out of the command line");
	return d;
}

static void judge_entry(struct check *check, const struct boot_entry *entry, struct wrong **list)
{
	struct sight sight;
	const struct cmdline_word *init = wrong_init(check, entry, &sight);
	struct wrong *w, *first = NULL, *before;

	if (!init)
		return;
	w = ARENA_NEW(check->arena, struct wrong);
	*w = (struct wrong){ .next = *list, .path = init->value, .fault = sight.fault, .instead = started_instead(check, entry),
			     .system = entry->attempts[entry->attempt_count - 1].system,
			     .place = boot_location(check->image, &init->value_place) };
	for (before = *list; before; before = before->next) {
		if (before->system != w->system || strcmp(before->path, w->path) != 0 || !before->instead != !w->instead)
			continue;
		if (is_same_place(&before->place, &w->place))
			return;
		first = before->diagnostic ? before : first;
	}
	if (first)
		first->others++;
	else
		w->diagnostic = report(check, entry, w);
	*list = w;
}

static void note_others(struct check *check, const struct wrong *list)
{
	for (; list; list = list->next)
		if (list->others)
			finding_note(check, list->diagnostic, "so %s %u more %s", list->others == 1 ? "is" : "are", list->others,
				     list->others == 1 ? "entry" : "entries");
}

RULE(os_init_missing)
{
	const struct image *image = check->image;
	struct wrong *found = NULL;

	if (system_none(check))
		return;
	/* first those that the boot hangs on */
	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < image->boot_path_count; i++)
			for (size_t k = 0; k < image->boot_paths[i].entry_count; k++)
				if (boot_entry_counts(image, &image->boot_paths[i].entries[k]) == !pass)
					judge_entry(check, &image->boot_paths[i].entries[k], &found);
	note_others(check, found);
	for (unsigned i = 0; i < image->system_count; i++)
		judge(check, &image->systems[i]);
}
