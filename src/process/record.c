/* SPDX-License-Identifier: MIT */
/* record: encoding by buffer, decoding by cursor. */
#include "process/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "image/cloud-init.h"
#include "process/channel.h"

/* Longer strings are cut, and say so: a record must fit its message. */
#define STRING_MAXIMUM RECORD_NAME_MAXIMUM
#define CUT "[... cut]"
#define NOTES_MAXIMUM 16
#define WORD_MAXIMUM 64

static void put_string(struct buffer *out, const char *string)
{
	if (string && strlen(string) > STRING_MAXIMUM) {
		size_t length = STRING_MAXIMUM - strlen(CUT);

		/* not inside of a character */
		while (length && ((unsigned char)string[length] & 0xc0) == 0x80)
			length--;
		buffer_le32(out, (uint32_t)(length + strlen(CUT) + 1));
		buffer_append(out, string, length);
		buffer_string(out, CUT);
	} else {
		buffer_counted(out, string);
	}
}

static const char *get_string(struct cursor *c, struct arena *arena)
{
	const char *string;
	size_t length;

	cursor_counted(c, &string, &length);
	if (length > STRING_MAXIMUM)
		c->failed = true;
	return string && cursor_ok(c) ? arena_strndup(arena, string, length) : NULL;
}

static void encode_diagnostic(struct buffer *out, const struct diagnostic *d)
{
	unsigned notes = 0, left = 0;

	buffer_le32(out, RECORD_DIAGNOSTIC);
	buffer_le32(out, (uint32_t)(d->rule - rules));
	buffer_le32(out, d->severity);
	buffer_le32(out, d->effect);
	buffer_le32(out, (uint32_t)d->location.partition);
	buffer_le32(out, d->location.line);
	buffer_le32(out, d->location.column);
	buffer_le32(out, d->location.space);
	buffer_le64(out, d->location.offset);
	buffer_le64(out, d->location.length);
	put_string(out, d->location.volume);
	put_string(out, d->location.path);
	put_string(out, d->message);
	put_string(out, d->help);
	for (const struct diagnostic_note *n = d->notes; n; n = n->next)
		left++;
	for (const struct diagnostic_note *n = d->notes; n; n = n->next) {
		/* the last place is for the number of those that have none */
		if (++notes == NOTES_MAXIMUM && left > NOTES_MAXIMUM) {
			char more[64];

			snprintf(more, sizeof(more), "and %u more notes", left - NOTES_MAXIMUM + 1);
			put_string(out, more);
			break;
		}
		put_string(out, n->text);
	}
	put_string(out, NULL);
}

/* Is it the number of a rule on what was read? */
static bool is_rule(uint32_t rule, const struct lint_result *result)
{
	return rule < rules_count && (rules[rule].subject == SUBJECT_GUEST) == result->guest;
}

static void decode_diagnostic(struct cursor *c, struct arena *arena, struct lint_result *result)
{
	struct diagnostic *d = ARENA_NEW(arena, struct diagnostic);
	struct diagnostic_note **end = &d->notes;
	uint32_t rule = cursor_le32(c);
	bool good_path;

	d->severity = (enum severity)cursor_le32(c);
	d->effect = (enum effect)cursor_le32(c);
	d->location.partition = (int)cursor_le32(c);
	d->location.line = cursor_le32(c);
	d->location.column = cursor_le32(c);
	d->location.space = (enum space)cursor_le32(c);
	d->location.offset = cursor_le64(c);
	d->location.length = cursor_le64(c);
	d->location.volume = get_string(c, arena);
	d->location.path = get_string(c, arena);
	d->message = get_string(c, arena);
	d->help = get_string(c, arena);
	for (unsigned i = 0; i <= NOTES_MAXIMUM; i++) {
		const char *text = get_string(c, arena);

		if (!text)
			break;
		*end = ARENA_NEW(arena, struct diagnostic_note);
		(*end)->text = text;
		end = &(*end)->next;
	}
	/* of an image an absolute path, of a guest a fact's name */
	good_path = !d->location.path || (result->guest ? d->location.path[0] >= 'a' && d->location.path[0] <= 'z'
							: d->location.path[0] == '/');
	if (!is_rule(rule, result) || !d->message || d->severity < SEVERITY_NOTE || d->severity > SEVERITY_ERROR ||
	    !effect_name(d->effect) || d->location.partition < PARTITION_WHOLE_DISK ||
	    d->location.partition > (int)LIMIT_GPT_ENTRIES || (d->location.space && !space_name(d->location.space)) || !good_path)
		c->failed = true;
	if (!cursor_ok(c))
		return;
	d->rule = &rules[rule];
	lint_result_add(result, d);
}

