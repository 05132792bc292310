/* SPDX-License-Identifier: MIT */
/* kconfig: a kernel's configuration, as Kconfig writes it: /boot/config-*, IKCONFIG.
 *
 * What modules.builtin and modules.dep tell of a kernel is weaker evidence and not of this type: see modules_state in
 * linux/modules.h.  Source: scripts/kconfig/confdata.c of the kernel.
 */
#ifndef LINUX_KCONFIG_H
#define LINUX_KCONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "linux/names.h"

enum kconfig_value {
	KCONFIG_ABSENT, /* no line speaks of it: it does not exist in that kernel, or what it depends on is off */
	KCONFIG_NOT_SET, /* "# CONFIG_X is not set", or =n */
	KCONFIG_MODULE,
	KCONFIG_YES,
	KCONFIG_OTHER,  /* a number or a string */
};

struct kconfig_entry {
	const char *name;  /* without CONFIG_ */
	const char *text;  /* behind the equals sign, a string with its quotes; NULL for "is not set" */
	enum kconfig_value value;
	unsigned line;     /* from 1; of the last line that speaks of it, which is the one that counts */
};

struct kconfig {
	const char *architecture; /* "arm64", from the heading, or NULL */
	const char *release;      /* "6.1.192", from the heading, or NULL */
	struct kconfig_entry *entries; /* in the order of their first lines */
	uint32_t count;
	unsigned lines;           /* of the file */
	unsigned strange_lines;   /* neither an entry nor a comment nor empty */
	unsigned first_strange;   /* its number; 0 if there is none */
	bool cut;                 /* Kconfig wrote it, and its end is certainly gone */
	struct names names;
};

/* Parses text of at most LIMIT_KCONFIG_BYTES.  0, or -EFBIG.  Lines may end in CR LF.  A file that is something else gives
 * no entries and many strange lines. */
int kconfig_parse(struct arena *arena, const void *data, size_t size, struct kconfig **ret, struct error *err);

/* The same for the bytes of a view. */
int kconfig_read(struct arena *arena, struct view *view, struct kconfig **ret, struct error *err);

/* The entry of a symbol, with or without CONFIG_ before it; NULL for KCONFIG_ABSENT. */
const struct kconfig_entry *kconfig_find(const struct kconfig *kconfig, const char *symbol);

enum kconfig_value kconfig_value(const struct kconfig *kconfig, const char *symbol);

/* The string without quotes and backslashes, in the arena; "" for an entry without text. */
const char *kconfig_string(struct arena *arena, const struct kconfig_entry *entry);

#endif
