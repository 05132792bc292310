# SPDX-License-Identifier: MIT
"""The images that mutants are made from: the seeds of fuzz_image, small disks of all kinds, and what is known of each."""
import glob
import os
import stat
import struct

from mutator.extfs import ExtVolume
from mutator.fat import Volume
from mutator.gpt import Table
from mutator.image import Image
from mutator.registry import Error

HERE = os.path.dirname(os.path.abspath(__file__))
SEEDS = os.path.join(HERE, "..", "corpus", "image")
# What an image names, and the seed that is it.
SIBLINGS = {"qcow2-overlay": ("backing.img", "fat12")}
# Read through qemu-nbd, which takes a process: they are chosen less often.
CONTAINERS = ("vmdk", "vdi", "vhdx", "vpc", "qed", "parallels", "vmdk-stream")


class Pieces:
	"""A seed as tests/fuzz/sparse packs it: the image's size, and what of it is not zero."""

	def __init__(self, name):
		self.name, self.pieces = name, []
		with open(os.path.join(SEEDS, name), "rb") as f:
			_, self.size = struct.unpack("<B7xQ", f.read(16))
			while len(head := f.read(12)) == 12:
				offset, length = struct.unpack("<QI", head)
				data = f.read(length)
				if offset < self.size:
					self.pieces.append((offset, data[:self.size - offset]))

	def write(self, path):
		with open(path, "wb") as f:
			f.truncate(self.size)
			for offset, data in self.pieces:
				f.seek(offset)
				f.write(data)


def fat_files(volume, folder=None, above=""):
	for _, f in volume.list(folder):
		if f.attributes & 8 or f.name in (".", ".."):
			continue
		yield f"{above}/{f.name}", f.folder
		if f.folder:
			yield from fat_files(volume, f, f"{above}/{f.name}")


def ext_files(volume, folder=2, above=""):
	for name, inode, _ in volume.entries(folder):
		if name in (".", ".."):
			continue
		mode = struct.unpack_from("<H", volume.read(*volume.inode(inode)))[0]
		yield f"{above}/{name}", mode
		if stat.S_ISDIR(mode):
			yield from ext_files(volume, inode, f"{above}/{name}")


class Base(Pieces):
	def __init__(self, name, scratch):
		super().__init__(name)
		self.sibling = None
		if name in SIBLINGS:
			self.sibling = SIBLINGS[name][0], Pieces(SIBLINGS[name][1])
		path = os.path.join(scratch, "base")
		self.write(path)
		image = Image(path)
		self.qcow2 = image.read(0, 4) == b"QFI\xfb"
		self.container = name in CONTAINERS
		self.gpt, self.fat, self.fat_folders, self.ext, self.ext_folders, self.squash = False, [], [], [], [], False
		try:
			numbers = Table(image).any().used()
			self.gpt = True
		except Error:
			numbers = []
		try:
			for file, folder in fat_files(Volume(image)):
				(self.fat_folders if folder else self.fat).append(file)
		except (Error, struct.error):
			pass
		for n in numbers[1:2]:
			try:
				for file, mode in ext_files(ExtVolume(image, n)):
					(self.ext_folders if stat.S_ISDIR(mode) else self.ext).append(file)
			except Error:
				pass
			entry = Table(image).any().entry(n)
			self.squash = image.read(entry.first * Table(image).sector, 4) == b"hsqs"
		image.close()
		os.unlink(path)
		self.weight = 1 if self.container else 4 if self.ext or self.squash or self.qcow2 else 2


def bases(scratch):
	return [Base(os.path.basename(path), scratch) for path in sorted(glob.glob(os.path.join(SEEDS, "*")))]
