/* SPDX-License-Identifier: MIT */
/* initrd-compression: the kernel cannot decompress its initrd
 *
 * severity: error
 * effect:   blocks-boot
 *
 * The kernel decompresses an initrd by itself and knows only what it was built with: CONFIG_RD_GZIP, RD_BZIP2, RD_LZMA, RD_XZ,
 * RD_LZO, RD_LZ4, RD_ZSTD (since Linux 5.9). Of lz4 it reads the old form alone (lz4 -l), of xz no check but CRC-32
 * (xz --check=crc32): what the tools write unless told otherwise it refuses. Nor does it know xz's delta filter, or a gzip header
 * with more than a name in it. The kernel then says "Initramfs unpacking failed", and stops for want of a root. Without
 * CONFIG_BLK_DEV_INITRD it takes no initrd at all; where its root's drivers are built in and root= needs none, that does no harm.
 *
 * good:   debian-arm64 systemd-boot-arm64
 * bad:    debian-arm64 | kconfig off RD_ZSTD
 * expect: !p2/boot/initrd.img-*: error: kernel *-arm64 cannot decompress its initrd (zstd): CONFIG_RD_ZSTD is not set
 * bad:    debian-arm64 | initrd recompress xz | kconfig off RD_XZ
 * expect: !p2/boot/initrd.img-*: error: kernel *-arm64 cannot decompress its initrd (xz): CONFIG_RD_XZ is not set
 * bad:    systemd-boot-arm64 | initrd recompress lz4 | kconfig off RD_LZ4
 * expect: !p1/debian/6*64/initrd.img: error: kernel *-arm64 cannot decompress its initrd (lz4): CONFIG_RD_LZ4 is not set
 * bad:    debian-arm64 | initrd recompress bzip2 | kconfig off RD_BZIP2
 * expect: !p2/boot/initrd.img-*: error: kernel *-arm64 cannot decompress its initrd (bzip2): CONFIG_RD_BZIP2 is not set
 * bad:    debian-arm64 | initrd recompress xz-delta
 * expect: !p2/boot/initrd.img-*: error: kernel *-arm64 cannot decompress its initrd (xz): its xz filters are not LZMA2 alone, or *
 * bad:    debian-arm64 | initrd recompress gzip-comment
 * expect: !p2/boot/initrd.img-*: error: kernel *-arm64 cannot decompress its initrd (gzip): its gzip header has a comment, *
 * bad:    debian-arm64 | kconfig off BLK_DEV_INITRD | --select=initrd-compression
 * expect: !p2/boot/config-*:*: error: kernel *-arm64 takes no initrd: CONFIG_BLK_DEV_INITRD is not set
 */
#include "initrd-help.h"

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const char *why;

	(void)ret;
	if (!attempt_has_kernel(attempt) || !attempt->initrd || attempt->initrd->have == ABSENT)
		return ATTEMPT_SKIPPED;
	if (attempt_initrd_is_unsupported(attempt))
		return initrd_is_dispensable(check, attempt) ? ATTEMPT_GOOD : ATTEMPT_BAD;
	/* without a configuration a form that no kernel reads is found all the same */
	return attempt_initrd_refused(check, attempt, &why) ? ATTEMPT_BAD : ATTEMPT_GOOD;
}

static const char *mend(enum compression compression)
{
	if (compression == COMPRESSION_XZ)
		return "compress it with `xz --check=crc32`, or as the kernel can read it";
	if (compression == COMPRESSION_GZIP)
		return "compress it with `gzip -n`, or as the kernel can read it";
	if (compression == COMPRESSION_LZ4 || compression == COMPRESSION_LZ4_FRAME)
		return "compress it with `lz4 -l`, or as the kernel can read it";
	return "make it anew in a compression that the kernel has (COMPRESS= of initramfs.conf, compress= of dracut.conf)";
}

static void report_unsupported(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file->release;
	const char *why = initrd_beyond_kernel(check, attempt);
	struct diagnostic *d = finding_entry(check, entry, release_symbol_place(release, "BLK_DEV_INITRD"),
					     "kernel %s takes no initrd: CONFIG_BLK_DEV_INITRD is not set",
					     attempt_kernel_title(attempt));

	finding_note(check, d, "the initrd that it is given is %s", attempt_initrd_title(attempt));
	if (why)
		finding_note(check, d, "%s", why);
	finding_help(check, d, "install a kernel that has it, or build this one with `scripts/config --enable BLK_DEV_INITRD`");
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct kernel_release *release = attempt->kernel_file->release;
	const struct initrd_member *member;
	struct diagnostic *d;
	const char *why;

	if (attempt_initrd_is_unsupported(attempt)) {
		report_unsupported(check, entry, attempt);
		return;
	}
	member = attempt_initrd_refused(check, attempt, &why);
	d = finding_entry(check, entry, attempt_initrd_place(attempt, member->offset, 0),
			  "kernel %s cannot decompress its initrd (%s): %s", attempt_kernel_title(attempt),
			  compression_name(member->compression), why);
	if (release && release->config && release->evidence == CONFIG_FILE && release->config_place.path)
		finding_note(check, d, "its configuration is %s", release->config_place.path);
	finding_help(check, d, "%s", mend(member->compression));
}

RULE(initrd_compression)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true, .by_initrd = true };

	judge_entries(check, &rule);
}
