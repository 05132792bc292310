#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint guest: what this machine, whatever it is, shows of itself.

load common

LINE='^([a-z0-9-]+( [a-z0-9-]+=[!-~]*)*|[+]([0-9a-f]{2})*|[|&][ -~]*)$'

@test "guest: every line is a fact or belongs to one" {
	vmlint guest --record
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[ "${lines[0]}" = "guest format=2" ]
	[[ "${lines[1]}" == "boot id=0x"*" program=vmlint"* ]]
	strange=$(grep -vE "$LINE" <<<"$output") || :
	[ -z "$strange" ] || complain "$strange"
	# it is whole
	size=$(wc -c </proc/version)
	[[ "$output" == *"file path=/proc/version size=$size"* ]]
	[ "$(sed -n '/^file path=\/proc\/version /,/^[a-z]/s/^[|&]//p' <<<"$output")" = "$(</proc/version)" ]
}

@test "guest: it changes nothing, and opens nothing for writing" {
	run strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=file,desc,process "$PLAIN" guest --record
	[ "$status" = 0 ]
	! grep -E 'O_(WRONLY|RDWR)|O_CREAT|unlink|rename|mkdir|execve\(.*\) = 0' "$BATS_TEST_TMPDIR/trace" | grep -v '^[0-9]* *execve("[^"]*/vmlint"' || complain "nothing of that expected"
}

@test "guest: a user who is not root gets what there is for him" {
	[ "$(id -u)" = 0 ] || skip "not root"
	chmod 755 "$BATS_TEST_TMPDIR"
	cp "$PLAIN" "$BATS_TEST_TMPDIR/vmlint"
	vmlint=$BATS_TEST_TMPDIR/vmlint
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$vmlint" guest --record
	[ "$status" = 0 ]
	[[ "$output" == *"file path=/proc/version size="* ]]
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$vmlint" guest --record --try
	[ "$status" = 2 ]
	[[ "$stderr" == "vmlint: --try is for root"* ]]
	run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$vmlint" guest --try
	[ "$status" = 2 ]
	[[ "$stderr" == "vmlint: --try is for root"* ]]
}

@test "guest: calls that are wrong" {
	for wrong in "more" "--record more" "--unknown --record" "--record=file" "--unknown" "--try=now" "--judge"; do
		vmlint guest $wrong
		[ "$status" = 2 ] || complain "$wrong: status $status"
		[[ "$stderr" == vmlint:*"vmlint guest --help"* && -z "$output" ]]
	done
	vmlint guest --help
	[ "$status" = 0 ]
	[[ "$output" == "Usage: vmlint guest "* ]]
}

@test "guest: judges the machine that it runs on, with lint's formats and exit status" {
	vmlint guest --record
	echo "$output" >here.record
	vmlint guest
	here=$status
	# it may be any machine: what counts is that a record of it is judged alike
	said=$(sed -n 's/^guest!//p; s/^guest: not evaluated/not evaluated/p' <<<"$output")
	vmlint guest --judge here.record
	[ "$status" = "$here" ]
	[ "$(sed -n 's/^here\.record!//p; s/^here\.record: not evaluated/not evaluated/p' <<<"$output")" = "$said" ]
	vmlint guest --format=json --exit-zero
	python3 -c 'import json, jsonschema, sys; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))' \
		"$TOP/tests/schema/report.schema.json" <<<"$output"
	jq -e '.images | length == 1 and .[0].format == "record"' <<<"$output" >/dev/null
	vmlint guest --select='guest-hotplug-*'
	[ "$status" = 0 ]
}

@test "guest: what only a program before the system could have seen is no doubt where there was none" {
	# such as a guest with the device tree alone whose kernel keeps memory to itself
	awk '/^[a-z#]/ { probe = /^probe-/; if (/^probe-end/) print "probe-unread reason=no-probe" } !probe' \
		"$TOP/tests/guest/acpi-off.record" >system.record
	grep -q '^linux-device-tree .* error=EPERM' system.record
	vmlint guest --judge --verbose system.record
	[ "$status" = 1 ]
	[[ "$output" != *"not evaluated"* ]] || complain "$output"
	for rule in guest-exception-level guest-rtc guest-rtc-set guest-variables; do
		grep -q "skipped: no program of ours ran before Linux.*$rule" <<<"$output" || complain "$rule"
	done
}

@test "guest: a full disk is no success" {
	run bash -c "'$VMLINT' guest --record >/dev/full"
	[ "$status" = 2 ]
	[[ "$output" == *"cannot write the output"* ]]
}

@test "guest: where no file may grow, a record is not judged, and that is said" {
	cp "$TOP/tests/guest/gicv3.record" .
	run --separate-stderr bash -c "ulimit -f 0; exec '$VMLINT' guest --judge gicv3.record 2>&1"
	exits 2
	says "gicv3.record: could not check: cannot make a file in memory: File too large"
	run bash -c "ulimit -f 1; exec '$PLAIN' guest --record >small"
	exits 2
	says "vmlint: cannot write the output: File too large"
}

