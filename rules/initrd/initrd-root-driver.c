/* SPDX-License-Identifier: MIT */
/* initrd-root-driver: the initrd lacks drivers for the disk that the root is on
 *
 * severity: error
 * effect:   blocks-boot
 * section:  VM Images
 * clause:   I11
 *
 * A hypervisor chooses how it attaches the disk: virtio-blk over PCI or MMIO, virtio-scsi, Xen's block device, NVMe. The kernel
 * must have the driver built in, or find it in the initrd with all the modules that it needs itself (modules.dep): the root
 * file system, where the others lie, is behind it. An initrd that was made for the machine that built the image (dracut's
 * hostonly mode, MODULES=dep of initramfs-tools, mkinitcpio's autodetect) holds that machine's drivers only.
 *
 * With no virtio driver at all that is an error. Each bus more that the kernel has a driver for, and the initrd has not, is a
 * warning, as the specification strongly recommends virtio over PCI and MMIO and Xen; for what it does not name (NVMe; Xen on
 * x86) it is a note. A single driver that the kernel does not have at all, neither built in nor installed, is the affair of the
 * profile's driver rules; a kernel that has none for any virtio disk is an error here, with or without an initrd.
 *
 * good:   debian-arm64 systemd-boot-arm64 uki-arm64 debian-amd64
 * bad:    debian-arm64 | initrd remove-module virtio_blk,virtio_scsi
 * expect: !p2/boot/initrd.img-*: error: the initrd has no driver for a root on virtio-blk over PCI (virtio_blk), virtio-blk over MMIO (virtio_blk)*
 * bad:    debian-arm64 | initrd remove-module xen_blkfront
 * expect: !p2/boot/initrd.img-*: warning: the initrd has no driver for a root on Xen block (xen_blkfront)
 * bad:    systemd-boot-arm64 | initrd recompress xz | initrd remove-module virtio_mmio
 * expect: !p1/debian/6*64/initrd.img: warning: the initrd has no driver for a root on virtio-blk over MMIO (virtio_mmio)
 * bad:    debian-arm64 | initrd recompress gzip | initrd remove-module xen_blkfront
 * expect: !p2/boot/initrd.img-*: warning: the initrd has no driver for a root on Xen block (xen_blkfront)
 * bad:    debian-arm64 | kconfig off VIRTIO_BLK | kconfig off SCSI_VIRTIO | kconfig off XEN_BLKDEV_FRONTEND | kconfig off BLK_DEV_NVME | --select=initrd-root-driver
 * expect: !p2/boot/config-*: error: kernel *-arm64 has no driver for a root on virtio-blk over PCI, virtio-blk over MMIO, virtio-scsi
 * bad:    debian-arm64 | kconfig off SCSI_VIRTIO | initrd remove-module virtio_blk | --select=initrd-root-driver
 * expect: !p2/boot/initrd.img-*: error: the initrd has no driver for a root on virtio-blk over PCI (virtio_blk), virtio-blk over MMIO (virtio_blk)
 * bad:    debian-arm64 | initrd poke-module virtio_blk,virtio_scsi 18 f300
 * expect: !p2/boot/initrd.img-*: error: the initrd has no driver for a root on virtio-blk over PCI (virtio_blk), virtio-blk over MMIO (virtio_blk)*
 * bad:    debian-arm64 | initrd remove-module virtio_blk,virtio_scsi | initrd append hex 5858585858585858
 * expect: !p2/boot/initrd.img-*: error: the initrd has no driver for a root on virtio-blk over PCI (virtio_blk), virtio-blk over MMIO (virtio_blk)*
 * expect: !p2/boot/initrd.img-*@*: warning: what follows the initrd's last archive is neither one more nor zeros [initrd-corrupt]
 * bad:    debian-arm64 | initrd spoil-module virtio_blk,virtio_scsi
 * expect: !p2/boot/initrd.img-*: error: the initrd has no driver for a root on virtio-blk over PCI (virtio_blk), virtio-blk over MMIO (virtio_blk)*
 */
#include "initrd-help.h"

/* What came of all buses. */
struct buses {
	enum severity severity; /* of the worst that is missing; SEVERITY_OFF: none is */
	const char *missing[SEVERITY_ERROR + 1]; /* by severity: "virtio-scsi (virtio_scsi), ..." */
	const char *none;        /* virtio's that the kernel has no driver for, if it has not one: "virtio-blk over PCI, ..." */
	const char *soft;
	const char *fault; /* what is in the place of one that is missing, if anything is */
	bool virtio, other, unknown; /* one of virtio's is there; another one; one is not known */
};

static bool is_virtio(enum root_bus bus)
{
	return bus == ROOT_VIRTIO_BLK_PCI || bus == ROOT_VIRTIO_BLK_MMIO || bus == ROOT_VIRTIO_SCSI;
}

static enum severity severity_of(enum root_bus bus, enum architecture architecture)
{
	bool arm = architecture == ARCHITECTURE_AARCH64 || architecture == ARCHITECTURE_ARM;

	return is_virtio(bus) || (bus == ROOT_XEN && arm) ? SEVERITY_WARNING : SEVERITY_NOTE;
}

static struct buses look(struct check *check, const struct boot_attempt *attempt)
{
	enum architecture architecture = attempt->kernel_file->architecture;
	struct buses buses = { 0 };
	bool virtio_missing = false, virtio_unknown = false, spared;
	const char *none = NULL;

