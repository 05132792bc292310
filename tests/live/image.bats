#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot IMAGE with Debian as mmdebstrap installs it, in real virtual machines under TCG: cloud-init finds the volume, the program
# on it does what it is told, and the image does not change. `make check-images` makes the images; without them this is skipped.

load common

setup_file() {
	built build/vmlint build/vmlint-guest-aarch64 build/vmlint-guest-x86_64 build/appliance-x86_64.img
}

image() { # image NAME: its path is $IMAGE
	IMAGE=$(fixtures/build --path "$1")
	[ -n "${VMLINT_BOOT_IMAGES:-}" ] || [ -e "$IMAGE" ] || skip "make check-images makes $1"
	fixtures/build "$1"
	BEFORE=$(sha256sum "$IMAGE")
}

boot() { # boot OPTION...
	run --separate-stderr build/vmlint boot --accel=tcg --format=json --log-dir="$BATS_TEST_TMPDIR/log" --timeout=1200 "$@" "$IMAGE"
	[ "$(sha256sum "$IMAGE")" = "$BEFORE" ]
	[ "$status" = "$EXPECTED" ] || { echo "status $status"; echo "$output$stderr"; tail "$BATS_TEST_TMPDIR"/log/*.console; return 1; }
	RECORD=$(echo "$BATS_TEST_TMPDIR"/log/*.record)
}

has() {
	for line; do
		grep -qE "$line" "$RECORD" || { echo "no line $line"; grep -v '^[+|&]' "$RECORD"; return 1; }
	done
}

INSIDE='any(.images[1].notes[]; startswith("looked at from inside the image"))'

@test "x86-64: from inside, with hotplug" {
	image debian-12-cloud-amd64
	EXPECTED=0 boot
	jq -e ".images[0].status == \"checked\" and $INSIDE and .summary.errors == 0" <<<"$output"
	has ' system=image ' '^rtc open=ok .* restore=ok' '^variable .* delete=ok after=ENOENT' '^cpu-power cpu=1 off=ok' \
		'^hotplug-block .* read=ok' '^hotplug-net .* up=ok' ' lost=0 damaged=0 foreign=0$'
}

@test "arm64: from inside; the empty device tree that GRUB puts there shows that firmware has none" {
	image debian-12-arm64
	EXPECTED=1 boot --no-hotplug
	jq -e "$INSIDE and [.images[].diagnostics[].rule] == [\"guest-devicetree\"]" <<<"$output"
	has '^\|PSCIv1.1$' '^aarch32 error=ok' '^variable .* delete=ok after=ENOENT' ' lost=0 damaged=0 foreign=0$'
}

@test "x86-64: one whose cloud-init is switched off is beside the appliance" {
	image debian-12-cloud-amd64
	fixtures/mutate "$IMAGE" "$BATS_TEST_TMPDIR/off.img" "part 2 write /etc/cloud/cloud-init.disabled x"
	IMAGE=$BATS_TEST_TMPDIR/off.img
	BEFORE=$(sha256sum "$IMAGE")
	EXPECTED=0 boot --no-hotplug
	jq -e 'any(.images[1].notes[]; contains("with the image as a second disk"))' <<<"$output"
	has ' system=appliance ' '^probe-end complete=yes' '^file path=/sys/class/block/vdb/serial' '^[|&]vmlint-image$'
}
