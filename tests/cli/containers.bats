#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Containers: told by their content, read by the right reader, and never a way to another file of the host.

load common

setup_file() {
	local name
	make -s -C "$TOP" build/tests/opened
	# what every test here breaks; the sample image is 100 MB, so one copy of each container is made once
	for name in debian-arm64 debian-arm64-qcow2 debian-arm64-qcow2-plain debian-arm64-vmdk debian-arm64-vhd \
		debian-arm64-vhdx debian-arm64-vdi debian-arm64-qed; do
		fixture "$name" >/dev/null
	done
}

setup() {
	mkdir -p "$BATS_TEST_TMPDIR/dir"
	cd "$BATS_TEST_TMPDIR"
}

# mutated NAME FIXTURE OPERATION...: a broken copy called NAME
mutated() {
	local name=$1 source
	source=$(fixture "$2")
	shift 2
	"$MUTATE" "$source" "$name" "$@"
}

# untouched FILE... -- COMMAND: runs it as `vmlint` does, and none of the files may be opened meanwhile
untouched() {
	run --separate-stderr timeout -k 1 10 "$TOP/build/tests/opened" "$@"
	sound
	[[ $stderr != *opened:* ]] || complain "a file was opened that must not be"
}

@test "every container of the sample is as clean as the raw image, and told by its content" {
	local name
	for name in debian-arm64 debian-arm64-qcow2 debian-arm64-qcow2-v2 debian-arm64-qcow2-zstd debian-arm64-qcow2-extl2 \
		debian-arm64-qcow2-4k-clusters debian-arm64-vmdk debian-arm64-vmdk-stream debian-arm64-vhd \
		debian-arm64-vhd-fixed debian-arm64-vhdx debian-arm64-vdi debian-arm64-qed debian-arm64-parallels; do
		ln -sf "$(fixture $name)" misleading.xz
		vmlint misleading.xz
		exits 0
		says "0 errors, 0 warnings"
		case $name in
		*qcow2*) says "(qcow2, " ;;
		*vmdk*) says "(vmdk, " ;;
		*vhdx*) says "(vhdx, " ;;
		*vhd*) says "(vhd, " ;;
		*vdi*) says "(vdi, " ;;
		*qed*) says "(qed, " ;;
		*parallels*) says "(parallels, " ;;
		*) says "(raw, " ;;
		esac
	done
}

@test "a defect inside is found in every container" {
	local format
	for format in qcow2 vmdk "vpc force_size=on" vhdx vdi qed parallels; do
		mutated broken debian-arm64 'file delete /EFI/BOOT/BOOTAA64.EFI' "convert $format"
		vmlint broken
		exits 1
		[[ $(findings) == "efi-boot-missing " ]] || complain "efi-boot-missing alone expected of $format"
		rm broken
	done
}

@test "a place that qemu-nbd cannot read takes no other with it" {
	"$TOP/tests/fuzz/sparse" --unpack "$TOP/tests/fuzz/corpus/image/vmdk-stream" stream
	# the entry of the disk's second MiB in the grain table: it leads into the middle of nowhere
	"$MUTATE" ./stream broken 'raw poke 13888 7f000000'
	vmlint --verbose broken
	exits 2
	says "the EFI system partition could not be read: qemu-nbd cannot read at offset 0x100000: "
	lacks "the partition table could not be read" CLOSED
}

@test "packed images are refused with the command that unpacks them" {
	local kind command
	for kind in xz:xz zst:zstd gz:gzip; do
		# a small one: to pack a system takes longer than all else here
		mutated "it's.img" firmware-x86_64 "compress ${kind%:*}"
		vmlint "it's.img"
		exits 2
		command=$(sed -n 's/^ *help: //p' <<<"$output")
		[[ $command == *"${kind#*:} -dc 'it'\\''s.img'"* ]] || complain "a command with ${kind#*:} expected"
		(eval "$command")
		vmlint "it's.img.raw"
		exits 0
		rm "it's.img" "it's.img.raw"
	done
}

@test "a backing file is a finding and is not opened" {
	mutated over.qcow2 debian-arm64-qcow2 'qcow2 overlay base.qcow2'
	untouched base.qcow2 -- "$VMLINT" over.qcow2
	exits 1
	[[ $(findings) == "qcow2-backing-file " ]] || complain "qcow2-backing-file alone expected"
	says 'the image needs its backing file "base.qcow2"' "it is not opened without --allow-backing"
	lacks "not evaluated"
}

