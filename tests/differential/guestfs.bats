# SPDX-License-Identifier: MIT
# libguestfs, with Linux below it, sees the file systems of the good images as our readers do: types, UUIDs, labels, names, modes,
# sizes, targets, bytes.  And what the helper makes of xfs, btrfs, erofs, LVM, LUKS and RAID is what is there.
#
# An appliance takes ten to twenty seconds to start, so there are two in all: guestfish with every image as a drive, and ours.

setup_file() {
	command -v guestfish >/dev/null || skip "libguestfs-tools is not installed"
	: "${BUILD:=build/sanitize-address-undefined}"
	make -s SANITIZE=address,undefined all "$BUILD/tests/image-dump" "$BUILD/tests/appliance-dump"
	: "${FIXTURES:=$PWD/fixtures/build}"
	export FIXTURES TOOLS=$PWD/$BUILD/tests LC_ALL=C.UTF-8
	export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg LIBGUESTFS_CACHEDIR=/var/tmp
	# what others make of debug output belongs to others
	unset LIBGUESTFS_DEBUG LIBGUESTFS_TRACE
	native="debian-arm64 debian-arm64-4096 systemd-boot-arm64 xbootldr-arm64 two-architectures armhf riscv64 \
		lower-case-names bios-and-efi-amd64 squashfs-arm64 trixie-uki-arm64"
	cd "$BATS_FILE_TMPDIR"
	mkdir -p ours theirs files
	combine
	: >drives
	number=0
	{
		look
		for name in $native; do
			image=$("$FIXTURES" "$name" | tail -n 1)
			"$TOOLS/image-dump" "$image" "files/$name" >"ours/$name"
			drive "$image" "$([[ $name != *-4096 ]] || echo blocksize:4096)"
			sed -n 's/^facts p\([0-9]*\) \([^ ]*\) .*/\1 \2/p' "ours/$name" | while read -r part type; do
				options=ro
				[ "$type" != vfat ] || options=ro,utf8
				grep -q "^files p$part\$" "ours/$name" || options=
				echo "place $name.p$part /dev/disk/guestfs/$device$part $options"
			done
		done
		drive combined
		echo "printf vmlint | cryptsetup open --key-file - /dev/disk/guestfs/${device}5 hidden"
		echo "place xfs /dev/disk/guestfs/${device}1 ro,nouuid"
		echo "place btrfs /dev/disk/guestfs/${device}2 ro"
		echo "place btrfs-root /dev/disk/guestfs/${device}2 ro,subvol=@"
		echo "place erofs /dev/disk/guestfs/${device}3 ro"
		echo "place lvm /dev/debian/root ro"
		echo "place luks /dev/mapper/hidden ro"
		echo "place md /dev/md127 ro"
		echo look
	} >script
	# the shell reads it from a disk, filled up with blanks: nothing of it needs quoting
	printf '%*s' $((4096 - $(stat -c %s script) % 4096)) '' >>script
	{
		cat drives
		echo "add-drive script readonly:true format:raw label:script"
		echo run
		echo 'debug sh "sh /dev/disk/guestfs/script" | cat > theirs.all'
	} >fish
	guestfish -f fish 3>&-
	# facts stand below the device that they are of; what is listed begins with the place, which goes
	awk '/^= place / { file = "theirs/" $3 ".facts"; printf "" >file; of[$4] = file; next }
		/^= / { what = $2; next }
		what == "facts" && sub(/^DEVNAME=/, "") { file = of[$0]; next }
		what == "facts" && /./ { print >file }
		what == "list" || what == "md5" {
			match($0, /[.]\/[^\/]*/)
			file = "theirs/" substr($0, RSTART + 2, RLENGTH - 2) "." what
			print substr($0, 1, RSTART - 1) (what == "md5" ? "." : "") substr($0, RSTART + RLENGTH + (what == "list")) >file
		}' theirs.all
	"$TOOLS/appliance-dump" combined 512 unlock:5:vmlint volumes mount:1::nouuid:files/xfs mount:2:::files/btrfs \
		mount:2::subvol=@:files/btrfs-root mount:3:::files/erofs mount:4:debian/root::files/lvm mount:5:::files/luks \
		mount:6:md/vmlint::files/md mount:8:::files/dirty 3>&- >helper
}

# drive IMAGE OPTIONS: one more; $device is what its partitions' names begin with
drive() {
	local letters=abcdefghijklmnopqrstuvwxyz
	device=drive${letters:number:1}
	number=$((number + 1))
	echo "add-drive $1 readonly:true format:raw label:$device $2" >>drives
}

# look: what the shell of the appliance does.  To start a program takes it a fifth of a second, so that few are started.
look() {
	cat <<-'END'
		mkdir -p /tmp/m
		places= devices=
		place() { # place NAME DEVICE [OPTIONS]
			echo "= place $1 $2"
			devices="$devices $2"
			[ -z "$3" ] || {
				places="$places /tmp/m/$1"
				echo "$2 /tmp/m/$1 auto $3 0 0" >>/tmp/table
			}
		}
		look() {
			echo "= facts"
			blkid -p -o export $devices
			mkdir $places
			mount -a -T /tmp/table || exit
			cd /tmp/m
			echo "= list"
			find . -mindepth 2 -printf '%m %y %s ./%P -> %l\n'
			echo "= md5"
			find . -type f -exec md5sum {} +
		}
	END
}

