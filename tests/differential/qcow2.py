#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our qcow2 reader beside qemu-img.

    qcow2.py DUMP fixtures             every qcow2 file among the good images
    qcow2.py DUMP mutated SEED COUNT   small ones with changed headers, tables and compressed clusters

The promise: no silent wrong data.  Where our reader says nothing, qemu-img must open the image and read the same bytes; where
qemu-img fails, our reader must have said why.  What we alone complain of has a name here.
"""
import filecmp
import os
import re
import struct
import subprocess
import sys
import tempfile

from pairs import Error, Image, Tally, apply, fixtures, ours, run, seeded
from mutator import qcow2, raw  # noqa: F401: their operations

CLASSES = {
	"we alone: reference counts": "a cluster is used twice or its count is too low: qemu-img finds that when it checks, not when it reads",
	"we alone: where tables lie": "a table or cluster is not aligned, overlaps another or lies beyond the file: qemu-img reads zeros there",
	"we alone: reserved bits": "bits that must be zero are not; qemu-img ignores them",
	"we alone: the header": "fields that contradict each other, of which qemu-img looks at some alone",
	"we alone: marked": "the image is marked as corrupt, or names features that are not known",
	"we alone: compressed data": "more or other bytes than the cluster has room for; qemu-img takes as many as it needs",
	"we alone: an external data file or a backing file": "we are given none: qemu-img opens the name",
}
OURS = (
	(r"refcount|reference count|used (twice|by)|copied", "we alone: reference counts"),
	(r"reserved", "we alone: reserved bits"),
	(r"align|overlap|beyond|past the|outside|end of the file", "we alone: where tables lie"),
	(r"corrupt|feature|dirty", "we alone: marked"),
	(r"compress|inflat|zstd", "we alone: compressed data"),
	(r"backing|data file", "we alone: an external data file or a backing file"),
	(r"header|version|snapshot|extension|size|encrypt", "we alone: the header"),
)


def same_bytes(one, two):
	"""qemu-img leaves out a part of a sector at the end."""
	a, b = os.path.getsize(one), os.path.getsize(two)
	if a == b:
		return filecmp.cmp(one, two, shallow=False)
	if abs(a - b) >= 512:
		return False
	with open(one, "rb") as x, open(two, "rb") as y:
		return x.read()[:b] == y.read()[:a]


def compare(tally, dump, path, where, folder):
	mine, theirs = os.path.join(folder, "ours"), os.path.join(folder, "theirs")
	with open(path, "rb") as f:
		head = f.read(32)
	# version 1 is another format by the same magic number, which is left to qemu-nbd
	if head[:4] != b"QFI\xfb" or head[4:8] == b"\0\0\0\1" or struct.unpack(">Q", head[24:32])[0] > 1 << 28:
		tally.same("not qcow2, or too large to compare")
		with open(mine, "wb") as f:
			subprocess.run([dump, path], stdout=f, stderr=subprocess.DEVNULL, timeout=30, check=False)
		return
	said = ours("sh", "-c", 'exec "$0" "$1" >"$2"', dump, path, mine)
	done = run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, theirs)
	if said.status:
		text = said.err.decode(errors="replace").replace(path, "").strip()
		if done.status:
			tally.same("both refuse")
			return
		known = [name for pattern, name in OURS if re.search(pattern, text)]
		if known:
			tally.explained(known[0])
		else:
			tally.differs(where, f"we alone: {text}")
	elif done.status:
		tally.differs(where, f"qemu-img fails ({done.text.strip()}), we say nothing")
	elif not same_bytes(mine, theirs):
		tally.differs(where, "other bytes than qemu-img's")
	else:
		tally.same("the same bytes as qemu-img")


def make(folder):
	"""Small images of every layout, and for each the places worth changing."""
	source = os.path.join(folder, "raw")
	with open(source, "wb") as f:
		f.write(b"".join(b"line %d of a text\n" % i for i in range(9000)))
		f.truncate(1 << 20)
	images = []
	for i, options in enumerate((["-o", "cluster_size=4096"], ["-o", "cluster_size=512"],
	                             ["-c", "-o", "cluster_size=4096"], ["-o", "compat=0.10,cluster_size=4096"],
	                             ["-c", "-o", "cluster_size=4096,compression_type=zstd"],
	                             ["-o", "extended_l2=on,cluster_size=16384"])):
		path = os.path.join(folder, f"image{i}")
		subprocess.run(["qemu-img", "convert", "-O", "qcow2", *options, source, path], check=True)
		with open(path, "rb") as f:
			data = f.read()
		l1, = struct.unpack(">Q", data[40:48])
		l2 = struct.unpack(">Q", data[l1:l1 + 8])[0] & 0x00FFFFFFFFFFFE00
		images.append((data, [range(4, 112), range(l1, l1 + 8), range(l2, l2 + 400), range(l2, l2 + 400),
		                      range(0, len(data))]))
	images.append(with_bitmaps(path))
	return images


def with_bitmaps(path):
	"""The header's extensions and the directory that one of them leads to."""
	for name in ("one", "another"):
		subprocess.run(["qemu-img", "bitmap", "--add", "-g", "65536", path, name], check=True)
	with open(path, "rb") as f:
		data = f.read()
	at = data.index(struct.pack(">II", 0x23852875, 24))
	size, directory = struct.unpack(">QQ", data[at + 16:at + 32])
	return data, [range(88, 96), range(at, at + 32), range(at + 8, at + 32), range(directory, directory + size),
	              range(directory, directory + 24)]