@test "guest: what the caller closed is held, in the program of its own, too" {
	local guest
	make -s -C "$TOP" "build/vmlint-guest-$(uname -m)"
	for guest in "$PLAIN guest" "$TOP/build/vmlint-guest-$(uname -m)"; do
		run --separate-stderr bash -c "exec strace -f -o trace -e trace=open,openat sh -c 'exec $guest --record <&- >&-'"
		exits 2
		[[ $stderr == *"cannot write the output"* ]] || complain "no word of it"
		# after the start of the program itself, where libraries are opened and closed
		sed -n '/"\/dev\/null"/,$p' trace >opened
		grep -q '/proc/version' opened
		[ "$(grep -cE ' = [012]$' opened)" = 2 ] || complain "$(grep -E ' = [012]$' opened)"
		[ "$(grep -E ' = [012]$' opened | grep -c '"/dev/null"')" = 2 ] || complain "$(cat opened)"
	done
}

@test "guest --judge: diagnostics and exit status as lint's" {
	cp "$TOP"/tests/guest/{gicv3,u-boot}.record .
	vmlint guest --judge gicv3.record
	[ "$status" = 1 ]
	says "gicv3.record!efi/configuration-table: error: there is no device-tree entry" "[guest-devicetree]" \
		"gicv3.record: 1 error, 0 warnings, 0 notes (record, aarch64, profile vmspec-2.0)"
	vmlint guest --judge --ignore=guest-devicetree gicv3.record
	[ "$status" = 0 ]
	vmlint guest --judge --select=guest-acpi* gicv3.record u-boot.record
	[ "$status" = 1 ]
	says "u-boot.record!efi/configuration-table: error: there is no ACPI 2.0 entry" "2 images: 1 error"
	vmlint guest --judge --format=json u-boot.record
	[ "$status" = 1 ]
	jq -e '.images[0].diagnostics | map(.rule) | index("guest-acpi")' <<<"$output" >/dev/null
	jq -e '.images[0].diagnostics[] | select(.rule == "guest-acpi") | .clause == "H3"' <<<"$output" >/dev/null
	python3 -c 'import json, jsonschema, sys; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))' \
		"$TOP/tests/schema/report.schema.json" <<<"$output"
}

@test "guest --judge: anywhere among the options" {
	cp "$TOP/tests/guest/gicv3.record" .
	for call in "--format=json --judge gicv3.record" "--format json gicv3.record --judge" "--judge --format=json gicv3.record"; do
		vmlint guest $call
		[ "$status" = 1 ]
		jq -e '.images[0].image == "gicv3.record"' <<<"$output" >/dev/null
	done
}

@test "guest --judge: a record that does not say is not evaluated, and never clean" {
	echo "guest format=1" >empty.record
	vmlint guest --judge empty.record
	[ "$status" = 2 ]
	says "empty.record: not evaluated: the record ends before the system has told all that it sees"
	echo "something else" >no.record
	vmlint guest --judge no.record
	[ "$status" = 2 ]
	says "no.record: could not check: this is no record of a guest"
	vmlint guest --judge missing.record
	[ "$status" = 2 ]
	says "missing.record: could not check: No such file or directory"
}

@test "guest --judge: a record that is cut anywhere blames nobody for what it lacks" {
	for cut in 2000 9000 30000 40000; do
		head -c "$cut" "$TOP/tests/guest/gicv3.record" >cut.record
		vmlint guest --judge cut.record
		[ "$status" = 2 ]
		! grep -E ': (error|warning): ' <<<"$output" || complain "$cut"
		says "cut.record: not evaluated: "
	done
}

@test "guest --judge: calls that are wrong, and rules that are not for guests" {
	vmlint guest --judge
	refuses "no record is named"
	vmlint guest --judge --select=gpt-missing x
	refuses 'no rule on guests matches "gpt-missing"'
	vmlint guest --judge --format=yaml x
	refuses '--format takes text, json or vmspec, not "yaml"'
	vmlint guest --judge --frobnicate x
	refuses "unknown option --frobnicate"
	vmlint lint --select=guest-acpi x
	refuses 'no rule matches "guest-acpi"'
}

@test "guest --judge: a machine whose later boots tell all once more, as one with a fresh copy of the appliance at each start" {
	awk '/^boot / { n++ } n == 1 && /^ready/ { first = 0; done = 1 } /^boot / && n == 1 { first = 1; print; next }
		first { kept = kept $0 "\n" } { print } /^boot / && n > 1 { printf "%s", kept }' "$TOP/tests/guest/gicv3.record" >again.record
	[ "$(grep -c ^probe-end again.record)" -ge 3 ]
	vmlint guest --judge "$TOP/tests/guest/gicv3.record"
	before=$(findings)
	vmlint guest --judge again.record
	[ "$(findings)" = "$before" ] || complain "$before expected"
	# what the hypervisor was asked for is not always known
	sed -i 's/^host-machine .*/host-machine machine=aarch64 hypervisor=command/' again.record
	vmlint guest --judge again.record
	[ "$(findings)" = "$before" ] || complain "$before expected"
}
