#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our GPT reader beside libfdisk (sfdisk, fdisk) and sgdisk.

    gpt.py TABLE-DUMP fixtures             every good image, raw or a file that holds a raw disk
    gpt.py TABLE-DUMP mutated SEED COUNT   small disks with changed headers, entries and records, checksums made right or not

What is compared: each partition's number, first LBA, sectors, type, GUID, attributes and name.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

from pairs import Error, Image, Table, Tally, apply, fixtures, flip, ours, run, seeded
from mutator import gptops, mbr, raw  # noqa: F401: their operations

CLASSES = {
	"libfdisk: no protective record":
		"it looks for a GPT only where LBA 0 has a record of type EE; EDK2 finds the partitions without one, and so do we",
	"libfdisk: both copies are damaged":
		"EDK2 takes neither copy and we say so of both; libfdisk shows no partitions, or the protective record as one",
	"libfdisk: takes what EDK2 does not":
		"EDK2 takes neither copy and we say why; libfdisk checks fewer fields and shows the same entries or the other copy's",
	"libfdisk: the backup is elsewhere":
		"the primary is lost and the backup is not in the last sector: we find it by the protective MBR, libfdisk does not",
	"libfdisk: the disk was cut":
		"the backup lies beyond the disk's end; EDK2 takes the primary all the same, and we say how long the disk must be",
	"libfdisk: used by its start":
		"an entry is in use for it when its first LBA is not 0, in the UEFI specification when its type is not 0",
	"libfdisk: a fault that EDK2 does not mind":
		"it refuses a header whose usable sectors leave the disk, and takes the other copy or none; EDK2 takes it, and we name the fault",
	"sgdisk: it has warned":
		"one copy or both are damaged and we say so of each; sgdisk warns (or dies), and takes the header of one and the entries of the other, "
		"which EDK2 never does, or begins an empty table",
	"sgdisk: no protective record":
		"it asks whether a GPT without a record of type EE is meant, and takes the DOS table or nothing without an answer",
	"sgdisk: entries of 128 bytes": "it reads no entries of another size, which the specification allows, and says so",
	"sgdisk: a DOS table": "it shows DOS partitions as those of a GPT that it would make of them, under other numbers",
}


def from_sfdisk(path):
	"""The partitions as libfdisk sees them, [] for none, and the label."""
	said = run("sfdisk", "--json", path)
	if said.status:
		return [], None
	# halves of pairs of UTF-16 have no character: libfdisk writes them all the same
	text = re.sub("[\ud800-\udfff]", "\ufffd", said.out.decode(errors="surrogatepass"))
	table = json.loads(text)["partitiontable"]
	gpt = table["label"] == "gpt"
	bits = {"RequiredPartition": 0, "NoBlockIOProtocol": 1, "LegacyBIOSBootable": 2}
	rows = []
	for p in table.get("partitions", []):
		number = int(re.search(r"p?(\d+)$", p["node"][len(table["device"]):]).group(1))
		if not gpt:
			rows.append((number, p.get("start", 0), p.get("size", 0), p["type"]))
			continue
		attributes = 0
		for a in (p.get("attrs") or "").split():
			for b in a.removeprefix("GUID:").split(","):
				attributes |= 1 << (bits[b] if b in bits else int(b))
		rows.append((number, p.get("start", 0), p.get("size", 0), p["type"], p["uuid"], attributes, p.get("name", "")))
	return rows, table["label"]


def from_fdisk(path, sector):
	"""The same from fdisk, which can be told the sector size, without attributes and names."""
	said = run("fdisk", "-b", sector, "-l", "-o", "Device,Start,Sectors,Type-UUID,UUID", path)
	rows = []
	for line in said.out.decode().split("Device", 1)[-1].split("\n")[1:]:
		word = line.split()
		if len(word) == 5:
			rows.append((int(re.search(r"(\d+)$", word[0]).group(1)), int(word[1]), int(word[2]), word[3], word[4]))
	return rows


