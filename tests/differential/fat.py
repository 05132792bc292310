#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our FAT reader beside mtools and fsck.fat.

    fat.py FAT-DUMP fixtures             every FAT volume of every good image
    fat.py FAT-DUMP mutated SEED COUNT   small volumes with changed boot sectors, FATs and directories

What is compared: whether the volume is in order, with fsck.fat -n; and where it is, every name, size and byte with mtools, the
clusters in use with fsck.fat.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

from pairs import ENV, Error, Image, Tally, apply, flip, ours, run, seeded, trees_differ, volumes
from mutator import fatops, files, raw  # noqa: F401: their operations

CLASSES = {
	"fsck.fat: a chain longer than its file": "clusters beyond a file's size, or of a file of no bytes: nobody reads them",
	"fsck.fat: clusters of no file": "lost space, which harms no reader",
	"fsck.fat: the label": "it stands in two places that tools do not keep in step",
	"fsck.fat: the boot sectors differ where it has no meaning":
		"it compares all bytes, we what decides how the volume is read: boot code, names and serials are changed in one alone",
	"fsck.fat: no backup boot sector": "the specification allows it",
	"fsck.fat: reserved bits of the FAT": "it compares 32 bits of an entry, of which the highest four mean nothing",
	"fsck.fat: a label that is a folder": "it looks at the folder's bit first; whoever mounts looks at the label's and skips the entry",
	"fsck.fat: names": "it wants characters that DOS allows, and no rest of a long name; readers take the one and skip the other",
	"fsck.fat: a folder's size and its ..": "whoever mounts uses neither",
	"mtools: code page": "bytes above 7e in a short name have no meaning without a code page; mtools takes 850, we show that we cannot tell",
	"mtools: a blank within a short name": "it ends the name there; Linux and EDK2 keep it, and so do we",
	"mtools: refuses the boot sector": "it wants a medium of the specification; EDK2 and fsck.fat do not mind",
	"mtools: a root directory of half a sector": "it rounds its length down, we and Linux up",
	"fsck.fat: how much is free": "FSInfo's numbers are a hint; nobody trusts them",
	"we alone: no 55 AA": "fsck.fat does not look for it",
	"we alone: the error bit": "a driver met errors; fsck.fat knows the dirty bit alone",
	"we alone: the media bytes differ": "that of the FAT is not that of the boot sector, which the specification asks for",
	"we alone: the backup boot sector": "fsck.fat compares it only where both are boot sectors",
}

# What fsck.fat says, and what class that is; None: it only belongs to the line before.
COMPLAINTS = (
	(r"cluster chain length is >", "fsck.fat: a chain longer than its file"),
	(r"^Reclaimed \d+ unused|^Cluster \d+ out of range|^Orphaned", "fsck.fat: clusters of no file"),
	(r"cluster chain length is 0 bytes", "fsck.fat: the label"),
	(r"[Ll]abel '|^Auto-removing label", "fsck.fat: the label"),
	(r"^There are differences between boot sector", "fsck.fat: the boot sectors differ where it has no meaning"),
	(r"^There is no backup boot sector|^Created backup", "fsck.fat: no backup boot sector"),
	(r"^FATs differ but appear to be intact", "fsck.fat: reserved bits of the FAT"),
	(r"Expected a valid '\.|large number of bad entries", "fsck.fat: a label that is a folder"),
	(r"Bad short file name|^Long filename fragment|^Wrong checksum for long|VFAT long filename slot|^Unfinished long|Duplicate|"
	 r"A new long file name|^Unexpected long filename", "fsck.fat: names"),
	(r"^Free cluster summary", "fsck.fat: how much is free"),
	(r"Directory has non-zero size|Invalid '\.\.?' entry", "fsck.fat: a folder's size and its .."),
	(r"^ +\d+:[0-9a-f]+/[0-9a-f]+|^ *(Auto-|Truncating|Renamed|Moving entry|Not (auto|dropping)|Using first|It could be|if \"|\(Maybe|\(Short|\(Start|"
	 r"Keeping|This is mostly)|^Leaving filesystem|^/|^ *$", None),
)
FAULTS = (
	(r"^dirty 0 errors 1 media 0 mirroring_off 0 too_small 0 limited -$", "we alone: the error bit"),
	(r"^dirty 0 errors 0 media 1 mirroring_off 0 too_small 0 limited -$", "we alone: the media bytes differ"),
	(r"^type .* fault 0 primary 0 signature 0", "we alone: no 55 AA"),
	(r"^backup beyond", "we alone: the backup boot sector"),
)


