/* SPDX-License-Identifier: MIT */
/* frame: one line at a time, whatever pieces it comes in. */
#include "guest/frame.h"

#include <stdio.h>
#include <string.h>

#include "base/crc32.h"

bool frame_nonce_ok(const char *nonce)
{
	return strlen(nonce) == FRAME_NONCE && strspn(nonce, "0123456789abcdef") == FRAME_NONCE;
}

static uint32_t sum(const char *nonce, uint32_t boot, uint32_t number, const char *text, size_t size)
{
	char head[64];
	int length = snprintf(head, sizeof(head), "%s %08x %u ", nonce, boot, number);

	return crc32_update(crc32_update(0, head, (size_t)length), text, size);
}

void frame_write(struct buffer *out, const char *nonce, uint32_t boot, uint32_t number, const char *text, size_t size)
{
	buffer_printf(out, FRAME_MARK "%s %08x %u %08x ", nonce, boot, number, sum(nonce, boot, number, text, size));
	buffer_append(out, text, size);
	buffer_string(out, "\r\n");
}

/* Eight hexadecimal digits and a space. */
static bool take_hex(const char **at, const char *end, uint32_t *ret)
{
	uint32_t value = 0;

	if (end - *at < 9 || (*at)[8] != ' ')
		return false;
	for (int i = 0; i < 8; i++) {
		char c = (*at)[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*at += 9;
	*ret = value;
	return true;
}

static bool take_decimal(const char **at, const char *end, uint32_t *ret)
{
	const char *begin = *at;
	uint64_t value = 0;

	while (*at < end && **at >= '0' && **at <= '9' && *at - begin < 10)
		value = value * 10 + (uint64_t)(*(*at)++ - '0');
	if (*at == begin || *at == end || *(*at)++ != ' ' || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static void deliver(struct frames *f, uint32_t boot, uint32_t number, const char *text, size_t size)
{
	if (!f->begun || boot != f->boot) {
		f->begun = true;
		f->boot = boot;
		f->next = 0;
	}
	/* a number that was there already is an echo, or an attempt to say something twice */
	if (number < f->next) {
		f->damaged++;
		return;
	}
	f->lost += number - f->next;
	f->next = number + 1;
	f->good++;
	f->text(f->context, boot, text, size);
}

/* A whole line; true if it held a frame, good or bad. */
static bool take_line(struct frames *f, const char *line, size_t size)
{
	const char *end = line + size, *at = line;
	bool marked = false, damaged = false, foreign = false;

	while ((at = memmem(at, (size_t)(end - at), FRAME_MARK, strlen(FRAME_MARK)))) {
		uint32_t boot, number, crc;
		const char *p;

		at += strlen(FRAME_MARK);
		p = at;
		marked = true;
		if (end - p < FRAME_NONCE + 1 || memcmp(p, f->nonce, FRAME_NONCE) || p[FRAME_NONCE] != ' ') {
			foreign = true;
			continue;
		}
		p += FRAME_NONCE + 1;
		if (take_hex(&p, end, &boot) && take_decimal(&p, end, &number) && take_hex(&p, end, &crc) &&
		    crc == sum(f->nonce, boot, number, p, (size_t)(end - p))) {
			deliver(f, boot, number, p, (size_t)(end - p));
			return true;
		}
		damaged = true;
	}
	f->damaged += damaged;
	f->foreign += foreign && !damaged;
	return marked;
}

static void finish_line(struct frames *f)
{
	while (f->size && f->line[f->size - 1] == '\r')
		f->size--;
	if (f->size && !take_line(f, f->line, f->size) && f->other)
		f->other(f->context, f->line, f->size);
	f->size = 0;
}

void frames_feed(struct frames *f, const void *data, size_t size)
{
	const char *at = data;

	for (size_t i = 0; i < size; i++) {
		if (at[i] == '\n') {
			if (!f->skipping)
				finish_line(f);
			f->skipping = false;
			f->size = 0;
		} else if (f->skipping) {
			continue;
		} else if (f->size == sizeof(f->line)) {
			if (f->other)
				f->other(f->context, f->line, f->size);
			f->skipping = true;
		} else {
			f->line[f->size++] = at[i];
		}
	}
}
