#!/usr/bin/env python3
"""The system has no more watches, or its queue of changes runs over: answers stay fresh.

The limits are real: those of a user namespace for the program alone, and the queue of the kernel.
"""

import os
from pathlib import Path

from assistant import Assistant
from machine import check, script, unshared

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


def limited(kind, most):
    """The words before a program that may have so many inotify `watches` or `instances`."""
    shell = f'echo {most} >/proc/sys/user/max_inotify_{kind}; exec "$@"'
    return [*unshared("-Ur"), "sh", "-ec", shell, "sh"]


def edit_and_ask(machine, assistant, rounds, folder="new"):
    """Edits files of folders that come, and asks at once."""
    before = None
    for step in range(rounds):
        path = f"{folder}{step % 3}/inner/file.py"
        word = f"marker{folder}{step}"
        machine.write(path, f"def {word}(): pass\n")
        assistant.check_found(word, path, f"edit {step}")
        if before and step % 3 == 0:
            machine.write(path, "nothing\n")
            assistant.check_gone(word, f"edit {step}")
        before = word


def check_said(machine, status, fix):
    """What is wrong is said with what to do, by status and in the log."""
    check(status["watched"].startswith("no, this user has no more"), f"{status['watched']}")
    check(fix in status["watched"], f"{status['watched']}")
    text = (machine.home / "assistants.log").read_text()
    check(fix in text, f"the log says: {text}")


def no_watches(machine):
    """fewer watches than folders;"""
    machine.fill(1)
    limit = limited("watches", 3)
    assistant = Assistant(machine, before=limit)
    edit_and_ask(machine, assistant, 12)
    check_said(machine, assistant.status(), "sysctl fs.inotify.max_user_watches=")
    assistant.end()
    return "12 edits were in the next answer, and it is said what to do"


def watches_run_out(machine):
    """the last watch goes to a folder that comes later;"""
    machine.fill(1)
    folders = sum(1 for _ in os.walk(machine.root))
    assistant = Assistant(machine, before=limited("watches", folders + 3))
    assistant.call("search", query="limit")
    check(assistant.status()["watched"].startswith("yes"), f"{assistant.status()}")
    edit_and_ask(machine, assistant, 12)
    check_said(machine, assistant.status(), "sysctl fs.inotify.max_user_watches=")
    assistant.end()
    return "12 edits were in the next answer, and it is said what to do"


def no_queue(machine):
    """no inotify instance is left;"""
    machine.fill(1)
    assistant = Assistant(machine, before=limited("instances", 0))
    edit_and_ask(machine, assistant, 6)
    check_said(machine, assistant.status(), "sysctl fs.inotify.max_user_instances=")
    assistant.end()
    return "6 edits were in the next answer, and it is said what to do"


def queue_runs_over(machine):
    """the process stands still while more changes happen than the queue holds;"""
    machine.fill(1)
    assistant = Assistant(machine)
    assistant.call("search", query="limit")
    check(assistant.status()["watched"].startswith("yes"), f"{assistant.status()}")
    assistant.stop()
    events = int(QUEUE.read_text()) + 1000
    files = [machine.root / path for path in machine.files[:2]]
    for number in range(events):
        # Equal events in a row would be one.
        os.utime(files[number % 2])
    path = "late/inner/deep/file.py"
    machine.write(path, "def markerlate(): pass\n")
    assistant.go_on()
    assistant.check_found("markerlate", path, "after the queue ran over")
    for step in range(6):
        machine.write(path, f"def markerlate{step}(): pass\n")
        assistant.check_found(f"markerlate{step}", path, f"edit {step} in the folder that came")
    edit_and_ask(machine, assistant, 6, "new")
    check(assistant.status()["watched"].startswith("yes"), f"{assistant.status()}")
    assistant.end()
    return f"{events} changes, then 12 edits in folders that came meanwhile were in the next answer"


def root_replaced(machine):
    """the repository is moved away and another one comes to its place, twice;"""
    machine.fill(1)
    assistant = Assistant(machine)
    assistant.call("search", query="limit")
    for step in range(2):
        machine.root.rename(machine.home / f"before{step}")
        edit_and_ask(machine, assistant, 6, f"again{step}")
        check(assistant.status()["watched"].startswith("yes"), f"{assistant.status()}")
    assistant.end()
    return "12 edits were in the next answer"


script([no_watches, watches_run_out, no_queue, queue_runs_over, root_replaced])
