"""Finds the program that this very package installed.

A wheel puts it where the scripts of its environment are. Where that is depends on how it was
installed (an environment, ``--user``, ``--target``), so the installation's own record is asked
first, and then each place that an installer could have meant. ``PATH`` is never asked: whatever is
called ``contextlite`` there may be something else, such as a script that would call us again.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Iterator, Optional, Union

from ._errors import BinaryNotFoundError

_NAME = "contextlite.exe" if os.name == "nt" else "contextlite"

#: Names the program to use in place of the installed one.
VARIABLE = "CONTEXTLITE_BINARY"


def version() -> str:
    """The version of this package; without an installation, ``0+unknown``."""
    try:
        return metadata.version("contextlite")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def is_chosen(binary: Optional[Union[str, "os.PathLike[str]"]]) -> bool:
    """Whether the caller or the environment names a program."""
    return bool(binary or os.environ.get(VARIABLE))


def find(binary: Optional[Union[str, "os.PathLike[str]"]] = None) -> Path:
    """Returns the program: ``binary``, else ``CONTEXTLITE_BINARY``, else the installed one.

    Raises:
        BinaryNotFoundError: It is not there; the message lists where it was looked for.
    """
    named = os.fspath(binary) if binary else os.environ.get(VARIABLE)
    if named:
        path = Path(named)
        if _is_program(path):
            return path.absolute()
        raise BinaryNotFoundError(f"{path} is no program", code="NO_BINARY")
    looked = []
    for path in _places():
        if path in looked:
            continue
        if _is_program(path):
            return path
        looked.append(path)
    places = "\n  ".join(str(path) for path in looked)
    raise BinaryNotFoundError(
        "the contextlite program of this package is not installed; "
        "`pip install --force-reinstall contextlite` puts it back, and "
        f"{VARIABLE} or binary=... names another. Looked for it at:\n  {places}",
        code="NO_BINARY",
    )


def _places() -> Iterator[Path]:
    package = Path(__file__).parent
    yield from _recorded(package)
    yield Path(sysconfig.get_path("scripts")) / _NAME
    user = "nt_user" if os.name == "nt" else "posix_user"
    if sys.platform == "darwin" and sys._framework:
        user = "osx_framework_user"
    yield Path(sysconfig.get_path("scripts", user)) / _NAME
    # What --target does: packages at the top, scripts in a folder beside them.
    yield package.parent / ("Scripts" if os.name == "nt" else "bin") / _NAME
    # What --prefix and --root do: lib/pythonX.Y/site-packages beside bin.
    for folder in list(package.parents)[2:5]:
        yield folder / ("Scripts" if os.name == "nt" else "bin") / _NAME


def _recorded(package: Path) -> Iterator[Path]:
    """What the record of the installation says that this package is part of."""
    try:
        distribution = metadata.distribution("contextlite")
    except metadata.PackageNotFoundError:
        return
    ours = Path(str(distribution.locate_file("contextlite")))
    if ours.resolve() != package.resolve():
        return
    for file in distribution.files or ():
        if file.name == _NAME and "contextlite" not in file.parts[:-1]:
            yield Path(os.path.normpath(str(distribution.locate_file(file))))


def _is_program(path: Path) -> bool:
    """Whether it is a compiled program that may be run, and no script."""
    try:
        with path.open("rb") as file:
            is_script = file.read(2) == b"#!"
    except OSError:
        return False
    return not is_script and os.access(path, os.X_OK)
