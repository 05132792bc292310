/* SPDX-License-Identifier: MIT */
/* grub_test: the commands test and [ (grub-core/commands/test.c), with a third truth value for what is not known. */
#include <stdlib.h>
#include <string.h>

#include "boot/grub_vm.h"

enum truth { NO, YES, MAYBE };

struct tester {
	struct grub_vm *vm;
	const struct boot_text *args;
	size_t count, position;
	const char *reason; /* of the first MAYBE */
	unsigned int depth;
};

struct expression {
	enum truth all; /* of what is joined by -a since the last -o */
	enum truth any; /* of what came before */
	bool invert;
};

static enum truth not_(enum truth a)
{
	return a == MAYBE ? MAYBE : a == YES ? NO : YES;
}

static enum truth and_(enum truth a, enum truth b)
{
	return a == NO || b == NO ? NO : a == MAYBE || b == MAYBE ? MAYBE : YES;
}

static enum truth or_(enum truth a, enum truth b)
{
	return not_(and_(not_(a), not_(b)));
}

static void update(struct expression *e, enum truth value)
{
	e->all = and_(e->all, e->invert ? not_(value) : value);
	e->invert = false;
}

static enum truth maybe(struct tester *t, const char *reason)
{
	if (!t->reason)
		t->reason = reason;
	return MAYBE;
}

static enum truth truth(bool value)
{
	return value ? YES : NO;
}

/* grub_strtoul with the sign that test adds. */
static long long number(const char *text)
{
	return strtoll(text, NULL, 0);
}

/* The numbers behind what both have in common, as -pgt and -plt compare: vmlinuz-2 and vmlinuz-11. */
static void prefixed(const char *a, const char *b, unsigned long *ret_a, unsigned long *ret_b)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	while (i > 0 && a[i - 1] >= '0' && a[i - 1] <= '9')
		i--;
	*ret_a = strtoul(a + i, NULL, 0);
	*ret_b = strtoul(b + i, NULL, 0);
}

static enum truth file_test(struct tester *t, char kind, const struct boot_text *text)
{
	enum fs_type type = FS_OTHER;
	struct grub_file file;
	uint64_t size = 0;

	grub_find(t->vm, text, &file, &type, &size);
	if (file.found == GRUB_NOT_KNOWN)
		return maybe(t, file.reason);
	if (file.found == GRUB_MISSING)
		return NO;
	switch (kind) {
	case 'd':
		return truth(type == FS_DIRECTORY);
	case 'f':
		return truth(type != FS_DIRECTORY);
	case 's':
		return truth(type == FS_FILE && size != 0);
	default:
		return YES;
	}
}

/* The operators between two words; false when it is none. */
static bool binary(struct tester *t, const struct boot_text *a, const char *op, const struct boot_text *b,
		   enum truth *ret)
{
	static const char *const known[] = { "=", "==", "!=", "<", "<=", ">", ">=", "-eq", "-ge", "-gt",
					     "-le", "-lt", "-ne", "-pgt", "-plt" };
	unsigned long pa, pb;
	bool found = false;
	int c;

	if (!strncmp(op, "-nt", 3) || !strncmp(op, "-ot", 3)) {
		struct grub_file file_a, file_b;
		enum fs_type type;

		grub_find(t->vm, a, &file_a, &type, NULL);
		grub_find(t->vm, b, &file_b, &type, NULL);
		if (file_a.found == GRUB_MISSING && file_b.found == GRUB_MISSING)
			*ret = NO;
		else if (file_a.found == GRUB_FOUND && file_b.found == GRUB_MISSING)
			*ret = truth(op[1] == 'n');
		else if (file_a.found == GRUB_MISSING && file_b.found == GRUB_FOUND)
			*ret = truth(op[1] == 'o');
		else
			*ret = maybe(t, "the times of files are not compared");
		return true;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		found |= !strcmp(op, known[i]);
	if (!found)
		return false;
	if (a->unknown || b->unknown) {
		*ret = maybe(t, a->unknown ? a->unknown : b->unknown);
		return true;
	}
	c = strcmp(a->text, b->text);
	prefixed(a->text, b->text, &pa, &pb);
	if (!strcmp(op, "=") || !strcmp(op, "=="))
		*ret = truth(c == 0);
	else if (!strcmp(op, "!="))
		*ret = truth(c != 0);
	else if (!strcmp(op, "<"))
		*ret = truth(c < 0);
	else if (!strcmp(op, "<="))
		*ret = truth(c <= 0);
	else if (!strcmp(op, ">"))
		*ret = truth(c > 0);
	else if (!strcmp(op, ">="))
		*ret = truth(c >= 0);
	else if (!strcmp(op, "-eq"))
		*ret = truth(number(a->text) == number(b->text));
	else if (!strcmp(op, "-ge"))
		*ret = truth(number(a->text) >= number(b->text));
	else if (!strcmp(op, "-gt"))
		*ret = truth(number(a->text) > number(b->text));
	else if (!strcmp(op, "-le"))
		*ret = truth(number(a->text) <= number(b->text));
	else if (!strcmp(op, "-lt"))
		*ret = truth(number(a->text) < number(b->text));
	else if (!strcmp(op, "-ne"))
		*ret = truth(number(a->text) != number(b->text));
	else if (!strcmp(op, "-pgt"))
		*ret = truth(pa > pb);
	else
		*ret = truth(pa < pb);
	return true;
}

static bool unary(struct tester *t, const char *op, const struct boot_text *a, enum truth *ret)
{
	if (op[0] != '-' || !op[1] || op[2] || !strchr("defsnz", op[1]))
		return false;
	if (op[1] != 'n' && op[1] != 'z')
		*ret = file_test(t, op[1], a);
	else if (a->unknown)
		*ret = maybe(t, a->unknown);
	else
		*ret = truth((a->length != 0) == (op[1] == 'n'));
	return true;
}

static enum truth parse(struct tester *t)
{
	struct expression e = { .all = YES, .any = NO };

	t->depth++;
	while (t->position < t->count && t->depth <= LIMIT_GRUB_NESTING && !t->vm->s->stop) {
		const struct boot_text *arg = &t->args[t->position];
		size_t left = t->count - t->position;
		enum truth value;

		if (left > 2 && binary(t, arg, arg[1].text, &arg[2], &value)) {
			update(&e, value);
			t->position += 3;
		} else if (left > 1 && unary(t, arg->text, &arg[1], &value)) {
			update(&e, value);
			t->position += 2;
		} else if (!strcmp(arg->text, ")") && !arg->unknown) {
			t->position++;
			break;
		} else if (!strcmp(arg->text, "(")) {
			t->position++;
			update(&e, parse(t));
		} else if (!strcmp(arg->text, "!")) {
			e.invert = !e.invert;
			t->position++;
		} else if (!strcmp(arg->text, "-a")) {
			t->position++;
		} else if (!strcmp(arg->text, "-o")) {
			e.any = or_(e.any, e.all);
			e.all = YES;
			t->position++;
		} else {
			update(&e, arg->unknown ? maybe(t, arg->unknown) : truth(arg->length != 0));
			t->position++;
		}
	}
	t->depth--;
	return or_(e.any, e.all);
}

struct grub_status grub_cmd_test(struct grub_vm *vm, const struct grub_call *call)
{
	struct tester t = { .vm = vm, .args = call->args, .count = call->count };

	if (t.count && !strcmp(t.args[t.count - 1].text, "]"))
		t.count--;
	switch (parse(&t)) {
	case YES:
		return grub_ok();
	case NO:
		return grub_failed();
	default:
		return grub_not_known(vm, call->place, t.reason);
	}
}
