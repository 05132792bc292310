/* SPDX-License-Identifier: MIT */
/* lint-record: the rules on guests over the record of one, as text.  Not where that is done: a worker of src/process does it for
 * vmlint, and vmlint-guest, which tells of its own machine, does it itself. */
#include "base/arena.h"
#include "guest/machine.h"
#include "guest/record.h"
#include "lint/lint.h"

void lint_record(struct arena *arena, const char *text, size_t size, const struct lint_options *options,
		 struct lint_result *result)
{
	const struct guest *guest;
	struct error err;

	if (guest_read(arena, text, size, &guest, &err) < 0) {
		result->status = STATUS_UNREADABLE;
		result->error = arena_strdup(arena, err.message);
		return;
	}
	if (guest->strange)
		lint_result_note(result, arena,
				 arena_printf(arena,
					      "%u lines of the record make no sense and were left out, the first is line %u",
					      guest->strange, guest->strange_line));
	if (guest->damaged)
		lint_result_note(result, arena,
				 arena_printf(arena,
					      "data of %u facts is not as it was sent and was left out, the first is line %u",
					      guest->damaged, guest->damaged_line));
	lint_guest(arena, machine_read(arena, guest), options, result);
}
