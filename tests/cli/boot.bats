#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot: options, and what becomes of a run; QEMU is a program of the test's own (tests/tools/fake-qemu).

load common
load boot

NO_TREE="guest!efi/configuration-table: error: there is no device-tree entry"

@test "boot: what the guest says is judged; exit status as lint's" {
	boot good
	exits 1
	says "$NO_TREE" "[guest-devicetree]" "guest: note: QEMU 9.2.1 emulated the machine (TCG): " \
		"guest: 1 error, 0 warnings, 0 notes (qemu, aarch64, profile vmspec-2.0)"
	[ -z "$stderr" ] || complain "nothing expected on standard error"
	boot good --ignore=guest-devicetree
	exits 0
	boot good --severity=guest-devicetree=warning
	exits 0
	boot good --exit-zero -q
	exits 0
	[ "$output" = "$NO_TREE (b1b621d5-f19c-41a5-830b-d9152c69aae0) [guest-devicetree]" ]
}

@test "boot: a matrix is one entry a boot, which each diagnostic names, too" {
	boot good --matrix --format=json
	exits 1
	[ "$(jq -r '.images[].boot' <<<"$output")" = "gic=3 transport=pci acpi=on
gic=2 transport=pci acpi=on
gic=3 transport=mmio acpi=on
gic=3 transport=pci acpi=off
gic=2 transport=mmio acpi=off" ]
	jq -e '.images | all(.boot as $b | .diagnostics | all(.boot == $b))' <<<"$output" >/dev/null
	jq -e '[.images[].image] | unique == ["appliance"]' <<<"$output" >/dev/null
	python3 -c 'import json, jsonschema, sys; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))' \
		"$TOP/tests/schema/report.schema.json" <<<"$output"
	boot good --gic=3,2 --transport=mmio --select=guest-devicetree
	exits 1
	says "guest[gic=3,mmio]: 1 error" "guest[gic=2,mmio]: 1 error" "$NO_TREE" "    note: in both boots" "2 boots: 2 errors"
}

@test "boot: what several boots of a matrix have in common is said once, with the boots that have it" {
	# the stand-in plays gicv3's record where it is asked for a GICv3, and so on: its bus and its tables stay what they are
	sed 's/^\(variable name=VmlintLive .*write=\)ok/\1EIO/; s/^\(probe-firmware .*exception-level=\)1/\12/' \
		"$TOP/tests/guest/gicv2.record" >gicv2.record
	cp "$TOP/tests/guest/gicv3.record" gicv3.record
	FAKE=good FAKE_RECORD=$PWD/gicv3.record vmlint boot --qemu="$TOP/tests/tools/fake-qemu" --appliance=appliance --firmware=firmware \
		--no-hotplug --no-persistent --gic=2,3 --transport=pci,mmio --color=never
	exits 1
	[ "$(grep -c "guest-devicetree\]" <<<"$output")" = 1 ] || complain "once expected"
	[ "$(grep -A1 "guest-exception-level\]" <<<"$output")" = "$(printf '%s\n    note: in boots 3 and 4 of 4' \
		"$(grep "^guest!.*guest-exception-level\]" <<<"$output")")" ] || complain "two boots expected"
	[ "$(grep -A1 "guest-devicetree\]" <<<"$output" | tail -1)" = "    note: in all 4 boots" ] || complain "all boots expected"
	[ "$(grep -c "^guest: note: QEMU" <<<"$output")" = 1 ] || complain "one note expected"
	[ "$(grep -c "^guest\[gic=[23],.*\]: [123] error" <<<"$output")" = 4 ] || complain "a line each expected"
	# what one alone has, by its own name
	FAKE=good FAKE_RECORD=$PWD/gicv3.record vmlint boot --qemu="$TOP/tests/tools/fake-qemu" --appliance=appliance --firmware=firmware \
		--no-hotplug --no-persistent --gic=2,3 --transport=pci --color=never --quiet
	exits 1
	[ "$output" = "$(grep -v QEMU <<<"$output")" ]
	says "guest[gic=2,pci]!" "[guest-exception-level]"
	rm gicv2.record gicv3.record
}

