#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint boot IMAGE: linted first, never changed, looked at from inside or from beside; QEMU is tests/tools/fake-qemu.

load common

setup_file() {
	make -s -C "$TOP" build/vmlint-guest-aarch64 build/vmlint-guest-x86_64
	appliance "$BATS_FILE_TMPDIR/appliance"
	touch "$BATS_FILE_TMPDIR/firmware"
	export PLAIN_IMAGE CLOUD=$BATS_FILE_TMPDIR/cloud.img
	PLAIN_IMAGE=$(fixture debian-arm64)
	"$MUTATE" "$PLAIN_IMAGE" "$CLOUD" "part 2 write /usr/bin/cloud-init program"
}

setup() {
	export FAKE FAKE_RECORD=$TOP/tests/guest/gicv3.record FAKE_ARGS=$BATS_TEST_TMPDIR/args TMPDIR=$BATS_TEST_TMPDIR/tmp
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	mkdir "$TMPDIR"
}

teardown() {
	[ -z "$(ls -A "$TMPDIR")" ]
}

boot() { # boot FAKE OPTION... IMAGE: what it is given is what it was
	local image=${*: -1} before=
	FAKE=$1
	shift
	rm -f "$FAKE_ARGS"
	[ ! -f "$image" ] || before=$(sha256sum "$image")
	vmlint boot --qemu="$TOP/tests/tools/fake-qemu" --firmware=firmware --appliance=appliance --timeout=3 --no-hotplug \
		--accel=tcg "$@"
	[ -z "$before" ] || [ "$before" = "$(sha256sum "$image")" ] || complain "the image has changed"
}

started() { # started TEXT...: QEMU was started with these in its arguments
	for text; do
		grep -qF -- "$text" "$FAKE_ARGS" || complain "arguments with $text expected: $(<"$FAKE_ARGS")"
	done
}

INSIDE="note: looked at from inside the image"
BESIDE="note: the image has no cloud-init that asks NoCloud: looked at from inside the appliance"

@test "boot IMAGE: one with cloud-init is looked at from inside, on a snapshot" {
	boot good "$CLOUD"
	exits 1
	says "$CLOUD: 0 errors" "guest!efi/configuration-table: error: there is no device-tree entry" "guest: $INSIDE"
	started "if=none,id=image,format=raw,snapshot=on," "drive=image,bootindex=0" "id=seed,format=raw,readonly=on," "restrict=on"
	[[ $(<"$FAKE_ARGS") != *id=disk* ]]
	[ "$(wc -l <"$FAKE_ARGS")" = 1 ]
}

@test "boot IMAGE: in two more boots variables are looked for, if that is asked for" {
	boot good --persistent "$CLOUD"
	[ "$(wc -l <"$FAKE_ARGS")" = 2 ]
	says "guest: $INSIDE"
}

@test "boot IMAGE: one without cloud-init is beside the appliance" {
	boot good "$PLAIN_IMAGE"
	exits 1
	says "guest: $BESIDE"
	started "id=disk,format=raw," "drive=disk,bootindex=0" "id=image,format=raw,snapshot=on," "drive=image,serial=vmlint-image"
	[[ $(<"$FAKE_ARGS") != *id=seed* ]]
}

@test "boot IMAGE: cloud-init that is off, or asks others" {
	for how in "write /etc/cloud/cloud-init.disabled x" \
		"write /etc/cloud/cloud.cfg.d/90_dpkg.cfg 'datasource_list: [ Azure, None ]\n'"; do
		"$MUTATE" "$CLOUD" off.img "part 2 $how"
		boot good off.img
		says "guest: $BESIDE"
	done
	"$MUTATE" "$CLOUD" on.img "part 2 write /etc/cloud/cloud.cfg 'datasource_list: [ Azure ]\n'" \
		"part 2 write /etc/cloud/cloud.cfg.d/90_dpkg.cfg 'datasource_list: [ NoCloud, Azure ]\n'"
	boot good on.img
	says "guest: $INSIDE"
}

