#!/usr/bin/env python3
"""Measures indexing beside `rg --files`, as whole processes; bench/speed runs it.

usage: index.py BINARY TREE

Times are taken as the kernel counts them for each process: the CPU time of all its threads, and
the wall clock. CPU time is what two cores would need for twice that long, so megabytes a second
"per core pair" are the megabytes over half the CPU seconds; on a machine with two idle cores it is
also what the wall clock shows. Of repeated runs the least counts.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

COLD_RUNS = 2
IDLE_RUNS = 15


def run(*command):
    """Runs a command; says its CPU seconds, wall seconds, peak memory in MB, and output."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        if status != 0:
            sys.exit(f"{' '.join(command)} ended with status {status}")
        output.seek(0)
        return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1e3, output.read()


def least(runs):
    return [min(values) for values in zip(*(run[:3] for run in runs))]


def row(name, value, aim):
    print(f"| {name} | {value} | {aim} |")


def main():
    binary, tree = sys.argv[1:]
    index = (binary, "index", tree)
    cold = []
    for _ in range(COLD_RUNS):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(run(*index, "--database", os.path.join(folder, "cold.db")))
    run(*index)
    cpu, wall, memory = least(cold)
    facts = json.loads(run(binary, "status", "--json", "--root", tree)[3])
    megabytes = facts["text_bytes"] / 1e6
    stored = (facts["database_bytes"] + facts["index_bytes"]) / 1e6
    print(f"{facts['documents']} documents, {facts['passages']} passages, {megabytes:.0f} MB of text\n")
    print("| | measured | aim |\n| --- | --- | --- |")
    row("cold, MB/s per core pair by CPU time", f"{megabytes / (cpu / 2):.1f}", "10")
    row(f"cold, MB/s by wall clock, {os.cpu_count()} cores", f"{megabytes / wall:.1f}", "")
    row("peak memory, MB", f"{memory:.0f}", "<= 400")
    row("store and index / text", f"{stored / megabytes:.2f}", "<= 1.5")
    idle, files = [], []
    for _ in range(IDLE_RUNS):
        idle.append(run(*index))
        files.append(run("rg", "--files", tree))
    (idle_cpu, idle_wall, _), (files_cpu, files_wall, _) = least(idle), least(files)
    row("nothing changed / `rg --files`, CPU time", f"{idle_cpu / files_cpu:.2f}", "<= 2")
    row("nothing changed / `rg --files`, wall clock", f"{idle_wall / files_wall:.2f}", "<= 2")
    row("a changed file is in the next answer", "yes" if is_seen(binary, tree) else "NO", "yes")


def is_seen(binary, tree):
    """Whether a file that was just written, and then changed, is what the next answer cites."""
    name = "just_written.py"
    path = os.path.join(tree, name)
    try:
        for word in ("zanzibarwaffle", "quuxmarmalade"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"def {word}():\n    return 1\n")
            answer = run(binary, "search", "--json", "--limit", "1", "--root", tree, "--", word)[3]
            results = json.loads(answer)["results"]
            if not results or results[0]["path"] != name or word not in results[0]["text"]:
                return False
        return True
    finally:
        os.remove(path)
        run(binary, "index", tree)


if __name__ == "__main__":
    main()
