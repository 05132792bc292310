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

@test "boot: an appliance that was made of other sources is named, once; one that tells in another way is not started" {
	appliance stale vmlint.facts=2 0123456789abcdef
	appliance nameless "" ""
	appliance older vmlint.facts=1
	appliance later vmlint.facts=3
	boot good --appliance=stale --matrix
	exits 1
	ours=$(grep -o '[0-9a-f]\{16\}' "$TOP/build/appliance/generated/appliance-sources.h")
	[ "$stderr" = "vmlint: warning: stale was made of other sources (0123456789abcdef), not of this vmlint's ($ours), and what it \
does not tell is not judged: \`make appliance\` makes it anew" ] || complain "a warning expected"
	boot good --appliance=nameless
	exits 1
	[[ $stderr == "vmlint: warning: nameless was made of sources that it does not name, not of this vmlint's ($ours), "* ]]
	for wrong in older:1 later:3; do
		boot good --appliance="${wrong%:*}"
		exits 2
		[[ -z $output && $stderr == "vmlint: ${wrong%:*} tells its facts in format ${wrong#*:}, and this vmlint starts what does so in \
format 2: \`make appliance\` "* ]] || complain "$wrong"
	done
}

@test "boot: of what a guest does not know to do, nothing is judged, and that is said" {
	boot no-command --hotplug --persistent
	exits 2
	says 'guest: not evaluated: the guest does not know the command "hotplug block vmlint-hot" [guest-hotplug-block]' \
		'guest: not evaluated: the guest does not know the command "hotplug net 52:54:00:76:6d:6c 10.0.2.2" [guest-hotplug-net, ' \
		'guest: not evaluated: the guest does not know the command "variable write VmlintPersist '
}

@test "boot: --keep keeps the disk of the first start, too, before another takes its place" {
	# the disk is made anew before the second start: what is told to the boot after a reset stands on the first
	boot good --persistent --log-dir=twice --keep
	exits 2
	lacks "could not check"
	[ "$(ls twice | tr '\n' ' ')" = "gic3-pci-first.disk gic3-pci.command gic3-pci.console gic3-pci.disk gic3-pci.record " ]
	grep -qa ' vmlint.variable=read ' twice/gic3-pci-first.disk
	grep -qa ' vmlint.variable=delete ' twice/gic3-pci.disk
	rm -r twice
	mkdir -p twice/gic3-pci-first.disk
	boot good --persistent --log-dir=twice --keep
	exits 2
	says "could not check further: cannot write twice/gic3-pci-first.disk: Is a directory"
	lacks "console:"
}

@test "boot: a guest that was ready before anybody read a word of it or QEMU" {
	FAKE_RECORD= boot outruns
	says "guest: note: QEMU 9.2.1 emulated the machine (TCG): "
}

@test "boot: firmware in whose menu a shell stands, and who tells of an earlier crash, goes on" {
	boot menu --timeout=5
	exits 1
	says "[guest-devicetree]" "guest: 1 error, 0 warnings"
	# and where it does not go on, it was that
	boot shell --timeout=20
	exits 2
	says "guest!boot/1: error: the firmware found nothing to start and went into its shell [guest-boot]"
}