def from_sgdisk(path):
	"""The same from sgdisk, and all that it said."""
	listed = run("sgdisk", "-p", path)
	numbers = re.findall(r"^ +(\d+) +\d+ +\d+ ", listed.text.split("Number", 1)[-1], re.M) if "Number" in listed.text else []
	rows = []
	if numbers:
		more = run("sgdisk", *[a for n in numbers for a in ("-i", n)], path)
		facts = re.findall(r"^Partition GUID code: (\S+).*\n.*unique GUID: (\S+)\nFirst sector: (\d+).*\nLast sector: (\d+).*\n"
		                   r"Partition size: .*\nAttribute flags: (\S+)\nPartition name: '(.*)'$", more.text, re.M)
		# what is shown in a list and has no facts is not in use
		numbers = [n for n in numbers if f"Partition #{n} does not exist" not in more.text]
		rows = [(int(n), int(first), int(last) - int(first) + 1, kind, guid, int(flags, 16), name)
		        for n, (kind, guid, first, last, flags, name) in zip(numbers, facts)]
	return rows, listed.text


class Ours:
	def __init__(self, dump, path):
		said = ours(dump, "-v", path)
		if said.status:
			raise AssertionError(said.text)
		self.rows, self.label, self.copies, self.faults, self.sector = [], "none", {}, False, 512
		self.last = os.path.getsize(path) // 512 - 1
		for line in said.out.decode(errors="surrogateescape").split("\n"):
			word = line.split(" ")
			if word[0] == "copy":
				self.copies[word[1]] = {"at": int(word[3]), "found": word[5] == "1", "accepted": word[7] == "1",
				                        "faults": int(word[9], 16), "used": word[11] == "1"}
			elif word[0] == "present":
				self.truncated = word[5] == "1"
			elif word[0] in ("gpt", "dos"):
				self.label = word[0]
				self.sector = int(word[2]) if word[0] == "gpt" else 512
			elif line == "faults":
				self.faults = True
			elif word[0].isdigit() and self.label == "gpt":
				self.rows.append((int(word[0]), int(word[1]), int(word[2]), word[3], word[4], int(word[5], 16), " ".join(word[6:])))
			elif word[0].isdigit():
				self.rows.append((int(word[0]), int(word[1]), int(word[2]), word[3]))

	@property
	def accepted(self):
		return any(c["accepted"] for c in self.copies.values())


def plain(rows):
	"""What three programs write in three ways: a reversed range has no length, LBAs of 2^63 and more have no number in libfdisk,
	nor has it names for the attribute bits that must be zero."""
	def low(number):
		return number if 0 < number < 1 << 63 else 0
	return [(n, low(first), low(size) if low(first) else 0, *[x & DEFINED if isinstance(x, int) else x for x in rest])
	        for n, first, size, *rest in rows]


def dos(rows):
	"""libfdisk shows a record that is not in use if it has numbers, and gives a protective one the length of the disk."""
	return [(n, first, 0 if kind == "ee" else size, kind) for n, first, size, kind in rows if kind != "0"]


def has_protective(path):
	with open(path, "rb") as f:
		mbr = f.read(512).ljust(512, b"\0")
	return mbr[510:] == b"\x55\xaa" and any(mbr[446 + 16 * i + 4] == 0xEE for i in range(4))


def beside_libfdisk(tally, mine, path, where):
	theirs, label = from_sfdisk(path)
	rows = plain(mine.rows)
	if label == mine.label == "dos":
		theirs, rows = dos(theirs), dos(rows)
	used = next((c for c in mine.copies.values() if c["used"]), None)
	if (label or "none") == mine.label and plain(theirs) == rows:
		tally.same("the same as libfdisk")
	elif mine.label == "gpt" and label != "gpt" and not has_protective(path):
		tally.explained("libfdisk: no protective record")
	elif mine.label == "gpt" and not mine.accepted and mine.faults and label != "gpt":
		tally.explained("libfdisk: both copies are damaged")
	elif mine.label == "gpt" and not mine.accepted and mine.faults:
		tally.explained("libfdisk: takes what EDK2 does not")
	elif used and used is mine.copies["backup"] and used["at"] != mine.last and mine.faults:
		tally.explained("libfdisk: the backup is elsewhere")
	elif mine.truncated and label != "gpt":
		tally.explained("libfdisk: the disk was cut")
	elif label == mine.label == "gpt" and [r for r in plain(theirs) if r[3] != UNUSED] == [r for r in rows if r[1]]:
		tally.explained("libfdisk: used by its start")
	elif used and used["faults"] & USABLE:
		tally.explained("libfdisk: a fault that EDK2 does not mind")
	else:
		tally.differs(where, f"sfdisk {label}: {theirs}; we {mine.label}: {mine.rows} {mine.copies} {mine.faults}")


