/* SPDX-License-Identifier: MIT */
/* boot-filesystem-features: the file system with GRUB's files has a feature that this GRUB cannot read
 *
 * severity: error
 * effect:   blocks-boot
 * subject:  loader
 * after:    boot-grub-modules
 *
 * GRUB has readers of its own for each file system and refuses one with an incompatible feature that it does not know: to it the
 * partition then holds an "unknown filesystem", and searching for its UUID finds nothing. It happens when the tools that make
 * the image are newer than what is installed in it: mke2fs 1.47 sets metadata_csum_seed, mkfs.xfs 6.5 sets nrext64, and GRUB
 * 2.06 reads neither (2.12 reads both); later ones of mkfs.xfs set exchange and parent, which GRUB reads from 2.14 on.
 *
 * Distributions add such features to older versions: Debian's 2.06 knows metadata_csum_seed and large_dir from 2.06-8 on, and
 * nrext64 from 2.06-13+deb12u2 on. Where it is not known what a distribution added, nothing is said; where nobody is named
 * as the one who built it, it is a note.
 *
 * good:   debian-arm64 debian-amd64 no-fallback-arm64 grub-install-arm64 gzip-kernel-arm64 installer-arm64
 * bad:    debian-arm64 | ext features 2 inline_data
 * expect: !p2: error: GRUB * cannot read the ext4 file system in partition 2, which has the feature inline_data
 * bad:    debian-arm64 | part 1 replace /EFI/debian/grubaa64.efi 2.06-13+deb12u2 2.06-3~deb11u06 | ext features 2 metadata_csum_seed
 * expect: !p2: error: GRUB 2.06-3~deb11u06 cannot read the ext4 file system in partition 2, which has the feature metadata_csum_seed
 * bad:    xfs-amd64 | grub append "set default=xfs\nmenuentry xfs { set root=hd0,gpt3; linux /boot/vmlinuz }\n" | xfs features 3 nrext64 | part 1 replace /EFI/debian/grubx64.efi 2.06-13+deb12u2 2.06-3~deb11u06 | --reader=native | --select=boot-filesystem-features
 * expect: !p3: error: GRUB 2.06-3~deb11u06 cannot read the xfs file system in partition 3, which has the feature nrext64
 * bad:    xfs-amd64 | grub append "set default=xfs\nmenuentry xfs { set root=hd0,gpt3; linux /boot/vmlinuz }\n" | part 1 replace /EFI/debian/grubx64.efi 2.06-13+deb12u2 2.04-1~deb11u06 | --reader=native | --select=boot-filesystem-features
 * expect: !p3: error: GRUB 2.04-1~deb11u06 cannot read the xfs file system in partition 3, which has the feature bigtime
 * bad:    xfs-amd64 | grub append "set default=xfs\nmenuentry xfs { set root=hd0,gpt3; linux /boot/vmlinuz }\n" | xfs features 3 ^bigtime exchange | --reader=native | --select=boot-filesystem-features
 * expect: !p3: error: GRUB 2.06-13+deb12u2 cannot read the xfs file system in partition 3, which has the feature exchange
 * bad:    xfs-amd64 | grub append "set default=xfs\nmenuentry xfs { set root=hd0,gpt3; linux /boot/vmlinuz }\n" | xfs features 3 parent | --reader=native | --select=boot-filesystem-features
 * expect: !p3: error: GRUB 2.06-13+deb12u2 cannot read the xfs file system in partition 3, which has the feature parent
 * bad:    xfs-amd64 | grub append "set default=xfs\nmenuentry xfs { set root=hd0,gpt3; linux /boot/vmlinuz }\n" | xfs features 3 metadir | --reader=native | --select=boot-filesystem-features
 * expect: !p3: error: GRUB 2.06-13+deb12u2 cannot read the xfs file system in partition 3, which has the feature metadir
 * bad:    xfs-amd64 | grub append "set default=xfs\nmenuentry xfs { set root=hd0,gpt3; linux /boot/vmlinuz }\n" | xfs features 3 zoned | --reader=native | --select=boot-filesystem-features
 * expect: !p3: error: GRUB 2.06-13+deb12u2 cannot read the xfs file system in partition 3, which has the feature zoned
 */
