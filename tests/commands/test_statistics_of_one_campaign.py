"""``campaigns stats ID``."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tests.commands.campaign_statistics import ODD, STATS, answering, campaigns, launched, shown
from tests.output.test_hostile_strings import HOSTILE, MARKUP, control_characters
from tests.scripted_server import resource

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


def test_a_campaign_in_a_pipe_is_a_line_for_each_total_outcome_question_and_screen(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = launched(sandbox)
    found = cli.run("campaigns", "stats", id_, "--json").json
    lines = [line.split("\t") for line in cli.run("campaigns", "stats", id_).out.splitlines()]
    assert {len(line) for line in lines} == {7}
    assert lines[:3] == [
        ["campaign", "id", id_, *[""] * 4],
        ["campaign", "title", found["title"], *[""] * 4],
        ["total", "views", str(found["views"]), *[""] * 4],
    ]
    assert [line[:3] + line[5:6] for line in lines if line[0] == "outcome"] == [
        ["outcome", row["name"], str(row["count"]), str(row["percentage"])] for row in found["outcomes"]
    ]
    assert [line for line in lines if line[0] in {"question", "screen"}] == [
        [
            "screen" if row["resource_type"] == "Outcome" else "question",
            *(row["name"], "", str(row["views"]), str(row["responses"]), str(row["response_rate"])),
            row["resource_type"],
        ]
        for row in found["questions"]
    ]
    assert [line[0] for line in lines if line[0] in {"question", "screen"}].count("screen") == 1


def test_json_is_the_resource_as_jebbit_sent_it(tmp_path: Path) -> None:
    found = answering(tmp_path, resource(STATS, "c1", **ODD), "c1", "--json").json
    assert found == {"id": "c1", "type": STATS, **ODD}


def test_other_names_are_recognised_and_unknown_lists_are_rows(tmp_path: Path) -> None:
    result = answering(tmp_path, resource(STATS, "c1", **ODD), "c1", "--csv")
    assert list(csv.reader(io.StringIO(result.out, newline=""))) == [
        [
            *("kind", "name", "count", "views", "responses", "rate", "resource_type"),
            *("position", "answers", "device", "visits"),
        ],
        ["campaign", "id", "c1", *[""] * 8],
        ["campaign", "title", "Gift Guide", *[""] * 8],
        ["total", "view_count", "12345", *[""] * 8],
        ["total", "totalEngagements", "5000", *[""] * 8],
        ["total", "leads", *[""] * 9],
        ["campaign", "settings.goal", "email", *[""] * 8],
        ["outcome", "Explorer", "3", *[""] * 8],
        ["outcome", "Minimalist", "1", *[""] * 8],
        ["question", "Why?", "", "0", "0", "", "", "1", '["a"]', "", ""],
        ["screen", "Where?", "", "5", "", "", "Reward", *[""] * 4],
        ["devices", *[""] * 8, "phone", "7"],
    ]
    columns = answering(tmp_path, resource(STATS, "c1", **ODD), "c1", "--columns", "kind,visits")
    assert columns.out.endswith("screen\t\ndevices\t7\n")


def test_a_terminal_shows_a_campaign_of_other_names(tmp_path: Path) -> None:
    assert (
        shown(tmp_path, resource(STATS, "c1", **ODD), "c1", "--until", "2026-02-01")
        == """\
id     c1
title  Gift Guide
days   until 2026-02-01

STEP          COUNT  OF VIEWS
views        12,345    100.0%  ██████████
engagements   5,000     40.5%  ████
completions       -         -
leads             -         -

leads          -
settings.goal  email

COUNT  SHARE            OUTCOME
    3  75.0%  ███████▌  Explorer
    1  25.0%  ██▌       Minimalist

VIEWS  RESPONSES  RATE    POSITION  QUESTION
    0          0     -    1         Why?
Jebbit does not say which of these are questions and which are screens.

Screens, where a low rate is normal:
VIEWS  RESPONSES  RATE  RESOURCE TYPE  SCREEN
    5          -     -  Reward         Where?

devices:
DEVICE  VISITS
phone   7
"""
    )


def test_values_that_cannot_be_calculated_are_shown_as_jebbit_sent_them(tmp_path: Path) -> None:
    outcomes = [{"name": "A", "count": 3, "percentage": 60.5}, {"name": "B", "percentage": 39.5}]
    questions = [{"name": "Why?", "response_rate": 77.5, "resource_type": "Form"}]
    document = resource(STATS, "c1", outcomes=outcomes, questions=questions)
    assert (
        shown(tmp_path, document, "c1")
        == """\
