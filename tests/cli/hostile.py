#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hostile strings at every place of an image, a record or a command line that reaches the output, and what may come out.

    hostile.py VMLINT PLACE    one of the functions below: makes images below the working folder, runs vmlint on them

Every string begins with a word of its own (Qfstab), so that it is known which ones came out.  Whatever the format, the output
is UTF-8 without a control character but the end of line and without what changes or hides the text beside it; each line of text
is one that vmlint writes, with no more diagnostics than the JSON has; JSON names have their bytes beside them.
"""
import json
import os
import re
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "fixtures"))
from mutator.fat import Volume  # noqa: E402
from mutator.image import Image, copy_sparse  # noqa: E402
from mutator.pe import Binary  # noqa: E402
from mutator.registry import apply  # noqa: E402
from mutator.trees import open_tree  # noqa: E402
from mutator import change, files, gpt, initrdops, qcow2  # noqa: E402, F401 (change knows all operations)

VMLINT = os.path.abspath(sys.argv[1])

# escape sequences, C0 and C1, DEL, overrides and isolates, zero width, a byte order mark, line separators, bytes that are no UTF-8
NASTY = (b"\x1b[31m\x07\x08\xc2\x9b2J\x7f\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f\xe2\x80\x8b\xef\xbb\xbf\xe2\x80\xa8\xe2\x80\xa9"
         b"\xf3\xa0\x81\x81\xff\xc3\x28\xed\xa0\x80")
FORGED = b":1:1: error: forged [gpt-missing]"
# one character of each kind in UTF-16, half a pair among them
WIDE = "\x1b\x07\x9b\u202e\u2066\u061c\u200b\ufeff\u2028".encode("utf-16-le") + b"\x00\xd8" + "\n:1:1: error: x".encode("utf-16-le")

FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
                       "\U000e0000-\U000e0fff]")
SEVERITY = "(?:error|warning|note)"
VMSPEC = re.compile(r"# .*|VMSPEC-[A-Za-z0-9-]+: (?:PASS|FAIL|SKIP \(.*\))")


def name(word, line=False):
	"""The string for a place; `line`: lines may end in it."""
	return b"Q" + word.encode() + NASTY + FORGED + (b"\nforged.img: error: forged [gpt-missing]\r" if line else b"")


def text(data):
	return data.decode("utf-8", "surrogateescape")


class Found(Exception):
	pass


def clean(what, data):
	"""The output as text, which holds nothing raw."""
	try:
		said = data.decode("utf-8")
	except UnicodeDecodeError as e:
		raise Found(f"{what} is not UTF-8: {data[max(0, e.start - 60):e.start + 20]!r}")
	raw_ = FORBIDDEN.search(said)
	if raw_:
		raise Found(f"{what} holds {raw_[0]!r} raw: {said[max(0, raw_.start() - 80):raw_.start() + 20]!r}")
	return said


def run(*argv, **more):
	done = subprocess.run([VMLINT, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **more)
	if done.returncode not in (0, 1, 2) or b"Sanitizer" in done.stderr or b"stopped by" in done.stdout:
		raise Found(f"{argv} ends with {done.returncode}: {done.stderr[-1000:]} {done.stdout[-300:]}")
	errors = clean("standard error", done.stderr)
	for line in errors.split("\n"):
		if line and not re.match(r"vmlint(-helper)?: |Try `vmlint |    ", line):
			raise Found(f"a line on standard error: {line!r}")
	return done, errors


def check_text(said, image, diagnostics):
	"""Each line is one that vmlint writes, and there are as many diagnostics as in the JSON."""
	# the name as it is escaped: everything in it that could end it is
	start = re.match(r"(?:(?!: ).)*?(?=(?:!|: ))", said) if image is None else re.match(re.escape(image), said)
	if said and not start:
		raise Found(f"the text does not begin with the image's name: {said[:200]!r}")
	prefix = re.escape(start[0]) if said else ""
	forms = (rf"{prefix}(?:[!@](?:(?!: ).)*)?: {SEVERITY}: .* \[[a-z0-9-]+\]", rf"{prefix}: {SEVERITY}: .*", rf"{prefix}: not evaluated: .* \[[a-z0-9, -]+\]",
	         rf"{prefix}: skipped: .* \[[a-z0-9-]+\]", rf"{prefix}: remark: .*", rf"{prefix}: could not check(?: further)?: .*",
	         rf"{prefix}: read \d+ bytes in \d+ reads", rf"{prefix}: \d+ errors?, \d+ warnings?, \d+ notes?.*", r"    (?:note|help): .*")
	count = 0
	for line in said.split("\n"):
		if line and not any(re.fullmatch(f, line) for f in forms):
			raise Found(f"a line that vmlint does not write: {line!r}")
		count += bool(re.fullmatch(forms[0], line))
		# what an editor makes of it: the first name before :LINE:COLUMN: or : SEVERITY
		place = re.match(rf"(.*?)(?::(\d+):(\d+))?: {SEVERITY}: ", line)
		if place and "forged" in place[1] and place[2] == "1" and "forged" in line[place.end():place.end() + 7]:
			raise Found(f"a forged diagnostic: {line!r}")
	if diagnostics is not None and count != diagnostics:
		raise Found(f"{count} diagnostics in text, {diagnostics} in JSON: {said}")


def walk(value):
	if isinstance(value, dict):
		for key, v in value.items():
			yield key, value
			yield from walk(v)
	elif isinstance(value, list):
		for v in value:
			yield from walk(v)


def check(path, *options, words=(), command=("lint",)):
	"""All formats of one image; each of `words` must come out somewhere."""
	done, _ = run(*command, "--format=json", *options, path)
	said = clean("JSON", done.stdout)
	report = json.loads(said)
	validate = subprocess.run([os.path.join(TOP, "tests/schema/validate")], input=done.stdout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
	if validate.returncode:
		raise Found(f"the schema refuses the report: {validate.stdout.decode(errors='replace')[-600:]}")
	for key, holder in walk(report):
		if key.endswith("_bytes"):
			back = bytes.fromhex(holder[key]).decode("utf-8", "replace")
			if back.replace("\ufffd", "") != holder[key.removesuffix("_bytes")].replace("\ufffd", ""):
				raise Found(f"{key} are not the bytes of {holder[key.removesuffix('_bytes')]!r}")
	diagnostics = len(report["images"][0]["diagnostics"])
	every = said
	for more in (("-v", "--color=never"), ("--color=always",), ("--format=vmspec",)):
		done, _ = run(*command, *more, *options, path)
		# its own colours are its own
		out = re.sub(rb"\x1b\[(?:1|0|1;3[156])?m", b"", done.stdout) if "--color=always" in more else done.stdout
		out = clean(" ".join(more), out)
		every += out
		if "--format=vmspec" in more:
			wrong = [line for line in out.split("\n") if line and not VMSPEC.fullmatch(line)]
			if wrong:
				raise Found(f"a line of vmspec: {wrong[0]!r}")
		else:
			check_text(out, path if isinstance(path, str) else None, diagnostics if report["images"][0]["status"] != "unreadable" else None)
	came = set(re.findall(r"Q[a-z]+(?=\\)", every))
	missing = [w for w in words if f"Q{w}" not in came]
	print(f"{os.path.basename(text(path) if isinstance(path, bytes) else path)!r}: {diagnostics} diagnostics; out came {' '.join(sorted(came))}")
	if missing:
		raise Found(f"did not come out: {missing}")


def broken(fixture, target="hostile.img", *operations):
	"""A copy of a good image with named operations, open for more."""
	good = subprocess.run([os.path.join(TOP, "fixtures/build"), fixture], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
	if os.path.exists(target):
		os.unlink(target)
	copy_sparse(good, target)
	image = Image(target)
	image.target = os.path.abspath(target)
	for o in operations:
		apply(image, o)
	return image


def word(label):
	"""The same for a place where blanks, quotes and brackets end it."""
	return re.sub(rb"[ '()\[\];]", b"_", name(label))


def table():
	"""Names of partitions, the label of a file system, and the image's own name."""
	image = broken("debian-arm64")
	t = gpt.Table(image)
	for side in t.sides():
		for entry in (1, 2):
			side.entry(entry).name = WIDE.ljust(72, b"\0")[:72]
	t.write()
	apply(image, "gpt overlap 1 2")
	image.close()
	check("hostile.img")
	image = broken("debian-arm64", "hostile.img", "gpt overlap 1 2")
	image.close()
	own = name("own", True).replace(b"/", b"_")
	os.rename("hostile.img", own)
	check(own, words=("own",))
	check(name("none"), words=("none",))
	os.unlink(own)


