# SPDX-License-Identifier: MIT
"""Values that readers stumble over, numbers and text."""

TOKENS = [
	b"linux ", b"initrd ", b"configfile ", b"source ", b"menuentry 'x' {\n", b"}\n", b"submenu 'y' {", b"if true; then\n", b"fi\n",
	b"for a in b c; do\n", b"done\n", b"while true; do\n", b"function f { f; }\nf\n", b"set a=$a$a$a$a\n", b"${", b"$((", b"'", b'"', b"\\\n",
	b"blscfg\n", b"search --set=root --label x\n", b"($root)/", b"(hd0,gpt", b"root=UUID=", b"root=/dev/mapper/a-b ", b"root=LABEL=\\x2f ",
	b"rootflags=subvol=/../@ ", b"console=", b"title ", b"options ", b"efi /EFI/Linux/a.efi\n", b"devicetree ", b"../../../../etc/passwd",
	b"/" * 300, b"a" * 5000, b"\x1b]0;x\x07\x1b[2J", b"\xe2\x80\xae\xe2\x81\xa6", b"\xff\xfe\xfd", b"\xc3\x28", b"\0", b"\r\n", b"\t", b"%s%n%d",
	b"UUID= / ext4 defaults 0 1\n", b"/dev/sda1 / ", b"PARTLABEL=\\040 ", b"CONFIG_VIRTIO_BLK=m\n", b"CONFIG_EXT4_FS=y\n", b"# CONFIG_",
	b"kernel/a.ko: kernel/b.ko kernel/a.ko\n", b"kernel/b.ko: kernel/a.ko\n", b"softdep a pre: a post: a\n", b"default *\n", b"<", b"&amp;",
	b"]]>", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x7f", b"\xc2\x9b31m", b"18446744073709551616", b"-1", b"0x", b"sbat,1,\n", b",,,,,,\n",
]


def number(r, now, bits):
	"""Another value of so many bits: an end of the range, a neighbour, one bit turned, half, double, or anything."""
	top = (1 << bits) - 1
	choice = r.randrange(10)
	found = (0, 1, now + 1, now - 1, now ^ 1 << r.randrange(bits), top, (top >> 1) + r.randrange(2),
	         r.getrandbits(r.randrange(1, bits + 1)), now * 2, now // 2)[choice]
	return found & top


def little(value, bits):
	return value.to_bytes(bits // 8, "little").hex()


def some_bytes(r, now=b""):
	"""Hexadecimal of one to eight bytes: what stands there changed a little, the ends of a range, or anything."""
	width = r.choice((1, 1, 2, 4, 4, 8))
	old = int.from_bytes(now[:width].ljust(width, b"\0"), "little")
	return little(number(r, old, 8 * width), 8 * width)


def text(r, old):
	"""A text with one to four changes: a line twice, gone or moved, a token in between, bytes changed, cut."""
	for _ in range(r.randrange(1, 5)):
		lines = old.splitlines(True) or [b""]
		at, i = r.randrange(len(old) + 1), r.randrange(len(lines))
		what = r.randrange(9)
		if what == 0:
			lines[i:i] = [lines[i]] * r.choice((1, 2, 30))
		elif what == 1:
			del lines[i]
		elif what == 2:
			lines[i], lines[0] = lines[0], lines[i]
		if what <= 2:
			old = b"".join(lines)
		elif what <= 5:
			old = old[:at] + r.choice(TOKENS) * r.choice((1, 1, 1, 2, 40)) + old[at:]
		elif what == 6 and old:
			old = old[:at] + bytes([r.randrange(256)]) + old[at + 1:]
		elif what == 7:
			old = old[:at]
		else:
			end = r.randrange(len(old) + 1)
			old = old[:min(at, end)] + old[max(at, end):]
	return old