def class_of(text, table):
	"""The class of one line, "" for one that tells nothing, None for one that is not known."""
	for pattern, name in table:
		if re.search(pattern, text):
			return name or ""
	return None


class Ours:
	"""What fat-dump says: whether all is in order, and if not, in what words."""

	def __init__(self, dump, path, folder):
		said = ours(dump, path, folder, most=1 << 20)
		text = said.out.decode(errors="replace")
		self.status, self.error, self.text = said.status, said.err.decode(errors="replace").strip(), text
		self.listing = sorted(re.sub(" [0-9]+$", "", line) for line in text.split("\n") if line.startswith("/"))
		self.kind = (re.search(r"^type FAT(\d+)", text, re.M) or [None, "none"])[1]
		self.faults = re.findall(r"^(?:type .* (?:fault|primary) [1-9].*|type .* signature 0.*|problem .*|copy .*|dirty .*|backup beyond 1.*|backup .* differs 1.*|"
		                         r"fsinfo good 0.*)$", text, re.M)
		if said.status:
			self.faults.append(self.error)
		size = re.search(r"^bytes (\d+) of (\d+)", text, re.M)
		if size and int(size[1]) > int(size[2]):
			self.faults.append(size[0])
		used = re.search(r"^clusters (\d+) of \d+ free (\d+)", text, re.M)
		self.clusters = (int(used[1]) - int(used[2]), int(used[1])) if used else None


class Theirs:
	def __init__(self, path):
		said = run("fsck.fat", "-n", path, timeout=10, most=1 << 16)
		self.text, self.status = said.text, said.status
		# the first two lines name the program and the sums
		self.complaints = [line for line in said.text.split("\n")
		                   if line and not line.startswith("fsck.fat ") and not re.search(r" files, \d+/\d+ clusters$", line)]
		sums = re.search(r" files, (\d+)/(\d+) clusters$", said.text, re.M)
		self.clusters = (int(sums[1]), int(sums[2])) if sums else None


def listing(path):
	said = run("mdir", "-a", "-b", "-/", "-i", path, "::/", timeout=10, most=1 << 20)
	return sorted(line.removeprefix("::") for line in said.out.decode(errors="replace").split("\n") if line), said.text


def harmless(complaints, path, mine):
	"""The classes of what fsck.fat complains of alone, or None if one of its complaints has none."""
	found = set()
	for line in complaints:
		name = class_of(line, COMPLAINTS)
		# a text that is read as a folder breaks lines in what are then names
		if name is None and "fsck.fat: a label that is a folder" in found:
			name = ""
		if name is None:
			return None
		found.add(name)
	text = "\n".join(complaints)
	meaning = {*range(11, 24), *range(32, 52), 510, 511}
	if any(int(at) in meaning for at in re.findall(r"^ +(\d+):[0-9a-f]+/", text, re.M)):
		return None
	if "fsck.fat: reserved bits of the FAT" in found:
		with open(path, "rb") as f:
			image = Volume(path)
			v = fatops.Volume(image)
			f.seek(v.fat_at)
			one, two = (f.read(v.per_fat * v.sector) for _ in range(2))
			image.close()
		if v.bits != 32 or any((a ^ b) & (0xF0 if i % 4 == 3 else 0) != a ^ b for i, (a, b) in enumerate(zip(one, two))):
			return None
	if "fsck.fat: a label that is a folder" in found and {n.lower() for n in re.findall(r"^(/\S+)$", text, re.M)} & {
			n.lower().rstrip("/") for n in mine.listing if n.endswith("/")}:
		return None
	return found - {""}


def contents(folder):
	"""Sizes and sums of all files, whatever their names."""
	found = []
	for here, _, names in os.walk(folder):
		for n in names:
			with open(os.path.join(here, n), "rb") as f:
				data = f.read()
			found.append((len(data), zlib.crc32(data)))
	return sorted(found)


