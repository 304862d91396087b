"""Every example of the documentation runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import List, Tuple

import pytest
from conftest import Machine

HERE = Path(__file__).parents[1]
DOCUMENTS = os.environ.get(
    "DOCUMENTS", f"{HERE / 'README.md'}{os.pathsep}{HERE.parents[1] / 'docs' / 'clients.md'}"
)


def examples() -> List[Tuple[str, str]]:
    """Each example with the document and the number that it has there."""
    found = []
    for name in DOCUMENTS.split(os.pathsep):
        blocks = re.findall(r"^```python\n(.*?)^```$", Path(name).read_text("utf-8"), re.M | re.S)
        assert blocks, f"{name} has no example"
        found += [(f"{Path(name).stem}-{number}", block) for number, block in enumerate(blocks)]
    return found


@pytest.mark.parametrize("block", [pytest.param(block, id=name) for name, block in examples()])
def test_an_example_runs(machine: Machine, block: str) -> None:
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        env=machine.variables(),
        cwd=machine.root,
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.strip(), "it shows something"


def test_a_quick_start_has_ten_lines_at_most() -> None:
    starts = [block for name, block in examples() if name.endswith("-0")]
    assert len(starts) == len(DOCUMENTS.split(os.pathsep))
    for block in starts:
        assert "assemble" in block and len(block.strip().splitlines()) <= 10
