#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The appliance as a disk: what is on it, and that it is what vmlint asks of others.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	# what a suite runs was built before it
	[ -n "${VMLINT_BUILT:-}" ] || make -s build/vmlint appliance
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

@test "lint has nothing against it, raw or qcow2, but that it is not signed" {
	for machine in aarch64 x86_64; do
		for kind in img qcow2; do
			run build/vmlint lint --fail-on=note --ignore=efi-signature "build/appliance-$machine.$kind"
			[ "$status" = 0 ] || { echo "$output"; return 1; }
			[[ "$output" == *"0 errors, 0 warnings, 0 notes"*"$machine"* ]]
		done
	done
}

@test "the probe has no section that can be written and run" {
	for machine in aarch64 x86_64; do
		run readelf -lW "build/appliance/$machine/probe.efi.elf"
		[[ "$output" != *RWE* ]]
		[ "$(grep -c LOAD <<<"$output")" = 2 ]
	done
}

@test "the init is static" {
	for machine in aarch64 x86_64; do
		run readelf -lW "build/appliance/$machine/init"
		[[ "$output" != *INTERP* && "$output" != *DYNAMIC* ]]
	done
}

@test "the static program records and judges wherever it runs, by itself" {
	run build/vmlint-guest-x86_64 --record
	[ "$status" = 0 ]
	[[ "${lines[0]}" == "guest format=2" && "$output" == *"file path=/proc/version "* ]]
	run build/vmlint-guest-x86_64 --judge x
	[[ "$status" = 2 && "$output" == *"judges the machine that it runs on"* ]]
	[ -n "$(command -v qemu-aarch64-static)" ] || skip "qemu-user-static is missing"
	run qemu-aarch64-static build/vmlint-guest-aarch64 --record
	[ "$status" = 0 ]
	[[ "${lines[0]}" == "guest format=2" && "$output" == *"file path=/proc/version "* ]]
	# and what it wrote is a record
	echo "$output" >"$BATS_TEST_TMPDIR/here.record"
	run build/vmlint guest --judge "$BATS_TEST_TMPDIR/here.record"
	[[ "$status" = [012] && "$output" != *"could not check"* ]]
}

@test "the static program says what vmlint says, in each format" {
	for format in text json vmspec; do
		status=0 theirs=0
		build/vmlint guest --verbose --format=$format >"$BATS_TEST_TMPDIR/ours" || status=$?
		build/vmlint-guest-x86_64 --verbose --format=$format >"$BATS_TEST_TMPDIR/theirs" || theirs=$?
		[ "$theirs" = "$status" ]
		diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
	done
	[ -n "$(command -v qemu-aarch64-static)" ] || skip "qemu-user-static is missing"
	# what it sees there is this machine, under the name of another
	run qemu-aarch64-static build/vmlint-guest-aarch64 --format=json
	[[ "$status" = [012] && "$output" == *'"arch": "aarch64"'* && "$output" == *'"profile": "vmspec-2.0"'* ]]
}

@test "the settings are one line of 2048 bytes" {
	for machine in aarch64 x86_64; do
		text=$(mtype -i "build/appliance-$machine.img@@1M" ::/EFI/vmlint/settings.txt)
		[[ "$text" == "vmlint.settings=1 "* && ${#text} = 2047 ]]
	done
}

@test "it is the same when it is made again" {
	cp build/appliance-aarch64.img "$BATS_TEST_TMPDIR/before"
	src/appliance/pack aarch64 build/appliance/aarch64/probe.efi build/appliance/aarch64/init "$BATS_TEST_TMPDIR/after"
	for file in EFI/BOOT/BOOTAA64.EFI EFI/vmlint/appliance.efi EFI/vmlint/settings.txt; do
		mcopy -n -i "$BATS_TEST_TMPDIR/before@@1M" "::/$file" "$BATS_TEST_TMPDIR/a"
		mcopy -n -i "$BATS_TEST_TMPDIR/after@@1M" "::/$file" "$BATS_TEST_TMPDIR/b"
		cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
		rm "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	done
}
