# SPDX-License-Identifier: MIT
# boot: vmlint boot with a program in the place of QEMU (tests/tools/fake-qemu); behind `load common`.

setup_file() {
	appliance "$BATS_FILE_TMPDIR/appliance"
	sha256sum "$BATS_FILE_TMPDIR/appliance" >"$BATS_FILE_TMPDIR/sum"
	touch "$BATS_FILE_TMPDIR/firmware"
}

setup() {
	export FAKE FAKE_RECORD=$TOP/tests/guest/gicv2.record TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
}

# Nothing is left behind, and the image is what it was.
teardown() {
	[ -z "$(ls -A "$TMPDIR")" ]
	sha256sum --quiet -c "$BATS_FILE_TMPDIR/sum"
}

boot() { # boot FAKE OPTION...
	FAKE=$1
	shift
	vmlint boot --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware --appliance=appliance --timeout=3 --no-hotplug --no-persistent \
		"$@"
}
