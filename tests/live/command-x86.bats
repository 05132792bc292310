#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot of a machine of another kind, beside command.bats: each boots for a minute.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	# what a suite runs was built before it
	[ -n "${VMLINT_BUILT:-}" ] || make -s build/vmlint appliance
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
}

teardown() {
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "vmlint boot: KVM or not, another machine is clean" {
	run --separate-stderr build/vmlint boot --arch=x86_64 --no-hotplug --format=vmspec
	[ "$status" = 0 ] || { echo "$output$stderr"; return 1; }
	[[ "$output" == *"VMSPEC-EFI: PASS"*"VMSPEC-EFIVARIABLE-READ: PASS"*"VMSPEC-BOOT-2ND: PASS" && "$output" != *FAIL* ]]
}
