/* SPDX-License-Identifier: MIT */
/* vmspec: the names by which Linaro's vmspec-tools reported, one `NAME: PASS` or `NAME: FAIL` a line.
 *
 * Findings of warning and error count.  `NAME: SKIP` with a reason is what could not be looked at, or of a machine what nobody
 * was there to look at, which that tool did not know; a name that does not apply, or whose rules were not asked for, has no line.
 * An image or a record that cannot be read at all fails, as with that tool: scripts that look for FAIL would let it pass
 * otherwise.  One set of lines is for all boots of an image and what was read of it: a name fails if it fails in one of them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "report/report.h"

/* A name and the rules that stand behind it. */
static const struct {
	const char *name;
	const char *rules[7];
} names[] = {
	{ "VMSPEC-IMAGE-GPT",
	  { "gpt-missing", "gpt-sector-size", "gpt-protective-mbr", "gpt-partition-overlap", "gpt-partition-range" } },
	{ "VMSPEC-IMAGE-ESP", { "esp-missing", "esp-type-guid" } },
	{ "VMSPEC-IMAGE-BOOTAA64",
	  { "efi-boot-missing", "efi-boot-not-pe", "pe-machine", "pe-subsystem", "pe-truncated", "pe-layout" } },
	{ "VMSPEC-EFI", { "guest-efi" } },
	{ "VMSPEC-EFI-DTB", { "guest-devicetree", "guest-devicetree-stub" } },
	{ "VMSPEC-EFI-ACPI", { "guest-acpi" } },
	{ "VMSPEC-OS-EFI", { "guest-efi" } },
	{ "VMSPEC-OS-EFI-RTC", { "guest-rtc-efi", "guest-rtc-ticking" } },
	{ "VMSPEC-OS-ACPI", { "guest-acpi-root", "guest-acpi-missing", "guest-acpi-corrupt", "guest-acpi-checksum" } },
	{ "VMSPEC-OS-SBSA-UART", { "guest-uart" } },
	{ "VMSPEC-EFIVARIABLE", { "guest-variables" } },
	{ "VMSPEC-EFIVARIABLE-WRITE", { "guest-variables-runtime" } },
	{ "VMSPEC-EFIVARIABLE-READ", { "guest-variables-persist" } },
	/* by no rule, but by whether a boot came to its end */
	{ "VMSPEC-BOOT-DEFAULT", { NULL } },
	{ "VMSPEC-BOOT-GICv3", { NULL } },
	{ "VMSPEC-BOOT-2ND", { NULL } },
};

enum { NAMES = sizeof(names) / sizeof(*names), BOOT_DEFAULT = NAMES - 3, BOOT_GICV3, BOOT_2ND };
_Static_assert(NAMES <= REPORT_NAMES, "a report has a verdict for each name");

/* That firmware need not let a running system write variables is a note, and that it did not is what this name asks. */
static enum severity least(const char *name)
{
	return strcmp(name, "VMSPEC-EFIVARIABLE-WRITE") ? SEVERITY_WARNING : SEVERITY_NOTE;
}

static bool found(const struct lint_result *result, const struct rule *rule, enum severity at_least)
{
	for (const struct diagnostic *d = result->diagnostics; d; d = d->next) {
		if (d->rule == rule && d->severity >= at_least)
			return true;
	}
	return lint_result_more_of(result, rule, at_least) > 0;
}

/* Has a rule that this one comes after, however far before, found something? */
static bool follows_finding(const struct lint_result *result, const struct rule *rule)
{
	for (const unsigned short *a = rule->after; *a != RULES_END; a++) {
		if (found(result, &rules[*a], SEVERITY_WARNING) || follows_finding(result, &rules[*a]))
			return true;
	}
	return false;
}

static enum report_verdict judge(const struct report *report, const struct lint_result *result, const struct rule *rule,
				 enum severity at_least, const char **ret_reason)
{
	enum report_verdict verdict = VERDICT_PASS;

	if (!rule || (rule->subject == SUBJECT_GUEST) != result->guest ||
	    (report->options->selected && !report->options->selected[rule - rules]))
		return VERDICT_NONE;
	/* whether a machine could be started is said by other names */
	if (result->status == STATUS_UNREADABLE)
		return result->boot ? VERDICT_NONE : VERDICT_FAIL;
	if (found(result, rule, at_least))
		return VERDICT_FAIL;
	for (const struct outcome *o = result->outcomes; o; o = o->next) {
		if (o->rule != rule)
			continue;
		if (o->kind == OUTCOME_NOT_EVALUATED) {
			*ret_reason = o->reason;
			return VERDICT_SKIP;
		}
		if (follows_finding(result, rule)) {
			verdict = VERDICT_FAIL;
		} else {
			*ret_reason = o->reason;
			verdict = result->guest ? VERDICT_LEFT : VERDICT_NONE;
		}
	}
	return verdict;
}

