"""Text in lines of whole words and commands."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.errors import JebbitctlError
from jebbitctl.output.error_report import report
from jebbitctl.output.streams import TerminalSettings, write_message
from jebbitctl.output.wrapping import break_anywhere, text_width, wrap
from jebbitctl.util.redaction import register_secret
from tests.terminal import COLOUR, screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support import Cli

WORDS = st.lists(st.text("ab'|:é界", min_size=1, max_size=12) | st.just("jebbitctl"), min_size=1, max_size=12)


@given(st.text("abé界🙂e\u0301", max_size=60), st.integers(2, 20))
def test_text_that_is_broken_anywhere_has_every_character_and_fits(text: str, width: int) -> None:
    pieces = break_anywhere(text, width)
    assert pieces
    assert "".join(pieces) == text
    assert all(text_width(piece) <= width for piece in pieces)


@given(WORDS, st.integers(8, 40))
def test_wrapped_text_has_every_word_and_only_words_and_commands_are_too_long(
    words: list[str], width: int
) -> None:
    lines = wrap(" ".join(words), width, hanging="  ")
    assert " ".join([lines[0], *(line.removeprefix("  ") for line in lines[1:])]) == " ".join(words)
    for line in lines:
        assert text_width(line) <= width or " " not in line.strip() or "jebbitctl" in line


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("list them: jebbitctl exports list", ["list them:", "jebbitctl exports list"]),
        ("run jebbitctl login again, or wait", ["run", "jebbitctl login again,", "or wait"]),
        ("see (jebbitctl is a program)", ["see (jebbitctl is a", "program)"]),
        ("see why: sed -n 3p f | jebbitctl x", ["see why:", "sed -n 3p f | jebbitctl x"]),
        ("set it: jebbitctl a --b 'c; d e'; then go", ["set it:", "jebbitctl a --b 'c; d e';", "then go"]),
        ("open https://hooks.example.com/jebbit now", ["open", "https://hooks.example.com/jebbit", "now"]),
        ("two  spaces", ["two  spaces"]),
        ("", [""]),
    ],
)
def test_no_command_is_broken(text: str, lines: list[str]) -> None:
    assert wrap(text, 20) == lines


@contextmanager
def narrow_stderr() -> Iterator[Callable[[], str]]:
    """Make a terminal of 30 columns stderr, but not stdout; yield what reads it."""
    reader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
    with os.fdopen(terminal, "w", encoding="utf-8") as stderr, mock.patch.object(sys, "stderr", stderr):

        def read() -> str:
            stderr.write("END")
            stderr.flush()
            text = ""
            while not text.endswith("END"):
                text += os.read(reader, 1000).decode()
            return text.removesuffix("END")

        with mock.patch.dict(os.environ):
            os.environ.pop("COLUMNS", None)
            yield read
    os.close(reader)


def test_a_message_has_lines_of_whole_words_and_commands_on_a_terminal() -> None:
    with narrow_stderr() as read:
        write_message("12 campaigns have no answers: see jebbitctl campaigns stats --help")
        assert read().split("\r\n") == [
            "12 campaigns have no answers:",
            "see",
            "jebbitctl campaigns stats --help",
            "",
        ]


def test_a_label_in_colour_takes_no_more_room_than_its_letters() -> None:
    with narrow_stderr() as read:
        error = JebbitctlError("abcdefghij klmnopqr stuvw", hint="wait")
        report(error, TerminalSettings(force_colour=True), as_json=False)
        label, _, text = read().partition("error:")
        assert "\x1b[31m" in label
        assert COLOUR.sub("", text).startswith(" abcdefghij klmnopqr\r\nstuvw\r\nhint: wait")


def test_an_error_as_json_stays_on_one_line() -> None:
    with narrow_stderr() as read:
        report(JebbitctlError("abcdefghij klmnopqr stuvw"), TerminalSettings(), as_json=True)
        assert read().count("\n") == 1


def test_a_message_in_a_pipe_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    write_message("word " * 100, "warning:", "warning:")
    assert capsys.readouterr().err == f"warning: {'word ' * 100}\n"


def test_a_secret_of_several_words_is_masked_before_a_message_is_wrapped() -> None:
    register_secret("a secret of several words")
    with narrow_stderr() as read:
        write_message("the service says a secret of several words here")
        assert "several" not in read()


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("columns", [40, 80])
def test_a_note_breaks_no_word_of_a_narrow_terminal(cli: Cli, columns: int) -> None:
    lines = screen(cli, "campaigns", "stats", columns=columns).splitlines()
    note = lines[next(n for n, line in enumerate(lines) if line.startswith("Jebbit also sends")) :]
    assert max(map(len, note)) <= columns
    assert {"opt_ins,", "--json."} <= set(" ".join(note).split())
