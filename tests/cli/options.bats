#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The command line: what each option takes and refuses, and how images are named.

load common

setup_file() {
	truncate -s 1M "$BATS_FILE_TMPDIR/blank.img"
}

@test "no argument: how to call it, status 2" {
	vmlint
	refuses "no command and no image"
}

@test "--help, -h and help print the commands" {
	for arg in --help -h help; do
		vmlint $arg
		exits 0
		says "Usage: vmlint" lint explain rules
	done
}

@test "--version prints the version and nothing else" {
	vmlint --version
	exits 0
	[[ $output =~ ^vmlint\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "each command has --help" {
	for command in lint explain rules; do
		vmlint $command --help
		exits 0
		says "Usage: vmlint "
		vmlint $command -h
		exits 0
	done
}

@test "whatever judges says that output that is lost makes its exit status 2, in --help and in its manual page" {
	local command
	for command in lint guest boot; do
		vmlint $command --help
		[[ $(tr -s '\n' ' ' <<<"$output") == *" 2 "*" at or above --fail-on could not be evaluated, or the output could not be written."* ]] ||
			complain "$command: not a word"
		sed -n '/^.SH EXIT STATUS/,/^.SH SEE/p' "$TOP/man/vmlint-$command.1" | tr '\n' ' ' | grep -q 'output.* could not be written' ||
			complain "$command: the manual page does not say it"
	done
}

@test "lint --help names every option that the manual page names, and the other way round" {
	vmlint lint --help
	local help page
	help=$(grep -oE -- '--[a-z][a-z-]+' <<<"$output" | sort -u)
	page=$(sed 's/\\-/-/g; s/\\f.//g' "$TOP/man/vmlint-lint.1" | grep -oE -- '--[a-z][a-z-]+' | sort -u)
	diff <(grep -vx -- '--help' <<<"$help") <(grep -vxE -- '--(help|version)' <<<"$page")
}

@test "the issue's options all exist" {
	for option in --profile=auto --arch=auto --format=text --select='*' --ignore=nothing-'*' --severity='*'=note --fail-on=error \
		--exit-zero --sector-size=auto --color=auto --quiet --verbose --allow-backing=. --thorough --max-decompressed=1G --max-files=70000 --max-depth=40 --max-path=5000 --max-time=200 --max-diagnostics=0; do
		[ "$option" = "--ignore=nothing-*" ] && continue
		vmlint lint $option --help
		exits 0
	done
}

@test "no image" {
	vmlint lint
	refuses "no image is named"
	vmlint --quiet
	refuses "no image is named"
	vmlint lint --
	refuses "no image is named"
}

@test "an unknown option" {
	vmlint lint --colours=red blank.img
	refuses "unknown option --colours=red"
	vmlint -x
	refuses "unknown option -x"
	vmlint lint blank.img --frobnicate
	refuses "unknown option --frobnicate"
}

@test "an option without its argument" {
	for option in --profile --arch --select --ignore --severity --sector-size --max-decompressed --max-files --max-depth --max-path --max-time --max-diagnostics --allow-backing --format --color --fail-on; do
		vmlint lint blank.img $option
		refuses "$option needs an argument"
	done
}

@test "an argument for an option that takes none" {
	for option in --thorough --quiet --verbose --exit-zero; do
		vmlint lint $option=yes blank.img
		exits 2
		[ -z "$output" ]
		[[ $stderr == *"$option"* ]]
	done
}

@test "what an option does not take is refused with what it takes" {
	vmlint lint --arch=sparc blank.img
	refuses 'aarch64, arm, x86_64 or riscv64, not "sparc"'
	vmlint lint --format=yaml blank.img
	refuses 'text, json or vmspec, not "yaml"'
	vmlint lint --sector-size=1024 blank.img
	refuses '512 or 4096, not "1024"'
	for size in 0 -1 1X 1GB 1M1 1025T 99999999T 99999999999999999999 18446744073709551617 '' ' 1' 0x10; do
		vmlint lint --max-decompressed="$size" blank.img
		refuses "--max-decompressed takes a number of bytes from 1 to 1024T, also with K, M, G or T behind it, not \"$size\""
	done
	for number in 0 -1 1K 4194305 99999999999999999999 '' ten; do
		vmlint lint --max-files="$number" blank.img
		refuses "--max-files takes a number from 1 to 4194304, not \"$number\""
	done
	vmlint lint --max-depth=251 blank.img
	refuses '--max-depth takes a number from 1 to 250, not "251"'
	vmlint lint --max-path=0 blank.img
	refuses '--max-path takes a number from 1 to 65536, not "0"'
	vmlint lint --max-time=0 blank.img
	refuses '--max-time takes a number from 1 to 1000000, not "0"'
	vmlint lint --max-diagnostics=-1 blank.img
	refuses '--max-diagnostics takes a number from 0 to 100000 (0: no limit), not "-1"'
	vmlint lint --fail-on=off blank.img
	refuses 'error, warning or note, not "off"'
	vmlint lint --fail-on=fatal blank.img
	refuses 'error, warning or note, not "fatal"'
	vmlint lint --color=yes blank.img
	refuses 'auto, always or never, not "yes"'
	vmlint lint --severity=gpt-missing blank.img
	refuses '--severity takes RULE='
	vmlint lint --severity=gpt-missing=bad blank.img
	refuses '--severity takes RULE='
	vmlint lint --allow-backing=/nonexistent blank.img
	refuses '/nonexistent: not a directory'
	vmlint lint --allow-backing=blank.img blank.img
	refuses 'blank.img: not a directory'
	vmlint lint --profile=vmspec-9.9 blank.img
	refuses 'vmspec-9.9'
	vmlint lint --profile=./nonexistent.json blank.img
	refuses 'nonexistent.json'
}

@test "an unknown rule is refused, in each option that takes rules" {
	vmlint lint --select=gpt-mising blank.img
	refuses 'no rule matches "gpt-mising"'
	vmlint lint --ignore=gpt-missing,esp-mising blank.img
	refuses 'no rule matches "esp-mising"'
	vmlint lint --severity=gtp-*=note blank.img
	refuses 'no rule matches "gtp-*"'
	vmlint lint --select=GPT-MISSING blank.img
	refuses 'no rule matches "GPT-MISSING"'
}

@test "an empty list of rules is no list" {
	vmlint lint --select= blank.img
	refuses 'no rule'
	vmlint lint --select=, blank.img
	refuses 'no rule'
}

@test "options stand before, between and after images; -- ends them" {
	for args in "--quiet blank.img blank.img" "blank.img --quiet blank.img" "blank.img blank.img -q" "-q -- blank.img blank.img"; do
		vmlint lint $args
		exits 1
		lacks profile
		[ "$(grep -c '\[gpt-missing\]' <<<"$output")" = 2 ] || complain "both images expected"
		vmlint $args
		exits 1
		[ "$(grep -c '\[gpt-missing\]' <<<"$output")" = 2 ] || complain "both images expected"
	done
}

@test "images with names that look like something else" {
	cp blank.img lint
	cp blank.img rules
	cp blank.img -- -x
	cp blank.img -- --help
	vmlint lint lint
	exits 1
	says "lint: error: "
	vmlint lint rules
	exits 1
	says "rules: error: "
	vmlint ./lint
	exits 1
	says "./lint: error: "
	vmlint -- -x
	exits 1
	says "-x: error: "
	vmlint lint -- --help
	exits 1
	says -- "--help: error: "
	vmlint lint ./-x
	exits 1
	vmlint lint ''
	exits 2
	says "could not check"
}

@test "plain vmlint takes options and several images" {
	vmlint --fail-on=note --color=never blank.img blank.img
	exits 1
	says "2 images: 2 errors"
}

@test "--arch chooses the profile, and the output says which" {
	vmlint lint blank.img
	says "profile vmspec-2.0"
	vmlint lint --arch=aarch64 blank.img
	says "aarch64, profile vmspec-2.0"
	vmlint lint --arch=arm blank.img
	says "arm, profile vmspec-2.0"
	vmlint lint --arch=x86_64 blank.img
	says "x86_64, profile uefi-x86_64"
	vmlint lint --arch=riscv64 blank.img
	says "riscv64, profile uefi-riscv64"
	vmlint lint --arch=riscv64 --profile=vmspec-2.0 blank.img
	says "riscv64, profile vmspec-2.0"
}

@test "--profile takes ours by name and a file by path" {
	for profile in vmspec-2.0 uefi-x86_64 uefi-riscv64; do
		vmlint lint --profile=$profile blank.img
		exits 1
		says "profile $profile"
	done
	echo '{"name": "mine", "extends": "vmspec-2.0", "rules": {"gpt-missing": "note"}}' >mine.json
	vmlint lint --profile=mine.json blank.img
	exits 0
	says "profile mine" "note: the disk has no partition table"
	vmlint lint --profile=./mine.json --severity=gpt-missing=error blank.img
	exits 1
}

@test "a profile with a mistake is refused with its place" {
	echo '{"name": "mine", "rules": {"gpt-missing": "nothing"}}' >bad.json
	vmlint lint --profile=bad.json blank.img
	refuses bad.json
	printf '{\n  "name": "mine",\n  "rules": {"gpt-mising": "note"}\n}\n' >bad.json
	vmlint lint --profile=bad.json blank.img
	refuses gpt-mising
	printf '{\n  "name": "mine",\n  nonsense\n}\n' >bad.json
	vmlint lint --profile=bad.json blank.img
	refuses bad.json:3
	head -c 4096 /dev/zero >bad.json
	vmlint lint --profile=bad.json blank.img
	refuses bad.json
	: >bad.json
	vmlint lint --profile=bad.json blank.img
	refuses bad.json
	vmlint lint --profile=./ blank.img
	refuses ./
}

@test "every option that --help of a command prints stands in its manual page" {
	local command option page
	for command in lint boot guest; do
		page=$(sed 's/\\-/-/g; s/\\f.//g' "$TOP/man/vmlint-$command.1")
		vmlint "$command" --help
		# at the beginning of a line, behind a comma, and in the line of usage
		for option in $(grep -oE -- '(^|[ ,[])(--[a-z][a-z-]+|-[a-z])\b' <<<"$output" | grep -oE -- '-.*' | sort -u); do
			grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" <<<"$page" || complain "vmlint-$command(1) has no $option"
		done
		run groff -man -ww -Tutf8 -z "$TOP/man/vmlint-$command.1"
		[ -z "$output" ] || complain "groff"
	done
}

@test "guest --help has every option that its manual page names" {
	vmlint guest --help
	local option
	for option in $(sed 's/\\-/-/g; s/\\f.//g' "$TOP/man/vmlint-guest.1" | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
		says "$option"
	done
}
