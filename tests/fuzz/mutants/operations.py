# SPDX-License-Identifier: MIT
"""Chooses operations of fixtures/mutate for an image, with values that are likely to hurt.

Each chooser takes (r, base, image), r being the source of chance and image as it stands now, and returns an operation as a
person would write it, so that what a mutant is can be told and done again by fixtures/mutate.
"""
import os
import shlex
import struct

from mutator import fat as fat_fields
from mutator import gpt as gpt_fields
from mutator import pe as pe_fields
from mutator import qcow2 as qcow2_fields
from mutator.cpioops import FIELDS as CPIO_FIELDS
from mutator.cpioops import Place
from mutator.fat import Volume
from mutator.gpt import Table
from mutator.pe import Binary
from mutator.qcow2 import Qcow2

from .values import little, number, some_bytes, text

FAT_NUMBERS = [n for n in {**fat_fields.COMMON, **fat_fields.WIDE} if n not in fat_fields.TEXT]
GPT_NUMBERS = [n for n in gpt_fields.FIELDS if n not in ("signature", "disk_guid", "header_crc", "entries_crc")]


def gpt(r, base, image):
	side = r.choice(("primary", "backup", "both"))
	what = r.randrange(10)
	table = Table(image)
	if what <= 2:
		name = r.choice(GPT_NUMBERS)
		now = table.sides(side)[0].h[name]
		bits = 64 if name.endswith(("lba", "usable")) else 32
		return f"gpt field {side} {name} {number(r, now, bits)}"
	if what <= 5:
		n = r.choice((1, 1, 2, 3, 128))
		at = r.choice((0, 16, 32, 32, 40, 40, 48, 56, 120))
		now = table.sides(side)[0].entry(n).pack()[at:]
		return f"gpt entry {side} {n} {at} {some_bytes(r, now)}"
	if what == 6:
		first, last = (r.choice(("=", "+1", "-1", "0", "1", "34", "2048", "last", "last+1")) for _ in range(2))
		return f"gpt range {r.choice((1, 2))} {first} {last} {side}"
	return r.choice((
		"gpt overlap", "gpt duplicate-guid", "gpt differ", "gpt swap 1 2", f"gpt crc {side} header", f"gpt crc {side} entries",
		f"gpt crc {side} array", f"gpt zero {side}", f"gpt zero {side} entries", "gpt entry-size 256", "gpt entry-size 128 64",
		"gpt entry-size 4096 4", "gpt move-backup last-8", "gpt remove", "gpt remove keep-mbr", "gpt type 2 esp", "gpt type 1 linux",
		"gpt only-entry 2", "gpt add linux", "gpt sector-size 4096", "disk superfloppy", "disk grow +4M"))


def mbr(r, base, image):
	if r.randrange(2):
		n, kind = r.randrange(1, 5), r.choice((0, 5, 0xB, 0xF, 0x83, 0x85, 0xEE, 0xEF, r.randrange(256)))
		return f"mbr record {n} {kind} {number(r, 2048, 32)} {number(r, image.size // 512, 32)}"
	return r.choice(("mbr clear", "mbr no-ee", "mbr no-ee 0x0f", "mbr no-signature", "mbr active", "mbr slot 4", "mbr hybrid", "mbr to-dos",
	                 "mbr boot-code", f"mbr start {number(r, 1, 32)}", f"mbr protective size {number(r, image.size // 512, 32)}"))


