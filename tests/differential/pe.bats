# SPDX-License-Identifier: MIT
# Our PE reader sees the headers, sections, signatures and SBAT data that objdump, sbverify and objcopy see in the EFI
# binaries of the good images: shim and its helpers, GRUB, systemd-boot, a unified kernel image, kernels.

setup_file() {
	command -v aarch64-linux-gnu-objdump >/dev/null && command -v sbverify >/dev/null || skip "binutils or sbsigntool is not installed"
	: "${BUILD:=build}"
	export PE_DUMP="$PWD/$BUILD/tests/pe-dump" FIXTURES="$PWD/fixtures/build"
	test -x "$PE_DUMP"
	export MTOOLS_SKIP_CHECK=1
	export DIFFERENTIAL="$PWD/tests/differential"
	cd "$BATS_FILE_TMPDIR"
	take debian-arm64 EFI/BOOT/BOOTAA64.EFI EFI/BOOT/fbaa64.efi EFI/BOOT/mmaa64.efi EFI/debian/grubaa64.efi
	take debian-amd64 EFI/BOOT/BOOTX64.EFI EFI/BOOT/fbx64.efi EFI/BOOT/mmx64.efi EFI/debian/grubx64.efi
	take systemd-boot-arm64 EFI/systemd/systemd-bootaa64.efi
	take uki-arm64 EFI/BOOT/BOOTAA64.EFI
	take firmware-x86_64 EFI/BOOT/BOOTX64.EFI
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

# take IMAGE FILE...: copies files off an image's ESP, as IMAGE-FILE
take() {
	local image=$1 path disk
	disk=$("$FIXTURES" "$image" | tail -n 1)
	shift
	for path; do
		mcopy -n -i "$disk@@1048576" "::/$path" "$image-${path##*/}"
	done
}

objdump_of() {
	case $1 in
	*x64* | *X64*) x86_64-linux-gnu-objdump "${@:2}" "$1" ;;
	*) aarch64-linux-gnu-objdump "${@:2}" "$1" ;;
	esac
}

# The same facts out of objdump -x, numbers without leading zeros.
theirs() {
	objdump_of "$1" -x | awk '
	function hex(s) { sub(/^(0x)?0*/, "", s); return s == "" ? "0" : s }
	/^Characteristics/ { print $1, hex($2) }
	$1 ~ /^(AddressOfEntryPoint|ImageBase|SectionAlignment|FileAlignment|SizeOfImage|SizeOfHeaders|Subsystem|DllCharacteristics|NumberOfRvaAndSizes)$/ { print $1, hex($2) }
	/^Magic/ { print $1, $2 }
	/^Entry [2456] / { print $1, $2, hex($3), hex($4) }
	/^Sections:/ { table = 1 }
	table && $1 ~ /^[0-9]+$/ { print "section", $2, hex($3), hex($4), hex($6) }'
}

@test "headers and sections are what objdump reads" {
	local file
	for file in *.efi *.EFI; do
		theirs "$file" | sort >theirs
		"$PE_DUMP" "$file" | grep -E '^(Magic|Char|Addr|ImageBase|Sect|FileA|SizeOf|Subs|Dll|Number|Entry|section)' | sort >ours
		test -s theirs
		diff theirs ours || { echo "$file"; false; }
	done
}

@test "no good binary is blamed, but for sections that are not aligned" {
	local file
	for file in *.efi *.EFI; do
		"$PE_DUMP" "$file" >ours
		grep -q '^status it is a PE image' ours
		grep -q '^truncated no' ours
		! grep '^problem' ours | grep -v 'no multiple of SectionAlignment' || return 1
	done
}

@test "signers are what sbverify lists" {
	local file n
	for file in *.efi *.EFI; do
		sbverify --list "$file" >theirs 2>/dev/null || true
		"$PE_DUMP" "$file" | sed -n 's/^signer //p' >ours
		[ "$(grep -c '^signature ' theirs)" = "$(grep -c '' ours)" ] || { echo "$file"; cat theirs ours; false; }
		while read -r n; do
			grep -qF "subject: " theirs
			grep -F "subject: " theirs | grep -qF "CN=$n" || { echo "$file: $n"; cat theirs; false; }
		done <ours
	done
}

@test "SBAT data are what objcopy takes out" {
	local file
	for file in debian-a*; do
		case $file in
		*X64* | *x64*) x86_64-linux-gnu-objcopy -O binary -j .sbat "$file" section ;;
		*) aarch64-linux-gnu-objcopy -O binary -j .sbat "$file" section ;;
		esac
		tr -d '\0' <section | cut -d, -f1,2 | grep . | sed 's/^/sbat /' >theirs
		"$PE_DUMP" "$file" | grep '^sbat' >ours
		diff theirs ours || { echo "$file"; false; }
	done
}

@test "each program is known for what it is" {
	is() {
		[ "$("$PE_DUMP" "$1" | sed -n 's/^kind //p')" = "$2" ] || { echo "$1"; "$PE_DUMP" "$1"; false; }
	}
	is debian-arm64-BOOTAA64.EFI shim
	is debian-arm64-fbaa64.efi "shim's fallback"
	is debian-arm64-mmaa64.efi MokManager
	is debian-arm64-grubaa64.efi GRUB
	is debian-amd64-BOOTX64.EFI shim
	is debian-amd64-grubx64.efi GRUB
	is systemd-boot-arm64-systemd-bootaa64.efi systemd-boot
	is uki-arm64-BOOTAA64.EFI "unified kernel image"
	is firmware-x86_64-BOOTX64.EFI "EFI program"
}

@test "every EFI program and kernel of the good images: what objdump sees" {
	"$DIFFERENTIAL/pe.py" "$PE_DUMP" fixtures
}

@test "changed programs: objdump sees what we see, or the difference has a name" {
	"$DIFFERENTIAL/pe.py" "$PE_DUMP" mutated 1 100
}
