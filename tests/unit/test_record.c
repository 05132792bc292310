/* SPDX-License-Identifier: MIT */
/* test_record: what a worker says arrives whole, and what no honest worker says is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/stream.h"
#include "process/channel.h"
#include "process/record.h"

struct pair {
	int fds[2];
};

static void open_pair(struct pair *pair)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair->fds), 0);
}

static void close_pair(struct pair *pair)
{
	close(pair->fds[0]);
	close(pair->fds[1]);
}

/* Everything that the other side has sent, until RECORD_END or the first refusal. */
static int receive_all(struct arena *arena, int fd, struct lint_result *result, struct error *err)
{
	char *data = arena_alloc(arena, LIMIT_RECORD_BYTES);

	for (;;) {
		long size = channel_receive(fd, data, LIMIT_RECORD_BYTES, NULL, stream_now() + 5000, err);
		bool end;
		int r;

		if (size <= 0)
			return -1;
		r = record_decode(arena, data, (size_t)size, result, &end, err);
		if (r < 0 || end)
			return r;
	}
}

static void a_result_arrives_whole(void **state)
{
	ARENA_AUTO arena = arena_new(16 * MiB);
	struct diagnostic_note note = { .text = "a note" };
	struct diagnostic d = { .rule = &rules[0],
				.severity = SEVERITY_WARNING,
				.effect = EFFECT_HYGIENE,
				.location = at_file_bytes(PARTITION_WHOLE_DISK, "/EFI/x", UINT64_MAX, 7),
				.message = "odd \x1b bytes",
				.help = "",
				.notes = &note };
	struct outcome o = { .rule = &rules[0], .kind = OUTCOME_NOT_EVALUATED, .severity = SEVERITY_ERROR, .reason = "why" };
	struct lint_result sent, got;
	struct pair pair;
	struct error err;

	(void)state;
	open_pair(&pair);
	d.location.volume = "vg/root";
	lint_result_init(&sent, "x");
	sent.format = "raw";
	sent.profile = "vmspec-2.0";
	sent.status = STATUS_PARTLY;
	sent.bytes_read = 1ULL << 40;
	lint_result_add(&sent, &d);
	lint_result_outcome(&sent, &o);
	lint_result_remark(&sent, arena, "remark");
	lint_result_note(&sent, arena, "read so");
	lint_result_note(&sent, arena, "and so");
	assert_int_equal(record_send_result(pair.fds[0], &sent, &err), 0);
	lint_result_init(&got, "x");
	assert_int_equal(receive_all(arena, pair.fds[1], &got, &err), 0);
	assert_string_equal(got.format, "raw");
	assert_null(got.architecture);
	assert_int_equal(got.status, STATUS_PARTLY);
	assert_int_equal(got.count[SEVERITY_WARNING], 1);
	assert_int_equal(got.not_evaluated, 1);
	assert_true(got.bytes_read == 1ULL << 40);
	assert_string_equal(got.remarks->text, "remark");
	assert_string_equal(got.notes->text, "read so");
	assert_string_equal(got.notes->next->text, "and so");
	assert_null(got.notes->next->next);
	assert_ptr_equal(got.diagnostics->rule, &rules[0]);
	assert_string_equal(got.diagnostics->message, d.message);
	assert_string_equal(got.diagnostics->help, "");
	assert_string_equal(got.diagnostics->notes->text, "a note");
	assert_int_equal(got.diagnostics->location.partition, PARTITION_WHOLE_DISK);
	assert_true(got.diagnostics->location.offset == UINT64_MAX);
	assert_string_equal(got.diagnostics->location.volume, "vg/root");
	close_pair(&pair);
}

static void long_strings_are_cut(void **state)
{
	ARENA_AUTO arena = arena_new(16 * MiB);
	char *long_text = arena_alloc(arena, 100001);
	struct diagnostic d = { .rule = &rules[0], .severity = SEVERITY_NOTE, .message = long_text };
	struct lint_result sent, got;
	struct pair pair;
	struct error err;

	(void)state;
	open_pair(&pair);
	memset(long_text, 'a', 100000);
	lint_result_init(&sent, "x");
	sent.profile = "vmspec-2.0";
	lint_result_add(&sent, &d);
	assert_int_equal(record_send_result(pair.fds[0], &sent, &err), 0);
	lint_result_init(&got, "x");
	assert_int_equal(receive_all(arena, pair.fds[1], &got, &err), 0);
	assert_true(strlen(got.diagnostics->message) < 10000);
	close_pair(&pair);
}

/* Is what comes that of a guest? */
static bool of_a_guest;

