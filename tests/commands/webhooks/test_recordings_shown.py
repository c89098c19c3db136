"""``webhooks list``, ``show``, ``stats`` and ``export``."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks import verify
from jebbitctl.webhooks.delivery import NOT_ANSWERED
from jebbitctl.webhooks.recordings.lines import forwarded_line, to_line
from jebbitctl.webhooks.recordings.masking import mask_delivery
from tests.output.test_hostile_strings import HOSTILE, MARKUP, control_characters
from tests.terminal import screen
from tests.webhooks.recorded import START, delivered, outcome, save
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.webhooks.delivery import Delivery
    from tests.support import Cli

PERSON = {
    "data": {"email": "ann@example.com", "first_name": "Ann", "outcome": "x"},
    "event": {"event_number": 1},
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Line 1 was forwarded, 2 is forged, 3 is a test, 4 its outcome, 5 broken, 6 of unknown outcome."""
    lines = [
        to_line(delivered(PERSON, key="other", time=START + 10)),
        to_line(delivered(PERSON, time=START + 20, id="a", test=True), None),
        forwarded_line(START + 21, "a", [outcome(500, response="boom", attempts=2)]),
        b'{"time": "2026\n',
        to_line(delivered(PERSON, time=START + 30, id="b", repeat=True), None),
    ]
    first = delivered(PERSON, path="/jebbit", query="email=ann@example.com", secret="integration L5m24mjs")
    return save(tmp_path / "monday.jsonl", to_line(first, [outcome()]), *lines)


def numbers(cli: Cli, file: str, *options: str) -> list[int]:
    result = cli.run("webhooks", "list", file, *options, "--json")
    assert result.code == 0
    return [row["number"] for row in result.json]


def test_list_shows_a_line_for_each_delivery_with_its_outcome(bare: Cli, file: str) -> None:
    result = bare.run("webhooks", "list", file)
    assert result.code == 0
    target = "/jebbit?email=ann@example.com"
    assert [line.split("\t") for line in result.out.splitlines()] == [
        ["1", "2026-09-21T14:13:20Z", "ok", "live", "105", "200", "integration L5m24mjs", target],
        ["2", "2026-09-21T14:13:30Z", "mismatch", "refused", "105", "", "", "/"],
        ["3", "2026-09-21T14:13:40Z", "ok", "test", "105", "500", "", "/"],
        ["6", "2026-09-21T14:13:50Z", "ok", "live repeat", "105", "unknown", "", "/"],
    ]
    assert result.err == f"warning: {file}: skipped line 5, which is not a complete delivery\n"
    chosen = bare.run("webhooks", "list", file, "--only", "1", "--csv", "--columns", "reason,timestamp,path")
    assert chosen.out == f"reason,timestamp,path\r\nok,{START},{target}\r\n"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), [1, 2, 3, 6]),
        (("--only", "1-2,6"), [1, 2, 6]),
        (("--since", str(START + 15)), [3, 6]),
        (("--since", "99999d"), [1, 2, 3, 6]),
        (("--reason", "refused"), [2]),
        (("--reason", "ok", "--only", "1-3"), [1, 3]),
        (("--reason", "stale"), []),
    ],
)
def test_list_selects_by_number_time_and_verdict(
    bare: Cli, file: str, options: tuple[str, ...], found: list[int]
) -> None:
    assert numbers(bare, file, *options) == found


def test_list_as_json_has_everything_but_headers_and_body(bare: Cli, file: str) -> None:
    first, *_, last = bare.run("webhooks", "list", file, "--json").json
    assert first["forwards"] == [
        {
            "url": "http://localhost:3000/jebbit",
            "status": 200,
            "milliseconds": 3.0,
            "response": "",
            "error": None,
            "attempts": 1,
        }
    ]
    assert (first["reason"], first["secret"], first["path"], first["bytes"]) == (
        "ok",
        "integration L5m24mjs",
        "/jebbit",
        105,
    )
    assert (last["forwards"], last["repeat"], "headers" in last, "body" in last) == (None, True, False, False)
    query = bare.run("webhooks", "list", file, "-q", "[?!ok].number")
    assert json.loads(query.out) == [2]