def system():
	"""fstab, crypttab, os-release, grub.cfg, kernel configurations, modules."""
	image = broken("debian-arm64")
	root = open_tree(image, "2")
	root.write("/etc/fstab", root.read("/etc/fstab") + b"\n".join((
		b"/dev/vdb" + word("device") + b" /srv ext4 defaults 0 2", b"LABEL=" + word("label") + b" /x ext4 defaults 0 2",
		b"UUID=12 /" + word("mount") + b" " + word("type") + b" x 0 2", word("line"), b"")))
	root.write("/etc/os-release", b'PRETTY_NAME="' + name("osrelease", True) + b'"\nNAME="' + name("osname") + b'"\nID=' + name("osid") + b"\n")
	root.write("/etc/crypttab", word("crypt") + b" /dev/sda none luks\n")
	image.close()
	check("hostile.img", words=("device", "label", "mount"))

	for cfg, words in (
		(b"menuentry '" + name("title").replace(b"'", b"") + b"' {\nlinux /boot/" + word("kernelpath") + b" root=LABEL=" + word("root") +
		 b" console=" + word("console") + b"\ninitrd /boot/" + word("initrdpath") + b"\n}\n", ("kernelpath",)),
		(b"search --no-floppy --fs-uuid --set=root " + word("search") + b"\nconfigfile /" + word("configfile") + b"\n", ()),
		(b"menuentry '" + name("unclosed", True) + b"' {\n" + name("command") + b"\n", ()),
		(b"insmod " + word("grubmodule") + b"\n" + word("command") + b"\nlinux /vmlinuz " + name("words") + b"\n", ()),
	):
		image = broken("debian-arm64")
		open_tree(image, "2").write("/boot/grub/grub.cfg", cfg)
		image.close()
		check("hostile.img", words=words)

	image = broken("debian-arm64", "hostile.img", "kconfig off SERIAL_AMBA_PL011_CONSOLE")
	root = open_tree(image, "2")
	config = next(n for n, _, _ in root.list("/boot") if n.startswith("config-"))
	root.write("/boot/" + config, root.read("/boot/" + config) + b"CONFIG_" + word("symbol") + b"=y\n")
	apply(image, "initrd rename-release 6.1Qrelease_nasty")
	image.close()
	check("hostile.img")