@test "boot IMAGE: nobody knows whether it has cloud-init: it is tried" {
	"$MUTATE" "$CLOUD" unknown.img "ext corrupt 2 root"
	boot good --force unknown.img
	says "guest: $INSIDE"
	boot no-cloud-init --force unknown.img
	says "guest: note: nobody in the image answered"
	[ "$(wc -l <"$FAKE_ARGS")" = 2 ]
	# longer than is read: what it asks for, the others may not say
	"$MUTATE" "$CLOUD" long.img "part 2 write /etc/cloud/cloud.cfg '$(printf 'datasource_list: [ Azure ]\\n%65536s' '#')'"
	rm "$FAKE_ARGS"
	boot no-cloud-init --force long.img
	says "guest: note: nobody in the image answered"
	[ "$(wc -l <"$FAKE_ARGS")" = 2 ]
	for how in off resets shell; do
		rm "$FAKE_ARGS"
		boot "image-$how" --force unknown.img
		says "guest: note: nobody in the image answered"
		lacks "[guest-boot]"
		[ "$(wc -l <"$FAKE_ARGS")" = 2 ]
	done
}

@test "boot IMAGE: that nobody in an image answers is not KVM's fault" {
	[ -w /dev/kvm ] || skip "there is no KVM to try"
	[ "$(uname -m)" = x86_64 ] || skip "it is for guests of another machine"
	truncate -s 1M nothing.img
	for how in no-cloud-init image-off image-resets; do
		rm -f "$FAKE_ARGS"
		boot "$how" --force --arch=x86_64 --accel=auto --timeout=2 nothing.img
		says "guest: note: nobody in the image answered" "QEMU 9.2.1 ran the machine with KVM"
		[ "$(grep -c -- '-accel kvm' "$FAKE_ARGS")" = 2 ]
		[ "$(wc -l <"$FAKE_ARGS")" = 2 ]
	done
}

@test "boot IMAGE: QEMU is confined, and its files are" {
	mkdir path
	printf '#!/bin/bash\nulimit -f >"%s"\nexec "%s" "$@"\n' "$PWD/limit" "$TOP/tests/tools/fake-qemu" >path/qemu-system-aarch64
	chmod +x path/qemu-system-aarch64
	FAKE=good PATH=$PWD/path:$PATH vmlint boot --firmware=firmware --appliance=appliance --timeout=9 --no-hotplug --accel=tcg "$CLOUD"
	exits 1
	started "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
	[ "$(<limit)" = $((16 << 20)) ] # KiB
	rm "$FAKE_ARGS"
	boot good "$CLOUD"
	! grep -q -- -sandbox "$FAKE_ARGS" || complain "a program that is told may not know it"
}

@test "boot IMAGE: lint's errors stop it, and --force goes on" {
	"$MUTATE" "$CLOUD" bad.img "file delete EFI/BOOT/BOOTAA64.EFI"
	boot good bad.img
	exits 1
	says "[efi-boot-missing]" "it is not booted: " "--force boots it"
	[ ! -e "$FAKE_ARGS" ]
	boot good --force bad.img
	exits 1
	says "[efi-boot-missing]" "guest!efi/configuration-table"
	vmlint boot --force
	refuses "--force is for an image"
}

@test "boot IMAGE: what cannot be read is not booted" {
	: >empty.img
	for image in empty.img /nonexistent /dev/null "$TOP"; do
		boot good --force "$image"
		exits 2
		says "$image: could not check: "
		[ ! -e "$FAKE_ARGS" ]
	done
}

@test "boot IMAGE: containers" {
	for kind in qcow2:qcow2 vdi:vdi vhdx:vhdx vhd:vpc vmdk:vmdk vmdk-stream:vmdk qed:qed parallels:parallels; do
		boot good "$(fixture "debian-arm64-${kind%:*}")"
		exits 1
		started "id=image,format=${kind#*:},snapshot=on,"
	done
	"$MUTATE" "$(fixture debian-arm64-qcow2)" child.qcow2 "qcow2 overlay parent.qcow2"
	qemu-img convert -O vmdk -o subformat=monolithicFlat "$PLAIN_IMAGE" flat.vmdk
	qemu-img create -q -f qed -b flat.vmdk -F vmdk child.qed
	qemu-img create -q -f vmdk -b "$(fixture debian-arm64-vmdk)" -F vmdk child.vmdk
	for image in child.qcow2 flat.vmdk child.qed child.vmdk; do
		boot good --force "$image"
		says "it is not booted: QEMU is only given images that can be read here and name no other file; \`qemu-img convert -O qcow2 $image self-"
		[ ! -e "$FAKE_ARGS" ]
	done
	printf '#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount -r -t iso9660 /dev/cloop $1\n' >a.cloop
	truncate -s 1M a.cloop
	boot good --force a.cloop
	[[ $status != 0 ]]
	[ ! -e "$FAKE_ARGS" ]
}

