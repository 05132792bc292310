/* SPDX-License-Identifier: MIT */
/* boot-module-blacklist: the command line forbids the drivers of the disk that the root is on
 *
 * severity: error
 * effect:   blocks-boot
 * section:  VM Images
 * clause:   I11
 * subject:  loader
 * after:    boot-kernel-missing initrd-root-driver
 *
 * The kernel refuses to load the modules that module_blacklist= names, whoever asks for them, and with nomodule any at all. Where
 * these are the drivers of the disk, they are in the initrd and it does not find its root. What is built in is not concerned, nor
 * is modprobe.blacklist=, with which a module can still be asked for by its name.
 *
 * With no virtio driver left that is an error; where one is left, it is a warning.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64
 * good:   debian-arm64 | grub replace "ro console" "ro module_blacklist=nouveau,pcspkr,virtio-blk console"
 * good:   debian-arm64 | grub replace "ro console" "ro module_blacklist=virtio_blk module_blacklist=floppy console"
 * bad:    debian-arm64 | grub replace "ro console" "ro module_blacklist=virtio_blk,virtio_scsi console"
 * expect: !p2/boot/grub/grub.cfg:*: error: module_blacklist=virtio_blk,virtio_scsi forbids the drivers for a root on virtio-blk over PCI (virtio_blk), *
 * bad:    debian-arm64 | grub replace "ro console" "ro module_blacklist=virtio_blk console"
 * expect: !p2/boot/grub/grub.cfg:*: warning: module_blacklist=virtio_blk forbids the drivers for a root on virtio-blk over PCI (virtio_blk), virtio-blk over MMIO (virtio_blk)
 * bad:    debian-arm64 | grub replace "ro console" "ro module_blacklist=virtio_ring console"
 * expect: !p2/boot/grub/grub.cfg:*: error: module_blacklist=virtio_ring forbids the drivers for a root on virtio-blk over PCI (virtio_ring), *
 * bad:    systemd-boot-arm64 | entry replace " ro " " ro nomodule=on "
 * expect: !p1/loader/entries/debian-*.conf:4:*: error: nomodule=on forbids the drivers for a root on virtio-blk over PCI (*), *
 * bad:    systemd-boot-arm64 | entry replace " ro " " ro nomodule "
 * expect: !p1/loader/entries/debian-*.conf:4:*: error: nomodule forbids the drivers for a root on virtio-blk over PCI (*), *
 */
#include "boot-help.h"
#include "image/initrds.h"

static const enum root_bus virtio[] = { ROOT_VIRTIO_BLK_PCI, ROOT_VIRTIO_BLK_MMIO, ROOT_VIRTIO_SCSI };

/* The buses that the kernel cannot find a root on, since it may not load their drivers: "virtio-scsi (virtio_scsi), ..."; NULL:
 * there is none.  *ret_left: it finds one on another. */
static const char *lost(struct check *check, const struct boot_attempt *attempt, bool *ret_left)
{
	enum architecture architecture = attempt->kernel_file ? attempt->kernel_file->architecture : ARCHITECTURE_UNKNOWN;
	const char *list = NULL;

	*ret_left = false;
	for (size_t i = 0; i < sizeof(virtio) / sizeof(virtio[0]); i++) {
		const char *missing, *module;
		enum driver_reach reach;

		if (!root_bus_applies(virtio[i], architecture))
			continue;
		reach = attempt_bus(attempt, virtio[i], &missing);
		if (reach == REACH_MISSING || reach == REACH_NO_DRIVER)
			continue;
		module = attempt_bus_forbidden(attempt, virtio[i]);
		if (module)
			list = arena_printf(check->arena, "%s%s%s (%s)", list ? list : "", list ? ", " : "",
					    root_bus_title(virtio[i]), module);
		else
			*ret_left = true;
	}
	return list;
}

static enum boot_verdict judge(struct check *check, const struct boot_attempt *attempt, const char **ret_reason)
{
	bool left;

	(void)ret_reason;
	if (attempt->kernel.have == ABSENT || !attempt_root_on_disk(attempt))
		return BOOT_NO_MATTER;
	return lost(check, attempt, &left) ? BOOT_BAD : BOOT_GOOD;
}

RULE(boot_module_blacklist)
{
	const struct boot_path *path = boot_path_of(check);
	struct boot_found *found = NULL;
	bool warned = false;

	for (size_t i = 0; path && i < path->entry_count; i++) {
		const struct boot_entry *entry = boot_entry_number(path, i);
		const struct boot_attempt *bad = boot_all_bad(check, entry, judge);
		const struct cmdline_word *word;
		struct diagnostic *d = NULL;
		const char *message;
		bool left;

		if (!bad)
			continue;
		word = attempt_forbids(bad);
		message = arena_printf(check->arena, "%s forbids the drivers for a root on %s", word->text,
				       lost(check, bad, &left));
		if (!left) {
			d = boot_finding(check, &found, entry, boot_word_place(check, bad, word), message);
		} else if (boot_entry_counts(check->image, entry) && !warned) {
			warned = true;
			d = finding_severity(check, SEVERITY_WARNING, boot_word_place(check, bad, word), "%s", message);
			d->effect = EFFECT_DEGRADES;
		}
		if (d)
			finding_help(check, d, "take them out of it: %s", boot_edit(check));
	}
	boot_note_others(check, found);
}
