#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint guest: what this machine, whatever it is, shows of itself.

load common

LINE='^([a-z0-9-]+( [a-z0-9-]+=[!-~]*)*|[+]([0-9a-f]{2})*|[|&][ -~]*)$'

@test "guest: every line is a fact or belongs to one" {
	vmlint guest --record
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[ "${lines[0]}" = "guest format=1" ]
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
	! grep -E 'O_(WRONLY|RDWR)|O_CREAT|unlink|rename|mkdir|execve\(.*\) = 0' "$BATS_TEST_TMPDIR/trace" | grep -v '^[0-9]* *execve("[^"]*/vmlint"'
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
}

@test "guest: calls that are wrong" {
	for wrong in "" "--try" "--record more" "--unknown --record" "--record=file"; do
		vmlint guest $wrong
		[ "$status" = 2 ] || complain "$wrong: status $status"
		[[ "$stderr" == vmlint:*"vmlint guest --help"* && -z "$output" ]]
	done
	vmlint guest --help
	[ "$status" = 0 ]
	[[ "$output" == "Usage: vmlint guest --record"* ]]
}

@test "guest: a full disk is no success" {
	run bash -c "'$VMLINT' guest --record >/dev/full"
	[ "$status" = 2 ]
	[[ "$output" == *"cannot write the output"* ]]
}
