#!/usr/bin/env python3
"""A full-text index and a database that someone or something has damaged."""

import os
import shutil
import sqlite3

from machine import QUESTIONS, check, script


def ask(machine):
    """One answer as a program gets it, and what was said beside it."""
    code, out, err = machine.run("context", "--", QUESTIONS[0])
    check(code == 0, f"the question ended with {code}: {err}")
    return out, err


def broken_index(machine):
    """the files of the full-text index are cut, overwritten and removed, one after the other;"""
    machine.fill(0.5)
    machine.ok("index")
    answer, _ = ask(machine)
    done = 0
    for damage in ("cut", "garbage", "removed", "emptied"):
        names = sorted(path.name for path in machine.index_folder.iterdir())
        check(names, "there is a full-text index")
        for name in names:
            if not (machine.index_folder / name).exists():
                continue
            hurt(machine.index_folder / name, damage)
            out, err = ask(machine)
            check(out == answer, f"{name} {damage}: the answer is another: {err}")
            check(err.count("rebuilt") <= 1, f"{name} {damage}: more than one line: {err}")
            done += 1
    shutil.rmtree(machine.index_folder)
    out, err = ask(machine)
    check(out == answer and err.count("rebuilt") == 1, f"folder removed: {err}")
    machine.index_folder.rename(f"{machine.index_folder}.away")
    machine.index_folder.write_text("a file in its place")
    out, err = ask(machine)
    check(out == answer, f"a file in its place: {err}")
    machine.ok("doctor")
    return f"{done + 2} times, each time the same answer"


def hurt(path, damage):
    """Damages one file."""
    match damage:
        case "cut":
            os.truncate(path, path.stat().st_size // 2)
        case "garbage":
            path.write_bytes(bytes(range(7, 255)) * (path.stat().st_size // 248 + 1))
        case "removed":
            path.unlink()
        case "emptied":
            os.truncate(path, 0)


def index_of_the_past(machine):
    """the full-text index is put back to an earlier day;"""
    machine.fill(0.5)
    machine.ok("index")
    shutil.copytree(machine.index_folder, machine.home / "past")
    machine.change(0.3)
    machine.ok("index")
    answer, _ = ask(machine)
    shutil.rmtree(machine.index_folder)
    shutil.copytree(machine.home / "past", machine.index_folder)
    out, err = ask(machine)
    check(out == answer, f"the answer is another: {err}")
    return "it follows the database again"


def broken_database(machine):
    """the database is cut, overwritten, replaced, and of a later version;"""
    machine.fill(0.3)
    machine.ok("index")
    answer, _ = ask(machine)
    whole = machine.database.read_bytes()
    damages = {
        "head overwritten": b"\x5a" * 100 + whole[100:],
        "another file": b"This is a letter.\n" * 4000,
        "cut to half": whole[: len(whole) // 2],
        "middle overwritten": whole[:8192] + b"\xa5" * (len(whole) - 8192),
    }
    for name, content in damages.items():
        replace(machine, content)
        code, out, err = machine.run("context", "--", QUESTIONS[0])
        check(code == 5, f"{name}: it ended with {code}: {err}")
        check(out == b"" and "contextlite.db" in err, f"{name}: it said {err}")
        check("forget" in err or "move" in err, f"{name}: no next step in {err}")
        check(machine.run("doctor")[0] == 1, f"{name}: doctor finds it healthy")
        check(machine.database.read_bytes() == content, f"{name}: the file was changed")
    replace(machine, whole)
    check(ask(machine)[0] == answer, "put back, the answer is another")
    later(machine)
    code, _, err = machine.run("context", "--", QUESTIONS[0])
    check(code == 5 and "schema" in err and "update" in err, f"later version: {code} {err}")
    machine.ok("forget", "--yes")
    check(ask(machine)[0] == answer, "made anew, the answer is another")
    return "a clear error each time, nothing overwritten, and forget helps"


def replace(machine, content):
    """Puts other bytes in the place of the database."""
    for suffix in ("-wal", "-shm"):
        if os.path.exists(f"{machine.database}{suffix}"):
            os.unlink(f"{machine.database}{suffix}")
    machine.database.write_bytes(content)


def later(machine):
    """Makes the database one of a later version of the program."""
    connection = sqlite3.connect(machine.database)
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()


script([broken_index, index_of_the_past, broken_database])
