# SPDX-License-Identifier: MIT
# Our ext2/3/4 reader sees the names, types, modes, sizes and bytes that debugfs sees, in file systems made by mke2fs -d.

setup_file() {
	command -v mke2fs >/dev/null && command -v debugfs >/dev/null || skip "e2fsprogs is not installed"
	: "${BUILD:=build/sanitize-address-undefined}"
	make -s SANITIZE=address,undefined "$BUILD/tests/fs-dump"
	export FS_DUMP="$PWD/$BUILD/tests/fs-dump"
	export LC_ALL=C.UTF-8
	export DIFFERENTIAL="$PWD/tests/differential"
	cd "$BATS_FILE_TMPDIR"
	mkdir -p tree/etc tree/usr/lib tree/usr/bin tree/deep/a/b/c/d tree/many
	seq 1 200000 >tree/numbers
	head -c 3000000 /dev/urandom >tree/random
	: >tree/empty
	printf x >tree/etc/x
	printf '%070d' 7 >tree/etc/seventy
	# through two levels of indirect blocks, where these have 4 KiB or less; debugfs writes all of it out
	truncate -s 9M tree/sparse
	printf end >>tree/sparse
	printf middle | dd of=tree/sparse bs=1 seek=5000000 conv=notrunc status=none
	for i in $(seq 1 600); do echo "$i" >"tree/many/file number $i"; done
	ln -s usr/lib tree/lib
	ln -s /etc/x tree/absolute
	ln -s ../../../../../etc tree/usr/up
	ln -s loop tree/loop
	ln -s "$(printf 'very-long-target/%.0s' $(seq 1 12))" tree/long-link
	ln tree/etc/x tree/etc/hard
	mkfifo tree/fifo
	printf 'not UTF-8' >"$(printf 'tree/\xff\xfe')"
	chmod 4755 tree/etc/seventy
	cp -a tree plain
	find plain ! -type f ! -type d -delete
}

# theirs VOLUME: what debugfs lists, as "mode size path [-> target]"
theirs() {
	rm -rf theirs
	mkdir theirs
	debugfs -R "rdump / theirs" "$1" 2>/dev/null
}

compare() {
	theirs "$1"
	rm -rf ours
	mkdir ours
	"$FS_DUMP" "$1" ours >facts
	# rdump makes no FIFOs; links and modes are compared with the tree that the volume was made from
	(cd tree && find . -mindepth 1 -printf '%y%m %s %P -> %l\n' | sed -E 's/^d(\S+) \S+/d\1 0/;s/^l(\S+) \S+/l\1 0/;s/ -> $//') | sort >expected
	grep -aE '^[0-7]{6} ' facts | grep -av ' /lost+found' |
		sed -E 's/^100([0-7]{3})/f\1/;s/^104([0-7]{3})/f4\1/;s/^040([0-7]{3})/d\1/;s/^120([0-7]{3})/l\1/;s/^010([0-7]{3})/p\1/;s, /, ,' |
		sort >seen
	diff -a expected seen
	rm -rf ours/lost+found theirs/lost+found
	find theirs -type l -delete
	diff -rq plain ours | head -n 5 >different
	# debugfs pads inline data to sixty bytes
	grep -q inline_data facts || diff -rq theirs ours | head -n 5 >>different
	cat different
	[ ! -s different ]
	dumpe2fs -h "$1" 2>/dev/null >header
	grep -q "uuid $(sed -n 's/^Filesystem UUID: *//p' header) label $(sed -n 's/^Filesystem volume name: *//p' header)\$" facts
	[ "$(sed -n 's/^features //p' facts | tr ' ' '\n' | sort | xargs)" = \
		"$(sed -n 's/^Filesystem features: *//p' header | tr ' ' '\n' | sort | xargs)" ]
	grep -q "blocks $(sed -n 's/^Block count: *//p' header) of $(sed -n 's/^Block size: *//p' header) free $(sed -n 's/^Free blocks: *//p' header)\$" facts
	grep -q "^type $(blkid -p -s TYPE -o value "$1") " facts
}

volume() { # volume OPTIONS
	rm -f v
	mke2fs -q -F -L LABEL -d tree "$@" v 96M >/dev/null
}

@test "ext2, ext3 and ext4 with their defaults" {
	cd "$BATS_FILE_TMPDIR"
	for type in ext2 ext3 ext4; do
		volume -t $type
		compare v
	done
}

