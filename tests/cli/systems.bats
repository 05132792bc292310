#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Installed systems: what their rules must not blame, what they add to a finding, and files that are not what they should be.

load common

setup_file() {
	fixture debian-arm64 >"$BATS_FILE_TMPDIR/good"
}

# change OPERATION...: disk.img becomes the good image with these changes
change() {
	rm -f disk.img
	"$MUTATE" "$(cat "$BATS_FILE_TMPDIR/good")" disk.img "$@"
}

# system IMAGE: what the rules on systems say of it
system() {
	vmlint --select='fstab-*,os-*,selinux-*,filesystem-*' --reader=native "$1"
}

@test "lines of fstab that are not to be blamed" {
	local line lines=()
	while IFS= read -r line; do
		lines+=("fstab add \"$line\"")
	done <<-'END'
		# LABEL=gone /comment ext4 defaults 0 2
		/dev/mapper/vg-data /srv/a ext4 defaults 0 2
		/dev/vg/data /srv/b ext4 defaults 0 2
		/dev/dm-3 none swap sw
		/dev/md/home /srv/c ext4 defaults 0 2
		LABEL=gone /srv/d ext4 nofail 0 2
		UUID=0c0ffee0-0000-4000-8000-000000000000 /srv/e ext4 rw,noauto 0 2
		/dev/vdb1 /srv/f ext4 x-systemd.makefs,nofail 0 2
		PARTLABEL=gone /srv/g ext4 x-systemd.makefs 0 2
		/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0
		proc /proc proc defaults 0 0
		tmpfs /tmp tmpfs mode=1777 0 0
		none /run/x tmpfs defaults
		server:/export /srv/h nfs defaults 0 0
		//server/share /srv/i cifs guest 0 0
		/srv/data /srv/j none bind 0 0
		/swapfile none swap sw 0 0
		/dev/zram0 none swap sw 0 0
		UUID=0c0ffee0-0000-4000-8000-000000000001 /srv/k ext4 _netdev 0 2
		tank/home /home zfs defaults 0 0
	END
	change "${lines[@]}"
	system disk.img
	exits 0
	says "disk.img: 0 errors, 0 warnings, 0 notes"
}

@test "what systemd-repart or Ignition makes at the first boot may be missing" {
	local made=("fstab add \"LABEL=data /srv ext4 defaults\"" "fstab add \"PARTLABEL=home /home ext4 defaults\"") home
	local repart='part 2 write /usr/bin/systemd-repart x'
	home='part 2 write /etc/repart.d/60.conf "[Partition]\nType=home\n"'
	change "${made[@]}"
	system disk.img
	[ "$(findings)" = "fstab-unresolved " ] && [ "$(grep -c '\[fstab-unresolved' <<<"$output")" = 2 ] || complain "two findings expected"
	change "${made[@]}" 'part 2 write /usr/lib/repart.d/50.conf "[Partition]\nType=linux-generic\nLabel=data\nFormat=ext4\n"' "$home" "$repart"
	system disk.img
	exits 0
	# the program may be in the initrd alone, of which all is seen or not
	change "${made[1]}" "$home" 'initrd write usr/bin/systemd-repart x'
	system disk.img
	exits 0
	change "${made[1]}" "$home"
	system disk.img
	exits 1
	change "${made[1]}" "$home" 'part 2 rm-glob /boot/config-*'
	system disk.img
	exits 2
	says "whether PARTLABEL=home is made at the first boot cannot be said"
	change "${made[@]}" "$repart" 'part 2 write /usr/lib/repart.d/50.conf "[Partition]\nType=linux-generic\nLabel=other\nFormat=ext4\n"'
	system disk.img
	exits 1
	change "${made[@]}" 'part 2 write /usr/lib/dracut/modules.d/30ignition/module-setup.sh x'
	system disk.img
	exits 0
	change "${made[@]}" 'part 2 mkdir /usr/lib/dracut/modules.d/30ignition' 'part 2 mkdir /boot/ignition'
	system disk.img
	exits 1
	# what is in a definition that is too long is not known, which is said where it decides, and only there
	change "${made[@]}" "$repart" 'part 2 fill /usr/lib/repart.d/50.conf 70000'
	system disk.img
	exits 2
	says "could not check further: " "the definitions of what systemd-repart makes"
	change "initrd write usr/bin/systemd-repart x" 'part 2 fill /usr/lib/repart.d/50.conf 70000' 'grub replace "root=UUID=" "root=LABEL=made x="'
	vmlint --select=boot-root-unresolved disk.img
	exits 2
}

