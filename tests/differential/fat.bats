# SPDX-License-Identifier: MIT
# Our FAT reader sees the names and the bytes that mtools sees, in volumes made by mkfs.vfat and mformat.

setup_file() {
	command -v mkfs.vfat >/dev/null && command -v mcopy >/dev/null || skip "dosfstools or mtools is not installed"
	: "${BUILD:=build}"
	export FAT_DUMP="$PWD/$BUILD/tests/fat-dump"
	test -x "$FAT_DUMP"
	export LC_ALL=C.UTF-8 MTOOLS_SKIP_CHECK=1
	export DIFFERENTIAL="$PWD/tests/differential"
	cd "$BATS_FILE_TMPDIR"
	seq 1 40000 >numbers
	head -c 3000 numbers >small
	: >empty
	head -c 150001 /dev/urandom >random
}

# populate VOLUME: directories, names of every sort, a fragmented file, deleted entries
populate() {
	local long
	mmd -i "$1" ::/EFI ::/EFI/BOOT ::/EFI/debian ::/loader ::/loader/entries ::/lower ::/UPPER.DIR
	mcopy -i "$1" small ::/EFI/BOOT/BOOTAA64.EFI
	mcopy -i "$1" small ::/EFI/debian/grubaa64.efi
	mcopy -i "$1" empty ::/empty.txt
	mcopy -i "$1" random ::/random.bin
	mcopy -i "$1" small "::/loader/entries/0123456789abcdef0123456789abcdef-6.1.0-56-arm64.conf"
	mcopy -i "$1" small "::/Name with spaces and.many.dots.txt"
	mcopy -i "$1" small "::/Grüße und ünïcode – ελληνικά.txt"
	long=$(printf 'n%.0s' $(seq 1 190)) # mtools adds one cluster to a directory, never two
	mcopy -i "$1" small "::/$long"
	mcopy -i "$1" small "::/exactly 13 ch"
	mcopy -i "$1" small "::/exactly 26 ch exactly 26 c"
	# every second file goes away and a larger one takes the gaps
	for i in 1 2 3 4 5 6; do
		mcopy -i "$1" small "::/UPPER.DIR/FILE$i.DAT"
	done
	mdel -i "$1" ::/UPPER.DIR/FILE1.DAT ::/UPPER.DIR/FILE3.DAT ::/UPPER.DIR/FILE5.DAT
	mcopy -i "$1" random "::/UPPER.DIR/fragmented file"
	deep=
	for i in 1 2 3 4 5 6 7 8; do
		deep=$deep/level-$i
		mmd -i "$1" "::$deep"
	done
	mcopy -i "$1" small "::$deep/at the bottom"
}

# compare VOLUME: listing and contents
compare() {
	rm -rf theirs ours
	mkdir theirs ours
	mdir -b -/ -i "$1" ::/ | sed 's,^::,,' | sort >theirs.list
	mcopy -s -n -Q -m -i "$1" '::/*' theirs/
	"$FAT_DUMP" "$1" ours >facts
	grep ^/ facts | sed 's, [0-9]*$,,' | sort >ours.list
	diff theirs.list ours.list
	diff -r theirs ours
	! grep -E '^(problem|copy|dirty)' facts || return 1
	grep -q 'fault 0' facts
	if [ -z "$2" ]; then
		fsck.fat -n "$1" >fsck
		# fsck counts the root directory of FAT32 as a cluster in use
		read -r used all < <(sed -n 's,.* files\, \([0-9]*\)/\([0-9]*\) clusters.*,\1 \2,p' fsck)
		read -r clusters free < <(sed -n 's,clusters \([0-9]*\) of [0-9]* free \([0-9]*\).*,\1 \2,p' facts)
		test "$all" = "$clusters"
		test "$used" = $((clusters - free))
	fi
}

# volume NAME SIZE OPTIONS OF mkfs.vfat
volume() {
	rm -f "$1"
	truncate -s "$2" "$1"
	mkfs.vfat "${@:3}" -n VOLUME "$1" >/dev/null
}

@test "FAT12, FAT16 and FAT32" {
	cd "$BATS_FILE_TMPDIR"
	volume v 2M -F 12
	populate v
	compare v
	grep -q 'type FAT12' facts
	volume v 16M -F 16
	populate v
	compare v
	grep -q 'type FAT16' facts
	volume v 64M -F 32 -s 1
	populate v
	compare v
	grep -q 'type FAT32' facts
	grep -q 'label VOLUME' facts
}

@test "sector sizes and cluster sizes" {
	cd "$BATS_FILE_TMPDIR"
	for sector in 1024 2048 4096; do
		volume v 3M -F 12 -S $sector -s 1
		populate v
		compare v
		volume v 64M -F 16 -S $sector -s 1
		populate v
		compare v
		volume v 300M -F 32 -S $sector -s 1
		populate v
		compare v
	done
	volume v 300M -F 32 -s 8
	populate v
	compare v
}

@test "a directory of a thousand files" {
	cd "$BATS_FILE_TMPDIR"
	mkdir -p many
	for i in $(seq 1 100); do
		echo $i >"many/a file with a long name, number $i"
	done
	# with short names of their own: of a thousand that begin alike, mcopy would try a thousand each
	for i in $(seq 101 1000); do
		echo $i >"many/$i is the number of a file's name"
	done
	volume v 64M -F 32 -s 1
	mcopy -s -Q -i v many ::/
	compare v
	volume v 64M -F 16
	mcopy -s -Q -i v many ::/
	compare v
}

@test "volumes of mformat, with one FAT and with two" {
	cd "$BATS_FILE_TMPDIR"
	rm -f v
	truncate -s 64M v
	mformat -i v -F -c 1 -v MFORMAT ::
	populate v
	compare v
	grep -q 'backup beyond 0 differs 0' facts
	volume v 64M -F 32 -s 1 -f 1
	populate v
	compare v
}

@test "an ESP with 48 MiB in use" {
	cd "$BATS_FILE_TMPDIR"
	volume v 64M -F 32 -s 1
	for i in 1 2 3; do
		head -c 16777217 /dev/urandom >big
		mcopy -i v big ::/big-$i
	done
	compare v
}

@test "every FAT volume of the good images: the files that mtools sees, the clusters that fsck.fat counts" {
	"$DIFFERENTIAL/fat.py" "$FAT_DUMP" fixtures
}

@test "changed volumes: mtools and fsck.fat agree with us, or the difference has a name" {
	"$DIFFERENTIAL/fat.py" "$FAT_DUMP" mutated 3 120
}