@test "boot IMAGE: the machine is the image's" {
	boot good "$(fixture debian-amd64)"
	started "-machine q35"
	boot good "$(fixture riscv64)"
	exits 0
	says "it is not booted: it is for riscv64"
	[ ! -e "$FAKE_ARGS" ]
	boot good --gic=2 "$(fixture debian-amd64)"
	refuses "--gic, --device-tree and --transport=mmio are for --arch=aarch64"
}

@test "boot IMAGE: by its address" {
	sum=$(sha256sum <"$CLOUD" | cut -d' ' -f1)
	boot good "file://$CLOUD#sha256=$sum"
	exits 1
	says "file://$CLOUD#sha256=$sum: 0 errors" "guest: $INSIDE"
	boot good "file://$CLOUD#sha256=${sum/?/x}"
	exits 2
	boot good "file://$CLOUD#sha256=$(sha256sum <appliance | cut -d' ' -f1)"
	exits 2
	[[ $stderr == "vmlint: file://$CLOUD: it is not what it should be: "*"it is not used" ]] || complain "the digest's message"
	[ ! -e "$FAKE_ARGS" ]
	boot good "http://127.0.0.1:1/disk.img"
	exits 2
	[[ $stderr == *"anybody on the way can change it"* ]]
	boot good "gopher://127.0.0.1/disk.img"
	exits 2
}

@test "boot IMAGE: a reference image by its name" {
	export VMLINT_REFERENCE_IMAGES=$BATS_TEST_TMPDIR/list.json
	printf '{"images":[{"name":"sample","what":"a sample","address":"file://%s","digest":"sha256=%s"}]}\n' "$CLOUD" \
		"$(sha256sum <"$CLOUD" | cut -d' ' -f1)" >"$VMLINT_REFERENCE_IMAGES"
	boot good sample
	exits 1
	says "sample: 0 errors" "guest: $INSIDE"
	vmlint boot --help
	says "  sample             a sample"
}

@test "boot IMAGE: an option that does nothing, or says something else than the image, is said so" {
	boot good "$CLOUD"
	says "--appliance does nothing here" "rules were skipped, of H" "with the same firmware"
	boot good --arch=x86_64 "$PLAIN_IMAGE"
	exits 0
	says "it is not booted: it is for aarch64, and --arch says another machine"
	[ ! -e "$FAKE_ARGS" ]
	boot good debian-12-arm46
	exits 2
	says "could not check: cannot open: No such file or directory" "none of the reference images, which are debian-"
	boot good /nonexistent
	lacks "reference images"
}

@test "boot IMAGE: JSON" {
	boot good --format=json "$CLOUD"
	exits 1
	wrong=$("$TOP/tests/schema/validate" --closed 2>&1 <<<"$output") || complain "the schema refuses it: $wrong"
	jq -e --arg image "$CLOUD" '(.images | map(.image) | unique) == [$image] and (.images | length) == 2 and
		(.images[0] | has("boot") | not) and .images[1].boot == "gic=3 transport=pci acpi=on"' <<<"$output"
}

@test "boot IMAGE: wrong calls, before anything is fetched or read" {
	for wrong in "--keep" "--hypervisor-command=true --gic=2" "--arch=x86_64 --gic=2" "--hypervisor-command=true --hotplug"; do
		vmlint boot $wrong http://127.0.0.1:1/disk.img
		exits 2
		[[ $stderr == "vmlint: --"*"Try \`vmlint boot --help\`." ]] || complain "$wrong refused"
	done
	vmlint boot one.img two.img
	refuses "two.img is too much: boot starts one image"
	vmlint boot --hypervisor-command=true "$CLOUD"
	refuses "--hypervisor-command boots the appliance, not an image"
}

@test "boot IMAGE: bad behaviour ends it with a message, and nothing is left behind" {
	local -A ends=([panic]="the kernel panicked" [shell]="the firmware found nothing to start" [off]="the machine switched itself off"
		[killed]="QEMU was killed by signal 9" [silent]="[guest-boot]" [fails]="no such machine")
	for fake in "${!ends[@]}"; do
		boot "$fake" "$CLOUD"
		exits 2
		says "${ends[$fake]}"
		lacks "$INSIDE"
	done
}
