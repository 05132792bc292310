# SPDX-License-Identifier: MIT
"""The examples that stand in the rules' own files: how they are read, and how one of them is judged."""
import fnmatch
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "fixtures"), os.path.dirname(os.path.abspath(__file__))]
from mutator.change import change  # noqa: E402
from mutator.registry import Error  # noqa: E402
import mend  # noqa: E402

BUILD = os.environ.get("VMLINT_BUILD", os.path.join(ROOT, "build"))
# What is asked of these images only with what the user has to say.
OPTIONS = {"luks-arm64": ["--key=all:key:vmlint"]}


def examples(path):
    """The good fixtures and (bad, [expect]) pairs of a rule's file."""
    good, bad = [], []
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith(" */"):
                break
            m = re.match(r" \* (good|bad|expect): +(.*\S)", line)
            if not m:
                continue
            key, value = m.groups()
            if key == "good" and "|" in value:
                bad.append((value, []))  # a change after which all is well
            elif key == "good":
                good += value.split()
            elif key == "bad":
                bad.append((value, []))
            else:
                bad[-1][1].append(value)
    return good, bad


def diagnostics(vmlint, image, options=()):
    """What vmlint prints of an image: (lines without the image's name, exit status, all output)."""
    done = subprocess.run([vmlint, "lint", "--color=never", *options, image], capture_output=True, text=True,
                          errors="replace", timeout=300)
    lines = []
    for line in done.stdout.splitlines():
        if line.startswith(image) and re.search(r": (error|warning|note|could not check|not evaluated): ", line):
            line = line[len(image):]
            if ": could not check: " in line or ": not evaluated: " in line or re.search(r" \[[a-z0-9-]+\]$", line):
                lines.append(line)
    return lines, done.returncode, done.stdout + done.stderr


def matches(line, expected, rule):
    if not re.search(r" \[[a-z0-9*, -]+\]$", expected) and not expected.startswith(": could not check"):
        expected += f" [{rule}]"
    # fnmatch knows more than `*`: take the rest literally
    pattern = "".join("*" if c == "*" else f"[{c}]" if c in "[?" else c for c in expected)
    return fnmatch.fnmatchcase(line, pattern)


def fixture(name):
    """The path of a good image, which is made if it is not there."""
    done = subprocess.run([os.path.join(ROOT, "fixtures/build"), name], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"fixtures/build {name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.split()[-1]


def prepare(vmlint, name):
    """The good image and what it yields by itself: (path, lines, exit status, output)."""
    path = fixture(name)
    return path, *diagnostics(vmlint, path, OPTIONS.get(name, ()))


def good(name, base):
    _, lines, status, output = base
    wrong = [l for l in lines if ": note: " not in l]
    if wrong or status != 0:
        return f"{name}: a good image is blamed (exit status {status}):\n" + output
    return None


def bad(args, rule, line, expects, base):
    """(what is wrong or None, what is wrong with the command that the finding offers, None, or "" if it offers none)."""
    name, *ops = [part.strip() for part in line.split("|")]
    options = [op for op in ops if op.startswith("--")]
    ops = [op for op in ops if not op.startswith("--")]
    with tempfile.TemporaryDirectory(prefix="vmlint-rule-", dir=BUILD) as folder:
        image = os.path.join(folder, os.path.basename(base[0]))
        try:
            change(base[0], image, ops)
        except (Error, OSError) as e:
            return f"{rule}: {line}: {e}\n", ""
        options = [*OPTIONS.get(name, ()), *(option.replace("{folder}", folder) for option in options)]
        found = diagnostics(args.vmlint, image, options)
        problem = compare(rule, expects, base[1], *found)
        mended = mend.mend(args.mend, folder, image, rule, line, found[2]) if args.mend else ""
    return f"{rule}: {line}\n" + problem if problem else None, mended


def compare(rule, expects, base, lines, status, output):
    """What is wrong with what a broken image yields, or None."""
    new = list(lines)
    for known in base:
        if known in new:
            new.remove(known)
    missing = []
    for expected in expects:
        found = next((l for l in new if matches(l, expected, rule)), None)
        if found is None:
            missing.append(expected)
        else:
            new.remove(found)
    if not missing and not new and status in (0, 1, 2):
        return None
    text = f"  exit status {status}\n"
    text += "".join(f"  missing: {m}\n" for m in missing) + "".join(f"  surplus: {n}\n" for n in new)
    return text + (output if status not in (0, 1, 2) or not lines else "")
