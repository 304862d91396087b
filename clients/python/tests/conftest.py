"""Every test has a machine of its own: a home, a data folder and a repository, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Iterator

import pytest
from contextlite import Client, find_binary

RETRY = '''"""Retries of failed requests."""

# How often a request is tried again.
RETRIES_MAX = 5


def backoff_delay(attempt):
    """Returns the milliseconds to wait after a failed attempt."""
    return 100 << min(attempt, 6)


def run_with_retry(request):
    """Runs a request until it succeeds or was tried too often."""
    for attempt in range(RETRIES_MAX):
        if request():
            return True
        sleep(backoff_delay(attempt))
    return False
'''

ARCHIVE = """//! Names of release archives.

/// Returns the file name of the archive for a platform.
pub fn archive_name(version: &str, platform: &str) -> String {
    let suffix = if platform == "windows" { "zip" } else { "tar.gz" };
    format!("tool-{version}-{platform}.{suffix}")
}
"""

#: The variables that lead to what is the user's.
PLACES = ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA")


class Machine:
    """A home, and in it a repository."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "work" / "repository"
        (self.root / ".git").mkdir(parents=True)

    def write(self, path: str, text: str) -> None:
        """Writes a file of the repository."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8"))

    def variables(self) -> Dict[str, str]:
        """The variables of a process on this machine."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("CONTEXTLITE_")
        }
        return {**kept, **self.places()}

    def places(self) -> Dict[str, str]:
        """The variables that lead here."""
        found = dict.fromkeys(PLACES, str(self.home))
        found["XDG_DATA_HOME"] = found["LOCALAPPDATA"] = str(self.home / "data")
        found["XDG_CONFIG_HOME"] = found["APPDATA"] = str(self.home / "config")
        return found


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with a small repository; this process is on it, too."""
    made = Machine(tmp_path.resolve())
    made.write("src/retry.py", RETRY)
    made.write("src/archive.rs", ARCHIVE)
    made.write("README.md", "# Tool\n\nA small tool.\n\n## Limits\n\nThe retry limit is five.\n")
    for name, value in made.places().items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def client(machine: Machine) -> Iterator[Client]:
    """A client with a private server that is asked about the repository."""
    with Client(roots=[machine.root]) as made:
        yield made


@pytest.fixture(scope="session")
def binary() -> Path:
    """The installed program."""
    return find_binary()
