#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Output is safe: hostile strings at every place that reaches it, in every format (tests/cli/hostile.py).

load common

setup() {
	cd "$BATS_TEST_TMPDIR"
}

hostile() {
	timeout -k 1 120 python3 -B "$TOP/tests/cli/hostile.py" "$VMLINT" "$1"
}

@test "hostile: names of partitions and of the image" {
	hostile table
}

@test "hostile: fstab, os-release, grub.cfg, kernel configurations" {
	hostile system
}

@test "hostile: names on FAT, sections, SBAT, entries, command lines" {
	hostile esp
}

@test "hostile: names in an initrd, a squashfs and /boot" {
	hostile archives
}

@test "hostile: names in a qcow2's header" {
	hostile container
}

@test "hostile: what a guest says, its tables and its tree" {
	hostile record
}

@test "hostile: what the command is given, and profiles" {
	hostile arguments
}