static void decode_outcome(struct cursor *c, struct arena *arena, struct lint_result *result)
{
	struct outcome *o = ARENA_NEW(arena, struct outcome);
	uint32_t rule = cursor_le32(c);

	o->kind = (enum outcome_kind)cursor_le32(c);
	o->severity = (enum severity)cursor_le32(c);
	o->reason = get_string(c, arena);
	if (!is_rule(rule, result) || (o->kind != OUTCOME_SKIPPED && o->kind != OUTCOME_NOT_EVALUATED) ||
	    !severity_name(o->severity) || !o->reason)
		c->failed = true;
	if (!cursor_ok(c))
		return;
	o->rule = &rules[rule];
	lint_result_outcome(result, o);
}

static void encode_more(struct buffer *out, const struct more *more)
{
	buffer_le32(out, RECORD_MORE);
	buffer_le32(out, (uint32_t)(more->rule - rules));
	for (int s = SEVERITY_NOTE; s <= SEVERITY_ERROR; s++)
		buffer_le32(out, more->count[s]);
}

/* No sum of these overflows. */
#define MORE_MAXIMUM (1U << 20)

static void decode_more(struct cursor *c, struct arena *arena, struct lint_result *result)
{
	struct more *more = ARENA_NEW(arena, struct more);
	uint32_t rule = cursor_le32(c);
	bool any = false;

	for (int s = SEVERITY_NOTE; s <= SEVERITY_ERROR; s++) {
		more->count[s] = cursor_le32(c);
		any = any || more->count[s];
		if (more->count[s] > MORE_MAXIMUM)
			c->failed = true;
	}
	if (!is_rule(rule, result) || !any || lint_result_more_of(result, &rules[rule], SEVERITY_NOTE))
		c->failed = true;
	if (!cursor_ok(c))
		return;
	more->rule = &rules[rule];
	lint_result_more(result, more);
}

static void encode_image(struct buffer *out, const struct lint_result *result)
{
	buffer_le32(out, RECORD_IMAGE);
	buffer_le32(out, result->status);
	buffer_le32(out, result->clauses);
	buffer_le32(out, (uint32_t)result->cloud_init);
	buffer_le32(out, result->other_files);
	put_string(out, result->format);
	put_string(out, result->architecture);
	put_string(out, result->profile);
	put_string(out, result->error);
	put_string(out, result->help);
}

/* One of our own words, or none: what reports may take as it is. */
static bool is_word(const char *word)
{
	size_t n = 0;

	while (word && word[n] > ' ' && word[n] < 0x7f)
		n++;
	return !word || (n && n <= WORD_MAXIMUM && !word[n]);
}

static void decode_image(struct cursor *c, struct arena *arena, struct lint_result *result)
{
	uint32_t status = cursor_le32(c), cloud_init;

	result->clauses = cursor_le32(c) != 0;
	cloud_init = cursor_le32(c);
	result->other_files = cursor_le32(c) != 0;
	result->format = get_string(c, arena);
	result->architecture = get_string(c, arena);
	result->profile = get_string(c, arena);
	result->error = get_string(c, arena);
	result->help = get_string(c, arena);
	if (status > STATUS_UNREADABLE || (status == STATUS_UNREADABLE ? !result->error : !result->profile) ||
	    cloud_init > CLOUD_INIT_PRESENT || !is_word(result->format) || !is_word(result->architecture))
		c->failed = true;
	else
		result->status = (enum image_status)status;
	result->cloud_init = (int)cloud_init;
}

int record_send_result(int socket, const struct lint_result *result, struct error *err)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);
	int r;

