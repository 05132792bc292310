/* SPDX-License-Identifier: MIT */
/* selinux-unlabelled: SELinux is enforcing, but the files have no labels
 *
 * severity: error
 * effect:   blocks-boot
 * after:    gpt-missing
 *
 * With SELINUX=enforcing every file needs its security context (the attribute security.selinux). Files that were copied or
 * unpacked by a tool that does not keep attributes have none; the policy denies nearly everything to them, and the boot
 * ends before a login. `touch /.autorelabel` makes the system label everything at its first boot, at the price of a second
 * one; `setfiles` does it when the image is made.
 *
 * A kernel that was built without SELinux (CONFIG_SECURITY_SELINUX) enforces nothing.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | part 2 write /etc/selinux/config "# SELinux\n SELINUX=enforcing\n"
 * expect: !p2/etc/selinux/config:2:2: error: SELinux is enforcing, but no file has a label and there is no /.autorelabel
 * bad:    debian-arm64 | part 2 mkdir /etc/selinux | part 2 mknod /etc/selinux/config p
 * expect: : not evaluated: /etc/selinux/config cannot be read: not a regular file
 */
#include <errno.h>

#include "image/kernels.h"
#include "system-help.h"

/* SELINUX=enforcing, and where it stands. */
static bool is_enforcing(struct check *check, const struct system *system, struct location *ret)
{
	static const char path[] = "/etc/selinux/config";
	bool enforcing = false;
	unsigned line = 1;
	struct error err;
	size_t size;
	char *data;
	int r = boot_read_file(system->fs, check->arena, path, LIMIT_CONFIGURATION_BYTES, &data, &size, &err);

	*ret = system_place(system, path);
	if (r < 0) {
		if (!system_lacks(-r) || system_is_fifo(check, system, path))
			not_evaluated(check, &err, "%s cannot be read", path);
		return false;
	}
	for (const char *p = data; *p; p += strcspn(p, "\n"), p += *p == '\n', line++) {
		const char *word = p + strspn(p, " \t");

		if (strncmp(word, "SELINUX=", 8) != 0)
			continue;
		/* libselinux compares without case, and takes the last line */
		enforcing = !strncasecmp(word + 8, "enforcing", 9);
		ret->line = line;
		ret->column = (uint32_t)(word - p) + 1;
	}
	return enforcing;
}

/* Does a command line that starts this system switch it off, or ask for labels? */
static bool is_overruled(const struct image *image, const struct system *system)
{
	static const char *const words[] = { "selinux", "enforcing", "autorelabel" };
	const size_t count = sizeof(words) / sizeof(*words);

	for (unsigned i = 0; i < image->boot_path_count; i++)
		for (size_t k = 0; k < image->boot_paths[i].entry_count; k++) {
			const struct boot_entry *entry = &image->boot_paths[i].entries[k];

			for (size_t a = 0; a < entry->attempt_count; a++)
				for (size_t w = 0; w < count && entry->attempts[a].system == system; w++) {
					const struct cmdline_word *word = cmdline_last(entry->attempts[a].cmdline, words[w]);

					if (word && word->value && !strcmp(word->value, w == 2 ? "1" : "0"))
						return true;
				}
		}
	return false;
}

/* Were all kernels of the system built without it, as far as their configurations are known? */
static bool is_not_built(const struct image *image, const struct system *system)
{
	bool any = false;

	for (const struct kernel_file *k = image->kernel_files; k; k = k->next) {
		if (k->have != HAVE)
			continue;
		if (!k->release || !k->release->config)
			return false;
		if (k->release->system != system)
			continue;
		if (kconfig_value(k->release->config, "SECURITY_SELINUX") == KCONFIG_YES)
			return false;
		any = true;
	}
	return any;
}

/* HAVE: some file has a label. */
static enum have look_for_labels(struct check *check, const struct system *system, struct error *err)
{
	static const char *const paths[] = { "/", "/etc", "/etc/passwd", "/etc/fstab", "/usr", "/usr/bin",
					     "/usr/lib/os-release", "/var", "/sbin/init" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct fs_entry entry;
		void *label;
		size_t size;
		int r = fs_resolve(system->fs, check->arena, paths[i], false, &entry, NULL, err);

		if (r == 0)
			r = system->fs->ops->getxattr(system->fs, check->arena, entry.handle, "security.selinux", &label, &size,
						      err);
		if (r == 0)
			return HAVE;
		if (r != -ENODATA && r != -ENOENT && r != -ENOTDIR && r != -ELOOP && r != -EOPNOTSUPP)
			return UNREADABLE;
	}
	return ABSENT;
}

static void judge(struct check *check, const struct system *system)
{
	struct fs_entry autorelabel;
	struct location at;
	struct error err;
	struct diagnostic *d;

	if (!is_enforcing(check, system, &at) || is_overruled(check->image, system) || is_not_built(check->image, system) ||
	    fs_resolve(system->fs, check->arena, "/.autorelabel", false, &autorelabel, NULL, NULL) == 0)
		return;
	switch (look_for_labels(check, system, &err)) {
	case HAVE:
		return;
	case UNREADABLE:
		not_evaluated(check, &err, "the files' labels cannot be read");
		return;
	case ABSENT:
		break;
	}
	d = finding_severity(check, system_severity(check, system, SEVERITY_ERROR), at,
			     "SELinux is enforcing, but no file has a label and there is no /.autorelabel");
	d->effect = system_effect(check, system, EFFECT_BLOCKS_BOOT);
	finding_help(check, d, "touch /.autorelabel in the image, or label its files with setfiles");
}

RULE(selinux_unlabelled)
{
	if (system_none(check))
		return;
	for (unsigned i = 0; i < check->image->system_count; i++)
		judge(check, &check->image->systems[i]);
}