#include "boot-help.h"
#include "boot/bls.h"

/* Sources: grub-core/fs/ext2.c (EXT2_DRIVER_SUPPORTED_INCOMPAT and EXT2_DRIVER_IGNORED_INCOMPAT), fs/xfs.c
 * (XFS_SB_FEAT_INCOMPAT_SUPPORTED) at the tags of the releases; the changelog of Debian's package grub2. */
static const struct feature {
	const char *family, *name;
	const char *since;  /* the release that reads it; NULL: none so far that is known of, up to KNOWN */
	const char *debian; /* Debian's version that does, if it is an earlier one */
} features[] = {
	{ "ext", "metadata_csum_seed", "2.12", "2.06-8" },
	{ "ext", "large_dir", "2.12", "2.06-8" },
	{ "ext", "inline_data", NULL, NULL },
	{ "ext", "ea_inode", NULL, NULL },
	{ "ext", "casefold", NULL, NULL },
	/* whether Debian added these to earlier releases is not known from those named here on */
	{ "xfs", "sparse", "2.04", "2.00" },
	{ "xfs", "bigtime", "2.06", NULL },
	{ "xfs", "nrext64", "2.12", "2.06-13+deb12u2" },
	{ "xfs", "exchange", "2.14", "2.12" },
	{ "xfs", "parent", "2.14", "2.12" },
	{ "xfs", "metadir", "2.14", "2.12" },
	{ "xfs", "zoned", NULL, NULL },
};

/* The newest release whose readers were looked at. */
#define KNOWN "2.12"

enum builder { DEBIAN, OTHER, UNNAMED };

/* Who built this GRUB, by its version and the component that a distribution adds to SBAT. */
static enum builder builder_of(const struct boot_path *path)
{
	const struct sbat_section *sbat = path->program->sbat;
	const char *version = path->core->version;

	if (strstr(version, "ubuntu") || strstr(version, ".fc") || strstr(version, ".el"))
		return OTHER;
	for (size_t i = 0; sbat && sbat->status == SBAT_OK && i < sbat->sbat.count; i++) {
		const char *component = sbat->sbat.entries[i].component;

		if (!strcmp(component, "grub.debian") || !strcmp(component, "grub.debian12") ||
		    !strcmp(component, "grub.debian13"))
			return DEBIAN;
		if (!strncmp(component, "grub.", 5))
			return OTHER;
	}
	if (strstr(version, "deb"))
		return DEBIAN;
	return strchr(version, '-') ? OTHER : UNNAMED;
}

static bool has_feature(const struct filesystem *f, const char *name)
{
	size_t length = strlen(name);

	for (const char *p = f->features; p && *p;) {
		size_t n = strcspn(p, " ");

		if (n == length && !strncmp(p, name, n))
			return true;
		p += n + strspn(p + n, " ");
	}
	return false;
}

static bool is_of(const struct filesystem *f, const char *family)
{
	return f->type && !strncmp(f->type, family, strlen(family));
}

/* Can it read the feature?  SEVERITY_OFF: yes, or it cannot be said. */
static enum severity cannot_read(const struct feature *feature, const char *version, enum builder builder)
{
	const char *release = feature->since ? feature->since : KNOWN;
	int r = bls_compare_versions(version, release);

	/* what is newer than we know of, and candidates of a release that reads it */
	if (feature->since ? r >= 0 || !strncmp(version, release, strlen(release))
			   : r > 0 && strncmp(version, release, strlen(release)) != 0)
		return SEVERITY_OFF;
	if (builder == DEBIAN && feature->debian && bls_compare_versions(version, feature->debian) >= 0)
		return SEVERITY_OFF;
	/* nobody reads it: no distribution either, as far as is known */
	if (builder == DEBIAN || !feature->since)
		return SEVERITY_ERROR;
	return builder == OTHER ? SEVERITY_OFF : SEVERITY_NOTE;
}

