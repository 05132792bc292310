/* SPDX-License-Identifier: MIT */
/* judge: the rules on guests over one record, and what `vmlint guest` is called with. */
#include "command/judge.h"

#include "guest/machine.h"

const char guest_usage[] =
	"Usage: vmlint guest [--try] [OPTION...]\n"
	"       vmlint guest --record [--try]\n"
	"       vmlint guest --judge [OPTION...] RECORD...\n"
	"\n"
	"Inside a guest, says what is wrong with the machine that this runs on.  --record writes down what the machine shows\n"
	"of itself instead, and --judge, anywhere, judges such records.  --try also tries the clock, processors, variables\n"
	"and 32-bit programs, and puts back what it changed: for root, in a machine that serves nobody.  Root sees more than\n"
	"others do.\n"
	"\n"
	"Options of what judges, as those of lint:\n"
	"  --select=RULES   report these rules only; comma-separated ids, * is a wildcard\n"
	"  --ignore=RULES   do not report these rules\n"
	"  --severity=RULE=LEVEL, --profile=NAME   how much they count\n"
	"  --format=FORMAT  text (default), json or vmspec\n"
	"  --color=WHEN     auto (default), always or never\n"
	"@"
	"  -q, --quiet      only what counts for the exit status\n"
	"  -v, --verbose    also skipped rules\n"
	"  --fail-on=LEVEL  the least severity that makes the exit status 1: error (default), warning or note\n"
	"  --exit-zero      exit with 0 although there are findings\n"
	"\n"
	"Exit status: 0 clean; 1 findings at or above --fail-on; 2 the call was wrong, a record could not be read, or a\n"
	"rule at or above --fail-on could not be evaluated.\n";

const char *judge_record(struct arena *arena, const char *text, size_t size, const struct lint_options *lint,
			 struct lint_result *result)
{
	const struct guest *guest;
	struct error err;

	if (guest_read(arena, text, size, &guest, &err) < 0)
		return arena_strdup(arena, err.message);
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
	lint_guest(arena, machine_read(arena, guest), lint, result);
	return NULL;
}
