#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our ext2/3/4 reader beside debugfs.

    ext.py FS-DUMP fixtures             every such file system of every good image
    ext.py FS-DUMP mutated SEED COUNT   small ones with changed superblocks, descriptors, inodes, extents and directories

What is compared: every path with its mode, size, target and bytes, with what debugfs's rdump writes.
"""
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

from pairs import ENV, Tally, flip, ours, run, seeded, trees_differ, volumes

CLASSES = {
	"we alone: checksums": "debugfs opens a file system whose superblock has a wrong checksum; the kernel does not",
	"we alone: the type of an entry": "a folder says of a file that it is of another type than its inode: debugfs believes the inode",
	"we alone: extents out of order": "the kernel refuses such a tree (ext4_valid_extent_entries), debugfs reads what it finds first",
	"we alone: a folder without entries": "its blocks lead nowhere or hold zeros: debugfs shows an empty folder",
	"we alone: the root is no folder": "debugfs writes nothing, and says nothing",
	"we alone: blocks beyond the file system": "debugfs leaves out what it cannot read, and does not say so",
	"debugfs: a link's target": "it takes what stands in the inode up to a NUL, the kernel and we as many bytes as the size says",
	"we alone: nested without end": "a folder that lies in itself: our listing gives up, debugfs stops at the longest path of the system",
	"we alone: long files": "the bytes that a test may write are limited; debugfs leaves out holes",
	"debugfs: inline data": "it pads what stands in an inode to sixty bytes",
	"debugfs: ..": "it follows the entries . and .., which the kernel and we know by their names",
}
OURS = (
	(r"checksum", "we alone: checksums"),
	(r"of different types", "we alone: the type of an entry"),
	(r"the extent tree is not in order", "we alone: extents out of order"),
	(r"its blocks hold no entries", "we alone: a folder without entries"),
	(r"inode 2 is not a directory", "we alone: the root is no folder"),
	(r"refers to a block that|Illegal .*block", "we alone: blocks beyond the file system"),
	(r"nested too deeply", "we alone: nested without end"),
	(r"longer than the test allows", "we alone: long files"),
)


def plain(mode):
	"""rdump gives links no mode and leaves the sticky bit out."""
	return stat.S_IFLNK if stat.S_ISLNK(mode) else mode & ~stat.S_ISVTX


def from_debugfs(path, folder):
	"""{path: (mode, size, target)} of files, folders and links, and what debugfs complains of."""
	said = run("debugfs", "-R", f"rdump / {folder}", path, timeout=10, most=1 << 16, limited=True)
	found = {}
	for here, folders, names in os.walk(folder.encode()):
		for n in folders + names:
			p = os.path.join(here, n)
			st = os.lstat(p)
			target = os.readlink(p) if stat.S_ISLNK(st.st_mode) else b""
			found[p[len(folder):]] = (plain(st.st_mode), st.st_size if stat.S_ISREG(st.st_mode) else 0, target)
	complaints = [line for line in said.err.decode(errors="replace").split("\n") if line and not line.startswith("debugfs 1.")]
	return found, complaints, said.status


class Ours:
	def __init__(self, dump, path, folder):
		said = ours(dump, path, folder, most=1 << 24, limited=True)
		self.error = said.err.decode(errors="replace").strip() if said.status else ""
		self.found, self.other = {}, set()
		for line in said.out.split(b"\n"):
			word = re.match(rb"([0-7]{6}) (\d+) (/.*?)(?: -> (.*))?$", line, re.S)
			if word:
				mode = int(word[1], 8)
				if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
					self.found[word[3]] = (plain(mode), int(word[2]), word[4] or b"")
				else:
					self.other.add(word[3])
			elif line.startswith(b"fault "):
				self.error = line.decode(errors="replace")


def without_links(folder):
	"""fs-dump writes files and folders alone; links are compared by their targets."""
	for here, folders, names in os.walk(folder):
		for n in folders + names:
			if os.path.islink(os.path.join(here, n)):
				os.unlink(os.path.join(here, n))


def compare(tally, dump, path, where, scratch):
	folders = [os.path.join(scratch, n) for n in ("ours", "theirs")]
	for f in folders:
		shutil.rmtree(f, ignore_errors=True)
		os.mkdir(f)
	mine = Ours(dump, path, folders[0])
	theirs, complaints, status = from_debugfs(path, folders[1])
	padded = False
	if mine.error:
		if complaints or status:
			tally.same("both refuse or complain")
			return
		known = [name for pattern, name in OURS if re.search(pattern, mine.error)]
		if known:
			tally.explained(known[0])
		else:
			tally.differs(where, f"we alone: {mine.error}")
		return
	if complaints and all(c.startswith("..: ") or c.startswith(".: ") for c in complaints):
		tally.explained("debugfs: ..")
		return
	if complaints and all("while creating symlink" in c for c in complaints):
		tally.explained("debugfs: a link's target")
		return
	if complaints or status:
		tally.differs(where, f"debugfs alone: {status} {complaints[:5]}")
		return
	for p, (mode, size, _) in theirs.items():
		if stat.S_ISREG(mode) and size == 60 and mine.found.get(p, (0, 60, 0))[1] < 60:
			theirs[p] = mine.found[p] if mine.found[p][0] == mode else theirs[p]
			os.truncate(folders[1].encode() + p, theirs[p][1])
			padded = True
	for p, (mode, size, target) in theirs.items():
		if stat.S_ISLNK(mode) and mine.found.get(p, (0, 0, b""))[2] != target and target.startswith(mine.found.get(p, (0, 0, b"?"))[2]):
			theirs[p] = mine.found[p]
			tally.explained("debugfs: a link's target")
	if padded:
		tally.explained("debugfs: inline data")
	if theirs != mine.found:
		odd = sorted(set(theirs.items()) ^ set(mine.found.items()))[:6]
		tally.differs(where, f"paths, modes, sizes or targets: {odd}")
		return
	without_links(folders[1])
	different = trees_differ(*folders)
	if different:
		tally.differs(where, different)
	else:
		tally.same("the same files as debugfs")


OPTIONS = (
	["-t", "ext2", "-b", "1024"],
	["-t", "ext4", "-b", "1024", "-O", "^has_journal,^metadata_csum"],
	["-t", "ext4", "-b", "1024", "-O", "^has_journal,inline_data", "-I", "256"],
	["-t", "ext4", "-b", "4096", "-O", "^has_journal,^64bit"],
)


def make(folder):
	"""Small file systems: [(path, places worth changing, inodes)]."""
	tree = os.path.join(folder, "tree")
	os.makedirs(os.path.join(tree, "boot/many"))
	for name, lines in (("boot/vmlinuz", 30000), ("boot/config", 300), ("empty", 0), ("boot/small", 1)):
		with open(os.path.join(tree, name), "w") as f:
			f.writelines(f"{name} {n}\n" for n in range(lines))
	with open(os.path.join(tree, "sparse"), "wb") as f:
		for at in (5000, 70000, 150000):
			f.seek(at)
			f.write(b"here")
	for n in range(40):
		with open(os.path.join(tree, f"boot/many/file {n}"), "w") as f:
			f.write(f"{n}\n" * n)
	os.symlink("boot/vmlinuz", os.path.join(tree, "link"))
	os.symlink("very-long-target/" * 8, os.path.join(tree, "long-link"))
	made = []
	env = dict(ENV, E2FSPROGS_FAKE_TIME="1735689600")
	for i, options in enumerate(OPTIONS):
		path = os.path.join(folder, f"base{i}")
		uuid = f"6b1a2c3d-0000-4000-8000-00000000000{i}"
		subprocess.run(["/usr/sbin/mke2fs", "-q", "-F", "-N", "96", "-U", uuid, "-E", f"hash_seed={uuid}", "-d", tree, *options, path, "2M"],
		               check=True, env=env, stdout=subprocess.DEVNULL)
		block = int(options[3])
		table = run("dumpe2fs", path).text
		descriptors = block if block > 1024 else 2048
		inodes = int(re.search(r"Inode table at (\d+)", table)[1]) * block
		size = int(re.search(r"Inode size:\s+(\d+)", table)[1])
		places = [range(1024, 1024 + 160), range(1024 + 160, 1024 + 400), range(descriptors, descriptors + 64)]
		numbers = []
		for name in ("/", "/boot", "/boot/many", "/boot/vmlinuz", "/boot/config", "/sparse", "/link", "/long-link", "/boot/many/file 7"):
			said = run("debugfs", "-R", f'stat "{name}"', path).text
			number = int(re.search(r"Inode: (\d+)", said)[1])
			numbers.append(number)
			places += [range(inodes + (number - 1) * size, inodes + (number - 1) * size + 128)]
			if name in ("/", "/boot", "/boot/many"):
				first = re.search(r"(?:\(0(?:-\d+)?\)|\(0\)):(\d+)", said)
				if first:
					places += [range(int(first[1]) * block, int(first[1]) * block + 200)] * 2
		made.append((path, places, numbers))
	return made


def operation(rng, numbers):
	"""A command of debugfs, which makes checksums right again."""
	inode = f"<{rng.choice(numbers)}>"
	value = lambda: rng.choice(("0", "1", "2", "5", "13", "100", "2047", "2048", "2049", "99999", "0x7fffffff", "0xffffffff"))  # noqa: E731
	return rng.choice((
		lambda: f"sif {inode} size {rng.choice((value(), value(), '0x100000000', '0x7fffffffffffffff'))}",
		lambda: f"sif {inode} mode {rng.choice(('0100644', '040755', '0120777', '010644', '060600', '0', '0177777'))}",
		lambda: f"sif {inode} flags {rng.choice(('0', '0x80000', '0x10000000', '0x1000', '0x20', '0x800', '0xffffffff', '0x80020'))}",
		lambda: f"sif {inode} block[{rng.randrange(15)}] {value()}",
		lambda: f"sif {inode} block[{rng.randrange(6)}] {rng.choice(('0xf30a', '0x1f30a', '0x4f30a0001', '3', '0x10004', '0x8000'))}",
		lambda: f"sif {inode} {rng.choice(('blocks', 'links_count', 'dtime', 'extra_isize', 'file_acl', 'generation'))} {value()}",
		lambda: f"ssv {rng.choice(('blocks_count', 'inodes_count', 'first_data_block', 'log_block_size', 'blocks_per_group', 'inodes_per_group', 'rev_level', 'first_ino', 'inode_size', 'feature_incompat', 'feature_ro_compat', 'desc_size', 'state', 'free_blocks_count', 'log_groups_per_flex', 'first_meta_bg', 'creator_os'))} {value()}",
		lambda: f"set_bg 0 {rng.choice(('inode_table', 'block_bitmap', 'inode_bitmap', 'flags', 'itable_unused'))} {value()}",
		lambda: f"unlink {rng.choice(('/boot/config', '/empty', '/boot/many'))}",
		lambda: f"ln <{rng.choice(numbers[3:])}> /boot/hard",
	))()


def mutate(rng, base, path):
	source, places, numbers = base
	shutil.copyfile(source, path)
	if rng.random() < 0.5:
		with open(path, "rb") as f:
			data = bytearray(f.read())
		done = f"bytes {flip(rng, data, places)}"
		with open(path, "wb") as f:
			f.write(data)
		return done
	done = [operation(rng, numbers) for _ in range(rng.choice((1, 1, 2)))]
	for text in done:
		run("debugfs", "-w", "-R", text, path)
	if rng.random() < 0.05:
		cut = rng.randrange(1, 60) * 1024
		os.truncate(path, os.path.getsize(path) - cut)
		done.append(f"cut by {cut}")
	return " | ".join(done)


def main():
	dump, mode = os.path.abspath(sys.argv[1]), sys.argv[2]
	tally = Tally(CLASSES)
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "volume")
		if mode == "fixtures":
			for name in volumes(lambda head: head[1024 + 56:1024 + 58] == b"\x53\xef", path):
				compare(tally, dump, path, name, folder)
			return tally.finish(**{"the same files as debugfs": 15})
		rng = seeded(int(sys.argv[3]))
		bases = make(folder)
		for n in range(int(sys.argv[4])):
			base = rng.choice(bases)
			what = mutate(rng, base, path)
			compare(tally, dump, path, f"{n} ({os.path.basename(base[0])}: {what})", folder)
	return tally.finish(**{"the same files as debugfs": 25})


if __name__ == "__main__":
	sys.exit(main())
