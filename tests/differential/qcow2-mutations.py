#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Changes bytes of small qcow2 images at random places and compares what we read with what qemu-img reads.

    qcow2-mutations.py DUMP COUNT [SEED]

The promise: no silent wrong data.  Where our reader says nothing, qemu-img must open the image and read the same bytes; where
qemu-img fails, our reader must have said why.  Prints one line for each broken promise; the exit status counts.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile


def run(*argv, **kw):
	return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, **kw)


def make(folder):
	"""Small images of every layout, and for each the places worth changing."""
	raw = os.path.join(folder, "raw")
	with open(raw, "wb") as f:
		f.write(b"".join(b"line %d of a text\n" % i for i in range(9000)))
		f.truncate(1 << 20)
	images = []
	for i, options in enumerate((["-o", "cluster_size=4096"], ["-o", "cluster_size=512"],
	                             ["-c", "-o", "cluster_size=4096"], ["-o", "compat=0.10,cluster_size=4096"],
	                             ["-c", "-o", "cluster_size=4096,compression_type=zstd"],
	                             ["-o", "extended_l2=on,cluster_size=16384"])):
		path = os.path.join(folder, f"image{i}")
		run("qemu-img", "convert", "-O", "qcow2", *options, raw, path, check=True)
		with open(path, "rb") as f:
			data = f.read()
		l1, = struct.unpack(">Q", data[40:48])
		l2 = struct.unpack(">Q", data[l1:l1 + 8])[0] & 0x00FFFFFFFFFFFE00
		images.append((data, [range(4, 112), range(l1, l1 + 8), range(l2, l2 + 400), range(l2, l2 + 400),
		                      range(0, len(data))]))
	return images


def main():
	dump, count = sys.argv[1], int(sys.argv[2])
	rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
	broken = silent = 0
	with tempfile.TemporaryDirectory() as folder:
		images = make(folder)
		path, ours, theirs = (os.path.join(folder, n) for n in ("broken", "ours", "theirs"))
		for n in range(count):
			data, places = rng.choice(images)
			data = bytearray(data)
			changes = []
			for _ in range(rng.choice((1, 1, 2))):
				at = rng.choice(rng.choice(places))
				changes.append((at, data[at]))
				data[at] = rng.choice((0, 1, 0x80, 0xFF, data[at] ^ 1 << rng.randrange(8), rng.randrange(256)))
			if rng.random() < 0.1:
				del data[rng.randrange(200, len(data)):]
			if any(len(data) <= at or data[at] == old for at, old in changes):
				continue
			with open(path, "wb") as f:
				f.write(data)
			with open(ours, "wb") as f:
				said = subprocess.run([dump, path], stdout=f, stderr=subprocess.PIPE, timeout=30)
			if said.returncode not in (0, 1, 2):
				print(f"{n}: dump died with {said.returncode}: {changes}")
				broken += 1
				continue
			if said.returncode:
				continue
			size = struct.unpack(">Q", data[24:32])[0]
			if data[:4] != b"QFI\xfb" or size > 1 << 26:
				continue
			silent += 1
			done = run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path, theirs)
			if done.returncode:
				print(f"{n}: qemu-img fails ({done.stderr.decode(errors='replace').strip()}), we say nothing: {changes}")
				broken += 1
				continue
			with open(ours, "rb") as a, open(theirs, "rb") as b:
				x, y = a.read(), b.read()
			# qemu-img leaves out a part of a sector at the end
			if abs(len(x) - len(y)) >= 512 or x[:len(y)] != y[:len(x)]:
				print(f"{n}: other bytes than qemu-img's: {changes}")
				broken += 1
	print(f"{count} images, {silent} read without a word, {broken} wrongly")
	return min(broken, 100)


if __name__ == "__main__":
	sys.exit(main())