@test "modules on a file system of their own, which fstab mounts, and a folder that it binds" {
	local PATH=$PATH:/sbin:/usr/sbin good start target
	good=$(fixture debian-arm64)
	start=$(sfdisk -d "$good" | sed -nE 's/.*img2 : start= *([0-9]+),.*/\1/p')
	debugfs -R "rdump /usr/lib/modules ." "$good?offset=$((start * 512))" 2>/dev/null
	truncate -s 12M modules.ext4
	mke2fs -q -t ext4 -U 12345678-1234-1234-1234-123456789012 -d modules modules.ext4
	for target in /usr/lib/modules /lib/modules; do
		"$MUTATE" "$good" disk.img 'part 2 rm-glob /usr/lib/modules/[0-9]*' \
			"fstab add 'UUID=12345678-1234-1234-1234-123456789012 $target ext4 defaults 0 2'"
		start=$((($(stat -c %s disk.img) + 1048575) / 1048576))
		truncate -s $(((start + 14) * 1048576)) disk.img
		sgdisk -e -n "9:$((start * 2048)):+12M" -t 9:8300 disk.img >/dev/null
		dd if=modules.ext4 of=disk.img bs=1M seek="$start" conv=notrunc status=none
		vmlint --reader=native disk.img
		exits 0
		lacks "not evaluated" "warning:"
	done
	change 'part 2 move /usr/lib/modules/[0-9]* /srv/' 'fstab add "/srv /usr/lib/modules none bind 0 0"'
	vmlint --reader=native disk.img
	exits 2
	says "a folder that is bound there by fstab was not looked into [kernel-modules-missing"
	lacks "error:"
}

@test "what systemd-repart or Ignition in the initrd makes may be the root" {
	local root='grub replace "root=UUID=" "root=LABEL=made x="' path
	for path in usr/lib/repart.d/50-root.conf etc/repart.d/a.conf usr/lib/ignition/user.ign usr/lib/ignition/base.d/a.ign; do
		change "$root" "initrd write $path \"[Partition]\nType=root\n\"" "initrd write usr/bin/systemd-repart x" \
			"initrd write usr/bin/ignition x"
		vmlint --select=boot-root-unresolved disk.img
		exits 0
		change "$root" "initrd write $path \"[Partition]\nType=root\n\""
		vmlint --select=boot-root-unresolved disk.img
		exits 1
	done
	change "$root" 'initrd write usr/lib/repart.conf "[Partition]\nType=root\n"'
	vmlint --select=boot-root-unresolved disk.img
	exits 1
}

