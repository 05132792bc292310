/* SPDX-License-Identifier: MIT */
/* fetch: see the header. */
#include "command/fetch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/stream.h"
#include "base/text.h"
#include "download/download.h"
#include "download/reference.h"
#include "guest/gather.h"
#include "lint/embedded.h"

#define LIST "data/reference-images.json"
#define LIST_MAXIMUM (1 << 20)
#define REDRAW_MS 100

struct bar {
	const char *name;
	uint64_t shown, began; /* milliseconds */
	const char *what;
	uint64_t from; /* bytes that were there when this began */
	bool drawn;
};

static unsigned columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static void draw(struct bar *bar, uint64_t done, uint64_t total, uint64_t now)
{
	uint64_t rate = now > bar->began + 500 && done > bar->from ? (done - bar->from) * 1000 / (now - bar->began) : 0;
	char head[160], tail[80] = "", blocks[41];
	unsigned width = columns(), filled;
	int length;

	if (total)
		length = snprintf(head, sizeof(head), "%s %s %3u %% of %" PRIu64 " MiB", bar->what, bar->name,
				  (unsigned)(done * 100 / total), total >> 20);
	else if (done)
		length = snprintf(head, sizeof(head), "%s %s %" PRIu64 " MiB", bar->what, bar->name, done >> 20);
	else
		length = snprintf(head, sizeof(head), "%s %s", bar->what, bar->name);
	if (rate)
		snprintf(tail, sizeof(tail), " %.1f MiB/s", (double)rate / 1048576);
	filled = total ? (unsigned)(done * 40 / total) : 0;
	memset(blocks, '.', 40);
	memset(blocks, '#', filled);
	blocks[40] = '\0';
	if (total && (unsigned)length + strlen(tail) + 44 < width)
		fprintf(stderr, "\r%s [%s]%s\033[K", head, blocks, tail);
	else
		fprintf(stderr, "\r%.*s\033[K", (int)width - 1, head);
	bar->drawn = true;
}

static void show(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct bar *bar = context;
	uint64_t now = stream_now();

	if (!bar->what || strcmp(bar->what, what)) {
		bar->what = what;
		bar->began = now;
		bar->from = done;
		bar->shown = 0;
	}
	if (now < bar->shown + REDRAW_MS && done != total)
		return;
	bar->shown = now;
	draw(bar, done < total || !total ? done : total, total, now);
}

static int read_list(struct arena *arena, struct reference **ret, struct error *err)
{
	const char *own = getenv("VMLINT_REFERENCE_IMAGES");
	char *text;
	size_t size;
	int rc;

	if (own && *own) {
		text = file_read(own, LIST_MAXIMUM, &size);
		if (!text)
			return error_set(err, errno, "VMLINT_REFERENCE_IMAGES: %s: %s", own, strerror(errno));
		rc = reference_read(arena, text, ret, err);
		free(text);
		return rc < 0 ? error_prefix(err, rc, "%s", own) : 0;
	}
	for (const struct embedded_file *f = embedded_files; f->name; f++) {
		if (!strcmp(f->name, LIST))
			return reference_read(arena, f->text, ret, err);
	}
	return error_set(err, ENOENT, "this build has no list of reference images");
}

const char *command_references(struct arena *arena)
{
	struct reference *list = NULL;
	const char *text = "";
	struct error err;

	if (read_list(arena, &list, &err) < 0)
		return text;
	for (; list; list = list->next)
		text = arena_printf(arena, "%s  %-18s %s\n", text, list->name, list->what ? list->what : list->address);
	return text;
}

/* The address of a reference image, with the digest that it has now. */
static int look_up(struct arena *arena, const struct reference *r, struct address *ret, const char **ret_note, struct error *err)
{
	struct address list;
	const char *old;
	int rc;

	if (r->digest)
		return address_parse(arena, arena_printf(arena, "%s#%s", r->address, r->digest), ret, err);
	rc = address_parse(arena, r->address, ret, err);
	if (rc == 0)
		rc = address_parse(arena, r->digests, &list, err);
	if (rc == 0)
		rc = download_listed(arena, &list, ret->name, &ret->digest, &old, err);
	if (rc < 0)
		return error_prefix(err, rc, "%s", r->name);
	if (old)
		*ret_note = arena_printf(arena, "which image is right says a copy of an earlier run: %s", old);
	return 0;
}

/* For who has misspelt one. */
static const char *name_references(struct arena *arena, const struct reference *list)
{
	const char *text = "it is no file, and none of the reference images, which are";

	for (const struct reference *r = list; r; r = r->next)
		text = arena_printf(arena, "%s%s %s", text, r == list ? "" : ",", r->name);
	return list ? text : NULL;
}

int command_fetch(struct arena *arena, const char *argument, bool quiet, struct fetched *ret, struct error *err)
{
	BUFFER_AUTO name = buffer_make(64 * KiB);
	struct bar bar = { 0 };
	const struct download_watch watch = { .progress = !quiet && isatty(STDERR_FILENO) ? show : NULL, .context = &bar };
	const struct reference *reference;
	struct reference *list;
	struct download download;
	struct address address;
	char digits[DIGEST_TEXT];
	int rc;

	*ret = (struct fetched){ .path = argument };
	if (address_is(argument)) {
		rc = address_parse(arena, argument, &address, err);
	} else {
		/* a file that has the name of a reference image is what the user has made it */
		if (strchr(argument, '/') || access(argument, F_OK) == 0)
			return 0;
		rc = read_list(arena, &list, err);
		reference = rc == 0 ? reference_find(list, argument) : NULL;
		if (rc == 0 && !reference)
			ret->note = name_references(arena, list);
		if (rc < 0 || !reference)
			return rc;
		rc = look_up(arena, reference, &address, &ret->note, err);
	}
	if (rc < 0)
		return rc;
	text_escape(&name, address.name);
	bar.name = name.data ? name.data : "";
	rc = download_get(arena, &address, &watch, &download, err);
	if (bar.drawn)
		fputs("\r\033[K", stderr);
	if (rc < 0)
		return rc;
	ret->path = download.path;
	if (!download.verified && address.scheme != ADDRESS_FILE) {
		digest_text(&download.digest, digits);
		ret->note = arena_printf(arena, "no digest was given to verify %s by; it has #%s=%s", address.shown,
					 digest_name(download.digest.kind), digits);
	}
	return 0;
}