def esp():
	"""File names of FAT, sections, SBAT, entries of systemd-boot and unified kernel images."""
	image = broken("debian-arm64", "hostile.img", "file mkdir EFI/Qfolderabcdefghijklmnopqrst", 
	               "file copy EFI/BOOT/BOOTAA64.EFI EFI/BOOT/Qfileabcdefghijklmnopqrs.efi",
	               "fat loop EFI/BOOT/Qfileabcdefghijklmnopqrs.efi", "file csv EFI/debian/BOOTAA64.CSV Q,x,,y")
	volume = Volume(image)
	for path, length in (("EFI/Qfolderabcdefghijklmnopqrst", 7), ("EFI/BOOT/Qfileabcdefghijklmnopqrs.efi", 5)):
		file = volume.find(path)
		# thirteen units of UTF-16 an entry, the first of the name nearest to the file
		places = [at + o for at in reversed(file.long_at) for o in (1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30)][length:length + 12]
		units = [b"\x1b\0", b"\x07\0", b"\x9b\0", b"\x2e\x20", b"\x66\x20", b"\x1c\x06", b"\x0b\x20", b"\xff\xfe", b"\x28\x20", b"\0\xd8", b"\n\0", b":\0"]
		for at, unit in zip(places, units):
			volume.write(at, unit)
	image.close()
	check("hostile.img", words=("file",))

	image = broken("uki-arm64")
	path = "EFI/BOOT/BOOTAA64.EFI"
	binary = Binary(Volume(image).content(path))
	Volume(image).patch(path, binary.table, b"\x1b[31m\n\xff:")
	Volume(image).patch(path, binary.table + 40 + 12, struct.pack("<I", 0x1001))
	apply(image, "pe overlap-sections EFI/BOOT/BOOTAA64.EFI")
	image.close()
	check("hostile.img")
	image = broken("uki-arm64")
	apply(image, "uki cmdline x")
	binary = Binary(Volume(image).content(path))
	binary.replace_text(".cmdline", b"root=LABEL=" + word("cmdroot") + b" console=" + word("cmdconsole") + b" " + name("cmdline"))
	binary.replace_text(".osrel", b'PRETTY_NAME="' + name("ukirelease") + b'"\n')
	files.store(image, path, bytes(binary.data))
	image.close()
	check("hostile.img", words=("cmdroot",))

	image = broken("debian-arm64")
	binary = Binary(Volume(image).content(path))
	binary.replace_text(".sbat", b"sbat,1,x,sbat,1,y\n" + word("component") + b",0,a,b,c,d\nshim," + word("generation") + b",x\n")
	files.store(image, path, bytes(binary.data))
	image.close()
	check("hostile.img")

	image = broken("systemd-boot-arm64")
	for n, _, _ in open_tree(image, "1").list("/loader/entries"):
		old = open_tree(image, "1").read("/loader/entries/" + n)
		files.store(image, "loader/entries/" + n, b"title " + name("blstitle") + b"\nversion " + name("blsversion") + b"\nsort-key " + name("blskey") +
		            b"\nlinux /" + word("blslinux") + b"\ninitrd /" + word("blsinitrd") + b"\noptions root=LABEL=" + word("blsroot") +
		            b"\n" + word("blsfield") + b" x\n" + old[:0])
	files.store(image, "loader/loader.conf", b"default " + name("blsdefault") + b"\n" + word("loaderfield") + b" x\n")
	image.close()
	check("hostile.img", words=("blslinux",))


