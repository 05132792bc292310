#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is printed, and where it cannot be: colour, --quiet, --verbose, full disks, closed and broken pipes.

load common

ESC=$'\e'

setup_file() {
	truncate -s 1M "$BATS_FILE_TMPDIR/blank.img"
	: >"$BATS_FILE_TMPDIR/empty.img"
}

# terminal COMMAND: runs a shell command line on a terminal; what that shows is in $output.
terminal() {
	run --separate-stderr timeout 10 python3 -c '
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(["sh", "-c", sys.argv[1]])))' "$1"
	sound
}

@test "no colour into a pipe or a file" {
	vmlint blank.img empty.img
	lacks "$ESC"
}

@test "--color=always and never" {
	vmlint --color=always blank.img empty.img
	says "${ESC}["
	# and it ends what it begins: the last escape sequence of a line resets
	! grep "$ESC" <<<"$output" | grep -qvP '\e\[0m[^\e]*$' || complain "nothing of that expected"
	# without them it is the same text
	local plain
	plain=$(sed 's/\x1b\[[0-9;]*m//g' <<<"$output")
	vmlint --color=never blank.img empty.img
	[ "$output" = "$plain" ]
	vmlint --colour=never blank.img
	lacks "$ESC"
}

@test "a terminal has colour, unless NO_COLOR says otherwise" {
	terminal "$VMLINT blank.img"
	exits 1
	says "${ESC}["
	terminal "$VMLINT --color=never blank.img"
	lacks "$ESC"
	terminal "NO_COLOR=1 $VMLINT blank.img"
	exits 1
	lacks "$ESC"
	# empty means not set (no-color.org), and an explicit option wins
	terminal "NO_COLOR= $VMLINT blank.img"
	says "${ESC}["
	terminal "NO_COLOR=1 $VMLINT --color=always blank.img"
	says "${ESC}["
}

@test "TERM=dumb and no TERM are no trouble" {
	terminal "env -u TERM $VMLINT blank.img"
	exits 1
	terminal "TERM=dumb $VMLINT blank.img"
	exits 1
}

@test "--quiet prints only what counts" {
	vmlint --quiet blank.img
	exits 1
	[ "$(grep -c '' <<<"$output")" -le 3 ]
	says "[gpt-missing]"
	lacks profile
	vmlint -q --severity=gpt-missing=note blank.img
	exits 0
	[ -z "$output" ] || complain "nothing counts, so nothing expected"
	vmlint -q --severity=gpt-missing=note --fail-on=note blank.img
	exits 1
	says "[gpt-missing]"
	vmlint -q "$(fixture debian-arm64)"
	[ -z "$output" ]
	# but never hides that an image could not be read
	vmlint -q empty.img
	says "could not check"
}

@test "--verbose also prints what was skipped and the bytes read" {
	vmlint --verbose "$(fixture debian-arm64)"
	exits 0
	[[ $output =~ read\ [0-9]+\ bytes\ in\ [0-9]+\ reads ]] || complain "no statistics"
	vmlint -v blank.img
	says "skipped: "
	vmlint blank.img
	lacks "skipped: " " bytes in "
}

@test "nothing goes to standard error but wrong calls" {
	vmlint blank.img empty.img /nonexistent "$(fixture debian-arm64)"
	[ -z "$stderr" ] || complain "standard error is for wrong calls"
}

@test "results of several images, and their sum" {
	vmlint blank.img empty.img blank.img
	says "3 images: 2 errors" "1 could not be checked"
	[ "$(grep -c '^blank.img: error' <<<"$output")" = 2 ]
}

@test "a full disk" {
	for args in "lint blank.img" "blank.img" "lint --format=json blank.img" "lint --help" "explain gpt-missing" rules "rules --format=json" \
		"rules --format=man" --help --version; do
		run --separate-stderr timeout 10 sh -c '"$0" "$@" >/dev/full' "$VMLINT" $args
		exits 2
		[[ $stderr == *"cannot write the output: No space left on device"* ]] || complain "$args: no word of it"
	done
}

@test "closed standard output, input and error" {
	run --separate-stderr timeout 10 sh -c '"$0" blank.img blank.img blank.img >&-' "$VMLINT"
	exits 2
	[[ $stderr == *"cannot write the output"* ]]
	run timeout 10 sh -c '"$0" blank.img blank.img blank.img >&- <&- 2>&-' "$VMLINT"
	[ "$status" = 2 ]
	run timeout 10 sh -c '"$0" blank.img blank.img <&- 2>&-' "$VMLINT"
	[ "$status" = 1 ]
	[ "$(grep -c '^blank.img: error' <<<"$output")" = 2 ]
	# the image was not written to
	cmp blank.img <(head -c 1M /dev/zero)
}

@test "a reader that has seen enough" {
	# killed by SIGPIPE, which is no message (where that is ignored: output-faults.bats)
	run --separate-stderr bash -c 'set -o pipefail; timeout 10 "$0" rules --format=man | true' "$VMLINT"
	[ "$status" = 0 ] || [ "$status" = 141 ]
	[ -z "$stderr" ]
}

@test "rules that one cause keeps from being evaluated do not drown it, and are all there for who asks" {
	local options="--reader=native" missing
	"$MUTATE" "$(fixture debian-arm64)" dirty.img "ext journal-dirty 2"
	vmlint $options dirty.img
	exits 2
	says "not evaluated: no installed system could be looked at: " ", fstab-filesystem-driver" "more]"
	lacks selinux-unlabelled driver-virtio-net
	[ "$(awk '{ if (length > longest) longest = length } END { print longest }' <<<"$output")" -lt 500 ] ||
		complain "a line is too long"
	vmlint $options --verbose dirty.img
	says selinux-unlabelled driver-virtio-net
	lacks "more]"
	vmlint $options --format=json dirty.img
	jq -e '[.images[].not_evaluated[].rule] | contains(["selinux-unlabelled", "driver-virtio-net"])' <<<"$output" >/dev/null
	# few are named
	vmlint $options --select=kernel-missing,os-init-missing,os-init-arch dirty.img
	says "[os-init-missing, os-init-arch]"
}
