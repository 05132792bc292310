#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The exit status, and the options that decide what counts: --fail-on, --exit-zero, --severity, --select, --ignore.

load common

setup_file() {
	truncate -s 1M "$BATS_FILE_TMPDIR/blank.img"
	: >"$BATS_FILE_TMPDIR/empty.img"
}

@test "0: a good image" {
	vmlint "$(fixture debian-arm64)"
	exits 0
	says "0 errors, 0 warnings"
}

@test "1: an error" {
	vmlint blank.img
	exits 1
	says "blank.img: error: the disk has no partition table, a GUID Partition Table expected [gpt-missing]" "1 error,"
}

@test "2: an image that cannot be read" {
	vmlint empty.img
	exits 2
	says "empty.img: could not check: the file is empty"
}

@test "2 beats 1, wherever it stands" {
	for images in "empty.img blank.img" "blank.img empty.img" "blank.img empty.img blank.img"; do
		vmlint $images
		exits 2
		says "blank.img: error: " "empty.img: could not check: "
	done
	vmlint blank.img blank.img
	exits 1
}

@test "--exit-zero: findings are reported and don't count" {
	vmlint --exit-zero blank.img
	exits 0
	says "[gpt-missing]"
	# but what could not be looked at does
	vmlint --exit-zero blank.img empty.img
	exits 2
}

@test "--severity: a rule's findings as error, warning, note or not at all" {
	for severity in error warning note; do
		vmlint --severity=gpt-missing=$severity blank.img
		[ $severity = error ] && exits 1 || exits 0
		says ": $severity: the disk has no partition table"
	done
	vmlint --severity=gpt-missing=off blank.img
	exits 0
	lacks gpt-missing
	# the last one wins, wildcards too
	vmlint --severity='*=off' --severity=gpt-missing=error blank.img
	exits 1
	vmlint --severity=gpt-missing=error --severity='gpt-*=note' blank.img
	exits 0
	says ": note: "
}

@test "--fail-on: the least severity that counts" {
	local rule level expected
	for rule in error warning note; do
		for level in error warning note; do
			case $rule-$level in
			error-* | warning-warning | warning-note | note-note) expected=1 ;;
			*) expected=0 ;;
			esac
			vmlint --select=gpt-missing --severity=gpt-missing=$rule --fail-on=$level blank.img
			exits $expected
			says ": $rule: "
		done
	done
}

@test "--fail-on and a rule that could not be evaluated" {
	local good
	good=$(fixture debian-arm64)
	set -- --max-decompressed=1M --select=initrd-corrupt
	vmlint "$@" "$good"
	exits 2
	says "not evaluated: " "(--max-decompressed raises it) [initrd-corrupt]" "1 not evaluated"
	# below the threshold it is said and does not count
	vmlint "$@" --severity=initrd-corrupt=warning "$good"
	exits 0
	says "not evaluated: "
	vmlint --quiet "$@" --severity=initrd-corrupt=warning "$good"
	exits 0
	[ -z "$output" ] || complain "nothing counts, so nothing expected"
	vmlint "$@" --severity=initrd-corrupt=warning --fail-on=warning "$good"
	exits 2
	vmlint "$@" --severity=initrd-corrupt=off "$good"
	exits 0
	# nor does --exit-zero forgive it
	vmlint "$@" --exit-zero "$good"
	exits 2
	vmlint "$@" --format=json "$good"
	exits 2
	[ "$(jq -r '.images[0].status' <<<"$output")" = partly ]
	vmlint "$@" --format=json --severity=initrd-corrupt=note "$good"
	exits 0
	[ "$(jq -r '.images[0].status' <<<"$output")" = checked ]
}

@test "--select and --ignore: by id, by list, by wildcard" {
	vmlint --select=gpt-missing blank.img
	exits 1
	vmlint --select='gpt-*' blank.img
	exits 1
	vmlint --select='*missing' blank.img
	exits 1
	vmlint --select=esp-missing,gpt-missing blank.img
	exits 1
	vmlint --select=esp-missing --select=gpt-missing blank.img
	exits 1
	vmlint --select='esp-*' blank.img
	exits 0
	lacks gpt-missing
	vmlint --ignore=gpt-missing blank.img
	lacks gpt-missing
	vmlint --ignore='*' blank.img
	exits 0
	lacks "["
}

@test "--ignore wins over --select, in any order" {
	vmlint --select=gpt-missing --ignore=gpt-missing blank.img
	exits 0
	vmlint --ignore='gpt-*' --select='*' --severity=gpt-missing=error blank.img
	exits 0
	vmlint --select='*' --ignore=esp-missing blank.img
	exits 1
}

@test "ignoring a rule does not let its cascade loose" {
	local good op rule clean
	good=$(fixture debian-arm64)
	vmlint --ignore=gpt-missing blank.img
	[ "$(findings)" = "" ] || complain "only gpt-missing speaks of a blank disk"
	exits 0
	for op in "gpt zero both|gpt-missing" "gpt only-entry 2|esp-missing" "esp wipe random|esp-not-fat" \
		"file delete /EFI/BOOT/BOOTAA64.EFI|efi-boot-missing" "file write /EFI/BOOT/BOOTAA64.EFI text hello|efi-boot-not-pe" \
		"raw truncate 50%|image-truncated"; do
		rule=${op#*|}
		clean=0
		# the half of the root that is gone was not looked at, whoever says so
		[ $rule != image-truncated ] || clean=2
		"$MUTATE" "$good" broken.img "${op%|*}" || true
		[ -e broken.img ]
		vmlint broken.img
		[[ " $(findings)" == *" $rule "* ]] || complain "$rule expected"
		[ "$status" = 1 ] || [ "$op" = "esp wipe random|esp-not-fat" ] || complain "status 1 expected"
		vmlint --ignore=$rule --fail-on=warning broken.img
		exits $clean
		[ "$(grep -cE ': (error|warning): ' <<<"$output")" = 0 ] || complain "a cascade"
		vmlint --severity=$rule=off --fail-on=warning broken.img
		exits $clean
		# and one that is selected alone knows what it comes after
		vmlint --select='*' --ignore=$rule --fail-on=warning broken.img
		exits $clean
		rm broken.img
	done
}

@test "a rule selected alone finds what it finds among the others" {
	local rule
	for rule in gpt-missing; do
		vmlint --select=$rule blank.img
		[ "$(findings)" = "$rule " ]
	done
}
