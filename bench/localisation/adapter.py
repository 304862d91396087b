#!/usr/bin/env python3
"""Asks contextlite the questions of one corpus, for the localisation harness.

adapter.py BINARY CORPUS QUERIES OUT WORKDIR [--git-dir DIR --snapshot SHA] [--budget N]

Ranked passages come from `search`; with --budget they are what `context` selects within that many
tokens. With --git-dir the corpus, which is a plain export, is made a linked work tree of that
repository at SHA (a `.git` file that points into WORKDIR), so that history is seen up to the
snapshot and not beyond it; nothing is written into the repository itself."""
import argparse
import json
import os
import subprocess
import time

LIMIT = 150
RANKED_BUDGET = 32000  # what the harness passes when it wants the ranked list


def link_history(corpus, workdir, git_dir, snapshot):
    place = os.path.join(workdir, "gitdir")
    os.makedirs(place, exist_ok=True)
    files = {
        os.path.join(place, "HEAD"): snapshot,
        os.path.join(place, "commondir"): os.path.abspath(git_dir),
        os.path.join(place, "gitdir"): os.path.join(corpus, ".git"),
        os.path.join(corpus, ".git"): f"gitdir: {os.path.abspath(place)}",
    }
    for path, text in files.items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")


def ask(arguments, question):
    start = time.perf_counter()
    run = subprocess.run(
        arguments + ["-"], input=question.encode(), stdout=subprocess.PIPE, check=True
    )
    return json.loads(run.stdout), 1000 * (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("binary", "corpus", "queries", "out", "workdir"):
        parser.add_argument(name)
    parser.add_argument("--git-dir")
    parser.add_argument("--snapshot")
    parser.add_argument("--budget", type=int, default=RANKED_BUDGET)
    options = parser.parse_args()
    os.makedirs(options.workdir, exist_ok=True)
    if options.git_dir and options.snapshot:
        link_history(options.corpus, options.workdir, options.git_dir, options.snapshot)
    place = ["--root", options.corpus, "--database", os.path.join(options.workdir, "index.db")]
    subprocess.run([options.binary, "index", "--quiet", *place], check=True, stdout=subprocess.DEVNULL)
    if options.budget == RANKED_BUDGET:
        command = [options.binary, "search", "--limit", str(LIMIT)]
    else:
        command = [options.binary, "context", "--budget", str(options.budget), "--order", "score"]
    command += ["--json", "--no-index", *place]
    with open(options.queries, encoding="utf-8") as queries, open(options.out, "w") as out:
        for line in queries:
            query = json.loads(line)
            answer, ms = ask(command, query["query"])
            results = answer.get("results", answer.get("passages"))
            kept = ("path", "start_line", "end_line", "score")
            results = [{name: result[name] for name in kept} for result in results]
            out.write(json.dumps({"qid": query["qid"], "results": results, "ms": ms}) + "\n")


if __name__ == "__main__":
    main()
