#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What stands in a file system and cannot be read is neither absent nor as it should be: a finding that depends on it is still there,
# or it is said that somebody could not look.

load common

setup_file() {
	GOOD=$(fixture debian-arm64)
	RELEASE=$(debugfs_release "$GOOD")
	export GOOD RELEASE
	[ -n "$RELEASE" ]
}

# root COMMAND IMAGE: debugfs on partition 2
root() {
	local start
	start=$(PATH=$PATH:/usr/sbin sfdisk -d "$2" | sed -nE 's/.*img2 : start= *([0-9]+),.*/\1/p')
	ROOT_START=$((start * 512))
	PATH=$PATH:/usr/sbin debugfs -R "$1" "$2?offset=$ROOT_START" 2>/dev/null
}

# the kernel that is installed there
debugfs_release() {
	root "ls -p /usr/lib/modules" "$1" | cut -d / -f 6 | grep '[0-9]' | head -n 1
}

# where in the image the inode of a file stands
inode_at() {
	local said
	said=$(root "imap $1" "$GOOD")
	[[ $said =~ located\ at\ block\ ([0-9]+),\ offset\ (0x[0-9a-f]+) ]]
	local block=${BASH_REMATCH[1]} offset=${BASH_REMATCH[2]} size
	size=$(root "stats -h" "$GOOD" | sed -n 's/^Block size: *//p')
	root pwd "$GOOD" >/dev/null # for ROOT_START, here
	echo $((ROOT_START + block * size + offset))
}

# hidden RULE BREAKING SPOILING: what the rule finds is not gone in silence when more cannot be read
hidden() {
	"$MUTATE" "$GOOD" broken.img "$2"
	vmlint broken.img
	[[ $output == *"[$1]"* ]] || complain "$1 expected"
	"$MUTATE" "$GOOD" hidden.img "$2" "$3"
	vmlint hidden.img
	[[ $output == *"[$1]"* ]] || exits 2
}

@test "a folder of modules" {
	hidden fstab-filesystem-driver "part 2 rm-glob /usr/lib/modules/?*-arm64/kernel/fs/fat/vfat.ko*" \
		"ext poke 2 folder:/usr/lib/modules/$RELEASE/kernel/fs/fat 0 ffffffffffffffffffff"
}

@test "a program's inode" {
	hidden os-init-arch "part 2 poke-file /usr/lib/systemd/systemd 18 3e00" "ext poke 2 inode:/usr/lib/systemd/systemd 32 00080800"
}

@test "folders in which a system is known by its files" {
	hidden fstab-device-name "fstab add '/dev/vdb1 /srv ext4 defaults 0 2'" "ext poke 2 folder:/usr/lib 0 ffffffffffffffffffff"
}

@test "an inode with a wrong checksum: other files are what they are" {
	local file
	for file in "/boot/vmlinuz-$RELEASE" /boot/grub/grubenv; do
		"$MUTATE" "$GOOD" hidden.img "raw poke $(($(inode_at "$file") + 0x64)) 77"
		vmlint hidden.img
		exits 2
		lacks "error:" "warning:"
		says "Inode checksum does not match inode"
	done
}

@test "types that directories give files, and inodes do not: Linux goes by the inode" {
	local wrong
	"$MUTATE" "$GOOD" hidden.img "fstab add 'UUID=aaaaaaaa-2222-3333-4444-555555555555 /data ext4 defaults 0 2'" \
		"ext filetype 2 /etc 1" "ext filetype 2 /usr 1" "ext filetype 2 /boot 7"
	vmlint hidden.img
	exits 1
	says "[fstab-unresolved]" ", its inode that of a directory [filesystem-corrupt]"
	lacks "no installed system" "not evaluated"
	for wrong in "/usr/lib/modules/$RELEASE 1" "/usr/lib/modules/$RELEASE/kernel/fs/fat 7" "/boot/vmlinuz-$RELEASE 2"; do
		"$MUTATE" "$GOOD" hidden.img "part 2 rm-glob /usr/lib/modules/?*-arm64/kernel/fs/fat/vfat.ko*" "ext filetype 2 $wrong"
		vmlint hidden.img
		exits 1
		says "[fstab-filesystem-driver]"
	done
}

@test "nothing is said of what nobody needs" {
	"$MUTATE" "$GOOD" hidden.img "ext poke 2 folder:/media 0 ffffffffffffffffffff"
	vmlint hidden.img
	exits 0
}
