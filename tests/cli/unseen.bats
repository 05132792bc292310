#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What was not looked at is never a clean result, whatever the options silence; and what the user gives is not trusted either.

load common

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	qemu-img create -q -u -f qcow2 -F raw -b base.img overlay.qcow2 64M
	printf '# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 2048 FLAT "other.img" 0\n' >text.vmdk
	mkfifo pipe.json
	printf '{"name": "a\\u001b[31m\\nb", "extends": "vmspec-2.0"}' >escape.json
}

@test "a backing file that is not opened: its finding says so" {
	vmlint overlay.qcow2
	exits 1
	says "[qcow2-backing-file]"
	lacks "not evaluated"
}

@test "the same with that finding made less, ignored, or not selected: not evaluated" {
	for option in --severity=qcow2-backing-file=note --ignore=qcow2-backing-file --select='gpt-*' --select='pe-*,efi-*'; do
		vmlint "$option" overlay.qcow2
		exits 2
		says "not evaluated: "
	done
	vmlint --ignore=container-external-file text.vmdk
	exits 2
	says "not evaluated: "
}

@test "a cut-off container whose findings are ignored" {
	head -c 10000 "$(fixture debian-arm64-qcow2)" >cut.qcow2
	vmlint --ignore=image-truncated,qcow2-corrupt cut.qcow2
	exits 2
	says "not evaluated: "
}

@test "a profile that is a FIFO, and one whose name would paint the terminal" {
	vmlint --profile=./pipe.json overlay.qcow2
	exits 2
	vmlint --profile=./escape.json overlay.qcow2
	exits 1
	lacks $'\e'
	says 'profile a\x1b[31m\x0ab)'
	vmlint --profile=$'\e[31m' overlay.qcow2
	exits 2
	[[ $stderr != *$'\e'* ]]
}

@test "options that are refused are named" {
	vmlint -dash.img
	exits 2
	[[ $stderr == *"unknown option -d "* ]] || complain "-d expected"
	vmlint --quiet=1 overlay.qcow2
	exits 2
	[[ $stderr == *"--quiet=1 takes no argument"* ]] || complain "--quiet expected"
}

@test "a root on ZFS, which nothing here reads" {
	# its labels are ours: fixtures/mutator/zfs.py
	"$MUTATE" "$(fixture xfs-amd64)" zfs.img "fs zfs 3" 'grub replace "root=UUID=" "root=ZFS=rpool/ROOT/debian x="'
	vmlint zfs.img
	exits 2
	says "zfs.img: not evaluated: no installed system could be looked at: the zfs_member file system in partition 3 cannot be read: ZFS is read neither by vmlint nor by libguestfs [" \
		"zfs.img: 0 errors, 0 warnings, 0 notes, "
	# and nobody tries
	lacks "libguestfs: " "libguestfs was started"
}
