#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot as anybody types it, in real virtual machines.

load common

setup_file() {
	built build/vmlint appliance
}

@test "vmlint boot: what anybody types first" {
	run --separate-stderr build/vmlint boot
	[ "$status" = 1 ] || { echo "$output$stderr"; return 1; }
	[ "$(grep -c error: <<<"$output")" = 1 ]
	[[ "$output" == "guest!efi/configuration-table: error: there is no device-tree entry"* ]]
	[[ "$output" == *"guest: note: QEMU "* && "$output" == *"guest: 1 error, 0 warnings, 0 notes (qemu, aarch64, profile vmspec-2.0)" ]]
	[ -z "$stderr" ]
}

@test "vmlint boot: a hypervisor by its command" {
	run --separate-stderr build/vmlint boot --ignore=guest-devicetree --hypervisor-command='
		[ -e "$VMLINT_FOLDER/vars" ] || cp /usr/share/AAVMF/AAVMF_VARS.fd "$VMLINT_FOLDER/vars"
		qemu-system-$VMLINT_ARCH -M virt -cpu cortex-a57 -smp 2 -m 1024 -nodefaults -display none -serial stdio \
			-drive if=pflash,format=raw,readonly=on,file=/usr/share/AAVMF/AAVMF_CODE.fd \
			-drive if=pflash,format=raw,file="$VMLINT_FOLDER/vars" -drive if=virtio,format=raw,file="$1"'
	[ "$status" = 0 ] || { echo "$output$stderr"; return 1; }
	[[ "$output" == "guest: 0 errors, 0 warnings, 0 notes (command, aarch64, profile vmspec-2.0)" ]]
}
