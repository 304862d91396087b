"""Which program is started: the installed one, and never what else has its name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import contextlite
import pytest
from conftest import Machine
from contextlite import BinaryNotFoundError, Client, find_binary

SCRIPT = '#!/bin/sh\necho called >>"$0.log"\nexec contextlite "$@"\n'


def script(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "contextlite"
    path.write_text(SCRIPT)
    path.chmod(0o755)
    return path


def test_it_is_the_one_of_this_environment(binary: Path) -> None:
    assert binary.parent == Path(sys.executable).parent
    assert binary.read_bytes()[:2] != b"#!"


def test_a_script_of_that_name_is_never_called(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = script(machine.home / "bin")
    monkeypatch.setenv("PATH", f"{other.parent}{os.pathsep}{os.environ['PATH']}")
    with Client(roots=[machine.root]) as client:
        assert client.health().status == "healthy"
    assert not Path(f"{other}.log").exists()
    with pytest.raises(BinaryNotFoundError, match="is no program"):
        find_binary(other)


def test_one_that_is_named_is_taken(
    machine: Machine, binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = machine.home / "other"
    shutil.copy2(binary, copy)
    monkeypatch.setenv("CONTEXTLITE_BINARY", str(copy))
    assert find_binary() == copy
    with Client(roots=[machine.root]) as client:
        assert client.health().status == "healthy"
    monkeypatch.setenv("CONTEXTLITE_BINARY", str(copy) + "-absent")
    with pytest.raises(BinaryNotFoundError) as raised:
        Client().health()
    assert raised.value.code == "NO_BINARY"


def test_without_it_the_places_are_listed(machine: Machine, tmp_path: Path) -> None:
    """The package alone, as from a source tree: its program is nowhere."""
    package = Path(contextlite.__file__).parent
    shutil.copytree(package, tmp_path / "alone" / "contextlite")
    program = (
        "import sys, sysconfig; sysconfig.get_path = lambda *_: '/nowhere'\n"
        "import contextlite\n"
        "try: contextlite.Client().health()\n"
        "except contextlite.BinaryNotFoundError as error: print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**machine.variables(), "PYTHONPATH": str(tmp_path / "alone")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install --force-reinstall contextlite" in said.stdout
    assert f"{tmp_path / 'alone' / 'bin' / 'contextlite'}" in said.stdout


def test_the_console_script_is_the_program(machine: Machine, binary: Path) -> None:
    said = subprocess.run(
        [str(binary), "search", "retries", "--json"],
        env=machine.variables(),
        cwd=machine.root,
        capture_output=True,
        check=True,
        text=True,
    )
    assert '"src/retry.py"' in said.stdout
    module = subprocess.run(
        [sys.executable, "-m", "contextlite", "--version"],
        env=machine.variables(),
        capture_output=True,
        check=True,
        text=True,
    )
    assert module.stdout == f"contextlite {contextlite.__version__}\n"
    failed = subprocess.run(
        [sys.executable, "-m", "contextlite", "show", "absent.py"],
        env=machine.variables(),
        cwd=machine.root,
        capture_output=True,
    )
    assert failed.returncode == 3, "the exit code is the program's"