@test "boot: --verbose shows the console, --log-dir keeps it and the record, --keep also the disks" {
	boot good --verbose --log-dir=log --keep
	exits 1
	[[ "$stderr" == *"| UEFI firmware"* && "$stderr" != *$'\x1b'* ]] || complain "the console expected"
	[ "$(ls log | tr '\n' ' ')" = "gic3-pci.command gic3-pci.console gic3-pci.disk gic3-pci.record " ]
	[[ "$stderr" == "+ "*"/fake-qemu -nodefaults "* ]] || complain "the command line expected"
	[[ "$(<log/gic3-pci.command)" == *"/fake-qemu -nodefaults "*" -smp 2 "* ]]
	[[ "$(<log/gic3-pci.console)" == "UEFI firmware"* ]]
	cmp <(head -c 4096 appliance) <(head -c 4096 log/gic3-pci.disk)
	vmlint guest --judge log/gic3-pci.record
	exits 1
	says "gic3-pci.record: 1 error"
	boot good --log-dir=/dev/null/log
	exits 2
	says "could not check: cannot make the folder /dev/null/log: Not a directory"
	# what cannot be kept is nothing that the guest has said
	for what in record disk; do
		rm -r log
		mkdir -p "log/gic3-pci.$what"
		boot good --log-dir=log --keep
		exits 2
		says "$NO_TREE" "could not check further: cannot write log/gic3-pci.$what: Is a directory"
		lacks "console:"
	done
	rm -r log
}

@test "boot: more arguments for QEMU; no ports for devices where none are put in" {
	FAKE_ARGS=$PWD/args boot good --qemu-option=-cpu --qemu-option='max,x y=on' --log-dir=log
	exits 1
	[[ "$(<args)" == *" -cpu max,x y=on" ]] || complain "behind ours: $(<args)"
	[[ "$(<log/gic3-pci.command)" == *" -cpu 'max,x y=on'" ]] || complain "as a shell takes it: $(<log/gic3-pci.command)"
	[[ "$(<args)" != *pcie-root-port* ]] || complain "no ports expected"
	rm args
	FAKE_ARGS=$PWD/args boot good --hotplug
	grep -q 'pcie-root-port,id=port1.*pcie-root-port,id=port2' args
	rm -r args log
	vmlint boot --hypervisor-command=x --qemu-option=-S
	refuses "--hypervisor-command makes the machine"
}

@test "boot: progress on a terminal, and none elsewhere" {
	FAKE=good run script -qec "'$VMLINT' boot --qemu='$TOP/tests/tools/fake-qemu' --firmware=firmware --appliance=appliance \
		--gic=2,3 --no-hotplug >out" /dev/null
	[[ "$output" == *$'\r\x1b[Kboot 1 of 4 (gic=3 transport=pci acpi=on): firmware'* ]] || complain "the first boot expected"
	[[ "$output" == *'boot 3 of 4 (gic=3 transport=pci acpi=on): firmware'*'boot 4 of 4 (gic=2'* ]] || complain "others expected"
	[[ "$output" == *$'\r\x1b[K' ]] || complain "it is taken away in the end"
}

@test "boot: a machine that does not go off: what was seen is judged, and that it was not all is said" {
	boot stays --timeout=1
	exits 2
	says "$NO_TREE" "guest: could not check further: boot 1: the machine was told to go off, and is still there after 1 s" \
		"guest: note: console: UEFI firmware"
	boot stays --timeout=1 --format=json
	exits 2
	jq -e '.images[0] | .status == "partly" and (.error | length) > 0 and (.diagnostics | length) > 0' <<<"$output" >/dev/null
	python3 -c 'import json, jsonschema, sys; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))' \
		"$TOP/tests/schema/report.schema.json" <<<"$output"
}

