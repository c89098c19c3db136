from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from jebbitctl.commands.webhooks.listen import explaining, session
from jebbitctl.commands.webhooks.listen.explaining import Explainer
from jebbitctl.commands.webhooks.listen.printing import MAX_BODY_ROWS, EventPrinter
from jebbitctl.errors import UsageError
from jebbitctl.output.formats import Format
from jebbitctl.output.output import Output
from jebbitctl.output.streams import TerminalSettings
from jebbitctl.webhooks import sign, verify
from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.events import Arrived, Forwarded
from jebbitctl.webhooks.receiving.webhook_server import STATUS_OF
from tests.commands.webhooks.support import events_of, receive
from tests.terminal import COLOUR, on_terminal
from tests.webhooks.support import SECRET, Endpoint, post

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.explain import Explanation
    from tests.support import Cli

TEST = {"x-jebbit-test": "true"}
BODY = b'{"data":{"email":"test@example.com","name":"J\xc3\xb6rg"}}'


def delivered(
    body: bytes = BODY, header: str | None = None, *, test: bool = False, omitted: int = 0, **changes: Any
) -> Delivery:
    """Return a delivery, as the receiver makes it."""
    header = sign(SECRET, body) if header is None else header
    verification = verify(SECRET, body, header)
    headers = {"x-jebbit-signature": header, "x-note": "a\x1b[2Jb"}
    status = STATUS_OF[verification.reason].value
    return Delivery(
        1_700_000_000.5, body, headers, verification, test=test, repeat=False, status=status,
        omitted_bytes=omitted, path="/jebbit", query="a=1", secret="file a", id="1", **changes,
    )  # fmt: skip


