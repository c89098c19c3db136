"""``campaigns stats``, of all campaigns and of chosen days."""

from __future__ import annotations

import csv
import io
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.state import WRITE_ONLY_SUFFIX
from tests.commands.campaign_statistics import ODD, STATS, answering, asked, campaigns, launched, shown
from tests.commands.test_campaigns import fill
from tests.scripted_server import attributes_of, resource
from tests.terminal import COLOUR, screen

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


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


def test_all_attributes_are_printed_if_no_name_is_known(tmp_path: Path) -> None:
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
Jebbit also sends loads, campaign_id, lead_rate, redirects: see --columns, --csv
and --json.
"""
    )


@pytest.mark.long
def test_a_terminal_without_block_characters_gets_ascii_bars(tmp_path: Path) -> None:
    document = campaigns({"title": "A", "views": 4, "leads": 2})
    assert "#??=" in shown(tmp_path, document, encoding="ascii")
    assert "views            4     100.0%  ##########\n" in shown(
        tmp_path, resource(STATS, "c1", **ODD | {"view_count": 4}), "c1", encoding="ascii"
    )


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