@test "boot: a guest that says nothing, or nothing more" {
	boot silent --timeout=1
	exits 2
	says "guest!boot/1: error: not a byte came over the console in 1 s, of firmware neither [guest-boot]"
	boot slow --timeout=1
	exits 2
	says "guest!boot/1: error: nothing was heard of a system in 1 s [guest-boot]" "--timeout=SECONDS of \`vmlint boot\` gives it"
	lacks "could not check"
	boot silent --timeout=1 --ignore=guest-boot
	exits 2
	says 'guest: could not check further: boot 1: after 1 s there was no "ready" from the guest'
	boot again
	exits 2
	says "guest!boot/1: error: the system reset the machine without being told to"
	boot off
	exits 2
	says "guest!boot/1: error: the machine switched itself off without being told to"
	boot ended
	exits 2
	says "guest: could not check: boot 1: QEMU was told from outside to end: " host-signal
	lacks "[guest-boot]" "that is not the machine's doing"
}

@test "boot: reboots for ever, a flooded console, forged lines" {
	boot resets
	exits 2
	says "guest!boot/1: error: the machine reset again and again before a system ran"
	boot flood --timeout=15
	exits 2
	says "guest!boot/1: error: the console was flooded"
	boot forged --timeout=1
	exits 2
	says "guest!boot/1: error: the system began to run, and then was not heard of any more"
}

@test "boot: Ctrl-C and other signals: one message, status 2, QEMU is gone, no further boot" {
	for signal in INT TERM HUP; do
		state=$BATS_TEST_TMPDIR/state.$signal
		FAKE=terminated FAKE_STATE=$state python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execv(sys.argv[1], sys.argv[1:])' "$VMLINT" boot --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware \
			--appliance=appliance --gic=2,3 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		pid=$!
		for _ in $(seq 100); do [ ! -s "$state" ] || break; sleep .1; done
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		output=$(<"$BATS_TEST_TMPDIR/out")
		exits 2
		says "guest[gic=3,pci]: could not check: stopped by a signal ("
		lacks "gic=2" "console:"
		[ ! -e "/proc/$(<"$state")" ]
	done
}

@test "boot: QEMU behind a script is ended, too" {
	state=$BATS_TEST_TMPDIR/state
	printf '#!/bin/sh\n"%s" "$@"\nexit 3\n' "$TOP/tests/tools/fake-qemu" >wrapper
	chmod +x wrapper
	FAKE=terminated FAKE_STATE=$state vmlint boot --qemu="$PWD/wrapper" --firmware=firmware --appliance=appliance --timeout=1
	exits 2
	for _ in $(seq 50); do [ -e "/proc/$(<"$state")" ] || break; sleep .1; done
	[ ! -e "/proc/$(<"$state")" ]
	# and where it does not wait for it
	rm "$state"
	printf '#!/bin/sh\n"%s" "$@" &\nwhile [ ! -s "%s" ]; do sleep .1; done\nexit 3\n' "$TOP/tests/tools/fake-qemu" "$state" >wrapper
	FAKE=terminated FAKE_STATE=$state vmlint boot --qemu="$PWD/wrapper" --firmware=firmware --appliance=appliance --timeout=9
	exits 2
	says "QEMU ended with status 3"
	for _ in $(seq 50); do [ -e "/proc/$(<"$state")" ] || break; sleep .1; done
	[ ! -e "/proc/$(<"$state")" ]
}

@test "boot: firmware whose variable store stands beside it" {
	printf '%s\n' '#!/bin/sh' 'case "$*" in *"-bios "*) echo by bios ;; *unit=1*) echo with a store ;; esac >&2' 'exit 1' >says
	chmod +x says
	touch MY_CODE_4M.fd MY_VARS_4M.fd only_CODE.fd
	vmlint boot --qemu="$PWD/says" --firmware="$PWD/MY_CODE_4M.fd" --appliance=appliance
	says "status 1: with a store"
	vmlint boot --qemu="$PWD/says" --firmware="$PWD/MY_CODE_4M.fd" --store=none --appliance=appliance
	says "status 1: by bios"
	vmlint boot --qemu="$PWD/says" --firmware="$PWD/only_CODE.fd" --appliance=appliance
	says "status 1: by bios"
}

