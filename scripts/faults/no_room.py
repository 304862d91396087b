#!/usr/bin/env python3
"""A data folder that cannot be written, and a disk that is full. Needs Linux with unshare."""

import subprocess

from machine import COMMAND_SECONDS_MAX, QUESTIONS, binary, check, in_namespace, script


def shell(machine, text):
    """Runs a shell script in a mount namespace; `$D` is the data folder, `$C` the program."""
    environment = machine.environment | {"D": str(machine.home / "data"), "C": binary()}
    command = in_namespace(text, QUESTIONS[0])
    done = subprocess.run(
        command, cwd=machine.root, env=environment, capture_output=True, text=True, check=False,
        timeout=COMMAND_SECONDS_MAX, stdin=subprocess.DEVNULL,
    )
    check("panicked" not in done.stderr, f"the program panicked: {done.stderr}")
    return done


READ_ONLY = 'mount --bind "$D" "$D"; mount -o remount,ro,bind "$D"; '


def read_only_with_an_index(machine):
    """the data folder is read-only and holds an index;"""
    machine.fill(0.5)
    machine.ok("index")
    answer = machine.ok("context", "--", QUESTIONS[0]).decode()
    done = shell(machine, READ_ONLY + '"$C" context -- "$1"')
    check((done.returncode, done.stdout) == (0, answer), f"the answer is another: {done.stderr}")
    machine.write("new.py", "def something_new():\n    pass\n")
    done = shell(machine, READ_ONLY + '"$C" context -- "$1"')
    check((done.returncode, done.stdout) == (0, answer), f"no answer from before: {done.stderr}")
    check("answered from the index as it was" in done.stderr, f"it is not said: {done.stderr}")
    done = shell(machine, READ_ONLY + '"$C" index')
    check(done.returncode == 5 and "--database" in done.stderr, f"index said: {done.stderr}")
    done = shell(machine, READ_ONLY + '"$C" doctor')
    check(done.returncode == 1 and "cannot be written" in done.stdout, f"doctor: {done.stdout}")
    machine.ok("index")
    return "it answers from it and says so; index and doctor say what to do"


def read_only_without_an_index(machine):
    """the data folder is read-only and empty;"""
    machine.fill(0.1)
    (machine.home / "data").mkdir()
    done = shell(machine, READ_ONLY + '"$C" context -- "$1"')
    check((done.returncode, done.stdout) == (5, ""), f"it ended with {done.returncode}")
    check("--database" in done.stderr, f"no next step in: {done.stderr}")
    return "an error that says what to do"


def full_disk(machine):
    """the disk is full in the middle of a first index run;"""
    machine.fill(4)
    (machine.home / "data").mkdir()
    done = shell(
        machine,
        'mount -t tmpfs -o size=2m,mode=700 tmpfs "$D"; code=0; "$C" index || code=$?; '
        'echo "first $code"; code=0; "$C" search -- "$1" >/dev/null || code=$?; echo "ask $code"; '
        'mount -o remount,size=200m "$D"; "$C" context -- "$1"; "$C" doctor',
    )
    check("first 5" in done.stdout, f"it said {done.stdout[:200]} {done.stderr}")
    check("space" in done.stderr, f"the message does not name the cause: {done.stderr}")
    check(done.returncode == 0, f"with room again: {done.returncode} {done.stdout} {done.stderr}")
    answer = machine.ok("context", "--", QUESTIONS[0]).decode()
    check(answer in done.stdout, "with room again, the answer is another")
    return "a clear error, and with room again all is well"


def full_disk_with_an_index(machine):
    """the disk fills up beside an index;"""
    machine.fill(2)
    (machine.home / "data").mkdir()
    done = shell(
        machine,
        'mount -t tmpfs -o size=40m,mode=700 tmpfs "$D"; "$C" index; '
        'dd if=/dev/zero of="$D/filler" bs=64k 2>/dev/null || true; '
        'for number in 1 2 3 4 5 6 7 8 9; do cat package0/*.py > "joined$number.py"; done; '
        '"$C" context -- "$1" > "$HOME/answer"; code=0; "$C" index || code=$?; echo "index $code"; '
        'rm "$D/filler"; "$C" index; "$C" doctor',
    )
    check(done.returncode == 0, f"it ended with {done.returncode}: {done.stdout} {done.stderr}")
    check("index 5" in done.stdout, f"a full disk was not noticed: {done.stdout} {done.stderr}")
    check("answered from the index as it was" in done.stderr, f"not said: {done.stderr}")
    check((machine.home / "answer").stat().st_size > 0, "there was no answer")
    return "it answers from the index as it was, and goes on when there is room"


script([
    read_only_with_an_index, read_only_without_an_index, full_disk, full_disk_with_an_index,
])
