#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every allocation of a reader fails once, whoever asks for it: libraries, too.  That is one entry of that image, and never a result
# with less in it, a finding that blames the image, or a crash.  tests/fault/sweep.c does it to our own code under the sanitizers.
#
# tests/tools/preload/starve.c takes the memory away.  A preloaded heap and a sanitizer exclude each other: this is the plain build.

load common
VMLINT=$PLAIN
STOPPED="could not check: the reader was stopped by its limit of memory: this image needs more"

# each IMAGE OUTPUT: as many runs as there are allocations; the undisturbed one ends with OUTPUT
each() {
	local n=0 wrong=0 status got
	while truncate -s 0 told && truncate -s 4 told && ((++n < 20000)); do
		status=0
		STARVE="$n told" LD_PRELOAD="$TOP/build/tests/starve.so" "$PLAIN" "$1" >got 2>&1 || status=$?
		got=$(<got)
		if cmp -s -n 4 told /dev/zero; then
			[ "$got" = "$2" ] || complain "the undisturbed run, the last: $got"
			break
		fi
		if [ "$status" != 2 ] || [ "$got" != "$1: $STOPPED" ]; then
			echo "allocation $n: status $status: $got"
			wrong=$((wrong + 1))
		fi
	done
	[ "$wrong" = 0 ]
	[ "$n" -gt 100 ]
}

@test "ext4, FAT and an initrd, where a driver is missing" {
	"$MUTATE" "$(fixture debian-arm64)" broken.img "part 2 rm-glob /usr/lib/modules/?*-arm64/kernel/fs/fat/vfat.ko*"
	vmlint broken.img
	exits 1
	says "[fstab-filesystem-driver]"
	each broken.img "$output"
}

@test "a qcow2 of FAT" {
	qemu-img convert -c -O qcow2 "$(fixture firmware-x86_64)" good.qcow2
	vmlint good.qcow2
	each good.qcow2 "$output"
}
