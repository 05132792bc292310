/* SPDX-License-Identifier: MIT */
/* gather-probe: the record that the probe left in memory, which the kernel's command line tells where. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "guest/gather.h"

#define PROBE_MAXIMUM (4 * 1024 * 1024)

char *command_line_word(const char *command_line, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = command_line; *at; at += strcspn(at, " \n")) {
		at += strspn(at, " \n");
		if (!strncmp(at, key, length) && at[length] == '=')
			return strndup(at + length + 1, strcspn(at + length + 1, " \n"));
	}
	return NULL;
}

/* What the probe has written down, of all that it has: enough for a machine's tables. */
static struct {
	uint32_t crc;
	size_t size;
} probe_blobs[64];
static unsigned probe_blob_count;

static void remember_blob(const char *line, size_t length)
{
	char *text = strndup(line, length);
	char *crc = text ? strstr(text, " crc=0x") : NULL, *size = text ? strstr(text, " size=") : NULL;

	if (crc && size && probe_blob_count < sizeof(probe_blobs) / sizeof(*probe_blobs)) {
		probe_blobs[probe_blob_count].crc = (uint32_t)strtoul(crc + 7, NULL, 16);
		probe_blobs[probe_blob_count++].size = strtoul(size + 6, NULL, 10);
	}
	free(text);
}

bool gather_probe_has(uint32_t crc, size_t size)
{
	for (unsigned i = 0; i < probe_blob_count; i++) {
		if (probe_blobs[i].crc == crc && probe_blobs[i].size == size)
			return true;
	}
	return false;
}

/* Is it one of the long facts, or bytes of one? */
static bool is_long(const char *line)
{
	return *line == '+' || !strncmp(line, "probe-memory", 12) || !strncmp(line, "probe-acpi", 10) ||
	       !strncmp(line, "probe-device-tree", 17);
}

void gather_probe(struct facts *facts, const char *command_line, bool brief)
{
	char *word = command_line_word(command_line, "vmlint.probe"), *end = NULL, *data = NULL;
	uint64_t address = 0, size = 0, crc = 0;
	const char *trouble = NULL;
	int rc = 0;

	if (word) {
		address = strtoull(word, &end, 16);
		if (*end == ',')
			size = strtoull(end + 1, &end, 10);
		if (*end == ',')
			crc = strtoull(end + 1, &end, 16);
	}
	if (!word)
		trouble = "no-probe";
	else if (*end || !size || size > PROBE_MAXIMUM)
		trouble = "command-line";
	else if (!(data = calloc(1, size + 1)))
		rc = -ENOMEM;
	else
		rc = physical_read(address, data, size);
	if (!trouble && !rc && crc32_update(0, data, size) != crc)
		trouble = "checksum";
	if (trouble || rc) {
		fact_begin(facts, "probe-unread");
		if (trouble)
			fact_string(facts, "reason", trouble);
		else
			fact_errno(facts, "error", rc);
		fact_end(facts);
	} else {
		for (char *at = data; at < data + size;) {
			char *stop = memchr(at, '\n', (size_t)(data + size - at));

			if (!stop)
				stop = data + size;
			/* the record's own head is ours already */
			if (strncmp(at, "guest ", 6) && !(brief && is_long(at)))
				facts->line(facts->context, at, (size_t)(stop - at));
			if (!brief && *at == 'p')
				remember_blob(at, (size_t)(stop - at));
			at = stop + 1;
		}
	}
	free(data);
	free(word);
}
