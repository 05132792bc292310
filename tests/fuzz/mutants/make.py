# SPDX-License-Identifier: MIT
"""Makes one mutant: a base and one to five operations, all by its number."""
import os
import random
import signal

from mutator import registry
from mutator.image import Image
from mutator.registry import Error

from .operations import choosers, qcow2

# options of qemu-img convert
CONTAINERS = ("'' compress", "extended_l2=on", "cluster_size=4k", "compression_type=zstd compress", "compat=0.10", "refcount_bits=8")


class Slow(Error):
	pass


def _too_slow(*_):
	raise Slow("an operation took more than 3 s")


def steps(r):
	return r.choice((1, 1, 1, 2, 2, 3, 4, 5))


def mutate(r, base, path):
	"""Does operations on the image at `path`; returns those that could be done, at least one."""
	done = []
	signal.signal(signal.SIGVTALRM, _too_slow)
	image = Image(path)
	image.target = path
	weighed = choosers(base)
	wanted = steps(r)

	def do(text):
		registry.apply(image, text)
		done.append(text)

	def wrap():
		"""What was done lies inside a qcow2, which gets something, too."""
		do("convert qcow2 " + r.choice(CONTAINERS))
		do(qcow2(r, base, image))
	try:
		for _ in range(40):
			signal.setitimer(signal.ITIMER_VIRTUAL, 3)
			try:
				do(r.choices([c for _, c in weighed], [w for w, _ in weighed])[0](r, base, image))
			except Exception:  # an operation may be at its wits' end with what earlier ones left
				continue
			finally:
				signal.setitimer(signal.ITIMER_VIRTUAL, 0)
			if len(done) == wanted:
				break
		if base.gpt and not base.qcow2 and image.size < 64 << 20 and r.randrange(16) == 0:
			try:
				wrap()
			except Exception:
				pass
	finally:
		image.close()
		# what an operation that failed half way left
		for name in os.listdir(os.path.dirname(path)):
			if name.endswith(".old"):
				os.unlink(os.path.join(os.path.dirname(path), name))
	return done


class Mutant:
	def __init__(self, number, all_bases, folder):
		self.number, self.folder = number, os.path.join(folder, str(number))
		r = random.Random(number)
		self.base = r.choices(all_bases, [b.weight for b in all_bases])[0]
		self.path = os.path.join(self.folder, "image")
		os.mkdir(self.folder)
		self.base.write(self.path)
		if self.base.sibling:
			self.base.sibling[1].write(os.path.join(self.folder, self.base.sibling[0]))
		self.operations = mutate(r, self.base, self.path)
		self.files = {n: self.state(n) for n in sorted(os.listdir(self.folder))}

	def state(self, name):
		st = os.stat(os.path.join(self.folder, name))
		return st.st_size, st.st_mtime_ns, st.st_mode

	def changed(self):
		"""What happened to the files in the meantime, or nothing."""
		now = sorted(os.listdir(self.folder))
		if now != list(self.files):
			return f"the files beside it were {' '.join(self.files)}, are {' '.join(now)}"
		return "".join(f"{n} was changed " for n, state in self.files.items() if self.state(n) != state)

	def recipe(self):
		lines = [f"mutant {self.number} of the seed {self.base.name}:",
		         f"tests/fuzz/sparse --unpack tests/fuzz/corpus/image/{self.base.name} base"]
		lines.append("fixtures/mutate ./base ./image \\\n  " + " \\\n  ".join(quote(o) for o in self.operations))
		return "\n".join(lines) + "\n"


def quote(text):
	return "'" + text.replace("'", "'\\''") + "'"
