#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make install: the program, its helper and the manual pages, wherever DESTDIR puts them.

load common

setup_file() {
	make -s -C "$TOP" install DESTDIR="$BATS_FILE_TMPDIR/root" PREFIX=/usr >"$BATS_FILE_TMPDIR/log" 2>&1 || {
		cat "$BATS_FILE_TMPDIR/log"
		return 1
	}
}

@test "what is installed" {
	diff <(cd root && find . ! -type d -printf '%m %P\n' | sort -k2) <(
		echo 755 usr/bin/vmlint
		echo 755 usr/libexec/vmlint/vmlint-helper
		for page in "$TOP"/man/*.1; do echo "644 usr/share/man/man1/${page##*/}"; done | sort
		echo 644 usr/share/man/man7/vmlint-rules.7
		echo 644 usr/share/vmlint/appliance-aarch64.img
		echo 644 usr/share/vmlint/appliance-x86_64.img
		echo 755 usr/share/vmlint/vmlint-guest-aarch64
		echo 755 usr/share/vmlint/vmlint-guest-x86_64
	)
}

@test "the installed program finds its helper" {
	VMLINT=$PWD/root/usr/bin/vmlint
	# from another folder, and through a link
	ln -sf "$VMLINT" link
	cd /
	vmlint "$(fixture debian-arm64-vdi)"
	exits 0
	VMLINT=$BATS_FILE_TMPDIR/link
	vmlint "$(fixture debian-arm64-vdi)"
	exits 0
}

@test "without its helper it says what is missing, and judges what needs none" {
	VMLINT=$PWD/root/usr/bin/vmlint
	mv root/usr/libexec/vmlint/vmlint-helper away
	vmlint "$(fixture debian-arm64-vdi)" "$(fixture debian-arm64)"
	exits 2
	says "vmlint-helper"
	says "debian-arm64.img: 0 errors"
	mv away root/usr/libexec/vmlint/vmlint-helper
}

@test "the installed program finds the appliance" {
	export FAKE=panic TMPDIR=$PWD/tmp
	mkdir tmp
	touch firmware
	VMLINT=$PWD/root/usr/bin/vmlint
	for arch in aarch64 x86_64; do
		vmlint boot --arch=$arch --accel=tcg --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware --format=json
		exits 2
		[ "$(jq -r '.images[0].image' <<<"$output")" -ef "$PWD/root/usr/share/vmlint/appliance-$arch.img" ] || complain "no appliance"
	done
	[ -z "$(ls -A tmp)" ]
	mv root/usr/share/vmlint/appliance-x86_64.img away
	vmlint boot --arch=x86_64 --firmware=firmware
	exits 2
	[[ "$stderr" == "vmlint: appliance-x86_64.img is not installed: \`make appliance\`"* ]] || complain "what to do expected"
	mv away root/usr/share/vmlint/appliance-x86_64.img
}
