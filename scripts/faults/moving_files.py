#!/usr/bin/env python3
"""Files that are swapped, grow, shrink, vanish and become something else while they are indexed."""

import json
import os
import random
import threading

from machine import check, script, source_text


def churn(machine, stop, paths):
    """Does to the files what editors, builds and version control do, as fast as it can."""
    mover = random.Random(7)
    while not stop.is_set():
        file = machine.root / mover.choice(paths)
        try:
            match mover.randrange(6):
                case 0:
                    # Without waiting, since the file may be a pipe that nobody reads.
                    flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK
                    with open(os.open(file, flags), "a", encoding="utf-8") as grown:
                        grown.write(source_text(mover, "grown"))
                case 1:
                    other = file.with_suffix(".swap")
                    other.write_text(source_text(mover, "swapped"))
                    other.replace(file)
                case 2:
                    os.truncate(file, mover.randrange(200))
                case 3:
                    file.unlink()
                case 4:
                    file.unlink()
                    file.symlink_to(machine.root / mover.choice(paths))
                case 5:
                    file.unlink()
                    os.mkfifo(file)
        except OSError:
            pass
        if not os.path.lexists(file):
            file.write_text(source_text(mover, "back"))


def while_they_are_indexed(machine):
    """files are swapped, grow, vanish and become links and pipes while they are indexed;"""
    machine.fill(1.5)
    paths = machine.files[:60]
    stop = threading.Event()
    thread = threading.Thread(target=churn, args=(machine, stop, paths), daemon=True)
    thread.start()
    try:
        machine.ok("index")
        for _ in range(6):
            answer = json.loads(machine.ok("context", "--json", "--", "grown swapped back"))
            for passage in answer["passages"]:
                lines = passage["text"].count("\n") + (not passage["text"].endswith("\n"))
                said = passage["end_line"] - passage["start_line"] + 1
                check(lines == said, f"{passage['path']} has {lines} lines, not {said}")
    finally:
        stop.set()
        thread.join()
    machine.check_like(machine.home / "fresh.db")
    machine.ok("doctor")
    return "every run succeeded, and when it was quiet the index was that of a single run"


script([while_they_are_indexed])
