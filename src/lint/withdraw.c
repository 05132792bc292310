/* SPDX-License-Identifier: MIT */
/* withdraw: what is left of a result when reads of the image failed; apart, since guests are judged without any image. */
#include <inttypes.h>

#include "base/arena.h"
#include "block/view.h"
#include "lint/lint.h"

void lint_result_withdraw(struct lint_result *result, struct arena *arena)
{
	uint64_t more = view_statistics.failures - 1;

	if (!view_statistics.failures)
		return;
	lint_result_init(result, result->image);
	result->status = STATUS_UNREADABLE;
	result->error = view_statistics.first_failure.message;
	if (more)
		result->error = arena_printf(arena, "%s, and %" PRIu64 " more read%s failed", result->error, more,
					     more == 1 ? "" : "s");
}
