#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --format=json: every report is what tests/schema/report.schema.json describes.

load common

setup_file() {
	truncate -s 1M "$BATS_FILE_TMPDIR/blank.img"
}

# json ARGUMENT...: runs vmlint; the report must be valid.
json() {
	vmlint lint --format=json "$@"
	run_validate <<<"$output"
}

run_validate() {
	local wrong
	wrong=$("$TOP/tests/schema/validate" "${closed:---closed}" 2>&1) || complain "the schema refuses it: $wrong"
}

# query EXPRESSION: of jq, which must be true of the report.
query() {
	jq -e "$1" <<<"$output" >/dev/null || complain "not true: $1"
}

@test "a report of everything that there is to say, with hostile text" {
	run --separate-stderr "${VMLINT%/*}/tests/report-sample" json
	exits 0
	run_validate <<<"$output"
	query '[.images[].status] == ["checked", "partly", "unreadable"]'
	# numbers of 2^53 and more are strings, smaller ones are not
	query '.images[0].diagnostics[1].location == {space: "container", offset: "18446744073709551615", length: "18446744073709551615"}'
	query '.images[0].diagnostics[2].location == {space: "disk", offset: "9007199254740992", length: 9007199254740991}'
	query '.images[0].diagnostics[3].location == {space: "disk", offset: 0}'
	query '.images[0].diagnostics[8].location == {partition: 2, path: "/etc/fstab", line: 12, column: 1}'
	# the bytes of the text come through, but for those that are no UTF-8
	query '.images[0].image | startswith("full quote\" back\\slash '"'single'"' \u0001\u001f\u007f\r\n\t\u001b[31mred \ufffd")'
	# which the name has beside it, byte for byte
	query '.images[0].image_bytes | startswith("66756c6c2071756f746522") and endswith("20f09f92be20f09f")'
	query '[.images[1:][] | has("image_bytes")] | any | not'
	query '.images[0].diagnostics[6].location.path_bytes | startswith("2f4546492f71756f746522") and endswith("20f09f")'
	query '[.images[].diagnostics[].location | select(has("path_bytes"))] | length == 1'
	# nothing that a terminal or an old JavaScript would act on stands there raw
	! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\xa8-\xae]' <<<"$output" || complain "nothing of that expected"
}

@test "the same as text: one line for each diagnostic, nothing raw" {
	run --separate-stderr "${VMLINT%/*}/tests/report-sample" text
	exits 0
	! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\xa8-\xae]' <<<"$output" || complain "nothing of that expected"
	[ "$(grep -cE '^full .*: (error|warning|note): .* \[sample-rule\]$' <<<"$output")" = 10 ]
	says '/EFI/BOOT/BOOTAA64.EFI@0x84: error: ' '!p2/etc/fstab:12:1: error: ' '@0xffffffffffffffff: warning: '
	iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
}

@test "a good image" {
	json "$(fixture debian-arm64)"
	exits 0
	query '.images[0].status == "checked" and .images[0].format == "raw" and .images[0].arch == "aarch64"'
	query '.profile == "vmspec-2.0" and .images[0].profile == "vmspec-2.0" and .summary.errors == 0 and .summary.warnings == 0'
}

@test "a good image in qcow2" {
	json "$(fixture debian-arm64-qcow2)"
	exits 0
	query '.images[0].format == "qcow2" and .images[0].arch == "aarch64"'
}

@test "broken images" {
	local good op
	good=$(fixture debian-arm64)
	for op in "gpt zero backup" "gpt zero both" "gpt type 1 linux" "raw truncate 50%" "esp wipe random" "mbr clear"; do
		"$MUTATE" "$good" broken.img "$op"
		json broken.img
		[ "$status" -le 1 ] || complain "$op"
		query '.images[0].diagnostics | length > 0'
	done
	"$MUTATE" "$good" broken.img "gpt zero both"
	json broken.img
	exits 1
	query 'any(.images[0].diagnostics[]; .rule == "gpt-missing" and .severity == "error" and .clause == "I1")'
	# a profile that is no reading of the specification names none of its clauses
	json --profile=uefi-x86_64 broken.img
	query 'all(.images[].diagnostics[]; has("clause") | not)'
}

@test "an unreadable image" {
	: >empty.img
	json empty.img
	exits 2
	query '.images[0] == {image: "empty.img", status: "unreadable", error: "the file is empty", diagnostics: [], skipped: [], not_evaluated: []}'
	query '.profile == "auto" and .summary.unreadable == 1'
}

@test "several images, good and bad" {
	: >empty.img
	json blank.img empty.img "$(fixture debian-arm64)" /nonexistent blank.img
	exits 2
	query '[.images[].status] == ["checked", "unreadable", "checked", "unreadable", "checked"]'
	query '.summary.errors == 2 and .summary.unreadable == 2'
}

@test "images of several profiles are mixed, an asked profile is named" {
	json "$(fixture debian-arm64)" "$(fixture debian-amd64)"
	query '.profile == "mixed" and [.images[].profile] == ["vmspec-2.0", "uefi-x86_64"]'
	json --profile=vmspec-2.0 blank.img blank.img
	query '.profile == "vmspec-2.0"'
}

@test "names with newlines, quotes, escape sequences and bytes that are not UTF-8" {
	local name
	for name in $'new\nline.img' 'quo"te\.img' $'\xff\xfe.img' $'esc\e[31m.img' $'\xe2\x80\xaetxt.img' 'ünï 💾.img' ' .img'; do
		cp blank.img "$name"
		json "$name"
		exits 1
		rm -- "$name"
		json "$name"
		exits 2
	done
	cp blank.img $'new\nline".img'
	json $'new\nline".img'
	query '.images[0].image == "new\nline\".img"'
}

@test "--quiet, --verbose and --color change nothing in it" {
	local plain
	json blank.img
	plain=$output
	for option in --quiet --verbose --color=always; do
		json $option blank.img
		[ "$output" = "$plain" ] || complain "$option changed the report"
	done
}

@test "--verbose of a good image is valid too" {
	json --verbose --thorough "$(fixture debian-arm64-qcow2)"
	exits 0
}

