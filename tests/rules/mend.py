# SPDX-License-Identifier: MIT
"""Runs the command that a finding offers for mending what it found, and looks whether it is mended.

The `help` of the rule's own first finding, if it is a command on that image, is run by a shell in an empty folder. Then that
rule must find one thing less, and no other rule may warn more often than before, unless it was skipped before: what then
comes to light, such as the empty ESP that mkfs left, is not the command's fault. The container must be of the same kind as
before, and each FAT that was there have the same serial number and label. Where the command makes a new image, that one is
judged. Not run are commands that need a loop device, or a file that is not on this machine.
"""
import json
import os
import re
import subprocess

# their commands join what the image has with what another file has, which the example does not come with
OTHER_FILE = ("container-external-file", "qcow2-backing-file", "qcow2-data-file")


def lint(vmlint, image, options=()):
    """The findings, and the rules that were not looked at: skipped, or not evaluated."""
    done = subprocess.run([vmlint, "lint", "--format=json", *options, image], capture_output=True, text=True, timeout=120)
    images = json.loads(done.stdout)["images"]
    return [d for i in images for d in i["diagnostics"]], {r["rule"] for i in images for r in i["skipped"] + i["not_evaluated"]}


def warnings(found, rule):
    """How often each other rule warns."""
    counts = {}
    for d in found:
        if d["rule"] != rule and d["severity"] != "note":
            counts[d["rule"]] = counts.get(d["rule"], 0) + 1
    return counts


def identity(image):
    """What a command must leave as it is: the kind of container, and the serial number and label of each FAT, by its place."""
    done = subprocess.run(["qemu-img", "info", "--output=json", image], capture_output=True, text=True, timeout=120)
    info = json.loads(done.stdout) if done.returncode == 0 else {}
    special = info.get("format-specific", {}).get("data", {})
    is_now = {"format": info.get("format")}
    is_now.update((k, special[k]) for k in ("compat", "create-type", "extended-l2", "refcount-bits") if k in special)
    is_now.update((k, info[k]) for k in ("cluster-size",) if k in info)
    if "snapshots" in info:
        is_now["snapshots"] = [s["name"] for s in info["snapshots"]]
    with open(image, "rb") as f:
        for start in range(0, os.path.getsize(image), 1 << 20):
            f.seek(start)
            sector = f.read(512)
            for at, name in ((66, 82), (38, 54)):
                if sector[510:512] == b"\x55\xaa" and sector[at:at + 1] == b"\x29" and sector[name:name + 3] == b"FAT":
                    is_now[f"serial and label of the FAT at {start}"] = sector[at + 1:at + 16].hex()
                    break
    return is_now


def runnable(command, image):
    # advice is a sentence that begins with a verb of its own
    if image not in command or "losetup" in command or re.match("(unpack|build|make|present) ", command):
        return False
    return all(os.path.exists(path) for path in re.findall(r"(?<![\w./])/(?:usr|lib|boot)/[^\s'\"]+", command))


def offered(rule, text):
    """The command that stands below the first finding of a rule, or ""."""
    found = re.search(rf" \[{re.escape(rule)}\]\n((?:    .*\n)*)", text)
    command = re.search(r"^    help: (.*(?:\n          .*)*)", found[1], re.M) if found else None
    return command[1] if command else ""


def mend(vmlint, folder, image, rule, line, text):
    """None if mended, "" if there is nothing to run, else what went wrong; `text` is what was printed of the image."""
    options = [part.strip() for part in line.split("|") if part.strip().startswith("--")]
    if rule in OTHER_FILE or any(not re.match("--(select|reader)=", option) for option in options) or \
            not runnable(offered(rule, text), image):
        return ""
    before, unseen = lint(vmlint, image, options)
    was_identity = identity(image)
    own = [d for d in before if d["rule"] == rule]
    command = own[0].get("help", "") if own else ""
    if command != offered(rule, text):
        return f"{rule}: {line}\n  the help in JSON is not the text's: {command}\n"
    env = dict(os.environ, LC_ALL="C", PATH=os.environ["PATH"] + ":/usr/sbin:/sbin", MTOOLSRC="/dev/null")
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120)
    made = re.search(r"qemu-img convert .* (\S+\.qcow2)$", command)
    new_image = os.path.join(folder, made[1]) if made else image
    after = lint(vmlint, new_image, options)[0]
    is_identity = identity(new_image)
    changed = [k for k, v in was_identity.items() if new_image == image and k in is_identity and is_identity[k] != v]
    left = [d for d in after if d["rule"] == rule]
    was, now = warnings(before, rule), warnings(after, rule)
    worse = [r for r in now if now[r] > was.get(r, 0) and r not in unseen]
    if len(left) < len(own) and not worse and not changed:
        return None
    text = f"{rule}: {line}\n  command: {command}\n  exit status {done.returncode}: {done.stdout.strip()[-500:]}\n"
    text += "".join(f"  changed: {k}: {was_identity[k]}, now {is_identity[k]}\n" for k in changed)
    return text + "".join(f"  left: {d['rule']}: {d['message']}\n" for d in after if d["rule"] == rule or d["rule"] in worse)
