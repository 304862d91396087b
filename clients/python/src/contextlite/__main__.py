"""``python -m contextlite``: the program, with the arguments as they are."""

from __future__ import annotations

import os
import subprocess
import sys

from ._binary import find
from ._errors import BinaryNotFoundError


def main() -> int:
    """Becomes the program; on Windows, where that is not possible, waits for it."""
    try:
        program = str(find())
    except BinaryNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    arguments = [program, *sys.argv[1:]]
    if os.name == "posix":
        os.execv(program, arguments)
    return subprocess.call(arguments)


if __name__ == "__main__":
    sys.exit(main())
