/* SPDX-License-Identifier: MIT */
/* efi-second-stage: what the boot loader starts next is missing
 *
 * severity: error
 * effect:   blocks-boot
 * clause:   VM Image Format, I4
 * subject:  loader
 * after:    esp-fat-corrupt efi-boot-not-pe pe-truncated pe-machine pe-subsystem pe-layout
 *
 * The file at the removable-media path is seldom all. shim starts its fallback program, \EFI\BOOT\fbaa64.efi, if that is
 * there; fallback starts the first line of the first BOOTAA64.CSV (or BOOT.CSV) in the folders below \EFI, in UTF-16,
 * which names the vendor's own shim; and that one starts GRUB beside it. Without fallback, shim starts GRUB in
 * \EFI\BOOT. systemd-boot needs an entry whose kernel exists, or a unified kernel image in \EFI\Linux, on the EFI
 * system partition or on the XBOOTLDR partition; of these the one that it boots by default is looked at. Each of them
 * must exist and be an EFI binary for this machine: for systemd-boot, a kernel in gzip (Arm's vmlinuz) is none.
 *
 * MokManager and the UEFI shell start nothing by themselves, but for a startup.nsh that the shell finds; and programs that start
 * each other in a circle, such as a systemd-boot whose default entry is systemd-boot, never come to an end.
 *
 * GRUB's configuration is another matter. What an unknown program starts is not guessed at: rules on what is booted are not
 * evaluated then, unless the image holds no Linux or the program is Windows Boot Manager. Where it is what systemd-boot starts by
 * default, the other entries of its menu are judged.
 *
 * good:   debian-arm64 debian-amd64 no-fallback-arm64 systemd-boot-arm64 uki-arm64 uki-entries-arm64 xbootldr-arm64
 * bad:    debian-arm64 | file delete EFI/debian/grubaa64.efi
 * expect: !p1/EFI/debian/grubaa64.efi: error: the file is missing, and shim (/EFI/debian/shimaa64.efi) starts it
 * bad:    no-fallback-arm64 | file delete EFI/BOOT/grubaa64.efi
 * expect: !p1/EFI/BOOT/grubaa64.efi: error: the file is missing, and shim (/EFI/BOOT/BOOTAA64.EFI) starts it
 * bad:    debian-arm64 | file delete EFI/BOOT/fbaa64.efi
 * expect: !p1/EFI/BOOT/grubaa64.efi: error: the file is missing, and shim (/EFI/BOOT/BOOTAA64.EFI) starts it
 * bad:    debian-arm64 | file delete EFI/debian
 * expect: !p1/EFI/BOOT/fbaa64.efi: error: shim's fallback finds no BOOTAA64.CSV or BOOT.CSV in any folder of /EFI
 * bad:    debian-arm64 | file csv EFI/debian/BOOTAA64.CSV "nothere.efi,debian,,Debian\n"
 * expect: !p1/EFI/debian/BOOTAA64.CSV:1:1: error: it names /EFI/debian/nothere.efi, which does not exist
 * bad:    debian-arm64 | file csv EFI/debian/BOOTAA64.CSV "shimaa64.efi,debian,,Debian\n" utf-8
 * expect: !p1/EFI/debian/BOOTAA64.CSV:1:1: error: it is not UTF-16LE, so shim's fallback finds no boot entry in it
 * bad:    debian-arm64 | file csv EFI/debian/BOOTAA64.CSV "shimaa64.efi\n"
 * expect: !p1/EFI/debian/BOOTAA64.CSV:1:1: error: *
 * bad:    debian-arm64 | file write EFI/debian/grubaa64.efi empty
 * expect: !p1/EFI/debian/grubaa64.efi: error: shim (/EFI/debian/shimaa64.efi) cannot start it: it is empty
 * bad:    debian-arm64 | file put EFI/debian/grubaa64.efi debian-amd64:EFI/debian/grubx64.efi
 * expect: !p1/EFI/debian/grubaa64.efi@*: error: shim (*) cannot start it: machine type is x86-64 (0x8664), AArch64 (0xaa64) expected
 * bad:    debian-arm64 | file truncate EFI/debian/grubaa64.efi 50%
 * expect: !p1/EFI/debian/grubaa64.efi@*: error: shim (*) cannot start it: it has * bytes, * needs *
 * bad:    debian-arm64 | pe field EFI/BOOT/fbaa64.efi machine 0x1c2
 * expect: !p1/EFI/BOOT/fbaa64.efi@*: error: shim (/EFI/BOOT/BOOTAA64.EFI) cannot start it: machine type is AArch32 *
 * bad:    debian-arm64 | file truncate EFI/debian/shimaa64.efi 70%
 * expect: !p1/EFI/debian/shimaa64.efi@*: error: shim's fallback (/EFI/BOOT/fbaa64.efi) cannot start it: it has * bytes, * needs *
 * bad:    uki-entries-arm64 | file delete EFI/Linux
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: systemd-boot finds nothing to boot: no entry in /loader/entries, no kernel in /EFI/Linux
 * bad:    systemd-boot-arm64 | file delete loader/entries | file mkdir loader/entries | file write loader/entries/a.conf zeros 70000
 * expect: : not evaluated: what * starts could not be followed: *: /loader/entries/a.conf is longer than 65536 bytes
 * expect: : not evaluated: what * boots could not be followed: *a.conf is longer than 65536 bytes [kernel-* and * more]
 * bad:    systemd-boot-arm64 | file delete debian
 * expect: !p1/loader/entries/debian-*.conf: error: it names the kernel *linux, which does not exist, and no other entry boots
 * bad:    uki-entries-arm64 | file delete EFI/Linux | file put EFI/Linux/linux.efi uki-arm64:EFI/BOOT/BOOTAA64.EFI | pe cut EFI/Linux/linux.efi .linux
 * expect: !p1/EFI/Linux/linux.efi@*: error: systemd-boot (/EFI/BOOT/BOOTAA64.EFI) cannot start it: it has * bytes, section .linux needs *
 * bad:    uki-arm64 | pe section EFI/BOOT/BOOTAA64.EFI .linux name /4 | file append EFI/BOOT/BOOTAA64.EFI text "size.linux" | file append EFI/BOOT/BOOTAA64.EFI zeros 6 | pe field EFI/BOOT/BOOTAA64.EFI symbols end-16
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: it is a *: it has nothing to boot
 * bad:    systemd-boot-arm64 | file gzip debian/6.1.0-56-cloud-arm64/linux
 * expect: !p1/debian/6*64/linux: error: systemd-boot (/EFI/BOOT/BOOTAA64.EFI) cannot start it: it does not begin with "MZ" (gzip compressed data*)
 * bad:    debian-arm64 | file copy EFI/BOOT/mmaa64.efi x.efi | file delete EFI/BOOT/BOOTAA64.EFI | file rename x.efi EFI/BOOT/BOOTAA64.EFI
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: error: it is MokManager: it lets somebody at the console enrol keys, and starts no system
 * bad:    debian-arm64 | file copy EFI/debian/mmaa64.efi EFI/debian/grubaa64.efi
 * expect: !p1/EFI/debian/grubaa64.efi: error: it is MokManager: it lets *, and starts no system
 * bad:    systemd-boot-arm64 | file put EFI/tools.efi debian-arm64:EFI/BOOT/mmaa64.efi | entry replace "linux " "efi /EFI/tools.efi\nx "
 * expect: !p1/loader/entries/debian-*.conf:*: error: it starts /EFI/tools.efi, which is MokManager: it lets *, and starts no system
 * bad:    systemd-boot-arm64 | file copy EFI/BOOT/BOOTAA64.EFI EFI/systemd.efi | entry replace "linux " "efi /EFI/systemd.efi\nx "
 * expect: !p1/loader/entries/debian-*.conf:*: error: it starts /EFI/systemd.efi again, which led here, and so on for ever
 * bad:    debian-arm64 | file csv EFI/debian/BOOTAA64.CSV "..\\BOOT\\BOOTAA64.EFI,debian,,Debian\n"
 * expect: !p1/EFI/debian/BOOTAA64.CSV:1:1: error: it starts /EFI/BOOT/BOOTAA64.EFI again, which led here, and so on for ever
 * bad:    debian-arm64 | file csv EFI/debian/BOOTAA64.CSV "shimaa64.efi,debian,\\EFI\\debian\\mmaa64.efi ,Debian\n"
 * expect: !p1/EFI/debian/BOOTAA64.CSV:1:1: error: it starts /EFI/debian/mmaa64.efi, which is MokManager: it lets *, and starts no system
 * firmware: blocks file put EFI/BOOT/BOOTX64.EFI debian-amd64:EFI/BOOT/BOOTX64.EFI
 * firmware: boots file copy EFI/BOOT/BOOTX64.EFI EFI/BOOT/grubx64.efi | file put EFI/BOOT/BOOTX64.EFI debian-amd64:EFI/BOOT/BOOTX64.EFI
 */
