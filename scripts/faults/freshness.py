#!/usr/bin/env python3
"""Edits, renames, deletions and branch switches under the questions of four assistants at once.

After each change one of four `contextlite mcp` processes is asked for what is new and for what is
gone, while the three others ask all the time. No answer may hold a passage that is not on the disk
(stale) or never was (invented). EDITS is the number of changes.
"""

import json
import os
import subprocess
import threading

from machine import WORDS, check, script

EDITS = int(os.environ.get("EDITS", "30"))
ASSISTANTS = 4
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "freshness", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Assistant:
    """One `contextlite mcp`, asked by one thread at a time."""

    def __init__(self, machine):
        self.process = machine.start("mcp", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.asked = 0

    def call(self, tool, **arguments):
        """The answer of a tool as JSON."""
        self.asked += 1
        params = {"name": tool, "arguments": arguments | {"format": "json"}, "_meta": META}
        message = {"jsonrpc": "2.0", "id": self.asked, "method": "tools/call", "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        check(answer["id"] == self.asked, f"another answer than that of {self.asked}: {answer}")
        check(not answer["result"]["isError"], f"{tool} {arguments}: {answer['result']}")
        return answer["result"]["structuredContent"]

    def memory_mb(self):
        """The memory that the process holds now and the most that it held."""
        status = open(f"/proc/{self.process.pid}/status", encoding="utf-8").read()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return [int(fields[name].split()[0]) // 1024 for name in ("RssAnon", "VmHWM")]

    def end(self):
        """Ends the input; the process must end by itself."""
        self.process.stdin.close()
        check(self.process.wait(timeout=30) == 0, "an assistant did not end well")


class Repository:
    """The files, every text that they ever had, and how to change them."""

    def __init__(self, machine):
        self.machine, self.random, self.number = machine, machine.random, 0
        self.words, self.lines = {}, {}
        machine.fill(1)
        for path in machine.files:
            self.remember(path)
        (machine.root / ".git").rmdir()
        self.git("init", "-q", "-b", "one")
        self.commit("one")
        self.git("checkout", "-q", "-b", "two")
        for _ in range(10):
            self.edit()
        self.commit("two")
        self.branches = {"two": dict(self.words)}
        self.branch = "two"

    def git(self, *arguments):
        """Runs git with nothing of the machine's own configuration."""
        author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(
            ["git", *author, *arguments], cwd=self.machine.root, check=True,
            env=self.machine.environment | {"GIT_CONFIG_NOSYSTEM": "1"},
        )

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def remember(self, path):
        text = (self.machine.root / path).read_text()
        self.lines.setdefault(path, set()).update(text.splitlines())

    def edit(self):
        """A new word into a file: written over, or replaced as editors do. Gone: the word before."""
        path = self.random.choice(self.machine.files)
        self.number += 1
        word = f"marker{self.number}{self.random.choice(WORDS)}q"
        file = self.machine.root / path
        lines = file.read_text().splitlines()
        lines = [line for line in lines if not line.startswith("def marker")]
        lines.insert(self.random.randint(1, len(lines)), f"def {word}(): pass")
        text = "\n".join(lines) + "\n"
        self.lines.setdefault(path, set()).update(lines)
        if self.random.random() < 0.5:
            file.write_text(text)
        else:
            other = file.with_suffix(".new~")
            other.write_text(text)
            other.replace(file)
        gone = self.words.get(path)
        self.words[path] = word
        return [(word, path)], [gone] if gone else []

    def rename(self):
        path = self.random.choice(self.machine.files)
        self.number += 1
        new = f"moved{self.number % 7}/file_{self.number}.py"
        (self.machine.root / new).parent.mkdir(exist_ok=True)
        self.lines.setdefault(new, set()).update(self.lines[path])
        (self.machine.root / path).rename(self.machine.root / new)
        self.machine.files.remove(path)
        self.machine.files.append(new)
        word = self.words.pop(path, None)
        if word is None:
            return [], []
        self.words[new] = word
        return [(word, new)], []

    def delete(self):
        path = self.random.choice(self.machine.files)
        (self.machine.root / path).unlink()
        self.machine.files.remove(path)
        gone = self.words.pop(path, None)
        return [], [gone] if gone else []

    def switch(self):
        """Commits, and checks the other branch out; its files and words come back."""
        self.commit("more")
        self.branches[self.branch] = dict(self.words)
        before = set(self.words.values())
        self.branch = "one" if self.branch == "two" else "two"
        self.git("checkout", "-q", self.branch)
        self.words = dict(self.branches.get(self.branch, {}))
        root = self.machine.root
        self.machine.files = sorted(
            str(path.relative_to(root)) for path in root.rglob("*.py") if path.is_file()
        )
        for path in self.machine.files:
            self.remember(path)
        there = [(word, path) for path, word in sorted(self.words.items())]
        return there[:3], sorted(before - set(self.words.values()))[:3]


def check_passages(repository, answer, when):
    """Every line of every passage was once in its file."""
    for passage in answer.get("passages", answer.get("results", [])):
        known = repository.lines.get(passage["path"], set())
        text = passage["text"].splitlines()
        invented = [line for line in text if line not in known]
        check(not invented, f"{when}: {passage['path']} never held {invented[:2]}")


def ask_all_the_time(repository, assistant, stop, failures, number):
    """Asks until it is told to stop."""
    words = list(WORDS)[number:] + list(WORDS)[:number]
    try:
        while not stop.is_set():
            for word in words[:5]:
                answer = assistant.call("context", question=f"{word} limit", max_tokens=1500)
                check_passages(repository, answer, f"a question beside change {repository.number}")
    except Exception as failure:  # noqa: BLE001 - told by the main thread
        failures.append(failure)


def under_changes(machine):
    """four assistants ask while files are edited, moved, deleted and branches are switched;"""
    repository = Repository(machine)
    assistants = [Assistant(machine) for _ in range(ASSISTANTS)]
    stop, failures = threading.Event(), []
    threads = [
        threading.Thread(
            target=ask_all_the_time, daemon=True,
            args=(repository, assistant, stop, failures, number),
        )
        for number, assistant in enumerate(assistants[1:])
    ]
    first = assistants[0]
    first.call("index")
    for thread in threads:
        thread.start()
    kinds = ["edit"] * 6 + ["rename", "rename", "delete", "switch"]
    questions = 0
    for step in range(EDITS):
        kind = machine.random.choice(kinds)
        there, gone = getattr(repository, kind)()
        for word, path in there:
            answer = first.call("search", query=word, limit=3)
            found = [passage["path"] for passage in answer["results"] if word in passage["text"]]
            check(path in found, f"change {step} ({kind}): {word} of {path} is not found: {answer}")
        for word in gone:
            answer = first.call("search", query=word, limit=5)
            stale = [passage for passage in answer["results"] if word in passage["text"]]
            check(not stale, f"change {step} ({kind}): {word} is gone and yet found: {stale}")
        questions += len(there) + len(gone)
        check(not failures, f"{failures}")
    stop.set()
    for thread in threads:
        thread.join()
    check(not failures, f"{failures}")
    memory = [assistant.memory_mb() for assistant in assistants]
    asked = sum(assistant.asked for assistant in assistants)
    for assistant in assistants:
        assistant.end()
    machine.check_like(machine.home / "fresh.db")
    return (
        f"{EDITS} changes, {asked} calls, {questions} checks of what is new or gone: nothing stale, "
        f"nothing invented; MB of each process (private, peak with the mapped index): {memory}"
    )


script([under_changes])
