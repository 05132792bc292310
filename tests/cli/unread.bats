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

# the kernel that is installed in partition 2
debugfs_release() {
	local start
	start=$(PATH=$PATH:/usr/sbin sfdisk -d "$1" | sed -nE 's/.*img2 : start= *([0-9]+),.*/\1/p')
	PATH=$PATH:/usr/sbin debugfs -R "ls -p /usr/lib/modules" "$1?offset=$((start * 512))" 2>/dev/null | cut -d / -f 6 | grep '[0-9]' | head -n 1
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

@test "nothing is said of what nobody needs" {
	"$MUTATE" "$GOOD" hidden.img "ext poke 2 folder:/media 0 ffffffffffffffffffff"
	vmlint hidden.img
	exits 0
}