def fat(r, base, image):
	v = Volume(image)
	what = r.randrange(12)
	path = r.choice(base.fat + base.fat_folders) if base.fat else None
	if what <= 3 or not path:
		name = r.choice([n for n in FAT_NUMBERS if n in v.fields()])
		return f"fat field {name} {number(r, v.get(name), 8 * v.fields()[name][1])} {r.choice(('main', 'both', 'both'))}"
	if what == 4:
		cluster = r.choice((0, 1, 2, 3, 4, r.randrange(2, v.clusters + 2)))
		return f"fat entry {cluster} {number(r, r.randrange(v.clusters + 4), v.bits)}" + r.choice(("", " 1", " 2"))
	path = shlex.quote(path)
	if what <= 6:
		return f"fat dirent {path} {r.choice((0, 0, 8, 11, 12, 20, 26, 28, 28, -32, -32, -19, -21, -6, -64))} {some_bytes(r)}"
	other = shlex.quote(r.choice(base.fat))
	return r.choice((
		f"fat loop {path}", f"fat cross {path} {other}", f"fat leave {path}", f"fat leave {path} {number(r, v.clusters, 28)}", f"fat free {path}",
		f"fat bad {path}", f"fat short {path}", f"fat long {path} {r.randrange(1, 40)}", f"fat size {path} {number(r, 1024, 32)}",
		f"fat start {path} {number(r, 2, 28)}", f"fat attribute {path} {r.randrange(256)}", f"fat long-name {path} checksum",
		f"fat long-name {path} order", f"fat long-name {path} drop", "fat backup-boot zero", "fat backup-boot differ", "fat mirroring off 1",
		"fat mirroring off 9", "fat dirty", "fat fsinfo counters", "fat fsinfo signature", "fat fsinfo zero", "fat media 0",
		"fat zero 1", "fat zero 2", "fat differ"))


def binaries(base):
	return [p for p in base.fat if p.lower().endswith((".efi", "/linux"))]


def pe(r, base, image):
	path = r.choice(binaries(base))
	word = shlex.quote(path)
	b = Binary(Volume(image).content(path))
	what = r.randrange(8)
	signature = b.get(b.place("certificate.address"))
	if 0 < signature < len(b.data) and r.randrange(2):
		at = signature + r.randrange(min(len(b.data) - signature, r.choice((16, 100, 4000))))
		return f"content poke {shlex.quote('1:' + path)} {at} {some_bytes(r, bytes(b.data[at:]))}"
	if what <= 2:
		names = ["lfanew", "image_base", "directories", *pe_fields.COFF, *pe_fields.OPTIONAL,
		         *(f"{d}.{k}" for d in pe_fields.DIRECTORIES for k in ("address", "size"))]
		name = r.choice(names)
		place = b.place(name)
		return f"pe field {word} {name} {number(r, r.choice((b.get(place), len(b.data))), 8 * place[1])}"
	if what <= 5:
		n, name = r.randrange(max(b.count, 1)), r.choice([n for n in pe_fields.SECTION if n != "name"])
		place = b.section(str(n), name)
		return f"pe section {word} {n} {name} {number(r, r.choice((b.get(place), len(b.data))), 8 * place[1])}"
	if what == 6:
		name = r.choice((".sbat", ".text", ".linux", ".initrd", ".cmdline", ".osrel", ".uname", ".dtb", ".sdmagic", ".profile", "/4", "mods"))
		return f"pe section {word} {r.randrange(max(b.count, 1))} name {name}"
	return r.choice((f"pe overlap-sections {word}", f"pe cut {word} {r.randrange(max(b.count, 1))}",
	                 f"pe sbat-text {word} {shlex.quote(text(r, b'sbat,1,a,b,c,d').decode('latin-1').replace(chr(0), ''))}"))


def files(base, names):
	"""N:PATH of files whose last word is one of those, in either partition."""
	found = [f"1:{p}" for p in base.fat] + [f"2:{p}" for p in base.ext]
	return [p for p in found if any(n in os.path.basename(p).lower() for n in names)]


def cpio(r, base, image):
	place = r.choice(files(base, ("initrd",)))
	word, what = shlex.quote(place), r.randrange(12)
	if what <= 4:
		name = r.choice(CPIO_FIELDS + ("size", "size", "name_size", "name_size", "mode"))
		return f"cpio field {word} {r.randrange(7)} {name} {number(r, r.choice((0, 0x41ED, 0x81A4, 0xA1FF)), 32)}"
	if what <= 6:
		return f"cpio poke {word} {r.randrange(6)} {r.choice((0, 5, 14, 54, 94, 102, 110, 111, 113, 124))} {some_bytes(r)}"
	if what == 7:
		return f"cpio cut {word} -{r.randrange(1, 900)}"
	if what == 8:
		return f"cpio pack {word} {r.choice(('gzip', 'xz', 'bzip2', 'none', 'zstd', 'lz4', 'lzo'))}"
	data = Place(image, place).read()
	at = r.randrange(min(len(data), r.choice((8, 32, 512))))
	return f"content poke {word} {at} {some_bytes(r, data[at:])}"