DEFINED = 0xFFFF000000000007
UNUSED = "00000000-0000-0000-0000-000000000000"
# of enum gpt_fault: FIRST_USABLE, LAST_USABLE
USABLE = 1 << 7 | 1 << 8


def beside_sgdisk(tally, mine, path, where):
	theirs, text = from_sgdisk(path)
	warned = re.search("Caution|Warning|Problem|Invalid|invalid|Creating new|corrupt|differ", text)
	if plain(theirs) == plain(mine.rows):
		tally.same("the same as sgdisk")
	elif mine.label == "dos":
		tally.explained("sgdisk: a DOS table")
	elif mine.label == "gpt" and not has_protective(path):
		tally.explained("sgdisk: no protective record")
	elif "supports only 128-byte entries" in text:
		tally.explained("sgdisk: entries of 128 bytes")
	elif mine.faults and (warned or "std::bad_alloc" in text or not text.strip()):
		tally.explained("sgdisk: it has warned")
	else:
		tally.differs(where, f"sgdisk: {theirs}; we {mine.label}: {mine.rows} {mine.copies} {mine.faults}\n{text}")


def compare(tally, dump, path, where):
	mine = Ours(dump, path)
	if mine.sector == 512:
		beside_libfdisk(tally, mine, path, where)
		beside_sgdisk(tally, mine, path, where)
		return
	# sgdisk and sfdisk know a file by sectors of 512 bytes alone
	theirs = from_fdisk(path, mine.sector)
	if [r[:5] for r in mine.rows] == theirs:
		tally.same("the same as libfdisk")
	else:
		tally.differs(where, f"fdisk: {theirs}; we: {mine.rows}")


def make(folder):
	"""Small disks: [(path, bytes)]."""
	made = []
	for i, script in enumerate((
		"label: gpt\nlabel-id: 6b1a2c3d-0000-4000-8000-000000000001\nfirst-lba: 34\nsize=300K, type=uefi, uuid=6b1a2c3d-0000-4000-8000-000000000002, name=\"EFI system\"\nsize=200K, type=linux, uuid=6b1a2c3d-0000-4000-8000-000000000003, name=\"ελ\", attrs=\"RequiredPartition\"\n",
		"label: gpt\nlabel-id: 6b1a2c3d-0000-4000-8000-000000000001\ntable-length: 32\nfirst-lba: 34\n3: size=112K, type=linux, uuid=6b1a2c3d-0000-4000-8000-000000000004\n1: size=300K, type=uefi, uuid=6b1a2c3d-0000-4000-8000-000000000005\n"
		"7: size=5K, type=swap, uuid=6b1a2c3d-0000-4000-8000-000000000006\n",
	)):
		path = os.path.join(folder, f"base{i}")
		with open(path, "wb") as f:
			f.truncate(3 << 19)
		subprocess.run(["/usr/sbin/sfdisk", "-q", path], input=script.encode(), check=True)
		made.append(path)
	return made


FIELDS = ("revision", "header_size", "header_crc", "reserved", "my_lba", "alternate_lba", "first_usable", "last_usable",
          "entries_lba", "entry_count", "entry_size", "entries_crc")
VALUES = ("0", "1", "2", "+1", "-1", "3", "34", "100", "127", "128", "129", "256", "512", "4096", "65536", "last", "last-1", "last-33",
          "last+1", "4294967295", "18446744073709551615", "9223372036854775808")


