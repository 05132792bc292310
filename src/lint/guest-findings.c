/* SPDX-License-Identifier: MIT */
/* guest-findings: see the header. */
#include "lint/guest-findings.h"

#include "base/arena.h"

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
	if (check->machine->architecture == MACHINE_OTHER)
		not_evaluated(check, NULL, "the record does not say what machine it is of");
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
	else
		not_evaluated(check, NULL, "the record holds no tables of ACPI");
	return true;
}

bool guest_without_tree(struct check *check)
{
	if (check->machine->have_tree == MACHINE_HAVE)
		return false;
	if (check->machine->have_tree == MACHINE_ABSENT)
		not_applicable(check, "the machine has no device tree");
	else
		not_evaluated(check, NULL, "the record does not hold the device tree");
	return true;
}

const struct tree *guest_tree(const struct machine *machine)
{
	const struct tree *tree = machine->tree;

	return tree && !tree->wrong && tree_at(tree, "/cpus") ? tree : NULL;
}

bool guest_undescribed(struct check *check)
{
	const struct machine *m = check->machine;

	if (m->have_acpi == MACHINE_HAVE || guest_tree(m))
		return false;
	if (m->have_acpi == MACHINE_ABSENT && m->have_tree != MACHINE_UNREADABLE)
		not_applicable(check, "neither ACPI nor a device tree describes the machine");
	else
		not_evaluated(check, NULL, "the record holds neither tables of ACPI nor a device tree");
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
