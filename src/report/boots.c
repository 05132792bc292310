/* SPDX-License-Identifier: MIT */
/* boots: see the header. */
#include "report/boots.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* So many different lines are kept; the others are printed when they come. */
#define KEPT 512
/* Boots that a line is known to be of: more are not planned. */
#define BOOTS 64

struct kept {
	struct kept *next;
	char *name;	/* of the first boot that it is of */
	char *before, *text;
	enum boots_kind kind;
	uint64_t boots; /* bit 0: the first */
};

struct boots {
	struct kept *first, **end;
	unsigned count, number; /* lines; boots that have ended, the one at hand among them */
};

void boots_begin(struct report *report, const struct lint_result *result)
{
	if (!result->boot || report->options->boots < 2)
		return;
	if (!report->kept) {
		report->kept = calloc(1, sizeof(*report->kept));
		if (!report->kept)
			return;
		report->kept->end = &report->kept->first;
	}
	report->kept->number++;
}

/* One that is not of the boot at hand yet: what one boot says twice are two findings. */
static struct kept *find(const struct boots *boots, enum boots_kind kind, const struct buffer *text, uint64_t boot)
{
	for (struct kept *k = boots->first; k; k = k->next) {
		if (k->kind == kind && !(k->boots & boot) && !strcmp(k->text, text->data))
			return k;
	}
	return NULL;
}

static void release(struct kept *kept)
{
	if (!kept)
		return;
	free(kept->name);
	free(kept->before);
	free(kept->text);
	free(kept);
}

static struct kept *add(struct boots *boots, enum boots_kind kind, const char *name, const char *before, const char *text)
{
	struct kept *kept = boots->count < KEPT ? calloc(1, sizeof(*kept)) : NULL;

	if (!kept)
		return NULL;
	*kept = (struct kept){ .name = strdup(name), .before = strdup(before), .text = strdup(text), .kind = kind };
	if (!kept->name || !kept->before || !kept->text) {
		release(kept);
		return NULL;
	}
	boots->count++;
	*boots->end = kept;
	boots->end = &kept->next;
	return kept;
}

bool boots_keep(struct report *report, const struct lint_result *result, enum boots_kind kind, const char *before,
		const struct buffer *text)
{
	struct boots *boots = report->kept;
	struct kept *kept;
	uint64_t boot;

	/* what came of a boot that did not come to its end belongs to the words on that */
	if (!boots || !result->boot || result->status != STATUS_CHECKED || boots->number > BOOTS)
		return false;
	if (!text->data || text->overflowed)
		return false;
	boot = UINT64_C(1) << (boots->number - 1);
	kept = find(boots, kind, text, boot);
	if (!kept)
		kept = add(boots, kind, result->name ? result->name : result->image, before, text->data);
	if (!kept)
		return false;
	kept->boots |= boot;
	return true;
}

/* "boots 1, 3 and 4 of 5" */
static void append_boots(struct buffer *out, uint64_t which, unsigned number)
{
	unsigned left = (unsigned)__builtin_popcountll(which);

	if (left == number) {
		buffer_printf(out, number == 2 ? "in both boots" : "in all %u boots", number);
		return;
	}
	buffer_string(out, "in boots ");
	for (unsigned i = 0; i < BOOTS; i++) {
		if (which >> i & 1) {
			left--;
			buffer_printf(out, "%u%s", i + 1, left > 1 ? ", " : left ? " and " : "");
		}
	}
	buffer_printf(out, " of %u", number);
}

static void print(const struct report *report, const struct kept *kept)
{
	BUFFER_AUTO line = buffer_make(REPORT_LINE_BYTES);
	bool one = !(kept->boots & (kept->boots - 1));

	buffer_string(&line, kept->before);
	/* what several have is nobody's name alone: guest[gic=3,pci] */
	if (!one)
		kept->name[strcspn(kept->name, "[")] = '\0';
	text_escape_name(&line, kept->name);
	buffer_string(&line, kept->text);
	if (!one && (kept->kind == BOOTS_FINDING || (unsigned)__builtin_popcountll(kept->boots) < report->kept->number)) {
		buffer_string(&line, "    note: ");
		append_boots(&line, kept->boots, report->kept->number);
		buffer_char(&line, '\n');
	}
	report_put(report, &line);
}

void boots_end(struct report *report)
{
	if (!report->kept)
		return;
	for (enum boots_kind kind = BOOTS_FINDING; kind <= BOOTS_NOTE; kind++) {
		for (const struct kept *k = report->kept->first; k; k = k->next) {
			if (k->kind == kind)
				print(report, k);
		}
	}
	while (report->kept->first) {
		struct kept *next = report->kept->first->next;

		release(report->kept->first);
		report->kept->first = next;
	}
	free(report->kept);
	report->kept = NULL;
}