@test "boot: KVM that does not work is noticed, and a note says so" {
	[ -w /dev/kvm ] || skip "there is no KVM to try"
	[ "$(uname -m)" = x86_64 ] || skip "it is for guests of another machine"
	boot good --arch=x86_64
	says "QEMU 9.2.1 ran the machine with KVM"
	boot aborts-kvm --arch=x86_64
	says "QEMU 9.2.1 emulated the machine (TCG): under KVM, boot 1: QEMU was killed by signal 6"
	boot no-kvm --arch=x86_64
	says "under KVM, boot 1: QEMU ended with status 1: Could not access KVM kernel module"
	boot hangs-kvm --arch=x86_64 --timeout=1
	says "under KVM, boot 1: after 1 s there was no \"ready\" from the guest"
	boot stops-kvm --arch=x86_64
	says "under KVM, boot 1: QEMU has stopped the machine: KVM internal error"
	# what has spoken runs, so KVM works, and nobody waits once more
	boot mute-kvm --arch=x86_64 --timeout=1
	exits 2
	says "nothing was heard of a system in " "QEMU 9.2.1 ran the machine with KVM"
	boot no-kvm --arch=x86_64 --accel=kvm
	exits 2
	says "could not check: boot 1: QEMU ended with status 1: Could not access KVM kernel module"
}

@test "boot: KVM for another machine's guests is not tried, and not when it is not permitted" {
	[ "$(uname -m)" = x86_64 ] || skip "not on this machine"
	boot good
	says "emulated the machine (TCG): this computer is x86_64"
	boot good --accel=kvm
	exits 2
	says "could not check: KVM cannot be used: this computer is x86_64"
	boot good --accel=tcg
	says "emulated the machine (TCG): --accel=tcg"
	[ "$(id -u)" = 0 ] && [ -e /dev/kvm ] && [ "$(stat -c %a /dev/kvm)" = 660 ] || skip "KVM is not kept from anybody"
	chmod 755 "$BATS_FILE_TMPDIR"
	cp "$PLAIN" "$BATS_FILE_TMPDIR/vmlint"
	FAKE=good TMPDIR=/tmp run setpriv --reuid 65534 --regid 65534 --clear-groups "$BATS_FILE_TMPDIR/vmlint" boot \
		--arch=x86_64 --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware --appliance=appliance --timeout=3
	says "/dev/kvm: Permission denied (it is open to members of its group)"
}

