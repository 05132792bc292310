#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The appliance in real virtual machines, under TCG: it comes to its end, and its record says what is known of the machine.

bats_require_minimum_version 1.5.0

AAVMF=/usr/share/AAVMF/AAVMF_CODE.fd
AAVMF_VARS=/usr/share/AAVMF/AAVMF_VARS.fd

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s build/vmlint build/tests/live-record build/appliance-aarch64.img build/appliance-x86_64.img
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
}

teardown() {
	[ -z "$(ls -A "$TMPDIR")" ]
}

record() { # record IMAGE OPTION...
	local image=$1
	shift
	run --separate-stderr build/tests/live-record --seconds=240 "$@" "$image"
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[[ "$output" == *"probe-end complete=yes"* && "$output" == *" lost=0 damaged=0 foreign=0"* ]]
	[[ "$output" == *'host-event name=SHUTDOWN data={"guest":true,"reason":"guest-shutdown"}'* ]]
}

has() {
	for line; do
		grep -qE "$line" <<<"$output" || { echo "no line $line"; echo "$output" | grep -v '^[+|&]'; return 1; }
	done
}

hasnt() {
	for line; do
		! grep -qE "$line" <<<"$output" || { echo "line $line"; return 1; }
	done
}

ACPI='^probe-table guid=8868e871-e4f1-11d3-bc22-0080c73c8881 '
TREE='^probe-table guid=b1b621d5-f19c-41a5-830b-d9152c69aae0 '

