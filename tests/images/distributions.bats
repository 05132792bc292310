# SPDX-License-Identifier: MIT
# Whole distributions are good images: nothing in them is an error or a warning. That they were looked into is seen of a
# copy that is broken where their boot path leads.

setup_file() {
	: "${BUILD:=build}"
	make -s "$BUILD/vmlint"
	export VMLINT="$PWD/$BUILD/vmlint" TOP="$PWD" LC_ALL=C.UTF-8
}

# good NAME: builds the image and lints it
good() {
	IMAGE=$("$TOP/fixtures/build" "$1" | tail -n 1)
	"$VMLINT" lint --format=json "$IMAGE" >"$BATS_TEST_TMPDIR/report.json" || {
		"$VMLINT" lint "$IMAGE"
		return 1
	}
	jq -e '.summary.errors + .summary.warnings + .summary.not_evaluated + .summary.unreadable == 0' \
		"$BATS_TEST_TMPDIR/report.json"
}

# bad RULE OPERATION...: the same image, broken, gives a finding of that rule
bad() {
	local rule=$1
	shift
	"$TOP/fixtures/mutate" "$IMAGE" "$BATS_TEST_TMPDIR/broken.img" "$@"
	"$VMLINT" lint --format=json "$BATS_TEST_TMPDIR/broken.img" >"$BATS_TEST_TMPDIR/report.json" || [ $? = 1 ]
	rm "$BATS_TEST_TMPDIR/broken.img"
	jq -e --arg rule "$rule" 'any(.images[].diagnostics[]; .rule == $rule and .severity != "note")' \
		"$BATS_TEST_TMPDIR/report.json"
}

@test "Debian 12 for arm64: GRUB, ext4" {
	good debian-12-arm64
	bad driver-pl011-console 'kconfig off SERIAL_AMBA_PL011_CONSOLE'
	bad initrd-root-driver 'initrd remove-module virtio_blk'
}

@test "Debian 12 for x86-64 with cloud-init: GRUB, ext4" {
	good debian-12-cloud-amd64
	bad initrd-root-driver 'initrd remove-module virtio_blk'
}

@test "Debian 13 for arm64: systemd-boot, a unified kernel image" {
	good debian-13-uki-arm64
	bad boot-root-unresolved 'uki cmdline "root=UUID=01234567-89ab-cdef-0123-456789abcdef ro console=ttyAMA0"'
}

@test "Debian 12 for x86-64: /boot on ext4, the root on xfs" {
	good debian-12-xfs-amd64
	bad initrd-root-filesystem 'initrd remove-module xfs'
}

@test "Debian 12 for x86-64: the root in a subvolume of btrfs" {
	good debian-12-btrfs-amd64
	bad boot-config-missing 'part 1 replace /EFI/debian/grub.cfg @rootfs @other'
}

@test "Debian 12 for x86-64: the root on a logical volume" {
	good debian-12-lvm-amd64
	bad initrd-root-filesystem 'initrd remove-module dm-mod'
}