@test "boot: another hypervisor, started by a command that gives us its console" {
	command() { # command FAKE COMMAND OPTION...
		FAKE=$1 vmlint boot --hypervisor-command="$2" --appliance=appliance --timeout=3 "${@:3}"
	}
	fake=$TOP/tests/tools/fake-qemu
	command good "exec '$fake'" --log-dir=log
	exits 1
	says "$NO_TREE" "guest: 1 error, 0 warnings, 0 notes (command, aarch64, profile vmspec-2.0)"
	grep -q '^host-machine machine=aarch64 hypervisor=command$' log/command.record
	# a reset and a second start: seen by what the guest says
	[ "$(grep -c '^host-boot' log/command.record)" = 3 ]
	grep -q '^host-event name=RESET data={"guest":true,"reason":"seen"}$' log/command.record
	[ "$(grep -c '^host-event name=SHUTDOWN' log/command.record)" = 2 ]
	rm -r log
	# what it is given; its standard error is not the console
	command good 'echo "$VMLINT_ARCH $VMLINT_START $1 $VMLINT_APPLIANCE $(ls "$VMLINT_FOLDER") $(test -t 0 && echo tty)" >&2; exit 3'
	exits 2
	[[ "$output" =~ "boot 1: the hypervisor ended with status 3: aarch64 1 "([^ ]*)" "([^ ]*)" appliance.img tty" ]] || complain environment
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
	[[ "${BASH_REMATCH[1]}" == "$TMPDIR"/vmlint-*/appliance.img && ! -e "${BASH_REMATCH[1]}" ]]
	command panic "'$fake'"
	exits 2
	says "guest!boot/1: error: the kernel panicked"
	command no-reset "'$fake'" --timeout=1
	exits 2
	says "!power: error: the guest was told to reboot, and the machine did not reset itself" "could not check further: boot 1: "
	# one that ends where it should reset: that is found once, and nobody says that the guest went off by itself
	command ends-at-reset "'$fake'" --select='guest-*'
	exits 2
	lacks "without being told to"
	command good true
	exits 2
	says "could not check: boot 1: the hypervisor ended before anything came from a machine"
	command good "nothing-of-that-name"
	exits 2
	says "nothing-of-that-name: not found"
	vmlint boot --hypervisor-command=x --gic=2
	refuses "--hypervisor-command makes the machine"
}

@test "boot: all that a command has started is ended, when it may not end by itself and when we are killed" {
	state=$BATS_TEST_TMPDIR/state
	for signal in INT KILL; do
		rm -f "$state"
		# a shell between, and a child in the background that nobody waits for
		FAKE=terminated FAKE_STATE=$state python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execv(sys.argv[1], sys.argv[1:])' "$VMLINT" boot --appliance=appliance \
			--hypervisor-command="trap '' TERM; sleep 1000 & echo \$! >'$state.child'; '$TOP/tests/tools/fake-qemu'; true" \
			>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		pid=$!
		for _ in $(seq 100); do [ ! -s "$state" ] || break; sleep .1; done
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$signal" = KILL ] || [ "$status" = 2 ]
		for _ in $(seq 100); do [ -e "/proc/$(<"$state")" ] || [ -n "$(ls -A "$TMPDIR")" ] || break; sleep .1; done
		for gone in "$state" "$state.child"; do [ ! -e "/proc/$(<"$gone")" ]; done
	done
}

@test "boot: what a command or a script has put out of its group, it ends, too" {
	state=$BATS_TEST_TMPDIR/state
	FAKE=good vmlint boot --appliance=appliance --timeout=1 --hypervisor-command="
		setsid sh -c 'echo \$\$ >\"$state\"; exec sleep 1000' & while [ ! -s '$state' ]; do sleep .1; done; exec cat"
	exits 2
	[ ! -e "/proc/$(<"$state")" ]
	rm "$state"
	# QEMU behind a script, and nobody who could say a last word
	printf '#!/bin/sh\nsetsid "%s" "$@"\nexit 3\n' "$TOP/tests/tools/fake-qemu" >wrapper
	chmod +x wrapper
	FAKE=terminated FAKE_STATE=$state "$VMLINT" boot --qemu="$PWD/wrapper" --firmware=firmware --appliance=appliance 3>&- &
	for _ in $(seq 100); do [ ! -s "$state" ] || break; sleep .1; done
	kill -s KILL "$!"
	wait "$!" || true
	for _ in $(seq 100); do [ -e "/proc/$(<"$state")" ] || break; sleep .1; done
	[ ! -e "/proc/$(<"$state")" ]
}

@test "boot: a folder that is being filled is removed, whoever kills us" {
	mkfifo "$BATS_TEST_TMPDIR/appliance"
	FAKE=good "$VMLINT" boot --hypervisor-command=true --appliance="$BATS_TEST_TMPDIR/appliance" 3>&- &
	for _ in $(seq 100); do [ -z "$(ls -A "$TMPDIR")" ] || break; sleep .1; done
	[ -n "$(ls -A "$TMPDIR")" ]
	kill -s KILL "$!"
	wait "$!" || true
	for _ in $(seq 100); do [ -n "$(ls -A "$TMPDIR")" ] || break; sleep .1; done
	[ -z "$(ls -A "$TMPDIR")" ]
}

