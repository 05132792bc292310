#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A file that changes while it is read: what was seen belongs together no more, so nothing is said of the image but that.
#
# tests/tools/preload/faults.c stops the worker at a read of the image, the file is changed, and the worker goes on: no clock
# decides.  A preloaded library and a sanitizer exclude each other, so this is about the plain build.

load common
VMLINT=$PLAIN

setup() {
	"$MUTATE" "$(fixture firmware-x86_64)" image.img "raw poke 0 00"
}

teardown() {
	[ -z "${device:-}" ] && return
	[ ! -b "${device}p1" ] || PATH=$PATH:/usr/sbin partx -d "$device"
	losetup -d "$device"
}

# meanwhile COMMAND ARGUMENT...: what vmlint says of files of which one, image.img, is changed by a shell command at its third read
meanwhile() {
	local change=$1 parent worker= i
	shift
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_FILE="${FILE:-image.img}" FAULT_PREAD="${NTH:-3} stop" \
		"$VMLINT" "$@" >out 2>err 3>&- &
	parent=$!
	for i in $(seq 1 400); do
		worker=$(pgrep -P "$parent" || true)
		[ -z "$worker" ] || ! grep -q '^State:.T' "/proc/$worker/status" 2>/dev/null || break
		sleep 0.02
	done
	[ "$i" != 400 ] || { kill -9 "$parent"; echo "the worker did not come to its read"; return 1; }
	eval "$change"
	kill -CONT "$worker"
	status=0
	wait "$parent" || status=$?
	output=$(cat out) stderr=$(cat err)
	sound
}

# only TEXT: status 2, and one line on the image, which has TEXT
only() {
	exits 2
	[ "$(grep -c . <<<"$output")" = 1 ] || complain "one line expected"
	says "image.img: could not check: " "$1"
}

@test "nothing changes" {
	meanwhile true image.img
	exits 0
	# nor does what is no content
	meanwhile 'chmod 600 image.img; ln image.img link.img; mv image.img other.img; rm link.img' image.img
	exits 0
	mv other.img image.img
	meanwhile 'rm image.img' image.img
	exits 0
}

@test "it shrinks" {
	meanwhile 'truncate -s 100K image.img' image.img
	only "the image changed while it was read: it had 37748736 bytes, and has 102400 now"
}

@test "it shrinks, and grows again" {
	meanwhile 'truncate -s 100K image.img; truncate -s 37748736 image.img' image.img
	only "the image changed while it was read: somebody wrote to it"
}

@test "it grows" {
	meanwhile 'truncate -s 64M image.img' image.img
	only "and has 67108864 now"
}

@test "it is written to" {
	meanwhile 'printf x | dd of=image.img bs=1 seek=33000000 conv=notrunc status=none' image.img
	only "the image changed while it was read: somebody wrote to it"
}

@test "a block device is written to" {
	device=$(losetup -f --show image.img 2>/dev/null) || skip "no loop devices here"
	FILE=$device meanwhile true "$device"
	exits 0
	FILE=$device meanwhile "dd if=/dev/zero of=$device bs=4096 count=1 seek=8000 conv=notrunc oflag=direct status=none" "$device"
	exits 2
	says "$device: could not check: the image changed while it was read: somebody wrote to it; a snapshot"
}

@test "a partition is written to, by its own name or the disk's; what is written to another one is no matter" {
	local write="dd if=/dev/zero bs=4096 count=1 seek=300 conv=notrunc oflag=direct status=none"
	device=$(losetup -f --show image.img 2>/dev/null) || skip "no loop devices here"
	# none of the kernel's own, which may not know of GPT
	PATH=$PATH:/usr/sbin addpart "$device" 1 2048 65536
	PATH=$PATH:/usr/sbin addpart "$device" 2 67584 4096
	[ -b "${device}p1" ] || skip "no nodes for partitions here"
	FILE=${device}p1 meanwhile true "${device}p1"
	[[ $output != *"could not check"* ]]
	FILE=${device}p1 meanwhile "$write of=${device}p2" "${device}p1"
	[[ $output != *"could not check"* ]]
	FILE=${device}p1 meanwhile "$write of=${device}p1" "${device}p1"
	says "${device}p1: could not check: the image changed while it was read"
	FILE=${device}p1 meanwhile "$write of=$device" "${device}p1"
	says "${device}p1: could not check: the image changed while it was read"
}

@test "others go on, and JSON says so" {
	meanwhile 'truncate -s 100K image.img' --format=json "$(fixture debian-arm64)" image.img "$(fixture debian-arm64)"
	exits 2
	"$TOP/tests/schema/validate" <<<"$output"
	[ "$(jq -c '[.images[].status]' <<<"$output")" = '["checked","unreadable","checked"]' ]
	[ "$(jq -c '.images[1].diagnostics' <<<"$output")" = '[]' ]
}

@test "a backing file is written to" {
	qemu-img create -q -f qcow2 -F raw -b image.img overlay.qcow2
	# a worker cannot tell a file that it has from its parent: it stops at a read of the overlay, when the other is open
	FILE=overlay.qcow2 NTH=3 meanwhile true --allow-backing=. overlay.qcow2
	exits 1
	FILE=overlay.qcow2 NTH=3 meanwhile 'printf x | dd of=image.img bs=1 seek=33000000 conv=notrunc status=none' --allow-backing=. overlay.qcow2
	exits 2
	says "overlay.qcow2: could not check: " "/image.img, which it is made of, changed while it was read: somebody wrote to it"
}

@test "a disk that disappears" {
	# a descriptor that was good until then: what a device gives that was pulled out
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_FILE=image.img FAULT_PREAD="4 gone" "$VMLINT" image.img
	only ": No such device or address"
}
