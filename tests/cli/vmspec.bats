#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --format=vmspec: the names of vmspec-tools, for lint, guest --judge and boot.

load common

passes() { # passes NAME...: these and no others
	[ "$(sed -n 's/: PASS$//p' <<<"$output" | tr '\n' ' ')" = "${*:+$* }" ] || complain "these expected to pass: $*"
}

fails() { # fails NAME...
	[ "$(sed -n 's/: FAIL$//p' <<<"$output" | tr '\n' ' ')" = "${*:+$* }" ] || complain "these expected to fail: $*"
}

IMAGE="VMSPEC-IMAGE-GPT VMSPEC-IMAGE-ESP VMSPEC-IMAGE-BOOTAA64"
GUEST="VMSPEC-EFI VMSPEC-EFI-DTB VMSPEC-EFI-ACPI VMSPEC-OS-EFI VMSPEC-OS-EFI-RTC VMSPEC-OS-ACPI VMSPEC-OS-SBSA-UART VMSPEC-EFIVARIABLE
VMSPEC-EFIVARIABLE-WRITE VMSPEC-EFIVARIABLE-READ"

judge() { # judge RECORD OPTION...
	vmlint guest --judge --format=vmspec "${@:2}" "$TOP/tests/guest/$1.record"
}

boot() { # boot FAKE RECORD OPTION...
	appliance appliance
	touch firmware
	FAKE=$1 FAKE_RECORD=$TOP/tests/guest/$2.record vmlint boot --format=vmspec --qemu="$TOP/tests/tools/fake-qemu" \
		--firmware=firmware --appliance=appliance --timeout=2 "${@:3}"
}

@test "vmspec: every rule that stands behind a name is there" {
	rules=$(sed -n '/^static const struct {/,/^};/p' "$TOP/src/report/vmspec.c" | grep -oE '"[a-z][a-z0-9-]*"' | tr -d '"' | sort -u)
	[ "$(wc -w <<<"$rules")" -gt 15 ]
	"$VMLINT" rules | awk '{ print $1 }' >known
	for rule in $rules; do grep -qxF "$rule" known || complain "no rule $rule"; done
}

@test "vmspec: the manual says which rules stand behind a name" {
	table=$(sed -n '/^static const struct {/,/^};/p' "$TOP/src/report/vmspec.c" | tr -d '\n\t' | grep -oE '"VMSPEC-[^}]*' |
		grep '"[a-z]' | sed 's/"//g; s/, *{ */ /; s/,//g; s/ *$//; s/  */ /g')
	page=$(sed -n '/^VMSPEC.*BOOT..DEFAULT/q; /^VMSPEC/,$p' "$TOP/man/vmlint-boot.1" | sed 's/\\//g; s/, notes too//; s/,//g' |
		tr '\n' ' ' | sed 's/ VMSPEC/\nVMSPEC/g' | sed 's/  */ /g; s/ *$//')
	diff <(echo "$table") <(echo "$page")
}

