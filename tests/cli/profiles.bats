#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Profiles: ours and a user's own, their rows, and what is said of a mistake in one.

load common

PROFILES=$TOP/rules/profiles


@test "our profiles are as the schema says, and say what each row must" {
	run "$TOP/tests/schema/profile" "$PROFILES"/*[0-9].json
	[ "$status" = 0 ] || complain "not valid"
	# an id is a driver's, whichever profile has it, and no row is there twice
	for profile in "$PROFILES"/*[0-9].json; do
		jq -e '[.drivers[].id] | length > 15 and length == (unique | length)' "$profile"
		jq -e 'all(.drivers[]; (.why | length) > 20 and (.title | length) > 10)' "$profile"
	done
	jq -e '[.drivers[] | select(.severity != "note" and (.clause | not))] == []' "$PROFILES/vmspec-2.0.json"
}

@test "the specification's rows are all there" {
	local id
	for id in pl011 pl011-console sbsa-uart gicv2 gicv3 gicv3-its efi efi-stub efi-rtc efi-variables acpi device-tree psci timer \
		pci-host pcie-hotplug acpi-hotplug virtio-pci virtio-mmio virtio-blk virtio-scsi virtio-net virtio-console \
		virtio-balloon virtio-rng xen-guest xen-block xen-network xen-console xen-balloon; do
		vmlint explain "driver-$id"
		exits 0
		says "driver-$id: " "Profile vmspec-2.0 (" " expects "
	done
	# 32-bit Arm has no ACPI
	vmlint explain driver-acpi
	says "Profile vmspec-2.0 (error; aarch64; Linux 4.1 or later) expects CONFIG_ACPI built in."
}

# mistake PLACE TEXT [beyond]: the profile in bad.json is refused, at that place; by the schema too, unless it is beyond that.
mistake() {
	vmlint rules --profile=bad.json
	exits 2
	[[ $stderr == *"profile bad.json:$1: "* ]] || complain "bad.json:$1 expected"
	[[ $stderr == *"$2"* ]] || complain "\"$2\" expected"
	[ "${3:-}" = beyond ] && return
	run --separate-stderr "$TOP/tests/schema/profile" bad.json
	[ "$status" = 1 ] || complain "the schema takes it"
}

@test "a mistake is reported with file, line, column and what was expected, and the schema sees it too" {
	echo '{"name": 3}' >bad.json
	mistake 1:10 "a string is expected"
	printf '{\n  "title": ""\n}\n' >bad.json
	mistake 2:12 "text is expected"
	printf '{"name": "x",\n "colour": "red"}\n' >bad.json
	mistake 2:2 "name, title, extends, architectures, clauses, drivers or rules is expected"
	echo '{"clauses": "yes"}' >bad.json
	mistake 1:13 "true or false"
	echo '{"architectures": ["arm", "ppc64"]}' >bad.json
	mistake 1:27 "aarch64, arm, x86_64 or riscv64"
	echo '{"rules": {"gpt-missing": "note", "esp-*": "bad"}}' >bad.json
	mistake 1:44 "error, warning, note or off"
	echo '{"rules": ["gpt-missing"]}' >bad.json
	mistake 1:11 "an object of rule: severity"
	echo '{"drivers": {"id": "x"}}' >bad.json
	mistake 1:13 "an array of drivers' rows"
	echo '{"drivers": ["x"]}' >bad.json
	mistake 1:14 "a driver's row"
	echo '{"extends": "vmspec-2.0", "drivers": [{"severity": "off"}]}' >bad.json
	mistake 1:39 '"id" is missing'
	echo '{"extends": "vmspec-2.0", "drivers": [{"id": "Virtio"}]}' >bad.json
	mistake 1:46 "small letters, digits and hyphens"
}

@test "a mistake in a row" {
	local row='"id": "x", "title": "no x", "why": "because", "severity": "error", "where": "builtin"'
	printf '{"drivers": [\n  {%s}\n]}\n' "$row" >bad.json
	mistake 2:3 '"kconfig" or "modules" is missing'
	printf '{"drivers": [\n  {"id": "x", "title": "no x", "why": "y", "where": "builtin", "modules": ["x"]}\n]}\n' >bad.json
	mistake 2:3 '"severity" is missing: no extended profile has a row "x"'
	printf '{"drivers": [{%s,\n"kconfig": {"all": ["CONFIG_X"]}}]}\n' "$row" >bad.json
	mistake 2:21 'without CONFIG_'
	printf '{"drivers": [{%s,\n"kconfig": {"all": []}}]}\n' "$row" >bad.json
	mistake 2:20 'an array of Kconfig symbols'
	printf '{"drivers": [{%s,\n"kconfig": {"some": ["X"]}}]}\n' "$row" >bad.json
	mistake 2:13 'all or any'
	printf '{"drivers": [{%s,\n"kconfig": {"any": ["X", {"since": "5.9"}]}}]}\n' "$row" >bad.json
	mistake 2:26 '"symbol" is missing'
	printf '{"drivers": [{%s,\n"kconfig": {"any": [{"symbol": "X", "since": 5.9}]}}]}\n' "$row" >bad.json
	mistake 2:46 'such as "5.9"'
	printf '{"drivers": [{%s,\n"kconfig": {"any": [{"symbol": "X", "until": "5.9-rc1"}]}}]}\n' "$row" >bad.json
	mistake 2:46 'such as "5.9"'
	printf '{"drivers": [{%s,\n"kconfig": {"any": [{"symbol": "X", "since": "5.9.1.2"}]}}]}\n' "$row" >bad.json
	mistake 2:46 'such as "5.9"'
	printf '{"drivers": [{%s,\n"kconfig": {"any": [{"symbol": "X", "formerly": "Y"}]}}]}\n' "$row" >bad.json
	mistake 2:21 '"since" is missing'
	printf '{"drivers": [{%s,\n"kconfig": {"any": [{"symbol": "X", "renamed": "Y"}]}}]}\n' "$row" >bad.json
	mistake 2:37 'symbol, since, until, formerly or architectures'
	printf '{"drivers": [{%s,\n"modules": ["a b"]}]}\n' "$row" >bad.json
	mistake 2:13 "a module's name"
	printf '{"drivers": [{%s,\n"modules": ["a"], "effect": "bad"}]}\n' "$row" >bad.json
	mistake 2:29 "blocks-boot, degrades, conformance or hygiene"
	printf '{"drivers": [{%s,\n"modules": ["a"], "wher": "initrd"}]}\n' "$row" >bad.json
	mistake 2:19 "id, severity, effect"
	printf '{"drivers": [{%s,\n"kconfig": {"all": ["X"]}}]}\n' "${row/builtin/initrd}" >bad.json
	mistake 1:14 '"modules" is missing: what the initrd must hold'
	printf '{"drivers": [{%s,\n"modules": ["a"]}]}\n' "${row/builtin/module}" >bad.json
	mistake 1:91 "builtin, initrd or installed"
}

@test "what no schema can see is refused too" {
	local row='"title": "no x", "why": "because", "severity": "error", "where": "builtin", "modules": ["x"]'
	printf '{"name": "x",\n "title": "y",\n "name": "z"}\n' >bad.json
	mistake 3:2 '"name" stands a second time' beyond
	printf '{"rules": {\n "gpt-missing": "note",\n "gpt-mising": "note"}}\n' >bad.json
	mistake 3:2 'there is no rule "gpt-mising"' beyond
	printf '{"drivers": [{"id": "x", %s},\n {"id": "x", %s}]}\n' "$row" "$row" >bad.json
	mistake 2:9 'there is a row "x" already' beyond
	printf '{"drivers": [{"id": "x", %s,\n "after": ["nothing"]}]}\n' "$row" >bad.json
	mistake 2:12 'neither a row nor a rule "nothing"' beyond
	printf '{"drivers": [{"id": "x", %s, "after": ["y"]},\n {"id": "y", %s, "after": ["x"]}]}\n' "$row" "$row" >bad.json
	mistake 1:130 '"y" comes after "x" already' beyond
	printf '{"drivers": [{"id": "x", %s, "after": ["x"]}]}\n' "$row" >bad.json
	mistake 1:130 '"x" comes after "x" already' beyond
	# a column counts characters, and a word that stands elsewhere too is not taken for the place
	printf '{"title": "severity \xc3\xa9\xc3\xa9", "rules": {"severity": "bad"}}\n' >bad.json
	mistake 1:48 "error, warning, note or off"
	printf '{"rules": {"gpt-missing": "note"}} more\n' >bad.json
	mistake 1:36 "" beyond
	printf '{"rules": {"gpt-missing": "note",}}\n' >bad.json
	vmlint rules --profile=bad.json
	exits 2
	[[ $stderr == *"bad.json:1:"* ]]
	printf '{"name": "\xff"}\n' >bad.json
	vmlint rules --profile=bad.json
	exits 2
	[[ $stderr == *"bad.json:1:"* ]]
}

@test "extends: by name, by a path relative to the file, a chain, and no ring" {
	mkdir -p base/more
	echo '{"name": "base", "extends": "vmspec-2.0", "rules": {"driver-virtio-*": "note"}}' >base/base.json
	echo '{"name": "more", "extends": "../base.json", "rules": {"driver-virtio-net": "error"}}' >base/more/more.json
	vmlint rules --profile=base/more/more.json
	exits 0
	(cd base/more && "$VMLINT" rules --profile=./more.json >/dev/null)
	"$VMLINT" rules --profile="$PWD/base/more/more.json" >/dev/null
	echo '{"extends": "ring2.json"}' >ring1.json
	echo '{"extends": "./ring1.json"}' >ring2.json
	vmlint rules --profile=ring1.json
	exits 2
	[[ $stderr == *"profile "*ring[12].json":1:13: too many profiles extend each other"* ]]
	echo '{"extends": "bad.json"}' >bad.json
	mistake 1:13 "too many profiles extend each other" beyond
	echo '{"extends": "nowhere.json"}' >bad.json
	vmlint rules --profile=bad.json
	exits 2
	[[ $stderr == *nowhere.json* ]]
	echo '{"extends": "vmspec-9"}' >bad.json
	mistake 1:13 'there is no profile "vmspec-9"' beyond
	printf '\n []\n' >bad.json
	mistake 2:2 "a JSON object is expected" beyond
}

@test "a profile of one's own adds a row, which every command knows" {
	cat >mine.json <<-'EOF'
		{ "name": "mine", "extends": "vmspec-2.0",
		  "drivers": [
		    { "id": "display", "title": "the kernel has no driver for the display", "severity": "error",
		      "where": "installed", "kconfig": { "any": ["DRM_VIRTIO_GPU", "DRM_SIMPLEDRM"] }, "modules": ["virtio-gpu"],
		      "why": "Our desktops are seen by their users." } ] }
	EOF
	vmlint rules --profile=mine.json
	says "driver-display "
	vmlint rules
	lacks "driver-display "
	vmlint rules --profile=mine.json --format=json
	jq -e '.[] | select(.rule == "driver-display") | .severity == "error" and (.text | contains("desktops"))' <<<"$output" >/dev/null
	vmlint rules --profile=mine.json --format=man
	says ".SS driver\\-display"
	vmlint explain --profile=mine.json driver-display
	exits 0
	says "Our desktops are seen" "Profile mine (error) expects CONFIG_DRM_VIRTIO_GPU or CONFIG_DRM_SIMPLEDRM"
	vmlint explain driver-display
	exits 2
	local good
	good=$(fixture debian-arm64)
	vmlint --profile=mine.json "$good"
	exits 1
	says "/boot/config-" "none of CONFIG_DRM_VIRTIO_GPU, CONFIG_DRM_SIMPLEDRM is set, =y or =m expected [driver-display]" "1 error"
	vmlint --profile=mine.json --ignore=driver-display "$good"
	exits 0
	vmlint --severity=driver-display=note --profile=mine.json "$good"
	exits 0
	says "note: none of CONFIG_DRM_VIRTIO_GPU"
	vmlint --select=driver-display "$good"
	refuses 'no rule matches "driver-display"'
}

@test "a profile of one's own changes a row, or switches it off" {
	local good
	good=$(fixture debian-arm64)
	"$MUTATE" "$good" broken.img 'kconfig off VIRTIO_BALLOON' 'module remove virtio_balloon'
	vmlint broken.img
	exits 0
	says "warning: CONFIG_VIRTIO_BALLOON is not set, =y or =m expected [driver-virtio-balloon]"
	echo '{"name": "p", "extends": "vmspec-2.0", "drivers": [{"id": "virtio-balloon", "severity": "error"}]}' >p.json
	vmlint --profile=p.json broken.img
	exits 1
	says "error: CONFIG_VIRTIO_BALLOON"
	echo '{"name": "p", "extends": "vmspec-2.0", "drivers": [{"id": "virtio-balloon", "where": "builtin"}]}' >p.json
	vmlint --profile=p.json "$good"
	exits 0
	says "warning: CONFIG_VIRTIO_BALLOON=m, =y expected"
	echo '{"name": "p", "extends": "vmspec-2.0", "drivers": [{"id": "virtio-balloon", "severity": "off"}]}' >p.json
	vmlint --profile=p.json broken.img
	lacks BALLOON
	# "rules" win over rows, but not over a row of a profile that comes later
	echo '{"name": "p", "extends": "vmspec-2.0", "rules": {"driver-virtio-*": "off"}}' >p.json
	vmlint --profile=p.json broken.img
	lacks BALLOON
	echo '{"name": "q", "extends": "p.json", "drivers": [{"id": "virtio-balloon", "severity": "error"}]}' >q.json
	vmlint --profile=q.json broken.img
	exits 1
	says "error: CONFIG_VIRTIO_BALLOON"
}

@test "a profile that is not for the image is remarked" {
	local good
	good=$(fixture debian-arm64)
	vmlint -v --profile=uefi-x86_64 "$good"
	says "remark: profile uefi-x86_64 is not for images of aarch64, which this one is"
	vmlint -v --profile=vmspec-2.0 "$good"
	lacks "is not for images of"
}

@test "the README's and the manual's profiles are good" {
	sed -n '/^    {"name": "our-images"/,/^$/p' "$TOP/README.md" >readme.json
	sed -n '/^    {"extends": "vmspec/,/^\.fi/p' "$TOP/man/vmlint-lint.1" | sed 's/\\-/-/g; /^\.fi/d' >manual.json
	for profile in readme manual; do
		run "$TOP/tests/schema/profile" $profile.json
		[ "$status" = 0 ] || complain "not valid"
		vmlint explain --profile=$profile.json driver-display driver-virtio-rng
		exits 0
		vmlint --exit-zero --profile=$profile.json "$(fixture debian-arm64)"
		exits 0
		says "[driver-display]"
	done
}
