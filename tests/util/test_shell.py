"""Each shell passes on a quoted word as it is."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from jebbitctl.util import shell

WORDS = ["=ls", "=nosuch", "=", "=it's", "a=b", "~", "x=~", "$(id)", "*", "#", "", "-n", "!!", "a\\", "%1"]


@pytest.mark.parametrize("name", ["sh", "bash", "dash", "zsh"])
def test_a_shell_passes_quoted_words_on_as_they_are(name: str) -> None:
    if not shutil.which(name):
        pytest.skip(f"needs {name}")
    printed = subprocess.run(
        [name, "-c", f"printf '%s\\n' {shell.join(WORDS)}"], capture_output=True, text=True, check=True
    )
    assert printed.stdout.split("\n") == [*WORDS, ""]
