#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot of a machine of another kind, beside command.bats: each boots for a minute.

load common

setup_file() {
	built build/vmlint appliance
}

@test "vmlint boot: KVM or not, another machine is clean" {
	run --separate-stderr build/vmlint boot --arch=x86_64 --no-hotplug --format=vmspec
	[ "$status" = 0 ] || { echo "$output$stderr"; return 1; }
	[[ "$output" == *"VMSPEC-EFI: PASS"*"VMSPEC-EFIVARIABLE-READ: PASS"*"VMSPEC-BOOT-2ND: PASS" && "$output" != *FAIL* ]]
}
