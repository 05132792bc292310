# SPDX-License-Identifier: MIT
# common: what tests of vmlint boot in real virtual machines share: it leaves nothing in TMPDIR.

bats_require_minimum_version 1.5.0

# built MAKE-TARGET...: what is run is there; a suite builds it before
built() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	[ -n "${VMLINT_BUILT:-}" ] || make -s "$@"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
}

teardown() {
	[ -z "$(ls -A "$TMPDIR")" ]
}