static int decode(const void *data, size_t size)
{
	ARENA_AUTO arena = arena_new(MiB);
	struct lint_result result;
	struct error err;
	bool end;

	lint_result_init(&result, "x");
	result.guest = of_a_guest;
	return record_decode(arena, data, size, &result, &end, &err);
}

static void nonsense_is_refused(void **state)
{
	BUFFER_AUTO b = buffer_make(LIMIT_RECORD_BYTES);

	(void)state;
	assert_true(decode("", 0) < 0);
	assert_true(decode("\x63\0\0\0", 4) < 0);
	/* an outcome of a rule that does not exist */
	buffer_le32(&b, RECORD_OUTCOME);
	buffer_le32(&b, (uint32_t)rules_count);
	buffer_le32(&b, OUTCOME_SKIPPED);
	buffer_le32(&b, SEVERITY_NOTE);
	buffer_counted(&b, "why");
	assert_true(decode(b.data, b.size) < 0);
	/* the same of one that does, with a byte behind it */
	buffer_clear(&b);
	buffer_le32(&b, RECORD_OUTCOME);
	buffer_le32(&b, 0);
	buffer_le32(&b, OUTCOME_SKIPPED);
	buffer_le32(&b, SEVERITY_NOTE);
	buffer_counted(&b, "why");
	assert_int_equal(decode(b.data, b.size), 0);
	buffer_char(&b, 0);
	assert_true(decode(b.data, b.size) < 0);
	/* a string that claims to be longer than its message */
	buffer_clear(&b);
	buffer_le32(&b, RECORD_REMARK);
	buffer_le32(&b, UINT32_MAX);
	buffer_string(&b, "short");
	assert_true(decode(b.data, b.size) < 0);
}

static int decode_outcome(uint32_t rule, uint32_t kind, uint32_t severity, const char *reason)
{
	BUFFER_AUTO b = buffer_make(LIMIT_RECORD_BYTES);

	buffer_le32(&b, RECORD_OUTCOME);
	buffer_le32(&b, rule);
	buffer_le32(&b, kind);
	buffer_le32(&b, severity);
	buffer_counted(&b, reason);
	return decode(b.data, b.size);
}

static void forged_outcomes(void **state)
{
	char *text = malloc(RECORD_NAME_MAXIMUM + 2);

	(void)state;
	memset(text, 'x', RECORD_NAME_MAXIMUM + 1);
	text[RECORD_NAME_MAXIMUM + 1] = 0;
	assert_int_equal(decode_outcome(0, OUTCOME_SKIPPED, SEVERITY_NOTE, "why"), 0);
	assert_int_equal(decode_outcome(0, OUTCOME_NOT_EVALUATED, SEVERITY_ERROR, text + 1), 0);
	assert_true(decode_outcome((uint32_t)rules_count, OUTCOME_SKIPPED, SEVERITY_NOTE, "why") < 0);
	assert_true(decode_outcome(0, OUTCOME_SKIPPED + OUTCOME_NOT_EVALUATED + 1, SEVERITY_NOTE, "why") < 0);
	assert_true(decode_outcome(0, UINT32_MAX, SEVERITY_NOTE, "why") < 0);
	assert_true(decode_outcome(0, OUTCOME_SKIPPED, 99, "why") < 0);
	assert_true(decode_outcome(0, OUTCOME_SKIPPED, UINT32_MAX, "why") < 0);
	assert_true(decode_outcome(0, OUTCOME_SKIPPED, SEVERITY_NOTE, NULL) < 0);
	/* longer than any string of an honest worker */
	assert_true(decode_outcome(0, OUTCOME_SKIPPED, SEVERITY_NOTE, text) < 0);
	free(text);
}

/* A diagnostic as no rule makes it, in one field each time. */
static int decode_diagnostic(uint32_t rule, uint32_t severity, uint32_t effect, uint32_t partition, uint32_t space,
			     const char *path, const char *message)
{
	BUFFER_AUTO b = buffer_make(LIMIT_RECORD_BYTES);
	const uint32_t head[] = { RECORD_DIAGNOSTIC, rule, severity, effect, partition, UINT32_MAX, UINT32_MAX, space };

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		buffer_le32(&b, head[i]);
	buffer_le64(&b, UINT64_MAX);
	buffer_le64(&b, UINT64_MAX);
	buffer_counted(&b, NULL);
	buffer_counted(&b, path);
	buffer_counted(&b, message);
	buffer_counted(&b, NULL);
	buffer_counted(&b, NULL);
	return decode(b.data, b.size);
}

