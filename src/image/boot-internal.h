/* SPDX-License-Identifier: MIT */
/* boot-internal: what the parts that follow boot paths share and nobody else sees. */
#ifndef IMAGE_BOOT_INTERNAL_H
#define IMAGE_BOOT_INTERNAL_H

#include "image/boot.h"
#include "image/chain.h"

/* Boot paths in the making. */
struct boot_addons;
struct boot_program;

struct boot_maker {
	struct image *image;
	struct boot_path *path; /* the one under way */
	size_t capacity;        /* of path->entries */
	size_t cmdline_bytes;   /* of the path's command lines so far */
	const struct cmdline *no_words; /* an empty command line */
	struct boot_world *world;       /* what GRUB would see; NULL: nobody has asked yet */
	struct filesystem **filesystems; /* of the world's devices */
	struct boot_program *program;    /* the EFI program that was read last, or NULL */
	struct boot_addons *addons;      /* folders of them that were read */
	const struct filesystem **unread; /* that GRUB asked for last and that could not be opened; or NULL */
};

/* Adds an entry to the path, or an attempt to an entry.  What they return is good until the next of its kind is added; pointers
 * between them are set when the path is complete. */
struct boot_entry *boot_add_entry(struct boot_maker *maker, const char *title, const char *id, struct boot_place place);
struct boot_attempt *boot_add_attempt(struct boot_maker *maker, struct boot_entry *entry, struct boot_place place);

/* Gives an attempt its command line, within LIMIT_BOOT_CMDLINES: beyond it the entry is incomplete. */
void boot_set_cmdline(struct boot_maker *maker, struct boot_entry *entry, struct boot_attempt *attempt,
		      const struct boot_text *text);

/* Opens an attempt's kernel, which is HAVE; of as many as anybody could want to look into. */
void boot_open_kernel(struct boot_maker *maker, struct boot_attempt *attempt, bool in_uki);

/* What is unknown of an entry: the first reason counts. */
void boot_incomplete(struct boot_entry *entry, const char *reason);

/* The file at a path of a file system, as a loader names it (with '/' or '\'). */
struct boot_file boot_find_file(struct boot_maker *maker, struct filesystem *filesystem, const struct boot_text *text);

/* boot-world.c */
void boot_make_world(struct boot_maker *maker, const char *cpu);
/* GRUB's name of the device, as sources of its scripts have it. */
const char *boot_grub_name(const struct image *image, const struct filesystem *filesystem);

/* boot-grub.c, boot-bls.c: from path->program */
void boot_follow_grub(struct boot_maker *maker);
/* The entries of path->grub, which was run with the maker's world. */
void boot_add_grub(struct boot_maker *maker);
void boot_follow_entries(struct boot_maker *maker);

/* boot-uki.c */
/* Adds attempts for an EFI program: a unified kernel image (one of its profiles, 0 is the first), or a kernel with a stub; with
 * the options that it is started with, or none (NULL or "").  False: it is neither, and nothing was added. */
bool boot_add_program(struct boot_maker *maker, struct boot_entry *entry, const struct boot_file *file,
		      const struct boot_text *options, struct boot_place place, unsigned profile);
/* A file that is HAVE becomes ABSENT, with what it is instead, if firmware of that machine would not start it as an EFI program,
 * or it is one that boots nothing; UNREADABLE if that cannot be said of what GRUB unpacks first. */
void boot_refuse_program(struct boot_maker *maker, struct boot_file *file, uint16_t machine);
/* How many profiles the image has, 1 at least, and the title of one of them; NULL: it says none. */
unsigned boot_profiles(struct boot_maker *maker, const struct boot_file *file);
const char *boot_profile_title(struct boot_maker *maker, const struct boot_file *file, unsigned profile);

/* boot-root.c: sets the attempt's root, system, and what is said of them */
void boot_find_root(struct image *image, struct boot_attempt *attempt);

/* root-claims.c: why a program in the initrd makes the root, whatever root= says; and why a device of that name, which is not in
 * the image or is blank, may be made when the image boots for the first time.  NULL: nothing says so.  They add to the attempt's
 * claims. */
const char *boot_claim_made(struct image *image, struct boot_attempt *attempt);
const char *boot_claim_first_boot(struct image *image, struct boot_attempt *attempt, const struct boot_device_name *name);
/* The same of a name that a program gives a device, or to which one gives its meaning: it becomes an absent root of the attempt,
 * where the image has nothing of which it could be made. */
void boot_claim_named(struct image *image, struct boot_attempt *attempt, const struct boot_device_name *name);

/* boot-cmdline.c: what the attempt's kernel makes of its command line, by CONFIG_CMDLINE and by how much it reads; false: nothing
 * changes. */
bool boot_apply_kernel(struct image *image, struct boot_attempt *attempt);

#endif