def same_files(tally, names, mine, folders, where, said):
	"""Are the names and bytes that mtools sees ours?"""
	if names == mine.listing:
		different = trees_differ(*folders)
		if different:
			tally.differs(where, different)
		else:
			tally.same("the same files as mtools")
		return not different
	ascii_only = [sorted(re.sub(r"[^\x20-\x7e]", "?", n) for n in side) for side in (names, mine.listing)]
	cut = [sorted(re.sub(r" +[^/]*", "", n).replace("./", "/").rstrip(".") for n in side) for side in ascii_only]
	with open(os.path.join(folders[0], "..", "volume"), "rb") as f:
		boot = f.read(24)
	sector, entries = struct.unpack("<H", boot[11:13])[0], struct.unpack("<H", boot[17:19])[0]
	if entries * 32 % sector:
		tally.explained("mtools: a root directory of half a sector")
	elif re.search("non DOS media", said):
		tally.explained("mtools: refuses the boot sector")
	elif contents(folders[0]) != contents(folders[1]):
		tally.differs(where, f"other contents, and mdir alone: {set(names) - set(mine.listing)} we: {set(mine.listing) - set(names)} {said[-200:]}")
		return False
	elif ascii_only[0] == ascii_only[1]:
		tally.explained("mtools: code page")
	elif cut[0] == cut[1]:
		tally.explained("mtools: a blank within a short name")
	else:
		tally.differs(where, f"mdir alone: {set(names) - set(mine.listing)} we alone: {set(mine.listing) - set(names)}")
		return False
	return True


def compare(tally, dump, path, where, scratch):
	folders = [os.path.join(scratch, n) for n in ("ours", "theirs")]
	for f in folders:
		shutil.rmtree(f, ignore_errors=True)
		os.mkdir(f)
	mine, theirs = Ours(dump, path, folders[0]), Theirs(path)
	if mine.faults:
		known = {class_of(f, FAULTS) for f in mine.faults}
		if theirs.status or theirs.complaints:
			tally.same("both refuse or complain")
		elif None in known:
			tally.differs(where, f"we complain alone: {mine.faults}")
		else:
			for name in known:
				tally.explained(name)
		return
	names, said = listing(path)
	run("mcopy", "-s", "-n", "-Q", "-m", "-i", path, "::/*", folders[1], timeout=20)
	if not same_files(tally, names, mine, folders, where, said):
		return
	if theirs.status or theirs.complaints:
		found = harmless(theirs.complaints, path, mine)
		if not found:
			tally.differs(where, f"fsck.fat complains alone: {theirs.complaints}")
		for name in found or ():
			tally.explained(name)
	elif theirs.clusters != mine.clusters:
		tally.differs(where, f"fsck.fat: clusters {theirs.clusters}; we: {mine.clusters}")
	else:
		tally.same("the same clusters as fsck.fat")


# name: size in KiB, options of mkfs.fat
VOLUMES = {
	"FAT12": (700, ["-F", "12"]),
	"FAT16": (2300, ["-F", "16", "-s", "1", "-f", "2"]),
	"FAT32": (34100, ["-F", "32", "-s", "1"]),
}
FILES = ("EFI/BOOT/BOOTAA64.EFI", "EFI/a file with a long name", "EFI/small", "one.bin", "Two with Case.txt")


def make(folder):
	"""Small volumes with files in folders, one of them in several pieces."""
	made = []
	for name, (size, options) in VOLUMES.items():
		path = os.path.join(folder, name)
		with open(path, "wb") as f:
			f.truncate(size << 10)
		subprocess.run(["/usr/sbin/mkfs.fat", "--invariant", *options, "-n", "VOLUME", path], check=True, stdout=subprocess.DEVNULL)
		source = os.path.join(folder, "file")
		subprocess.run(["mmd", "-i", path, "::/EFI", "::/EFI/BOOT", "::/empty"], check=True, env=ENV)
		for i, file in enumerate(FILES):
			with open(source, "wb") as f:
				f.write(b"".join(b"%s line %d\n" % (file.encode(), n) for n in range((40, 2, 0, 700, 90)[i])))
			subprocess.run(["mcopy", "-i", path, source, "::/" + file], check=True, env=ENV)
		subprocess.run(["mdel", "-i", path, "::/EFI/small"], check=True, env=ENV)
		subprocess.run(["mcopy", "-i", path, source, "::/EFI/small"], check=True, env=ENV)
		made.append(path)
	return made


class Volume(Image):
	"""A file that is one volume: operations on the ESP work on all of it."""

	def _find_esp(self):
		self.esp = (0, self.size)


FIELDS = ("bytes_per_sector", "sectors_per_cluster", "reserved_sectors", "fats", "root_entries", "total_sectors_16", "media",
          "sectors_per_fat_16", "total_sectors", "sectors_per_fat", "ext_flags", "version", "root_cluster", "fsinfo_sector",
          "backup_sector", "state", "signature")