def content(r, base, image):
	"""Bytes of any file that is read: headers of compressed streams, kernels, programs, tables of modules."""
	place = r.choice(files(base, ("",)))
	data = Place(image, place).read()
	at = r.randrange(min(len(data), r.choice((4, 64, 512, 1 << 20))) or 1)
	return f"content poke {shlex.quote(place)} {at} {some_bytes(r, data[at:])}"


def words(r, base, image):
	"""The text of a configuration file."""
	place = r.choice(files(base, (".cfg", ".conf", "fstab", "crypttab", "grubenv", "os-release", "yaml", "config-", "modules.", ".lst", ".csv")))
	data = text(r, Place(image, place).read())[:r.choice((1024, 1024, 512))]
	return f"content write {shlex.quote(place)} {data.hex()}" if data else f"content poke {shlex.quote(place)} 0 00"


# offset and bits of fields: from the kernel's Documentation/filesystems/ext4
EXT_SUPER = [(0, 32), (4, 32), (20, 32), (24, 32), (28, 32), (32, 32), (36, 32), (40, 32), (56, 16), (58, 16), (76, 32), (84, 32), (88, 16),
             (92, 32), (96, 32), (96, 32), (100, 32), (224, 32), (254, 16), (336, 32), (372, 8), (373, 8), (0x175, 8), (0x270, 32), (0x274, 8)]
EXT_INODE = [(0, 16), (4, 32), (4, 32), (26, 16), (28, 32), (32, 32), (32, 32), (40, 32), (44, 32), (52, 32), (56, 32), (60, 32), (100, 32),
             (104, 32), (108, 32), (116, 16), (128, 16), (160, 32)]
EXT_TREE = [(0, 16), (2, 16), (4, 16), (6, 16), (6, 16), (12, 32), (16, 16), (18, 16), (20, 32), (24, 32)]
EXT_GROUP = [(0, 32), (4, 32), (8, 32), (8, 32), (12, 16), (14, 16), (18, 16), (28, 16), (40, 32)]


