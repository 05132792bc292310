# SPDX-License-Identifier: MIT
# The initrd of Debian's installer for arm64, a package of 120 MB: for `make check-images`.

setup_file() {
	: "${BUILD:=build}"
	make -s "$BUILD/tests/initrd-dump"
	export INITRD_DUMP="$PWD/$BUILD/tests/initrd-dump" TOP="$PWD" LC_ALL=C.UTF-8
}

@test "every file of the installer's initrd is found, in one pass" {
	cd "$BATS_FILE_TMPDIR"
	PYTHONPATH="$TOP/fixtures" python3 -c 'from recipes.apt import Archive
import sys
sys.stdout.buffer.write(open(Archive("arm64", None).file("debian-installer-12-netboot-arm64",
	"usr/lib/debian-installer/images/12/arm64/text/debian-installer/arm64/initrd.gz"), "rb").read())' >initrd.gz
	gzip -dc initrd.gz | cpio -t --quiet >all
	"$INITRD_DUMP" initrd.gz -a $(cat all) >out
	grep -q "^member 0 .* gzip entries $(wc -l <all) .*complete 1" out
	[ "$(grep -c ' answer 1 ' out)" = "$(wc -l <all)" ]
}
