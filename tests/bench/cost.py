# SPDX-License-Identifier: MIT
"""What the benchmarks share: the cost of a command, tables, goals."""
import os
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MEASURE = os.path.join(TOP, "build/tests/measure")
VMLINT = os.path.join(TOP, "build/vmlint")
MIB = 1 << 20


class Cost:
	def __init__(self, lines):
		runs = [[int(n) for n in line.split()] for line in lines]
		self.bad = [r[0] for r in runs if r[0]]
		self.cpu = statistics.median(r[1] + r[2] for r in runs) / 1000
		self.wall = statistics.median(r[3] for r in runs) / 1000
		self.rss = max(r[4] for r in runs) / 1024
		self.runs = len(runs)

	@classmethod
	def median(cls, costs):
		"""Of several of one run each."""
		cost = cls.__new__(cls)
		cost.bad = []
		cost.cpu = statistics.median(c.cpu for c in costs)
		cost.wall = statistics.median(c.wall for c in costs)
		cost.rss = max(c.rss for c in costs)
		cost.runs = len(costs)
		return cost


def measure(command, runs, folder, seconds=120, env=None):
	"""Cost of a command, in ms and MiB; exits if it fails, for then it measures nothing."""
	out = os.path.join(folder, "cost")
	log = os.path.join(folder, "log")
	with open(log, "wb") as f:
		subprocess.run([MEASURE, "-n", str(runs), "-t", str(seconds), "-o", out, *command], stdin=subprocess.DEVNULL, stdout=f,
		               stderr=f, cwd=folder, env=env)
	with open(out) as f:
		cost = Cost(f.read().splitlines())
	if cost.bad:
		with open(log, errors="replace") as f:
			sys.exit(f"bench: {' '.join(command[:3])}... failed with status {cost.bad[0]}:\n{f.read()[-3000:]}")
	return cost


def fixture(name):
	return subprocess.run([os.path.join(TOP, "fixtures/build"), name], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1]


class Goals:
	def __init__(self):
		self.missed = 0

	def check(self, name, value, good, text):
		print(f"  {'met   ' if good else 'MISSED'}  {name}: {text.format(value)}")
		self.missed += not good


def table(title, rows):
	print(f"\n{title}\n  {'':24}{'CPU ms':>12}{'wall ms':>12}{'RSS MiB':>10}{'runs':>6}{'CPU x vmlint':>15}")
	base = rows[0][1].cpu
	for name, cost in rows:
		print(f"  {name:24}{cost.cpu:12.2f}{cost.wall:12.2f}{cost.rss:10.1f}{cost.runs:6}{cost.cpu / base:15.1f}", flush=True)
