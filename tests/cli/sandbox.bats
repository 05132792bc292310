#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A reader is shut in: one that opens a file or a socket, or starts a program, is killed, and that image alone is lost.
#
# tests/tools/preload/breakout.c makes a reader do such things. A preloaded library and a sanitizer exclude each other, so this
# is about the plain build.

load common
VMLINT=$PLAIN

setup_file() {
	truncate -s 1M "$BATS_FILE_TMPDIR/blank.img"
}

# breaking ACTION ARGUMENT...: the reader of each image does it
breaking() {
	local action=$1
	shift
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/breakout.so" BREAKOUT="$action" timeout -k 1 10 "$VMLINT" "$@"
}

@test "a reader that opens, makes, writes, connects, starts, signals, traces or maps code is killed" {
	local action
	echo kept >kept
	for action in open create socket exec fork kill code mprotect ptrace stat memfd shared poison flags truncate pwrite write prctl signal \
		privileges; do
		breaking "$action" blank.img blank.img
		exits 2
		[ "$(grep -c '^blank.img: could not check: the reader was stopped by signal 31 (Bad system call)' <<<"$output")" = 2 ] ||
			complain "$action: not killed"
	done
	[ ! -e escaped ]
}

@test "the same of who reads the record of a guest" {
	local action
	cp "$TOP/tests/guest/gicv3.record" .
	for action in open create socket exec fork kill code mprotect ptrace stat memfd shared poison flags truncate pwrite write prctl signal \
		privileges; do
		breaking "$action" guest --judge gicv3.record gicv3.record
		exits 2
		[ "$(grep -c '^gicv3.record: could not check: the reader was stopped by signal 31 (Bad system call)' <<<"$output")" = 2 ] ||
			complain "$action: not killed"
		[ "$(grep -c 'the record may be made to take over what reads it' <<<"$output")" = 2 ] || complain "what was it?"
	done
	[ ! -e escaped ]
	# the test would see an escape
	for action in open exec; do
		breaking "$action" guest --judge --no-sandbox gicv3.record
		says "ended early, with status 99"
		[[ $stderr == *"--no-sandbox: what a guest makes of its reader"* ]] || complain "no warning"
	done
}

@test "a reader may ask for the size of what it has open, whatever fstat is in this C library" {
	breaking fstat blank.img
	says "could not check: " "ended early, with status 99"
}

@test "a reader does not get more memory than the limit, nor what the caller of vmlint has open" {
	local action
	for action in memory input output descriptors; do
		echo before >out
		run --separate-stderr env LD_PRELOAD="$TOP/build/tests/breakout.so" BREAKOUT="$action" timeout -k 1 10 \
			sh -c 'echo typed | "$1" blank.img >>out 2>err; echo $?; cat out err' sh "$VMLINT"
		[[ $output == [12]*"before"*"no partition table"* ]] || complain "$action: it got it"
	done
}

@test "the same without the sandbox: the test would see an escape" {
	local action
	for action in open create socket exec fork kill code mprotect memory stat memfd shared flags prctl signal; do
		breaking "$action" --no-sandbox blank.img
		says "ended early, with status 99"
		[[ $stderr == *"--no-sandbox: "* ]] || complain "no warning"
	done
	for action in input output write; do
		run --separate-stderr env LD_PRELOAD="$TOP/build/tests/breakout.so" BREAKOUT="$action" timeout -k 1 10 \
			sh -c 'echo typed | "$1" --no-sandbox blank.img >>out 2>err 9>>kept; cat out' sh "$VMLINT"
		says "ended early, with status 99"
	done
}

@test "a reader without its filter is held by Landlock, and by limits, all the same" {
	local action
	# where nobody can be asked (tests/arm64), it is there
	! command -v python3 >/dev/null ||
		python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)' || skip "the kernel has no Landlock"
	export BREAKOUT_FILTER=none
	rm -f escaped
	for action in open create exec memory descriptors; do
		breaking "$action" blank.img
		[ "$status" != 99 ] || complain "$action"
		[[ $output != *"ended early, with status 99"* ]] || complain "$action: let through"
	done
	# the test would see it: what none of these hold
	breaking ptrace blank.img
	says "ended early, with status 99"
	[ ! -e escaped ]
}

@test "a worker has no privileges to gain, a filter of system calls, and leaves no core" {
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_PREAD="1 hang" "$VMLINT" blank.img >out 2>&1 3>&- &
	local parent=$! worker= i text
	for i in $(seq 1 100); do
		worker=$(pgrep -P "$parent" || true)
		[ -z "$worker" ] || text=$(cat "/proc/$worker/status") && [[ $text == *"Seccomp:	2"* ]] && break
		sleep 0.05
	done
	local limits
	limits=$(cat "/proc/$worker/limits")
	kill -9 "$parent"
	wait "$parent" || true
	[[ $text == *"Seccomp:	2"* && $text == *"NoNewPrivs:	1"* ]]
	grep -qE '^Max core file size +0 +0 ' <<<"$limits"
	grep -qE '^Max address space +1073741824 +1073741824 ' <<<"$limits"
	grep -qE '^Max file size +0 +0 ' <<<"$limits"
	# the image's time and libguestfs's
	[ "$(sed -nE 's/^Max cpu time +([0-9]+) .*/\1/p' <<<"$limits")" -le 1000 ]
	grep -qE '^Max open files +128 +128 ' <<<"$limits"
	[[ $text == *"CapPrm:	0000000000000000"* && $text == *"CapEff:	0000000000000000"* ]]
}

@test "libfdisk, asked for a second opinion, is not stopped where it refuses a disk" {
	cp --sparse=always "$(fixture debian-arm64)" large.img
	truncate -s 64G large.img
	PATH=$PATH:/usr/sbin sgdisk -e large.img >/dev/null
	vmlint --verbose '--select=gpt-*,mbr-*,esp-*,efi-*,pe-*,image-*,container-*,disk-*,qcow2-*,firmware-*' large.img
	exits 0
}
