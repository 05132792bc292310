# SPDX-License-Identifier: MIT
# Our squashfs reader sees the names, types, modes, sizes and bytes that mksquashfs was given and unsquashfs sees.

setup_file() {
	command -v mksquashfs >/dev/null || skip "squashfs-tools is not installed"
	: "${BUILD:=build/sanitize-address-undefined}"
	make -s SANITIZE=address,undefined "$BUILD/tests/fs-dump"
	export FS_DUMP="$PWD/$BUILD/tests/fs-dump"
	export LC_ALL=C.UTF-8
	cd "$BATS_FILE_TMPDIR"
	mkdir -p tree/etc tree/usr/lib tree/deep/a/b/c/d tree/many
	seq 1 100000 >tree/numbers
	head -c 1500000 /dev/urandom >tree/random
	: >tree/empty
	printf x >tree/etc/x
	truncate -s 3M tree/sparse
	printf end >>tree/sparse
	for i in $(seq 1 700); do echo "$i" >"tree/many/file number $i"; done
	ln -s usr/lib tree/lib
	ln -s /etc/x tree/absolute
	mkfifo tree/fifo
	cp -a tree plain
	find plain ! -type f ! -type d -delete
}

compare() {
	rm -rf ours
	mkdir ours
	"$FS_DUMP" "$1" ours >facts
	(cd tree && find . -mindepth 1 -printf '%y%m %s %P -> %l\n' | sed -E 's/^d(\S+) \S+/d\1 0/;s/^l(\S+) \S+/l\1 0/;s/ -> $//') | sort >expected
	grep -aE '^[0-7]{6} ' facts |
		sed -E 's/^100([0-7]{3})/f\1/;s/^040([0-7]{3})/d\1/;s/^120([0-7]{3})/l\1/;s/^010([0-7]{3})/p\1/;s, /, ,' | sort >seen
	diff -a expected seen
	diff -rq plain ours | head -n 5 >different
	cat different
	[ ! -s different ]
	[ "$(unsquashfs -s "$1" | sed -n 's/^Compression //p')" = "$(sed -n 's/.* compression \([a-z0-9]*\) .*/\1/p' facts)" ]
}

@test "compressions that libsquashfs knows" {
	cd "$BATS_FILE_TMPDIR"
	for c in gzip xz zstd lz4 "xz -Xbcj arm" "gzip -Xwindow-size 10" "zstd -b 4096 -no-fragments" "gzip -b 1M -always-use-fragments" \
		"gzip -noI -noD -noF -noX" "gzip -no-exports"; do
		rm -f v
		mksquashfs tree v -quiet -no-progress -comp $c >/dev/null
		compare v
	done
}

@test "one that it does not know is no fault of the image" {
	cd "$BATS_FILE_TMPDIR"
	rm -f v
	mksquashfs tree v -quiet -no-progress -comp lzo >/dev/null || skip "mksquashfs has no lzo"
	[[ "$("$FS_DUMP" v)" = "fault 1 3: it has a version or compression that libsquashfs does not know" ]]
}

@test "symbolic links, attributes, cut short" {
	cd "$BATS_FILE_TMPDIR"
	rm -f v
	echo y >tree/etc/y
	has_attributes=1
	python3 -c 'import os; os.setxattr("tree/etc/x", "user.small", b"a value"); os.setxattr("tree/etc/x", "user.large", b"v" * 900)
# a value that another file has, too, is stored once and referred to
os.setxattr("tree/etc/y", "user.before", b"b"); os.setxattr("tree/etc/y", "user.large", b"v" * 900)
os.setxattr("tree/etc/y", "user.zafter", b"after it")' \
		2>/dev/null || has_attributes=0
	mksquashfs tree v -quiet -no-progress -comp gzip >/dev/null
	[ "$("$FS_DUMP" v -p /absolute)" = /etc/x ]
	[ "$("$FS_DUMP" v -p /lib/../../etc/no)" = "ENOENT at /etc/no" ]
	if [ $has_attributes = 1 ]; then
		[ "$("$FS_DUMP" v -x /absolute user.small)" = "a value" ]
		[ "$("$FS_DUMP" v -x /etc/x user.large | wc -c)" = 900 ]
		[ "$("$FS_DUMP" v -x /etc/y user.large | sha256sum)" = "$("$FS_DUMP" v -x /etc/x user.large | sha256sum)" ]
		[ "$("$FS_DUMP" v -x /etc/y user.zafter)" = "after it" ]
	fi
	run "$FS_DUMP" v -x /etc/x user.none
	[ "$status" = 2 ]
	[[ $output = *"no attribute user.none" ]]
	truncate -s 1M v
	run "$FS_DUMP" v
	[[ $output = *"fault 1 2: it refers to bytes beyond its end"* ]]
}