def archives():
	"""Names of an initrd's files, and of files of squashfs and ext4."""
	image = broken("debian-arm64")

	def rename(archive):
		for n in archive.nodes:
			if n.name in ("init", "sbin/init", "usr/sbin/init"):
				n.name = text(name("init"))
		archive.add("etc/fstab", b"/dev/" + word("initrdfstab") + b" / ext4 x 0 0\n")
		archive.add("usr/lib/modules/" + text(word("modules")) + "/kernel/x.ko", b"no module")
		archive.add("usr/lib/modules/6.1/kernel/" + text(word("module")) + ".ko", b"no module")
	initrdops.nodes(image, rename)
	image.close()
	check("hostile.img")

	image = broken("debian-arm64")
	initrdops.nodes(image, lambda archive: archive.add("init", b"#!" + word("initrdinterpreter") + b" -e\n"))
	root = open_tree(image, "2")
	root.write("/usr/lib/systemd/systemd", b"#!" + word("interpreter") + b"\n")
	image.close()
	check("hostile.img", words=("initrdinterpreter", "interpreter"))

	image = broken("debian-arm64")
	root = open_tree(image, "2")
	for label in ("vmlinuz", "config", "initrd.img"):
		root.write(f"/boot/{label}-" + text(re.sub(rb'["\\]', b"_", word("kernel")).replace(b"\xe2\x80\xa8", b"").replace(b"\xe2\x80\xa9", b"")), b"\x7fELF no kernel")
	image.close()
	check("hostile.img")

	os.makedirs("tree/etc", exist_ok=True)
	os.makedirs("tree/boot/loader/entries", exist_ok=True)
	with open(b"tree/boot/vmlinuz-" + word("squash"), "wb") as f:
		f.write(b"no kernel")
	with open("tree/etc/fstab", "wb") as f:
		f.write(b"/dev/sda" + word("squashfstab") + b" /srv ext4 defaults 0 2\n")
	subprocess.run(["mksquashfs", "tree", "squash", "-quiet", "-no-progress", "-noappend"], check=True, stdout=subprocess.DEVNULL)
	image = broken("debian-arm64")
	start, size = gpt.find_volume(gpt.Table(image), 2)
	image.zero(start, 1 << 20)
	with open("squash", "rb") as f:
		image.write(start, f.read())
	image.close()
	check("hostile.img", words=("squashfstab",))


def planted(image, data, operation):
	"""An operation with a stand-in of the same length, whose bytes then become these."""
	stand_in = "z" * len(data)
	operation(stand_in)
	image.write(image.read(0, 1 << 16).find(stand_in.encode()), data)


def container():
	"""Names in a qcow2 header: backing file, its format, data file, snapshots, features."""
	for n, change in enumerate((
		lambda i: planted(i, name("backing"), lambda stand_in: qcow2.backing(i, stand_in)),
		lambda i: planted(i, word("format")[:15], lambda stand_in: qcow2.backing(i, "b.img", stand_in)),
		lambda i: planted(i, name("datafile", True), lambda stand_in: qcow2.data_file(i, stand_in)),
		lambda i: qcow2.Qcow2(i).set_extensions([(0x6803F857, b"\0\x3e" + name("feature")[:46].ljust(46, b"\0"))]),
	)):
		image = broken("debian-arm64-qcow2", "hostile.qcow2")
		change(image)
		if n == 3:
			apply(image, "qcow2 feature incompatible 62")
		image.close()
		check("hostile.qcow2", words=(("backing",), ("format",), ("datafile",), ("feature",))[n])
	image = broken("debian-arm64-qcow2", "hostile.qcow2")
	snapshot = word("snapshot")
	qcow2.snapshot(image, "z" * len(snapshot))
	at = image.read(0, image.size).find(b"z" * len(snapshot))
	image.write(at, snapshot)
	image.close()
	check("hostile.qcow2", "--thorough")


