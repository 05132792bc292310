#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is over a limit is not evaluated, says which option raises it, and is no finding.

load common

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	fixture debian-arm64 >path
	fixture gzip-kernel-arm64 >gzip-path
	fixture squashfs-arm64 >squashfs-path
}

# broken OPERATION...: a copy of the sample, broken.img
broken() {
	rm -f broken.img
	"$MUTATE" "$(cat path)" broken.img "$@"
}

@test "README, the manual, and --help have the table of the source" {
	local name value of_reports
	"$TOP/build/tests/limits-table" readme >table
	sed -n '/^### Limits/,/^###* [^L]/p' "$TOP/README.md" | grep '^|' | diff - table
	"$TOP/build/tests/limits-table" man >table
	sed -n '/^\.SS Limits/,/^\.SS What to print/p' "$TOP/man/vmlint-lint.1" | sed -n '/^\.TP/,$p' | grep -v '^\.SS' | diff - table
	for help in lint boot; do
		vmlint $help --help
		while read -r name value of_reports; do
			says "--$name=" "$value: "
		done < <("$TOP/build/tests/limits-table" names)
	done
	vmlint guest --help
	while read -r name value of_reports; do
		# the time is that of a record, with --judge
		if [ "$of_reports" = 1 ] || [ "$name" = max-time ]; then says "--$name="; else lacks "--$name="; fi
	done < <("$TOP/build/tests/limits-table" names)
	vmlint guest --judge --max-files=10 record
	refuses "unknown option --max-files=10"
}

# judged IMAGE OPTION VALUE...: is it judged as without the option, to the end?
judged() {
	vmlint --reader=native --thorough "--$2=$3" "$1"
	[ "$status" != 2 ] && [ "$output" = "$(cat whole)" ]
}

# table IMAGE OPTION MOST: finds the least value with which the image is judged whole: one less is not evaluated, with the
# option's name and without a finding.
table() {
	local low=0 high=$3 middle
	vmlint --reader=native --thorough "$1"
	exits 0
	lacks "not evaluated" "could not"
	printf '%s' "$output" >whole
	before=$(findings)
	judged "$1" "$2" "$3" || complain "it is not judged with --$2=$3"
	while [ $((high - low)) -gt 1 ]; do
		middle=$(((low + high) / 2))
		if judged "$1" "$2" $middle; then high=$middle; else low=$middle; fi
		[[ " $before" == *" $(findings)"* ]] || complain "a finding by --$2=$middle"
	done
	[ "$low" -gt 0 ] || complain "--$2 has no effect on $1"
	vmlint --reader=native --thorough "--$2=$low" "$1"
	exits 2
	says "--$2"
	[[ $output == *"not evaluated: "* || $output == *"could not check"* ]] || complain "not said to be not evaluated"
	vmlint --reader=native --thorough "--$2=$high" "$1"
	exits 0
}

@test "unpacked bytes, of an initrd and of a kernel" {
	table "$(cat path)" max-decompressed 1000000000
	table "$(cat gzip-path)" max-decompressed 1000000000
	# the kernel alone
	rm -f broken.img
	"$MUTATE" "$(cat gzip-path)" broken.img "part 2 rm-glob /boot/config-*"
	vmlint --max-decompressed=1M broken.img
	exits 2
	says "unpacked, the kernel has more than 131072 bytes, an eighth of --max-decompressed"
}

@test "files" {
	table "$(cat path)" max-files 65536
	table "$(cat squashfs-path)" max-files 65536
}

@test "directories in directories" {
	local deep=a
	table "$(cat path)" max-depth 32
	for i in {1..39}; do deep+=/a; done
	# more than the limit, of FAT, whose whole tree is gone through
	rm -f broken.img
	"$MUTATE" "$(cat path)" broken.img "file mkdir $deep"
	vmlint broken.img
	exits 2
	says "directories more than 32 deep (--max-depth raises it)"
	[ "$(findings)" = "" ]
	vmlint --max-depth=40 broken.img
	exits 0
	lacks "not evaluated"
}

@test "paths and symbolic links" {
	broken "part 2 symlink /boot/config-link ../boot/../boot/../boot/../usr/lib/os-release" \
		"part 2 symlink /sbin/init ../lib/../lib/../lib/../lib/systemd/systemd"
	table broken.img max-path 4096
}

@test "time" {
	local good
	good=$(fixture debian-arm64)
	VMLINT=$PLAIN
	# a reader that waits, so that no machine is too fast for it
	LD_PRELOAD="$TOP/build/tests/faults.so" FAULT_PREAD="20 hang" vmlint --max-time=1 "$good"
	exits 2
	says "could not check: the reader was stopped by its limit of time: it took more than 1 s (--max-time raises it)"
	vmlint --max-time=50 "$good"
	exits 0
}

