# SPDX-License-Identifier: MIT
# QEMU and libnbd see our export of a disk as it is, and cannot write to it.

setup_file() {
	command -v qemu-img >/dev/null && command -v nbdinfo >/dev/null || skip "qemu-utils or libnbd-bin is not installed"
	: "${BUILD:=build/sanitize-address-undefined}"
	make -s SANITIZE=address,undefined "$BUILD/tests/nbd-serve"
	export NBD_SERVE="$PWD/$BUILD/tests/nbd-serve"
	cd "$BATS_FILE_TMPDIR"
	head -c 5000000 /dev/urandom >disk
	truncate -s 40000123 disk
	printf end >>disk
}

setup() {
	cd "$BATS_FILE_TMPDIR"
	mkfifo "$BATS_TEST_TMPDIR/stop"
	"$NBD_SERVE" disk "$BATS_TEST_TMPDIR/s" <"$BATS_TEST_TMPDIR/stop" 3>&- &
	server=$!
	exec 9>"$BATS_TEST_TMPDIR/stop"
	for _ in $(seq 100); do
		[ ! -S "$BATS_TEST_TMPDIR/s" ] || break
		sleep 0.05
	done
	uri="nbd+unix:///?socket=$BATS_TEST_TMPDIR/s"
}

teardown() {
	exec 9>&-
	[ -z "${server:-}" ] || wait "$server"
}

@test "libnbd: size, read-only, block sizes, the bytes" {
	nbdinfo --json "$uri" >info
	jq -e '.exports[0] | ."export-size" == 40000126 and .is_read_only and .block_size_maximum == 1048576 and .can_multi_conn' info
	nbdcopy --connections=3 "$uri" copy
	cmp disk copy
	nbdinfo --list "$uri" >/dev/null
	run nbdinfo "nbd+unix:///nosuch?socket=$BATS_TEST_TMPDIR/s"
	[ "$status" != 0 ]
}

@test "QEMU: the bytes, under a layer of its own too, and no writing" {
	qemu-img compare -f raw -F raw "nbd:unix:$BATS_TEST_TMPDIR/s" disk
	qemu-img create -q -f qcow2 -b "nbd:unix:$BATS_TEST_TMPDIR/s" -F raw layer
	qemu-io -f qcow2 -c 'write -P 7 1M 64k' layer >/dev/null
	qemu-io -f qcow2 -c 'read -P 7 1M 64k' layer | grep -q '65536/65536'
	cp disk before
	run qemu-io -f raw -c 'write 0 512' "nbd:unix:$BATS_TEST_TMPDIR/s"
	[ "$status" != 0 ]
	cmp disk before
}