@test "block sizes" {
	cd "$BATS_FILE_TMPDIR"
	for size in 1024 2048 4096 65536; do
		for type in ext2 ext4; do
			volume -t $type -b $size
			compare v
		done
	done
}

@test "features: inline data, bigalloc, 32 bits, no file types, checksum seed, large inodes" {
	cd "$BATS_FILE_TMPDIR"
	for options in "-O inline_data -I 512" "-O bigalloc" "-O ^64bit,^metadata_csum" "-O ^filetype" \
		"-O metadata_csum_seed,orphan_file" "-O ^flex_bg,meta_bg,^resize_inode" "-O ^has_journal" \
		"-O quota,project -I 256" "-O encrypt,verity,large_dir,ea_inode"; do
		volume -t ext4 $options || { echo "mke2fs does not know $options"; continue; }
		compare v
	done
}

@test "symbolic links lead where the kernel would go" {
	cd "$BATS_FILE_TMPDIR"
	volume -t ext4
	[ "$("$FS_DUMP" v -p /absolute)" = /etc/x ]
	[ "$("$FS_DUMP" v -p usr/up/x)" = /etc/x ]
	[ "$("$FS_DUMP" v -p /../../lib/../bin/./)" = /usr/bin ]
	[ "$("$FS_DUMP" v -p /loop)" = "ELOOP at /loop" ]
	[ "$("$FS_DUMP" v -p /etc/x/y)" = "ENOTDIR at /etc/x/y" ]
	[ "$("$FS_DUMP" v -p /etc/x/)" = "ENOTDIR at /etc/x" ]
	[ "$("$FS_DUMP" v -p lib/no/file)" = "ENOENT at /usr/lib/no" ]
	[ "$("$FS_DUMP" v -p /)" = / ]
}

@test "extended attributes, in the inode and out of it" {
	cd "$BATS_FILE_TMPDIR"
	volume -t ext4
	head -c 900 /dev/urandom >attribute
	debugfs -w -R "ea_set -f attribute /etc/x user.large" v 2>/dev/null
	debugfs -w -R "ea_set /etc/x security.selinux system_u:object_r:etc_t:s0" v 2>/dev/null
	"$FS_DUMP" v -x /etc/x user.large | cmp - attribute
	[ "$("$FS_DUMP" v -x /absolute security.selinux)" = system_u:object_r:etc_t:s0 ]
	run "$FS_DUMP" v -x /etc/x user.none
	[ "$status" = 2 ]
	[[ $output = *"no attribute user.none" ]]
}

@test "a journal that was not replayed, a volume larger than its partition, a bad checksum" {
	cd "$BATS_FILE_TMPDIR"
	volume -t ext4
	debugfs -w -R "feature needs_recovery" v >/dev/null 2>&1
	"$FS_DUMP" v | grep -q 'needs_recovery 1'
	volume -t ext4
	truncate -s 90M v
	"$FS_DUMP" v | grep -q 'beyond 1'
	volume -t ext4 -b 4096
	"$FS_DUMP" v >/dev/null
	# the inode of /etc: its size changes, its checksum stays
	where=$(debugfs -R "imap /etc" v 2>/dev/null | sed -n 's/.*located at block \([0-9]*\), offset 0x\([0-9a-f]*\)/\1 \2/p')
	set -- $where
	printf '\377' | dd of=v bs=1 seek=$(($1 * 4096 + 0x$2 + 5)) conv=notrunc status=none
	run "$FS_DUMP" v
	[ "$status" = 2 ]
	[[ $output = *checksum* ]]
}

@test "a directory whose blocks cannot be found is an error, and not empty" {
	rm -rf v tiny
	mkdir -p tiny/usr/share
	mke2fs -q -t ext4 -d tiny v 64M
	debugfs -w -R "sif /usr block[0] 999999999" v
	run "$FS_DUMP" v out
	[[ $output == *"its blocks hold no entries"* ]]
}

@test "every ext4 of the good images: the files that debugfs sees" {
	"$DIFFERENTIAL/ext.py" "$FS_DUMP" fixtures
}

@test "changed file systems: debugfs sees what we see, or the difference has a name" {
	"$DIFFERENTIAL/ext.py" "$FS_DUMP" mutated 1 90
}
