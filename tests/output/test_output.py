from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

from jebbitctl import cli
from jebbitctl.context import CommonOptions, Context
from jebbitctl.environment import Environment

if TYPE_CHECKING:
    import pytest

RED, YELLOW = "\x1b[31m", "\x1b[33m"


def test_the_environment_handed_in_decides_about_colour(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    Context(CommonOptions(), Environment({"FORCE_COLOR": "1"})).output.warn("careful")
    assert YELLOW in capsys.readouterr().err
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    Context(CommonOptions(), Environment({})).output.warn("careful")
    assert capsys.readouterr().err == "warning: careful\n"


def test_the_environment_handed_in_decides_about_the_colour_of_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with mock.patch.dict(os.environ, {"NO_COLOR": "1"}):
        assert cli.run(["nonsense"], {"FORCE_COLOR": "1"}) == 2
    assert RED in capsys.readouterr().err