def operation(rng):
	"""One operation of fixtures/mutate."""
	guest = rng.choice((0, 4096, 8192, 65536, 150000, 1 << 19, (1 << 20) - 1))
	place = lambda: rng.choice(("0", "1", "0x1000", "0x2000", "0x5000", "end+0", "end+4096", "+512", "+4096", "0x4000000000001000",  # noqa: E731
	                            "0x8000000000003000", "0x80000000000003ff", "18446744073709551615"))
	return rng.choice((
		lambda: f"qcow2 l1 {rng.randrange(2)} {place()}",
		lambda: f"qcow2 l2 {guest} {place()}",
		lambda: f"qcow2 l2 {guest} {place()}",
		lambda: f"qcow2 l2-bitmap {guest} {rng.getrandbits(64)}",
		lambda: f"qcow2 garble {guest}",
		lambda: f"qcow2 refcount {rng.randrange(9)} {rng.choice((0, 1, 2, 65535))}",
		lambda: f"qcow2 refcount-table 0 {place()}",
		lambda: f"qcow2 field {rng.choice(list(qcow2.FIELDS)[1:])} {rng.choice(('0', '1', '+1', '-1', '2', '9', '21', '22', 'end', '4294967295'))}",
		lambda: f"qcow2 feature {rng.choice(('incompatible', 'compatible', 'autoclear'))} {rng.randrange(64)}",
		lambda: "qcow2 snapshot",
		lambda: f"raw truncate -{rng.randrange(1, 20) * 512}",
	))()


def mutate(rng, base, path):
	"""Writes a changed copy; returns what was done to it, or None if nothing was."""
	data, places = base
	data, changes = bytearray(data), []
	if rng.random() < 0.3:
		with open(path, "wb") as f:
			f.write(data)
		image = Image(path)
		try:
			text = operation(rng)
			apply(image, text)
			return text
		except Error:
			return None
		finally:
			image.close()
	for _ in range(rng.choice((1, 1, 2))):
		at = rng.choice(rng.choice(places))
		changes.append((at, data[at]))
		data[at] = rng.choice((0, 1, 0x80, 0xFF, data[at] ^ 1 << rng.randrange(8), rng.randrange(256)))
	if rng.random() < 0.1:
		del data[rng.randrange(200, len(data)):]
	if any(len(data) <= at or data[at] == old for at, old in changes):
		return None
	with open(path, "wb") as f:
		f.write(data)
	return f"{changes}, {len(data)} bytes"


def main():
	dump, mode = os.path.abspath(sys.argv[1]), sys.argv[2]
	tally = Tally(CLASSES)
	with tempfile.TemporaryDirectory() as folder:
		if mode == "fixtures":
			for name, path in fixtures(("qcow2",)):
				compare(tally, dump, path, name, folder)
			return tally.finish(**{"the same bytes as qemu-img": 5})
		rng, images = seeded(int(sys.argv[3])), make(folder)
		path = os.path.join(folder, "broken")
		for n in range(int(sys.argv[4])):
			base = rng.randrange(len(images))
			what = mutate(rng, images[base], path)
			if what:
				compare(tally, dump, path, f"{n} ({base}: {what})", folder)
	return tally.finish(**{"the same bytes as qemu-img": 30})


if __name__ == "__main__":
	sys.exit(main())