def test_output_before_an_error_is_valid_json(bare: Cli, file: str) -> None:
    result = bare.run("webhooks", "list", file, "--only", "1,99", "--json")
    assert (result.code, [row["number"] for row in json.loads(result.out)]) == (2, [1])
    assert result.error["message"] == "the recording has no delivery 99"


@pytest.mark.parametrize("command", [["list"], ["show", "1"], ["stats"], ["export", "--csv"]])
def test_a_file_that_is_no_recording_is_refused(bare: Cli, tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes\n" * 3)
    verb, *rest = command
    for name, reason in ((path, "line 1: not a recorded delivery"), (tmp_path / "none", "No such file")):
        result = bare.run("webhooks", verb, str(name), *rest)
        assert (result.code, result.out) == (2, "")
        assert reason in result.err
        assert "warning" not in result.err


@pytest.mark.parametrize("command", [["list"], ["show", "2"], ["stats"], ["export", "--csv"]])
def test_a_delivery_that_another_one_follows_on_its_line_is_named(
    bare: Cli, tmp_path: Path, command: list[str]
) -> None:
    line = to_line(delivered(PERSON))
    file = save(tmp_path / "a.jsonl", line, line.rstrip(), line)
    verb, *rest = command
    result = bare.run("webhooks", verb, file, *rest)
    words = "line 2 has more than one delivery, or a part of one; only the last was read"
    assert (result.code, result.err) == (0, f"warning: {file}: {words}\n")


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z"]
)
@pytest.mark.parametrize("command", [["list"], ["stats"], ["export", "--csv"]])
def test_a_line_with_a_time_that_cannot_be_written_is_named(
    bare: Cli, tmp_path: Path, time: str, command: list[str]
) -> None:
    line = to_line(delivered(PERSON))
    odd = json.dumps(json.loads(line) | {"time": time}).encode() + b"\n"
    file = save(tmp_path / "a.jsonl", line, odd, line)
    verb, *rest = command
    result = bare.run("webhooks", verb, file, *rest)
    words = "skipped line 2, which is not a complete delivery"
    assert (result.code, result.err) == (0, f"warning: {file}: {words}\n")


def test_recordings_are_read_from_standard_input_except_by_export(bare: Cli, file: str) -> None:
    content = Path(file).read_bytes()
    assert numbers(bare, file, "--only", "3") == [3]
    assert bare.run("webhooks", "list", "-", stdin=content).out.count("\n") == 4
    assert "boom" in bare.run("webhooks", "show", "-", "3", stdin=content).out
    assert bare.run("webhooks", "stats", "-", "--json", stdin=content).json["deliveries"] == 4
    assert bare.run("webhooks", "export", "-", "--csv", stdin=content).code == 2


def test_show_prints_headers_body_and_what_became_of_it(bare: Cli, file: str) -> None:
    result = bare.run("webhooks", "show", file, "3")
    assert (result.code, result.err) == (0, "")
    assert "reason\tok\n" in result.out
    assert "forward 1\thttp://localhost:3000/jebbit: 500 in 3 ms, 2 attempts: boom\n" in result.out
    assert "header x-jebbit-signature\tt=1790000020,v1=" in result.out
    pretty = result.out.partition("\n\n")[2]
    assert pretty == json.dumps(PERSON, indent=2) + "\n"
    document = bare.run("webhooks", "show", file, "3", "--json").json
    assert (document["body"], document["headers"]["host"]) == (PERSON, "localhost:8787")
    assert "cause" not in document


def test_a_delivery_whose_sender_had_no_response_has_no_status(bare: Cli, tmp_path: Path) -> None:
    unsent = outcome(None, 0.0, error="not sent before listen ended", attempts=0)
    file = save(tmp_path / "a.jsonl", to_line(delivered(status=NOT_ANSWERED), [unsent]))
    (row,) = bare.run("webhooks", "list", file, "--json").json
    shown = bare.run("webhooks", "show", file, "1")
    exported = bare.run("webhooks", "export", file, "--json").json
    assert [row["status"], exported[0]["status"]] == [None, None]
    assert "\nstatus" not in shown.out
    assert f"\nforward 1\t{unsent.url}: not sent before listen ended\n" in shown.out


def test_show_prints_a_body_with_what_a_parser_would_lose(bare: Cli, tmp_path: Path) -> None:
    file = save(tmp_path / "a.jsonl", delivered(b'{"price":1.10,"price":2}'))
    shown = bare.run("webhooks", "show", file, "1").out
    assert shown.endswith('{\n  "price": 1.10,\n  "price": 2\n}\n')


