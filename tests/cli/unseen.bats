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

# beside IMAGE BYTES OUT: one more partition of IMAGE, with what the file BYTES holds
beside() {
	local PATH=$PATH:/sbin:/usr/sbin start
	cp --sparse=always "$1" "$3"
	chmod u+w "$3"
	start=$((($(stat -c %s "$3") + 1048575) / 1048576))
	truncate -s $(((start + 4) * 1048576)) "$3"
	sgdisk -e -n "9:$((start * 2048)):+2M" -t 9:8300 "$3" >/dev/null
	dd if="$2" of="$3" bs=1M count=2 seek="$start" conv=notrunc status=none
}

@test "what looks like a system hides no root that cannot be read" {
	local name PATH=$PATH:/sbin:/usr/sbin
	mkdir -p tree/etc tree/sbin tree/bin
	echo root:x:0:0::/root:/bin/sh >tree/etc/passwd
	cp /bin/true tree/bin/sh
	ln -s ../bin/sh tree/sbin/init
	truncate -s 2M decoy
	mke2fs -q -t ext2 -d tree decoy
	for name in erofs-arm64 xfs-amd64 btrfs-arm64 lvm-arm64; do
		beside "$(fixture "$name")" decoy decoy.img
		vmlint --reader=native decoy.img
		exits 2
		says "not evaluated: the system that boots could not be looked at: "
		lacks "stopped by" ": note: the configuration of kernel"
		vmlint --reader=native --select='os-*,selinux-*,fstab-*,kernel-modules-missing' decoy.img
		exits 2
	done
	# the root that boots was read: what else there is does not matter
	beside "$(fixture debian-arm64)" decoy decoy.img
	vmlint --reader=native decoy.img
	exits 0
	lacks "not evaluated"
}

@test "a locked volume beside a system that boots is its own affair" {
	local PATH=$PATH:/sbin:/usr/sbin start
	start=$(sfdisk -d "$(fixture luks-arm64)" | sed -nE 's/.*img3 : start= *([0-9]+),.*/\1/p')
	dd if="$(fixture luks-arm64)" of=luks bs=512 skip="$start" count=4096 status=none
	beside "$(fixture debian-arm64)" luks locked.img
	vmlint --reader=native locked.img
	exits 0
	lacks "not evaluated"
	# unless nobody knows which root boots
	"$MUTATE" locked.img unknown.img 'grub replace "root=UUID=" "root=/dev/disk/by-id/virtio-a x="'
	vmlint --reader=native unknown.img
	exits 2
	says "not evaluated: the system that boots could not be looked at: "
}

@test "folders that hold a system, and are damaged or encrypted: no absence of a system" {
	"$MUTATE" "$(fixture debian-arm64)" encrypted.img "ext poke 2 inode:/etc 32 00080800" "ext poke 2 inode:/usr 32 00080800"
	vmlint --reader=native encrypted.img
	exits 2
	says "[fstab-" "not evaluated: cannot look for the modules of kernel "
	lacks "no installed system was found"
}

@test "a file of which nobody says why it is needed, and which cannot be read" {
	"$MUTATE" "$(fixture debian-arm64)" release.img "ext poke 2 tree:/usr/lib/os-release 20 3f420f00"
	vmlint --reader=native release.img
	exits 2
	says "could not check further: "
	# what is on other file systems, or nothing inside of any, does not ask for it
	vmlint --reader=native --select='gpt-*' release.img
	exits 0
}

@test "folders and files of the firmware's: a bound for folders counts no files, and does not pass in silence" {
	cp --sparse=always "$(fixture debian-arm64)" folders.img
	chmod u+w folders.img
	for i in {1..70}; do
		printf x >"file$i"
	done
	mcopy -i folders.img@@1M file* ::/EFI/
	vmlint --reader=native folders.img
	exits 0
	mmd -i folders.img@@1M $(printf '::/EFI/folder%s ' {1..65})
	vmlint --reader=native folders.img
	exits 2
	says "there are more than 64 folders in \\EFI"
}

@test "the 17th partition that firmware may boot from, of no type that says so" {
	local offset=$((1024 * 1024)) size=$((512 * 1024))
	truncate -s $size fat
	mkfs.fat fat >fat.log
	mmd -i fat ::/EFI ::/EFI/BOOT
	printf x | mcopy -i fat - ::/EFI/BOOT/BOOTAA64.EFI
	truncate -s 16M many.img
	for i in {1..17}; do
		printf 'start=%d, size=%d, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n' $((offset / 512 + (i - 1) * size / 512)) $((size / 512))
		dd if=fat of=many.img bs=512 seek=$((offset / 512 + (i - 1) * size / 512)) conv=notrunc status=none
	done >table
	sfdisk -q --label gpt many.img <table
	vmlint --reader=native --select=esp-fat-corrupt many.img
	exits 2
	says "there are more than 16 EFI system partitions"
}