#include "base/utf16.h"
#include "efi-help.h"

/* "shim (/EFI/BOOT/BOOTAA64.EFI)" */
static const char *named(struct arena *arena, const struct efi_binary *binary)
{
	return arena_printf(arena, "%s (%s)", efi_kind_name(binary->program->kind), binary->path);
}

static void next_missing(struct check *check, const struct chain *chain)
{
	const struct efi_binary *starter = chain->binaries[chain->count - 1];
	const struct loader *loader = check->loader;
	struct diagnostic *d;

	d = finding(check, at_file(chain->partition, chain->path), "the file is missing, and %s starts it",
		    named(check->arena, starter));
	if (chain->count == 1)
		finding_note(check, d,
			     "there is no fallback program beside shim (/EFI/BOOT/fb%s.efi), so shim starts this one",
			     architectures[loader->architecture].suffix);
	efi_help_program(check, d, loader->esp, loader->architecture, EFI_GRUB, "", chain->path);
}

/* "/EFI/debian/" of a folder with a sound shim, and a command that writes a BOOT.CSV for it to `path`. */
static void help_csv(struct check *check, struct diagnostic *d, const char *name, const char *path)
{
	const struct loader *loader = check->loader;
	const struct efi_binary *shim =
		image_find_binary(check->image, loader->esp, EFI_SHIM, loader->architecture, loader->path);
	const char *folder, *file;

	if (!shim) {
		finding_help(check, d, "in the image: grub-install --target=%s --force-extra-removable",
			     efi_grub_target(loader->architecture));
		return;
	}
	file = strrchr(shim->path, '/') + 1;
	folder = arena_strndup(check->arena, shim->path, (size_t)(file - shim->path));
	if (!path)
		path = arena_printf(check->arena, "%s%s", folder, name);
	finding_help_disk(check, d,
			  arena_printf(check->arena,
				       "echo %s,Linux,, | iconv -t UTF-16LE | mcopy -o -i {disk}@@%" PRIu64 " - %s",
				       file, loader->esp->start, efi_mtools(check->arena, path)));
}

