/* SPDX-License-Identifier: MIT */
/* rules: the table of rules: those of the files in rules/, then one for each row of a profile. */
#ifndef LINT_RULES_H
#define LINT_RULES_H

#include "lint/profile.h"
#include "lint/rule.h"

/* Makes rules of the rows of these profiles, one for each id: what it says of itself is what the first profile says that has it.
 * They stand behind all others.  The table is the same in every process that is forked from here on. */
int rules_add_rows(struct arena *arena, const struct profile *list, struct error *err);

/* Back to the rules of files alone. */
void rules_forget_rows(void);

/* Does the rule come from profiles' rows? */
bool rule_is_driver(const struct rule *rule);

/* What a rule's documentation says: of one that comes from rows what they ask for, by profile.  May live in the arena. */
const char *rule_text(struct arena *arena, const struct rule *rule);

#endif