/* Does GRUB read its configuration there? */
static bool has_configuration(struct check *check, const struct boot_path *path, const struct filesystem *f)
{
	for (size_t i = 0; i < path->grub->config_count; i++) {
		const struct grub_file *file = &path->grub->configs[i].file;

		if (file->device && file->found == GRUB_FOUND && boot_grub_filesystem(check->image, file->device->name) == f)
			return true;
	}
	return false;
}

/* The entry whose kernel lies there, the default one before others. */
static const struct boot_entry *entry_there(const struct boot_path *path, const struct filesystem *f)
{
	const struct boot_entry *found = NULL;

	for (size_t i = 0; i < path->entry_count; i++) {
		const struct boot_entry *entry = &path->entries[i];

		for (size_t k = 0; k < entry->attempt_count; k++)
			if (entry->attempts[k].kernel.filesystem == f && (!found || entry->is_default))
				found = entry;
	}
	return found;
}

/* The option of mkfs.xfs whose suboption the feature is. */
static char xfs_option(const char *name)
{
	if (!strcmp(name, "parent"))
		return 'n';
	if (!strcmp(name, "zoned"))
		return 'r';
	return !strcmp(name, "bigtime") || !strcmp(name, "metadir") ? 'm' : 'i';
}

static void judge(struct check *check, const struct boot_path *path, const struct filesystem *f, const struct feature *feature)
{
	const char *version = path->core->version;
	enum severity severity = cannot_read(feature, version, builder_of(path));
	bool configuration = has_configuration(check, path, f);
	const struct boot_entry *entry = entry_there(path, f);
	struct location place = at_partition(f->partition);
	struct diagnostic *d;

	if (severity == SEVERITY_OFF || (!configuration && !entry))
		return;
	place.volume = f->volume;
	if (severity == SEVERITY_NOTE) {
		d = finding_severity(check, severity, place,
				     "GRUB %s as it was released cannot read %s, which has the feature %s", version,
				     boot_title(check, f, ""), feature->name);
		finding_note(check, d, "whether this build can is not known");
		return;
	}
	d = configuration ? finding(check, place, "GRUB %s cannot read %s, which has the feature %s", version,
				    boot_title(check, f, ""), feature->name)
			  : finding_entry(check, entry, place, "GRUB %s cannot read %s, which has the feature %s", version,
					  boot_title(check, f, ""), feature->name);
	finding_note(check, d, "it finds %s there", configuration ? "its configuration" : "a kernel");
	if (!strcmp(feature->name, "metadata_csum_seed") || !strcmp(feature->name, "casefold"))
		finding_help(check, d, "tune2fs -O ^%s on the partition, or a newer GRUB", feature->name);
	else if (!strcmp(feature->family, "ext"))
		finding_help(check, d, "make the file system anew with mke2fs -O ^%s", feature->name);
	else
		finding_help(check, d, "make the file system anew with mkfs.xfs -%c %s=0%s", xfs_option(feature->name),
			     feature->name, feature->since ? ", or use a newer GRUB" : "");
	if (!configuration && !boot_entry_counts(check->image, entry))
		finding_stands_alone(check);
}

RULE(boot_filesystem_features)
{
	const struct boot_path *path = boot_grub_path_of(check);

	if (!path)
		return;
	if (!path->core->version) {
		not_applicable(check, "GRUB (%s) does not say its version", path->program->path);
		return;
	}
	for (unsigned i = 0; i < check->image->filesystem_count; i++) {
		const struct filesystem *f = &check->image->filesystems[i];

		for (size_t k = 0; k < sizeof(features) / sizeof(*features); k++)
			if (is_of(f, features[k].family) && has_feature(f, features[k].name))
				judge(check, path, f, &features[k]);
	}
}
