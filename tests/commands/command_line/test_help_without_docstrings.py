"""Help with ``python -OO``, which images set as ``PYTHONOPTIMIZE=2``: it removes docstrings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.command_lines import COMMAND_LINES

RUN_ALL = """\
import sys
from jebbitctl.cli import run
for line in sys.argv[1:]:
    run([*line.split(), "--help"])
"""


def output_of(*args: str, optimize: str) -> str:
    env = {**os.environ, "PYTHONOPTIMIZE": optimize, "COLUMNS": "80"}
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, check=True, env=env).stdout


def test_the_command_tree_is_the_same_without_docstrings() -> None:
    whole, stripped = (output_of("-m", "jebbitctl", "help", "--json", optimize=level) for level in "02")
    assert "Exits 6 if a check fails" in stripped
    assert stripped == whole


@pytest.mark.long
def test_the_help_of_every_command_is_the_same_without_docstrings() -> None:
    lines = ["", *COMMAND_LINES]
    whole, stripped = (output_of("-c", RUN_ALL, *lines, optimize=level) for level in "02")
    assert len(whole) > 1000 * len(lines)
    assert stripped == whole
