#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint explain and vmlint rules: what they print is what the rules' own files say.

load common

# Every rule that the first release promises.
PROMISED="image-truncated qcow2-dirty qcow2-corrupt qcow2-snapshots qcow2-backing-file qcow2-data-file container-external-file
gpt-missing gpt-protective-mbr gpt-hybrid-mbr gpt-duplicate-guid gpt-primary-header gpt-primary-entries gpt-backup-header
gpt-backup-entries gpt-tables-differ gpt-backup-location gpt-header-fields gpt-partition-overlap gpt-partition-range
gpt-alignment gpt-sector-size esp-missing esp-type-guid esp-multiple esp-dirty esp-not-fat esp-not-fat32 esp-fat32-clusters
esp-size-mismatch esp-sector-size esp-fat-corrupt esp-fat-mirroring esp-stored-variables firmware-in-image efi-boot-missing
efi-boot-not-pe pe-truncated pe-machine pe-subsystem pe-layout efi-second-stage efi-sbat efi-signature"

@test "rules lists every rule that was promised, and each that has a file" {
	vmlint rules
	exits 0
	local rule path missing=
	for rule in $PROMISED; do
		grep -qE "^$rule +(error|warning|note) +(blocks-boot|degrades|conformance|hygiene) +[a-z0-9]" <<<"$output" || missing+=" $rule"
	done
	[ -z "$missing" ] || complain "not listed:$missing"
	for path in "$TOP"/rules/*/*.c; do
		rule=${path##*/}
		grep -q "^${rule%.c} " <<<"$output" || complain "${rule%.c} is not listed"
	done
	# and no others, but those that the profiles' rows make
	[ "$(grep -vc '^driver-' <<<"$output")" = "$(ls "$TOP"/rules/*/*.c | wc -l)" ] || complain "one line a rule expected"
	[ "$(grep '^driver-' <<<"$output" | awk '{ print $1 }' | sort)" = \
		"$(jq -r '"driver-" + .drivers[].id' "$TOP"/rules/profiles/*[0-9].json | sort -u)" ] || complain "one line a row expected"
}

@test "rules --format=json is JSON and says the same" {
	vmlint rules
	local listed
	listed=$(awk '{ print $1, $2, $3 }' <<<"$output")
	vmlint rules --format=json
	exits 0
	jq -e 'all(.[]; (.area == "driver") as $row | (.title | length > 5) and (.text | length > 40) and (.examples | test("bad: ") or $row) and (.area | length > 0))' \
		<<<"$output" >/dev/null || complain "a rule without its documentation"
	diff <(echo "$listed") <(jq -r '.[] | "\(.rule) \(.severity) \(.effect)"' <<<"$output")
	# what a rule comes after exists and stands before it
	jq -e '[.[].rule] as $ids | all(.[]; .rule as $r | all(.after[]; . as $a | ($ids | index($a)) < ($ids | index($r))))' \
		<<<"$output" >/dev/null
}

@test "rules --format=man is a manual page without mistakes" {
	vmlint rules --format=man
	exits 0
	says ".TH VMLINT" ".SS gpt\\-missing"
	local page=$output
	run groff -man -ww -Tutf8 -z <<<"$page"
	[ -z "$output" ] || complain "groff complains"
	# no line of a rule's text may begin like a request
	run grep -vE "^\.(\\\\\"|TH|SH|SS|B|BR|PP|TP|RS|RE)" <(grep '^[.'"'"']' <<<"$page")
	[ -z "$output" ]
}

@test "the manual pages have no mistakes either" {
	for page in "$TOP"/man/*.1; do
		run groff -man -ww -Tutf8 -z "$page"
		[ -z "$output" ] || complain "$page"
	done
}

@test "rules refuses what it does not know" {
	vmlint rules --format=yaml
	refuses 'unknown argument "--format=yaml"'
	vmlint rules --format=text more
	refuses 'unknown argument "more"'
	vmlint rules extra
	refuses 'unknown argument "extra"'
}

@test "explain says what each rule means, why it matters and shows an example" {
	local rule
	for rule in $("$VMLINT" rules | awk '{ print $1 }'); do
		vmlint explain "$rule"
		exits 0
		[[ $output == "$rule: "* ]] || complain "title expected"
		says "  severity  " "  effect    " "  judges    "
		case $rule in
		driver-*) says "Profile " " expects " ;;
		*) says "Examples:" "bad: " ;;
		esac
	done
}

@test "explain takes several rules and wildcards" {
	vmlint explain gpt-missing gpt-missing
	exits 0
	[ "$(grep -c '^gpt-missing: ' <<<"$output")" = 2 ]
	vmlint explain 'gpt-*'
	exits 0
	[ "$(grep -cE '^gpt-[a-z0-9-]+: ' <<<"$output")" = "$(ls "$TOP"/rules/gpt/gpt-*.c | wc -l)" ]
}

@test "explain refuses what it does not know" {
	vmlint explain
	refuses "no rule is named"
	vmlint explain gpt-mising
	refuses 'there is no rule "gpt-mising"'
	vmlint explain gpt-missing 'nothing-*'
	exits 2
	[[ $stderr == *'there is no rule "nothing-*"'* ]]
}

@test "every rule of the manual's table of examples exists" {
	local rule
	for rule in $(sed 's/\\-/-/g' "$TOP"/man/*.1 | grep -oE '\[[a-z0-9]+(-[a-z0-9]+)+\]' | tr -d '[]' | sort -u); do
		vmlint explain "$rule"
		exits 0
	done
}
