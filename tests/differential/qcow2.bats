# SPDX-License-Identifier: MIT
# The bytes that our qcow2 reader sees are those that qemu-img sees, for each feature that changes the layout.

setup_file() {
	command -v qemu-img >/dev/null || skip "qemu-img is not installed"
	: "${BUILD:=build}"
	export DUMP="$PWD/$BUILD/tests/dump"
	test -x "$DUMP"
	export DIFFERENTIAL="$PWD/tests/differential"
	cd "$BATS_FILE_TMPDIR"
	# 20 MiB and 512 bytes: text, holes, random bytes, a partial cluster at the end
	truncate -s 20971520 base.raw
	seq 1 300000 | dd of=base.raw conv=notrunc status=none
	head -c 1000000 /dev/urandom | dd of=base.raw conv=notrunc bs=1M iflag=fullblock oflag=seek_bytes seek=9000001 status=none
	yes tail | head -c 512 >>base.raw
}

# same IMAGE [ARGUMENTS OF dump]
same() {
	local image=$1
	qemu-img convert -O raw "$image" "$image.reference"
	"$DUMP" "$@" >"$image.ours"
	cmp "$image.ours" "$image.reference"
	rm "$image.ours" "$image.reference"
}

@test "clusters from 512 bytes to 2 MiB" {
	cd "$BATS_FILE_TMPDIR"
	for size in 512 1024 4096 65536 1048576 2097152; do
		qemu-img convert -O qcow2 -o cluster_size=$size base.raw plain.qcow2
		same plain.qcow2
	done
}

@test "version 2" {
	cd "$BATS_FILE_TMPDIR"
	qemu-img convert -O qcow2 -o compat=0.10 base.raw two.qcow2
	same two.qcow2
	qemu-img convert -c -O qcow2 -o compat=0.10 base.raw two.qcow2
	same two.qcow2
}

@test "zlib and zstd clusters of all sizes" {
	cd "$BATS_FILE_TMPDIR"
	for type in zlib zstd; do
		for size in 512 4096 65536 2097152; do
			qemu-img convert -c -O qcow2 -o compression_type=$type,cluster_size=$size base.raw packed.qcow2
			same packed.qcow2
		done
	done
}

@test "extended L2 entries, plain, compressed and partly written" {
	cd "$BATS_FILE_TMPDIR"
	for size in 16384 65536 2097152; do
		qemu-img convert -O qcow2 -o extended_l2=on,cluster_size=$size base.raw sub.qcow2
		qemu-io -c 'write -P 3 2048 512' -c 'write -z 65536 4096' -c 'write -z -u 131072 65536' \
			-c 'discard 262144 65536' sub.qcow2 >/dev/null
		same sub.qcow2
		qemu-img convert -c -O qcow2 -o extended_l2=on,cluster_size=$size base.raw sub.qcow2
		qemu-io -c 'write -P 3 2048 512' sub.qcow2 >/dev/null
		same sub.qcow2
	done
}

@test "zero clusters, preallocated and discarded ones" {
	cd "$BATS_FILE_TMPDIR"
	qemu-img convert -O qcow2 base.raw zero.qcow2
	qemu-io -c 'write -z 0 65536' -c 'write -z -u 65536 131072' -c 'discard 1M 1M' -c 'write -P 9 16M 100k' zero.qcow2 >/dev/null
	same zero.qcow2
	qemu-img create -q -f qcow2 -o preallocation=metadata meta.qcow2 10M
	qemu-io -c 'write -P 9 1M 100k' meta.qcow2 >/dev/null
	same meta.qcow2
}

@test "a backing chain of qcow2 on qcow2 on a shorter raw file" {
	cd "$BATS_FILE_TMPDIR"
	head -c 5000192 base.raw >short.raw
	qemu-img create -q -f qcow2 -F raw -b short.raw middle.qcow2 20971520
	qemu-io -c 'write -P 1 4M 100k' -c 'write -P 2 10M 1M' -c 'write -z 64k 64k' middle.qcow2 >/dev/null
	qemu-img create -q -f qcow2 -o extended_l2=on -F qcow2 -b middle.qcow2 top.qcow2 31457280
	qemu-io -c 'write -P 5 4099k 2k' -c 'write -P 6 25M 1k' top.qcow2 >/dev/null
	same top.qcow2 middle.qcow2 short.raw
}