def test_show_explains_a_refusal_if_it_has_a_secret_and_says_how_otherwise(bare: Cli, tmp_path: Path) -> None:
    added = delivered(PERSON)
    refused = replace(added, body=added.body + b"\n", verification=delivered(key="x").verification)
    file = save(tmp_path / "a.jsonl", refused)
    without = bare.run("webhooks", "show", file, "1")
    assert without.code == 0
    assert "hint: to see why it was refused, use --integration ID, --secret-file PATH" in without.err
    env = {"JEBBIT_WEBHOOK_SECRET": SECRET}
    result = bare.run("webhooks", "show", file, "1", env=env)
    assert (result.code, result.err) == (0, "")
    assert "explanation\t" in result.out
    assert bare.run("webhooks", "show", file, "1", "--json", env=env).json["cause"] == "newline_added"


def test_show_needs_no_secret_to_say_that_there_was_no_signature(bare: Cli, tmp_path: Path) -> None:
    unsigned = replace(delivered(), headers={}, verification=verify(SECRET, b"", None))
    result = bare.run("webhooks", "show", save(tmp_path / "a.jsonl", unsigned), "1", "--json")
    assert (result.code, result.err, result.json["cause"]) == (0, "", "malformed_header")
    assert result.json["explanation"] == "The request has no x-jebbit-signature header."