@test "boot: a full disk" {
	run bash -c "ulimit -f 1; '$PLAIN' boot --qemu='$TOP/tests/tools/fake-qemu' --firmware=firmware \
		--appliance=appliance"
	exits 2
	says "could not check: cannot copy appliance into $TMPDIR: File too large"
	boot full
	exits 2
	says "could not check: boot 1: QEMU cannot go on with the machine's disk: No space left on device"
	FAKE=good run bash -c "'$VMLINT' boot --qemu='$TOP/tests/tools/fake-qemu' --firmware=firmware --appliance=appliance \
		--no-hotplug --no-persistent >/dev/full"
	exits 2
	says "vmlint: cannot write the output"
}

@test "boot: a disk that cannot be copied, and one on a file system without a word of holes" {
	copy() { # copy ERROR OPTION...
		run env LD_PRELOAD="$TOP/build/tests/errors.so" ERRORS="lseek-data=$1" "$PLAIN" boot --appliance=appliance --timeout=3 \
			--no-persistent "${@:2}"
	}
	make -s -C "$TOP" build/tests/errors.so
	FAKE=good copy EINVAL --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware --no-hotplug
	exits 1
	says "$NO_TREE"
	for code in EIO EIO,2; do
		copy "$code" --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware
		exits 2
		says "could not check: cannot copy appliance into $TMPDIR: Input/output error"
	done
	copy EPERM --hypervisor-command=true
	exits 2
	[[ $output == *"could not check: cannot write $TMPDIR/vmlint-"*"/appliance.img: Operation not permitted" ]] || complain "why"
}

@test "boot: firmware that goes into its shell: one message, the console's last lines" {
	boot shell
	exits 2
	says "guest!boot/1: error: the firmware found nothing to start and went into its shell [guest-boot]" \
		'console: BdsDxe: starting Boot0002 "EFI Internal Shell" from Fv(1)'
}

@test "boot: a kernel that panics; what it prints cannot control the terminal" {
	boot panic
	exits 2
	says "guest!boot/1: error: the kernel panicked [guest-boot]" 'Kernel panic - not syncing: \x1b]0;title\x07 no init'
	lacks $'\x1b'
}

@test "boot: QEMU that ends at once and says nothing" {
	boot ends
	exits 2
	says "could not check: boot 1: QEMU ended before anything came from a machine"
}

@test "boot: QEMU is not there, fails, or is killed" {
	FAKE=good vmlint boot --qemu=/nonexistent/qemu --firmware=firmware --appliance=appliance
	exits 2
	says "/nonexistent/qemu: No such file or directory"
	FAKE=good PATH=/nowhere run "$VMLINT" boot --firmware=firmware --appliance=appliance
	exits 2
	says "guest: could not check: qemu-system-aarch64: No such file or directory" "help: apt install qemu-system-arm"
	FAKE=good vmlint boot --firmware=firmware --appliance=/nonexistent
	exits 2
	[ "$output" = "guest: could not check: /nonexistent: No such file or directory" ] || complain "no other word expected"
	boot fails
	exits 2
	says "QEMU ended with status 1: qemu: -machine virt: no such machine"
	boot killed
	exits 2
	says "QEMU was killed by signal 9"
}

