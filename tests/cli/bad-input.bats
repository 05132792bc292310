#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is no image, or half of one: a clear message, the right status, no crash, no hang, bounded memory, and not a byte
# of it changed.

load common

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	truncate -s 1M blank.img
}

# unreadable IMAGE TEXT: "could not check", with TEXT in the reason; the images beside it are judged.
unreadable() {
	vmlint blank.img "$1" blank.img
	exits 2
	says "$1: could not check: " "$2"
	[ "$(grep -c '^blank.img: error: ' <<<"$output")" = 2 ] || complain "the images beside it are not judged"
	vmlint --exit-zero --quiet "$1"
	exits 2
}

# frugal IMAGE: the build without sanitizers takes less than 64 MiB, and 10 s; libguestfs, which has limits of its own, left out.
frugal() {
	"$TOP/build/tests/measure" -t 10 -q -o cost "$PLAIN" --reader=native "$1" || true
	read -r status _ _ _ rss <cost
	output= stderr=
	[ "$status" -le 2 ] || complain "exit status $status"
	[ "$rss" -lt 65536 ] || complain "took $rss KiB"
}

# judged IMAGE: whatever vmlint says of it, it says something, in time and memory, and leaves it as it was.
judged() {
	local digest
	digest=$(sha256sum <"$1")
	vmlint "$1"
	[ "$status" != 0 ] || complain "$1 is called clean"
	[[ $output == "$1"*": "* ]] || complain "not a word of $1"
	[ "$digest" = "$(sha256sum <"$1")" ] || complain "$1 has changed"
	frugal "$1"
}

@test "an empty file" {
	: >empty
	unreadable empty "the file is empty"
}

@test "a missing path" {
	unreadable nothing "No such file or directory"
	unreadable blank.img/nothing "Not a directory"
	ln -sf dangling link
	unreadable link "No such file or directory"
	ln -sf loop loop
	unreadable loop "Too many levels of symbolic links"
	unreadable "$(head -c 300 /dev/zero | tr '\0' x)" "File name too long"
}

@test "a directory" {
	mkdir -p folder
	unreadable folder "is a directory"
	unreadable / "is a directory"
}

@test "a FIFO, a socket and a character device, without waiting for anybody" {
	[ -p fifo ] || mkfifo fifo
	unreadable fifo "neither a regular file nor a block device"
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")' || true
	unreadable socket "No such device or address"
	unreadable /dev/null "neither a regular file nor a block device"
	unreadable /dev/zero "neither a regular file nor a block device"
	unreadable /dev/tty "could not check"
}

@test "a file without read permission" {
	printf secret >locked
	chmod 000 locked
	local as=()
	# root without the two capabilities that let it read what it may not
	[ "$(id -u)" != 0 ] || as=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search)
	run --separate-stderr timeout 10 "${as[@]}" "$VMLINT" locked
	sound
	exits 2
	says "locked: could not check: cannot open: Permission denied"
}

@test "a block device is an image" {
	# a loop device needs a kernel and a root that have one: fstat that calls the file a block device does not
	VMLINT=$PLAIN
	export LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_BLOCK=1
	vmlint "$(fixture debian-arm64)"
	exits 0
}

@test "a text file" {
	printf 'From: somebody\nThis is not a disk image.\n' >text
	judged text
	for size in 1 2 3 7 8 100 511 512 513 1023 4095 4096 100000; do
		yes 'not a disk image' | head -c $size >text
		judged text
	done
}

@test "random bytes" {
	for size in 1 512 4096 70000 3000000; do
		python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(int(sys.argv[1])).randbytes(int(sys.argv[1])))' $size >random
		judged random
	done
}

