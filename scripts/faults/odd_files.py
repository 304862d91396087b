#!/usr/bin/env python3
"""Files and folders that no one would make on purpose: huge, deep, oddly named, unreadable."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time

from machine import binary, check, script

MEMORY_MAX_BYTES = 400_000_000


def peak_bytes():
    """The most memory that any command of this script has used."""
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def reasons(machine, *arguments):
    """Why files are left out, by path."""
    report = json.loads(machine.ok("index", "--explain", "--json", *arguments))
    return {skip["path"]: skip["kind"] for skip in report["skipped"]}


def huge_files(machine):
    """a sparse file of 1 GB, a line of 10 MB and 3 MB of brackets;"""
    machine.fill(0.1)
    with open(machine.root / "huge.txt", "wb") as file:
        file.truncate(1 << 30)
    machine.write("line.txt", "one very long line " * 560_000)
    machine.write("line.py", "x = [" + "1, " * 3_500_000 + "]\n")
    machine.write("deep.json", "[" * 1_500_000 + "]" * 1_500_000)
    machine.write("deep.py", "(" * 400_000)
    began = time.monotonic()
    skipped = reasons(machine)
    for path in ("huge.txt", "line.txt", "line.py", "deep.json"):
        check(skipped.get(path) == "too_large", f"{path} is {skipped.get(path)}")
    skipped = reasons(machine, "--size-max", "2G", "--exclude", "huge.txt")
    took = time.monotonic() - began
    check(skipped.get("line.txt") in (None, "minified"), f"line.txt is {skipped.get('line.txt')}")
    machine.ok("context", "--json", "--budget", "2000", "--", "one very long line")
    check(peak_bytes() <= MEMORY_MAX_BYTES, f"{peak_bytes() / 1e6:.0f} MB of memory were used")
    return f"left out by size, and looked at when asked, in {took:.1f} s and {peak_bytes() / 1e6:.0f} MB"


def deep_folders(machine):
    """folders that lie 200 deep, and links in circles;"""
    folder = machine.root
    for number in range(200):
        folder = folder / f"level{number}"
    folder.mkdir(parents=True)
    (folder / "bottom.py").write_text("def at_the_bottom():\n    return 'wombat'\n")
    (machine.root / "circle").symlink_to(machine.root)
    (machine.root / "self").symlink_to("self")
    (machine.root / "outside").symlink_to("/etc")
    skipped = reasons(machine)
    check("circle" in skipped and "self" in skipped and "outside" in skipped, f"{skipped}")
    found = json.loads(machine.ok("search", "--json", "--", "wombat"))["results"]
    check(len(found) == 1 and found[0]["path"].endswith("/bottom.py"), f"found {found}")
    check(b"at_the_bottom" in machine.ok("show", found[0]["path"] + ":1"), "it cannot be shown")
    return "all are walked once"


NAMES = [
    b"with space.txt", b"quote'single.txt", b'quote"double.txt', b"new\nline.txt", b"tab\there.txt",
    b"-leading-dash.txt", b"--json.txt", b"back\\slash.txt", b"star*question?.txt", b"percent%41.txt",
    b"percent%zz.txt", b"caf\xe9-latin1.txt", b"\xff\xfe\xfd.txt", "snow\u2603man.txt".encode(),
    "right\u202eleft.txt".encode(), b"colon:12.txt", b"semi;amp&pipe|.txt", b"$(touch oops).txt",
    b"name.txt:7-9", b"escape\x1b[31m.txt", b"x" * 250 + b".txt", b"'; DROP TABLE documents;--.txt",
]


def odd_names(machine):
    """names with spaces, quotes, line ends, colons, escapes and bytes that are not UTF-8;"""
    names = NAMES if sys.platform == "linux" else [name for name in NAMES if b"\xff" not in name
                                                   and b"\xe9" not in name]
    for number, name in enumerate(names):
        path = os.path.join(os.fsencode(machine.root), name)
        with open(path, "wb") as file:
            file.write(b"the wombat number %d lives here\n" % number)
    found = json.loads(machine.ok("search", "--json", "--limit", "100", "--", "wombat"))["results"]
    check(len(found) == len(names), f"{len(found)} of {len(names)} files were found")
    for result in found:
        shown = machine.ok("show", "--", f"{result['path']}:1-1")
        check(shown.decode() == result["text"], f"{result['path']!r} shows {shown!r}")
    for number, name in enumerate(names):
        shown = machine.ok("show", "--", name)
        check(shown == b"the wombat number %d lives here\n" % number, f"{name!r} shows {shown!r}")
    listed = machine.ok("search", "--limit", "100", "--", "wombat")
    check(len(listed.splitlines()) == len(names), "a name breaks the listing")
    check(b"\x1b" not in listed, "a name commands the terminal")
    check(not (machine.root / "oops").exists(), "a name was executed")
    return f"all {len(names)} are found, cited and read back"


def unreadable_files(machine):
    """a file and a folder that may not be read, and a pipe;"""
    machine.fill(0.05)
    machine.write("locked.txt", "the secret wombat\n")
    machine.write("closed/inside.txt", "the enclosed wombat\n")
    os.mkfifo(machine.root / "pipe.txt")
    os.chmod(machine.root / "locked.txt", 0)
    os.chmod(machine.root / "closed", 0)
    command = [binary(), "index", "--explain", "--json"]
    if os.geteuid() == 0:
        check(shutil.which("setpriv"), "as root this needs setpriv (util-linux)")
        for folder, _, files in os.walk(machine.home):
            os.chown(folder, 65534, 65534)
            for file in files:
                os.chown(os.path.join(folder, file), 65534, 65534)
        copy = machine.home / "contextlite"
        shutil.copyfile(binary(), copy)
        os.chmod(copy, 0o755)
        ids = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        command = ["setpriv", *ids, str(copy), *command[1:]]
    done = subprocess.run(command, cwd=machine.root, env=machine.environment, timeout=60,
                          capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"it ended with {done.returncode}: {done.stderr}")
    skipped = {skip["path"]: skip["kind"] for skip in json.loads(done.stdout)["skipped"]}
    check(skipped.get("locked.txt") == "unreadable", f"{skipped}")
    check(skipped.get("closed/") == "unreadable" or "closed" in skipped, f"{skipped}")
    check(skipped.get("pipe.txt") == "not_a_file", f"{skipped}")
    return "each is left out with its reason"


def nothing_at_all(machine):
    """an empty repository, a repository of empty files, and budgets of nothing and everything;"""
    answer = json.loads(machine.ok("context", "--json", "--", "anything"))
    check(answer["passages"] == [] and answer["context"] == "", f"{answer}")
    for name in ("empty.py", "blank.md"):
        machine.write(name, "" if name == "empty.py" else "\n \n\n")
    machine.ok("context", "--json", "--", "anything")
    machine.fill(0.05)
    for budget in (0, 1, 2, 4_294_967_295):
        answer = json.loads(machine.ok("context", "--json", "--budget", str(budget), "--", "retry"))
        check(answer["total_tokens"] <= budget, f"{answer['total_tokens']} of {budget} tokens")
    return "answered as what they are"


script([huge_files, deep_folders, odd_names, unreadable_files, nothing_at_all])
