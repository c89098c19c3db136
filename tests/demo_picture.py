"""The README's picture: ``python -m tests.demo_picture`` runs the demo in a terminal and draws its output.

A test compares the picture with a new run, so values that differ from run to run are replaced by fixed ones.
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

import pexpect
from rich.console import Console
from rich.text import Text

from tests.support import JEBBITCTL, Cli

PICTURE = Path(__file__).parent.parent / ".github" / "demo.svg"
COLUMNS = 96
_FIXED = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d": "2026-11-26T09:30:00",
    r"(?<=:00)\.\d{6}(?=Z)": ".000000",
    r"(?<=:00)\.\d{3}(?=Z)": ".000",
    r"(?<=127\.0\.0\.1:)\d+": "53117",
    r"(?m)(?<=\x1b\[0m)[A-Za-z0-9]{32}$": "x4Kl5I42q8jW5w3FGx4jI2yBJJLe6V3p",
    r"(?m)(?<=\x1b\[0m)[A-Za-z0-9]{34}$": "bdUJsOstZox9smlliGlEiKMF5M14SoRM5O",
    r"t=\d{10},v1=[\w+/]{43}=": "t=1795685400,v1=0vHWhaRw/8wNGCWqMPKobl9iJ2i+NosK+uEz0IVVWBo=",
}
"""Patterns of what differs from run to run, with values of the same width."""


def run_demo(home: Path) -> str:
    """Return what the demo prints on a terminal, with its escape sequences and with fixed values."""
    variables = {"TERM": "xterm-256color", "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    terminal = pexpect.spawn(
        JEBBITCTL,
        ["demo"],
        env=Cli(home).environment(variables),
        encoding="utf-8",
        timeout=60,
        dimensions=(24, COLUMNS),
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    printed = str(terminal.before)
    assert terminal.exitstatus == 0, printed
    text = printed.replace("\r\n", "\n").strip("\n")
    for pattern, value in _FIXED.items():
        text = re.sub(pattern, value, text)
    return text


def draw(printed: str) -> str:
    """Return an SVG of a terminal with this text; nothing in it is loaded from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="256")
    console.print(Text("$ jebbitctl demo", style="bold"))
    console.print(Text.from_ansi(printed), soft_wrap=True)
    svg = console.export_svg(title="jebbitctl demo", unique_id="demo")
    return re.sub(r"\n\s*(@font-face \{[^}]*\}|<!-- Generated .*? -->)", "", svg) + "\n"


def main() -> None:
    """Draw the picture anew."""
    with tempfile.TemporaryDirectory() as home:
        PICTURE.write_text(draw(run_demo(Path(home))), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
