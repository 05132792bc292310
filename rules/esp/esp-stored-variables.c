/* SPDX-License-Identifier: MIT */
/* esp-stored-variables: the EFI system partition holds stored UEFI variables
 *
 * severity: error
 * effect:   conformance
 * clause:   Virtual Firmware, I6
 * subject:  esp
 *
 * Firmware that has no flash to keep its variables in writes them to a file on the EFI system partition: NvVars (OVMF
 * without flash), ubootefi.var (U-Boot), nvram.plist (Clover, OpenCore). In an image such a file carries the boot
 * order, the console and perhaps the Secure Boot keys of the machine that it was made on to every VM that is started
 * from it. An image must not rely on a pre-configured UEFI environment. A saved flash file (a firmware volume with
 * variables, such as AAVMF_VARS.fd) is the same by another name.
 *
 * Build images with a VM that has flash for variables, and delete the file.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | file nvvars
 * expect: !p1/NvVars: error: stored UEFI variables (OVMF without flash)
 * bad:    debian-arm64 | file nvvars ubootefi.var
 * expect: !p1/ubootefi.var: error: stored UEFI variables (U-Boot)
 * bad:    debian-arm64 | file nvram EFI/AAVMF_VARS.fd
 * expect: !p1/EFI/AAVMF_VARS.fd: error: stored UEFI variables (a firmware volume of 65536 bytes)
 */
#include "base/utf16.h"
#include "esp-help.h"
#include "image/firmware.h"

static const struct {
	const char *path, *by;
} names[] = {
	{ "/NvVars", "OVMF without flash" },
	{ "/ubootefi.var", "U-Boot" },
	{ "/nvram.plist", "Clover or OpenCore" },
};

static void report(struct check *check, const char *path, const char *what)
{
	const struct esp *esp = check->esp;
	struct diagnostic *d = finding(check, at_file(esp->partition, path), "stored UEFI variables (%s)", what);

	esp_help_delete(check, d, esp, path);
}

RULE(esp_stored_variables)
{
	struct esp *esp = check->esp;
	const struct firmware_finds *finds;
	struct fs_entry entry;
	struct error err;

	if (esp_unreadable(check) || esp->have != HAVE)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (fs_lookup(esp->fs, check->arena, names[i].path, &entry, &err) == 0 && entry.type == FS_FILE)
			report(check, arena_printf(check->arena, "/%s", entry.name), names[i].by);
	if (firmware_in_esp(check->image, esp, &finds, &err) < 0) {
		not_evaluated(check, &err, "the files of the EFI system partition could not be read");
		return;
	}
	for (unsigned i = 0; i < finds->count; i++) {
		const struct firmware_find *find = &finds->list[i];
		bool named = false;

		for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
			named |= !ascii_casecmp(find->path, names[n].path);
		if (find->volume.variables && !named)
			report(check, find->path,
			       arena_printf(check->arena, "a firmware volume of %" PRIu64 " bytes",
					    find->volume.length));
	}
}
