/* SPDX-License-Identifier: MIT */
/* diagnostic: one finding, as data.  How it looks on paper is src/report's business. */
#ifndef LINT_DIAGNOSTIC_H
#define LINT_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition/location.h"

/* Ordered: a higher value is worse. */
enum severity { SEVERITY_OFF, SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* What the defect does, apart from how severe a profile finds it. */
enum effect {
	EFFECT_BLOCKS_BOOT, /* firmware does not start the image */
	EFFECT_DEGRADES,    /* it starts, and something does not work or will be lost */
	EFFECT_CONFORMANCE, /* it breaks the specification and boots all the same */
	EFFECT_HYGIENE,     /* harmless today */
};

struct rule;

/* One line of explanation below a diagnostic. */
struct diagnostic_note {
	struct diagnostic_note *next;
	const char *text;
};

struct diagnostic {
	struct diagnostic *next;
	const struct rule *rule;
	enum severity severity;
	enum effect effect;
	struct location location;
	const char *message; /* what was found and what was expected */
	const char *help;    /* the command that mends it, or advice; NULL if there is none */
	struct diagnostic_note *notes;
};

/* The words in which severities, effects and spaces are written everywhere; NULL for a value out of range.  The *_parse
 * forms are their inverse and answer false for an unknown word. */
const char *severity_name(enum severity severity);
bool severity_parse(const char *name, enum severity *ret);
const char *effect_name(enum effect effect);
const char *space_name(enum space space);

#endif
