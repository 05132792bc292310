#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# qemu-nbd and libguestfs that go wrong in the middle: a place that cannot be read is not evaluated, a reader that breaks off takes
# all with it that was read before; neither is a finding.

load common

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	mkdir bin
	cp "$TOP/tests/tools/faulty-qemu-nbd" bin/qemu-nbd
	fixture debian-arm64-vmdk >path
	ln -s "$(cat path)" image.vmdk
}

# faulty "N ACTION" ARGUMENT...
faulty() {
	local fault=$1
	shift
	FAULT_NBD="$fault" PATH="$BATS_FILE_TMPDIR/bin:$PATH" vmlint "$@"
}

@test "qemu-nbd's answers are errors from the first, the second and so on" {
	local n
	faulty "1000 eio" image.vmdk
	exits 0
	for n in 1 2 3 4 5 7 9 12 15 19 23 28; do
		faulty "$n eio" image.vmdk
		exits 2
		says "not evaluated: " "qemu-nbd cannot read at offset" "image.vmdk: 0 errors, 0 warnings, 0 notes, "
	done
}

@test "qemu-nbd breaks off: killed, hung up, half of an answer, an answer to nobody" {
	local n action
	for action in kill close cut nonsense; do
		for n in 1 3 9 20; do
			faulty "$n $action" image.vmdk
			exits 2
			says "image.vmdk: could not check: qemu-nbd broke off at offset 0"
			[ "$(grep -c . <<<"$output")" = 1 ] || complain "one line expected"
		done
	done
	faulty "9 kill" --format=json image.vmdk "$(fixture firmware-x86_64)"
	exits 2
	[ "$(jq -c '[.images[].status]' <<<"$output")" = '["unreadable","checked"]' ]
	[ "$(jq -c '.images[0].diagnostics' <<<"$output")" = '[]' ]
}

@test "what qemu-nbd has started ends, also in a session of its own, and however vmlint ends" {
	# a number that nothing else on this machine sleeps for
	faulty "3 stray=1234.$$" image.vmdk
	exits 2
	! pgrep -f "sleep 1234\.$$\$" >/dev/null || complain "it is left"
}

@test "a disk that libguestfs reads breaks off below it: could not check, and no finding" {
	local reads
	ln -sf "$(fixture erofs-arm64)" image.img
	# behind all that vmlint reads itself
	run --separate-stderr "$PLAIN" --verbose --reader=native image.img
	[[ $output =~ bytes\ in\ ([0-9]+)\ reads ]]
	reads=${BASH_REMATCH[1]}
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_FILE=image.img FAULT_PREAD="$((reads + 20)) eio" \
		run --separate-stderr timeout -k 1 100 "$PLAIN" image.img
	sound
	exits 2
	says "image.img: could not check: cannot read at offset 0x" "Input/output error"
	[ "$(grep -cE ': (error|warning): ' <<<"$output")" = 0 ] || complain "the image is blamed"
}