static void no_csv(struct check *check, const struct chain *chain)
{
	const struct efi_binary *fallback = chain->binaries[chain->count - 1];
	struct diagnostic *d;

	d = finding(check, at_file(chain->partition, fallback->path),
		    "shim's fallback finds no %s or BOOT.CSV in any folder of /EFI", chain->path);
	help_csv(check, d, chain->path, NULL);
}

static void csv_empty(struct check *check, const struct chain *chain)
{
	const char *path = efi_mtools(check->arena, chain->path);
	uint64_t start = check->loader->esp->start;
	struct diagnostic *d;

	if (chain->csv->encoding != CSV_UTF16LE && chain->csv->file_size) {
		d = finding(check, at_text(chain->partition, chain->path, 1, 1),
			    "it is not UTF-16LE, so shim's fallback finds no boot entry in it");
		finding_help_disk(check, d,
				  arena_printf(check->arena,
					       "csv=$(mktemp) && mcopy -n -i {disk}@@%" PRIu64
					       " %s \"$csv\" && iconv -f %s -t UTF-16LE \"$csv\" | "
					       "mcopy -o -i {disk}@@%" PRIu64 " - %s",
					       start, path, chain->csv->encoding == CSV_UTF16BE ? "UTF-16BE" : "UTF-8",
					       start, path));
		return;
	}
	d = finding(check, at_text(chain->partition, chain->path, chain->csv->bad_line ? chain->csv->bad_line : 1, 1),
		    "shim's fallback finds no boot entry in it: a line is FILE,LABEL,OPTIONS,REMARK");
	help_csv(check, d, NULL, chain->path);
}