@test "AAVMF with GICv3: ACPI, a clock, hotplug, variables that live on through a reset and in a new process" {
	record build/appliance-aarch64.img --firmware=$AAVMF --store=$AAVMF_VARS --hotplug --persistent
	has "$ACPI" "${ACPI/probe/linux}" 'exception-level=1 ' '^probe-acpi signature=APIC ' '^\|ACPI20=0x' 'uart:SBSA mmio:0x09000000' \
		'^rtc open=ok read=ok .* set=ok .* restore=ok ' '^variable .* write=ok .* delete=ok after=ENOENT' \
		'^cpu-power cpu=1 off=ok off-ms=[0-9]+ on=ok' '^aarch32 error=ok status=32$' '^\|PSCIv1.1$' 'GICv3  27 Level     arch_timer' \
		'name=RESET data=\{"guest":true,"reason":"guest-reset"\}' '^host-boot number=3 how=cold$'
	hasnt "$TREE" '^probe-device-tree'
	nonce=$(sed -n 's/^variable-write name=VmlintPersist wanted=\([0-9a-f]*\) write=ok$/\1/p' <<<"$output")
	has '^hotplug-block serial=vmlint-hot appeared=yes .* read=ok size=512 ' '^hotplug-net address=.* appeared=yes .* up=ok peer=10.0.2.2 socket=ok send=ok sent=[0-9]+ answer=yes ' \
		"^[+]$(printf 'vmlint hotplug %s' "$nonce" | od -An -v -tx1 | tr -d ' \n')0a00"
	[ "$(grep -c '^hotplug-gone .* gone=yes' <<<"$output")" = 2 ]
	[ "$(grep -c "^variable-read name=VmlintPersist read=ok attributes=0x7 value=$nonce\$" <<<"$output")" = 2 ]
	# and the probe's
	[ "$(sed -n "s/^probe-kept name=VmlintProbeKept do=\(.*\)$nonce/\1/p" <<<"$output")" = "write wanted= set=0x0
read get=0x0 value= attributes=0x7
delete get=0x0 value= attributes=0x7 delete=0x0" ]
	# the clock was set back: QEMU sees the last setting in the first boot leave no offset, or what a second's end makes
	[[ $(sed -n '/number=2/q; /RTC_CHANGE/p' <<<"$output" | tail -n 1) =~ '"offset":'(-1|0|1), ]]
}

@test "AAVMF with ACPI off, on virtio-mmio: a device tree that describes the machine" {
	record build/appliance-aarch64.img --firmware=$AAVMF --store=$AAVMF_VARS --acpi-off --transport=mmio
	has "$TREE" "${TREE/probe/linux}" '^probe-device-tree address=0x[0-9a-f]+ size=[0-9]{4} ' 'uart:PL011 rev1' \
		'^link path=/sys/bus/virtio/devices/virtio0 to=/sys/devices/platform/.*\.virtio_mmio/virtio0$'
	hasnt "$ACPI" '^probe-acpi' '^file path=/sys/firmware/acpi'
	# and the kernel was given the same, but for what its stub adds
	sed -n '/^probe-device-tree/,/^probe-end/s/^+//p' <<<"$output" |
		python3 -c 'import sys; sys.exit(b"linux,dummy-virt\0" not in bytes.fromhex(sys.stdin.read().replace("\n", "")))'
}

@test "without a store a variable lives through a reset, and not longer" {
	record build/appliance-aarch64.img --firmware=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd --gic=2 --persistent
	[ "$(grep '^variable-read' <<<"$output" | sed 's/value=.*//')" = "variable-read name=VmlintPersist read=ok attributes=0x7 
variable-read name=VmlintPersist read=ENOENT" ]
	has 'GIC-0  27 Level     arch_timer' '^host-machine .* gic=2 .* store=no$'
}

@test "U-Boot: a device tree alone, and variables that cannot be written when the system runs, and are kept on the disk" {
	record build/appliance-aarch64.img --firmware=/usr/lib/u-boot/qemu_arm64/u-boot.bin --persistent
	has 'vendor=Das%20U-Boot' "$TREE" '^variable name=VmlintLive .* write=EROFS' '^probe-store file=ubootefi.var' \
		'^probe-gic by=tree address=0x8000000 version=3 pidr2-64k=0x3b ' \
		'^probe-kept name=VmlintProbeKept do=write wanted=[0-9a-f]{16} set=0x0$' \
		'^probe-kept name=VmlintProbeKept do=read get=0x0 value=[0-9a-f]{16} attributes=0x7$' \
		'^probe-kept name=VmlintProbeKept do=delete get=0x800000000000000e '
	hasnt "$ACPI"
}

@test "x86-64 with OVMF" {
	record build/appliance-x86_64.img --machine=x86_64 --firmware=/usr/share/OVMF/OVMF_CODE_4M.fd \
		--store=/usr/share/OVMF/OVMF_VARS_4M.fd
	has "$ACPI" "${ACPI/probe/linux}" 'machine=x86_64 ring=0 ' '^rtc open=ok .* restore=ok' '^variable .* delete=ok after=ENOENT'
}

@test "firmware that finds no boot loader is not waited for" {
	cp --sparse=always build/appliance-aarch64.img "$BATS_TEST_TMPDIR/disk"
	mdel -i "$BATS_TEST_TMPDIR/disk@@1M" ::/EFI/BOOT/BOOTAA64.EFI
	run --separate-stderr build/tests/live-record --firmware=$AAVMF --store=$AAVMF_VARS --seconds=240 "$BATS_TEST_TMPDIR/disk"
	[ "$status" = 2 ]
	[[ "$stderr" == *"boot 1: the firmware found nothing to start"* ]] || { echo "$stderr"; return 1; }
}

@test "a kernel that panics is not waited for" {
	run --separate-stderr build/tests/live-record --firmware=$AAVMF --store=$AAVMF_VARS --seconds=240 --arguments=rdinit=/none \
		build/appliance-aarch64.img
	[ "$status" = 2 ]
	[[ "$stderr" == *"boot 1: the kernel panicked"*"Kernel panic - not syncing"* ]] || { echo "$stderr"; return 1; }
}

@test "vmlint boot: what anybody types first" {
	run --separate-stderr build/vmlint boot
	[ "$status" = 1 ] || { echo "$output$stderr"; return 1; }
	[ "$(grep -c error: <<<"$output")" = 1 ]
	[[ "$output" == "guest!efi/configuration-table: error: there is no device-tree entry"* ]]
	[[ "$output" == *"guest: note: QEMU "* && "$output" == *"guest: 1 error, 0 warnings, 0 notes (qemu, aarch64, profile vmspec-2.0)" ]]
	[ -z "$stderr" ]
}

@test "vmlint boot: KVM or not, another machine is clean" {
	run --separate-stderr build/vmlint boot --arch=x86_64 --no-hotplug --format=vmspec
	[ "$status" = 0 ] || { echo "$output$stderr"; return 1; }
	[[ "$output" == *"VMSPEC-EFI: PASS"*"VMSPEC-EFIVARIABLE-READ: PASS"*"VMSPEC-BOOT-2ND: PASS" && "$output" != *FAIL* ]]
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
