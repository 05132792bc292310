#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What starts what on the EFI system partition, in the forms that boot as well as in those that don't, and which architecture an
# image is taken to be for.  Each form of BOOT.CSV was tried with shim 16.1 and its fallback under OVMF.

load common

setup_file() {
	fixture debian-arm64 >/dev/null
	fixture debian-amd64 >/dev/null
	fixture firmware-x86_64 >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# lints FIXTURE OPERATION...: a changed copy, with verbose output; only the rules on EFI binaries, or those of $rules
lints() {
	local source
	source=$(fixture "$1")
	shift
	"$MUTATE" "$source" disk.img "$@"
	vmlint --select="${rules-efi-*,pe-*}" --verbose disk.img
	rm -f disk.img
}

clean() {
	exits 0
	lacks error: warning: 'not evaluated' 'skipped:'
}

@test "fallback reads its CSV with or without a byte order mark, by either name, and the first line counts" {
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV 'shimaa64.efi,debian,,Debian\n' bom"
	clean
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV 'shimaa64.efi,debian' no-bom"
	clean
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV 'shimaa64.efi,debian,,Debian\n' odd"
	clean
	lints debian-arm64 "file rename EFI/debian/BOOTAA64.CSV BOOT.CSV"
	clean
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV '\r\n\nshimaa64.efi,debian,,\nnothere.efi,other,,\n'"
	clean
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV '\\\\\\\\shimaa64.efi,debian,,\n'"
	clean
}

@test "a slash in the CSV is no separator" {
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV '../debian/shimaa64.efi,debian,,\n'"
	exits 1
	says "error: it names ../debian/shimaa64.efi, which does not exist"
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV '..\\\\debian\\\\shimaa64.efi,debian,,\n'"
	clean
}

@test "the CSV that is named for the architecture goes before BOOT.CSV, be it good or bad" {
	lints debian-arm64 "file csv EFI/debian/BOOT.CSV 'nothere.efi,x,,\n'"
	clean
	lints debian-arm64 "file csv EFI/debian/BOOT.CSV 'shimaa64.efi,x,,\n'" "file csv EFI/debian/BOOTAA64.CSV ',\n'"
	exits 1
	says "/EFI/debian/BOOTAA64.CSV:1:1: error: shim's fallback finds no boot entry in it"
	[ "$(findings)" = "efi-second-stage " ] || complain "one finding expected"
}

@test "a CSV in \\EFI\\BOOT is not read, and one without entries is passed over for another folder's" {
	lints debian-arm64 "file copy EFI/debian/BOOTAA64.CSV EFI/BOOT/BOOTAA64.CSV" "file delete EFI/debian/BOOTAA64.CSV"
	exits 1
	says "shim's fallback finds no BOOTAA64.CSV or BOOT.CSV in any folder of /EFI"
	lints debian-arm64 "file csv EFI/fedora/BOOTAA64.CSV '\n'"
	clean
}

@test "programs that start each other in a circle never end, and of options for shim a path in \\EFI alone is known" {
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV '..\\\\.\\\\BOOT\\\\fbaa64.efi,debian,,\n'"
	exits 1
	says "BOOTAA64.CSV:1:1: error: it starts /EFI/BOOT/fbaa64.efi again, which led here, and so on for ever"
	lints debian-arm64 "file copy EFI/debian/shimaa64.efi EFI/debian/grubaa64.efi"
	exits 1
	says "/EFI/debian/grubaa64.efi: error: it starts /EFI/debian/grubaa64.efi again, which led here, and so on for ever"
	# systemd-boot counts the tries of such an entry, and goes on to the next
	lints systemd-boot-arm64 'file write loader/entries/a+3.conf text "sort-key a\nefi /EFI/BOOT/BOOTAA64.EFI\n"'
	exits 0
	says "its tries are counted [efi-second-stage]"
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV 'shimaa64.efi,debian,\\\\EFI\\\\debian\\\\grubaa64.efi ,\n'"
	clean
	# what is not there is passed over for what shim starts by itself
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV 'shimaa64.efi,debian,\\\\EFI\\\\debian\\\\gone.efi,\n'"
	clean
	lints debian-arm64 "file csv EFI/debian/BOOTAA64.CSV 'shimaa64.efi,debian,other.efi,\n'"
	exits 0
	says "BOOT.CSV gives shim options, which may name another loader [efi-second-stage]"
}

@test "GRUB alone, a unified kernel image and an unknown program are followed no further" {
	lints debian-arm64 "file copy EFI/debian/grubaa64.efi EFI/BOOT/BOOTAA64.EFI"
	exits 0
	says "no shim is started [efi-sbat]"
	lacks error: warning: "[efi-second-stage]"
	lints uki-arm64 "file write EFI/x.txt text x"
	exits 0
	lacks error: warning: "[efi-second-stage]"
	lints firmware-x86_64 "file write EFI/x.txt text x"
	exits 0
	says "what EFI program starts next is not known" "[efi-second-stage]"
}

@test "where nobody knows what starts, an image with Linux is not judged, and one without is somebody else's" {
	local rules='*' loader=EFI/BOOT/BOOTX64.EFI unknown put
	put="file put $loader firmware-x86_64:$loader"
	unknown="what /$loader boots could not be followed: what EFI program starts next is not known"

	lints debian-amd64 "$put"
	exits 2
	says "not evaluated: $unknown"
	lacks error: warning:
	lints debian-amd64 "$put" "part 2 rm-glob /*"
	lacks "not evaluated: $unknown"
	# Microsoft's
	lints debian-amd64 "$put" "pe section $loader .data name .rdata" "file poke $loader 0x127c0 626f6f746d6766772e706462"
	exits 0
	says "skipped: /$loader: it is Windows Boot Manager [efi-second-stage]"
	lacks error: warning: "not evaluated"
}

@test "the shell starts a script or nothing" {
	local rules='*' loader=EFI/BOOT/BOOTX64.EFI put shell folder
	put="file put $loader firmware-x86_64:$loader"
	shell="file poke $loader 0x127c0 $(printf '%s' uefishellversion | iconv -t UTF-16LE | od -An -tx1 | tr -d ' \n')"

	lints debian-amd64 "$put" "$shell"
	exits 1
	says "/$loader: error: it is the UEFI shell: it finds no startup.nsh, and waits for somebody who types"
	lacks "not evaluated"
	for folder in / /EFI/ /EFI/BOOT/ /EFI/tools/; do
		lints debian-amd64 "$put" "$shell" "file write ${folder}startup.nsh text x"
		[ "$folder" = /EFI/ ] || says "not evaluated: what /$loader boots could not be followed: what startup.nsh has the"
		[ "$folder" != /EFI/ ] || says "error: it is the UEFI shell"
	done
}

@test "systemd-boot: entries count if their kernel exists, on the ESP or on XBOOTLDR" {
	lints systemd-boot-arm64 "file delete loader/entries"
	exits 1
	says "systemd-boot finds nothing to boot"
	# a file that is no unified kernel image is not in its menu
	lints systemd-boot-arm64 "file delete loader/entries" "file write EFI/Linux/arch.efi text x"
	exits 1
	says "systemd-boot finds nothing to boot"
	lints uki-entries-arm64 "file write EFI/Linux/zzz.efi text x"
	exits 0
	lacks "[efi-second-stage]"
	lints systemd-boot-arm64 "file write loader/entries/a.conf text 'linux /nothere\n'"
	exits 0
	# the default is what counts
	lints systemd-boot-arm64 "file write x.efi text x" "file write loader/entries/z.conf text 'sort-key z\nefi /x.efi\n'"
	exits 0
	lints systemd-boot-arm64 "file write x.efi text x" "file write loader/entries/z.conf text 'sort-key z\nefi /x.efi\n'" \
		"file write loader/loader.conf text 'default z.conf\n'"
	exits 1
	says "p1/x.efi: error: systemd-boot (/EFI/BOOT/BOOTAA64.EFI) cannot start it: it is too short"
	lints xbootldr-arm64 "file delete loader"
	exits 0
	lacks "[efi-second-stage]"
}

@test "systemd-boot: a default that nobody knows takes nothing away from the other entries" {
	local rules='*' unknown="what EFI program starts next is not known"
	# the string by which systemd-boot is known
	local -a spoiled=("file copy EFI/BOOT/BOOTAA64.EFI x.efi" "file poke x.efi 0x177a8 78")

	lints systemd-boot-arm64 "${spoiled[@]}" "file write loader/entries/a.conf text 'sort-key a\nefi /x.efi\n'"
	exits 0
	says "skipped: /x.efi: $unknown (it does not say what it is) [efi-second-stage]"
	lacks error: warning: "not evaluated"
	# so it is where the first one's tries are counted
	lints systemd-boot-arm64 "file write loader/entries/a+3.conf text 'sort-key a\nefi /EFI/BOOT/BOOTAA64.EFI\n'"
	exits 0
	lacks error: warning: "not evaluated"
	# without a menu nothing else is known
	lints systemd-boot-arm64 "${spoiled[@]}" "file rename x.efi shellaa64.efi" "file delete loader/entries"
	exits 2
	says "not evaluated: what /EFI/BOOT/BOOTAA64.EFI boots could not be followed: $unknown"
	lacks error: warning:
}

@test "a wrong binary at the removable path does not change what the image is for" {
	lints debian-arm64 "file put EFI/BOOT/BOOTAA64.EFI debian-amd64:EFI/BOOT/BOOTX64.EFI"
	exits 1
	says "machine type is x86-64 (0x8664), AArch64 (0xaa64) expected" "(raw, aarch64, profile vmspec-2.0)"
	[ "$(findings)" = "pe-machine " ] || complain "one finding expected"
	lints debian-amd64 "file put EFI/BOOT/BOOTX64.EFI debian-arm64:EFI/BOOT/BOOTAA64.EFI"
	exits 1
	says "machine type is AArch64 (0xaa64), x86-64 (0x8664) expected" "(raw, x86_64, profile uefi-x86_64)"
}

@test "a binary under another architecture's name is one finding, with the command that renames it" {
	lints debian-arm64 "file rename EFI/BOOT/BOOTAA64.EFI BOOTX64.EFI"
	exits 1
	says "/EFI/BOOT/BOOTX64.EFI@0x84: error: machine type is AArch64 (0xaa64), x86-64 (0x8664) expected" \
		"mren -i disk.img@@1048576 ::/EFI/BOOT/BOOTX64.EFI BOOTAA64.EFI" "(raw, aarch64, profile vmspec-2.0)"
	[ "$(findings)" = "pe-machine " ] || complain "one finding expected"
}

@test "further architectures on the ESP are judged each by its own name" {
	lints debian-arm64 "file put EFI/BOOT/BOOTX64.EFI firmware-x86_64:EFI/BOOT/BOOTX64.EFI"
	exits 0
	says "(raw, aarch64, profile vmspec-2.0)"
	lacks error: warning:
	# the image can do without it, so it is no error
	lints debian-arm64 "file write EFI/BOOT/BOOTRISCV64.EFI text nothing"
	exits 0
	says "/EFI/BOOT/BOOTRISCV64.EFI@0: warning: not an EFI binary"
}

@test "--arch asks for that architecture's file" {
	vmlint --select=efi-boot-missing --arch=x86_64 "$(fixture debian-arm64)"
	exits 1
	says "/EFI/BOOT/BOOTX64.EFI: error: the file is missing" "x86_64, profile uefi-x86_64)"
	vmlint --select=efi-boot-missing --arch=arm "$(fixture armhf)"
	exits 0
}

@test "the loader that firmware takes is not spare because of one on a second ESP, of whatever kind that is" {
	local rules='*' gone='part 2 rm-glob /boot/vmlinuz-*' error="error: the kernel /boot/vmlinuz-"

	lints debian-arm64 "$gone" "esp copy-as esp"
	exits 1
	says "$error"
	lints debian-arm64 "$gone" "esp copy-as esp" "use 3" "file copy EFI/BOOT/mmaa64.efi EFI/BOOT/BOOTAA64.EFI"
	exits 1
	says "$error"
	# the first one starts nothing that anybody knows
	lints debian-arm64 "$gone" "esp copy-as esp" "use 1" "file copy EFI/BOOT/mmaa64.efi EFI/BOOT/BOOTAA64.EFI"
	exits 1
	says "$error"
	# of what the first one starts, nothing is known
	lints debian-arm64 "esp copy-as esp" "part 2 fill /boot/grub/grub.cfg 3145728"
	exits 2
	says "what /EFI/BOOT/BOOTAA64.EFI boots could not be followed: /boot/grub/grub.cfg is too long to be read"
	lints debian-arm64 'fstab add "LABEL=gone /srv ext4 defaults"' "esp copy-as esp"
	exits 1
	says "error: the image has no file system with the label gone"
	# the first one goes back to the firmware, by its configuration or by its default entry: U-Boot takes the second
	lints debian-arm64 "$gone" "esp copy-as esp" "use 1" 'file write EFI/debian/grub.cfg text "exit\n"'
	exits 1
	says "$error"
	lints debian-arm64 "$gone" "esp copy-as esp" "use 1" \
		'file write EFI/debian/grub.cfg text "menuentry leave {\nexit\n}\n"'
	exits 1
	says "$error"
}

@test "firmware takes the first file with sound headers, and none behind that" {
	local rules='esp-no-block-io,efi-*,pe-*'

	lints debian-arm64 "esp copy-as esp"
	exits 0
	lacks error: warning:
	# edk2 passes over what its headers tell it that it cannot load ...
	lints debian-arm64 "esp copy-as esp" "use 1" "file truncate EFI/BOOT/BOOTAA64.EFI 100"
	exits 0
	says "warning: the file has 100 bytes"
	lints debian-arm64 "esp copy-as esp" "use 1" "pe field EFI/BOOT/BOOTAA64.EFI subsystem 11"
	exits 0
	says "warning: subsystem is"
	# ... but is not back for the others where loading fails
	lints debian-arm64 "esp copy-as esp" "use 1" "file truncate EFI/BOOT/BOOTAA64.EFI 50%"
	exits 1
	says "disk.img!p1/EFI/BOOT/BOOTAA64.EFI@" "error: the file has"
	lints debian-arm64 "esp copy-as esp" "use 3" "file truncate EFI/BOOT/BOOTAA64.EFI 50%"
	exits 0
	says "disk.img!p3/EFI/BOOT/BOOTAA64.EFI@" "warning: the file has"
	# one of two is hidden from it, and the other starts nothing
	lints debian-arm64 "gpt attributes 1 2" "esp copy-as esp" "use 3"
	exits 0
	says "warning: attribute bit 1 of partition 1"
	lints debian-arm64 "gpt attributes 1 2" "esp copy-as esp" "use 3" "file delete EFI/debian"
	exits 1
	says "disk.img!p3/EFI/BOOT/fbaa64.efi: error: shim's fallback finds no"
}
