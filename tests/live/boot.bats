#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The appliance in real virtual machines, under TCG: it comes to its end, and its record says what is known of the machine.  The
# records are those of tests/live/controls, which boots the machines if that was not done yet.

setup_file() {
	local name
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	# what a suite runs was built before it
	[ -n "${VMLINT_BUILT:-}" ] || make -s build/vmlint build/tests/live-record appliance controls
	for name in gicv3 gicv2 acpi-off mmio no-store u-boot x86_64 shell panic; do
		for machine in aarch64 x86_64; do
			[ "build/live/$name.err" -nt "build/appliance-$machine.img" ] || echo "$name"
		done
	done | sort -u | xargs -r tests/live/controls
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

fresh() { # fresh CONTROL: $output and $stderr
	[ -e "build/live/$1.err" ] || skip "$(tests/live/controls "$1" | sed -n 's/.*# skip //p')"
	output=$(<"build/live/$1.record")
	stderr=$(<"build/live/$1.err")
}

record() { # record CONTROL
	fresh "$1"
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
	record gicv3
	has "$ACPI" "${ACPI/probe/linux}" 'exception-level=1 ' '^probe-acpi signature=APIC ' '^\|ACPI20=0x' 'uart:SBSA mmio:0x09000000' \
		'^rtc open=ok read=ok .* set=ok .* restore=ok ' '^variable .* write=ok .* delete=ok after=ENOENT' \
		'^cpu-power cpu=1 off=ok off-ms=[0-9]+ on=ok' '^aarch32 error=ok status=32$' '^\|PSCIv1.1$' 'GICv3  27 Level     arch_timer' \
		'name=RESET data=\{"guest":true,"reason":"guest-reset"\}' '^host-boot number=3 how=cold$'
	hasnt "$TREE" '^probe-device-tree'
	nonce=$(sed -n 's/^variable-write name=VmlintPersist wanted=\([0-9a-f]*\) write=ok$/\1/p' <<<"$output")
	has '^hotplug-block serial=vmlint-hot appeared=yes .* read=ok size=512 ' \
		'^hotplug-net address=.* appeared=yes .* up=ok peer=10.0.2.2 socket=ok send=ok sent=[0-9]+ answer=yes ' \
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

@test "AAVMF with ACPI off: a device tree that describes the machine" {
	record acpi-off
	has "$TREE" "${TREE/probe/linux}" '^probe-device-tree address=0x[0-9a-f]+ size=[0-9]{4} ' 'uart:PL011 rev1'
	hasnt "$ACPI" '^probe-acpi' '^file path=/sys/firmware/acpi'
	# and the kernel was given the same, but for what its stub adds
	sed -n '/^probe-device-tree/,/^probe-end/s/^+//p' <<<"$output" |
		python3 -c 'import sys; sys.exit(b"linux,dummy-virt\0" not in bytes.fromhex(sys.stdin.read().replace("\n", "")))'
}

@test "virtio-mmio: the disk is on no bus that can be searched" {
	record mmio
	has '^link path=/sys/bus/virtio/devices/virtio0 to=/sys/devices/platform/.*LNRO0005:[0-9a-f]+/virtio0$'
}

@test "GICv2" {
	record gicv2
	has 'GIC-0  27 Level     arch_timer' '^host-machine .* gic=2 '
}

@test "without a store a variable lives through a reset, and not longer" {
	record no-store
	[ "$(grep '^variable-read' <<<"$output" | sed 's/value=.*//')" = "variable-read name=VmlintPersist read=ok attributes=0x7 
variable-read name=VmlintPersist read=ENOENT" ]
	has '^host-machine .* gic=3 .* store=no$'
}

@test "U-Boot: a device tree alone, and variables that cannot be written when the system runs, and are kept on the disk" {
	record u-boot
	has 'vendor=Das%20U-Boot' "$TREE" '^variable name=VmlintLive .* write=EROFS' '^probe-store file=ubootefi.var' \
		'^probe-gic by=tree address=0x8000000 version=3 pidr2-64k=0x3b ' \
		'^probe-kept name=VmlintProbeKept do=write wanted=[0-9a-f]{16} set=0x0$' \
		'^probe-kept name=VmlintProbeKept do=read get=0x0 value=[0-9a-f]{16} attributes=0x7$' \
		'^probe-kept name=VmlintProbeKept do=delete get=0x800000000000000e '
	hasnt "$ACPI"
}

@test "x86-64 with OVMF" {
	record x86_64
	has "$ACPI" "${ACPI/probe/linux}" 'machine=x86_64 ring=0 ' '^rtc open=ok .* restore=ok' '^variable .* delete=ok after=ENOENT'
}

@test "firmware that finds no boot loader is not waited for" {
	fresh shell
	[[ "$stderr" == *"boot 1: the firmware found nothing to start"* ]] || { echo "$stderr"; return 1; }
}

@test "a kernel that panics is not waited for" {
	fresh panic
	[[ "$stderr" == *"boot 1: the kernel panicked"*"Kernel panic - not syncing"* ]] || { echo "$stderr"; return 1; }
}
