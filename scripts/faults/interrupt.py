#!/usr/bin/env python3
"""Ctrl-C and a polite end: the first stops at the next commit, what is committed is kept."""

import signal
import time

from machine import check, script


def interrupted(machine):
    """an index run gets Ctrl-C, or is asked to end;"""
    machine.fill(2)
    began = time.monotonic()
    machine.ok("index", "--database", str(machine.home / "other.db"))
    whole = time.monotonic() - began
    codes = []
    for number in range(6):
        process = machine.start("index", "--rebuild" if number else "--quiet")
        time.sleep(whole * (0.1 + 0.15 * number))
        process.send_signal(signal.SIGINT if number % 2 else signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        codes.append(process.returncode)
        # Before the handler stands, the signal ends the process as it always does.
        known = (0, 130, -signal.SIGINT, -signal.SIGTERM)
        check(process.returncode in known, f"ended with {process.returncode}: {err.decode()}")
        if process.returncode == 130:
            check("stopped" in err.decode() and "go on" in err.decode(), f"it said {err.decode()}")
    check(130 in codes, f"no run was stopped: {codes}")
    machine.check_like(machine.home / "other.db")
    machine.ok("doctor")
    return f"exit codes {codes}, and the next run goes on"


script([interrupted])
