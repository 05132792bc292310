#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our initrd reader beside lsinitramfs and bsdcpio.

    initrd.py INITRD-DUMP fixtures             every initrd of every good image
    initrd.py INITRD-DUMP mutated SEED COUNT   small ones with changed headers, names, bodies and compressed bytes

What is compared: every path, its type, mode and size, the bytes of files; and that there is no other.
"""
import os
import re
import shutil
import stat
import sys
import tempfile
import zlib

from pairs import Tally, boot_files, flip, ours, run, seeded
from mutator.initrd import Node, build, compress

CLASSES = {
	"usr": "we answer a question for usr/lib by lib and the reverse, as the boot path needs it: one of the two is a link",
	"bsdcpio: a type that is none": "it makes a file of it, the kernel nothing",
	"bsdcpio: lzop's header": "lzop verifies the checksum of the header, the kernel and we do not",
	"we alone: the size of a block of lz4": "the kernel stops at a block that is larger than its buffer, libarchive takes it for the end",
	"we alone: checksums": "libarchive does not verify gzip's sum, nor a member's in the format 070702",
}
CONTENT = 4 << 20 # LIMIT_INITRD_CONTENT
TOGETHER = 16 << 20
TYPES = {stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK}


class Ours:
	def __init__(self, dump, path, questions, scratch):
		asked = os.path.join(scratch, "questions")
		with open(asked, "wb") as f:
			f.write(b"".join(q + b"\0" for q in questions))
		said = ours(dump, path, "@" + asked)
		self.text = said.out.decode(errors="replace")
		self.problems = re.findall(r"^(?:problem|error) .*", self.text, re.M)
		self.refused = re.findall(r"^refused .*", self.text, re.M)
		self.complete = re.search(r"^complete 1 damaged 0", self.text, re.M) is not None
		self.entries = sum(int(n) for n in re.findall(r"^member .* entries (\d+) ", self.text, re.M))
		self.members = [(int(a), int(b)) for a, b in re.findall(r"^member \d+ at (\d+) size (\d+) ", self.text, re.M)]
		if not self.complete and self.members:
			# what is wrong there is for the other reader to see as well
			self.members[-1] = (self.members[-1][0], os.path.getsize(path))
		self.answers = re.findall(rb"^question (.*?) answer (\d)(?: (.*?) (\d+) (\d+) (.*?)(?: (\d+) ([0-9a-f]{8}))?)?$", said.out, re.M)


def from_bsdcpio(path, members, folder):
	"""[(name, mode, size, file on disk or None)] of all members, one after the other, and what it complains of."""
	listed, complaints = [], []
	with open(path, "rb") as f:
		data = f.read()
	for i, (at, size) in enumerate(members):
		part, out = os.path.join(folder, "part"), os.path.join(folder, f"out{i}")
		with open(part, "wb") as f:
			f.write(data[at:at + size])
		os.mkdir(out)
		said = run("bsdcpio", "-i", "-d", "-m", "--no-preserve-owner", stdin=part, cwd=out, limited=True, timeout=20)
		names = run("bsdcpio", "-t", stdin=part, timeout=20)
		complaints += [line for line in (said.err + names.err).decode(errors="replace").split("\n") if line and not re.match(r"\d+ blocks?$", line)]
		if said.status or names.status:
			complaints.append(f"status {said.status} {names.status}")
		for name in names.out.split(b"\n")[:-1]:
			file = os.path.join(out.encode(), name.lstrip(b"/"))
			listed.append((name, file))
	return listed, complaints


def compare(tally, dump, path, where, scratch, whole):
	"""`whole`: lsinitramfs is asked as well."""
	folder = os.path.join(scratch, "theirs")
	shutil.rmtree(folder, ignore_errors=True)
	os.mkdir(folder)
	first = Ours(dump, path, [], scratch)
	listed, complaints = from_bsdcpio(path, first.members, folder)
	questions, left, names = [], TOGETHER, {}
	for name, file in listed:
		names[name] = file
	for name, file in names.items():
		regular = os.path.isfile(file) and not os.path.islink(file)
		asked = regular and os.path.getsize(file) <= min(left, CONTENT)
		left -= os.path.getsize(file) if asked else 0
		questions.append((b"k:" if asked else b"") + name)
	mine = Ours(dump, path, questions, scratch)
	if mine.problems or not mine.complete or mine.refused:
		if complaints:
			tally.same("both refuse or complain")
		elif any("a block is too large" in p for p in mine.problems):
			tally.explained("we alone: the size of a block of lz4")
		elif any(re.search("checksum|problem 8 ", p) for p in mine.problems):
			tally.explained("we alone: checksums")
		else:
			tally.differs(where, f"we alone: {mine.problems} {mine.refused} {mine.complete}")
		return
	if complaints and all(re.search("^lzop: .*header corrupted|Child process|^status ", c) for c in complaints):
		tally.explained("bsdcpio: lzop's header")
		return
	if complaints:
		tally.differs(where, f"bsdcpio alone: {complaints[:4]}")
		return
	if mine.entries != len(listed) or len(mine.answers) != len(names):
		tally.differs(where, f"we see {mine.entries} entries and answer {len(mine.answers)}, bsdcpio sees {len(listed)}")
		return
	if whole:
		said = run("lsinitramfs", path, timeout=60)
		theirs = sorted({os.path.normpath(n) for n in said.out.decode().split("\n") if n and n != "."})
		here = sorted({os.path.normpath(n.decode()) for n in names if n not in (b".", b"")})
		if theirs != here:
			tally.differs(where, f"lsinitramfs: {sorted(set(theirs) ^ set(here))[:5]}")
			return
		tally.same("the same paths as lsinitramfs")
	for name, answer, found, mode, size, target, length, crc in mine.answers:
		file = names.get(name)
		if file is None or answer != b"1":
			tally.differs(where, f"{name} is not found: {answer}")
			return
		if found != name:
			tally.explained("usr")
			continue
		if not os.path.lexists(file):
			continue # a device, which bsdcpio made only if it may
		st, mode = os.lstat(file), int(mode, 8)
		if stat.S_IFMT(mode) not in TYPES:
			tally.explained("bsdcpio: a type that is none")
			continue
		# several names of one file share what the last of them says
		if stat.S_IFMT(st.st_mode) != stat.S_IFMT(mode) or (st.st_nlink == 1 and stat.S_ISREG(mode) and st.st_size != int(size)):
			tally.differs(where, f"{name}: bsdcpio: {st.st_mode:o} {st.st_size}; we: {mode:o} {size}")
			return
		if stat.S_ISLNK(mode) and os.readlink(file) != target:
			tally.differs(where, f"{name} leads to {os.readlink(file)}; we: {target}")
			return
		if crc:
			with open(file, "rb") as f:
				data = f.read()
			if len(data) != int(length) or zlib.crc32(data) != int(crc, 16):
				tally.differs(where, f"{name}: other bytes")
				return
	tally.same("the same files as bsdcpio")


def make():
	"""Small archives: [(bytes, places worth changing)]."""
	def node(name, data=b"", mode=0o100644, inode=[0]):  # noqa: B006
		inode[0] += 1
		return Node([inode[0], mode, 0, 0, 1 if mode >> 12 != 4 else 2, 1735689600, 0, 0, 0, 0, 0, 0, 0], name, data)
	nodes = [node("etc", mode=0o40755), node("etc/conf", b"some configuration\n" * 9), node("lib", b"usr/lib", 0o120777),
	         node("usr", mode=0o40755), node("usr/lib", mode=0o40755), node("usr/lib/a module.ko", bytes(range(256)) * 20),
	         node("empty"), node("usr/lib/text", b"".join(b"line %d\n" % n for n in range(3000)))]
	plain = build(nodes)
	made = [(plain, [range(0, 1400), range(0, 800), range(len(plain) - 900, len(plain))])]
	early = build([node("kernel", mode=0o40755), node("kernel/x86", mode=0o40755), node("kernel/x86/microcode", b"m" * 300)])
	for how in ("gzip", "xz", "zstd", "lz4", "bzip2", "lzo"):
		packed = compress(plain, how)
		made.append((packed, [range(0, 24), range(0, len(packed)), range(len(packed) - 16, len(packed))]))
		made.append((early + packed, [range(0, len(early)), range(len(early), len(early) + 24)]))
	return made


HEX = b"0123456789ABCDEFabcdefG \0"


def mutate(rng, base):
	data, places = bytearray(base[0]), base[1]
	if rng.random() < 0.1:
		cut = rng.randrange(1, len(data))
		del data[cut:]
		return bytes(data), f"cut at {cut}"
	if data[:5] == b"07070" and rng.random() < 0.5:
		# a digit of a header's field stays one
		heads = [m.start() for m in re.finditer(b"07070[12]", bytes(data))]
		at = rng.choice(heads) + rng.randrange(6, 110)
		if at < len(data):
			data[at] = rng.choice(HEX[:16] if rng.random() < 0.8 else HEX)
		return bytes(data), f"digit at {at}"
	changes = flip(rng, data, places)
	return bytes(data), f"bytes {changes}"


def main():
	dump, mode = os.path.abspath(sys.argv[1]), sys.argv[2]
	tally = Tally(CLASSES)
	with tempfile.TemporaryDirectory() as folder:
		if mode == "fixtures":
			for where, path in boot_files(folder, lambda p: os.path.basename(p).startswith("initr")):
				compare(tally, dump, path, where, folder, True)
			return tally.finish(**{"the same files as bsdcpio": 6, "the same paths as lsinitramfs": 6})
		rng = seeded(int(sys.argv[3]))
		bases, path = make(), os.path.join(folder, "initrd")
		for n in range(int(sys.argv[4])):
			base = rng.randrange(len(bases)) if rng.random() < 0.6 else 0
			data, what = mutate(rng, bases[base])
			with open(path, "wb") as f:
				f.write(data)
			compare(tally, dump, path, f"{n} ({base}: {what})", folder, False)
	return tally.finish(**{"the same files as bsdcpio": 20})


if __name__ == "__main__":
	sys.exit(main())
