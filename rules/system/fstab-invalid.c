/* SPDX-License-Identifier: MIT */
/* fstab-invalid: fstab has a line that cannot be read, or is no file
 *
 * severity: warning
 * effect:   degrades
 * after:    gpt-missing
 *
 * A line of fstab has a device, a mount point and a type, then options, a dump frequency and a pass for fsck, which are
 * numbers (fstab(5)). mount(8) and systemd leave out a line that they cannot read, with a message that nobody sees: what
 * it should have mounted is not there. A mount point other than `none` that is no absolute path is left out likewise.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | fstab add "LABEL=data /srv"
 * expect: !p2/etc/fstab:4:16: warning: the line ends before the type of the file system: it is left out
 * bad:    debian-arm64 | fstab add "LABEL=data /srv/my data ext4 nofail 0 0"
 * expect: !p2/etc/fstab:4:30: warning: a number is expected here, the fifth field: a blank in a path is written \040
 * bad:    debian-arm64 | fstab add "tmpfs tmp tmpfs defaults 0 0"
 * expect: !p2/etc/fstab:4:7: warning: the mount point tmp is no absolute path: the line is left out
 * bad:    debian-arm64 | fstab add "tmpfs /tmp tmpfs mode=1777 0 0\0"
 * expect: !p2/etc/fstab:4:31: warning: the line holds a NUL byte: what follows it is not read
 * bad:    debian-arm64 | part 2 rm /etc/fstab | part 2 mkdir /etc/fstab
 * expect: !p2/etc/fstab: warning: fstab cannot be read: not a regular file
 * bad:    debian-arm64 | part 2 symlink /etc/fstab ../etc/fstab
 * expect: !p2/etc/fstab: warning: fstab cannot be read: more than 40 symbolic links
 * bad:    debian-arm64 | part 2 mknod /etc/fstab p
 * expect: !p2/etc/fstab: warning: fstab cannot be read: not a regular file
 * bad:    debian-arm64 | part 2 mknod /etc/fstab p | --select=fstab-unresolved,fstab-device-name
 * expect: : not evaluated: fstab cannot be read [fstab-device-name, fstab-unresolved]
 * bad:    debian-arm64 | fstab add "tmpfs /tmp tmpfs mode=1777 0 0\r"
 * expect: !p2/etc/fstab:4:31: warning: the line ends with a carriage return, which becomes part of its last field: mount(8) refuses the line
 * bad:    debian-arm64 | fstab add "tmpfs /tmp tmpfs mode=1777\r\ntmpfs /var/tmp tmpfs mode=1777 # scratch\r"
 * expect: !p2/etc/fstab:4:27: warning: the line ends with a carriage return, *
 * bad:    debian-arm64 | ext poke 2 tree:/etc 20 3f420f00 | ext poke 2 tree:/usr 20 3f420f00 | --select=fstab-invalid
 * expect: : not evaluated: * the ext4 file system in partition 2 cannot be read: /usr/lib/os-release: *
 * bad:    debian-arm64 | ext poke 2 inode:/etc 32 00080800 | ext poke 2 inode:/usr 32 00080800 | --select=fstab-invalid
 * expect: : not evaluated: no installed system could be looked at: * /usr/lib/os-release: the directory is encrypted [fstab-invalid]
 */
#include "system-help.h"

static void finding_at(struct check *check, const struct system *system, const struct boot_place *place, const char *message)
{
	enum severity severity = system_severity(check, system, check->rule->severity);

	finding_severity(check, severity, fstab_at(system, place), "%s", message);
	/* the other lines are read */
	finding_stands_alone(check);
}

static void judge(struct check *check, const struct system *system, const struct fstab_entry *entry)
{
	const char *target = entry->target.text;

	switch (entry->fault) {
	case FSTAB_TOO_FEW_FIELDS:
		finding_at(check, system, &entry->fault_place,
			   target ? "the line ends before the type of the file system: it is left out"
				  : "the line ends before the mount point: it is left out");
		return;
	case FSTAB_BAD_NUMBER:
		finding_at(check, system, &entry->fault_place,
			   !entry->frequency.text ? "a number is expected here, the fifth field: a blank in a path is written "
						    "\\040"
						  : "a number is expected here, the sixth field");
		return;
	case FSTAB_CARRIAGE_RETURN:
		/* a DOS text file has one in each line: judge_returns */
		return;
	case FSTAB_NUL:
		finding_at(check, system, &entry->fault_place, "the line holds a NUL byte: what follows it is not read");
		return;
	case FSTAB_GOOD:
		break;
	}
	if (*target != '/' && strcmp(target, "none") != 0 && strcmp(target, "swap") != 0 && !fstab_is_swap(entry))
		finding_at(check, system, &entry->target.place,
			   arena_printf(check->arena, "the mount point %s is no absolute path: the line is left out", target));
}

/* One finding for all lines of a DOS text file. */
static void judge_returns(struct check *check, const struct system *system)
{
	const struct fstab_entry *first = NULL;
	unsigned more = 0;
	struct diagnostic *d;

	for (size_t i = 0; i < system->fstab->entry_count; i++) {
		const struct fstab_entry *entry = &system->fstab->entries[i];

		if (entry->fault == FSTAB_CARRIAGE_RETURN && first)
			more++;
		else if (entry->fault == FSTAB_CARRIAGE_RETURN)
			first = entry;
	}
	if (!first)
		return;
	d = finding_severity(check, system_severity(check, system, check->rule->severity),
			     fstab_at(system, &first->fault_place),
			     "the line ends with a carriage return, which becomes part of its last field: mount(8) refuses "
			     "the line");
	if (more)
		finding_note(check, d, "so do%s %u more line%s", more == 1 ? "es" : "", more, more == 1 ? "" : "s");
	finding_help(check, d, "run `sed -i 's/\\r$//' /etc/fstab` in the system");
	finding_stands_alone(check);
}

RULE(fstab_invalid)
{
	if (system_none(check))
		return;
	for (unsigned i = 0; i < check->image->system_count; i++) {
		const struct system *system = &check->image->systems[i];

		if (system->have_fstab != UNREADABLE || !system_lacks(system->fstab_error.code)) {
			fstab_unseen(check, system);
		} else {
			finding_severity(check, system_severity(check, system, check->rule->severity), system->fstab_place,
					 "fstab cannot be read: %s", system->fstab_error.message);
			/* there may be another system */
			finding_stands_alone(check);
		}
		for (size_t k = 0; system->fstab && k < system->fstab->entry_count; k++)
			judge(check, system, &system->fstab->entries[k]);
		if (system->fstab)
			judge_returns(check, system);
	}
}