def test_show_explains_nothing_about_a_valid_delivery(bare: Cli, file: str) -> None:
    result = bare.run("webhooks", "show", file, "3", "--json", env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert (result.code, result.json["ok"]) == (0, True)
    assert not {"cause", "explanation", "fix"} & set(result.json)


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (mask_delivery(delivered(PERSON, key="x")), "The recording is masked"),
        (delivered(key="x", omitted_bytes=9), "9 bytes of the body were not recorded."),
    ],
)
def test_show_does_not_explain_what_was_changed_since(
    bare: Cli, tmp_path: Path, delivery: Delivery, words: str
) -> None:
    file = save(tmp_path / "a.jsonl", delivery)
    result = bare.run("webhooks", "show", file, "1", "--json", env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert result.json["explanation"].startswith(words)
    assert "cause" not in result.json


@pytest.mark.parametrize("options", [(), ("--json",), ("--curl",)])
def test_show_masks_credentials_in_headers(bare: Cli, tmp_path: Path, options: tuple[str, ...]) -> None:
    names = ("authorization", "cookie", "x-api-key", "x-auth-token")
    file = save(tmp_path / "a.jsonl", delivered(headers=dict.fromkeys(names, "Bearer hush-hush")))
    result = bare.run("webhooks", "show", file, "1", *options)
    assert result.code == 0
    assert "hush" not in result.out
    assert result.out.count("********") == len(names)


def test_show_prints_a_curl_command_without_the_secret(bare: Cli, file: str) -> None:
    env = {"JEBBIT_WEBHOOK_SECRET": SECRET}
    result = bare.run("webhooks", "show", file, "2", "--curl", env=env)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("curl --globoff --path-as-is http://localhost:8787/ \\\n  -H ")
    assert SECRET not in result.out
    assert bare.run("webhooks", "show", file, "2", "--curl", "--json").json["curl"] == result.out.rstrip("\n")
    masked = bare.run("webhooks", "show", file, "2", "--curl", "--mask").out
    assert "***@***" in masked
    assert "ann" not in masked.lower()


@pytest.mark.parametrize("command", [["list"], ["show", "1"], ["show", "3"], ["export", "--csv"], ["stats"]])
def test_mask_hides_personal_data_and_stats_never_shows_it(bare: Cli, file: str, command: list[str]) -> None:
    verb, *rest = command
    mask = [] if verb == "stats" else ["--mask"]
    for json_ in ([],) if verb == "export" else ([], ["--json"]):
        result = bare.run("webhooks", verb, file, *rest, *mask, *json_)
        assert result.code == 0
        assert "ann" not in result.out.lower().replace("channel", "")
        assert "***@***" in result.out or rest == ["3"]


def test_stats_count_reasons_attributes_and_forwards(bare: Cli, file: str) -> None:
    stats = bare.run("webhooks", "stats", file, "--json").json
    assert (stats["deliveries"], stats["reasons"], stats["test"]) == (4, {"ok": 3, "mismatch": 1}, 1)
    assert stats["forwards"] == {"200": 1, "500": 1, "unknown": 1}
    (email, *_) = stats["attributes"]
    assert email == {"name": "email", "present": 3, "share": 1.0, "distinct": 1, "examples": ["***@***"]}
    plain = bare.run("webhooks", "stats", file, "--reason", "refused").out
    assert "reasons.mismatch\t1\n" in plain
    assert "intervals 2026-09-21T14:13:00Z refused\t1\n" in plain
    assert "{}" not in plain
    assert "reasons.mismatch,1\r\n" in bare.run("webhooks", "stats", file, "--csv").out


def test_export_writes_a_row_for_each_delivery_and_no_formula(bare: Cli, file: str, tmp_path: Path) -> None:
    evil = delivered({"data": {"=cmd()": "=cmd()", "list": ["+1", "b"]}})
    both = save(tmp_path / "b.jsonl", Path(file).read_bytes(), evil)
    result = bare.run("webhooks", "export", both, "--csv")
    assert (result.code, result.err.count("warning")) == (0, 1)
    rows = list(csv.DictReader(io.StringIO(result.out, newline="")))
    assert [row["number"] for row in rows] == ["1", "2", "3", "6", "7"]
    assert [row["forwarded"] for row in rows] == ["200", "", "500", "unknown", ""]
    assert (rows[0]["data.email"], rows[0]["event.event_number"]) == ("ann@example.com", "1")
    assert (rows[4]["data.=cmd()"], rows[4]["data.list"], rows[4]["data.email"]) == ("'=cmd()", "'+1, b", "")
    document = bare.run("webhooks", "export", both, "--json").json
    assert [row["number"] for row in document] == [1, 2, 3, 6, 7]
    assert (document[4]["data.=cmd()"], document[0]["data.=cmd()"]) == ("=cmd()", None)
    assert bare.run("webhooks", "export", both, "--plain").out.count("\n") == 5
    for formats in ([], ["--csv", "--json"]):
        assert bare.run("webhooks", "export", both, *formats).code == 2


def test_export_leaves_out_what_was_recorded_after_it_began(
    bare: Cli, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []

    def write_and_receive(rows: Iterable[list[object]], **_: bool) -> None:
        written.extend(row[0] for row in rows)
        if written == ["number"]:
            with Path(file).open("ab") as recording:
                recording.write(to_line(delivered({"data": {"new": 1}})))

    monkeypatch.setattr("jebbitctl.output.output.write_csv", write_and_receive)
    assert bare.run("webhooks", "export", file, "--csv").code == 0
    assert written == ["number", 1, 2, 3, 6]


def test_a_terminal_shows_hostile_deliveries_as_text(bare: Cli, tmp_path: Path) -> None:
    hostile = delivered(
        {"data": {HOSTILE: HOSTILE}},
        path=f"/{HOSTILE}",
        secret=HOSTILE,
        headers={"x-a": HOSTILE, HOSTILE: "a"},
    )
    line = to_line(hostile, [outcome(500, response=HOSTILE, error=HOSTILE)])
    raw = to_line(delivered(HOSTILE.encode("utf-8", "surrogatepass")))
    file = save(tmp_path / "a.jsonl", line, raw)
    for command in ("list", "show 1", "show 2", "stats"):
        verb, *rest = command.split()
        shown = screen(bare, "webhooks", verb, file, *rest, columns=400, env={"NO_COLOR": "1"})
        assert control_characters(shown) == [], command
        assert MARKUP in shown, command
        pipe = bare.run("webhooks", verb, file, *rest).out
        assert control_characters(pipe, allowed="\n\t") == [], command


@pytest.mark.parametrize(
    "columns", [80, pytest.param(40, marks=pytest.mark.long), pytest.param(120, marks=pytest.mark.long)]
)
def test_a_table_fits_the_terminal(bare: Cli, file: str, columns: int) -> None:
    for verb in ("list", "stats"):
        shown = screen(bare, "webhooks", verb, file, columns=columns, env={"NO_COLOR": "1"})
        lines = [line for line in shown.splitlines() if file not in line and "skipped" not in line]
        assert max(map(len, lines)) <= columns