@test "--allow-backing opens it, the finding stays, the rest is judged" {
	mutated over.qcow2 debian-arm64 'file delete /EFI/BOOT/BOOTAA64.EFI' 'convert qcow2' 'qcow2 overlay base.qcow2 3'
	vmlint --allow-backing=. over.qcow2
	exits 1
	[[ $(findings) == "efi-boot-missing qcow2-backing-file " ]] || complain "both findings expected"
	lacks "was not opened"
}

@test "--allow-backing does not lead out of its folder" {
	mutated over.qcow2 debian-arm64 'convert qcow2' 'qcow2 overlay base.qcow2'
	mv base.qcow2 secret.qcow2
	ln -s ../secret.qcow2 dir/link.qcow2
	mv over.qcow2 dir/over.qcow2
	for name in ../secret.qcow2 "$PWD/secret.qcow2" link.qcow2 ../dir/../secret.qcow2 /etc/passwd /dev/null . \
		json:'{"driver":"file","filename":"secret.qcow2"}' nbd://localhost; do
		"$MUTATE" dir/over.qcow2 dir/other.qcow2 "qcow2 backing '$name'"
		untouched secret.qcow2 -- "$VMLINT" --allow-backing=dir dir/other.qcow2
		exits 1
		[[ $(findings) == "qcow2-backing-file " ]] || complain "qcow2-backing-file alone expected"
		says "was not opened"
	done
}

@test "a chain that leads back to itself, or is too long, ends" {
	mutated loop.qcow2 debian-arm64-qcow2-plain 'qcow2 backing-loop'
	vmlint --verbose --allow-backing=. loop.qcow2
	exits 1
	[[ $(findings) == "qcow2-backing-file " ]] || complain "qcow2-backing-file alone expected"
	says "or leads back to itself"
	mutated deep.qcow2 debian-arm64-qcow2-plain 'qcow2 overlay deep 20'
	vmlint --allow-backing=. deep.qcow2
	exits 1
	says "longer than 16"
}

@test "a backing file of the wrong format, or damaged, is said to be so" {
	mutated over.qcow2 debian-arm64-qcow2-plain 'qcow2 overlay base.img'
	printf 'not a qcow2' >base.img
	vmlint --allow-backing=. over.qcow2
	exits 1
	says "it is raw, while the overlay says that it is qcow2"
	mutated base.img debian-arm64-qcow2-plain 'qcow2 field cluster_bits 60'
	vmlint --allow-backing=. over.qcow2
	exits 1
	says 'in the backing file "base.img"' "cluster_bits is 60"
	mutated base.img debian-arm64-qcow2-plain 'raw truncate 50%'
	vmlint --allow-backing=. over.qcow2
	exits 1
	says "[image-truncated]"
	lacks "not evaluated"
}

@test "an external data file is a finding, not opened, and judged if that is allowed" {
	mutated tables.qcow2 debian-arm64 'file delete /EFI/BOOT/BOOTAA64.EFI' 'qcow2 split disk.data'
	untouched disk.data -- "$VMLINT" tables.qcow2
	exits 1
	[[ $(findings) == "qcow2-data-file " ]] || complain "qcow2-data-file alone expected"
	lacks "not evaluated"
	vmlint --allow-backing=. tables.qcow2
	exits 1
	[[ $(findings) == "efi-boot-missing qcow2-data-file " ]] || complain "both findings expected"
}

@test "no header of any container makes a secret beside it be opened" {
	local one name
	printf 'secret\n' >secret
	truncate -s 1M secret
	cp secret secret.vmdk
	for one in \
		"debian-arm64|vmdk descriptor secret" \
		"debian-arm64|vmdk descriptor $PWD/secret" \
		"debian-arm64|vmdk embedded secret" \
		"debian-arm64-vmdk|vmdk parent secret.vmdk" \
		"debian-arm64-vhd|vhd differencing secret" \
		"debian-arm64-vhdx|vhdx differencing secret" \
		"debian-arm64-qed|qed backing secret" \
		"debian-arm64-vdi|vdi differencing" \
		"debian-arm64-qcow2|qcow2 backing secret raw" \
		"debian-arm64-qcow2|qcow2 backing $PWD/secret none" \
		"debian-arm64-qcow2|qcow2 backing 'json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"secret\"}}' none"; do
		mutated image "${one%%|*}" "${one#*|}"
		untouched secret secret.vmdk -- "$VMLINT" image
		exits 1
		case $(findings) in
		"container-external-file " | "qcow2-backing-file ") ;;
		*) complain "one finding of the file that is named expected of: $one" ;;
		esac
		lacks "not evaluated"
		rm image
	done
}

