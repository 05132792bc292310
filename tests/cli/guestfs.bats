# SPDX-License-Identifier: MIT
# Images that libguestfs must read: how it is chosen, what happens where it is not there, does not start, hangs or is killed.
# The machine may have any KVM, a broken one too; each start of an appliance takes ten seconds or more, so there are few.

load common

setup_file() {
	make -s -C "$BATS_TEST_DIRNAME/../.." all build/tests/no-guestfs.so
}

# nothing_left: no process and no folder of ours.
nothing_left() {
	local i
	for i in $(seq 100); do
		! pgrep -f "vmlint-helper guestfs $TMPDIR" >/dev/null && [ -z "$(ls -A "$TMPDIR")" ] && break
		sleep 0.1
	done
	! pgrep -af "$TMPDIR" || return 1
	[ -z "$(ls -A "$TMPDIR")" ] || complain "left: $(ls -A "$TMPDIR")"
}

setup() {
	# short, for the sockets in it
	TMPDIR=$(mktemp -d /tmp/vmlint-bats-XXXXXX)
	export TMPDIR
}

teardown() {
	rm -rf "$TMPDIR"
}

@test "options that make no sense" {
	vmlint --reader=other x
	refuses "--reader takes auto, native or guestfs, not \"other\""
	local bad
	for bad in '' all all: all:key all:key: all:other:x nobody:key:x p0:key:x p5000:key:x p3x:key:x \
		1234-5678:key:x 12345678-1234-1234-1234-12345678901x:key:x; do
		vmlint --key="$bad" x
		refuses "--key"
		[[ $stderr != *":x"* ]] || complain "a key is repeated"
	done
	vmlint --key=all:file:/nonexistent x
	refuses "cannot read /nonexistent"
	: >empty
	vmlint --key=all:file:empty x
	refuses "empty holds no passphrase"
	head -c 600 /dev/zero | tr '\0' k >long
	vmlint --key=all:file:long x
	refuses "long holds no passphrase"
}

@test "--reader=native: libguestfs is not started, and what it would read could not be checked" {
	vmlint --reader=native "$(fixture xfs-amd64)"
	exits 2
	says "not evaluated:" "--reader=native was given"
	nothing_left
}

@test "LUKS without a key could not be checked, and nothing is started for it" {
	vmlint "$(fixture luks-arm64)"
	exits 2
	says "not evaluated:" "no --key is given for it"
	vmlint --key=p2:key:other "$(fixture luks-arm64)"
	exits 2
	says "no --key is given for it"
	nothing_left
}

@test "a machine without libguestfs" {
	VMLINT=$PLAIN
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/no-guestfs.so" timeout 20 "$VMLINT" "$(fixture erofs-arm64)"
	sound
	exits 2
	says "not evaluated:" "libguestfs, which reads this, is not installed" "apt install libguestfs0"
	nothing_left
}

@test "an appliance that cannot be started: no kernel, no QEMU" {
	mkdir -p "$BATS_TEST_TMPDIR/cache"
	export LIBGUESTFS_HV=/bin/false
	run --separate-stderr timeout 60 "$VMLINT" "$(fixture erofs-arm64)" "$(fixture xfs-amd64)"
	sound
	exits 2
	says "libguestfs does not start:" "apt install libguestfs0"
	nothing_left
	unset LIBGUESTFS_HV
	# an appliance is made anew where none is kept, and then a kernel is looked for
	export LIBGUESTFS_CACHEDIR=$BATS_TEST_TMPDIR/cache SUPERMIN_KERNEL=/nonexistent SUPERMIN_MODULES=/nonexistent
	run --separate-stderr timeout 60 "$VMLINT" "$(fixture erofs-arm64)"
	sound
	exits 2
	says "libguestfs does not start:" "apt install libguestfs0"
	nothing_left
}

@test "an appliance is built where none is kept" {
	mkdir -p "$BATS_TEST_TMPDIR/cache"
	LIBGUESTFS_CACHEDIR=$BATS_TEST_TMPDIR/cache run --separate-stderr timeout 120 "$VMLINT" --select=fstab-unresolved \
		"$(fixture erofs-arm64)"
	sound
	exits 0
	compgen -G "$BATS_TEST_TMPDIR/cache/.guestfs-*/appliance.d/root" >/dev/null || complain "it was not built"
	nothing_left
}

# A QEMU that hangs with KVM and works without: as on machines where KVM itself is broken.
@test "KVM that hangs: tried once in a call, and the images are read all the same" {
	local qemu native
	qemu=$(command -v qemu-system-x86_64) || skip "no QEMU"
	[ -w /dev/kvm ] || skip "there is no KVM to be broken"
	cat >hv <<-END
		#!/bin/sh
		case "\$*" in
		*accel=kvm:tcg*-device*\?*|*accel=tcg*) exec $qemu "\$@" ;;
		*-display*none*-machine*accel=kvm*-qmp*) exec $qemu "\$@" ;;
		*accel=kvm*) exec sleep 1000 ;;
		esac
		exec $qemu "\$@"
	END
	chmod +x hv
	LIBGUESTFS_HV=$PWD/hv run --separate-stderr timeout 500 "$VMLINT" --format=json "$(fixture xfs-amd64)" "$(fixture erofs-arm64)"
	sound
	exits 0
	jq -e '.images[0].notes | length == 1 and (.[0] | test("without KVM.*nothing within 30 s"))' <<<"$output"
	jq -e '.images[1].notes == null and .summary.not_evaluated == 0' <<<"$output"
	nothing_left
}

@test "signals at any time leave no process, socket or folder" {
	local image signal
	image=$(fixture erofs-arm64)
	for signal in TERM KILL HUP; do
		setsid "$VMLINT" "$image" >/dev/null 2>&1 3>&- &
		sleep 4
		kill -$signal $!
		wait $! || :
		nothing_left
	done
}