@test "boot: calls that are wrong" {
	vmlint boot --gic=4
	refuses '--gic takes 2, 3 or 2,3, not "4"'
	vmlint boot --transport=usb
	refuses '--transport takes pci, mmio or pci,mmio, not "usb"'
	vmlint boot --arch=riscv64
	refuses '--arch takes aarch64 or x86_64, not "riscv64"'
	vmlint boot --smp=0
	refuses '--smp takes a number from 1 to 512, not "0"'
	vmlint boot --memory=much
	refuses '--memory takes a number'
	vmlint boot --frobnicate
	refuses "unknown option --frobnicate"
	vmlint boot --arch=x86_64 --gic=2
	refuses "--gic, --device-tree and --transport=mmio are for --arch=aarch64"
	vmlint boot --keep
	refuses "--keep is for --log-dir"
	vmlint boot --device-tree --matrix --gic=2 --transport=pci
	refuses "--matrix has nothing of these"
	vmlint boot --select=gpt-missing
	refuses 'no rule on guests matches "gpt-missing"'
	vmlint boot --firmware=/nonexistent --appliance=appliance
	exits 2
	[[ "$stderr" == "vmlint: /nonexistent: No such file or directory" ]]
	# also where it is one of the places that we know
	elsewhere=/usr/share/edk2/aarch64/QEMU_CODE.fd
	[ -e "$elsewhere" ] || boot good --firmware="$elsewhere"
	[ -e "$elsewhere" ] || [[ "$stderr" == "vmlint: $elsewhere: No such file or directory" ]] || complain "not started, expected"
	vmlint boot --help
	exits 0
	says "Usage: vmlint boot"
}

@test "boot: --help names every option that the manual page names, and the other way round" {
	vmlint boot --help
	local help page
	help=$(grep -oE -- '--[a-z][a-z-]+' <<<"$output" | sort -u)
	page=$(sed 's/\\-/-/g; s/\\f.//g; s/--judge//; s/--disk//; s/--serial//' "$TOP/man/vmlint-boot.1" | grep -oE -- '--[a-z][a-z-]+' | sort -u)
	diff <(echo "$help") <(echo "$page")
	run groff -man -ww -Tutf8 -z "$TOP/man/vmlint-boot.1"
	[ -z "$output" ]
}

@test "boot: in a source tree, the appliance is made when it is first needed" {
	mkdir -p tree/build tree/src/appliance
	cp "$VMLINT" tree/build/vmlint
	touch tree/src/appliance/appliance.mk
	printf 'build/appliance-aarch64.img:\n\t@echo made; cp %s/appliance $@\n' "$PWD" >tree/Makefile
	for _ in once twice; do
		FAKE=good VMLINT=$PWD/tree/build/vmlint vmlint boot --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware --no-hotplug \
			--no-persistent
		exits 1
		says "$NO_TREE"
		[ -n "${first:=$stderr}" ] || complain "a word that it is made expected"
	done
	[[ "$first" == "vmlint: "*"/tree/build/appliance-aarch64.img is not there yet: making it, once"*"made" ]] || complain "$first"
	[ -z "$stderr" ]
	rm tree/build/appliance-aarch64.img
	printf 'build/appliance-aarch64.img:\n\tfalse\n' >tree/Makefile
	VMLINT=$PWD/tree/build/vmlint vmlint boot --firmware=firmware
	exits 2
	[[ "$stderr" == *"vmlint: the appliance could not be made: try \`make -C "*"/tree deps appliance\`" ]] || complain "what to do expected"
	rm -r tree
}

@test "a Makefile that is not the user's own is not run" {
	mkdir -p tree/bin tree/src/appliance
	cp "$PLAIN" "$(dirname "$PLAIN")/vmlint-helper" tree/bin
	printf 'build/%%:\n\ttouch ran\n' >tree/Makefile
	touch tree/src/appliance/appliance.mk
	chmod 777 tree
	run --separate-stderr timeout 20 tree/bin/vmlint boot
	exits 2
	[[ $stderr == *"is not installed"* ]] || complain "no word of what is missing"
	[ ! -e tree/ran ]
	# and that of the user is
	chmod 755 tree
	run --separate-stderr timeout 20 tree/bin/vmlint boot
	[ -e tree/ran ] || complain "nothing was made"
}
