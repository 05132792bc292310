#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our PE reader beside objdump.

    pe.py PE-DUMP fixtures             every EFI program and kernel of every good image
    pe.py PE-DUMP mutated SEED COUNT   small ones with changed fields of the headers and the section table

What is compared: the fields of both headers, four data directories, and each section's name, size, address and place.
"""
import os
import re
import struct
import sys
import tempfile

from pairs import Tally, boot_files, flip, ours, run, seeded

CLASSES = {
	"objdump: alignments made sane":
		"it shows others than stand there when they are no powers of two, too large, or the file's is above the sections'",
	"objdump: a bit of its own": "it sets the bits for stripped symbols and line numbers by what it finds, not by what is written",
	"objdump: an optional header of another size": "it reads as much of it as SizeOfOptionalHeader says; firmware all of it, and we blame the size",
	"objdump: refuses what we blame": "a section table, sections or headers that do not fit the file",
	"objdump: long names": "a section's name that points into a table of strings, which a linked program has not: we show it as it stands",
	"we alone: the magic number": "objdump takes an optional header of any kind",
}
FIELDS = ("Characteristics", "Magic", "AddressOfEntryPoint", "ImageBase", "SectionAlignment", "FileAlignment", "SizeOfImage",
          "SizeOfHeaders", "Subsystem", "DllCharacteristics", "NumberOfRvaAndSizes")
TOOLS = {0xAA64: "aarch64-linux-gnu-objdump", 0x8664: "x86_64-linux-gnu-objdump", 0x014C: "x86_64-linux-gnu-objdump"}


def header(data):
	"""Where the COFF header stands, or None."""
	if data[:2] != b"MZ" or len(data) < 64:
		return None
	at = struct.unpack_from("<I", data, 60)[0]
	return at + 4 if data[at:at + 4] == b"PE\0\0" and at + 26 <= len(data) else None


def known_machine(path):
	"""objdump knows few machines, and the machine decides nothing of what is compared: others become one that it knows."""
	with open(path, "r+b") as f:
		data = f.read(1 << 16)
		at = header(data)
		if at is None:
			return "x86_64-linux-gnu-objdump"
		machine, magic = struct.unpack_from("<H", data, at)[0], struct.unpack_from("<H", data, at + 20)[0]
		right = (0x014C,) if magic == 0x10B else (0xAA64, 0x8664)
		if machine not in right:
			machine = right[0]
			f.seek(at)
			f.write(struct.pack("<H", machine))
		return TOOLS[machine]


def number(text):
	return int(text, 16)


def from_objdump(path):
	"""(facts, sections) or None, and what it complains of."""
	said = run(known_machine(path), "-x", path, timeout=20, most=1 << 20)
	text = said.out.decode(errors="replace")
	if said.status or "AddressOfEntryPoint" not in text:
		return None, said.text
	facts = {}
	for name in FIELDS:
		found = re.search(rf"^{name}\s+(?:0x)?([0-9a-fA-F]+)", text, re.M)
		facts[name] = number(found[1]) if found else None
	for entry in (2, 4, 5, 6):
		found = re.search(rf"^Entry {entry} ([0-9a-f]+) ([0-9a-f]+) ", text, re.M)
		facts[f"Entry {entry}"] = (number(found[1]), number(found[2])) if found else None
	sections = [(m[1], number(m[2]), number(m[3]), number(m[4])) for m in
	            re.finditer(r"^ +\d+ (.*?) +([0-9a-f]{8,}) +([0-9a-f]{8,}) +[0-9a-f]{8,} +([0-9a-f]{8,}) +2\*\*", text, re.M)]
	return (facts, sections), said.err.decode(errors="replace")


def from_us(dump, path):
	said = ours(dump, path)
	text = said.out.decode(errors="replace")
	status = re.search(r"^status (.*)", text, re.M)
	problems = re.findall(r"^problem (.*)", text, re.M) + (["truncated"] if re.search(r"^truncated yes", text, re.M) else [])
	if said.status or not status or status[1] != "it is a PE image":
		return None, [status[1] if status else said.text], problems
	facts = {}
	for name in FIELDS:
		facts[name] = number(re.search(rf"^{name} ([0-9a-f]+)", text, re.M)[1])
	for entry in (2, 4, 5, 6):
		facts[f"Entry {entry}"] = tuple(number(n) for n in re.search(rf"^Entry {entry} (\S+) (\S+)", text, re.M).groups())
	sections = [(m[1], number(m[2]), number(m[3]), number(m[4])) for m in
	            re.finditer(r"^section (.*) (\S+) (\S+) (\S+)$", text, re.M)]
	return (facts, sections), [], problems


ALIGNMENTS = {"SectionAlignment", "FileAlignment"}


def sane(facts):
	section, file = facts["SectionAlignment"], facts["FileAlignment"]
	return [0 < n <= 1 << 30 and not n & n - 1 for n in (section, file)] + [file <= section]


def compare(tally, dump, path, where):
	mine, refused, problems = from_us(dump, path)
	theirs, said = from_objdump(path)
	if not mine or not theirs:
		if not mine and not theirs:
			tally.same("both refuse")
		elif mine and problems:
			tally.explained("objdump: refuses what we blame")
		elif mine and any(re.match(r"/\d", name) for name, *_ in mine[1]):
			tally.explained("objdump: long names")
		elif refused == ["its optional header is neither PE32 nor PE32+"]:
			tally.explained("we alone: the magic number")
		elif mine:
			tally.differs(where, f"objdump alone: {said.strip()[-200:]}; we: {problems}")
		else:
			tally.differs(where, f"we alone: {refused}")
		return
	odd = {n: (theirs[0][n], mine[0][n]) for n in mine[0] if theirs[0][n] != mine[0][n]}
	if "Characteristics" in odd and not (odd["Characteristics"][0] ^ odd["Characteristics"][1]) & ~0xC:
		del odd["Characteristics"]
		tally.explained("objdump: a bit of its own")
	if set(odd) & ALIGNMENTS and not all(sane(mine[0])):
		odd = {n: v for n, v in odd.items() if n not in ALIGNMENTS}
		tally.explained("objdump: alignments made sane")
	if odd and any(p.startswith("SizeOfOptionalHeader") for p in problems):
		tally.explained("objdump: an optional header of another size")
	elif odd:
		tally.differs(where, f"objdump and we: {odd}; {problems}")
	elif theirs[1] != mine[1]:
		tally.differs(where, f"sections: objdump alone {[s for s in theirs[1] if s not in mine[1]]} we alone "
		              f"{[s for s in mine[1] if s not in theirs[1]]}; {problems}")
	else:
		tally.same("the same as objdump")


def mutate(rng, source):
	data = bytearray(source)
	at = header(data)
	optional, table = at + 20, at + 20 + struct.unpack_from("<H", data, at + 16)[0]
	count = struct.unpack_from("<H", data, at + 2)[0]
	if rng.random() < 0.4:
		return bytes(data), f"bytes {flip(rng, data, [range(60, 64), range(at, table), range(table, table + 40 * count)])}"
	done = []
	for _ in range(rng.choice((1, 1, 2))):
		place = rng.choice(((60, "<I"), (at + 2, "<H"), (at + 16, "<H"), (optional, "<H"), (optional + 16, "<I"), (optional + 32, "<I"),
		                    (optional + 36, "<I"), (optional + 56, "<I"), (optional + 60, "<I"), (optional + 108, "<I"),
		                    (optional + 112 + 8 * rng.randrange(8), "<I"),
		                    *((table + 40 * rng.randrange(count) + o, "<I") for o in (8, 12, 16, 20)), (table + 40 * rng.randrange(count), "8s")))
		if place[1] == "8s":
			value = rng.choice((b"/4\0\0\0\0\0\0", b".text\0\0\0", b"a\xff\x1b[m\0b", b"12345678", b"\0" * 8, b"/9999999"))
		else:
			now = struct.unpack_from(place[1], data, place[0])[0]
			value = rng.choice((0, 1, now + 1, now - 1, now * 2, 0x200, 0x1000, len(data), len(data) - 1, 0x7FFFFFFF, 0xFFFFFFFF, 96, 1 << 31))
			value &= 0xFFFF if place[1] == "<H" else 0xFFFFFFFF
		struct.pack_into(place[1], data, place[0], value)
		done.append(f"{place[0] - at:+d} = {value}")
	if rng.random() < 0.1:
		del data[rng.randrange(64, len(data)):]
		done.append(f"cut at {len(data)}")
	return bytes(data), " | ".join(done)


def programs(path):
	name = os.path.basename(path).lower()
	return name.endswith(".efi") or name.startswith(("vmlinuz", "linux", "image"))


def main():
	dump, mode = os.path.abspath(sys.argv[1]), sys.argv[2]
	tally = Tally(CLASSES)
	with tempfile.TemporaryDirectory() as folder:
		if mode == "fixtures":
			for where, path in boot_files(folder, programs):
				compare(tally, dump, path, where)
			return tally.finish(**{"the same as objdump": 20})
		rng, bases = seeded(int(sys.argv[3])), []
		wanted = ("fbaa64.efi", "fbx64.efi", "bootaa64.efi", "bootx64.efi")
		for where, path in boot_files(folder, lambda p: p.lower().endswith(wanted)):
			with open(path, "rb") as f:
				data = f.read()
			if len(data) < 200000:
				bases.append(data)
		path = os.path.join(folder, "program")
		for n in range(int(sys.argv[4])):
			base = rng.randrange(len(bases))
			data, what = mutate(rng, bases[base])
			with open(path, "wb") as f:
				f.write(data)
			compare(tally, dump, path, f"{n} ({base}: {what})")
	return tally.finish(**{"the same as objdump": 30})


if __name__ == "__main__":
	sys.exit(main())
