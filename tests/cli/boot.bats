#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot: options, and what becomes of a run; QEMU is a program of the test's own (tests/tools/fake-qemu).

load common

setup_file() {
	# a disk with nothing on it but the settings
	head -c 4096 /dev/zero >"$BATS_FILE_TMPDIR/appliance"
	printf '%-2047s\n' 'vmlint.settings=1 loglevel=4' >>"$BATS_FILE_TMPDIR/appliance"
	truncate -s 2M "$BATS_FILE_TMPDIR/appliance"
	sha256sum "$BATS_FILE_TMPDIR/appliance" >"$BATS_FILE_TMPDIR/sum"
	touch "$BATS_FILE_TMPDIR/firmware"
}

setup() {
	export FAKE TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
}

# Nothing is left behind, and the image is what it was.
teardown() {
	[ -z "$(ls -A "$TMPDIR")" ]
	sha256sum --quiet -c "$BATS_FILE_TMPDIR/sum"
}

boot() { # boot FAKE OPTION...
	FAKE=$1
	shift
	vmlint boot --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware --appliance=appliance --timeout=3 "$@"
}

@test "boot: firmware that goes into its shell: one message, the console's last lines" {
	boot shell
	exits 2
	says "guest: could not check: boot 1: the firmware found nothing to start and went into its shell" \
		'console: BdsDxe: starting Boot0002 "EFI Internal Shell" from Fv(1)'
}

@test "boot: a kernel that panics; what it prints cannot control the terminal" {
	boot panic
	exits 2
	says "guest: could not check: boot 1: the kernel panicked" 'Kernel panic - not syncing: \x1b]0;title\x07 no init'
	lacks $'\x1b'
}

@test "boot: QEMU is not there, fails, or is killed" {
	FAKE=good vmlint boot --qemu=/nonexistent/qemu --firmware=firmware --appliance=appliance
	exits 2
	says "/nonexistent/qemu: No such file or directory"
	boot fails
	exits 2
	says "QEMU ended with status 1: qemu: -machine virt: no such machine"
	boot killed
	exits 2
	says "QEMU was killed by signal 9"
}

@test "boot: calls that are wrong" {
	vmlint boot --gic=4
	refuses '--gic takes 2, 3 or 2,3, not "4"'
	vmlint boot --transport=usb
	refuses '--transport takes pci, mmio or pci,mmio, not "usb"'
	vmlint boot --arch=riscv64
	refuses '--arch takes aarch64 or x86_64, not "riscv64"'
	vmlint boot --smp=0
	refuses '--smp takes a number from 1 to 512, not "0"'
	vmlint boot --memory=much
	refuses '--memory takes a number'
	vmlint boot --frobnicate
	refuses "unknown option --frobnicate"
	vmlint boot --select=gpt-missing
	refuses 'no rule on guests matches "gpt-missing"'
	vmlint boot --firmware=/nonexistent --appliance=appliance
	exits 2
	[[ "$stderr" == "vmlint: /nonexistent: No such file or directory" ]]
	vmlint boot --help
	exits 0
	says "Usage: vmlint boot"
}
