/* SPDX-License-Identifier: MIT */
/* cmdline: the words of a kernel command line, as the kernel divides it.
 *
 * Sources: kernel lib/cmdline.c (next_arg: quotes), kernel/params.c (parse_args: "--" ends the kernel's part, '-' and '_'
 * are one character in names), init/do_mounts.c (root= and its like), Documentation/admin-guide/kernel-parameters.txt.
 * A command line comes from a loader's configuration, a unified kernel image or CONFIG_CMDLINE: the words keep the place
 * where they were written if the text has places.
 */
#ifndef BOOT_CMDLINE_H
#define BOOT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "boot/device.h"
#include "boot/text.h"

struct cmdline_word {
	const char *text;  /* as the kernel sees it, quotes kept */
	const char *name;  /* what stands before '=', quotes taken off */
	const char *value; /* what follows it, quotes taken off; NULL without '=' */
	size_t offset;     /* of the word in the command line, bytes */
	struct boot_place place, value_place; /* the latter without the opening quote */
	bool for_init;     /* behind "--": handed to init, not read by the kernel */
};

struct cmdline_console {
	const struct cmdline_word *word;
	const char *device;  /* "ttyAMA0" */
	const char *options; /* "115200n8", or NULL */
};

struct cmdline {
	struct boot_text text;
	const struct cmdline_word *words;
	size_t word_count;
	bool truncated; /* over LIMIT_CMDLINE_WORDS words: the rest was not read */

	/* what counts of several: the last one.  NULL: not given */
	const struct cmdline_word *root, *rootfstype, *rootflags, *init, *rdinit;
	const struct cmdline_word *read_only; /* the last of ro and rw */
	bool writable;                        /* it is rw */
	struct boot_device_name root_device;  /* of root=; BOOT_DEVICE_NONE without it */
	const struct cmdline_console *consoles; /* all console= words but an empty one and "null", in order */
	size_t console_count;
};

#define LIMIT_CMDLINE_WORDS 4096

/* Never fails: *text is any text (up to its first NUL).  The result lives in the arena; text's bytes must too. */
const struct cmdline *cmdline_parse(struct arena *arena, const struct boot_text *text);

/* The first word of that name (as the kernel compares names) behind `after`, or from the beginning if that is NULL;
 * NULL when there is none.  Words for init do not count. */
const struct cmdline_word *cmdline_next(const struct cmdline *cmdline, const char *name,
					const struct cmdline_word *after);

/* The same for all words whose name begins with `prefix`, such as "rd.luks.". */
const struct cmdline_word *cmdline_next_prefix(const struct cmdline *cmdline, const char *prefix,
					       const struct cmdline_word *after);

/* The last word of that name, which is the one that counts for most parameters. */
const struct cmdline_word *cmdline_last(const struct cmdline *cmdline, const char *name);

#endif