#define SEND()                                                            \
	do {                                                              \
		if (out.overflowed)                                       \
			return error_set(err, ENOMEM, "out of memory");   \
		r = channel_send(socket, out.data, out.size, -1, err);    \
		if (r < 0)                                                \
			return r;                                         \
		buffer_clear(&out);                                       \
	} while (0)

	encode_image(&out, result);
	SEND();
	for (const struct diagnostic *d = result->diagnostics; d; d = d->next) {
		encode_diagnostic(&out, d);
		SEND();
	}
	for (const struct more *m = result->more; m; m = m->next) {
		encode_more(&out, m);
		SEND();
	}
	for (const struct outcome *o = result->outcomes; o; o = o->next) {
		buffer_le32(&out, RECORD_OUTCOME);
		buffer_le32(&out, (uint32_t)(o->rule - rules));
		buffer_le32(&out, o->kind);
		buffer_le32(&out, o->severity);
		put_string(&out, o->reason);
		SEND();
	}
	for (const struct diagnostic_note *n = result->remarks; n; n = n->next) {
		buffer_le32(&out, RECORD_REMARK);
		put_string(&out, n->text);
		SEND();
	}
	for (const struct diagnostic_note *n = result->notes; n; n = n->next) {
		buffer_le32(&out, RECORD_NOTE);
		put_string(&out, n->text);
		SEND();
	}
	buffer_le32(&out, RECORD_END);
	buffer_le64(&out, result->bytes_read);
	buffer_le64(&out, result->reads);
	SEND();
#undef SEND
	return 0;
}

int record_decode(struct arena *arena, const void *data, size_t size, struct lint_result *result, bool *ret_end,
		  struct error *err)
{
	struct cursor c = cursor_make(data, size);
	uint32_t kind = cursor_le32(&c);
	const char *text;

	*ret_end = false;
	switch (kind) {
	case RECORD_IMAGE:
		decode_image(&c, arena, result);
		break;
	case RECORD_DIAGNOSTIC:
		decode_diagnostic(&c, arena, result);
		break;
	case RECORD_MORE:
		decode_more(&c, arena, result);
		break;
	case RECORD_OUTCOME:
		decode_outcome(&c, arena, result);
		break;
	case RECORD_REMARK:
		text = get_string(&c, arena);
		if (text)
			lint_result_remark(result, arena, text);
		break;
	case RECORD_NOTE:
		text = get_string(&c, arena);
		if (text)
			lint_result_note(result, arena, text);
		break;
	case RECORD_END:
		result->bytes_read = cursor_le64(&c);
		result->reads = cursor_le64(&c);
		*ret_end = true;
		break;
	default:
		c.failed = true;
	}
	if (!cursor_ok(&c) || cursor_left(&c))
		return error_set(err, EPROTO, "the reader sent a record that makes no sense (kind %u)", kind);
	return 0;
}

bool record_is(const void *data, size_t size, enum record_kind kind)
{
	struct cursor c = cursor_make(data, size);

	return cursor_le32(&c) == kind && cursor_ok(&c);
}

void record_encode_request(struct buffer *out, const struct record_request *request)
{
	buffer_le32(out, request->kind);
	buffer_le32(out, request->base);
	put_string(out, request->name);
}

bool record_decode_request(struct arena *arena, const void *data, size_t size, struct record_request *ret)
{
	struct cursor c = cursor_make(data, size);

	ret->kind = (enum record_kind)cursor_le32(&c);
	if (ret->kind != RECORD_SIBLING && ret->kind != RECORD_CONTAINER && ret->kind != RECORD_GUESTFS &&
	    ret->kind != RECORD_WAIT)
		return false;
	ret->base = cursor_le32(&c);
	ret->name = get_string(&c, arena);
	return cursor_ok(&c) && !cursor_left(&c) && ret->name;
}

void record_encode_reply(struct buffer *out, int status, unsigned number, const char *message)
{
	buffer_le32(out, RECORD_REPLY);
	buffer_le32(out, (uint32_t)status);
	buffer_le32(out, number);
	put_string(out, message);
}

int record_decode_reply(const void *data, size_t size, int *ret_status, unsigned *ret_number, struct error *ret_message,
			struct error *err)
{
	struct cursor c = cursor_make(data, size);
	uint32_t kind = cursor_le32(&c);
	const char *text;
	size_t length;

	*ret_status = (int)cursor_le32(&c);
	*ret_number = cursor_le32(&c);
	cursor_counted(&c, &text, &length);
	/* no errno is larger: the kernel's MAX_ERRNO */
	if (!cursor_ok(&c) || kind != RECORD_REPLY || *ret_status > 0 || *ret_status < -4095)
		return error_set(err, EPROTO, "the parent sent a reply that makes no sense");
	ret_message->message[0] = '\0';
	if (text)
		error_set(ret_message, -*ret_status, "%.*s", (int)length, text);
	return 0;
}