/* What a broken program is meant to be: here its name must do. */
static enum efi_kind meant(const struct efi_binary *b)
{
	const char *name = strrchr(b->path, '/') + 1;

	if (!ascii_ncasecmp(name, "fb", 2))
		return EFI_FALLBACK;
	return ascii_ncasecmp(name, "shim", 4) ? EFI_GRUB : EFI_SHIM;
}

/* `text` is what libmagic says of it, or NULL. */
static void help_start(struct check *check, struct diagnostic *d, const struct efi_binary *starter,
		       const struct efi_binary *b, const char *text)
{
	if (text && strstr(text, "gzip compressed"))
		efi_help_gunzip(check, d, b->esp, b->path);
	else if (starter->program->kind == EFI_SYSTEMD_BOOT)
		finding_help(check, d, "in the image: kernel-install add VERSION /boot/vmlinuz-VERSION");
	else
		efi_help_program(check, d, b->esp, check->loader->architecture, meant(b), "", b->path);
}

/* Exists, and cannot be loaded: the same things that the pe-* rules say of the first file. */
static void not_loadable(struct check *check, const struct chain *chain)
{
	const struct efi_binary *b = chain->binaries[chain->count - 1];
	const struct efi_binary *starting = chain->binaries[chain->count - 2];
	const char *starter = named(check->arena, starting);
	const struct pe *pe = b->pe;
	struct location at = at_file(b->esp->partition, b->path);
	const char *text = NULL;
	struct diagnostic *d;

	if (b->directory) {
		d = finding(check, at, "%s cannot start it: it is a folder", starter);
	} else if (pe->status == PE_HEADER_CUT || pe->status == PE_EMPTY) {
		d = finding(check, at, "%s cannot start it: %s", starter, pe_status_text(pe->status));
	} else if (pe->status != PE_OK) {
		struct error err;

		text = magic_describe(check->arena, b->view, &err);
		d = finding(check, at, "%s cannot start it: %s%s%s%s", starter, pe_status_text(pe->status),
			    text ? " (" : "", text ? text : "", text ? ")" : "");
	} else if (pe_is_truncated(pe)) {
		d = finding(check, at_file_bytes(b->esp->partition, b->path, pe->needed_offset, pe->needed_length),
			    "%s cannot start it: it has %" PRIu64 " bytes, %s needs %" PRIu64, starter, pe->file_size,
			    pe->needed_by, pe->needed);
	} else if (pe->machine != check->loader->pe->machine) {
		d = finding(check, at_file_bytes(b->esp->partition, b->path, pe->machine_offset, 2),
			    "%s cannot start it: machine type is %s, %s expected", starter,
			    efi_machine(check->arena, pe->machine),
			    efi_machine(check->arena, check->loader->pe->machine));
	} else {
		d = finding(check,
			    at_file_bytes(b->esp->partition, b->path, pe->problems[0].offset, pe->problems[0].length),
			    "%s cannot start it: %s", starter, pe_problem_text(check->arena, pe, &pe->problems[0]));
	}
	help_start(check, d, starting, b, text);
}

static void no_kernel(struct check *check, const struct chain *chain)
{
	const struct efi_binary *b = chain->binaries[chain->count - 1];
	struct diagnostic *d;

	d = finding(check, at_file(b->esp->partition, b->path), "it is a %s: %s", efi_kind_name(b->program->kind),
		    b->program->kind == EFI_ADDON ? "no program at all" : "it has nothing to boot");
	finding_help(check, d, "ukify build --linux=KERNEL --initrd=INITRD --output=%s", b->path);
}

