"""``campaigns stats``."""

from __future__ import annotations

import csv
import io
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.sandbox.state import WRITE_ONLY_SUFFIX
from tests.commands.test_campaigns import fill
from tests.output.test_hostile_strings import HOSTILE, MARKUP, control_characters
from tests.scripted_server import attributes_of, resource, scripted
from tests.support import cli_for
from tests.terminal import COLOUR, screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli, Result

STATS = "campaign_stats"
ODD: dict[str, Any] = {
    "title": "Gift Guide",
    "view_count": "12345",
    "totalEngagements": 5000,
    "leads": None,
    "settings": {"goal": "email"},
    "outcome_distribution": {"Explorer": 3, "Minimalist": 1},
    "drop_off": [
        {"title": "Why?", "num_views": 0, "response_count": 0, "position": 1, "answers": ["a"]},
        {"title": "Where?", "resourceType": "Reward", "num_views": 5},
    ],
    "devices": [{"device": "phone", "visits": 7}],
}
"""Statistics under other names than the sandbox's."""


def launched(sandbox: Sandbox) -> str:
    return next(id_ for id_, a in attributes_of(sandbox, "campaigns").items() if a["launch_date"])


def answering(home: Path, document: Any, *args: str) -> Result:
    """Run ``campaigns stats`` against a service that answers with a document."""
    wrap = scripted(lambda _, path: (200, document) if path.startswith(STATS) else None)
    with Sandbox(wrap=wrap) as sandbox:
        return cli_for(home, sandbox).run("campaigns", "stats", *args)


def shown(home: Path, document: Any, *args: str, columns: int = 80, encoding: str = "utf-8") -> str:
    """Return what a terminal shows of it."""
    wrap = scripted(lambda _, path: (200, document) if path.startswith(STATS) else None)
    with Sandbox(wrap=wrap) as sandbox:
        cli = cli_for(home, sandbox)
        return screen(
            cli,
            "campaigns",
            "stats",
            *args,
            columns=columns,
            env={"NO_COLOR": "1", "PYTHONIOENCODING": encoding},
        )


def asked(sandbox: Sandbox) -> list[dict[str, str]]:
    return [dict(parse_qsl(r.query)) for r in sandbox.requests if STATS in r.path]


def campaigns(*attributes: dict[str, Any]) -> dict[str, Any]:
    return {"data": [{"id": f"c{n}", "type": STATS, "attributes": a} for n, a in enumerate(attributes, 1)]}


def test_a_pipe_gets_a_line_for_each_campaign_in_jebbits_order(cli: Cli, sandbox: Sandbox) -> None:
    lines = cli.run("campaigns", "stats").out.splitlines()
    found = cli.run("campaigns", "stats", "--json").json
    names = ("id", "views", "engagements", "completions", "leads", "title")
    assert [line.split("\t") for line in lines] == [[str(row[name]) for name in names] for row in found]
    assert [row["id"] for row in found] == list(attributes_of(sandbox, "campaigns"))
    assert any(row["leads"] for row in found)
    assert any(not row["views"] for row in found)


def test_3516_campaigns_take_four_requests(cli: Cli, sandbox: Sandbox) -> None:
    ids = fill(sandbox, 3516)
    assert [line.split("\t")[0] for line in cli.run("campaigns", "stats").out.splitlines()] == ids
    assert [query["page[number]"] for query in asked(sandbox)] == ["1", "2", "3", "4"]


def test_csv_and_columns_have_every_name_that_comes_on_any_page(tmp_path: Path) -> None:
    document = campaigns(
        {"title": "A", "view_count": 5}, {"title": "=B", "views": 6, "total_views": 6, "device": {"phone": 1}}
    )
    rows = list(csv.reader(io.StringIO(answering(tmp_path, document, "--csv").out, newline="")))
    assert rows == [
        ["id", "views", "engagements", "completions", "leads", "title", "total_views", "device.phone"],
        ["c1", "5", "", "", "", "A", "", ""],
        ["c2", "6", "", "", "", "'=B", "6", "1"],
    ]
    chosen = answering(tmp_path, document, "--columns", "id,device.phone,views").out
    assert chosen == "c1\t\t5\nc2\t1\t6\n"
    assert answering(tmp_path, document, "-q", "[0].view_count").out == "5\n"
    assert "views" not in answering(tmp_path, document, "--json").json[0]


def test_where_no_name_is_known_all_that_come_are_printed(tmp_path: Path) -> None:
    document = campaigns(
        {"title": "A", "impressions": 5, "by": {"phone": 2}}, {"title": "B", "impressions": 0}
    )
    assert answering(tmp_path, document).out == "c1\t5\t2\tA\nc2\t0\t\tB\n"


def test_without_campaigns_it_says_so(cli: Cli, sandbox: Sandbox) -> None:
    fill(sandbox, 0)
    result = cli.run("campaigns", "stats")
    assert (result.code, result.out, result.err) == (0, "", "No campaigns.\n")
    assert cli.run("campaigns", "stats", "--json").json == []


