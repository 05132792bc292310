/* SPDX-License-Identifier: MIT */
/* boot-search-unresolved: GRUB searches for a file system that the image does not have
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-filesystem-features gpt-missing gpt-header-fields gpt-partition-range gpt-protective-mbr
 *
 * GRUB finds the partition with its configuration and kernels by a UUID, a label or a file. When the file system was made
 * anew, copied into another or given a new UUID (xfs_admin -U generate, tune2fs -U random) and the configuration was not
 * written again, the search finds nothing and GRUB goes on in the wrong partition. The short grub.cfg on the EFI system
 * partition is easily forgotten: grub-mkconfig does not write it, grub-install does.
 *
 * A search that finds nothing is reported only if GRUB then lacks its menu or the kernel of an entry.
 *
 * good:   debian-arm64 debian-amd64 no-fallback-arm64 two-architectures bios-and-efi-amd64 grub-install-arm64
 * good:   gzip-kernel-arm64 installer-arm64
 * bad:    debian-arm64 | file write EFI/debian/grub.cfg text "search.fs_uuid 7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
 * expect: !p1/EFI/debian/grub.cfg:1:16: error: no file system in the image has the UUID 7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f
 * bad:    debian-arm64 | file write EFI/debian/grub.cfg text "search --label --set=root cloudimg\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
 * expect: !p1/EFI/debian/grub.cfg:1:27: error: no file system in the image has the label cloudimg
 * bad:    debian-arm64 | file write EFI/debian/grub.cfg text "search --label --set=root cloudimg\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n" | gpt field backup revision 0x00020000
 * expect: !p1/EFI/debian/grub.cfg:1:27: error: no file system in the image has the label cloudimg
 * expect: !disk@0x*08: warning: backup GPT header: revision 0x00020000, 0x00010000 expected [gpt-header-fields]
 * bad:    debian-arm64 | grub replace "set root='hd0,gpt2'" "set root=hd0,gpt1" | grub replace "gpt2 " "gpt2 0"
 * expect: !p2/boot/grub/grub.cfg:*: error: no file system in the image has the UUID 0*
 */
#include "boot-help.h"
#include "partition/number.h"

/* Is nothing of this entry to be had, for want of the right device? */
static bool is_broken(const struct boot_entry *entry)
{
	if (entry->leaves || !entry->complete || !entry->attempt_count)
		return false;
	for (size_t i = 0; i < entry->attempt_count; i++)
		if (entry->attempts[i].kernel.have != ABSENT)
			return false;
	return true;
}

static bool same_source(const struct boot_source *a, const struct boot_source *b)
{
	return a && b && a->partition == b->partition && !strcmp(a->path, b->path) &&
	       !strcmp(a->device ? a->device : "", b->device ? b->device : "");
}

/* Does the search stand inside the entry, before what it starts? */
static bool inside(const struct grub_search *search, const struct boot_entry *entry)
{
	const struct boot_place *end = &entry->attempts[0].place;

	return same_source(search->place.source, entry->place.source) && search->place.line >= entry->place.line &&
	       search->place.line <= end->line;
}

/* A search of GRUB's own script for something that many disks do not have, an installer's mark, says nothing. */
static bool counts(const struct grub_search *search)
{
	const struct boot_source *source = search->place.source;

	if (search->found != GRUB_MISSING)
		return false;
	return search->kind != 'f' || (source && source->device && strcmp(source->device, "memdisk") != 0);
}

static bool in_some_entry(const struct boot_path *path, const struct grub_search *search)
{
	for (size_t i = 0; i < path->entry_count; i++)
		if (path->entries[i].attempt_count && inside(search, &path->entries[i]))
			return true;
	return false;
}

/* The search that leads GRUB astray: of the entry, else the last one of those that stand before all entries. */
static const struct grub_search *blamed(const struct boot_path *path, const struct boot_entry *entry)
{
	const struct grub_search *found = NULL;

	for (size_t i = 0; entry && i < path->grub->search_count; i++)
		if (counts(&path->grub->searches[i]) && inside(&path->grub->searches[i], entry))
			found = &path->grub->searches[i];
	for (size_t i = 0; !found && i < path->grub->search_count; i++)
		if (counts(&path->grub->searches[i]) && !in_some_entry(path, &path->grub->searches[i]))
			found = &path->grub->searches[i];
	return found;
}

static const char *what(struct check *check, const struct grub_search *search)
{
	const char *key = search->key.text;

	switch (search->kind) {
	case 'u':
		return arena_printf(check->arena, "no file system in the image has the UUID %s", key);
	case 'l':
		return arena_printf(check->arena, "no file system in the image has the label %s", key);
	case 'p':
		return arena_printf(check->arena, "no partition of the image has the UUID %s", key);
	default:
		return arena_printf(check->arena, "no file system in the image has the file %s", key);
	}
}

/* What the image has to offer. */
static void note_candidates(struct check *check, struct diagnostic *d, const struct grub_search *search)
{
	for (unsigned i = 0, notes = 0; i < check->image->filesystem_count && notes < 4; i++) {
		const struct filesystem *f = &check->image->filesystems[i];
		const char *have = search->kind == 'u' ? f->uuid : search->kind == 'l' ? f->label
						 : search->kind == 'p'		       ? f->part_uuid
										       : NULL;

		if (!have || !f->has_files || f->fat)
			continue;
		finding_note(check, d, "%s has %s", boot_title(check, f, ""), have);
		notes++;
	}
}

static void explain(struct check *check, struct diagnostic *d, const struct grub_search *search, const char *then)
{
	finding_note(check, d, "GRUB then finds no %s", then);
	note_candidates(check, d, search);
	finding_help(check, d, "in the image: grub-install, then grub-mkconfig -o /boot/grub/grub.cfg (update-grub)");
}

RULE(boot_search_unresolved)
{
	const struct boot_path *path = boot_grub_path_of(check);
	const struct grub_search *search;
	struct boot_found *found = NULL;
	struct diagnostic *d;

	if (!path)
		return;
	if (!path->entry_count) {
		search = blamed(path, NULL);
		if (!search)
			return;
		d = finding(check, boot_location(check->image, &search->place), "%s", what(check, search));
		explain(check, d, search, "menu");
		return;
	}
	for (size_t i = 0; i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);

		search = is_broken(entry) ? blamed(path, entry) : NULL;
		if (!search)
			continue;
		d = boot_finding(check, &found, entry, boot_location(check->image, &search->place), what(check, search));
		if (d)
			explain(check, d, search,
				arena_printf(check->arena, "kernel %s", entry->attempts[0].kernel.text.text));
	}
	boot_note_others(check, found);
}