def printer(
    *, kinds: frozenset[str] = frozenset({"test", "live", "refused"}), verbose: bool = False, **form: Any
) -> EventPrinter:
    output = Output(Format(**form), terminal=TerminalSettings())
    return EventPrinter(
        output, Explainer({"a": "another", "b": SECRET}), kinds=kinds, verbose=verbose,
        name_secrets=True, name_urls=False,
    )  # fmt: skip


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make stdout look like a terminal without colours, of 60 columns."""
    for module in ("output", "streams"):
        monkeypatch.setattr(f"jebbitctl.output.{module}.is_terminal", lambda _: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(TerminalSettings, "allow_colour", lambda *_: False)


def test_json_begins_with_the_url_and_each_delivery_has_headers_path_and_query(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = printer(json=True)
    show.ready("http://127.0.0.1:1")
    show.show(Arrived(1, delivered()))
    ready, event = map(json.loads, capsys.readouterr().out.splitlines())
    assert ready == {"event": "ready", "url": "http://127.0.0.1:1"}
    assert (event["method"], event["path"], event["query"]) == ("POST", "/jebbit", "a=1")
    assert event["headers"]["x-note"] == "a\x1b[2Jb"
    assert event["secret"] == "file a"
    assert event["body"] == json.loads(BODY)
    assert "explanation" not in event


def test_the_status_is_null_while_the_app_has_not_answered(capsys: pytest.CaptureFixture[str]) -> None:
    show = printer(json=True)
    show.show(Arrived(1, delivered(), answered=False))
    outcome = ForwardOutcome("http://app", None, 3.0, error="connection refused", attempts=2)
    show.show(Forwarded(1, delivered(), outcome, 502))
    arrived, forwarded = map(json.loads, capsys.readouterr().out.splitlines())
    assert arrived["status"] is None
    assert (forwarded["event"], forwarded["answer"], forwarded["attempts"]) == ("forward_failed", 502, 2)
    assert (forwarded["number"], forwarded["id"]) == (arrived["number"], arrived["id"])


@pytest.mark.parametrize(
    ("expression", "lines"),
    [
        ("body.data.email", ["test@example.com"]),
        ("body.nothing", []),
        ("[number, ok]", ["[null, null]", "[1, true]"]),
        ('headers."x-note"', ["a\\x1b[2Jb"]),
    ],
)
def test_a_query_prints_each_result_that_is_not_null_on_a_line(
    capsys: pytest.CaptureFixture[str], expression: str, lines: list[str]
) -> None:
    show = printer(query=expression)
    show.ready("http://127.0.0.1:1")
    show.show(Arrived(1, delivered()))
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    ("kinds", "numbers"),
    [({"test"}, [1, 1]), ({"live"}, [2]), ({"refused"}, [3]), ({"test", "live"}, [1, 1, 2])],
)
def test_only_the_kinds_asked_for_are_printed_with_their_forwards(
    capsys: pytest.CaptureFixture[str], kinds: set[str], numbers: list[int]
) -> None:
    show = printer(kinds=frozenset(kinds), json=True)
    test = delivered(test=True)
    show.show(Arrived(1, test))
    show.show(Forwarded(1, test, ForwardOutcome("http://app", 200, 3.0), 200))
    show.show(Arrived(2, delivered()))
    show.show(Arrived(3, delivered(header=sign("wrong", BODY), test=True)))
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == numbers


def test_a_refused_delivery_says_why_for_the_secret_that_explains_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printer(json=True).show(Arrived(1, delivered(BODY + b"\n", sign(SECRET, BODY))))
    event = json.loads(capsys.readouterr().out)
    assert (event["ok"], event["cause"]) == (False, "newline_added")
    assert "newline" in event["fix"]


def test_a_request_that_is_not_signed_says_so() -> None:
    unsigned = replace(delivered(header=""), headers={})
    explanation = Explainer({"a": SECRET}).explain(unsigned)["explanation"]
    assert explanation == "The request has no x-jebbit-signature header."


def test_what_cannot_be_explained_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    explainer = Explainer({"a": SECRET})
    refused = delivered(header=sign("wrong", BODY))
    assert explainer.explain(refused)["cause"] == "unknown"
    assert "too long" in str(explainer.explain(delivered(header="t", omitted=5))["explanation"])
    monkeypatch.setattr(explaining, "BUDGET_PER_SECOND", 0)
    monkeypatch.setattr(explainer, "_budget", 0.0)
    not_looked_for = explainer.explain(refused)
    assert not_looked_for["cause"] is None
    assert "jebbitctl webhooks show FILE N" in str(not_looked_for["fix"])


def test_what_needs_no_search_is_explained_however_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    explainer = Explainer({"a": SECRET})
    monkeypatch.setattr(explaining, "BUDGET_PER_SECOND", 0)
    monkeypatch.setattr(explainer, "_budget", 0.0)
    unsigned = replace(delivered(header=""), headers={})
    assert explainer.explain(unsigned)["cause"] == "malformed_header"


def test_waiting_for_other_programs_leaves_time_for_the_next_explanation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explainer, search = Explainer({"a": SECRET}), Explainer._find  # noqa: SLF001 - it is slowed down
    quick = delivered(BODY + b"\n", sign(SECRET, BODY))
    explainer.explain(quick)  # imports what it needs

    def delayed(self: Explainer, delivery: Delivery) -> Explanation:
        time.sleep(0.05)
        return search(self, delivery)

    monkeypatch.setattr(explaining, "BUDGET_PER_SECOND", 0)
    monkeypatch.setattr(explainer, "_budget", 0.04)
    monkeypatch.setattr(Explainer, "_find", delayed)
    assert [explainer.explain(quick)["cause"] for _ in range(2)] == ["newline_added"] * 2


def test_a_signal_ends_an_explanation_and_all_that_is_left_is_printed_without_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Explainer, "_find", lambda *_: sys.exit())
    output = Output(Format(json=True), terminal=TerminalSettings())
    ending = session.ListenSession(output, printer(json=True), count=None, check=False, name_urls=False)
    refused = delivered(header=sign("wrong", BODY))
    with pytest.raises(SystemExit):
        ending.show(Arrived(1, refused))
    ending.show_all(iter([Arrived(2, refused), Arrived(3, replace(refused, headers={}))]), stopping=True)
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(event["number"], event["cause"]) for event in shown] == [
        (1, None), (2, None), (3, "malformed_header"),
    ]  # fmt: skip


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("json_", [True, False])
def test_credentials_in_headers_are_masked(capsys: pytest.CaptureFixture[str], *, json_: bool) -> None:
    delivery = replace(delivered(), headers={"authorization": "Bearer hush-hush", "x-note": "kept"})
    printer(verbose=True, json=json_).show(Arrived(1, delivery))
    out = capsys.readouterr().out
    assert "hush" not in out
    assert "kept" in out


def test_a_pipe_gets_one_line_for_each_event(capsys: pytest.CaptureFixture[str]) -> None:
    show = printer()
    show.show(Arrived(1, delivered(test=True)))
    show.show(Arrived(2, delivered(header="nonsense\nx")))
    show.show(Forwarded(1, delivered(), ForwardOutcome("http://app", 500, 3.25, "a\nb"), 500))
    assert capsys.readouterr().out.splitlines() == [
        f"2023-11-14T22:13:20Z\t✓\t200\tok\t{len(BODY)} bytes\ttest\t#1\tfile a",
        f"2023-11-14T22:13:20Z\t✗\t400\tmalformed_header\t{len(BODY)} bytes\trefused\t#2\tfile a",
        "#1\t→\t500\tforward_failed\t3.25 ms",
    ]


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_a_block_with_the_body_and_the_start_of_a_failed_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = printer()
    show.show(Arrived(1, delivered(test=True)))
    show.show(Forwarded(1, delivered(), ForwardOutcome("http://app", 500, 212.4, "no such\ntable"), 500))
    show.show(Forwarded(1, delivered(), ForwardOutcome("http://app", 200, 12.0, "fine"), 200))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✓ #1  ")
    assert lines[0].endswith("  POST /jebbit?a=1  ok  test  file a")
    assert lines[1:] == [
        "    {",
        '      "data": {',
        '        "email": "test@example.com",',
        '        "name": "Jörg"',
        "      }",
        "    }",
        "✗ #1  → 500  212 ms",
        "    no such",
        "    table",
        "✓ #1  → 200  12 ms",
    ]


@pytest.mark.usefixtures("terminal")
def test_only_line_feeds_of_a_text_end_a_line_and_other_separators_are_visible(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printer().show(Arrived(1, delivered("a\x0cb\x1c\u2028\r\n\nc\rd\n".encode())))
    assert capsys.readouterr().out.splitlines()[1:] == ["    a\\x0cb\\x1c\\u2028", "    ", "    c\\rd"]


@pytest.mark.usefixtures("terminal")
def test_a_long_body_is_cut_on_a_terminal_and_verbose_shows_all_of_it_and_the_headers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = json.dumps(list(range(40))).encode()
    printer().show(Arrived(1, delivered(body)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "    … 22 more lines; use -v to see all"
    assert len(lines) == 22
    printer(verbose=True).show(Arrived(1, delivered(body)))
    shown = capsys.readouterr().out
    assert "    x-note: a\\x1b[2Jb\n" in shown
    assert "39\n" in shown
    assert "more lines" not in shown


@pytest.mark.usefixtures("terminal")
def test_a_body_is_not_cut_for_a_single_row(capsys: pytest.CaptureFixture[str]) -> None:
    printer().show(Arrived(1, delivered(json.dumps(list(range(MAX_BODY_ROWS - 1))).encode())))
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[-1]) == (MAX_BODY_ROWS + 2, "    ]")


@pytest.mark.default_cases(1)
@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_line_of_a_block_is_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    show = printer(verbose=True)
    show.show(Arrived(1, delivered(b'{"a": "%s"}' % (b"y" * 500), sign("wrong", b""))))
    error = "no response within 10 s"
    show.show(
        Forwarded(1, delivered(), ForwardOutcome("http://app", None, 10.0, error=error, attempts=4), 504)
    )
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    assert "the sender got 504" in " ".join(lines)


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_a_body_with_what_a_parser_would_lose(capsys: pytest.CaptureFixture[str]) -> None:
    printer().show(Arrived(1, delivered(b'{"price":1.10,"price":"\xff"}')))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[-4:] == ["{", '"price": 1.10,', '"price": "\ufffd"', "}"]


@pytest.mark.usefixtures("terminal")
def test_the_size_of_the_part_of_a_body_that_was_not_kept_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printer().show(Arrived(1, delivered(b"\xff" * 10, "t", omitted=123)))
    shown = capsys.readouterr().out
    assert f"    {chr(0xFFFD) * 10}\n    … 123 more bytes, which were not kept\n" in shown


def test_blocks_are_printed_in_colour_on_a_terminal(signer: Cli) -> None:
    with BackgroundServer(Endpoint("500 Oh No", body=b"the app's words")) as server:
        args = ("webhooks", "listen", "--port", "0", "--count", "1", "--forward-to", server.url)
        child = on_terminal(signer, *args)
        child.expect(r"Listening on (\S+)\. ")
        post(child.match[1], BODY, headers=TEST)
        child.expect(pexpect.EOF)
        child.close()
    shown = str(child.before).replace("\r\n", "\n")
    assert child.exitstatus == 6
    assert "\x1b[32m✓ #1  " in shown
    assert "\x1b[31m✗ #1  → 500  " in shown
    assert "    the app's words\n" in COLOUR.sub("", shown)


@pytest.mark.keeps("shared", "a", "b")
def test_each_delivery_names_which_of_several_secrets_signed_it(bare: Cli, tmp_path: Path) -> None:
    for name, secret in (("a", "another secret"), ("b", SECRET)):
        (tmp_path / name).write_text(secret)
    options = (
        "--secret-file",
        str(tmp_path / "a"),
        "--secret-file",
        str(tmp_path / "b"),
        "--count",
        "2",
        "--json",
    )

    def deliver(url: str) -> None:
        for secret in (SECRET, "another secret", "wrong"):
            post(url, b"{}", sign(secret, b"{}"))
            if secret == SECRET:
                post(url, b"{}", sign("wrong", b"{}"))

    result = receive(bare, deliver, *options, "--only", "live,test", "--only", "refused", secret=None)
    assert result.code == 0
    assert [event["secret"] for event in events_of(result.out)] == [
        f"file {tmp_path / 'b'}",
        None,
        f"file {tmp_path / 'a'}",
    ]


@pytest.mark.parametrize("value", ["", "tests", "test,", "test,bad\u202e"])
def test_only_takes_kinds_that_exist(signer: Cli, value: str) -> None:
    result = signer.run("webhooks", "listen", "--port", "0", "--timeout", "0", "--only", value)
    assert result.code == 2
    assert "hint: use test, live, refused" in result.err
    assert "\u202e" not in result.err


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("length(body)", "length() takes string or array or object, but was given number"),
        ("max_by([{a: body}, {a: 'a'}], &a).a", "does not take these values"),
    ],
)
def test_a_query_that_does_not_fit_what_anybody_may_send_ends_nothing(
    capsys: pytest.CaptureFixture[str], expression: str, problem: str
) -> None:
    show = printer(query=expression)
    show.ready("http://127.0.0.1:1")
    assert "body" not in capsys.readouterr().out
    for body in (b"5", b"7", b'"four"'):
        show.show(Arrived(1, delivered(body, header="")))
    out, err = capsys.readouterr()
    assert out in {"4\n", "four\n"}
    assert err.count("warning: ") == 1
    assert problem in " ".join(err.split())


@pytest.mark.parametrize("expression", ["nonsense(body)", "length()"])
def test_a_query_that_fits_nothing_ends_the_command(expression: str) -> None:
    with pytest.raises(UsageError):
        printer(query=expression).ready("http://127.0.0.1:1")
