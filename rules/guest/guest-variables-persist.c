/* SPDX-License-Identifier: MIT */
/* guest-variables-persist: UEFI variables do not outlive a power cycle
 *
 * severity: error
 * effect:   degrades
 * subject:  guest
 * clause:   Virtual Firmware, H5
 *
 * A variable that was written must be there when the machine was off and is on again, in a new process of the hypervisor
 * with the same store: otherwise what an installer tells the firmware is lost. That it lives through a reset proves nothing,
 * since memory does too; that one is gone after a reset is as bad.
 *
 * Variables belong to the machine and not to an image, so the disk is another copy then: firmware that keeps them in a file
 * on the EFI system partition (U-Boot's ubootefi.var, NvVars of OVMF without flash) fails. One is written by Linux, and
 * another before Linux starts, since not all firmware lets a running system write.
 *
 * Give the machine a variable store of its own that the hypervisor keeps: for edk2 a pflash drive with a copy of the
 * firmware's VARS file.
 *
 * good:   gicv3
 * bad:    gicv3 | set-last variable-read read:=ENOENT
 * expect: !efi/variables: error: VmlintPersist was written and is gone after power-off: ENOENT
 * bad:    gicv3 | set-last variable-read value:=0000
 * expect: !efi/variables: error: VmlintPersist has another value after power-off
 * bad:    gicv3 | set variable-read read:=ENOENT
 * expect: !efi/variables: error: VmlintPersist was written and is gone after a reset: ENOENT
 * bad:    gicv3 | set-last variable-read attributes:=0x6
 * expect: !efi/variables: error: VmlintPersist was written as non-volatile and has attributes 0x6 after power-off
 * bad:    gicv3 | set-last variable-read read:=ENOENT | set probe-kept do=delete get:=0x800000000000000e
 * expect: !efi/variables: error: VmlintPersist was written and is gone after power-off: ENOENT
 * bad:    gicv3 | set probe-kept do=delete get:=0x800000000000000e
 * expect: !efi/variables: error: VmlintProbeKept was written and is gone after power-off: not found
 * bad:    gicv3 | set probe-kept do=read get:=0x800000000000000e
 * expect: !efi/variables: error: VmlintProbeKept was written and is gone after a reset: not found
 * bad:    gicv3 | set probe-kept do=delete attributes:=0x6
 * expect: !efi/variables: error: VmlintProbeKept was written as non-volatile and has attributes 0x6 after power-off
 * bad:    gicv3 | drop variable-read | drop probe-kept do=delete
 * expect: : not evaluated: the machine was not switched off and on again to look for a variable
 * bad:    gicv3 | drop variable-write | set done command=variable%20write* known:=no
 * expect: : not evaluated: the guest does not know the command "variable write *"
 */
#include <string.h>

#include "lint/guest-findings.h"

#define NON_VOLATILE 1u

/* A variable's life, by who wrote it: what he wrote, and the facts in which he looks for it. */
struct life {
	const struct fact *written;
	const char *kind, *name, *wanted;
	bool by_linux;
};

static bool was_written(const struct life *life)
{
	uint64_t status;

	if (!life->written || !life->name || !life->wanted)
		return false;
	return life->by_linux ? !machine_differs(life->written, "write", "ok")
			      : fact_number(life->written, "set", &status) && !status;
}

static struct life of_linux(const struct guest *guest)
{
	const struct fact *written = guest_next(guest, NULL, "variable-write");

	return (struct life){ written, "variable-read", fact_text(written, "name"), fact_text(written, "wanted"), true };
}

static struct life of_probe(const struct guest *guest)
{
	const struct fact *written = guest_find(guest, "probe-kept", "do", "write");

	return (struct life){ written, "probe-kept", fact_text(written, "name"), fact_text(written, "wanted"), false };
}

/* What was read in the boot that `boot` began; NULL if nobody looked. */
static const struct fact *read_in(const struct guest *guest, const struct fact *boot, const char *kind)
{
	for (const struct fact *f = boot + 1; f < guest->facts + guest->count && strcmp(f->kind, "host-boot"); f++) {
		const char *what = fact_text(f, "do");

		/* a machine whose disk is made anew at each start writes once more */
		if (!strcmp(f->kind, kind) && !(what && !strcmp(what, "write")))
			return f;
	}
	return NULL;
}

/* Why it could not be read; NULL if it could. */
static const char *unread(struct check *check, const struct life *life, const struct fact *read)
{
	uint64_t status;

	if (life->by_linux)
		return machine_differs(read, "read", "ok") ? fact_text(read, "read") : NULL;
	return fact_number(read, "get", &status) && status ? efi_status_name(check->arena, status) : NULL;
}

/* That firmware keeps variables on the disk explains why another disk has none. */
static void explain(struct check *check, struct diagnostic *diagnostic)
{
	const char *file = fact_text(guest_next(check->machine->guest, NULL, "probe-store"), "file");

	if (file)
		finding_note(check, diagnostic,
			     "firmware has a file %s on the EFI system partition, and the disk was another copy after power-off: "
			     "variables that are kept there are the image's, not the machine's",
			     file);
}

/* True, and there is a finding, if the variable is not as it was written. */
static bool is_wrong(struct check *check, const struct life *life, const struct fact *read, bool is_cold)
{
	const char *value = fact_text(read, "value"), *why = unread(check, life, read);
	const char *after = is_cold ? "power-off" : "a reset";
	uint64_t attributes;

	if (why) {
		struct diagnostic *d = finding(check, at_fact("efi/variables"), "%s was written and is gone after %s: %s",
					       life->name, after, why);

		if (is_cold)
			explain(check, d);
	} else if (!value || strcmp(value, life->wanted)) {
		finding(check, at_fact("efi/variables"), "%s has another value after %s", life->name, after);
	} else if (fact_number(read, "attributes", &attributes) && !(attributes & NON_VOLATILE)) {
		finding(check, at_fact("efi/variables"), "%s was written as non-volatile and has attributes %#llx after %s",
			life->name, (unsigned long long)attributes, after);
	} else {
		return false;
	}
	return true;
}

RULE(guest_variables_persist)
{
	const struct guest *guest = check->machine->guest;
	const struct life lives[] = { of_linux(guest), of_probe(guest) };
	bool written = false, cold = false;

	for (size_t i = 0; i < sizeof(lives) / sizeof(*lives); i++) {
		const struct life *life = &lives[i];

		if (!was_written(life))
			continue;
		written = true;
		for (const struct fact *f = guest_next(guest, life->written, "host-boot"); f;
		     f = guest_next(guest, f, "host-boot")) {
			bool is_cold = !machine_differs(f, "how", "cold");
			const struct fact *read = read_in(guest, f, life->kind);

			/* both are in one store, and have one cause */
			if (read && is_wrong(check, life, read, is_cold))
				return;
			cold = cold || (read && is_cold);
		}
	}
	if (!lives[0].written && guest_disobeyed(check, "variable write"))
		return;
	if (!written)
		not_applicable(check, "no variable was written for a later boot to find");
	else if (!cold)
		guest_unknown(check, "the machine was not switched off and on again to look for a variable");
}
