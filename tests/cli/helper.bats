#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What vmlint-helper and the programs that it starts may do on this machine: the proof that they are shut in.
#
# A preloaded library and a sanitizer exclude each other, so this is about the plain build.

load common
VMLINT=$PLAIN

setup() {
	TMPDIR=$(mktemp -d /tmp/vmlint-bats-XXXXXX)
	export TMPDIR
	# not in /tmp, where root's libguestfs makes its sockets, and may remove what is there
	folder=$(mktemp -d /var/tmp/vmlint-bats-XXXXXX)
	mkfifo "$folder/fifo"
	echo secret >"$folder/secret"
}

teardown() {
	rm -rf "$TMPDIR" "$folder"
}

# breaking IMAGE...: the helper, and qemu-nbd, try everything; $said is what came of it
breaking() {
	timeout 400 cat "$folder/fifo" >"$folder/said" 3>&- &
	local reader=$!
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/helper-breakout.so" HELPER_BREAKOUT="$folder" \
		timeout 400 "$VMLINT" "$@"
	wait $reader
	said=$(cat "$folder/said")
}

# refused PROGRAM ACTION...
refused() {
	local program=$1 action
	shift
	for action; do
		grep -q "^$program: $action refused" <<<"$said" || complain "$program: $action was not refused: $said"
	done
}

landlock() { # landlock VERSION: has the kernel that, or later?
	python3 - "$1" <<-'END'
		import ctypes, sys
		sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < int(sys.argv[1]))
	END
}

@test "the helper that reads a container, and its qemu-nbd" {
	local program
	landlock 3 || skip "the kernel has no Landlock, or an old one"
	breaking "$(fixture debian-arm64-vmdk)"
	exits 0
	for program in vmlint-helper qemu-nbd; do
		refused $program read write create list shadow home install rename remove link privileges capabilities core memory file time
		! landlock 4 || refused $program connect
	done
	! landlock 6 || refused qemu-nbd signal
	refused vmlint-helper run null
	grep -q "^qemu-nbd: run done" <<<"$said"
	[ "$(cat "$folder/secret")" = secret ]
	[ -z "$(ls -A "$TMPDIR")" ] || complain "left: $(ls -A "$TMPDIR")"
}

@test "the helper that runs libguestfs" {
	landlock 3 || skip "the kernel has no Landlock, or an old one"
	# no QEMU, since this is about what comes before it
	export LIBGUESTFS_HV=/bin/false
	breaking "$(fixture erofs-arm64)"
	exits 2
	refused vmlint-helper read write create list shadow home install rename remove link privileges capabilities core memory file time
	! landlock 4 || refused vmlint-helper connect
	! landlock 6 || refused vmlint-helper signal
	grep -q "^vmlint-helper: run done" <<<"$said"
	[ "$(cat "$folder/secret")" = secret ]
	[ -z "$(ls -A "$TMPDIR")" ] || complain "left: $(ls -A "$TMPDIR")"
}

@test "without a confinement the tests above would see it" {
	cp /bin/true "$folder/qemu-nbd"
	timeout 400 cat "$folder/fifo" >"$folder/said" 3>&- &
	HELPER_BREAKOUT="$folder" LD_PRELOAD="$TOP/build/tests/helper-breakout.so" "$folder/qemu-nbd" || true
	wait $!
	rm -f /usr/bin/vmlint-breakout
	said=$(cat "$folder/said")
	[ "$(id -u)" != 0 ] || grep -q "^qemu-nbd: capabilities done" <<<"$said"
	for action in read write create list rename link connect memory file time; do
		grep -q "^qemu-nbd: $action done" <<<"$said" || complain "$action: $said"
	done
}