/* Where the last of the programs is named, or the program itself where no configuration names it. */
static struct location named_at(const struct chain *chain)
{
	const struct efi_binary *b = chain->binaries[chain->count - 1];

	if (!chain->named)
		return at_file(b->esp->partition, b->path);
	return at_text(chain->named->partition, chain->named->path, chain->named->line, chain->named->column);
}

static void help_default(struct check *check, struct diagnostic *d, const struct chain *chain)
{
	const struct efi_binary *b = chain->binaries[chain->count - 1];
	size_t length = chain->named ? strlen(chain->named->path) : 0;

	if (!chain->named)
		efi_help_program(check, d, b->esp, check->loader->architecture, chain->count == 1 ? EFI_UNKNOWN : meant(b), "",
				 b->path);
	else if (length > 4 && !ascii_casecmp(chain->named->path + length - 4, ".csv"))
		help_csv(check, d, NULL, chain->named->path);
	else
		finding_help(check, d, "take the entry out, or name another by the line `default` of /loader/loader.conf");
}

static void starts_nothing(struct check *check, const struct chain *chain)
{
	const struct efi_binary *b = chain->binaries[chain->count - 1];
	const char *kind = b->program->kind == EFI_SHELL ? "the UEFI shell" : efi_kind_name(b->program->kind);
	struct diagnostic *d;

	if (chain->named)
		d = finding(check, named_at(chain), "it starts %s, which is %s: %s", b->path, kind, chain->reason);
	else
		d = finding(check, named_at(chain), "it is %s: %s", kind, chain->reason);
	help_default(check, d, chain);
}

static void circle(struct check *check, const struct chain *chain)
{
	struct diagnostic *d;

	d = finding(check, named_at(chain), "it starts %s again, which led here, and so on for ever", chain->target);
	help_default(check, d, chain);
}

static void no_entries(struct check *check, const struct chain *chain)
{
	const struct efi_binary *b = chain->binaries[chain->count - 1];
	struct diagnostic *d;

	if (chain->end == CHAIN_NO_ENTRY_FILE)
		d = finding(check, at_file(chain->partition, chain->path),
			    "it names the kernel %s, which does not exist, and no other entry boots", chain->target);
	else
		d = finding(check, at_file(chain->partition, b->path),
			    "systemd-boot finds nothing to boot: no entry in /loader/entries, no kernel in /EFI/Linux");
	finding_help(check, d, "in the image: kernel-install add VERSION /boot/vmlinuz-VERSION");
}

RULE(efi_second_stage)
{
	const struct chain *chain = check->loader->chain;
	struct diagnostic *d;

	if (efi_no_pe(check))
		return;
	switch (chain->end) {
	case CHAIN_COMPLETE:
		return;
	case CHAIN_OTHER_SYSTEM:
	case CHAIN_NOT_FOLLOWED:
		not_applicable(check, "%s: %s", chain->binaries[chain->count - 1]->path, chain->reason);
		return;
	case CHAIN_UNREADABLE:
		not_evaluated(check, &chain->error, "what %s starts could not be followed", check->loader->path);
		return;
	case CHAIN_NEXT_MISSING:
		next_missing(check, chain);
		return;
	case CHAIN_NO_CSV:
		no_csv(check, chain);
		return;
	case CHAIN_CSV_EMPTY:
		csv_empty(check, chain);
		return;
	case CHAIN_ENTRY_MISSING:
		d = finding(check, at_text(chain->partition, chain->path, chain->line, 1),
			    "it names %s, which does not exist", chain->target);
		help_csv(check, d, NULL, chain->path);
		return;
	case CHAIN_NOT_LOADABLE:
		not_loadable(check, chain);
		return;
	case CHAIN_NO_KERNEL:
		no_kernel(check, chain);
		return;
	case CHAIN_STARTS_NOTHING:
		starts_nothing(check, chain);
		return;
	case CHAIN_CIRCLE:
		circle(check, chain);
		return;
	case CHAIN_NO_ENTRIES:
	case CHAIN_NO_ENTRY_FILE:
		no_entries(check, chain);
		return;
	}
}
