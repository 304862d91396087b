#!/usr/bin/env python3
"""Edits, renames, deletions and branch switches under the questions of four assistants at once.

After each change one of four `contextlite mcp` processes is asked for what is new and for what is
gone, while the three others ask all the time. No answer may hold a line that its file never had
(invented), or a word that was gone before the question began (stale). EDITS is the number of
changes.
"""

import os
import re
import subprocess
import threading
import time

from assistant import Assistant
from machine import WORDS, check, script

EDITS = int(os.environ.get("EDITS", "30"))
ASSISTANTS = 4
MARKER = re.compile(r"marker\d{5}[a-z]+q")
# A file of this age was read too soon for its time to tell a later change of the same size.
RACY_SECONDS = 1.5


class Repository:
    """The files, every line that they ever had, what is gone, and how to change them."""

    def __init__(self, machine, megabytes=1):
        self.machine, self.random, self.number = machine, machine.random, 0
        # The marker of a file; the lines that it ever had; the change with which a marker of a file
        # was gone from it.
        self.words, self.lines, self.gone = {}, {}, {}
        machine.fill(megabytes)
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

    def git(self, *arguments, folder=None):
        """Runs git with nothing of the machine's own configuration; what it says."""
        author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        done = subprocess.run(
            ["git", *author, *arguments], cwd=folder or self.machine.root, check=True,
            env=self.machine.environment | {"GIT_CONFIG_NOSYSTEM": "1"}, stdout=subprocess.PIPE,
        )
        return done.stdout.decode().strip()

    def commit(self, message, folder=None):
        self.git("add", "-A", folder=folder)
        self.git("commit", "-q", "--allow-empty", "-m", message, folder=folder)

    def remember(self, path, lines=None):
        text = lines or (self.machine.root / path).read_text().splitlines()
        self.lines.setdefault(path, set()).update(text)

    def goes(self, path):
        """The marker of a file is gone from it, as a list; said after it is so."""
        word = self.words.pop(path, None)
        if word is None:
            return []
        self.gone[path, word] = self.number
        return [word]

    def comes(self, path, word):
        """A file is about to have a marker; said before it is so."""
        self.gone.pop((path, word), None)

    def new_word(self):
        self.number += 1
        return f"marker{self.number:05}{self.random.choice(WORDS)}q"

    def edit(self):
        """A new marker into a file: written over, or replaced as editors do."""
        path = self.random.choice(self.machine.files)
        word = self.new_word()
        file = self.machine.root / path
        lines = file.read_text().splitlines()
        lines = [line for line in lines if not line.startswith("def marker")]
        lines.insert(self.random.randint(1, len(lines)), f"def {word}(): pass")
        text = "\n".join(lines) + "\n"
        self.remember(path, lines)
        if self.random.random() < 0.5:
            file.write_text(text)
        else:
            other = file.with_suffix(".new~")
            other.write_text(text)
            other.replace(file)
        gone = self.goes(path)
        self.words[path] = word
        return [(word, path)], gone

    def same_size(self):
        """Another marker of the same size, and where that can happen the same time."""
        self.edit()
        path = max(self.words, key=lambda path: self.words[path][6:11])
        before, self.number = self.words[path], self.number + 1
        word = f"marker{self.number:05}{before[11:]}"
        file = self.machine.root / path
        facts = file.stat()
        lines = file.read_text().replace(before, word).splitlines()
        self.remember(path, lines)
        file.write_text("\n".join(lines) + "\n")
        if time.time() - facts.st_mtime < RACY_SECONDS:
            os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        gone = self.goes(path)
        self.words[path] = word
        return [(word, path)], gone

    def move(self, path, new):
        word = self.words.get(path)
        self.remember(new, self.lines[path])
        if word:
            self.comes(new, word)
        return word

    def moved(self, path, new, word):
        self.machine.files.remove(path)
        self.machine.files.append(new)
        self.goes(path)
        if word is None:
            return []
        self.words[new] = word
        return [(word, new)]

    def rename(self):
        path = self.random.choice(self.machine.files)
        self.number += 1
        new = f"moved{self.number % 7}/file_{self.number}.py"
        (self.machine.root / new).parent.mkdir(exist_ok=True)
        word = self.move(path, new)
        (self.machine.root / path).rename(self.machine.root / new)
        return self.moved(path, new, word), []

    def rename_folder(self):
        """A whole folder gets another name; the first files of it are asked for."""
        folder = self.random.choice(self.machine.files).split("/")[0]
        self.number += 1
        new = f"renamed{self.number}"
        there, moves = [], []
        for path in [path for path in self.machine.files if path.startswith(f"{folder}/")]:
            other = f"{new}/{path.split('/', 1)[1]}"
            moves.append((path, other, self.move(path, other)))
        (self.machine.root / folder).rename(self.machine.root / new)
        for path, other, word in moves:
            there += self.moved(path, other, word)
        return there[:3], []

    def delete(self):
        path = self.random.choice(self.machine.files)
        (self.machine.root / path).unlink()
        self.machine.files.remove(path)
        return [], self.goes(path)

    def switch(self):
        """Commits, and checks the other branch out; its files and words come back."""
        self.number += 1
        self.commit("more")
        self.branches[self.branch] = dict(self.words)
        before = dict(self.words)
        self.branch = "one" if self.branch == "two" else "two"
        words = dict(self.branches.get(self.branch, {}))
        for path, word in words.items():
            self.comes(path, word)
        self.git("checkout", "-q", self.branch)
        for path, word in before.items():
            if words.get(path) != word:
                self.gone[path, word] = self.number
        self.words = words
        root = self.machine.root
        self.machine.files = sorted(
            str(path.relative_to(root)) for path in root.rglob("*.py") if path.is_file()
        )
        for path in self.machine.files:
            self.remember(path)
        there = [(word, path) for path, word in sorted(words.items())]
        return there[:3], sorted(set(before.values()) - set(words.values()))[:3]

    def check_passages(self, answer, gone_before, when):
        """Every line was once in its file, and no marker was gone all the time of the question."""
        for passage in answer.get("passages", answer.get("results", [])):
            path = passage["path"]
            known = self.lines.get(path, set())
            invented = [line for line in passage["text"].splitlines() if line not in known]
            check(not invented, f"{when}: {path} never held {invented[:2]}")
            for word in MARKER.findall(passage["text"]):
                gone = gone_before.get((path, word))
                stale = gone is not None and self.gone.get((path, word)) == gone
                check(not stale, f"{when}: {path} lost {word} with change {gone}")