def ext(r, base, image):
	from mutator.extfs import ExtVolume
	v = ExtVolume(image, 2)

	def poke(what, fields, at):
		offset, bits = r.choice(fields)
		now = int.from_bytes(v.read(at + offset, bits // 8), "little")
		return f"ext poke 2 {what} {offset} {little(number(r, now, bits), bits)}"

	what = r.randrange(10)
	if what <= 1:
		return poke("super", EXT_SUPER, 1024)
	if what == 2:
		return poke("group:0", EXT_GROUP, v.group(0)[0])
	path = r.choice(base.ext * 3 + base.ext_folders * 3 + ["/", "7", "8"])
	at = v.inode(v.find(path))[0]
	if what <= 5:
		return poke(f"inode:{path}", EXT_INODE, at)
	if what <= 7:
		return poke(f"tree:{path}", EXT_TREE, at + 40)
	path = r.choice(base.ext_folders + ["/"])
	name, _, at = r.choice(v.entries(v.find(path)))
	offset, bits = r.choice(((0, 32), (4, 16), (4, 16), (6, 8), (7, 8), (8, 8), (8, 32)))
	now = int.from_bytes(v.content(v.find(path))[at + offset:at + offset + bits // 8], "little")
	return f"ext poke 2 folder:{path} {at + offset} {little(number(r, now, bits), bits)}"


# from the kernel's Documentation/filesystems/squashfs.rst
SQUASH_SUPER = [(4, 32), (8, 32), (12, 32), (12, 32), (16, 32), (20, 16), (22, 16), (24, 16), (26, 16), (28, 16), (30, 16), (32, 64), (32, 64),
                (40, 64), (48, 64), (56, 64), (64, 64), (72, 64), (80, 64), (88, 64)]


def squash(r, base, image):
	if not r.randrange(4):
		offset, bits = r.choice(SQUASH_SUPER)
		t = Table(image)
		now = int.from_bytes(image.read(t.any().entry(2).first * t.sector + offset, bits // 8), "little")
		return f"squashfs poke 2 super {offset} {little(number(r, now, bits), bits)}"
	return f"squashfs poke 2 {r.choice(('inodes',) * 4 + ('directories',) * 3 + ('fragments', 'ids', 'export'))} " \
		f"{r.randrange(r.choice((2, 34, 300, 1500)))} {some_bytes(r)}"


def qcow2(r, base, image):
	q = Qcow2(image)
	what = r.randrange(14)
	if what <= 3:
		names = [n for n in qcow2_fields.FIELDS if qcow2_fields.FIELDS[n][0] < 72 or q.get("version") >= 3]
		name = r.choice(names)
		now = r.choice((q.get(name), q.get(name), image.size))
		return f"qcow2 field {name} {number(r, now, 8 * qcow2_fields.FIELDS[name][1])}"
	if what <= 5:
		n = r.randrange(max(q.get("l1_size"), 1))
		return f"qcow2 l1 {n} {r.choice((number(r, q.word(q.l1_place(n)), 64), 'end', 'end+64K', '=', str(1 << 63 | q.cluster())))}"
	guest = r.choice((0, 512, 1 << 20, 1 << 20, (1 << 20) + q.cluster(), r.randrange(image.size * 2)))
	if what <= 7:
		now = q.word(q.l2_place(guest))
		return f"qcow2 l2 {guest} {r.choice((number(r, now, 64), now ^ 1 << 62, now | 1, 'end', 1 << 63 | r.randrange(image.size)))}"
	if what == 8 and q.get("incompatible_features") & 16:
		return f"qcow2 l2-bitmap {guest} {number(r, 0xFFFFFFFF, 64)}"
	if what == 9:
		return f"qcow2 refcount-table {r.choice((0, 0, 1))} {r.choice((number(r, q.cluster(), 64), 'end', '=', '0'))}"
	if what == 10:
		return f"qcow2 garble {guest}"
	if what == 11 and q.get("nb_snapshots"):
		return f"raw poke {q.get('snapshots_offset') + r.choice((0, 8, 12, 14, 32, 36, 40, 70))} {some_bytes(r)}"
	if what == 12:
		at = q.get("refcount_table_offset")
		block = q.word(at)
		return f"raw poke {(block or at) + r.randrange(32)} {some_bytes(r)}"
	return r.choice((f"raw poke {r.randrange(104, 420)} {some_bytes(r)}", f"qcow2 feature incompatible {r.randrange(64)}", "qcow2 backing-loop",
	                 "qcow2 backing backing.img qcow2", "qcow2 backing ../x raw", f"qcow2 backing {'a' * 200}", "qcow2 data-file backing.img",
	                 "qcow2 backing json:{} none", "qcow2 corrupt-bit", "qcow2 dirty"))


def raw(r, base, image):
	"""Anything, where the base has something."""
	offset, data = r.choice(base.pieces)
	at = r.randrange(r.choice((len(data), min(len(data), 64))))
	what = r.randrange(8)
	if what <= 5 or offset + at >= image.size:
		return f"raw poke {offset + at} {some_bytes(r, data[at:])}"
	if what == 6:
		return f"raw truncate {r.choice((offset + at, r.randrange(image.size) + 1, image.size - 1, image.size - image.size % 4096 - 512))}"
	return f"raw zero {offset + at} {r.choice((1, 16, 512, 4096))}"


def slow(r, base, image):
	"""Operations that start other programs."""
	return r.choice(("convert qcow2 '' compress", "convert qcow2 extended_l2=on", "convert vmdk", "convert vhdx", "convert qed", "compress gz",
	                 "file append /EFI/BOOT/BOOTAA64.EFI zeros 3", "file csv /EFI/BOOT/BOOTAA64.CSV 'a.efi,b,c' odd", "file nvvars",
	                 "file mkdir /EFI/BOOT/BOOTAA64.EFI", "file gzip /linux", "file write /loader/loader.conf text 'default x'"))


def choosers(base):
	"""[(how often, chooser)] of what a base has."""
	found = [(3, raw)]
	if base.gpt:
		found += [(4, gpt), (1, mbr)]
	if base.fat:
		found += [(5, fat), (2, content)]
		if binaries(base):
			found.append((4, pe))
		if files(base, ("initrd",)):
			found.append((6, cpio))
		if files(base, (".cfg", ".conf", "config-", "fstab")):
			found.append((5, words))
	if base.ext:
		found.append((10, ext))
	if base.squash:
		found.append((12, squash))
	if base.qcow2:
		found.append((12, qcow2))
	if base.gpt and not base.qcow2 and base.size < 64 << 20:
		found.append((0.15, slow))
	return found