	for (int i = 0; i < ROOT_BUSES_ALL; i++) {
		enum root_bus bus = (enum root_bus)i;
		enum driver_reach reach;
		enum severity severity = severity_of(bus, architecture);
		const char *missing, **list = &buses.missing[severity];

		if (!root_bus_applies(bus, architecture))
			continue;
		reach = attempt_bus(attempt, bus, &missing);
		if (reach == REACH_BUILTIN || reach == REACH_INITRD || reach == REACH_SOFT)
			*(is_virtio(bus) ? &buses.virtio : &buses.other) = true;
		if (i >= ROOT_BUSES)
			continue;
		if (reach == REACH_SOFT)
			buses.soft = missing;
		if (reach == REACH_UNKNOWN) {
			buses.unknown = true;
			virtio_unknown |= is_virtio(bus);
		}
		if (reach == REACH_NO_DRIVER && is_virtio(bus))
			none = arena_printf(check->arena, "%s%s%s", none ? none : "", none ? ", " : "", root_bus_title(bus));
		if (reach != REACH_MISSING)
			continue;
		if (!buses.fault)
			buses.fault = attempt_initrd_fault(attempt, missing);
		virtio_missing |= is_virtio(bus);
		*list = arena_printf(check->arena, "%s%s%s (%s)", *list ? *list : "", *list ? ", " : "", root_bus_title(bus),
				     missing);
		if (severity > buses.severity)
			buses.severity = severity;
	}
	/* on x86, one that finds the disks of another hypervisor was made for that */
	spared = buses.other && root_bus_applies(ROOT_AHCI, architecture);
	if (buses.virtio || virtio_unknown || spared)
		return buses;
	if (virtio_missing)
		buses.severity = SEVERITY_ERROR;
	else
		buses.none = none;
	return buses;
}

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	struct buses buses;
	bool known;

	if (!attempt_has_kernel(attempt) || !attempt_root_on_disk(attempt) || !attempt->initrd)
		return ATTEMPT_SKIPPED;
	buses = look(check, attempt);
	if (buses.none)
		return ATTEMPT_BAD;
	/* what ails the initrd as a whole is for other rules to say, of this attempt alone: so no `after` */
	if (attempt->initrd->have == HAVE && (!attempt_initrd_is_sound(attempt) || attempt_initrd_is_foreign(attempt)))
		return ATTEMPT_SKIPPED;
	if (attempt->initrd->have == ABSENT &&
	    (attempt->initrd_count || initrd_is_embedded(check, attempt) || initrd_lacking(check, attempt, &known)))
		return ATTEMPT_SKIPPED;
	if (buses.severity || buses.soft)
		return ATTEMPT_BAD;
	if (!buses.unknown)
		return ATTEMPT_GOOD;
	ret->reason = attempt->initrd->error.code ? "cannot read all of the initrd"
						  : "neither the kernel's configuration nor its modules are there to tell";
	ret->error = &attempt->initrd->error;
	return ATTEMPT_UNKNOWN;
}

/* The profile's rows say which drivers they are; this is what follows from all of them. */
static void report_kernel(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt,
			  const char *none)
{
	const struct kernel_release *release = attempt->kernel_file->release;
	struct diagnostic *d = finding_entry(check, entry,
					     release->config ? release_symbol_place(release, NULL) : release->modules_place,
					     "kernel %s has no driver for a root on %s", attempt_kernel_title(attempt), none);

	finding_note(check, d, "they are neither built in nor installed, so that no initrd could have them");
	finding_help(check, d, "install a kernel that has them, or build this one with `scripts/config --enable VIRTIO_BLK "
			       "--enable VIRTIO_PCI --enable SCSI_VIRTIO`");
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	struct buses buses = look(check, attempt);
	bool counts = boot_entry_counts(check->image, entry), has_initrd = attempt->initrd->have != ABSENT;
	struct location place = has_initrd ? attempt_initrd_place(attempt, 0, 0) : boot_location(check->image, &attempt->place);
	const char *worst = buses.missing[SEVERITY_WARNING] ? buses.missing[SEVERITY_WARNING] : buses.missing[SEVERITY_NOTE];
	enum severity severity = buses.severity > SEVERITY_NOTE && !counts ? buses.severity - 1 : buses.severity;
	struct diagnostic *d;

	if (buses.none) {
		report_kernel(check, entry, attempt, buses.none);
		return;
	}
	if (!worst) {
		d = finding_severity(check, SEVERITY_NOTE, place,
				     "a driver for the disk is in the initrd, and %s, which it asks for, is not", buses.soft);
		d->effect = EFFECT_HYGIENE;
		return;
	}
	d = finding_severity(check, severity, place, "%s has no driver for a root on %s",
			     has_initrd ? "the initrd" : "the kernel, which is started without an initrd,", worst);
	if (buses.severity < SEVERITY_ERROR || !counts)
		d->effect = EFFECT_DEGRADES;
	if (worst == buses.missing[SEVERITY_WARNING] && buses.missing[SEVERITY_NOTE])
		finding_note(check, d, "nor for %s", buses.missing[SEVERITY_NOTE]);
	if (buses.fault)
		finding_note(check, d, "%s", buses.fault);
	finding_note(check, d, "kernel %s has them as modules; the root, where they are installed, is behind them",
		     attempt_kernel_title(attempt));
	finding_help(check, d, "put the modules into the initrd: %s", initrd_advice(check, attempt));
}

RULE(initrd_root_driver)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true, .by_initrd = true };

	judge_entries(check, &rule);
}
