/* SPDX-License-Identifier: MIT */
/* initrds-internal: what initrds.c and initrd-drivers.c share. */
#ifndef IMAGE_INITRDS_INTERNAL_H
#define IMAGE_INITRDS_INTERNAL_H

#include "image/initrds.h"

/* By what in it an initrd is known to be initramfs-tools', dracut's or systemd's. */
#define INITRAMFS_TOOLS "/scripts/functions"
#define LOCAL_SCRIPT "/scripts/local"
#define DRACUT_LIBRARY "/lib/dracut-lib.sh"
#define SYSTEMD "/lib/systemd/systemd"
/* What of initramfs-tools may say otherwise than the command line what the root is. */
#define MORE_SETTINGS "/conf/conf.d"
#define SETTINGS_OF_SCRIPTS "/conf/param.conf"

/* One initrd, or several that are loaded behind each other; without files where an attempt has none. */
struct initrd_set {
	struct initrd_facts facts; /* the first member, by which an attempt's facts lead here */
	struct initrd_set *next;
	struct image *image;
	const struct boot_file **files;
	size_t count;
	uint64_t *starts;   /* of each file, in the view */
	struct view *view;  /* of all together */
	struct names names; /* of the questions */
	size_t capacity;    /* for questions */
	bool counts;        /* an entry that boots by default is started with it */
	bool more_before;   /* a kernel that is started with it may have an initramfs of its own */
};

struct initrd_inquiries {
	struct image *image;
	struct initrd_set *sets;
	struct names modules; /* asked for of every initrd */
};

/* Adds a question about the attempt's initrds, once.  The strings must live on. */
void initrd_ask(const struct boot_attempt *attempt, enum initrd_question_kind kind, const char *name, const char *release);

/* The same for any question. */
void initrd_put(const struct boot_attempt *attempt, const struct initrd_question *question);

/* The question as it was put, with its answer; NULL: it was not put. */
const struct initrd_question *initrd_answered(const struct boot_attempt *attempt, enum initrd_question_kind kind,
					      const char *name, const char *release);

/* The answer to it; INITRD_UNKNOWN for one that was not put. */
enum initrd_answer initrd_answer_to(const struct boot_attempt *attempt, enum initrd_question_kind kind, const char *name,
				    const char *release);

/* Asks what the functions of initrd-makers.c answer from: where the type of the root is wrong; where init= is given;
 * where the initrd is read anyhow. */
void initrd_ask_for_type(const struct boot_attempt *attempt);
void initrd_ask_for_init(const struct boot_attempt *attempt);
void initrd_ask_for_made_root(const struct boot_attempt *attempt);
void initrd_ask_for_claims(const struct boot_attempt *attempt);
void initrd_ask_for_start(const struct boot_attempt *attempt);
void initrd_ask_for_lists(const struct boot_attempt *attempt);
void initrd_ask_for_settings(const struct boot_attempt *attempt);

/* Is it initramfs-tools', and nothing else in it that reads the command line?  Where the four files were asked for. */
bool initrd_is_of_initramfs_tools(const struct boot_attempt *attempt);

/* The kernel's release, NULL where it is not known. */
const char *attempt_release(const struct boot_attempt *attempt);

/* Makes the list of distinct initrds, if that was not done yet. */
void initrds_prepare(struct image *image);

#endif