@test "limits without an option are no findings either, and said" {
	local options=nofail words="" i
	for i in {1..300}; do options+=,o$i; done
	broken "fstab add \"LABEL=data /srv ext4 $options 0 0\""
	vmlint broken.img
	exits 2
	says "could not check further: a line of fstab has more than 256 options"
	for i in {1..5000}; do words+=" a$i"; done
	broken "grub replace \" root=\" \"$words root=\""
	vmlint broken.img
	exits 2
	says "could not check further: a kernel command line has more than 4096 words"
	[ "$(findings)" = "" ]
	# one limit does not hide another
	broken "fstab add \"LABEL=data /srv ext4 $options 0 0\"" "grub replace \" root=\" \"$words root=\""
	vmlint broken.img
	exits 2
	says "could not check further: " "a line of fstab has more than 256 options" "a kernel command line has more than 4096 words"
	# nor a file that is too long, whoever asked for it
	dd if=/dev/zero bs=70000 count=1 status=none | tr '\0' '#' >long
	broken "part 2 append /usr/lib/os-release \"$(<long)\""
	vmlint broken.img
	exits 2
	says "could not check further: " "/usr/lib/os-release is longer than 65536 bytes"
	# a menu entry that nobody boots unless he chooses it
	broken "grub append \"menuentry other { while true; do set a=b; done; }\n\""
	vmlint broken.img
	exits 2
	says "could not check further: the script runs too many commands" "of /boot/grub/grub.cfg), a limit that no option raises"
	words=""
	for i in {1..260}; do words+="menuentry x$i { linux /vmlinuz }\n"; done
	broken "grub append \"$words\""
	vmlint broken.img
	exits 2
	says "could not check further: a menu of GRUB has more than 256 entries, a limit that no option raises"
	"$MUTATE" debian-arm64-qcow2 broken.qcow2
	python3 - <<-'END'
	import struct
	with open("broken.qcow2", "r+b") as f:
	    f.seek(100); length = struct.unpack(">I", f.read(4))[0]
	    f.seek(length); f.write(struct.pack(">II", 0x12345678, 0) * 66 + bytes(8))
	END
	vmlint broken.qcow2
	exits 2
	says "broken.qcow2: could not check: " "the qcow2 has more than 64 header extensions"
}

# names N: an fstab with N lines that are warned of
names() {
	local text="" i
	for i in $(seq "$1"); do text+="/dev/vd$(printf "\\x$(printf %x $((98 + i % 20)))")$i /srv$i ext4 defaults 0 0\n"; done
	broken "part 2 append /etc/fstab \"$text\""
}

@test "and N more: counted, said, and shown on demand" {
	names 33
	vmlint broken.img
	exits 1
	[ "$(grep -c ': error: .*\[fstab-device-name\]$' <<<"$output")" = 20 ] || complain "20 expected"
	says "broken.img: and 13 more of this rule (--max-diagnostics=0 shows all) [fstab-device-name]" "broken.img: 33 errors"
	cp <(printf %s "$output") first
	vmlint broken.img
	diff first <(printf %s "$output")
	vmlint --max-diagnostics=33 broken.img
	lacks " more of this rule"
	[ "$(grep -c ': error: .*\[fstab-device-name\]$' <<<"$output")" = 33 ]
	cp <(printf %s "$output") all
	# what is shown is what comes first
	diff <(grep ': error: ' first) <(grep ': error: ' all | head -n 20)
	vmlint --max-diagnostics=0 broken.img
	diff all <(printf %s "$output")
	vmlint --max-diagnostics=32 broken.img
	says "and 1 more of this rule" "broken.img: 33 errors"
	vmlint --quiet --max-diagnostics=1 broken.img
	exits 1
	says "and 32 more of this rule"
}

@test "and N more: what --quiet leaves out is left out of the number" {
	names 33
	vmlint --quiet --severity=fstab-device-name=warning broken.img
	exits 0
	[ -z "$output" ]
	vmlint --quiet --severity=fstab-device-name=warning --fail-on=warning broken.img
	exits 1
	says "and 13 more of this rule"
}

@test "and N more: in JSON" {
	names 33
	vmlint --format=json broken.img
	exits 1
	"$TOP/tests/schema/validate" --closed <<<"$output" || complain "against the schema"
	[ "$(jq -c '.images[0].more' <<<"$output")" = '[{"rule":"fstab-device-name","errors":13,"warnings":0,"notes":0}]' ]
	[ "$(jq '.summary.errors' <<<"$output")" = 33 ]
	[ "$(jq '.images[0].diagnostics | length' <<<"$output")" = 20 ]
	vmlint --format=json --max-diagnostics=0 broken.img
	[ "$(jq -c '.images[0] | has("more"), (.diagnostics | length)' <<<"$output")" = $'false\n33' ]
}

@test "hundreds of findings are shown where all are asked for" {
	names 1500
	vmlint --max-diagnostics=0 broken.img
	exits 1
	[ "$(grep -c ': error: .*\[fstab-device-name\]$' <<<"$output")" = 1500 ]
	vmlint broken.img
	says "and 1480 more of this rule" "1500 errors"
}