@test "a word that says who makes the root is worth what the initrd has for it" {
	local word program unknown
	while read -r word program; do
		change "grub replace \"root=UUID=\" \"$word root=UUID=0\"" "initrd write $program x"
		vmlint --select=boot-root-unresolved disk.img
		exits 0
		lacks "not evaluated"
		change "grub replace \"root=UUID=\" \"$word root=UUID=0\""
		vmlint --select=boot-root-unresolved disk.img
		exits 1
	done <<-END
		boot=live scripts/live
		boot=casper scripts/casper
		rd.live.image sbin/dmsquash-live-root
		archisobasedir=arch hooks/archiso
		inst.stage2=hd:LABEL=x lib/anaconda-lib.sh
		netroot=nfs:1.2.3.4:/x sbin/netroot
		systemd.volatile=yes usr/lib/systemd/systemd-volatile-root
		usrhash=0123 usr/lib/systemd/systemd-veritysetup
		ignition.platform.id=qemu usr/bin/ignition
		flatcar.first_boot=1 usr/bin/ignition
		systemd.repart=1 usr/bin/systemd-repart
	END
	# initramfs-tools has this one itself
	change 'grub replace "root=UUID=" "boot=nfs root=UUID=0"'
	vmlint --select=boot-root-unresolved disk.img
	exits 0
	lacks "not evaluated"
	# what other programs make of root= is theirs, wherever there may be one
	for unknown in 'initrd write sbin/zpool x' 'initrd write scripts/local-top/x x' 'initrd write conf/conf.d/zfs x' \
		'initrd write conf/param.conf x' 'initrd remove scripts/local' 'grub replace "ro console" "ro boot=x console"' \
		'part 2 rm-glob /boot/config-*' 'initrd write usr/lib/systemd/systemd x'; do
		change 'grub replace "root=UUID=" "root=ZFS=rpool/ROOT x="' "$unknown"
		vmlint --select=boot-root-unresolved disk.img
		exits 0
		lacks "not evaluated"
	done
	change 'grub replace "root=UUID=" "root=ZFS=rpool/ROOT x="'
	vmlint --select=boot-root-unresolved disk.img
	exits 1
	# zfs= is a name of the root's
	change 'grub replace "root=UUID=" "zfs=rpool/ROOT install x="'
	vmlint --select='boot-root-*' --thorough disk.img
	exits 0
	# an initrd of nobody knows what; a kernel that may hold more than its initrd; another program in place of /init
	for unknown in 'initrd remove scripts/local' 'part 2 rm-glob /boot/config-*'; do
		change 'grub replace "root=UUID=" "boot=live root=UUID=0"' "$unknown"
		vmlint --select=boot-root-unresolved disk.img
		exits 2
		says "if the initrd has the program for that"
	done
	change 'grub replace "root=UUID=" "rdinit=/bin/sh root=UUID=0"'
	vmlint --select=boot-root-unresolved disk.img
	exits 2
	change 'grub replace "root=UUID=" "rdinit=/init root=UUID=0"'
	vmlint --select=boot-root-unresolved disk.img
	exits 1
}

@test "a name that is nearly right is told" {
	local root
	root=$(blkid -p -O $((71680 * 512)) -o value -s UUID "$(cat "$BATS_FILE_TMPDIR/good")")
	change "fstab add \"UUID=${root^^} /srv ext4 defaults\""
	system disk.img
	exits 1
	says "note: the ext4 file system in partition 2 has it in another case, which counts: $root"
	change 'fstab add "/dev/vda1 /srv vfat defaults"'
	system disk.img
	says "help: in its place: UUID=" "which is the vfat file system in partition 1"
}

@test "network configuration that is bound to no hardware" {
	change 'part 2 write /etc/netplan/a.yaml "network:\n  ethernets:\n    all:\n      match: {name: \"en*\"}\n      dhcp4: true\n"' \
		'part 2 write /etc/systemd/network/a.network "[Match]\nMACAddress=52:54:00:*\nType=ether\n"' \
		'part 2 write /usr/lib/udev/rules.d/70-x.rules "ATTR{address}==\"52:54:00:12:34:56\", NAME=\"eth0\"\n"' \
		'part 2 symlink /etc/udev/rules.d/70-x.rules /usr/lib/udev/rules.d/70-x.rules' \
		'part 2 symlink /etc/udev/rules.d/70-persistent-net.rules /dev/null' \
		'part 2 write /etc/network/interfaces "auto eth0\niface eth0 inet dhcp\n"' \
		'part 2 symlink /etc/netplan/loop.yaml loop.yaml' \
		'part 2 write /etc/cloud/cloud.cfg "x\n"' \
		'part 2 write /etc/netplan/50-cloud-init.yaml "# This file is generated from information provided by the datasource.\nens3:\n"'
	system disk.img
	exits 0
	change 'part 2 write /etc/netplan/50-cloud-init.yaml "# This file is generated from information provided by the datasource.\nens3:\n"'
	system disk.img
	exits 1
	says "disk.img!p2/etc/netplan/50-cloud-init.yaml:2:1: error: ens3 is the name"
	change 'part 2 mknod /etc/netplan/pipe.yaml p'
	system disk.img
	exits 2
	says "not evaluated: /etc/netplan/pipe.yaml cannot be read: not a regular file"
}

