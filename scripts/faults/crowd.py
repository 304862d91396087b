#!/usr/bin/env python3
"""Two indexing processes and ten asking ones at once, while files change."""

import json

from machine import COMMAND_SECONDS_MAX, QUESTIONS, check, script


def all_at_once(machine, files_share):
    """Runs two indexers and ten readers; every one must succeed with a whole answer."""
    machine.change(files_share)
    indexers = [machine.start("index") for _ in range(2)]
    readers = []
    for number in range(10):
        question = QUESTIONS[number % len(QUESTIONS)]
        refresh = ["--no-index"] if number % 2 else []
        readers.append(machine.start("context", "--json", *refresh, "--", question))
    for process in indexers + readers:
        out, err = process.communicate(timeout=COMMAND_SECONDS_MAX)
        err = err.decode(errors="replace")
        check(process.returncode == 0, f"{process.args[1:]} ended with {process.returncode}: {err}")
        check("locked" not in err and "panicked" not in err, f"{process.args[1:]} said: {err}")
        if process in readers:
            answer = json.loads(out)
            check(answer["total_tokens"] <= answer["budget_tokens"], "an answer is over its budget")


def with_an_index(machine):
    """two indexers and ten readers share an index that changes;"""
    machine.fill(2)
    machine.ok("index")
    for _ in range(2):
        all_at_once(machine, 0.3)
    machine.check_like(machine.home / "fresh.db")
    machine.ok("doctor")
    return "2 times, all 24 succeeded, and the index is that of a single run"


def without_an_index(machine):
    """twelve processes meet where there is no index yet;"""
    machine.fill(2)
    processes = [machine.start("search", "--json", "--", QUESTIONS[0]) for _ in range(12)]
    answers = []
    for process in processes:
        out, err = process.communicate(timeout=COMMAND_SECONDS_MAX)
        check(process.returncode == 0, f"ended with {process.returncode}: {err.decode()}")
        answers.append(json.loads(out)["results"])
    check(all(answer == answers[0] for answer in answers), "the answers differ")
    machine.ok("doctor")
    return "all twelve gave the same answer"


script([with_an_index, without_an_index])
