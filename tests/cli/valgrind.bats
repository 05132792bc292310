#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# valgrind finds no leak, no wrong access and no decision by a value that nobody has set: the parent and the worker.
#
# The build without sanitizers, and without the sandbox: valgrind makes system calls of its own.  What is still reachable when a
# process ends is no leak: the worker ends with all that its parent had.  No error is suppressed.

load common

setup_file() {
	command -v valgrind >/dev/null || { echo "valgrind is not installed"; return 1; }
}

# checked EXPECTED ARGUMENT...: runs it under valgrind, which has nothing to say of any of the processes
checked() {
	local expected=$1
	shift
	rm -f valgrind.*
	run --separate-stderr timeout -k 1 120 valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
		--show-leak-kinds=definite,indirect,possible --error-exitcode=99 --trace-children=yes --trace-children-skip='*/vmlint-helper,*/qemu-*' \
		--log-file=valgrind.%p "$PLAIN" "$@"
	cat valgrind.*
	[ "$(cat valgrind.* | wc -c)" = 0 ]
	exits "$expected"
}

@test "valgrind sees what it is there for" {
	printf '#include <stdlib.h>\nint main(void) { return malloc(10) == malloc(20); }\n' | cc -x c -O0 -o leaks -
	run valgrind --quiet --leak-check=full --error-exitcode=99 ./leaks
	[ "$status" = 99 ]
}

@test "the sample, whatever is printed" {
	local image
	image=$(fixture debian-arm64)
	checked 0 lint --no-sandbox -v "$image"
	says ": 0 errors, 0 warnings, 0 notes" ": read "
	[ "$(ls valgrind.* | wc -l)" = 2 ] # the worker as well
	checked 0 lint --no-sandbox --format=json --thorough "$image"
	checked 0 lint --no-sandbox --format=vmspec "$image"
}

@test "the sample in another container and in qcow2" {
	checked 0 lint --no-sandbox "$(fixture debian-arm64-vhdx)"
	checked 0 lint --no-sandbox --thorough "$(fixture debian-arm64-qcow2-zstd)"
}

@test "a broken copy, and what is no image" {
	"$MUTATE" "$(fixture debian-arm64)" broken.img "gpt zero backup" "kconfig off SERIAL_AMBA_PL011_CONSOLE" \
		"initrd remove-module virtio_blk,virtio_scsi" "fstab add '/dev/vdb1 /srv ext4 defaults 0 2'" "initrd truncate" \
		"fat loop EFI/BOOT/BOOTAA64.EFI"
	checked 1 lint --no-sandbox broken.img
	truncate -s 1M nothing.img
	checked 1 lint --no-sandbox nothing.img
	checked 2 lint --no-sandbox no-such.img
}

@test "rules, explain, and the record of a guest" {
	checked 0 rules
	checked 0 rules --format=json
	checked 0 explain gpt-missing
	checked 1 guest --judge --no-sandbox "$TOP/tests/guest/no-store.record"
	checked 2 lint --no-such-option
}