@test "vmspec: images" {
	good=$(fixture debian-arm64)
	vmlint --format=vmspec "$good"
	exits 0
	passes $IMAGE
	fails
	"$MUTATE" "$good" esp.img "gpt type 1 linux"
	vmlint --format=vmspec esp.img
	exits 1
	fails VMSPEC-IMAGE-ESP
	# several images: each has its heading
	vmlint --format=vmspec "$good" /nonexistent esp.img
	exits 2
	[ "$output" = "# $good
$(printf '%s: PASS\n' $IMAGE)
# /nonexistent: could not check: cannot open: No such file or directory
# /nonexistent
$(printf '%s: FAIL\n' $IMAGE)
# esp.img
VMSPEC-IMAGE-GPT: PASS
VMSPEC-IMAGE-ESP: FAIL
VMSPEC-IMAGE-BOOTAA64: PASS" ] || complain headings
	# what was not asked for is not said
	vmlint --format=vmspec --select='gpt-*' "$good"
	passes VMSPEC-IMAGE-GPT
}

@test "vmspec: what cannot be read at all fails, and a long name is whole" {
	vmlint --format=vmspec /nonexistent
	exits 2
	passes
	fails $IMAGE
	vmlint --format=vmspec --select='gpt-*' /nonexistent
	fails VMSPEC-IMAGE-GPT
	vmlint guest --judge --format=vmspec /nonexistent
	exits 2
	passes
	fails $GUEST
	# names that differ where others are cut
	folder=$(printf 'd%.0s' $(seq 5000))
	vmlint --format=vmspec "/$folder/a" "/$folder/b"
	exits 2
	[ "$(grep -c '^VMSPEC' <<<"$output")" = 6 ] || complain "lines for each expected"
	[ "$(grep -cE "^# /$folder/[ab]\$" <<<"$output")" = 2 ] || complain "whole names expected"
}

@test "vmspec: recorded guests" {
	judge gicv3
	exits 1
	fails VMSPEC-EFI-DTB
	passes VMSPEC-EFI VMSPEC-EFI-ACPI VMSPEC-OS-EFI VMSPEC-OS-EFI-RTC VMSPEC-OS-ACPI VMSPEC-OS-SBSA-UART VMSPEC-EFIVARIABLE \
		VMSPEC-EFIVARIABLE-WRITE VMSPEC-EFIVARIABLE-READ
	judge no-store
	fails VMSPEC-EFI-DTB VMSPEC-EFIVARIABLE-READ
	# the tables fail with their entry; variables live on the disk, and another disk has none
	judge u-boot
	fails VMSPEC-EFI-ACPI VMSPEC-OS-EFI-RTC VMSPEC-OS-ACPI VMSPEC-EFIVARIABLE-WRITE VMSPEC-EFIVARIABLE-READ
	# nobody switched it off and on to look again
	judge gicv2
	says "VMSPEC-EFIVARIABLE-READ: SKIP ("
	judge x86_64
	exits 0
	lacks DTB UART
	echo "guest format=1" >empty.record
	vmlint guest --judge --format=vmspec empty.record
	exits 2
	says "VMSPEC-EFI: SKIP (the record ends before the system has told all that it sees)"
	passes
	fails
}

@test "vmspec: an image whose table is there, and wrong, has no good one" {
	for how in "mbr clear" "mbr no-ee"; do
		"$MUTATE" "$(fixture debian-arm64)" bad.img "$how"
		vmlint --format=vmspec bad.img
		exits 1
		fails VMSPEC-IMAGE-GPT
	done
}

@test "vmspec: what is Arm's alone is no name of another machine, one without UEFI neither" {
	awk '/^[a-z#]/ { gone = /^probe-|^names path=.sys.firmware.efi|^file path=.sys.firmware.efi/ }
		/^probe-end/ { print "probe-unread reason=no-probe" }
		/^linux-system-table/ { gone = 1 } !gone' \
		"$TOP/tests/guest/x86_64.record" >bios.record
	printf 'names path=/sys/firmware count=1\n|acpi\n' >>bios.record
	vmlint guest --judge --format=vmspec bios.record
	lacks DTB UART
	says "VMSPEC-EFI: FAIL"
}

@test "vmspec: boot IMAGE has lines for the image and for its boots, and one for a boot that is not" {
	make -s -C "$TOP" build/vmlint-guest-aarch64
	good=$(fixture debian-arm64)
	boot good gicv3 --no-hotplug --accel=tcg --select='guest-dev*' "$good"
	exits 1
	fails VMSPEC-EFI-DTB
	passes $IMAGE VMSPEC-BOOT-DEFAULT VMSPEC-BOOT-GICv3
	[ "$(sort <<<"$output" | uniq -d)" = "" ] || complain "each once"
	"$MUTATE" "$good" bad.img "file delete EFI/BOOT/BOOTAA64.EFI"
	boot good gicv3 --no-hotplug --accel=tcg bad.img
	exits 1
	fails VMSPEC-IMAGE-BOOTAA64
	passes VMSPEC-IMAGE-GPT VMSPEC-IMAGE-ESP
	says "VMSPEC-BOOT-DEFAULT: SKIP (it is not booted: "
	boot good gicv3 /nonexistent
	exits 2
	fails $IMAGE
	says "VMSPEC-BOOT-DEFAULT: SKIP (it could not be read)"
}

@test "vmspec: boots" {
	boot good gicv2 --no-hotplug --matrix --gic=2,3 --transport=pci --ignore=guest-variables-persist
	exits 1
	fails VMSPEC-EFI-DTB
	says "VMSPEC-BOOT-DEFAULT: PASS" "VMSPEC-BOOT-GICv3: PASS" "VMSPEC-BOOT-2ND: PASS"
	[ "$(grep -c VMSPEC-EFI: <<<"$output")" = 1 ] || complain "one line for all boots"
	boot good gicv2 --no-hotplug --no-persistent --gic=2
	says "VMSPEC-BOOT-DEFAULT: PASS"
	lacks GICv3 2ND
	boot panic gicv2
	exits 2
	fails VMSPEC-BOOT-DEFAULT VMSPEC-BOOT-GICv3
	passes
	# it came to the end of the first boot, and not to that of the second
	boot no-reset gicv2 --no-hotplug --timeout=1
	exits 2
	says "# guest: could not check further: boot 1: " "VMSPEC-BOOT-DEFAULT: FAIL"
	lacks 2ND
}
