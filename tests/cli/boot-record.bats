#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot: what a guest tells is somebody's, and who reads it is shut in.

load common
load boot

@test "boot: who reads what the guest told is shut in, and may not take for ever" {
	# neither preloaded library goes with a sanitizer
	VMLINT=$PLAIN
	sound() { :; }
	LD_PRELOAD="$TOP/build/tests/breakout.so" BREAKOUT_MEMORY=record BREAKOUT=open boot good
	exits 2
	[[ $output == "guest: could not check: the reader was stopped by signal 31 (Bad system call): it tried what"* ]] ||
		complain "it is to be killed"
	lacks ": error: " "console:"
	LD_PRELOAD="$TOP/build/tests/breakout.so" BREAKOUT_MEMORY=record BREAKOUT=open boot good --no-sandbox
	says "ended early, with status 99"
	[[ $stderr == *"--no-sandbox: what a guest makes of its reader is not held back"* ]] || complain "no warning"
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_FILE=record FAULT_PREAD="1 hang" boot good --gic=2,3 --max-time=1
	exits 2
	says "guest[gic=3,pci]: could not check: the reader was stopped by its limit of time: it took more than 1 s (--max-time raises" \
		"guest[gic=2,pci]: could not check: the reader was stopped by its limit"
}