id  c1

COUNT  SHARE    OUTCOME
    3   60.5    A
    -   39.5    B

VIEWS  RESPONSES  RATE    QUESTION
    -          -  77.5    Why?
"""
    )
    table = shown(tmp_path, campaigns({"title": "A", "views": 4}, {"title": "B", "views": 0.0}))
    assert "total      4            -            -      -  █???    2 campaigns, 2" in table


@pytest.mark.long
def test_columns_make_a_campaign_a_table_on_a_terminal(tmp_path: Path) -> None:
    table = shown(tmp_path, resource(STATS, "c1", **ODD), "c1", "--columns", "kind,visits")
    assert table.startswith("KIND      VISITS\ncampaign  -\n")
    assert table.endswith("devices   7\n")


def test_values_that_may_be_secrets_are_masked(tmp_path: Path) -> None:
    attributes = {"views": 5, "sftp_password": "correct horse", "outcomes": [{"api_token": "battery staple"}]}
    for options in (["c1"], ["c1", "--csv"], ["c1", "--json"]):
        out = answering(tmp_path, resource(STATS, "c1", **attributes), *options).out
        assert "********" in out
        assert "horse" not in out
        assert "staple" not in out
    for options in ([], ["--csv"], ["--columns", "id,leads"]):
        out = answering(tmp_path, campaigns(attributes), *options).out
        assert "horse" not in out
        assert "staple" not in out


QUESTIONS = [
    {"name": "Which of all these colours do you like?", "views": 812, "responses": 640, "resource_type": "Q"},
    {"name": "E-mail", "views": 640, "responses": 600, "resource_type": "LeadForm"},
    {"name": "Result", "views": 600, "responses": 60, "resource_type": "Outcome"},
]
COMPLETE = {
    "title": "Spring Gift Guide for everybody who reads it",
    "views": 1234567,
    "engagements": 812,
    "completions": 600,
    "leads": 600,
    "lead_rate": 100.0,
    "outcomes": [{"name": "Explorer", "count": 400}, {"name": "A much longer outcome", "count": 200}],
    "questions": QUESTIONS,
}


@pytest.mark.parametrize(
    "columns", [40, pytest.param(80, marks=pytest.mark.long), pytest.param(120, marks=pytest.mark.long)]
)
def test_nothing_is_lost_on_a_terminal_of_any_width(tmp_path: Path, columns: int) -> None:
    text = shown(tmp_path, resource(STATS, "c1", **COMPLETE), "c1", columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    words = " ".join(text.split())
    for expected in (
        *("Spring Gift Guide for everybody who reads it", "1,234,567", "812", "lead_rate 100.0"),
        *("Explorer", "66.7% ██████▋", "33.3% ███▍", "A much longer outcome", "78.8% ███████▉"),
        *("Which of all these colours do you like?", "Screens, where a low rate is normal:", "Result"),
        "Which of all these colours do you like?: 172 of 812 (21.2%) did not respond",
    ):
        assert expected in words
    table = shown(tmp_path, campaigns(COMPLETE, COMPLETE), columns=columns)
    assert max(map(len, table[: table.index("Jebbit")].splitlines())) <= columns
    for expected in ("1,234,567", "2,469,134", "1,624", "█▁▁▁", "2 campaigns"):
        assert expected in table


def test_text_from_jebbit_is_shown_as_text(tmp_path: Path) -> None:
    row = {"name": HOSTILE, HOSTILE: HOSTILE, "views": 5, "responses": 1, "resource_type": HOSTILE}
    attributes = {
        "title": HOSTILE,
        "views": 1,
        HOSTILE: [{"x": HOSTILE}],
        "questions": [row],
        "outcomes": [row],
    }
    one, many = resource(STATS, "c1", **attributes), campaigns(attributes, attributes)
    for document, id_ in ((one, ["c1"]), (many, [])):
        piped = answering(tmp_path, document, *id_)
        assert (piped.code, piped.err) == (0, "")
        assert control_characters(piped.out, allowed="\n\t") == []
        text = shown(tmp_path, document, *id_, columns=900)
        assert MARKUP in text
        assert control_characters(text) == []
