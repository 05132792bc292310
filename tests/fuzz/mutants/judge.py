# SPDX-License-Identifier: MIT
"""Runs vmlint on mutants and says what is wrong with how it took them."""
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "schema"))
CPU_SECONDS = 10
# of one process, with what the sanitizers add
MEMORY_MIB = 640
WALL_SECONDS = 900
# what an entry says of an image that could not be read through no fault of the image
OURS = re.compile(r"the reader|the helper|was stopped|ended early|too much to say|took more than|socket|protocol|signal|sandbox|CLOSED|DEAD")

with open(os.path.join(HERE, "..", "..", "schema", "report.schema.json"), encoding="utf-8") as f:
	VALIDATOR = jsonschema.Draft202012Validator(json.load(f))


def unlimited():
	"""The limit of addresses is for what makes mutants; a sanitizer needs all that there are."""
	resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class Run:
	"""One call of vmlint."""

	def __init__(self, vmlint, options, paths, temporary):
		os.makedirs(temporary, exist_ok=True)
		env = dict(os.environ, TMPDIR=temporary, XDG_RUNTIME_DIR=temporary, HOME=temporary, XDG_CACHE_HOME=temporary, LC_ALL="C",
		           ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:quarantine_size_mb=16", UBSAN_OPTIONS="print_stacktrace=1")
		out, errors = os.path.join(temporary, "..", "stdout"), os.path.join(temporary, "..", "stderr")
		began = time.monotonic()
		with open(out, "wb") as o, open(errors, "wb") as e:
			child = subprocess.Popen([vmlint, "lint", "--format=json", "--reader=native", *options, *paths], stdin=subprocess.DEVNULL,
			                         stdout=o, stderr=e, env=env, start_new_session=True, preexec_fn=unlimited)
			self.timed_out = False
			while True:
				pid, status, usage = os.wait4(child.pid, os.WNOHANG)
				if pid:
					break
				if time.monotonic() - began > WALL_SECONDS:
					self.timed_out = True
					os.killpg(child.pid, signal.SIGKILL)
				time.sleep(0.002)
			child.returncode = self.status = os.waitstatus_to_exitcode(status)
		with open(out, "rb") as o, open(errors, "rb") as e:
			self.out, self.errors = o.read(), e.read()
		self.seconds, self.mib = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
		self.left = sorted(os.listdir(temporary))
		self.alive = group_lives(child.pid)
		if self.alive:
			os.killpg(child.pid, signal.SIGKILL)


def group_lives(group):
	"""Is a process of the session left, half a second later?"""
	for _ in range(25):
		try:
			os.killpg(group, 0)
		except ProcessLookupError:
			return False
		time.sleep(0.02)
	return True


def once(pairs):
	members = dict(pairs)
	if len(members) != len(pairs):
		raise ValueError("a member stands twice")
	return members


def expected_status(report):
	if any(i["status"] != "checked" for i in report["images"]):
		return 2
	return 1 if report["summary"]["errors"] else 0


def judge_image(entry):
	"""What is wrong in an image's part of the report."""
	texts = [entry.get("error", ""), *(o["reason"] for o in entry["not_evaluated"])]
	for text in texts:
		if OURS.search(text):
			yield f"it says: {text}"
			break
	if entry["status"] == "partly" and not entry["not_evaluated"] and not entry.get("error"):
		yield "checked in part, without a reason"


def judge(run, mutants):
	"""(what is wrong, the report or None) of one call."""
	wrong = []
	if run.timed_out:
		wrong.append(f"took more than {WALL_SECONDS} s")
	if run.errors:
		wrong.append("standard error: " + run.errors.decode(errors="replace")[:4000])
	if run.left:
		wrong.append(f"left behind: {' '.join(run.left)}")
	if run.alive:
		wrong.append("left a process behind")
	if run.seconds > CPU_SECONDS:
		wrong.append(f"used {run.seconds:.1f} s of CPU")
	if run.mib > MEMORY_MIB:
		wrong.append(f"used {run.mib:.0f} MiB")
	for m in mutants:
		changed = m.changed()
		if changed:
			wrong.append(f"mutant {m.number}: {changed}")
	if run.status < 0:
		return wrong + [f"killed by signal {-run.status}"], None
	try:
		report = json.loads(run.out.decode("utf-8"), object_pairs_hook=once)
	except ValueError as e:
		return wrong + [f"exit status {run.status}, and no JSON: {e}: {run.out[-300:]!r}"], None
	wrong += [f"schema: /{'/'.join(map(str, e.absolute_path))}: {e.message[:500]}" for e in VALIDATOR.iter_errors(report)]
	if wrong:
		return wrong, report
	if len(report["images"]) != len(mutants):
		wrong.append(f"{len(report['images'])} images in the report")
	for entry in report["images"]:
		wrong += list(judge_image(entry))
	if run.status != expected_status(report):
		wrong.append(f"exit status {run.status}, {expected_status(report)} would fit the report")
	return wrong, report
