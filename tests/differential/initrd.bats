# SPDX-License-Identifier: MIT
# Our initrd reader finds every file that cpio and bsdcpio list, whatever compresses the archive, and no other.

setup_file() {
	command -v bsdcpio >/dev/null && command -v lzop >/dev/null || skip "libarchive-tools or lzop is not installed"
	: "${BUILD:=build/sanitize-address-undefined}"
	make -s SANITIZE=address,undefined "$BUILD/tests/initrd-dump"
	export INITRD_DUMP="$PWD/$BUILD/tests/initrd-dump"
	export LC_ALL=C.UTF-8
	export DIFFERENTIAL="$PWD/tests/differential"
	cd "$BATS_FILE_TMPDIR"
	mkdir -p tree/usr/lib/modules/6.1.0-9/kernel/a tree/etc tree/usr/bin early/kernel/x86/microcode
	echo 'int x = 1;' | cc -x c -c -o module -
	for i in $(seq 1 300); do
		{ cat module; seq 1 $((i * 3)); } >"tree/usr/lib/modules/6.1.0-9/kernel/a/mod-$i.ko"
	done
	seq 1 100000 >tree/usr/bin/large
	printf 'some configuration\n' >tree/etc/conf
	ln -s usr/lib tree/lib
	ln tree/etc/conf tree/etc/zz-link
	mkfifo tree/fifo
	head -c 5000 /dev/urandom >early/kernel/x86/microcode/GenuineIntel.bin
	(cd tree && find . | sort | cpio -o -H newc --quiet) >main.cpio
	(cd tree && find . | sort | bsdcpio -o -H newc --quiet) >bsd.cpio
	(cd tree && find . | sort | cpio -o -H crc --quiet) >crc.cpio
	(cd early && find . | sort | cpio -o -H newc --quiet) >early.cpio
	cpio -t --quiet <main.cpio >names
	bsdcpio -t --quiet <bsd.cpio | sed 's,^\./,,' >names.bsd
}

# everything FILE MEMBERS: all names are found, one more is not, and the last member is complete
everything() {
	"$INITRD_DUMP" "$1" -a $(cat names) nothing m:mod_7 m:mod-7@6.1.0-9 m:mod-7@6.1.0 c:etc/conf >out
	[ "$(grep -c '^member' out)" = "$2" ]
	! grep -q ^problem out || return 1
	grep -q '^complete 1 damaged 0' out
	[ "$(grep -c ' answer 1 ' out)" = $(($(wc -l <names) + 3)) ]
	[ "$(grep ' answer 2' out)" = "question nothing answer 2
question mod-7 answer 2" ]
	grep -q '^some configuration' out
	grep "^member $(($2 - 1)) " out | grep -q "entries $(wc -l <names) .*complete 1 trailer 1"
	grep -q '^release 6.1.0-9$' out
	grep -q '^question lib answer 1 \(./\)\?lib 120777 7 usr/lib$' out
}

@test "archives of cpio, bsdcpio, and with checksums" {
	cd "$BATS_FILE_TMPDIR"
	diff <(sort names) <(sort names.bsd)
	for f in main bsd crc; do everything $f.cpio 1; done
}

@test "every compression" {
	cd "$BATS_FILE_TMPDIR"
	for c in gzip bzip2 "xz --check=crc32" "xz --format=lzma" "lzop -9" "lz4 -l" "zstd -q -19" "zstd -q --long=27"; do
		$c <main.cpio >packed
		everything packed 1
	done
	! grep -q ^refused out || return 1
	lz4 -q <main.cpio >packed
	everything packed 1
	grep -q "^refused it is in lz4's frame format" out
	xz <main.cpio >packed
	everything packed 1
	grep -q '^refused its xz check' out
}

@test "early archive, padding, and members of different compressions" {
	cd "$BATS_FILE_TMPDIR"
	{ cat early.cpio; zstd -q <main.cpio; } >joined
	everything joined 2
	grep -q '^member 0 .* microcode 1' out
	{ cat early.cpio; gzip <early.cpio; head -c 11 /dev/zero; xz --check=crc32 <early.cpio; lz4 -l <main.cpio; head -c 4096 /dev/zero; } >joined
	everything joined 4
	if command -v unmkinitramfs >/dev/null; then
		{ cat early.cpio; gzip <main.cpio; } >joined
		everything joined 2
		diff <(lsinitramfs joined | grep -v '^kernel' | grep -vx '\.' | sort) <(grep -vx '\.' names | sort)
	fi
}

@test "nothing is decompressed for no question, and all for one" {
	cd "$BATS_FILE_TMPDIR"
	{ cat early.cpio; zstd -q <main.cpio; } >joined
	"$INITRD_DUMP" joined >out
	grep -q '^member 1 .* zstd entries 0 unpacked 0 complete 0' out
	"$INITRD_DUMP" joined etc >out
	grep -q '^complete 1' out
	[ "$(sed -n 's/^member 1 .* unpacked \([0-9]*\) .*/\1/p' out)" = "$(stat -c %s main.cpio)" ]
}

@test "every initrd of the good images: the files that bsdcpio and lsinitramfs see" {
	"$DIFFERENTIAL/initrd.py" "$INITRD_DUMP" fixtures
}

@test "changed archives: bsdcpio sees what we see, or the difference has a name" {
	"$DIFFERENTIAL/initrd.py" "$INITRD_DUMP" mutated 2 80
}
