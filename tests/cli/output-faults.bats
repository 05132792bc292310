#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Standard output that fails: each write in turn, in each format.  Either every byte comes out, or the status is 2.
#
# tests/tools/preload/faults.c makes the nth write go wrong, here in front of the sanitizers.

load common

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	truncate -s 1M blank.img
	: >empty.img
	"$MUTATE" "$(fixture firmware-x86_64)" bad.img "gpt type 1 linux"
}

setup() {
	export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
}

# faulty FAULT ARGUMENT...: what came out is in the file out
faulty() {
	local fault=$1
	shift
	status=0
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_WRITE="$fault" timeout -k 1 20 "$VMLINT" "$@" >out 2>err || status=$?
	output=$(cat out) stderr=$(cat err)
	sound
}

CALLS="lint blank.img empty.img bad.img
lint --format=json blank.img empty.img bad.img
lint --format=vmspec bad.img blank.img
explain gpt-missing esp-missing
--help"

@test "a signal that interrupts, writes that take a part alone, a pipe that is full: every byte comes out" {
	local call action expected
	while read -r call; do
		"$VMLINT" $call >whole || expected=$?
		faulty "1 byte" $call
		exits "${expected:-0}"
		cmp whole out
		for action in "1 eintr" "2 eintr" "3 eintr" "2 eagain" "1 short"; do
			faulty "$action" $call
			exits "${expected:-0}"
			cmp whole out
			[ -z "$stderr" ] || complain "nothing to tell expected"
		done
		expected=
	done <<<"$CALLS"
}

@test "a pipe that does not wait, and a slow reader" {
	"$VMLINT" rules --format=man >whole
	python3 - "$VMLINT" <<-'END' >out
		import os, subprocess, sys, time
		r, w = os.pipe()
		os.set_blocking(w, False)
		p = subprocess.Popen([sys.argv[1], "rules", "--format=man"], stdout=w)
		os.close(w)
		time.sleep(0.2)
		while part := os.read(r, 65536):
		    sys.stdout.buffer.write(part)
		assert p.wait() == 0, p.returncode
	END
	cmp whole out
}

@test "each write fails in its turn, with a full disk, an error or nobody who reads: status 2, a message, and nothing behind the hole" {
	local calls=$CALLS call action word n sum=0
	for action in "enospc|No space left on device" "eio|Input/output error" "epipe|Broken pipe" "none|Input/output error"; do
		word=${action#*|} action=${action%|*}
		while read -r call; do
			"$VMLINT" $call >whole || true
			for n in $(seq 1 20); do
				faulty "$n $action" $call
				! cmp -s whole out || break
				exits 2
				[ "$stderr" = "vmlint: cannot write the output: $word" ] || complain "$call: write $n: no message"
				cmp -n "$(stat -c %s out)" whole out
				[[ $call != *json* ]] || ! jq . out >/dev/null 2>&1 || [ ! -s out ] || complain "JSON that is cut short passes for the whole"
				sum=$((sum + 1))
			done
			[ "$n" -lt 20 ]
		done <<<"$calls"
		# and of these what tells most
		calls="lint --format=json blank.img empty.img bad.img"
	done
	[ "$sum" -gt 20 ] || complain "$sum writes alone"
}

@test "images that nobody can be told of are not read" {
	local image
	for image in {1..5}; do cp blank.img $image.img; done
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_WRITE="1 enospc" strace -f -o trace -e trace=openat "$PLAIN" {1..5}.img >out 2>err || status=$?
	[ "$status" = 2 ]
	grep -q '"1.img"' trace
	! grep -q '"2.img"' trace || complain "it goes on"
}

@test "a pipe that nobody reads: SIGPIPE ends it, or where that is ignored, status 2" {
	local format
	for format in text json vmspec; do
		run --separate-stderr bash -c 'set -o pipefail; timeout 10 "$0" --format=$1 blank.img bad.img | true' "$VMLINT" $format
		# it may have been quicker than its reader
		[ "$status" = 141 ] || [ "$status" -le 1 ] || complain "SIGPIPE expected"
		[ -z "$stderr" ]
		run --separate-stderr python3 - "$VMLINT" $format <<-'END'
			import os, signal, subprocess, sys
			r, w = os.pipe()
			os.close(r)
			p = subprocess.run([sys.argv[1], "--format=" + sys.argv[2], "blank.img", "bad.img"], stdout=w, restore_signals=True)
			assert p.returncode == -signal.SIGPIPE, p.returncode
			p = subprocess.run([sys.argv[1], "--format=" + sys.argv[2], "blank.img", "bad.img"], stdout=w, restore_signals=False)
			sys.exit(p.returncode)
		END
		exits 2
		[ "$stderr" = "vmlint: cannot write the output: Broken pipe" ] || complain "a message expected"
	done
}