VALUES = ("0", "1", "2", "3", "+1", "-1", "7", "16", "32", "64", "128", "255", "512", "1024", "4096", "65535", "4294967295", "=")


def operation(rng):
	file = lambda: "'" + rng.choice(FILES) + "'"  # noqa: E731
	cluster = lambda: rng.choice(("0", "1", "2", "3", "5", "end-1", "end", "end+1", "0x0ffffff7", "0x0ffffff8", "0xfff",  # noqa: E731
	                              "0xffff", "0x0fffffff"))
	return rng.choice((
		lambda: f"fat field {rng.choice(FIELDS)} {rng.choice(VALUES)} {rng.choice(('main', 'both', 'both'))}",
		lambda: f"fat field {rng.choice(FIELDS)} {rng.choice(VALUES)} {rng.choice(('main', 'both', 'both'))}",
		lambda: f"fat entry {rng.choice((file(), str(rng.randrange(2, 60)), 'end-1'))} {cluster()} {rng.choice(('', '1', '2'))}".strip(),
		lambda: f"fat {rng.choice(('loop', 'leave', 'free', 'bad', 'short'))} {file()}",
		lambda: f"fat cross {file()} {file()}",
		lambda: f"fat long {file()} {rng.randrange(1, 4)}",
		lambda: f"fat size {file()} {rng.choice(('0', '+1', '-1', '+512', '+2048', '4294967295', '1'))}",
		lambda: f"fat start {file()} {cluster()}",
		lambda: f"fat start EFI {cluster()}",
		lambda: f"fat attribute {rng.choice((file(), 'EFI', 'empty'))} {rng.choice(('0', '0x10', '0x08', '0x0f', '0x20', '0x3f', '0x18', '0x06'))}",
		lambda: f"fat long-name {rng.choice((file(), file()))} {rng.choice(('checksum', 'order', 'drop'))}",
		lambda: f"fat differ {rng.choice(('', file()))}".strip(),
		lambda: f"fat dirty {rng.choice(('fat', 'state', 'error'))}",
		lambda: f"fat {rng.choice(('fsinfo counters', 'fsinfo unknown', 'fsinfo signature', 'fsinfo zero', 'mirroring off', 'media 0xf0', 'zero 1', 'zero 2', 'backup-boot zero', 'backup-boot differ', 'backup-boot none'))}",
		lambda: f"raw truncate -{rng.randrange(1, 40) * 512}",
	))()


def mutate(rng, source, path):
	image_size = os.path.getsize(source)
	subprocess.run(["cp", "--sparse=always", source, path], check=True)
	image, done = Volume(path), []
	try:
		v = fatops.Volume(image)
		if rng.random() < 0.35:
			places = [range(0, 90), range(v.fat_at, v.fat_at + 90)]
			folders = [b for f in (None, v.find("EFI"), v.find("EFI/BOOT")) for b in v.blocks(f)]
			places += [range(at, at + min(length, 320)) for at, length in folders] * 2
			span = max(p.stop for p in places)
			data = bytearray(image.read(0, span))
			done.append(f"bytes {flip(rng, data, places)}")
			image.write(0, bytes(data))
		for _ in range(rng.choice((1, 1, 2)) if not done else 0):
			text = operation(rng)
			try:
				apply(image, text)
				done.append(text)
			except (Error, OSError):
				pass
	finally:
		if image.size > image_size:
			image.truncate(image_size)
		image.close()
	return " | ".join(done)


def is_fat(boot):
	return boot[510:512] == b"\x55\xaa" and (boot[54:57] == b"FAT" or boot[82:87] == b"FAT32")


def main():
	dump, mode = os.path.abspath(sys.argv[1]), sys.argv[2]
	tally = Tally(CLASSES)
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "volume")
		if mode == "fixtures":
			for name in volumes(is_fat, path):
				compare(tally, dump, path, name, folder)
			return tally.finish(the_same_files_as_mtools=20, **{"the same clusters as fsck.fat": 20})
		rng = seeded(int(sys.argv[3]))
		bases = make(folder)
		for n in range(int(sys.argv[4])):
			base = rng.choice(bases)
			what = mutate(rng, base, path)
			compare(tally, dump, path, f"{n} ({os.path.basename(base)}: {what})", folder)
	return tally.finish(the_same_files_as_mtools=50, **{"the same clusters as fsck.fat": 20})


if __name__ == "__main__":
	sys.exit(main())
