# SPDX-License-Identifier: MIT
# Our partition table readers see what sfdisk, fdisk and sgdisk say of tables that these tools made.

setup_file() {
	PATH=$PATH:/usr/sbin:/sbin
	: "${BUILD:=build}"
	export PATH TABLE_DUMP="$PWD/$BUILD/tests/table-dump" LC_ALL=C.UTF-8
	test -x "$TABLE_DUMP"
	export DIFFERENTIAL="$PWD/tests/differential"
	cd "$BATS_FILE_TMPDIR"
}

setup() {
	cd "$BATS_FILE_TMPDIR"
	rm -f disk expected
	RANDOM=$BATS_TEST_NUMBER
}

# theirs DISK: sfdisk's account in table-dump's words
theirs() {
	sfdisk --json "$1" | python3 -c '
import json, sys
t = json.load(sys.stdin)["partitiontable"]
gpt = t["label"] == "gpt"
print("gpt", t["id"], t["sectorsize"]) if gpt else print("dos", t["id"])
bits = {"RequiredPartition": 0, "NoBlockIOProtocol": 1, "LegacyBIOSBootable": 2}
for p in t["partitions"]:
    number = p["node"][len(t["device"]):].lstrip("p")
    if gpt:
        attributes = 0
        for a in p.get("attrs", "").split():
            for b in a.removeprefix("GUID:").split(","):
                attributes |= 1 << (bits[b] if b in bits else int(b))
        print(number, p["start"], p["size"], p["type"], p["uuid"], "%x" % attributes, p.get("name", ""))
    else:
        print(number, p["start"], p["size"], p["type"], "active" if p.get("bootable") else "-")
'
}

same() {
	theirs disk >expected
	"$TABLE_DUMP" disk | diff expected -
}

@test "GPT made by sfdisk: numbers, types, names and attributes" {
	truncate -s 64M disk
	sfdisk -q disk <<-'END'
	label: gpt
	size=4M, type=uefi, name="EFI system ελ", attrs="RequiredPartition"
	size=4M, type=linux, name="it's {a: b}", attrs="LegacyBIOSBootable GUID:48,63"
	7: size=1M, type=21686148-6449-6E6F-744E-656564454649
	128: size=2M, type=linux, name="abcdefghijklmnopqrstuvwxyz0123456789"
	END
	same
}

@test "GPT made by sfdisk: twenty random layouts" {
	for _ in $(seq 20); do
		rm -f disk
		truncate -s "$((RANDOM % 100 + 20))M" disk
		{
			echo "label: gpt"
			echo "first-lba: $((RANDOM % 500 + 66))" # a table of 256 entries takes LBA 2 to 65
			echo "table-length: $(((RANDOM % 8 + 1) * 32))"
			count=$((RANDOM % 12 + 1)) # not in a subshell, which has a random seed of its own
			for n in $(seq "$count"); do
				echo "$((n * 2 - RANDOM % 2)): size=$((RANDOM % 900 + 1))K, type=linux, name=p$RANDOM"
			done
		} >script
		sfdisk -q disk <script
		same
	done
}

@test "GPT made by sgdisk: entries out of order, a table of another size" {
	truncate -s 64M disk
	sgdisk -S 256 -a 1 -n 3:50000:60000 -t 3:ef00 -c 3:boot -n 1:2048:+5M -A 1:set:60 -n 200:70000:70000 disk >/dev/null
	same
	sgdisk -s disk >/dev/null # sorted
	same
	[ "$("$TABLE_DUMP" disk | wc -l)" = 4 ]
}

@test "GPT made by sgdisk with the main table moved" {
	truncate -s 64M disk
	sgdisk -j 1000 -n 1:4096:+5M disk >/dev/null
	"$TABLE_DUMP" disk | grep '^1 4096 10240'
	run "$TABLE_DUMP" disk
	[[ $output != *faults* ]]
}

@test "GPT for 4096-byte sectors made by fdisk" {
	truncate -s 64M disk
	printf 'g\nn\n1\n\n+8M\nt\n1\nn\n\n\n\nw\n' | fdisk -b 4096 disk >/dev/null
	"$TABLE_DUMP" disk >ours
	head -n 1 ours | grep ' 4096$'
	fdisk -b 4096 -l -o Start,Sectors,Type-UUID,UUID disk | sed '1,/^ *Start/d' |
		awk '{ print $1, $2, $3, $4 }' >expected
	sed 1d ours | awk '{ print $2, $3, $4, $5 }' | diff expected -
	! grep faults ours || return 1
}

@test "MBR made by sfdisk: primary, extended and logical partitions" {
	truncate -s 64M disk
	sfdisk -q disk <<-'END'
	label: dos
	size=4M, type=ef, bootable
	size=4M, type=83
	size=40M, type=5
	size=2M, type=82
	size=4M, type=83
	size=4M, type=83
	size=4M, type=b
	END
	same
	sfdisk -q --delete disk 6
	same
}

@test "MBR made by sfdisk: twenty random layouts with logical partitions" {
	for _ in $(seq 20); do
		rm -f disk
		truncate -s 100M disk
		{
			echo "label: dos"
			echo "size=$((RANDOM % 9 + 1))M, type=83"
			echo "start=$((RANDOM % 9 + 20))M, size=$((RANDOM % 20 + 50))M, type=f"
			count=$((RANDOM % 8 + 1))
			for n in $(seq "$count"); do
				echo "$((n + 4)): size=$((RANDOM % 4 + 1))M, type=83"
			done
		} >script
		sfdisk -q disk <script
		same
	done
}

@test "every good image: libfdisk and sgdisk see the same table" {
	"$DIFFERENTIAL/gpt.py" "$TABLE_DUMP" fixtures
}

@test "changed tables: what libfdisk and sgdisk see is what we see, or the difference has a name" {
	"$DIFFERENTIAL/gpt.py" "$TABLE_DUMP" mutated 5 150
}
