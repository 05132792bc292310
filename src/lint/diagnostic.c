/* SPDX-License-Identifier: MIT */
/* diagnostic: the words for severities, effects and spaces. */
#include "lint/diagnostic.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const severities[] = {
	[SEVERITY_OFF] = "off",
	[SEVERITY_NOTE] = "note",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};

static const char *const effects[] = {
	[EFFECT_BLOCKS_BOOT] = "blocks-boot",
	[EFFECT_DEGRADES] = "degrades",
	[EFFECT_CONFORMANCE] = "conformance",
	[EFFECT_HYGIENE] = "hygiene",
};

static const char *const spaces[] = {
	[SPACE_CONTAINER] = "container",
	[SPACE_DISK] = "disk",
	[SPACE_PARTITION] = "partition",
	[SPACE_FILE] = "file",
};

const char *severity_name(enum severity severity)
{
	return (size_t)severity < COUNT(severities) ? severities[severity] : NULL;
}

bool severity_parse(const char *name, enum severity *ret)
{
	for (size_t i = 0; i < COUNT(severities); i++) {
		if (strcmp(name, severities[i]) == 0) {
			*ret = (enum severity)i;
			return true;
		}
	}
	return false;
}

const char *effect_name(enum effect effect)
{
	return (size_t)effect < COUNT(effects) ? effects[effect] : NULL;
}

const char *space_name(enum space space)
{
	return (size_t)space < COUNT(spaces) ? spaces[space] : NULL;
}
