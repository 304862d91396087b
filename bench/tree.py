#!/usr/bin/env python3
"""Makes the tree and the questions that bench/speed measures on.

usage: tree.py MIRRORS TREE QUESTIONS MEGABYTES

The newest tree of each bare repository MIRRORS/NAME/repo, in the order of names, is written below
TREE/NAME until the files have MEGABYTES * 10^6 bytes in total. What is no program text or prose is
left out by what it weighs and what it holds: files over 512 KiB and files with a zero byte, since
the measure is speed on source. One repository gives at most a twelfth of the bytes, so that no
language is most of it.

QUESTIONS gets one question a line: the subjects of commits, the usual way to say in one line what
is wanted of a code base, spread evenly over each repository that is in the tree. The same mirrors
give the same tree and the same questions.
"""

import os
import re
import subprocess
import sys

FILE_BYTES_MAX = 512 << 10
QUESTIONS_OF_REPOSITORY = 8
SUBJECT_CHARACTERS = range(24, 100)


def git(repository, *arguments, **options):
    environment = dict(os.environ, GIT_NO_LAZY_FETCH="1")
    command = ["git", "-C", repository, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, **options).stdout


def blobs(repository):
    """Path, object and size of each plain file of the newest tree, in order of path."""
    for entry in git(repository, "ls-tree", "-r", "-z", "HEAD").split(b"\0"):
        if entry:
            facts, path = entry.split(b"\t", 1)
            mode, kind, name = facts.split()
            if kind == b"blob" and mode != b"120000":
                yield path, name


def contents(repository, names):
    """The content of each object; None for one that the mirror does not hold."""
    given = b"".join(name + b"\n" for name in names)
    answer = git(repository, "cat-file", "--batch", input=given)
    at = 0
    for _ in names:
        end = answer.index(b"\n", at)
        words = answer[at:end].split()
        at = end + 1
        if words[-1] == b"missing":
            yield None
        else:
            size = int(words[2])
            yield answer[at : at + size]
            at += size + 1


def is_text(content):
    return content is not None and len(content) <= FILE_BYTES_MAX and b"\0" not in content


def write_tree(repository, folder, bytes_max):
    """Writes files until they have `bytes_max`; says how many bytes they have."""
    listed = list(blobs(repository))
    written = 0
    for (path, _), content in zip(listed, contents(repository, [name for _, name in listed])):
        if not is_text(content) or bytes_max < written + len(content):
            continue
        target = os.path.join(os.fsencode(folder), path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)
        written += len(content)
    return written


def questions(repository):
    """Subjects of commits, evenly spread over the history, without what tools write."""
    subjects = git(repository, "log", "--no-merges", "--format=%s", "HEAD").decode(errors="replace")
    is_by_tool = re.compile(r"^(bump|release|merge|revert|v?\d|chore|build\(deps|update dep)", re.I)
    wanted = [
        re.sub(r"\s*\(?#\d+\)?", "", subject).strip()
        for subject in subjects.splitlines()
        if len(subject) in SUBJECT_CHARACTERS and not is_by_tool.match(subject)
    ]
    step = max(1, len(wanted) // QUESTIONS_OF_REPOSITORY)
    return wanted[::step][:QUESTIONS_OF_REPOSITORY]


def main():
    mirrors, tree, target, megabytes = sys.argv[1:]
    left = int(megabytes) * 10**6
    share = left // 12
    asked = []
    for name in sorted(os.listdir(mirrors)):
        repository = os.path.join(mirrors, name, "repo")
        if not os.path.isdir(repository) or left < share // 100:
            continue
        left -= write_tree(repository, os.path.join(tree, name), min(left, share))
        asked += questions(repository)
    with open(target, "w", encoding="utf-8") as file:
        file.writelines(question + "\n" for question in asked)
    print(f"{int(megabytes) - left / 1e6:.1f} MB in {tree}, {len(asked)} questions")


if __name__ == "__main__":
    main()