def test_a_terminal_shows_the_funnel_and_a_total_and_counts_campaigns_of_zeros(tmp_path: Path) -> None:
    funnel = ("views", "engagements", "completions", "leads")
    document = campaigns(
        {"title": "Launched", "loads": 1, **dict(zip(funnel, (12000, 9000, 3000, 1), strict=True))},
        {"title": "2024", "campaign_id": 7, **dict.fromkeys(funnel, 0), "lead_rate": "0.0"},
        {"title": "Late redirects", **dict.fromkeys(funnel, 0), "redirects": 3},
        {"title": "Silent", "views": 5, "leads": None},
        {"title": "Mute"},
    )
    assert (
        shown(tmp_path, document, "--since", "2026-01-01")
        == """\
ID      VIEWS  ENGAGEMENTS  COMPLETIONS  LEADS  FUNNEL  TITLE
c1     12,000        9,000        3,000      1  █▆▂▁    Launched
c3          0            0            0      0  -       Late redirects
c4          5            -            -      -  █???    Silent
c5          -            -            -      -  -       Mute
total  12,005        9,000        3,000      1  █▆▂▁    5 campaigns, since
                                                        2026-01-01, 1 without
                                                        views, 2 without
                                                        engagements, 2 without
                                                        completions, 2 without
                                                        leads
Not shown: 1 campaign with nothing but zeros. --plain shows all.
Jebbit also sends loads, campaign_id, lead_rate, redirects: see --columns, --csv and --json.
"""
    )


@pytest.mark.long
def test_a_terminal_without_block_characters_gets_ascii_bars(tmp_path: Path) -> None:
    document = campaigns({"title": "A", "views": 4, "leads": 2})
    assert "#??=" in shown(tmp_path, document, encoding="ascii")
    assert "views            4     100.0%  ##########\n" in shown(
        tmp_path, resource(STATS, "c1", **ODD | {"view_count": 4}), "c1", encoding="ascii"
    )


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


def test_what_cannot_be_calculated_is_shown_as_jebbit_sent_it(tmp_path: Path) -> None:
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


def test_what_may_be_a_secret_is_masked(tmp_path: Path) -> None:
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


def test_a_terminal_has_bold_headers_only(cli: Cli, sandbox: Sandbox) -> None:
    text = screen(cli, "campaigns", "stats", launched(sandbox))
    assert set(COLOUR.findall(text)) == {"\x1b[1m", "\x1b[0m"}


@pytest.mark.parametrize(
    ("options", "filters"),
    [
        ("--since 2026-01-31", {"filter[start_date]": "2026-01-31"}),
        ("--until yesterday", {"filter[end_date]": "2026-02-28"}),
        ("--since 7d --until today", {"filter[start_date]": "2026-02-22", "filter[end_date]": "2026-03-01"}),
        ("--since today --until 0d", {"filter[start_date]": "2026-03-01", "filter[end_date]": "2026-03-01"}),
        ("", {}),
    ],
)
def test_both_days_are_sent_to_the_service(
    cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, options: str, filters: dict[str, str]
) -> None:
    module = import_module("jebbitctl.commands.campaigns.stats")
    monkeypatch.setattr(module, "_today", lambda: date(2026, 3, 1))
    for id_ in ([], [launched(sandbox)]):
        sandbox.requests.clear()
        assert cli.run("campaigns", "stats", *id_, *options.split()).code == 0
        assert asked(sandbox)
        for query in asked(sandbox):
            assert {name: value for name, value in query.items() if name.startswith("filter")} == filters


def test_days_are_counted_from_the_first_to_the_last(cli: Cli, sandbox: Sandbox) -> None:
    id_ = launched(sandbox)
    whole = cli.run("campaigns", "stats", id_, "-q", "views").json
    assert cli.run("campaigns", "stats", id_, "--until", "2000-01-01", "-q", "views").json == 0
    assert cli.run("campaigns", "stats", id_, "--since", "2000-01-01", "-q", "views").json == whole > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--since 2026-02-30", "--since: '2026-02-30' is not a date"),
        ("--until 31.01.2026", "--until: '31.01.2026' is not a date"),
        ("--since 20260131", "--since: '20260131' is not a date"),
        ("--since 99999999d", "--since: '99999999d' is not a date"),
        ("--since 2026-02-01 --until 2026-01-31", "--since 2026-02-01 is after --until 2026-01-31"),
    ],
)
def test_invalid_days_are_wrong_usage_before_any_request(
    cli: Cli, sandbox: Sandbox, options: str, message: str
) -> None:
    result = cli.run("campaigns", "stats", *options.split())
    assert (result.code, result.out, result.err.splitlines()[0]) == (2, "", f"error: {message}")
    assert "hint: use 2026-01-31, today, yesterday, or 7d for 7 days ago" in result.err or "after" in message
    assert sandbox.requests == []


def test_a_campaign_without_statistics_is_not_found(cli: Cli) -> None:
    result = cli.run("campaigns", "stats", "nowhere1")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("error: campaign nowhere1 not found (request id ")
    assert result.err.endswith("\nhint: list them: jebbitctl campaigns list\n")


@pytest.mark.parametrize("id_", [[], ["abc12345"]])
def test_the_scope_is_named_and_that_a_grant_needs_a_new_token(
    cli: Cli, sandbox: Sandbox, id_: list[str]
) -> None:
    without = {"JEBBIT_CLIENT_ID": sandbox.state.client_id + WRITE_ONLY_SUFFIX}
    refused = cli.run("campaigns", "stats", *id_, env=without)
    assert (refused.code, refused.out) == (4, "")
    assert "; it requires read:campaign_stat; the token has " in refused.err
    ask = "hint: ask your Jebbit representative for read:campaign_stat; then "
    assert refused.err.endswith(f"{ask}run the command again\n")
    token = {"JEBBIT_ACCESS_TOKEN": cli.run("token", env=without).out.strip()}
    assert (
        f"{ask}set JEBBIT_ACCESS_TOKEN to a new token\n" in cli.run("campaigns", "stats", *id_, env=token).err
    )
