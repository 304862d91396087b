#!/usr/bin/env python3
"""Exports the instances of benchmark questions, for bench/selection.

    selection_instances.py BINARY BENCH MIRRORS WORK OUT [--every N]

The questions are those of the development halves of code_search and localisation, every N-th of
them, each at six budgets; corpora are made where they are missing. OUT gets BUDGET-SET-NUMBER.json."""
import argparse
import json
import os
import pathlib
import subprocess
import sys

BUDGETS = [1000, 2000, 4000, 8000, 16000, 32000]


def code_search(options):
    """Corpus and text of each question, in a fixed order."""
    work = options.work / "code_search"
    prepare = options.bench / "code_search"
    if not (work / "corpora.json").exists():
        subprocess.run([sys.executable, prepare / "prepare.py", options.mirrors, work], check=True)
    corpora = json.loads((work / "corpora.json").read_text())
    for name in json.loads((prepare / "split.json").read_text())["dev"]:
        annotations = json.loads((prepare / "annotations" / f"{name}.json").read_text())
        for question in annotations if name in corpora else []:
            yield corpora[name]["corpus"], question["query"]


def localisation(options):
    work = options.work / "localisation"
    data = options.bench / "localisation" / "data" / "code_dev.jsonl"
    if not (work / "corpora").exists():
        work.mkdir(parents=True, exist_ok=True)
        harness = options.bench / "localisation" / "harness" / "make_corpus.sh"
        subprocess.run([harness, options.mirrors, work / "corpora", data], check=True)
    for line in data.read_text().splitlines():
        question = json.loads(line)
        name = f"{question['repo'].replace('/', '+')}@{question['snapshot'][:12]}"
        yield work / "corpora" / name, question["query"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("binary", "bench", "mirrors", "work", "out"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--every", type=int, default=4)
    options = parser.parse_args()
    for name, questions in (("code_search", code_search), ("localisation", localisation)):
        indexed = set()
        for number, (corpus, text) in enumerate(questions(options)):
            if number % options.every:
                continue
            place = ["--root", str(corpus)]
            if corpus not in indexed:
                subprocess.run([options.binary, "index", "--quiet", *place], check=True,
                               stdout=subprocess.DEVNULL)
                indexed.add(corpus)
            for budget in BUDGETS:
                file = options.out / f"{budget:05}-{name}-{number:04}.json"
                command = [options.binary, "context", "--no-index", "--format", "list", "--quiet",
                           "--budget", str(budget), "--export-instance", file, *place, "-"]
                run = subprocess.run(command, input=text.encode(), stdout=subprocess.DEVNULL)
                # 1 says that nothing was found or fits; there is nothing to choose then.
                if run.returncode == 1:
                    file.unlink(missing_ok=True)
                elif run.returncode:
                    raise SystemExit(f"{command} ended with {run.returncode}")


main()
