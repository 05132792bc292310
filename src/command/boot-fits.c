/* SPDX-License-Identifier: MIT */
/* boot-fits: was what is to run in the guest made of the sources that this vmlint was made of?  An older one tells less, or tells
 * it in other words, and a machine would be blamed or passed for that. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance-sources.h"
#include "base/text.h"
#include "command/boot.h"
#include "guest/gather.h"
#include "guest/record.h"
#include "hypervisor/disk.h"

#define PROGRAM_MAXIMUM (64 << 20)

/* What both say of themselves: "vmlint.facts=2 vmlint.sources=0123456789abcdef". */
#define FACTS "vmlint.facts="
#define SOURCES " vmlint.sources="
#define DIGEST (sizeof(APPLIANCE_SOURCES) - 1)

struct mark {
	unsigned facts;
	char sources[DIGEST + 1]; /* "" where it says nothing */
};

static struct mark read_mark(const char *text, size_t size)
{
	struct mark mark = { .facts = GUEST_FORMAT };
	const char *at = size ? memmem(text, size, FACTS, strlen(FACTS)) : NULL;
	char line[64], *rest;

	if (!at)
		return mark;
	snprintf(line, sizeof(line), "%.*s", (int)(size - (size_t)(at - text) < 63 ? size - (size_t)(at - text) : 63), at);
	mark.facts = (unsigned)strtoul(line + strlen(FACTS), &rest, 10);
	if (!strncmp(rest, SOURCES, strlen(SOURCES)) && strspn(rest + strlen(SOURCES), "0123456789abcdef") == DIGEST)
		snprintf(mark.sources, sizeof(mark.sources), "%.*s", (int)DIGEST, rest + strlen(SOURCES));
	return mark;
}

static int compare(struct arena *arena, const char *path, const struct mark *mark, struct error *err)
{
	BUFFER_AUTO name = buffer_make(4 * 4096);

	if (mark->facts != GUEST_FORMAT)
		return error_set(err, ENOTSUP,
				 "%s tells its facts in format %u, and this vmlint starts what does so in format %d: "
				 "`make appliance` in the source tree of this vmlint makes one that fits",
				 path, mark->facts, GUEST_FORMAT);
	if (!strcmp(mark->sources, APPLIANCE_SOURCES))
		return 0;
	text_escape(&name, path);
	fprintf(stderr,
		"vmlint: warning: %s was made of %s, not of this vmlint's (" APPLIANCE_SOURCES "), and what it does not tell "
		"is not judged: `make appliance` makes it anew\n",
		name.data ? name.data : "", *mark->sources ? arena_printf(arena, "other sources (%s)", mark->sources)
							   : "sources that it does not name");
	return 0;
}

int boot_fits(struct arena *arena, const char *appliance, const char *program, struct error *err)
{
	char line[SETTINGS_SIZE], *text;
	struct mark mark;
	size_t size;
	int fd, rc;

	if (program) {
		text = file_read(program, PROGRAM_MAXIMUM, &size);
		if (!text)
			return error_set(err, errno, "%s: %s", program, strerror(errno));
		mark = read_mark(text, size);
		free(text);
		rc = compare(arena, program, &mark, err);
		if (rc < 0)
			return rc;
	}
	if (!appliance)
		return 0;
	fd = open(appliance, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	/* what cannot be read, or is none, is said when it is copied */
	if (fd < 0)
		return 0;
	rc = disk_read_settings(fd, line, err);
	close(fd);
	if (rc < 0)
		return 0;
	mark = read_mark(line, strlen(line));
	return compare(arena, appliance, &mark, err);
}