@test "an external data file, mapped and raw" {
	cd "$BATS_FILE_TMPDIR"
	for raw in off on; do
		qemu-img convert -O qcow2 -o data_file=data.raw,data_file_raw=$raw base.raw external.qcow2
		qemu-io -c 'write -z 0 65536' -c 'write -P 4 1M 1k' external.qcow2 >/dev/null
		same external.qcow2 --data data.raw
	done
}

@test "after internal snapshots the active disk is read" {
	cd "$BATS_FILE_TMPDIR"
	qemu-img convert -O qcow2 base.raw snap.qcow2
	qemu-img snapshot -c one snap.qcow2
	qemu-io -c 'write -P 7 0 200k' snap.qcow2 >/dev/null
	same snap.qcow2
}

# agree IMAGE: the walk over all reference counts finds as many leaks as qemu-img check, and corruptions if it does
agree() {
	local leaks corruptions ours
	qemu-img check --output=json "$1" >check.json || true
	leaks=$(sed -n 's/.*"leaks": \([0-9]*\).*/\1/p' check.json)
	corruptions=$(sed -n 's/.*"corruptions": \([0-9]*\).*/\1/p' check.json)
	ours=$("$DUMP" --check "$1")
	echo "qemu-img: leaks ${leaks:-0} corruptions ${corruptions:-0}; we: $ours"
	[ "${ours#leaks }" != "$ours" ]
	[ "$(cut -d ' ' -f 2 <<<"$ours")" = "${leaks:-0}" ]
	[ "$([ "$(cut -d ' ' -f 4 <<<"$ours")" = 0 ]; echo $?)" = "$([ "${corruptions:-0}" = 0 ]; echo $?)" ]
}

@test "reference counts: snapshots, bitmaps, compressed clusters, every width" {
	cd "$BATS_FILE_TMPDIR"
	for bits in 1 2 4 8 16 32 64; do
		qemu-img convert -O qcow2 -o refcount_bits=$bits,cluster_size=4096 base.raw counts.qcow2
		agree counts.qcow2
	done
	qemu-img convert -c -O qcow2 base.raw counts.qcow2
	agree counts.qcow2
	qemu-img snapshot -c one counts.qcow2
	qemu-io -c 'write -P 7 0 200k' counts.qcow2 >/dev/null
	qemu-img snapshot -c two counts.qcow2
	qemu-img bitmap --add counts.qcow2 bits
	qemu-io -c 'write -P 8 5M 1M' counts.qcow2 >/dev/null
	agree counts.qcow2
	qemu-img convert -O qcow2 -o extended_l2=on base.raw counts.qcow2
	qemu-io -c 'write -z 65536 4096' counts.qcow2 >/dev/null
	agree counts.qcow2
}

@test "reference counts: leaks, and a count that is too low" {
	cd "$BATS_FILE_TMPDIR"
	qemu-img convert -O qcow2 base.raw counts.qcow2
	# killed after the tables were written and before the counts were
	qemu-io -c 'discard 0 1M' -c abort counts.qcow2 >/dev/null 2>&1 || true
	agree counts.qcow2
	qemu-img convert -O qcow2 base.raw counts.qcow2
	block=$(od -An -tu8 --endian=big -j $(od -An -tu8 --endian=big -j 48 -N 8 counts.qcow2) -N 8 counts.qcow2)
	printf '\0\0\0\0' | dd of=counts.qcow2 bs=1 seek=$((block + 12)) conv=notrunc status=none
	agree counts.qcow2
}

@test "every qcow2 file among the good images: the bytes that qemu-img reads" {
	"$DIFFERENTIAL/qcow2.py" "$DUMP" fixtures
}

@test "changed bytes and tables: what we read without a word is what qemu-img reads, and what we alone complain of has a name" {
	"$DIFFERENTIAL/qcow2.py" "$DUMP" mutated 2 220
}