/* Is it a name of Arm's machines alone, and that another? */
static bool of_others(const char *name, const struct lint_result *result)
{
	if (strcmp(name, "VMSPEC-EFI-DTB") != 0 && strcmp(name, "VMSPEC-OS-SBSA-UART") != 0)
		return false;
	return result->guest && result->architecture && strcmp(result->architecture, "aarch64") != 0 &&
	       strcmp(result->architecture, "arm") != 0;
}

/* The worse of two is what counts; they are in that order. */
static void add(struct report *report, int name, enum report_verdict verdict, const char *reason)
{
	if (verdict <= report->verdicts[name])
		return;
	report->verdicts[name] = verdict;
	free(report->reasons[name]);
	report->reasons[name] = reason ? strdup(reason) : NULL;
}

static void flush(struct report *report, bool heading)
{
	static const char *const words[] = { [VERDICT_LEFT] = "SKIP", [VERDICT_PASS] = "PASS",
					    [VERDICT_SKIP] = "SKIP", [VERDICT_FAIL] = "FAIL" };
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);
	bool any = false;

	for (int i = 0; i < NAMES; i++)
		any = any || report->verdicts[i] != VERDICT_NONE;
	if (heading && any) {
		buffer_string(&line, "# ");
		text_escape_name(&line, report->of ? report->of : "");
		buffer_char(&line, '\n');
		report_put(report, &line);
	}
	for (int i = 0; i < NAMES; i++) {
		if (report->verdicts[i] == VERDICT_NONE)
			continue;
		buffer_printf(&line, "%s: %s", names[i].name, words[report->verdicts[i]]);
		if (report->verdicts[i] == VERDICT_SKIP || report->verdicts[i] == VERDICT_LEFT) {
			buffer_string(&line, " (");
			text_escape(&line, report->reasons[i] ? report->reasons[i] : "");
			buffer_char(&line, ')');
		}
		buffer_char(&line, '\n');
		report_put(report, &line);
		report->verdicts[i] = VERDICT_NONE;
		free(report->reasons[i]);
		report->reasons[i] = NULL;
	}
}

static void boots(struct report *report, const struct lint_result *result)
{
	bool first = report->verdicts[BOOT_DEFAULT] == VERDICT_NONE;

	if (first)
		add(report, BOOT_DEFAULT, result->boots_done ? VERDICT_PASS : VERDICT_FAIL, NULL);
	if (strstr(result->boot, "gic=3"))
		add(report, BOOT_GICV3, result->boots_done ? VERDICT_PASS : VERDICT_FAIL, NULL);
	/* one more process of the hypervisor, or one more machine */
	if (result->boots > 1 && result->boots_done)
		add(report, BOOT_2ND, result->boots_done == result->boots ? VERDICT_PASS : VERDICT_FAIL, NULL);
	else if (!first)
		add(report, BOOT_2ND, result->boots_done ? VERDICT_PASS : VERDICT_FAIL, NULL);
}

static void vmspec_begin(struct report *report)
{
	(void)report;
}

static void vmspec_image(struct report *report, const struct lint_result *result)
{
	bool other = report->images && !(report->of && strcmp(report->of, result->image) == 0);

	if (other)
		flush(report, true);
	report->several = report->several || other;
	report_count(report, result);
	free(report->of);
	report->of = strdup(result->image);
	if (result->error) {
		BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);

		buffer_string(&line, "# ");
		text_escape_name(&line, result->name ? result->name : result->image);
		buffer_string(&line, result->status == STATUS_UNREADABLE ? ": could not check: " : ": could not check further: ");
		text_escape(&line, result->error);
		buffer_char(&line, '\n');
		report_put(report, &line);
	}
	for (int i = 0; i < NAMES; i++) {
		for (int j = 0; names[i].rules[j] && !of_others(names[i].name, result); j++) {
			const char *reason = NULL;
			enum report_verdict verdict = judge(report, result, rule_find(names[i].rules[j]), least(names[i].name),
							    &reason);

			add(report, i, verdict, reason);
		}
	}
	if (result->boot)
		boots(report, result);
	if (result->unbooted)
		add(report, BOOT_DEFAULT, VERDICT_SKIP, result->unbooted);
}

static void vmspec_end(struct report *report)
{
	flush(report, report->several);
	free(report->of);
	report->of = NULL;
}

const struct report_format report_vmspec = { "vmspec", vmspec_begin, vmspec_image, vmspec_end };
