"""Typer's errors in the style of the others: no capital, no full stop, what is wrong first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.commands.command_line.usage_message import usage_message

if TYPE_CHECKING:
    from tests.support import Cli


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("integrations list --nope", "no such option: --nope"),
        ("integrations nope", "no such command: nope"),
        ("integrations lst", "no such command: lst; did you mean 'list'?"),
        ("help integrations nope", "no such command: nope"),
        ("integrations get", "missing argument: ID"),
        ("integrations create", "missing option: --endpoint"),
        ("integrations list --region x", "--region: 'x' is not one of 'us', 'eu'"),
        ("webhooks send http://x --count x", "--count: 'x' is not a whole number"),
        ("webhooks send http://x --count 0", "--count: 0 is not in the range x>=1"),
        ("webhooks send http://x --rate x", "--rate: 'x' is not a number"),
        ("integrations get a b", "unexpected arguments: b"),
        ("integrations list --profile", "--profile requires a value"),
        ("whoami --json=x", "--json takes no value"),
        ("--json", "no command given"),
    ],
)
def test_wrong_usage_is_said_in_the_style_of_other_errors(bare: Cli, line: str, message: str) -> None:
    result = bare.run(*line.split())
    assert result.code == 2
    assert message in result.err
    assert result.err.startswith((f"error: {message}\nhint: ", '{"error"'))


def test_words_of_another_release_of_typer_are_kept_on_one_line() -> None:
    assert usage_message("Something else\n  is wrong.") == "Something else is wrong"
