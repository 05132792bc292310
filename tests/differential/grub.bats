# SPDX-License-Identifier: MIT
# Our GRUB readers agree with GRUB's own tools: grub-script-check on what is a script, grub-editenv on environment blocks,
# and with what grub-mkconfig's scripts and Debian's signed binaries are known to hold.

setup_file() {
	command -v grub-script-check >/dev/null || skip "grub-common is not installed"
	: "${BUILD:=build/sanitize-address-undefined}"
	make -s SANITIZE=address,undefined "$BUILD/tests/grub-dump"
	export GRUB_DUMP="$PWD/$BUILD/tests/grub-dump" TOP="$PWD"
	export LC_ALL=C.UTF-8
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# verdicts FILE: both say good, or both say bad
verdicts() {
	local theirs=good ours=good
	grub-script-check "$1" >theirs 2>&1 || theirs=bad
	# it also refuses a script that does nothing
	grep -q 'contains no commands' theirs && return
	"$GRUB_DUMP" parse "$1" >ours || ours=bad
	[ "$theirs" = "$ours" ] || {
		echo "grub-script-check says $theirs, we say $ours:"
		cat "$1" theirs ours
		return 1
	}
}

# What grub-mkconfig runs, with a /boot of its own and stand-ins for the two programs that look at devices.
mkconfig() {
	cat >probe <<'EOF'
#!/bin/sh
for a; do
	case $a in
	--target=fs_uuid) echo 1234-5678 ;;
	--target=partuuid) echo 9f3b-02 ;;
	--target=fs) echo ext2 ;;
	--target=partmap) echo gpt ;;
	--target=compatibility_hint) echo hd0,gpt2 ;;
	--target=hints_string) echo --hint-bios=hd0,gpt2 --hint-efi=hd0,gpt2 --hint-baremetal=ahci0,gpt2 ;;
	esac
done
EOF
	printf '#!/bin/sh\nfor a; do last=$a; done\necho "$last"\n' >relpath
	chmod +x probe relpath
	cat >generate <<'EOF'
mount -t tmpfs none /boot || exit 77
trap 'cd / && umount /boot' EXIT
mkdir -p /boot/grub
for v in 6.1.0-9 6.1.0-56; do
	: >/boot/vmlinuz-$v-arm64
	: >/boot/initrd.img-$v-arm64
done
for s in 00_header 05_debian_theme 10_linux 20_linux_xen 30_uefi-firmware 40_custom 41_custom; do
	/etc/grub.d/$s
done
EOF
	# in a chroot nobody gets a user namespace, which root does not need, nor can the root be made private
	local own=-rm
	[ "$(id -u)" != 0 ] || own=-m
	[ $own = -rm ] || unshare -m true 2>/dev/null || own="-m --propagation unchanged"
	env grub_probe="$PWD/probe" grub_mkrelpath="$PWD/relpath" pkgdatadir=/usr/share/grub GRUB_DEVICE=/dev/vda2 \
		GRUB_DEVICE_UUID=1234-5678 GRUB_DEVICE_PARTUUID=9f3b-02 GRUB_DEVICE_BOOT=/dev/vda2 \
		GRUB_DEVICE_BOOT_UUID=1234-5678 GRUB_FS=ext2 GRUB_DEFAULT=saved GRUB_SAVEDEFAULT=true GRUB_TIMEOUT=5 \
		GRUB_DISTRIBUTOR=Debian GRUB_CMDLINE_LINUX_DEFAULT=quiet GRUB_CMDLINE_LINUX=console=ttyAMA0 \
		GRUB_TERMINAL_OUTPUT=gfxterm unshare $own sh generate >grub.cfg 2>log || skip "no mount of our own: $(tail -n 1 log)"
}

# grub_of PACKAGE ARCH SUITE PATTERN: a GRUB binary of Debian's
grub_of() {
	PYTHONPATH="$TOP/fixtures" python3 -c 'import sys
from recipes.apt import Archive
print(Archive(sys.argv[2], sys.argv[3] or None).file(sys.argv[1], sys.argv[4]))' "$@"
}

