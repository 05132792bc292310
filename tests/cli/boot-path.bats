#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The way from the loader to the kernel, by configurations as distributions write them and by those that nobody would: what GRUB
# makes of them is known, found out in time, or said not to be known.

load common

setup_file() {
	fixture debian-arm64 >/dev/null
	make -s -C "$TOP" build/tests/boot-dump
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	DISK=$(fixture debian-arm64)
	UUID=$(grep -aoE -m1 'search.fs_uuid [0-9a-f-]+' "$DISK" | head -n 1 | cut -d' ' -f2)
	PARTUUID=$(sfdisk --part-uuid "$DISK" 2 | tr 'A-F' 'a-f')
	VERSION=$(grep -aoE -m1 'Loading Linux [^ ]+' "$DISK" | head -n 1 | cut -d' ' -f3)
}

# filled FILE: a text of grub/ with what is this image's
filled() {
	sed -e "s/@UUID@/$UUID/g; s/@PARTUUID@/$PARTUUID/g; s/@VERSION@/$VERSION/g" "$BATS_TEST_DIRNAME/grub/$1"
}

# escaped TEXT: as an argument of an operation
escaped() {
	python3 -c 'import sys; print("".join(c if c.isalnum() else "\\x%02x" % ord(c) for c in sys.argv[1]))' "$1"
}

# lints OPERATION...: a changed copy; only the rules on the boot path
lints() {
	"$MUTATE" "$DISK" disk.img "$@"
	vmlint --select='boot-*' --verbose disk.img
}

# written OPERATION...: the same with $config as GRUB's menu
written() {
	lints "grub write \"$(escaped "$config")\"" "$@"
}

clean() {
	exits 0
	lacks error: warning: 'not evaluated'
}

