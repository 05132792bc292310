#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Zero, huge and sign-changing numbers in every field of what is read: tests/cli/extremes does it.

load common

@test "the MBR's records" {
	VMLINT=$VMLINT "$TOP/tests/cli/extremes" mbr
}

@test "GPT headers, one and both, and entries" {
	VMLINT=$VMLINT "$TOP/tests/cli/extremes" gpt
}

@test "FAT boot sectors and the FAT" {
	VMLINT=$VMLINT "$TOP/tests/cli/extremes" fat
}

@test "directory entries" {
	VMLINT=$VMLINT "$TOP/tests/cli/extremes" directory
}

@test "DOS header, PE header and sections" {
	VMLINT=$VMLINT "$TOP/tests/cli/extremes" pe
}

@test "qcow2 headers" {
	VMLINT=$VMLINT "$TOP/tests/cli/extremes" qcow2
}

@test "qcow2 mapping tables" {
	VMLINT=$VMLINT "$TOP/tests/cli/extremes" qcow2-map
}