def record():
	"""Each value of a recorded guest in turn, and each table's identifiers."""
	nasty = "".join(f"%{b:02X}" for b in name("fact"))
	for source in ("gicv2.record", "el2.record"):
		with open(os.path.join(TOP, "tests/guest", source)) as f:
			lines = f.read().split("\n")
		kinds = {}
		for i, line in enumerate(lines):
			for m in re.finditer(r" ([a-z0-9-]+)=", line) if line[:1].isalpha() else ():
				kinds.setdefault((line.split(" ")[0], m[1]), i)
		del kinds[("guest", "format")]
		# several values at a time, but not all: a record without sense is not judged
		keys = sorted(kinds)
		for part in range(0, len(keys), 9):
			changed = list(lines)
			for kind, key in keys[part:part + 9]:
				i = kinds[kind, key]
				changed[i] = re.sub(rf" {key}=[^ ]*", f" {key}={nasty}", changed[i], count=1)
			with open("hostile.record", "w") as f:
				f.write("\n".join(changed))
			check("hostile.record", command=("guest", "--judge"))
		# printable words of four letters and more in tables and trees: OEM and table identifiers, names and strings of a device tree
		changed = []
		for line in lines:
			if line.startswith("+"):
				data = bytes.fromhex(line[1:])
				data = re.sub(rb"[A-Za-z,_-]{5,}", lambda m: b"\x1b[3\xff\n:1:1: error: x" [:len(m[0])].ljust(len(m[0]), b"\x9b"), data)
				line = "+" + data.hex()
			elif line.startswith("|"):
				line = "|" + nasty + line[1:]
			changed.append(line)
		with open("hostile.record", "w") as f:
			f.write("\n".join(changed))
		check("hostile.record", command=("guest", "--judge"))


def arguments():
	"""What the command itself is given: options, profiles, names of files."""
	image = broken("debian-arm64")
	image.close()
	hostile = name("argument", True)
	for argv in ((hostile,), ("lint", b"--" + hostile), ("lint", b"--select=" + hostile, "x"), ("lint", b"--profile=" + hostile, "hostile.img"),
	             ("lint", b"--severity=" + hostile, "x"), ("lint", b"--arch=" + hostile, "x"), ("lint", b"--key=p1:no:" + hostile, "hostile.img"),
	             ("lint", b"--allow-backing=/no/" + hostile, "hostile.img"), ("lint", b"--format=" + hostile), ("explain", hostile),
	             ("rules", hostile), ("guest", "--judge", hostile), ("boot", b"--" + hostile), ("boot", hostile),
	             ("lint", b"https://" + hostile), ("lint", b"file:///" + hostile)):
		done, errors = run(*argv)
		said = clean(f"{argv}", done.stdout)
		if "Qargument" not in said + errors and not any(b"--key" in a for a in argv if isinstance(a, bytes)): # a key is never printed
			raise Found(f"{argv} does not say what is wrong: {said} {errors}")
		if re.search("^(forged|:1:1)", said + "\n" + errors, re.M):
			raise Found(f"{argv} says what is not: {said} {errors}")
	hard = json.dumps("Q" + "\x1b[31m\u202e\u2028:1:1: error: forged\nforged.img: error: x")[1:-1]
	for number, profile in enumerate((f'{{"extends": "{hard}"}}', f'{{"extends": "vmspec-2.0", "rules": {{"{hard}": "error"}}}}',
	                                  f'{{"extends": "vmspec-2.0", "{hard}": 1}}', f'{{"extends": "vmspec-2.0", "name": "{hard}"}}',
	                                  f'{{"extends": "vmspec-2.0", "title": "{hard}", "drivers": [{{"id": "{hard}"}}]}}', '{"\x1b\xff": ')):
		with open("hostile.json", "w", encoding="utf-8") as f:
			f.write(profile)
		done, errors = run("lint", "--profile=./hostile.json", "hostile.img")
		said = clean(f"profile {number}", done.stdout)
		if re.search("^forged", said + "\n" + errors, re.M):
			raise Found(f"a forged line by profile {number}: {said} {errors}")


PLACES = {f.__name__: f for f in (table, system, esp, archives, container, record, arguments)}


def main():
	try:
		PLACES[sys.argv[2]]()
	except Found as e:
		print(e)
		return 1
	return 0


if __name__ == "__main__":
	sys.exit(main())