@test "random bytes behind each magic number" {
	python3 - <<-'END'
		import random
		r = random.Random(2)
		magics = {"qcow2": b"QFI\xfb\0\0\0\3", "qcow2v2": b"QFI\xfb\0\0\0\2", "qcow": b"QFI\xfb\0\0\0\1", "qed": b"QED\0", "vmdk": b"KDMV",
		          "cowd": b"COWD", "vhd": b"conectix", "vhdx": b"vhdxfile", "descriptor": b"# Disk DescriptorFile\n",
		          "xz": b"\xfd7zXZ\0", "zstd": b"\x28\xb5\x2f\xfd", "gz": b"\x1f\x8b\x08", "luks": b"LUKS\xba\xbe\0\1",
		          "parallels": b"WithoutFreeSpace", "dmg": b"koly", "vdi": b"<<< Oracle VM VirtualBox Disk Image >>>\n"}
		for name, magic in magics.items():
		    open(f"magic-{name}", "wb").write(magic + r.randbytes(69632))
		    open(f"zeros-{name}", "wb").write(magic + bytes(69632))
		    open(f"short-{name}", "wb").write(magic)
	END
	for image in magic-* zeros-* short-*; do
		judged "$image"
	done
}

@test "compressed images are refused with the command that unpacks them" {
	gzip -kc blank.img >blank.img.gz
	zstd -qc blank.img >blank.img.zst
	xz -kc blank.img >blank.img.xz
	cp blank.img.xz other-name
	for pair in "blank.img.gz gunzip|gzip" "blank.img.zst zstd|unzstd" "blank.img.xz unxz|xz" "other-name unxz|xz"; do
		vmlint "${pair% *}"
		exits 2
		says "could not check: " "help: "
		[[ $output =~ help:\ .*(${pair#* }) ]] || complain "no command that unpacks it"
	done
}

@test "half of every good image" {
	"$TOP/fixtures/build" --all >/dev/null
	local name image size
	for name in $("$TOP/fixtures/build" --list); do
		image=$("$TOP/fixtures/build" --path "$name")
		size=$(stat -c %s "$image")
		rm -f half
		cp --sparse=always --reflink=auto "$image" half
		truncate -s $((size / 2)) half
		vmlint --reader=native half
		[ "$status" != 0 ] || complain "half of $name is called clean"
		[[ $output =~ "[image-truncated]"|"could not check: "|"not evaluated: " ]] || complain "$name: no clear word"
		frugal half
		# far less than half
		truncate -s 1536 half
		vmlint half
		[ "$status" != 0 ] || complain "1536 bytes of $name are called clean"
		frugal half
	done
}

@test "a qcow2 of 512 bytes" {
	head -c 512 "$(fixture debian-arm64-qcow2)" >short.qcow2
	judged short.qcow2
	for size in 4 8 24 71 72 103 104 112 4096 65536; do
		head -c $size "$(fixture debian-arm64-qcow2)" >short.qcow2
		judged short.qcow2
	done
}

@test "an image that is all hole, as large as a file can be" {
	# 8 EiB minus one, where the file system takes it
	for size in 9223372036854775807 9223372036854771712 17592186040320 1T; do
		truncate -s $size huge 2>/dev/null && break
	done
	vmlint huge
	exits 1
	frugal huge
	rm huge
}

@test "every kind of good image stays as it was" {
	local image
	for name in debian-arm64 debian-arm64-4096 debian-arm64-qcow2 debian-arm64-vmdk debian-arm64-vhdx; do
		image=$(fixture $name)
		digest=$(sha256sum <"$image")
		stamp=$(stat -c '%Y %Z %s %i' "$image")
		vmlint --verbose --thorough "$image"
		exits 0
		[ "$stamp" = "$(stat -c '%Y %Z %s %i' "$image")" ] || complain "$name was touched"
		[ "$digest" = "$(sha256sum <"$image")" ] || complain "$name has changed"
	done
}

@test "an image that may only be read is enough" {
	cp --sparse=always "$(fixture firmware-x86_64)" readonly.img
	chmod 444 readonly.img
	vmlint readonly.img
	exits 0
	run strace -f -qq -e trace=openat,open -o trace "$PLAIN" readonly.img
	! grep -E 'readonly.img.*O_(RDWR|WRONLY)' trace || complain "nothing of that expected"
	grep -q readonly.img trace
}