static void forged_diagnostics(void **state)
{
	(void)state;
	assert_int_equal(decode_diagnostic(0, SEVERITY_ERROR, 0, 1, 0, "/x", "text"), 0);
	/* bytes that are no text are the reports' to escape */
	assert_int_equal(decode_diagnostic(0, SEVERITY_ERROR, 0, 1, 0, "/\xff\xfe", "\xc0\x80\x1b[2J"), 0);
	assert_true(decode_diagnostic(rules_count, SEVERITY_ERROR, 0, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(UINT32_MAX, SEVERITY_ERROR, 0, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_OFF, 0, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR + 1, 0, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, UINT32_MAX, 0, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, 99, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, UINT32_MAX, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, 0, LIMIT_GPT_ENTRIES + 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, 0, 0x80000000U, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, 0, 1, 99, "/x", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, 0, 1, UINT32_MAX, "/x", "text") < 0);
	/* another image's name in place of a path */
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, 0, 1, 0, "other.img: clean", "text") < 0);
	assert_true(decode_diagnostic(0, SEVERITY_ERROR, 0, 1, 0, "/x", NULL) < 0);
}

static void forged_diagnostics_of_a_guest(void **state)
{
	uint32_t of_guests = 0, of_images = 0;

	(void)state;
	while (rules[of_guests].subject != SUBJECT_GUEST)
		of_guests++;
	while (rules[of_images].subject == SUBJECT_GUEST)
		of_images++;
	assert_true(decode_diagnostic(of_guests, SEVERITY_ERROR, 0, 1, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(of_images, SEVERITY_ERROR, 0, 1, 0, "acpi/SPCR", "text") < 0);
	of_a_guest = true;
	assert_int_equal(decode_diagnostic(of_guests, SEVERITY_ERROR, 0, 0, 0, "acpi/SPCR", "text"), 0);
	assert_true(decode_diagnostic(of_guests, SEVERITY_ERROR, 0, 0, 0, "/x", "text") < 0);
	assert_true(decode_diagnostic(of_guests, SEVERITY_ERROR, 0, 0, 0, "", "text") < 0);
	assert_true(decode_diagnostic(of_images, SEVERITY_ERROR, 0, 0, 0, "acpi/SPCR", "text") < 0);
	of_a_guest = false;
}

static int decode_image(uint32_t status, uint32_t cloud_init, const char *format, const char *architecture, const char *error)
{
	BUFFER_AUTO b = buffer_make(LIMIT_RECORD_BYTES);
	const uint32_t head[] = { RECORD_IMAGE, status, 1, cloud_init, 1 };

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		buffer_le32(&b, head[i]);
	buffer_counted(&b, format);
	buffer_counted(&b, architecture);
	buffer_counted(&b, "a profile of the user's");
	buffer_counted(&b, error);
	buffer_counted(&b, NULL);
	return decode(b.data, b.size);
}

static void forged_images(void **state)
{
	(void)state;
	assert_int_equal(decode_image(STATUS_CHECKED, 0, "raw", "x86-64", NULL), 0);
	assert_int_equal(decode_image(STATUS_UNREADABLE, 0, NULL, NULL, "why"), 0);
	assert_true(decode_image(STATUS_UNREADABLE, 0, NULL, NULL, NULL) < 0);
	assert_true(decode_image(STATUS_UNREADABLE + 1, 0, "raw", NULL, "why") < 0);
	assert_true(decode_image(UINT32_MAX, 0, "raw", NULL, "why") < 0);
	assert_true(decode_image(STATUS_CHECKED, UINT32_MAX, "raw", NULL, NULL) < 0);
	assert_true(decode_image(STATUS_CHECKED, 0, "raw)\nother.img: clean", NULL, NULL) < 0);
	assert_true(decode_image(STATUS_CHECKED, 0, "", NULL, NULL) < 0);
	assert_true(decode_image(STATUS_CHECKED, 0, "raw", "\x1b[2J", NULL) < 0);
}

static void requests_and_replies(void **state)
{
	ARENA_AUTO arena = arena_new(MiB);
	BUFFER_AUTO b = buffer_make(LIMIT_RECORD_BYTES);
	struct record_request sent = { .kind = RECORD_SIBLING, .base = 3, .name = "base.qcow2" }, got;
	struct error err, message;
	unsigned number;
	int status;

	(void)state;
	record_encode_request(&b, &sent);
	assert_true(record_decode_request(arena, b.data, b.size, &got));
	assert_int_equal(got.base, 3);
	assert_string_equal(got.name, "base.qcow2");
	assert_false(record_decode_request(arena, b.data, b.size - 1, &got));
	for (sent.kind = RECORD_IMAGE; sent.kind <= RECORD_WAIT; sent.kind++) {
		bool request = sent.kind == RECORD_SIBLING || sent.kind == RECORD_CONTAINER ||
			       sent.kind == RECORD_GUESTFS || sent.kind == RECORD_WAIT;

		buffer_clear(&b);
		record_encode_request(&b, &sent);
		assert_int_equal(record_decode_request(arena, b.data, b.size, &got), request);
	}
	buffer_clear(&b);
	record_encode_reply(&b, -13, 2, "no");
	assert_int_equal(record_decode_reply(b.data, b.size, &status, &number, &message, &err), 0);
	assert_int_equal(status, -13);
	assert_int_equal(number, 2);
	assert_string_equal(message.message, "no");
	assert_true(record_decode_reply(b.data, 3, &status, &number, &message, &err) < 0);
}

/* What is too long or too much is cut, and says so. */
static void what_is_cut_says_so(void **state)
{
	ARENA_AUTO arena = arena_new(16 * MiB);
	struct diagnostic d = { .rule = &rules[0], .severity = SEVERITY_NOTE, .effect = EFFECT_HYGIENE };
	struct more more = { .rule = &rules[1], .count = { [SEVERITY_WARNING] = 7, [SEVERITY_ERROR] = 1 } };
	struct diagnostic_note **end = &d.notes;
	struct lint_result sent, got;
	struct pair pair;
	struct error err;
	unsigned notes = 0;
	char *message;

	(void)state;
	open_pair(&pair);
	message = arena_alloc(arena, 6001);
	for (int i = 0; i < 6000; i += 3)
		memcpy(message + i, "\xe2\x82\xac", 3);
	d.message = message;
	for (int i = 0; i < 40; i++) {
		*end = ARENA_NEW(arena, struct diagnostic_note);
		(*end)->text = arena_printf(arena, "%d", i);
		end = &(*end)->next;
	}
	lint_result_init(&sent, "x");
	sent.profile = "vmspec-2.0";
	lint_result_add(&sent, &d);
	lint_result_more(&sent, &more);
	assert_int_equal(record_send_result(pair.fds[0], &sent, &err), 0);
	lint_result_init(&got, "x");
	assert_int_equal(receive_all(arena, pair.fds[1], &got, &err), 0);
	assert_string_equal(got.diagnostics->message + strlen(got.diagnostics->message) - 12, "\xe2\x82\xac[... cut]");
	for (const struct diagnostic_note *n = got.diagnostics->notes; n; n = n->next) {
		if (!n->next)
			assert_string_equal(n->text, "and 25 more notes");
		notes++;
	}
	assert_int_equal(notes, 16);
	assert_ptr_equal(got.more->rule, &rules[1]);
	assert_null(got.more->next);
	assert_int_equal(got.count[SEVERITY_ERROR], 1);
	assert_int_equal(got.count[SEVERITY_WARNING], 7);
	assert_int_equal(got.count[SEVERITY_NOTE], 1);
	assert_int_equal(lint_result_exit(&got, SEVERITY_ERROR), 1);
	close_pair(&pair);
}

/* Numbers of findings that no honest worker sends: none, absurdly many, the same rule twice, no such rule. */
static void more_is_not_believed(void **state)
{
	static const uint32_t cases[][4] = { { 0, 0, 0, 0 }, { 0, UINT32_MAX, 0, 0 }, { 1, 1, 0, 0 }, { UINT32_MAX, 1, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ARENA_AUTO arena = arena_new(MiB);
		BUFFER_AUTO out = buffer_make(MiB);
		struct more more = { .rule = &rules[1], .count = { [SEVERITY_NOTE] = 1 } };
		struct lint_result result;
		struct error err;
		bool last;

		lint_result_init(&result, "x");
		lint_result_more(&result, &more);
		buffer_le32(&out, RECORD_MORE);
		for (int k = 0; k < 4; k++)
			buffer_le32(&out, cases[i][k]);
		assert_int_equal(record_decode(arena, out.data, out.size, &result, &last, &err), -EPROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_arrives_whole),
		cmocka_unit_test(long_strings_are_cut),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(forged_outcomes),
		cmocka_unit_test(forged_diagnostics),
		cmocka_unit_test(forged_diagnostics_of_a_guest),
		cmocka_unit_test(forged_images),
		cmocka_unit_test(requests_and_replies),
		cmocka_unit_test(what_is_cut_says_so),
		cmocka_unit_test(more_is_not_believed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
