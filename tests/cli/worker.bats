#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A worker that dies, and a disk that cannot be read: that image could not be checked, the others go on.
#
# tests/tools/preload/faults.c makes the nth read go wrong.  A preloaded library and a sanitizer exclude each other, so this
# is about the plain build.

load common
VMLINT=$PLAIN

setup_file() {
	truncate -s 1M "$BATS_FILE_TMPDIR/blank.img"
	"$MUTATE" "$(fixture firmware-x86_64)" "$BATS_FILE_TMPDIR/bad.img" "raw poke 0 00"
}

# faulty FAULT ARGUMENT...: the reads of bad.img go wrong
faulty() {
	local fault=$1
	shift
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_FILE=bad.img FAULT_PREAD="$fault" timeout -k 1 10 "$VMLINT" "$@"
	case $status in 0 | 1 | 2) ;; *) complain "the parent went with it" ;; esac
}

@test "a worker that is killed by a signal" {
	local action
	for action in "segv|signal 11 (Segmentation fault): a defect" "kill|signal 9 (Killed): by the system" "abort|signal 6 (Aborted): a defect" \
		"exit|an error of its own: it ended early, with status 7" "31|signal 31 (Bad system call): it tried what" \
		"25|signal 25 (File size limit exceeded): it tried to write" "15|signal 15 (Terminated): by somebody"; do
		for nth in 1 5; do
			faulty "$nth ${action%|*}" blank.img bad.img blank.img
			exits 2
			says "bad.img: could not check: the reader was stopped by ${action#*|}"
			[ "$(grep -c '^blank.img: error: ' <<<"$output")" = 2 ] || complain "the other images are not judged"
			[ "$(grep -c '^bad.img' <<<"$output")" = 1 ] || complain "what it said before it died is not to be believed"
		done
	done
}

@test "a worker that takes more time or memory than it may" {
	ulimit -S -t 1
	faulty "2 spin" blank.img bad.img blank.img
	exits 2
	says "bad.img: could not check: the reader was stopped by signal 24 (CPU time limit exceeded): its limit of CPU time"
	[ "$(grep -c '^blank.img: error: ' <<<"$output")" = 2 ] || complain "the other images are not judged"
	ulimit -S -t unlimited
	faulty "2 memory" blank.img bad.img blank.img
	exits 2
	says "bad.img: could not check: the reader was stopped by its limit of memory: this image needs more"
	[ "$(grep -c '^blank.img: error: ' <<<"$output")" = 2 ] || complain "the other images are not judged"
	[ "$(grep -c '^bad.img' <<<"$output")" = 1 ] || complain "more than one entry"
}

# misread FAULT ARGUMENT...: the reads of records go wrong, which no file's name stands for
misread() {
	local fault=$1
	shift
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_PREAD="$fault" timeout -k 1 10 "$VMLINT" guest --judge "$@"
	case $status in 0 | 1 | 2) ;; *) complain "the parent went with it" ;; esac
}

@test "who reads the record of a guest dies, takes too long or too much: the other records go on" {
	cp "$TOP/tests/guest/gicv3.record" .
	local fault said
	for fault in "1 segv|signal 11 (Segmentation fault): a defect of vmlint's that this record brings out" \
		"1 hang|its limit of time: it took more than 1 s (--max-time raises it)" "1 spin|its limit of time" "1 kill|signal 9" \
		"1 exit|an error of its own"; do
		said=${fault#*|}
		misread "${fault%|*}" --max-time=1 gicv3.record gicv3.record
		exits 2
		[ "$(grep -cF "gicv3.record: could not check: the reader was stopped by $said" <<<"$output")" = 2 ] || complain "$said"
		lacks ": error: "
	done
	# what is left when all memory has been taken is the text that says so
	misread "1 memory" gicv3.record
	exits 2
	says "gicv3.record: could not check: "
	misread "1 hang" --max-time=1 --format=json gicv3.record
	"$TOP/tests/schema/validate" <<<"$output"
	jq -e '.images[0].status == "unreadable"' <<<"$output"
}

@test "the same as JSON" {
	faulty "2 kill" --format=json blank.img bad.img blank.img
	exits 2
	"$TOP/tests/schema/validate" <<<"$output"
	[ "$(jq -c '[.images[].status]' <<<"$output")" = '["checked","unreadable","checked"]' ]
	jq -e '.images[1].error | startswith("the reader was stopped by signal 9 (Killed): ")' <<<"$output"
}

@test "a read that fails, the first, the second and so on: never clean" {
	local nth
	faulty "10000 eio" bad.img
	exits 0
	for nth in $(seq 1 200); do
		faulty "$nth eio" bad.img
		[ "$status" != 0 ] || break
		exits 2
		[[ $output == *"Input/output error"* ]] || complain "read $nth fails and nothing says so"
		[ "$(grep -cE ': (error|warning): ' <<<"$output")" = 0 ] || complain "read $nth fails and the image is blamed"
	done
	[ "$nth" -gt 3 ] && [ "$nth" -lt 200 ] || complain "it stopped at read $nth"
}

@test "a file that becomes shorter while it is read" {
	faulty "3 eof" bad.img
	exits 2
	says "has become shorter"
}

@test "reads that give less than was asked for" {
	"$VMLINT" bad.img | sed 's/, [0-9]* reads//' >expected
	faulty "1 short" bad.img
	exits 0
	[ "$output" = "$(cat expected)" ]
}

@test "a worker that hangs ends with the parent" {
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_PREAD="1 hang" "$VMLINT" bad.img >out 2>&1 3>&- &
	local parent=$! worker= i
	for i in $(seq 1 100); do
		worker=$(pgrep -P "$parent" || true)
		[ -z "$worker" ] || break
		sleep 0.05
	done
	[ -n "$worker" ]
	kill -9 "$parent"
	wait "$parent" || true
	for i in $(seq 1 100); do
		# gone, or a zombie that nobody has waited for yet
		[ -e "/proc/$worker" ] && ! grep -q '^State:.Z' "/proc/$worker/status" || return 0
		sleep 0.05
	done
	return 1
}

@test "Ctrl-C ends both" {
	# a shell's background jobs ignore SIGINT, so python starts it
	FAULTS="$TOP/build/tests/faults.so" run timeout 20 python3 - "$VMLINT" <<-'END'
		import os, signal, subprocess, sys, time
		env = dict(os.environ, LD_PRELOAD=os.environ["FAULTS"], FAULT_PREAD="1 hang")
		p = subprocess.Popen([sys.argv[1], "bad.img"], env=env, start_new_session=True)
		time.sleep(0.3)
		os.killpg(p.pid, signal.SIGINT)
		assert p.wait(5) == -signal.SIGINT, p.returncode
		time.sleep(0.1)
		# a zombie waits for an init that may be slow
		left = subprocess.run(["ps", "-o", "stat=", "-s", str(p.pid)], capture_output=True, text=True).stdout.split()
		sys.exit("somebody is left" if [s for s in left if s[0] != "Z"] else 0)
	END
	echo "$output"
	[ "$status" = 0 ]
}
