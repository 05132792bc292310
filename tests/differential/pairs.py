# SPDX-License-Identifier: MIT
"""What the comparisons with reference programs share: running a program, the fixtures and their partitions, random changes that
are the same each time, and the sums.

A comparison ends in one of three ways: both say the same, the difference has a name and an explanation, or it is a failure.
"""
import collections
import filecmp
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "fixtures"))
from mutator.gpt import Table  # noqa: E402
from mutator.image import Image, copy_sparse  # noqa: E402, F401
from mutator.registry import Error, apply  # noqa: E402, F401

ENV = dict(os.environ, LC_ALL="C.UTF-8", MTOOLS_SKIP_CHECK="1", MTOOLSRC="/dev/null", SOURCE_DATE_EPOCH="1735689600",
           PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
TYPES = ("img", "qcow2", "vdi", "vhdx", "vhd", "vmdk", "qed", "hds")


class Said:
	"""What a program said: status (None: it did not end in time), out and err."""

	def __init__(self, status, out, err):
		self.status, self.out, self.err = status, out, err

	@property
	def text(self):
		return (self.out + self.err).decode(errors="replace")


LARGEST = 64 << 20


def small_files():
	"""A file whose size was changed can be of any length: none that is written is longer than LARGEST."""
	resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


def run(*argv, timeout=30, cwd=None, stdin=None, most=None, limited=False):
	"""`most` bytes of output are kept: a program that is led in circles prints without end."""
	with open(stdin or os.devnull, "rb") as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
		try:
			status = subprocess.run([str(a) for a in argv], stdin=source, stdout=out, stderr=err, env=ENV,
			                        timeout=timeout, cwd=cwd,
			                        preexec_fn=small_files if limited else None).returncode
		except subprocess.TimeoutExpired:
			status = None
		texts = []
		for f in (out, err):
			f.seek(0)
			texts.append(f.read() if most is None else f.read(most))
		return Said(status, *texts)


def ours(*argv, **more):
	"""Runs a program of ours: it ends in time, by itself, and no sanitizer stops it."""
	said = run(*argv, **more)
	if said.status == -signal.SIGXFSZ and more.get("limited"):
		said.status, said.err = 2, said.err + b"a file is longer than the test allows"
	if said.status not in (0, 1, 2) or b"Sanitizer" in said.err or b"runtime error" in said.err:
		raise AssertionError(f"{os.path.basename(argv[0])} ends with {said.status}: {said.err.decode(errors='replace')[-2000:]}")
	return said


class Tally:
	"""Counts how comparisons end; `classes` are the differences that are known: {name: explanation}."""

	def __init__(self, classes):
		self.classes, self.counts, self.failures, self.began = classes, collections.Counter(), [], time.monotonic()

	def same(self, what="the same"):
		self.counts[what] += 1

	def explained(self, name):
		assert name in self.classes, name
		self.counts[name] += 1

	def differs(self, where, text):
		self.failures.append(where)
		print(f"UNEXPLAINED {where}: {text}", flush=True)

	def finish(self, **least):
		"""Prints the sums; 0 if nothing is unexplained and each of `least` was reached ("the_same" is "the same")."""
		for name, count in self.counts.most_common():
			print(f"{count:6} {name}" + (f": {self.classes[name]}" if name in self.classes else ""))
		print(f"{len(self.failures):6} unexplained, {time.monotonic() - self.began:.1f} s")
		short = [n for n, count in least.items() if self.counts[n.replace("_", " ")] < count]
		if short:
			print("fewer than there should be: " + ", ".join(short))
		return 1 if self.failures or short else 0


class Disk(Image):
	"""A raw image, for reading."""

	def __init__(self, path):
		self.path = path
		self.fd = os.open(path, os.O_RDONLY)


def fixtures(types=("img",)):
	"""[(name, path)] of all good images of these types, which are made if they are not there."""
	done = subprocess.run([os.path.join(TOP, "fixtures/build"), "--all"], stdout=subprocess.PIPE, text=True, check=True)
	paths = [p for p in done.stdout.split("\n") if p.rsplit(".", 1)[-1] in types]
	return [(os.path.basename(p).rsplit(".", 1)[0], p) for p in paths]


def partitions(path):
	"""[(number, start, size in bytes)] of a raw image's GPT."""
	disk = Disk(path)
	try:
		table = Table(disk)
		side = table.any()
		return [(i, e.first * table.sector, (e.last + 1 - e.first) * table.sector)
		        for i, e in ((i, side.entry(i)) for i in side.used())]
	except Error:
		return []
	finally:
		disk.close()


def cut_out(path, start, size, target):
	"""A partition as a file of its own, with holes."""
	with open(path, "rb") as a, open(target, "wb") as b:
		b.truncate(size)
		at = start
		while at < start + size:
			try:
				at = os.lseek(a.fileno(), at, os.SEEK_DATA)
			except OSError:
				break
			end = min(os.lseek(a.fileno(), at, os.SEEK_HOLE), start + size)
			while at < end:
				at += os.copy_file_range(a.fileno(), b.fileno(), end - at, at, at - start)


def volumes(of_kind, target):
	"""Cuts out to `target`, one after the other, the partitions of all good raw images whose first 2 KiB of_kind says yes to;
	yields what each is called."""
	for name, image in fixtures():
		for number, start, size in partitions(image):
			with open(image, "rb") as f:
				f.seek(start)
				head = f.read(2048)
			if of_kind(head):
				cut_out(image, start, size, target)
				yield f"{name} p{number}"


def boot_files(folder, wanted):
	"""The files of all good images that their boot paths hold, each content once: (image and path, a copy in `folder`).

	`wanted` says of a path whether it is wanted; what lies in FAT volumes and in /boot is looked at.
	"""
	seen, target = set(), os.path.join(folder, "file")
	for name, image in fixtures():
		for number, start, size in partitions(image):
			with open(image, "rb") as f:
				f.seek(start)
				head = f.read(2048)
			if head[510:512] == b"\x55\xaa" and (head[54:57] == b"FAT" or head[82:87] == b"FAT32"):
				paths = [line.removeprefix("::") for line in run("mdir", "-a", "-b", "-/", "-i", f"{image}@@{start}", "::/").out.decode().split("\n")
				         if line and not line.endswith("/")]
				fetch = lambda p: run("mcopy", "-n", "-o", "-i", f"{image}@@{start}", "::" + p, target)  # noqa: E731, B023
			elif head[1080:1082] == b"\x53\xef":
				device = f"{image}?offset={start}"
				paths = ["/boot/" + w[5] for w in (line.split("/") for line in run("debugfs", "-R", "ls -p /boot", device).out.decode().split("\n"))
				         if len(w) > 6 and w[2].startswith("100")]
				fetch = lambda p: run("debugfs", "-R", f'dump "{p}" {target}', device)  # noqa: E731, B023
			else:
				continue
			for path in paths:
				if not wanted(path):
					continue
				fetch(path)
				with open(target, "rb") as f:
					sum_ = hashlib.file_digest(f, "sha256").digest()
				if sum_ not in seen:
					seen.add(sum_)
					yield f"{name} p{number}{path}", target


def flip(rng, data, places, most=3):
	"""Changes 1 to `most` bytes of a bytearray within the ranges of `places`; returns [(offset, old, new)]."""
	changes = []
	for _ in range(rng.randint(1, most)):
		at = rng.choice(rng.choice(places))
		if at >= len(data):
			continue
		old = data[at]
		data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, old ^ 1 << rng.randrange(8), (old + 1) & 0xFF, rng.randrange(256)))
		if data[at] != old:
			changes.append((at, old, data[at]))
	return changes


def trees_differ(a, b):
	"""The first few differences between two folders, as text; links are not followed."""
	found = []

	def walk(x, y, here):
		names_x, names_y = set(os.listdir(x)), set(os.listdir(y))
		found.extend(f"{here}{n}: not among {'theirs' if n in names_x else 'ours'}" for n in sorted(names_x ^ names_y))
		for n in sorted(names_x & names_y):
			p, q = os.path.join(x, n), os.path.join(y, n)
			if len(found) > 4:
				return
			if os.path.islink(p) or os.path.islink(q):
				if not (os.path.islink(p) and os.path.islink(q) and os.readlink(p) == os.readlink(q)):
					found.append(f"{here}{n}: another link")
			elif os.path.isdir(p) and os.path.isdir(q):
				walk(p, q, f"{here}{n}/")
			elif os.path.isdir(p) or os.path.isdir(q) or not filecmp.cmp(p, q, shallow=False):
				found.append(f"{here}{n}: other content, {os.path.getsize(p)} and {os.path.getsize(q)} bytes")
	walk(a, b, "")
	return "; ".join(found[:5])


def seeded(seed):
	return random.Random(seed)