# One image with what needs the helper: partitions of other images, one after the other.
combine() {
	local part name number start size next=2048 image
	rm -f combined
	: >table
	for part in xfs-amd64:3 btrfs-arm64:2 erofs-arm64:2 lvm-arm64:3 luks-arm64:3 md-arm64:3 md-arm64:4; do
		name=${part%:*} number=${part#*:}
		image=$("$FIXTURES" "$name" | tail -n 1)
		read -r start size < <(sfdisk --json "$image" | jq -r ".partitiontable.partitions[$((number - 1))] | \"\(.start) \(.size)\"")
		dd if="$image" of=combined bs=1M iflag=skip_bytes,count_bytes oflag=seek_bytes skip=$((start * 512)) \
			count=$((size * 512)) seek=$((next * 512)) conv=notrunc,sparse status=none
		echo "start=$next, size=$size" >>table
		next=$(((next + size + 2047) / 2048 * 2048))
	done
	dirty
	dd if=dirty of=combined bs=1M seek=$((next / 2048)) conv=notrunc,sparse status=none
	echo "start=$next, size=32768" >>table
	truncate -s $((next * 512 + 17 * 1048576)) combined
	{ echo "label: gpt"; cat table; } | sfdisk -q --no-tell-kernel combined
}

# An ext4 with a file whose new content is in the journal alone.
dirty() {
	local block
	mkdir -p tree
	printf '%01024d' 1 >tree/file
	mke2fs -q -F -t ext4 -b 1024 -d tree dirty 16M
	block=$(debugfs -R "bmap /file 0" dirty 2>/dev/null)
	printf '%01024d' 2 >content
	printf 'jo\njw -b %s content\njc\n' "$block" | debugfs -w -f - dirty >/dev/null 2>&1
}

# our_list FILE HEAD: the lines of one file system, as find prints them in look
our_list() {
	awk -v head="files $2" '/^files / { on = $0 == head; next } /^(facts|volume) / { on = 0 } on' "$1" |
		sed -E 's/^04(....) [0-9]+ \//\1 d 0 /;s/^10(....) ([0-9]+) \//\1 f \2 /;s/^12(....) [0-9]+ \//\1 l 0 /;s/^01(....) [0-9]+ \//\1 p 0 /' |
		sed -E 's/^0*([0-7]+ .*)/\1/;/ -> /!s/$/ -> /' | sort
}

their_list() {
	sed -E '/^[0-7]+ f /!s/^([0-7]+ .) [0-9]+ /\1 0 /;/^$/d' "theirs/$1.list" | sort
}

# same NAME FILE HEAD FOLDER
same() {
	their_list "$1" >expected
	our_list "$2" "$3" >seen
	diff -a expected seen
	[ -s seen ]
	sort "theirs/$1.md5" >expected
	(cd "$4" && find . -type f -exec md5sum {} +) | sort >seen
	diff -a expected seen
	[ -s seen ]
}

@test "files that we read in process" {
	cd "$BATS_FILE_TMPDIR"
	local compared=0 name part
	for name in ours/*; do
		name=${name#ours/}
		for part in $(sed -n 's/^files //p' "ours/$name"); do
			same "$name.$part" "ours/$name" "$part" "files/$name/$part" || { echo "$name $part"; return 1; }
			compared=$((compared + 1))
		done
	done
	[ "$compared" -ge 20 ]
}

@test "types, UUIDs and labels of all partitions" {
	cd "$BATS_FILE_TMPDIR"
	local name facts part type uuid label compared=0
	for facts in theirs/*.p[0-9]*.facts; do
		name=${facts#theirs/} name=${name%.facts}
		part=${name##*.} name=${name%.*}
		type=$(sed -n 's/^TYPE=//p' "$facts")
		uuid=$(sed -n 's/^UUID=//p' "$facts")
		label=$(sed -n 's/^LABEL=//p' "$facts")
		grep -qxF "facts $part $type uuid $uuid label $label" "ours/$name" || {
			echo "$name: $part $type uuid $uuid label $label"
			cat "ours/$name" | grep ^facts
			return 1
		}
		compared=$((compared + 1))
	done
	[ "$compared" -ge 20 ]
}

@test "files that the helper reads: xfs, btrfs, erofs" {
	cd "$BATS_FILE_TMPDIR"
	same xfs helper "p1 nouuid" files/xfs
	same btrfs helper p2 files/btrfs
	same btrfs-root helper "p2 subvol=@" files/btrfs-root
	same erofs helper p3 files/erofs
}

@test "volumes that the helper opens: LVM, LUKS, RAID" {
	cd "$BATS_FILE_TMPDIR"
	grep -E '^volume 4 debian/root type ext4 ' helper
	grep -E '^volume 4 debian/swap_1 type swap ' helper
	grep -E '^volume 5 - type ext4 ' helper
	grep -E '^volume 6 md/vmlint type ext4 ' helper
	same lvm helper p4/debian/root files/lvm
	same luks helper p5 files/luks
	same md helper p6/md/vmlint files/md
}

@test "a journal that was not replayed is, and the image stays as it was" {
	cd "$BATS_FILE_TMPDIR"
	debugfs -R "cat /file" dirty 2>/dev/null | cmp - tree/file
	cmp content files/dirty/file
	cmp -n 16777216 -i "$(sed -n 's/^start=\([0-9]*\), size=32768$/\1/p' table | awk '{ print $1 * 512 }'):0" combined dirty
}