@test "snippets are scripts to us as to grub-script-check" {
	local n=0 snippet
	while IFS= read -r snippet; do
		printf "$snippet\n" >"s$n"
		verdicts "s$n"
		n=$((n + 1))
	done <<'EOF'
menuentry x { }
menuentry x {\ntrue\n}
menuentry x { true } true
menuentry {\ntrue\n}
if true; then fi
if true; then true; fi
if true; then true; fi fi
if true\nthen\ntrue\nelif false\nthen\ntrue\nelse\ntrue\nfi
if true; then; true; fi
if true; then true; else; true; fi
if if true; then true; fi; then true; fi
if [ a ] then true; fi
{ true; }
function f { true }\ntrue
function f\n{\ntrue\n}\ntrue
function a-b { true; }\ntrue
function if { true; }\ntrue
menuentry a { function f { true; } }
menuentry a { submenu b { true } }
for i in a b\ndo true; done
for i; do true; done
for in in a; do true; done
for if in a; do true; done
for i in { ; do true; done
while true; do true; done
until false do true; done
case x in esac
a && b
a | b
a > b
a;;b
; a
a;
[[ a ]]
echo if then fi
echo do done
in
"if" true
i\\\\f true
fi
$
echo $-
echo ${a
echo "${a"
echo "$ a"
echo "$a ${b}"
echo 'a
echo "a
echo $"a"
echo $'a'
echo a\\\\\nb
echo a\\\\
else\\\\\n true
if true; then true; else\\\\\n true; fi
echo {
echo a{b}c
echo a # { " '
echo a#b
"a\n#b\nc"
'a\n#"\nc'
!true
${a} b
echo a\tb\r
EOF
	[ "$n" -gt 60 ]
}

@test "a generated configuration, and each way to lose one of its lines" {
	mkconfig
	verdicts grub.cfg
	local i lines
	lines=$(grep -c '' grub.cfg)
	for ((i = 1; i <= lines; i++)); do
		sed "${i}d" grub.cfg >broken.cfg
		verdicts broken.cfg
	done
}

@test "a generated configuration boots the newest kernel by its UUID" {
	mkconfig
	printf '/boot/vmlinuz-6.1.0-56-arm64\n/boot/initrd.img-6.1.0-56-arm64\n/boot/vmlinuz-6.1.0-9-arm64\n' |
		"$GRUB_DUMP" run /boot/grub grub.cfg >out
	cat out
	grep -q '^outcomes 1$' out
	[ -z "$(grep '^problem\|^unknown' out)" ]
	grep -A 3 '^entry 0 default id gnulinux-simple-1234-5678 title Debian GNU/Linux ' out >entry
	grep -q ' /boot/vmlinuz-6.1.0-56-arm64 found at ' entry
	grep -q 'words root=.* ro console=ttyAMA0 quiet$' entry
	grep -q 'initrd /boot/initrd.img-6.1.0-56-arm64 found' entry
	grep -A 3 '^entry 1>2 ' out | grep -q 'initrd /boot/initrd.img-6.1.0-9-arm64 missing'
	# the place is that of the word in the file
	at=$(sed -n 's/^ start 1 .* found at \([0-9]*\):.*/\1/p' entry)
	sed -n "${at}p" grub.cfg | grep -q 'linux.*/boot/vmlinuz-6.1.0-56-arm64'
}

@test "environment blocks are what grub-editenv makes of them" {
	grub-editenv a create
	cp a b
	local value
	for value in x 'a b' '' 'back\slash' "$(printf 'two\nlines')" 'é'; do
		grub-editenv a set "one=$value" other=1 "third=$value$value"
		for pair in "one=$value" other=1 "third=$value$value"; do
			"$GRUB_DUMP" set b "${pair%%=*}" "${pair#*=}" >c
			mv c b
		done
		cmp a b
		[ "$(grub-editenv a list)" = "$("$GRUB_DUMP" list a)" ]
	done
	grub-editenv a unset other
	"$GRUB_DUMP" set b other >c
	cmp a c
	run "$GRUB_DUMP" set b long "$(printf 'x%.0s' $(seq 1 1100))"
	[ "$status" = 1 ]
	# not a block
	echo hello >d
	run grub-editenv d list
	[ "$status" != 0 ]
	run "$GRUB_DUMP" list d
	[ "$status" = 1 ]
}

@test "Debian's signed GRUB for arm64: prefix, configuration, memory disk, modules" {
	local grub
	grub=$(grub_of grub-efi-arm64-signed arm64 '' usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed)
	"$GRUB_DUMP" core "$grub" >out
	cat out
	grep -q '^cpu arm64$' out
	grep -q '^prefix /EFI/debian$' out
	grep -q '^config normal (memdisk)/grub.cfg$' out
	grep -q '^memdisk has /grub.cfg$' out
	# the version that its SBAT section names too
	version=$(sed -n 's/^version //p' out)
	grep -aq "^grub.debian[0-9]*,[0-9]*,Debian,grub2,$version," "$grub"
	for module in normal ext2 fat part_gpt search_fs_uuid linux; do
		grep -qx "module $module" out
	done
	# as many as there are names in the file's ELF objects
	python3 - "$grub" <<'EOF' >names
import struct, sys
d = open(sys.argv[1], "rb").read()
at = d.index(b"mimg")
offset, size = struct.unpack_from("<QQ", d, at + 8)
p = at + offset
while p < at + size:
	kind, length = struct.unpack_from("<II", d, p)
	if kind == 0:
		print(p)
	p += length
EOF
	[ "$(grep -c '^module ' out)" = "$(grep -c '' names)" ]
}

@test "from Debian's GRUB on an ESP to the kernel on an ext4 root" {
	mkconfig
	local grub
	mkdir -p root/boot/grub
	for v in 6.1.0-9 6.1.0-56; do
		echo kernel >root/boot/vmlinuz-$v-arm64
		echo initrd >root/boot/initrd.img-$v-arm64
	done
	# as an administrator would: another default, in grubenv
	sed 's/1234-5678/7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f/g' grub.cfg >root/boot/grub/grub.cfg
	grub-editenv root/boot/grub/grubenv create
	grub-editenv root/boot/grub/grubenv set \
		saved_entry='gnulinux-advanced-7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f>gnulinux-6.1.0-9-arm64-advanced-7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f'
	truncate -s 32M root.ext4
	mke2fs -q -t ext4 -U 7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f -d root root.ext4
	printf "search.fs_uuid 7f3c6f5e-96a4-4e07-8a35-1a2b3c4d5e6f root hd0,gpt2\nset prefix=(\$root)'/boot/grub'\nconfigfile \$prefix/grub.cfg\n" >esp.cfg
	for grub in "$(grub_of grub-efi-arm64-signed arm64 '' usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed)" \
		"$(grub_of grub-efi-riscv64-unsigned riscv64 trixie usr/lib/grub/riscv64-efi/monolithic/grubriscv64.efi)"; do
		rm -f esp.fat
		mkfs.vfat -C esp.fat 20480 >/dev/null
		mmd -i esp.fat ::/EFI ::/EFI/debian
		mcopy -i esp.fat "$grub" ::/EFI/debian/grub.efi
		mcopy -i esp.fat esp.cfg ::/EFI/debian/grub.cfg
		"$GRUB_DUMP" boot esp.fat root.ext4 /EFI/debian/grub.efi >out
		cat out
		grep -q '^prefix (hd0,gpt1)/EFI/debian$' out
		grep -q '^config (hd0,gpt1)/EFI/debian/grub.cfg found$' out
		grep -q '^config (hd0,gpt2)/boot/grub/grub.cfg found$' out
		grep -q '^outcomes 1, end 0$' out
		grep -q '^entry 1 default id gnulinux-advanced-' out
		grep -A 3 '^entry 1>2 default id gnulinux-6.1.0-9-arm64-advanced-' out |
			grep -q ' /boot/vmlinuz-6.1.0-9-arm64 found at '
		[ -z "$(grep 'missing\|unknown' out)" ]
	done
}

@test "GRUB's own reader takes the ext4 that boot-filesystem-features takes, and no other" {
	command -v grub-fstest >/dev/null || skip "grub-fstest is not installed"
	local disk feature theirs ours seen=0 operations
	disk=$("$TOP/fixtures/build" debian-arm64 | tail -n 1)
	grep -aqF "$(grub-fstest --version | sed 's/.* //')" "$disk" || skip "the image has another version of GRUB"
	make -s -C "$TOP" build/vmlint
	for feature in ^dir_index metadata_csum_seed large_dir mmp encrypt inline_data casefold ea_inode; do
		# one that has no block for it, Linux does not mount
		operations=("ext features 2 $feature")
		[ "$feature" != mmp ] || operations+=("ext super 2 mmp_block 9000")
		"$TOP/fixtures/mutate" "$disk" disk.img "${operations[@]}" || continue
		dd if=disk.img of=part.img bs=512 skip=71680 count=122880 status=none
		theirs=reads ours=reads
		grub-fstest part.img ls "(loop0)/boot/grub/" 2>log | grep -q grub.cfg || theirs=refuses
		"$TOP/build/vmlint" lint --select=boot-filesystem-features disk.img >said || ours=refuses
		[ "$theirs" = "$ours" ] || {
			echo "$feature: GRUB $theirs it, we say that it $ours it"
			cat log said
			return 1
		}
		seen=$((seen + 1))
	done
	[ "$seen" -ge 6 ]
}
