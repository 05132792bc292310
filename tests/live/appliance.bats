#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The appliance as a disk: what is on it, and that it is what vmlint asks of others.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s build/vmlint appliance
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

@test "the static program records wherever it runs, by itself" {
	run build/vmlint-guest-x86_64 --record
	[ "$status" = 0 ]
	[[ "${lines[0]}" == "guest format=1" && "$output" == *"file path=/proc/version "* ]]
	run build/vmlint-guest-x86_64
	[ "$status" = 2 ]
	[ -n "$(command -v qemu-aarch64-static)" ] || skip "qemu-user-static is missing"
	run qemu-aarch64-static build/vmlint-guest-aarch64 --record
	[ "$status" = 0 ]
	[[ "${lines[0]}" == "guest format=1" && "$output" == *"file path=/proc/version "* ]]
	# and what it wrote is a record
	echo "$output" >"$BATS_TEST_TMPDIR/here.record"
	run build/vmlint guest --judge "$BATS_TEST_TMPDIR/here.record"
	[[ "$status" = [012] && "$output" != *"could not check"* ]]
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