@test "an old qcow with a backing file is not given to qemu-nbd" {
	qemu-img create -q -f raw secret 1M
	qemu-img create -q -f qcow -F raw -b secret old.qcow
	untouched secret -- "$VMLINT" old.qcow
	exits 1
	[[ $(findings) == "container-external-file " ]] || complain "container-external-file alone expected"
}

@test "the watch on files does see what qemu-img opens" {
	mutated image debian-arm64 "vmdk descriptor secret 2048"
	truncate -s 1M secret
	run --separate-stderr "$TOP/build/tests/opened" secret -- qemu-img info image
	[[ $stderr == *"opened: secret"* ]]
}

@test "encrypted and unknown images are refused by name" {
	mutated image debian-arm64-qcow2 'qcow2 field crypt_method 2'
	vmlint image
	exits 2
	says "could not check" "encrypted (LUKS)"
	mutated image debian-arm64-qcow2 'qcow2 feature incompatible 17'
	vmlint image
	exits 2
	says "features that are not known here: bit 17"
	printf 'LUKS\xba\xbe\0\1' >image
	truncate -s 1M image
	vmlint image
	exits 2
	says "encrypted (LUKS)"
}

@test "what qemu-nbd cannot open is said in its words" {
	mutated image debian-arm64-vdi 'raw poke 0x178 00000200'
	vmlint image
	exits 2
	says "could not check" "VDI"
	lacks "json:"
	mutated image debian-arm64-vhdx 'raw zero 192K 64K' 'raw zero 256K 64K'
	vmlint image
	exits 2
	says "Could not open the image"
	lacks "json:"
}

@test "without qemu-nbd the Debian package is named" {
	mkdir empty
	ln -s "$(fixture debian-arm64-vdi)" image
	run --separate-stderr env PATH="$PWD/empty" "$VMLINT" image
	exits 2
	says "qemu-utils"
}

@test "nothing is left behind: no process, no folder of libnbd" {
	local before after
	before=$(ls -d /tmp/libnbd* 2>/dev/null | wc -l)
	ln -s "$(fixture debian-arm64-vdi)" image
	vmlint image
	exits 0
	after=$(ls -d /tmp/libnbd* 2>/dev/null | wc -l)
	[ "$after" -le "$before" ] || complain "a folder of libnbd is left"
}

@test "an image and its backing file are the same afterwards" {
	mutated over.qcow2 debian-arm64-qcow2-plain 'qcow2 overlay base.qcow2'
	sha256sum over.qcow2 base.qcow2 >sums
	vmlint --thorough --allow-backing=. over.qcow2
	exits 1
	sha256sum --quiet -c sums
}

@test "a new disk of 256 GiB and more is looked at whole, whose tables are laid out already" {
	local format size
	for format in vmdk qed vdi vhdx parallels; do
		for size in 256G 512G 16T; do
			qemu-img create -q -f "$format" large "$size" 2>/dev/null || continue
			[ "$size" = 512G ] || [ "$size" = 16T ] || made=$((${made:-0} + 1))
			vmlint large
			lacks "not evaluated" "could not check"
			rm large
		done
	done
	[ "$made" = 5 ] || complain "a disk of each format expected"
}

@test "bad qcow2 headers: one finding or a clear refusal" {
	local field
	for field in 'size 0x8000000000000000' 'size 0xffffffffffffffff' 'l1_size 0' 'l1_size 0xffffffff' \
		'l1_table_offset 0xfffffffffffff000' 'refcount_table_offset 0xffffffffffff0000' 'refcount_order 7' \
		'cluster_bits 0' 'cluster_bits 0xffffffff' 'backing_file_offset 0xffffffffffffffff' 'header_length 0' \
		'nb_snapshots 0xffffffff' 'refcount_table_clusters 0xffffffff' 'version 77' 'crypt_method 99'; do
		mutated image debian-arm64-qcow2 "qcow2 field $field"
		vmlint --thorough image
		[ "$status" != 0 ] || complain "a finding or a refusal expected of: $field"
		lacks "not evaluated"
		[ "$(grep -cE ': (error|warning|could not check): ' <<<"$output")" = 1 ] || complain "one line expected of: $field"
		rm image
	done
}