def ask_all_the_time(repository, assistant, stop, failures, number):
    """Asks until it is told to stop: for words of the files, and for markers of before."""
    words = list(WORDS)[number:] + list(WORDS)[:number]
    try:
        while not stop.is_set():
            for word in words[:5]:
                gone = dict(repository.gone)
                when = f"a question beside change {repository.number}"
                answer = assistant.call("context", question=f"{word} limit", max_tokens=1500)
                repository.check_passages(answer, gone, when)
                lost = list(gone)[-1 - number :][:1]
                for _, marker in lost:
                    answer = assistant.call("search", query=marker, limit=3)
                    repository.check_passages(answer, gone, when)
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
    kinds = ["edit"] * 5 + ["same_size", "rename", "rename", "rename_folder", "delete", "switch"]
    questions = 0
    for step in range(EDITS):
        kind = machine.random.choice(kinds)
        there, gone = getattr(repository, kind)()
        when = f"change {step} ({kind})"
        for word, path in there:
            first.check_found(word, path, when)
        for word in gone:
            first.check_gone(word, when)
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


def indexed_once(machine):
    """four assistants start on a repository without an index, and again after 50 changes;"""
    machine.fill(3)
    assistants = [Assistant(machine) for _ in range(ASSISTANTS)]
    said = []
    for expected in (len(machine.files), 50):
        for assistant in assistants:
            assistant.send("index")
        answers = [assistant.receive()["workspaces"][0] for assistant in assistants]
        counts = [answer["indexed"] for answer in answers]
        check(sum(counts) == expected, f"{counts} files were indexed, not {expected} in sum")
        said.append(f"{counts}")
        for path in machine.random.sample(machine.files, 50):
            file = machine.root / path
            file.write_text(file.read_text() + "\n# changed\n")
    for assistant in assistants:
        assistant.call("context", question="how are archives retried")
    memory = [assistant.memory_mb() for assistant in assistants]
    for assistant in assistants:
        assistant.end()
    return (
        f"files indexed by each: {' and '.join(said)}, every file once; MB of each process "
        f"(private, peak with the mapped index): {memory}"
    )


def in_a_work_tree(machine):
    """a linked work tree is watched, with the branch that is checked out in it;"""
    repository = Repository(machine)
    tree = machine.home / "work" / "tree"
    repository.git("worktree", "add", "-q", str(tree), "one")
    assistant = Assistant(machine, folder=tree)
    path = min(str(path.relative_to(tree)) for path in tree.rglob("*.py"))
    before = None
    for step in range(12):
        when = f"step {step}"
        word = repository.new_word()
        (tree / path).write_text(f"def {word}(): pass\n")
        assistant.check_found(word, path, when)
        if before:
            assistant.check_gone(before, when)
        check(assistant.status()["watched"].startswith("yes"), f"{when}: {assistant.status()}")
        # A commit changes no file: only git's own folders, elsewhere, tell of it.
        match step % 4:
            case 0:
                repository.commit(when, folder=tree)
            case 1:
                repository.git("checkout", "-q", "-b", f"branch{step}", folder=tree)
                repository.commit(when, folder=tree)
            case 2:
                repository.git("add", "-A", folder=tree)
                commit = repository.git("write-tree", folder=tree)
                parent = repository.git("rev-parse", "HEAD", folder=tree)
                commit = repository.git("commit-tree", commit, "-p", parent, "-m", when)
                branch = repository.git("symbolic-ref", "HEAD", folder=tree)
                repository.git("update-ref", branch, commit)
            case 3:
                repository.commit(when, folder=tree)
                repository.git("pack-refs", "--all")
                repository.git("checkout", "-q", "--detach", "one~0", folder=tree)
        head = repository.git("rev-parse", "HEAD", folder=tree)
        status = assistant.status()
        check(status["head_now"] == head, f"{when}: {status} is not at {head}")
        check(not status["freshness"]["fresh"], f"{when}: {status} has not read {head}")
        assistant.call("search", query="limit")
        status = assistant.status()
        check(status["head"] == head and status["freshness"]["fresh"], f"{when}: {status}, {head}")
        before = word if (tree / path).read_text().startswith(f"def {word}") else None
        if before is None:
            assistant.check_gone(word, when)
    branch = repository.git("branch", "--show-current")
    check(branch == "two", f"the main work tree is on {branch}")
    assistant.end()
    return "12 edits, commits, branch switches and moved branches were in the next answer"


script([under_changes, indexed_once, in_a_work_tree])
