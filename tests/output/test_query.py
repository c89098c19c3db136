"""What ``--query`` prints, alone and with ``--plain`` and ``--json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.output.formats import Format
from jebbitctl.output.output import Output
from jebbitctl.output.streams import TerminalSettings
from jebbitctl.util.redaction import MASK, redact

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = [
    {"id": "a", "n": 1, "options": {"x": True}, "shared_secret": "hush", "note": None},
    {"id": "b\tc", "n": 2.5, "options": {"x": False}, "shared_secret": None, "other": [1]},
]
OBJECTS = '1\t{"x": true}\n2.5\t{"x": false}\n'
ONE = {"id": "a", "shared_secret": "hush", "headers": {"authorization": "hush"}}


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Print a masked document with some options; return what stdout got."""

    def run(document: Any, query: str, *, json: bool = False, plain: bool = False) -> str:
        output = Output(Format(json=json, plain=plain, query=query), terminal=TerminalSettings())
        output.document(redact(document))
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("query", "result", "plain"),
    [
        ("[0].id", "a", "a\n"),
        ("[1].id", "b\tc", "b\\tc\n"),
        ("[1].n", 2.5, "2.5\n"),
        ("[0].options.x", True, "true\n"),
        ("[0].nothing", None, ""),
        ("[].id", ["a", "b\tc"], "a\nb\\tc\n"),
        ("[?n > `5`].id", [], ""),
        ("[].[id, note]", [["a", None], ["b\tc", None]], "a\t\nb\\tc\t\n"),
        ("[].{n: n, o: options}", [{"n": 1, "o": {"x": True}}, {"n": 2.5, "o": {"x": False}}], OBJECTS),
        ("[0].{id: id, options: options}", {"id": "a", "options": {"x": True}}, "id\ta\noptions.x\ttrue\n"),
        ("[[0].id, [1].other]", ["a", [1]], "a\n1\n"),
    ],
)
def test_a_result_prints_bare_or_with_plain_as_lines_and_with_json_as_json(
    printed: Callable[..., str], query: str, result: Any, plain: str
) -> None:
    as_json = json.dumps(result) + "\n"
    assert printed(ROWS, query) == (f"{result}\n" if isinstance(result, str) else as_json)
    assert printed(ROWS, query, plain=True) == plain
    assert printed(ROWS, query, json=True) == printed(ROWS, query, json=True, plain=True) == as_json


@pytest.mark.parametrize(
    ("document", "query", "hint"),
    [
        (ROWS, "[].shared_secret", "--show-secret"),
        (ROWS, "[].{id: id, secret: shared_secret}", "--show-secret"),
        (ROWS, "[0].[id, shared_secret]", "--show-secret"),
        (ROWS, "join(', ', [0].[id, shared_secret])", "--show-secret"),
        (ONE, "shared_secret", "--show-secret"),
        (ONE, "to_string(@)", "--show-secret"),
        (ONE["headers"], "authorization", None),
        (ROWS, "[?shared_secret == 'a'].id", "--show-secret"),
        (ROWS, "[?n && starts_with(shared_secret, 'a')].id", "--show-secret"),
        (ROWS, "sort_by(@, &shared_secret)[].id", "--show-secret"),
    ],
)
def test_a_query_that_selects_a_masked_value_is_an_error(
    printed: Callable[..., str], document: Any, query: str, hint: str | None
) -> None:
    for options in ({}, {"plain": True}, {"json": True}):
        with pytest.raises(UsageError, match="masked") as raised:
            printed(document, query, **options)
        assert (raised.value.hint is None) if hint is None else hint in str(raised.value.hint)


@pytest.mark.parametrize(
    "query",
    [
        *("@", "[0]", "[?n == `1`]", "[::-1]", "sort_by(@, &n)", "[].id", "{rows: @}"),
        *("[?shared_secret].id", "[?shared_secret != `null`].id", "length([?shared_secret])"),
    ],
)
def test_whole_objects_may_hold_a_masked_value(printed: Callable[..., str], query: str) -> None:
    assert (MASK in printed(ROWS, query)) is ("id" not in query and "length" not in query)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("keys(@)", "keys() takes object, but was given array"),
        ("length(note)", "length() takes string or array or object, but was given null"),
        ("sort_by(@, &note)", "sort_by() takes "),
        ("to_number('nan')", "the result is not JSON"),
        ("[to_number('inf')]", "the result is not JSON"),
        ("ceil(to_number('inf'))", "a function or a slice does not take these values"),
        ('`{"a": NaN}`', "the result is not JSON"),
        ("&id", "the result is not JSON"),
        ("@[::0]", "a function or a slice does not take these values"),
        ("(" * 5000, "the expression is nested too deep"),
        ("||".join(["a"] * 5000), "the expression is nested too deep"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"json": True}, {"plain": True}])
def test_a_query_that_cannot_be_evaluated_is_an_error_without_values_of_the_document(
    printed: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    query: str,
    message: str,
    options: dict[str, bool],
) -> None:
    with pytest.raises(UsageError):
        printed(ROWS, query, **options)
    with pytest.raises(UsageError) as raised:
        Output(Format(query=query, **options), terminal=TerminalSettings()).document(ROWS, show_secrets=True)  # type: ignore[arg-type]
    assert raised.value.message.startswith(f"--query: {message}")
    assert "hush" not in raised.value.message
    assert capsys.readouterr().out == ""


def test_a_function_that_does_not_exist_is_an_error_before_the_command_does_anything() -> None:
    with pytest.raises(UsageError, match=r"--query: there is no function len\(\)"):
        Output(Format(query="[?a].[b, length(len(@))]"), terminal=TerminalSettings())


def test_a_mask_that_is_part_of_the_data_can_be_selected(printed: Callable[..., str]) -> None:
    assert printed({"url": f"http://bob:{MASK}@proxy"}, "url") == f"http://bob:{MASK}@proxy\n"


@pytest.mark.parametrize(
    ("options", "lines"),
    [({}, ["a", '["a", 1]']), ({"plain": True}, ["a", "a\n1"]), ({"json": True}, ['"a"', '["a", 1]'])],
)
def test_each_event_is_printed_like_a_result_and_null_is_left_out(
    capsys: pytest.CaptureFixture[str], options: dict[str, bool], lines: list[str]
) -> None:
    for query, line in zip(("id", "[id, n]", "note"), [*lines, None], strict=True):
        output = Output(Format(query=query, **options), terminal=TerminalSettings())  # type: ignore[arg-type]
        output.event(ROWS[0])
        assert capsys.readouterr().out == (f"{line}\n" if line else "")
