#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Kernels and initrds as distributions pack them, and as nobody should.

load common

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	fixture debian-arm64 >path
}

# broken OPERATION...: a copy of the sample, broken.img
broken() {
	rm -f broken.img
	"$MUTATE" "$(cat path)" broken.img "$@"
}

clean() { # clean OPTION...: nothing at all is said of broken.img
	vmlint --fail-on=warning "$@" broken.img
	exits 0
	says "broken.img: 0 errors, 0 warnings"
	lacks "not evaluated"
}

# found TEXT: an initrd without virtio_blk is told from one that has it
found() {
	broken "$@" "initrd remove-module virtio_blk"
	vmlint broken.img
	says "for a root on virtio-blk over PCI (virtio_blk)"
}

@test "every compression that the kernel knows, and none" {
	local how
	for how in none gzip xz zstd lz4 lzo bzip2; do
		broken "initrd recompress $how"
		clean
		clean --thorough
		found "initrd recompress $how"
	done
}

@test "microcode and other members before the modules, zeros behind them" {
	broken "initrd prepend-microcode" "initrd append zeros 4096"
	clean
	clean --thorough
	broken "initrd prepend gzip" "initrd prepend-microcode"
	clean --thorough
	broken "initrd remove-module virtio_blk" "initrd prepend xz" "initrd prepend-microcode"
	vmlint broken.img
	says "for a root on virtio-blk over PCI (virtio_blk)"
}

@test "an initrd is not read where every driver is built in" {
	local read_before
	broken "part 2 replace /boot/config-* =m =y" "initrd flip 50%" "initrd flip 30%"
	vmlint --verbose broken.img
	exits 0
	lacks initrd-corrupt
	read_before=$(sed -nE 's/.*: read ([0-9]+) bytes.*/\1/p' <<<"$output")
	vmlint --verbose --thorough broken.img
	exits 1
	says "[initrd-corrupt]"
	[ "$(sed -nE 's/.*: read ([0-9]+) bytes.*/\1/p' <<<"$output")" -gt "$read_before" ]
}

@test "an initrd that was cut anywhere" {
	local size
	for size in 0 1 2 5 17 100 4096 40% 99%; do
		broken "initrd truncate $size"
		vmlint --thorough broken.img
		exits 1
		[ "$(findings)" = "initrd-corrupt " ] || complain "initrd-corrupt alone expected of $size"
	done
}

@test "a decompression bomb: a limit, and an option that raises it" {
	broken "initrd grow 400M"
	vmlint --thorough --max-decompressed=200M broken.img
	exits 2
	says "not evaluated: " "the initrd unpacks to more than 209715200 bytes (--max-decompressed raises it)"
	vmlint --thorough --max-decompressed=2G broken.img
	exits 0
	"$TOP/build/tests/measure" -t 60 -q -o cost "$PLAIN" --thorough broken.img || true
	read -r status _ _ _ rss <cost
	[ "$rss" -lt 65536 ] || complain "took $rss KiB"
}

@test "what is no file among the kernels" {
	broken "part 2 mknod /boot/vmlinuz-1 p" "part 2 mkdir /boot/vmlinuz-2" "part 2 symlink /boot/vmlinuz-3 vmlinuz-3" \
		"part 2 mknod /boot/vmlinuz-4 b 8 0" "part 2 write /boot/vmlinuz-5 text" "part 2 fill /boot/vmlinuz-6 0" \
		"part 2 symlink /boot/vmlinuz-7 ../../../../../../etc/passwd" "part 2 mknod /boot/config-1 p" \
		"part 2 mknod /boot/config-2 c 1 5"
	clean
	broken "part 2 mknod /boot/vmlinuz-1 p" "part 2 write /boot/vmlinuz-2 text" 'grub append "menuentry one {\n linux /boot/vmlinuz-1\n}\nmenuentry two {\n linux /boot/vmlinuz-2\n}\n"'
	vmlint broken.img
	exits 0
	says "[boot-kernel-missing]" "!p2/boot/vmlinuz-2: warning: what the boot entry starts is no Linux kernel [kernel-missing]"
}

@test "modules that need each other, and themselves" {
	local lib=kernel/drivers
	broken "part 2 append /usr/lib/modules/*/modules.dep \"$lib/a.ko: $lib/b.ko\n$lib/b.ko: $lib/a.ko $lib/b.ko\n\"" \
		'part 2 append /usr/lib/modules/*/modules.softdep "softdep a pre: b\nsoftdep b pre: a\nsoftdep virtio_blk pre: virtio_blk a\n"' \
		"part 2 replace /usr/lib/modules/*/modules.dep \"virtio_blk.ko:\" \"virtio_blk.ko: $lib/block/virtio_blk.ko \""
	vmlint broken.img
	exits 0
}

