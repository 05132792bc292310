#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint on an Arm machine says what it says elsewhere.  Runs in the machine that tests/arm64/check starts: disks lists its disks,
# expected/ has the reports of another machine.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	[ "$(uname -m)" = aarch64 ]
}

@test "it is the program for this machine, and in its sandbox" {
	run --separate-stderr build/vmlint --version
	[ "$status" = 0 ]
	run --separate-stderr build/vmlint "$(sed -n 's,^debian-arm64 ,,p' disks)"
	[ "$status" = 0 ]
	[ -z "$stderr" ]
}

@test "reports of images are those of another machine" {
	local name disk differ=
	while read -r name disk; do
		build/vmlint --reader=native --format=json "$disk" >"$BATS_TEST_TMPDIR/here" 2>"$BATS_TEST_TMPDIR/errors" || true
		[ ! -s "$BATS_TEST_TMPDIR/errors" ]
		jq 'del(.images[].image)' "$BATS_TEST_TMPDIR/here" >"$BATS_TEST_TMPDIR/here.json"
		jq 'del(.images[].image)' "expected/$name.json" >"$BATS_TEST_TMPDIR/there.json"
		diff -u "$BATS_TEST_TMPDIR/there.json" "$BATS_TEST_TMPDIR/here.json" || differ="$differ $name"
	done <disks
	[ -z "$differ" ] || { echo "another report:$differ"; return 1; }
}

@test "reports of what guests told are those of another machine" {
	local record name differ=
	for record in tests/guest/*.record; do
		name=${record##*/}
		build/vmlint guest --format=json --judge "$record" >"$BATS_TEST_TMPDIR/here" || true
		diff -u "expected/$name.json" "$BATS_TEST_TMPDIR/here" || differ="$differ $name"
	done
	[ -z "$differ" ] || { echo "another report:$differ"; return 1; }
}

@test "unit tests pass" {
	local test failed=
	for test in build/tests/test_*; do
		"$test" >"$BATS_TEST_TMPDIR/log" 2>&1 || { cat "$BATS_TEST_TMPDIR/log"; failed="$failed ${test##*/}"; }
	done
	[ -z "$failed" ] || { echo "failed:$failed"; return 1; }
}