def operation(rng):
	"""One operation of fixtures/mutate: the named thing is wrong, and the checksums are right."""
	which = rng.choice(("primary", "backup", "both"))
	n = rng.choice(("1", "1", "2", "3"))
	lba = lambda: rng.choice(("=", "+1", "-1", "0", "1", "34", "first", "first-1", "usable", "usable+1", "last", "last+9",  # noqa: E731
	                          str(rng.randrange(3072)), "18446744073709551615"))
	return rng.choice((
		lambda: f"gpt field {which} {rng.choice(FIELDS)} {rng.choice(VALUES)}",
		lambda: f"gpt field {which} {rng.choice(FIELDS)} {rng.choice(VALUES)}",
		lambda: f"gpt range {n} {lba()} {lba()} {which}",
		lambda: f"gpt type {n} {rng.choice(('linux', 'unused', 'swap', 'bios'))} {which}",
		lambda: f"gpt guid {n} {rng.choice(('unused', 'esp'))} {which}",
		lambda: f"gpt crc {which} {rng.choice(('header', 'entries', 'array'))}",
		lambda: f"gpt zero {which} {rng.choice(('header', 'entries', 'all'))}",
		lambda: f"gpt entry {which} {n} {rng.randrange(128)} {rng.randbytes(rng.randrange(1, 9)).hex()}",
		lambda: f"gpt attributes {n} {rng.getrandbits(64)}",
		lambda: "gpt overlap 1 2" if n == "1" else "gpt duplicate-guid 1 2",
		lambda: f"gpt entry-size {rng.choice((128, 256, 132, 64, 512))} {rng.choice((4, 8, 32))} {which}",
		lambda: f"gpt move-backup last-{rng.randrange(1, 200)}",
		lambda: f"gpt swap 1 {n}",
		lambda: rng.choice(("mbr clear", "mbr no-ee", "mbr no-signature", "mbr protective size 7", "mbr active", "mbr start 0",
		                    "mbr slot 3", "mbr hybrid", "mbr record 3 0x83 4096 8", "mbr boot-code", "mbr to-dos")),
		lambda: f"raw truncate -{rng.randrange(1, 70) * 512}",
		lambda: f"raw extend +{rng.randrange(1, 70) * 512}",
	))()


def mutate(rng, source, path):
	"""A changed copy; what was done to it, as text."""
	with open(source, "rb") as f:
		data = bytearray(f.read())
	end = len(data)
	done = []
	if rng.random() < 0.3:
		places = [range(446, 512), range(512, 604), range(1024, 1024 + 512), range(end - 512, end - 420),
		          range(end - 33 * 512, end - 32 * 512)]
		done.append(f"bytes {flip(rng, data, places)}")
	with open(path, "wb") as f:
		f.write(data)
	try:
		image = Image(path)
	except OverflowError:
		return " | ".join(done) # a table beyond all disks: nothing more can be done to it
	try:
		for _ in range(rng.choice((1, 1, 2)) if not done or rng.random() < 0.3 else 0):
			text = operation(rng)
			try:
				apply(image, text)
				done.append(text)
			except (Error, OSError, OverflowError):
				pass # the operation does not suit what the one before has left
		# bytes of the table, and its checksums made right again
		if not done or (done[0].startswith("bytes") and rng.random() < 0.5):
			try:
				Table(image).write()
				done.append("checksums made right")
			except (Error, OSError, OverflowError):
				pass
	finally:
		# entries that were written far beyond the disk
		if image.size > 2 * end:
			image.truncate(end)
		image.close()
	return " | ".join(done)


def main():
	dump, mode = os.path.abspath(sys.argv[1]), sys.argv[2]
	tally = Tally(CLASSES)
	if mode == "fixtures":
		for name, path in fixtures():
			compare(tally, dump, path, name)
		return tally.finish(the_same_as_libfdisk=20, the_same_as_sgdisk=20)
	rng = seeded(int(sys.argv[3]))
	with tempfile.TemporaryDirectory() as folder:
		bases, path = make(folder), os.path.join(folder, "disk")
		for n in range(int(sys.argv[4])):
			what = mutate(rng, rng.choice(bases), path)
			compare(tally, dump, path, f"{n} ({what})")
	return tally.finish(the_same_as_libfdisk=100, the_same_as_sgdisk=100)


if __name__ == "__main__":
	sys.exit(main())
