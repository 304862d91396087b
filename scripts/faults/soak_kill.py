#!/usr/bin/env python3
"""Kills an indexing process at random instants, again and again: soak_kill.py [ROUNDS] [MEGABYTES].

After each kill: the database passes its integrity check; every document that had been committed
is there, as it was or as the killed run read it; the next command heals by itself, and answers as
an index that was never killed. Every fourth round starts without an index.
"""

import random
import sys
import time

from machine import Broken, check, kill, script

ROUNDS = int(sys.argv[1]) if 1 < len(sys.argv) else 10
MEGABYTES = float(sys.argv[2]) if 2 < len(sys.argv) else 2.0
SEED = int(sys.argv[3]) if 3 < len(sys.argv) else random.randrange(10**6)


def killed_at_random_instants(machine):
    """an index run is killed at random instants;"""
    machine.fill(MEGABYTES)
    reference = machine.home / "reference.db"
    began = time.monotonic()
    machine.ok("index", "--database", str(reference))
    whole = time.monotonic() - began
    machine.ok("index")
    early = late = 0
    for number in range(ROUNDS):
        is_cold = number % 4 == 3
        if is_cold:
            machine.ok("forget", "--yes")
            before = {}
        else:
            before = machine.committed()
            machine.change(machine.random.choice([0.01, 0.1, 0.5]))
        process = machine.start("index")
        time.sleep(machine.random.random() * whole * (1.1 if is_cold else 0.7))
        is_late = process.poll() is not None
        kill(process)
        late += is_late
        where = f"round {number}, seed {SEED}:"
        try:
            after = machine.committed()
        except Broken as broken:
            if not is_cold or "one database" not in str(broken):
                raise Broken(f"{where} {broken}") from None
            early += 1
            after = {}
        for path in set(before) - set(after):
            check(not (machine.root / path).exists(), f"{where} {path} is lost")
        for path in set(before) & set(after):
            same = before[path] == after[path]
            check(same or path in machine.files, f"{where} {path} is another one")
        code, _, err = machine.run("search", "--json", "--", "archive retry")
        check(code == 0, f"{where} the next command failed: {err}")
        machine.check_like(reference, where)
    machine.ok("doctor")
    machine.check_like(machine.home / "fresh.db")
    return (
        f"{ROUNDS} rounds on {len(machine.files)} files, {late} runs were done before the kill, "
        f"{early} had not begun, no document lost, all answers as if never killed, seed {SEED}"
    )


script([killed_at_random_instants], SEED)