grubenv() {
	printf '# GRUB Environment Block\n%s' "$1"
	head -c $((1024 - 25 - ${#1})) /dev/zero | tr '\0' '#'
}

@test "Ubuntu's cloud image tries without an initrd, then with one" {
	config=$(filled ubuntu-cloud.cfg)
	written "part 2 write /boot/grub/grubenv \"$(escaped "$(grubenv '')")\""
	clean
	run "$TOP/build/tests/boot-dump" disk.img
	[ "$(grep -c '^  attempt' <<<"$output")" = 3 ] || complain "two attempts of the default entry and one of another expected"
	grep -A6 '^ default entry Ubuntu ' <<<"$output" | grep -q panic=-1 || complain "the attempt without initrd comes first"
	grep -q '^ entry UEFI Firmware Settings .* leaves' <<<"$output" || complain "an entry that leaves expected"

	# one of the two ways works as far as is known from here
	written "part 2 write /boot/grub/grubenv \"$(escaped "$(grubenv '')")\"" "part 2 rm-glob /boot/initrd.img-*"
	says ":78:10: warning: the initrd /boot/initrd.img-$VERSION does not exist" "(recovery mode)"
	lacks error:

	# neither finds its kernel
	written "part 2 write /boot/grub/grubenv \"$(escaped "$(grubenv '')")\"" "part 2 rm-glob /boot/vmlinuz-*"
	exits 1
	says "!p2/boot/grub/grub.cfg:70:10: error: the kernel /boot/vmlinuz-$VERSION does not exist" "note: so is 1 more entry"
	[ "$(grep -cE '(error|warning):' <<<"$output")" = 1 ] || complain "one finding expected"
}

@test "Fedora's entries are files that blscfg reads" {
	# Debian's GRUB has no such command: another module is called so here
	local blscfg='part 1 replace /EFI/debian/grubaa64.efi "reboot\x00" "blscfg\x00"'
	config=$(filled fedora.cfg)
	entry=$(escaped "$(filled fedora.entry)")
	written "part 2 mkdir /boot/loader/entries" "part 2 write /boot/loader/entries/0123-$VERSION.conf \"$entry\""
	exits 1
	says "!p2/boot/loader/entries/0123-$VERSION.conf:3:1: error: GRUB (/EFI/debian/grubaa64.efi) has no module blscfg, which"

	written "$blscfg" "part 2 mkdir /boot/loader/entries" "part 2 write /boot/loader/entries/0123-$VERSION.conf \"$entry\""
	clean
	run "$TOP/build/tests/boot-dump" disk.img
	grep -q '^ default entry Fedora Linux ' <<<"$output" || complain "the entry is the default"

	written "$blscfg" "part 2 mkdir /boot/loader/entries" \
		"part 2 write /boot/loader/entries/0123-$VERSION.conf \"$entry\"" "part 2 rm-glob /boot/initrd.img-*"
	exits 1
	says "!p2/boot/loader/entries/0123-$VERSION.conf:4:8: error: the initrd "

	written "part 2 mkdir /boot/loader/entries"
	exits 1
	says "!p2/boot/grub/grub.cfg: error: it gives GRUB (/EFI/debian/grubaa64.efi) no menu entry"
}

@test "configurations without end, and those that call themselves" {
	entry="menuentry x { linux /vmlinuz; initrd /initrd.img; }"
	local started=$SECONDS
	for config in "while true; do set a=b; done" "function f { f; }; f" "source /boot/grub/grub.cfg" \
		"configfile /boot/grub/grub.cfg" 'set a=x; while true; do set a="$a$a"; done' \
		"submenu s { source /boot/grub/grub.cfg; }" 'eval "eval \"eval x\""; while [ a = a ]; do eval "set c=d"; done'; do
		config+=$'\n'$entry
		written
		[[ $output == *"not evaluated: what "*" boots "* || $status = 0 ]] ||
			complain "$config: it is known not to be known"
		lacks error:
	done
	[ $((SECONDS - started)) -lt 60 ] || complain "it took long"
}

@test "a configuration of 100 MB, one of noise, and one that is a folder" {
	lints "part 2 rm /boot/grub/grub.cfg" "part 2 fill /boot/grub/grub.cfg 20M"
	exits 2
	says "not evaluated: " "/boot/grub/grub.cfg is too long to be read"
	head -c 20000 /dev/urandom >noise
	"$MUTATE" "$DISK" disk.img "grub write \"$(escaped "$(tr -d '\0' <noise | iconv -f latin1 -t utf-8 | head -c 9000)")\""
	vmlint --select='boot-*' disk.img
	lints "part 2 mkdir /boot/grub/grub.cfg"
	exits 1
	says "!p2/boot/grub/grub.cfg: error: GRUB (/EFI/debian/grubaa64.efi) reads its menu from it, and it is a folder"
}

@test "what hangs on the machine is not known, and said so only where it matters" {
	config=$(printf '%s\n' 'set timeout=1; if keystatus --shift; then set default=1; fi' \
		"menuentry a { linux /vmlinuz root=UUID=$UUID; initrd /initrd.img; }" \
		"menuentry b { linux /vmlinuz root=UUID=$UUID; initrd /initrd.img; }")
	written
	clean
	config=$(printf '%s\n' 'menuentry a {' 'if keystatus --shift; then' 'configfile (tftp)/grub.cfg' 'fi' 'linux /gone' '}')
	written
	exits 2
	says 'not evaluated: whether the entry "a" boots is not known: the device (tftp) cannot be looked into'
	lacks error:
	config=$(printf '%s\n' 'menuentry a {' 'if keystatus --shift; then' 'linux /gone' 'else' 'linux /also-gone' 'fi' '}')
	written
	exits 1
	says ":3:7: error: the kernel /gone does not exist"
}

@test "GRUB follows seven symbolic links, and not an eighth" {
	local ops=("grub replace /boot/vmlinuz-$VERSION /boot/k1") n
	for n in 1 2 3 4 5 6; do
		ops+=("part 2 symlink /boot/k$n k$((n + 1))")
	done
	"$MUTATE" "$DISK" links.img "${ops[@]}" "part 2 symlink /boot/k7 vmlinuz-$VERSION"
	vmlint --reader=native links.img
	exits 0
	"$MUTATE" "$DISK" links.img "${ops[@]}" "part 2 symlink /boot/k7 k8" "part 2 symlink /boot/k8 vmlinuz-$VERSION"
	vmlint --reader=native links.img
	exits 1
	says "the kernel /boot/k1 is behind more symbolic links than the 7 that GRUB follows [boot-kernel-missing]"
}

@test "names that are no UTF-8" {
	"$MUTATE" "$DISK" disk.img 'grub replace "linux\t/boot/vmlinuz-" "linux\t/boot/\xff\xfe-"'
	vmlint --select='boot-*' disk.img
	exits 1
	says ':119:8: error: the kernel /boot/\xff\xfe-'
	vmlint --select='boot-*' --format=json disk.img
	exits 1
	python3 -c 'import json, sys; json.load(sys.stdin)' <<<"$output"
}

@test "a search that finds nothing counts only if something is missing then" {
	# the root that was set before the search is the right one on this disk
	lints 'grub replace "gpt2 " "gpt2 0"'
	clean
	config=$(printf '%s\n' 'set timeout=1' "menuentry a {" \
		"if search --fs-uuid --set=root 12; then true; else search --fs-uuid --set=root $UUID; fi" \
		"linux /vmlinuz root=UUID=$UUID" 'initrd /initrd.img' '}')
	written
	clean
	config="search --fs-uuid --set=root 12 || menuentry a { linux /vmlinuz; }"
	written
	exits 1
	says "/boot/grub/grub.cfg:1:32: error: it gives GRUB (/EFI/debian/grubaa64.efi) no menu entry" \
		"note: GRUB refuses line 1 of /boot/grub/grub.cfg, at column 32: "
	# a root that a variable names which nothing set
	config=$(printf '%s\n' "menuentry a {" 'set root=$nothing' 'linux /vmlinuz' '}')
	written
	exits 1
	says ":3:7: error: the kernel /vmlinuz does not exist: the variable root is not set"
}

@test "where the default entry does not load, GRUB takes the fallback" {
	config=$(printf '%s\n' 'set fallback=1' 'menuentry a { linux /gone; }' \
		"menuentry b { linux /vmlinuz root=UUID=$UUID; initrd /initrd.img; }")
	written
	exits 0
	says ":2:21: warning: the kernel /gone does not exist"
	lacks error:
}

@test "entries that show a menu again which is open already, as VyOS's do" {
	local kernel="linux /boot/vmlinuz-$VERSION root=UUID=$UUID ro console=ttyAMA0; initrd /boot/initrd.img-$VERSION"
	config="set timeout=1
menuentry one { $kernel; }
submenu options {
menuentry serial { set a=1; export a; configfile /boot/grub/grub.cfg; }
menuentry screen { set a=2; export a; normal /boot/grub/grub.cfg; }
menuentry more { configfile /more.cfg; }
}"
	written 'part 2 write /more.cfg "menuentry back {\n configfile /boot/grub/grub.cfg\n}\nmenuentry again {\n configfile /more.cfg\n}\n"'
	clean
	lacks 'could not check further'
	# the one that is booted: by then something else may be set
	config="set timeout=1
menuentry one { if [ \"\$a\" ]; then $kernel; else set a=1; export a; configfile /boot/grub/grub.cfg; fi; }"
	written
	clean
	config="set timeout=1
menuentry one { configfile /boot/grub/grub.cfg; }"
	written
	exits 2
	says 'what the entry "one" boots is not known: it leads back to the menu that it stands in'
	lacks error: 'could not check further'
}

@test "an entry whose ways differ: a kernel on one, a menu, exit or reboot on the other" {
	local kernel="linux /boot/vmlinuz-$VERSION root=UUID=$UUID ro console=ttyAMA0; initrd /boot/initrd.img-$VERSION" other
	other="part 2 write /b.cfg \"$(escaped "set timeout=1
menuentry c { $kernel; }")\""
	config="set timeout=1
menuentry b { if cpuid -l; then $kernel; else configfile /b.cfg; fi; }"
	written "$other"
	clean
	config="set timeout=1
menuentry b { if cpuid -l; then configfile /b.cfg; else $kernel; fi; }"
	written "$other"
	clean
	# nobody holds the key down
	config="set timeout=1
menuentry b { if keystatus --shift; then configfile /b.cfg; else $kernel; fi; }"
	written 'part 2 write /b.cfg "set timeout=1\nmenuentry c {\n linux /gone\n}\n"'
	exits 0
	says '/b.cfg:3:8: warning: the kernel /gone does not exist'
	lacks error: 'not evaluated'
	config="set timeout=1
menuentry b { if cmp /a /b; then set tried=1; save_env tried; reboot; fi; $kernel; }"
	written "part 2 write /boot/grub/grubenv \"$(escaped "$(grubenv '')")\""
	clean
	config="set timeout=1
menuentry b { if cmp /a /b; then exit; fi; linux /gone; }"
	written
	exits 1
	says ':2:50: error: the kernel /gone does not exist'
}

@test "superusers, and who boots without them" {
	local kernel="linux /boot/vmlinuz-$VERSION root=UUID=$UUID ro console=ttyAMA0; initrd /boot/initrd.img-$VERSION"
	config="set superusers=admin; password admin x; set timeout=1
menuentry one --unrestricted { $kernel; }
menuentry two { $kernel; }"
	written
	clean
	# nobody is a superuser, so nobody is asked
	config="set timeout=1
menuentry one --users admin { $kernel; }"
	written
	clean
	# what stands around the entry counts as well, and so does what is set behind it
	config="set timeout=1
submenu more { menuentry one --unrestricted { $kernel; }
}
set superusers=admin; password admin x"
	written
	exits 0
	says "disk.img!p2/boot/grub/grub.cfg:2:16: warning: GRUB asks for a password before it boots the default entry [boot-password]"
	config="set timeout=1; set default=two
menuentry one { $kernel; }
menuentry two --unrestricted { $kernel; }
set superusers=admin"
	written
	clean
}

@test "a root= behind what Linux reads of its command line is none" {
	local many
	many=$(printf 'y%.0s' {1..2010})
	"$MUTATE" "$DISK" disk.img "grub replace \" root=\" \" x=$many root=\""
	vmlint disk.img
	exits 1
	says "error: root= stands behind what Linux reads of the command line [boot-root-missing]"
	# whoever made the initrd, there is no root of this type
	lints "grub replace \" root=\" \" x=$many root=\"" "gpt type 2 linux"
	exits 1
	says "error: root= stands behind what Linux reads of the command line [boot-root-missing]"
	# as much of it as that can be read
	lints "grub replace \" root=\" \" x=${many:0:1850} root=\""
	clean
	# words behind it are read no more, and not missed
	lints "grub replace \" ro \" \" ro console=ttyAMA0 x=$many y=$many \""
	clean
}
