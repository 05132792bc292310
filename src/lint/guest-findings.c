/* SPDX-License-Identifier: MIT */
/* guest-findings: see the header. */
#include "lint/guest-findings.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

bool guest_of_image(const struct machine *machine)
{
	return guest_find(machine->guest, "host-machine", "system", "image");
}

void guest_unknown(struct check *check, const char *reason)
{
	/* why it does not hold that */
	if (check->machine->incomplete)
		reason = check->machine->incomplete;
	if (check->machine->trouble)
		superseded(check, "guest-boot", reason);
	else if (check->machine->incomplete)
		not_evaluated(check, NULL, "%s", reason);
	else if (guest_of_image(check->machine))
		/* its own boot loader was started, and a kernel of a distribution does not let memory be read */
		not_applicable(check, "the image started its own system: %s", reason);
	else
		not_evaluated(check, NULL, "%s", reason);
}

void guest_unprobed(struct check *check, const char *reason)
{
	const struct guest *guest = check->machine->guest;

	/* a system that was started in its own way, not the appliance */
	if (!check->machine->trouble && guest_find(guest, "probe-unread", "reason", "no-probe"))
		not_applicable(check, "%s", reason);
	else
		guest_unknown(check, reason);
}

static void lacks(struct check *check, const char *reason)
{
	if (check->machine->trouble)
		superseded(check, "guest-boot", reason);
	else
		not_evaluated(check, NULL, "%s", reason);
}

bool guest_incomplete(struct check *check)
{
	if (check->machine->incomplete)
		lacks(check, check->machine->incomplete);
	return check->machine->incomplete != NULL;
}

bool guest_disobeyed(struct check *check, const char *command)
{
	const struct guest *guest = check->machine->guest;
	size_t length = strlen(command);

	for (const struct fact *f = guest_next(guest, NULL, "done"); f; f = guest_next(guest, f, "done")) {
		const char *given = fact_text(f, "command");

		if (!given || strncmp(given, command, length) || (given[length] && given[length] != ' '))
			continue;
		if (machine_differs(f, "known", "yes"))
			guest_unknown(check, arena_printf(check->arena, "the guest does not know the command \"%s\"", given));
		else
			guest_unknown(check, arena_printf(check->arena, "the guest has not told what came of \"%s\"", given));
		return true;
	}
	return false;
}

enum machine_have guest_table(struct check *check, const char *signature)
{
	enum machine_have have = machine_has_table(check->machine, signature);
	const char *reason = check->machine->incomplete_tables;

	if (have == MACHINE_UNREADABLE)
		lacks(check, reason ? reason : arena_printf(check->arena, "table %s could not be read", signature));
	return have;
}

static void print_claim(struct buffer *text, const char *before, enum guest_number number, const struct guest_claim *claim)
{
	if (number == GUEST_HEXADECIMAL)
		buffer_printf(text, "%s%#llx by %s", before, (unsigned long long)claim->value, claim->who);
	else
		buffer_printf(text, "%s%llu by %s", before, (unsigned long long)claim->value, claim->who);
}

static uint32_t agree(const struct guest_claim *claims, uint32_t count, uint64_t value)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += claims[i].value == value;
	return n;
}

void guest_compare(struct check *check, const char *what, enum guest_number number, const struct guest_claim *claims,
		   uint32_t count)
{
	uint32_t odd = 0, fewest;
	BUFFER_AUTO text = buffer_make(1024);

	if (count < 2 || agree(claims, count, claims[0].value) == count)
		return;
	fewest = agree(claims, count, claims[0].value);
	for (uint32_t i = 1; i < count; i++) {
		uint32_t n = agree(claims, count, claims[i].value);

		if (n < fewest) {
			fewest = n;
			odd = i;
		}
	}
	print_claim(&text, "", number, &claims[odd]);
	for (uint32_t i = 0; i < count; i++) {
		if (claims[i].value != claims[odd].value)
			print_claim(&text, ", ", number, &claims[i]);
	}
	finding(check, claims[odd].where, "%s is %s", what, text.data ? text.data : "told in several ways");
}

struct location at_acpi(struct check *check, const char *signature, uint32_t offset, uint32_t length)
{
	return (struct location){
		.path = arena_printf(check->arena, "acpi/%s", signature),
		.space = SPACE_FILE,
		.offset = offset,
		.length = length,
	};
}

bool guest_not_arm(struct check *check)
{
	if (check->machine->architecture == MACHINE_AARCH64)
		return false;
	if (check->machine->architecture == MACHINE_UNKNOWN)
		guest_unknown(check, "the record does not say what machine it is of");
	else
		not_applicable(check, "the machine is not an Arm one");
	return true;
}

bool guest_without_acpi(struct check *check)
{
	if (check->machine->have_acpi == MACHINE_HAVE)
		return false;
	if (check->machine->have_acpi == MACHINE_ABSENT)
		not_applicable(check, "the machine has no ACPI");
	else if (check->machine->acpi_entry == MACHINE_HAVE && guest_tree(check->machine))
		guest_unprobed(check, "Linux runs by the device tree, and shows no tables of ACPI");
	else
		guest_unknown(check, "the record holds no tables of ACPI");
	return true;
}

bool guest_without_tree(struct check *check)
{
	if (check->machine->have_tree == MACHINE_HAVE)
		return false;
	if (check->machine->have_tree == MACHINE_ABSENT)
		not_applicable(check, "the machine has no device tree");
	else
		guest_unknown(check, "the record does not hold the device tree");
	return true;
}

const struct tree *guest_tree(const struct machine *machine)
{
	const struct tree *tree = machine->tree;

	return tree && !tree->wrong && tree_at(tree, "/cpus") ? tree : NULL;
}

bool guest_tree_is_empty(const struct machine *machine)
{
	const struct tree *tree = machine->tree;

	/* the root, and the /chosen of who starts Linux */
	return tree && !tree->wrong && (tree->count == 1 || (tree->count == 2 && tree_at(tree, "/chosen")));
}

bool guest_tree_of_loader(struct check *check)
{
	const struct machine *m = check->machine;

	if (m->tree_entry != MACHINE_HAVE || guest_tree(m) || guest_tree_is_empty(m) || !guest_of_image(m))
		return false;
	not_applicable(check, "the image started its own boot loader, and that may have put the device tree there");
	return true;
}

bool guest_undescribed(struct check *check)
{
	const struct machine *m = check->machine;

	if (m->have_acpi == MACHINE_HAVE || guest_tree(m))
		return false;
	if (m->have_acpi == MACHINE_ABSENT && m->have_tree != MACHINE_UNREADABLE)
		not_applicable(check, "neither ACPI nor a device tree describes the machine");
	else
		guest_unknown(check, "the record holds neither tables of ACPI nor a device tree");
	return true;
}

const char *efi_status_name(struct arena *arena, uint64_t status)
{
	static const char *const names[] = {
		[1] = "load error", [2] = "invalid parameter", [3] = "unsupported", [5] = "buffer too small", [6] = "not ready",
		[7] = "device error", [8] = "write protected", [9] = "out of resources", [14] = "not found",
		[15] = "access denied", [26] = "security violation",
	};
	uint64_t code = status & ~(UINT64_C(1) << 63);

	if (!status)
		return "success";
	if (status >> 63 && code < sizeof(names) / sizeof(*names) && names[code])
		return names[code];
	return arena_printf(arena, "EFI status %#llx", (unsigned long long)status);
}