@test "names that are no UTF-8" {
	change $'part 2 write "/etc/netplan/\xff\x1b.yaml" "ens3:\\n"'
	system disk.img
	exits 1
	says 'disk.img!p2/etc/netplan/\xff\x1b.yaml:1:1: error: '
	vmlint --format=json disk.img
	jq -e '.images[0].diagnostics[] | select(.rule == "os-fixed-hardware") | .location.line == 1' <<<"$output" >/dev/null
}

@test "SELinux: labels, a relabelling at first boot, and a command line that switches it off" {
	local enforcing='part 2 write /etc/selinux/config "SELINUX=enforcing\n"'
	change "$enforcing"
	system disk.img
	exits 1
	change "$enforcing" 'part 2 write /.autorelabel ""'
	system disk.img
	exits 0
	change "$enforcing" 'part 2 xattr /etc/fstab security.selinux system_u:object_r:etc_t:s0'
	system disk.img
	exits 0
	change "$enforcing" 'kconfig off SECURITY_SELINUX'
	system disk.img
	exits 0
	change "$enforcing" 'grub replace "ro console" "ro selinux=0 console"'
	system disk.img
	exits 0
	change 'part 2 write /etc/selinux/config "SELINUX=enforcing\nSELINUX=permissive\n"'
	system disk.img
	exits 0
}

@test "files that are too large are not evaluated" {
	change 'part 2 fill /etc/fstab 2M' 'part 2 fill /etc/netplan/a.yaml 1M' 'part 2 fill /etc/selinux/config 1M'
	system disk.img
	exits 2
	says "not evaluated: fstab cannot be read: /etc/fstab is longer than 1048576 bytes [fstab-" \
		"/etc/netplan/a.yaml cannot be read: /etc/netplan/a.yaml is longer than 65536 bytes [os-fixed-hardware]" \
		"/etc/selinux/config cannot be read: /etc/selinux/config is longer than 65536 bytes [selinux-unlabelled]"
	[ "$(findings)" = "" ] || complain "no findings expected"
}

@test "file systems that cannot be read" {
	change 'ext corrupt 2 root'
	vmlint disk.img
	exits 2
	says "the ext4 file system in partition 2 cannot be read: "
	change 'ext journal-dirty 2'
	vmlint --reader=native disk.img
	exits 2
	says "needs recovery" "--reader=native was given"
	change 'ext super 2 blocks_count 0x7fffffff'
	vmlint disk.img
	exits 2
	says "[filesystem-beyond-partition]"
	change 'ext corrupt 2 magic'
	system disk.img
	exits 0
}

@test "a system that does not start when nobody chooses counts for less" {
	rm -f disk.img
	"$MUTATE" "$(fixture two-architectures)" disk.img 'fstab add "LABEL=gone /srv ext4 defaults"'
	system disk.img
	exits 1
	says "disk.img!p2/etc/fstab:4:1: error: the image has no file system with the label gone" \
		"disk.img!p3/etc/fstab:4:1: warning: the image has no file system with the label gone"
}

@test "what a corrupt file system hides is its finding's: one finding, unless that is ignored" {
	change "ext corrupt 2 descriptors"
	vmlint disk.img
	exits 1
	[ "$(findings)" = "filesystem-corrupt " ] || complain "one finding expected"
	[ "$(grep -c 'not evaluated' <<<"$output")" = 0 ] || complain "nothing else expected"
	vmlint --ignore=filesystem-corrupt disk.img
	exits 2
	says "not evaluated: what /EFI/BOOT/BOOTAA64.EFI boots could not be followed: the file system of (hd0,gpt2) could not be read"
	says "not evaluated: no installed system could be looked at"
}

@test "a kernel on the ESP is judged where the root is corrupt" {
	rm -f disk.img
	"$MUTATE" "$(fixture systemd-boot-arm64)" disk.img "ext corrupt 2 descriptors"
	vmlint disk.img
	exits 1
	says "disk.img: 1 error, 0 warnings, 1 note"
	[ "$(grep -c 'not evaluated' <<<"$output")" = 0 ] || complain "nothing else expected"
}