@test "the type that rootfstype= names, and who mounts the root by it" {
	local type
	for type in ext4 auto xfs,ext4 ext4,btrfs zfs ramfs; do
		broken "grub replace \"ro console\" \"ro rootfstype=$type console\""
		clean
	done
	# of several the last one counts
	broken 'grub replace "ro console" "ro rootfstype=xfs rootfstype=ext4 console"'
	clean
	broken 'grub replace "ro console" "ro rootfstype=xfs console"'
	vmlint broken.img
	exits 1
	says "[boot-root-type]" "help: rootfstype=ext4, or take it out"
	# dracut's own script asks udev for the type; systemd in its place does what it is told
	broken 'grub replace "ro console" "ro rootfstype=xfs console"' 'initrd write usr/lib/dracut-lib.sh ""'
	clean
	broken 'grub replace "ro console" "ro rootfstype=xfs console"' 'initrd write usr/lib/dracut-lib.sh ""' \
		'initrd write usr/lib/systemd/systemd ""'
	vmlint broken.img
	exits 1
	says "[boot-root-type]"
	# a live system mounts something else
	broken 'grub replace "ro console" "ro boot=live rootfstype=squashfs console"'
	clean
}

@test "an initrd that loads its modules without their list" {
	broken "initrd remove *modules.dep*" "initrd remove scripts/functions"
	clean
	# busybox's modprobe reads the text, kmod's what depmod makes of it
	broken "initrd remove *modules.dep.bin"
	clean
}

@test "no root=, and who could do without" {
	local with="grub replace root=UUID= x="
	broken "$with" "initrd write conf/initramfs.conf \"MODULES=most\nNFSROOT=auto\n# ROOT=/dev/x\nROOT=\nBOOT=local\n\"" \
		'initrd write conf/conf.d/resume "RESUME=none\n"'
	vmlint broken.img
	exits 1
	says "[boot-root-missing]"
	# its settings name one, or another script; or others than ours may
	broken "$with" 'initrd write conf/initramfs.conf "MODULES=most\nexport ROOT=LABEL=x\n"'
	clean
	broken "$with" 'initrd write conf/initramfs.conf "BOOT=nfs\n"'
	clean
	broken "$with" 'initrd write conf/conf.d/root "ROOT=LABEL=x\n"'
	clean
	broken "$with" 'initrd write conf/param.conf ""'
	clean
	broken "$with" "initrd remove scripts/local"
	clean
	broken 'grub replace root=UUID= "boot=mine x="'
	clean
}

@test "paths in any way of writing them, and a name that Linux steps over" {
	broken "initrd spell / //"
	clean
	broken "initrd spell / /./"
	clean
	broken "initrd overlay $(printf '%04200d' 0) 100644 text before"
	clean
}

@test "of several entries of one path the last counts" {
	local how
	broken 'initrd overlay init 100755 "" before'
	clean
	broken 'initrd overlay init 120777 /nowhere before'
	clean
	for how in '120777 /nowhere' '100755 ""' '40755 ""' '100644 "#!/bin/sh\n"'; do
		broken "initrd overlay init $how"
		vmlint broken.img
		exits 1
		says "[initrd-init-missing]"
	done
	# the kernel tries others then, and /bin/sh of an initrd mounts nothing
	broken 'initrd chmod init 644' 'initrd write sbin/init "#!/bin/sh\n"' 'initrd chmod sbin/init 755'
	clean
	broken 'initrd chmod init 644' 'initrd write sbin/init "#!/bin/sh\n"'
	vmlint broken.img
	exits 1
	says "[initrd-init-missing]"
	# a folder that holds something stays
	broken 'initrd overlay scripts 100755 text'
	clean
	broken "initrd overlay usr/lib 120777 /nowhere"
	clean
}

@test "folders that an initrd does not have, or has too late: Linux makes no file in them" {
	local how
	for how in none last; do
		broken "initrd folders $how"
		vmlint broken.img
		exits 1
		says "[initrd-root-driver]" "no folder for it comes before it, so that Linux does not make it"
	done
	# those that stand in the kernel's own initramfs are not known
	broken "initrd folders none" 'part 2 replace /boot/config-* "CONFIG_INITRAMFS_SOURCE=\"\"" "CONFIG_INITRAMFS_SOURCE=\"x.cpio\""'
	clean
}

@test "modules that no kernel, or not this one, would load" {
	broken "initrd poke-module virtio_blk 18 3e00"
	vmlint broken.img
	says "virtio_blk.ko is in it, and it is for another machine than the kernel"
	broken "initrd poke-module virtio_blk 16 0200"
	vmlint broken.img
	says "virtio_blk.ko is in it, and it is an ELF file of another kind than modules"
	broken "initrd poke-module virtio_blk 62 0000"
	vmlint broken.img
	says "virtio_blk.ko is in it, and its header says nothing of its sections"
}

@test "a kernel under another release's name: --thorough alone looks inside where the name would do" {
	broken "part 2 replace /boot/vmlinuz-* Linux\\ version\\ 6.1.0-56 Linux\\ version\\ 6.1.0-57"
	clean
	vmlint --thorough broken.img
	exits 1
}
