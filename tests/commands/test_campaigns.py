"""``campaigns list|get|links``."""

from __future__ import annotations

import json
import subprocess
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl

import pytest

from jebbitctl.api import listing
from jebbitctl.api.listing import PAGE_SIZE
from jebbitctl.sandbox.server import Sandbox
from tests.scripted_server import add, attributes_of
from tests.support import JEBBITCTL, cli_for
from tests.terminal import COLOUR, screen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import Result


def fill(sandbox: Sandbox, count: int) -> list[str]:
    """Replace the sandbox's campaigns with ``count`` new ones; return their ids, newest first."""
    (business,) = sandbox.state.businesses.values()
    business.of("campaigns").clear()
    for number in range(count):
        add(sandbox, "campaigns", title=f"Campaign {number}", launch_date=None, active_iteration=None)
    return list(attributes_of(sandbox, "campaigns"))


def queries(sandbox: Sandbox) -> list[dict[str, str]]:
    return [dict(parse_qsl(r.query)) for r in sandbox.requests if r.path == "/api/v1/campaigns"]


def answering(collection: str, answer: Callable[[dict[str, str]], Any]) -> Callable[[Any], Any]:
    """Return middleware: ``answer`` gets a collection's parameters and returns a document, or a status."""

    def wrap(app: Any) -> Any:
        def answered(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"] != f"/api/v1/{collection}":
                return app(environ, start)
            document = answer(dict(parse_qsl(environ["QUERY_STRING"])))
            status, body = (
                (f"{document} Scripted", b"")
                if isinstance(document, int)
                else ("200 OK", json.dumps(document).encode())
            )
            start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]

        return answered

    return wrap


def titles(result: Result) -> list[str]:
    assert result.code == 0
    return [line.split("\t")[3] for line in result.out.splitlines()]


def test_list_requests_a_page_and_prints_tab_separated_lines_newest_first(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("campaigns", "list")
    stored = attributes_of(sandbox, "campaigns")
    expected = [
        [id_, a["launch_date"] or "", a["active_iteration"] or "", a["title"]] for id_, a in stored.items()
    ]
    assert [line.split("\t") for line in result.out.splitlines()] == expected
    assert queries(sandbox)[0] == {"page[number]": "1", "page[size]": "1000"}


@pytest.mark.parametrize(
    ("count", "requests"),
    [
        (0, 1),
        (1, 2),
        (PAGE_SIZE - 1, 2),
        (PAGE_SIZE, 2),
        (PAGE_SIZE + 1, 2),
        (2 * PAGE_SIZE - 1, 3),
        (3516, 4),
    ],
)
def test_every_campaign_is_listed_once(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, count: int, requests: int
) -> None:
    ids = fill(sandbox, count)
    assert [row["id"] for row in jebbitctl("campaigns", "list", "--json").json] == ids
    assert [query["page[number]"] for query in queries(sandbox)] == [str(n + 1) for n in range(requests)]


@pytest.mark.parametrize("count", [1, 3, 7, 9])
def test_pages_are_requested_until_one_is_empty_if_the_service_sends_fewer_than_requested(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, count: int
) -> None:
    sandbox.state.behaviour.max_page_size = 3
    ids = fill(sandbox, count)
    assert jebbitctl("campaigns", "list", "-q", "[].id").json == ids
    assert len(queries(sandbox)) == -(-count // 3) + 1


def test_a_limit_of_the_service_that_does_not_move_the_next_page_skips_no_campaign(tmp_path: Path) -> None:
    """It sends 3 campaigns at most, but page 2 begins after as many as were requested."""

    def answer(page: dict[str, str]) -> dict[str, Any]:
        start = (int(page["page[number]"]) - 1) * int(page["page[size]"])
        return {"data": [{"id": f"c{n}"} for n in range(8)][start : start + min(3, int(page["page[size]"]))]}

    with Sandbox(wrap=answering("campaigns", answer)) as sandbox:
        result = cli_for(tmp_path, sandbox).run("campaigns", "list", "-q", "[].id")
    assert result.json == [f"c{n}" for n in range(8)]


@pytest.mark.parametrize("status", [400, 404])
def test_a_service_that_rejects_the_page_after_the_last_one_is_no_error(tmp_path: Path, status: int) -> None:
    def answer(page: dict[str, str]) -> Any:
        return {"data": [{"id": "c1"}]} if page["page[number]"] == "1" else status

    with Sandbox(wrap=answering("campaigns", answer)) as sandbox:
        result = cli_for(tmp_path, sandbox).run("campaigns", "list", "-q", "[].id")
    assert (result.code, result.json, result.err) == (0, ["c1"], "")


def test_a_page_that_fails_after_a_full_one_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    with Sandbox(wrap=answering("campaigns", lambda page: _first_page(page) or 400)) as sandbox:
        result = cli_for(tmp_path, sandbox).run("campaigns", "list", "--json")
    assert (result.code, result.out) == (1, "")


@pytest.mark.parametrize("status", [403, 500])
def test_another_failure_of_a_later_page_is_an_error(tmp_path: Path, status: int) -> None:
    with Sandbox(wrap=answering("campaigns", lambda page: _first_page(page) or status)) as sandbox:
        result = cli_for(tmp_path, sandbox).run("campaigns", "list", "--json")
    assert (result.code, result.out) == (4 if status == 403 else 5, "")


def _first_page(page: dict[str, str]) -> dict[str, Any] | None:
    return {"data": [{"id": "c1"}]} if page["page[number]"] == "1" else None


def test_endless_numbered_pages_end_with_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.api.page_budget.MAX_PAGES", 5)
    with Sandbox(
        wrap=answering("campaigns", lambda page: {"data": [{"id": page["page[number]"]}]})
    ) as sandbox:
        result = cli_for(tmp_path, sandbox).run("campaigns", "list", "--json")
        assert len(queries(sandbox)) <= 5
    assert (result.code, result.error["message"]) == (1, "Jebbit's list has more than 5 pages")


@pytest.mark.parametrize(
    ("count", "warning"),
    [
        (5, ""),
        (4, "warning: Jebbit counts 4 campaigns, but sent 5\n"),
        (6, "warning: Jebbit counts 6 campaigns, but sent 5; this list may be incomplete\n"),
    ],
)
def test_a_record_count_that_does_not_fit_is_a_warning(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, count: int, warning: str
) -> None:
    sandbox.state.behaviour.record_count = count
    ids = fill(sandbox, 5)
    result = jebbitctl("campaigns", "list", "-q", "[].id")
    assert (result.code, result.json, result.err) == (0, ids, warning)


@pytest.mark.parametrize("count", [1, PAGE_SIZE, PAGE_SIZE + 1])
def test_a_service_that_ignores_paging_sends_each_campaign_once(tmp_path: Path, count: int) -> None:
    def wrap(app: Any) -> Any:
        def unpaged(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"] == "/api/v1/campaigns":
                environ["QUERY_STRING"] = ""
            return app(environ, start)

        return unpaged

    with Sandbox(wrap=wrap) as sandbox:
        ids = fill(sandbox, count)
        result = cli_for(tmp_path, sandbox).run("campaigns", "list")
        assert len(queries(sandbox)) == 2
    assert [line.split("\t")[0] for line in result.out.splitlines()] == ids


def test_a_campaign_on_two_pages_is_listed_once(tmp_path: Path) -> None:
    with Sandbox(wrap=lambda app: _growing(app, lambda: sandbox)) as sandbox:
        ids = fill(sandbox, PAGE_SIZE + 5)
        listed = cli_for(tmp_path, sandbox).run("campaigns", "list", "-q", "[].id").json
    assert listed == ids


def _growing(app: Any, sandbox: Callable[[], Sandbox]) -> Any:
    """Add a campaign, the newest, between the first page and the second."""

    def growing(environ: Any, start: Any) -> Any:
        if parse_qs(environ["QUERY_STRING"]).get("page[number]") == ["2"]:
            add(sandbox(), "campaigns", title="New", launch_date=None, active_iteration=None)
        return app(environ, start)

    return growing


def test_next_links_replace_page_numbers(tmp_path: Path) -> None:
    def wrap(app: Any) -> Any:
        def linked(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"] != "/api/v1/campaigns":
                return app(environ, start)
            last = "cursor" in environ["QUERY_STRING"]
            rows = [{"id": "c2" if last else "c1", "type": "campaigns", "attributes": {"title": "x"}}]
            links = {} if last else {"links": {"next": "/api/v1/campaigns?cursor=2"}}
            body = json.dumps({"data": rows, **links}).encode()
            start("200 OK", [("Content-Length", str(len(body)))])
            return [body]

        return linked

    with Sandbox(wrap=wrap) as sandbox:
        result = cli_for(tmp_path, sandbox).run("campaigns", "list", "-q", "[].id")
        assert (result.json, len(queries(sandbox))) == (["c1", "c2"], 2)


def test_paging_ends_for_campaigns_without_an_id(tmp_path: Path) -> None:
    rows = [{"type": "campaigns", "attributes": {"title": f"{n}"}} for n in range(PAGE_SIZE)]

    def wrap(app: Any) -> Any:
        def without_ids(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"] != "/api/v1/campaigns":
                return app(environ, start)
            body = json.dumps({"data": rows}).encode()
            start("200 OK", [("Content-Length", str(len(body)))])
            return [body]

        return without_ids

    with Sandbox(wrap=wrap) as sandbox:
        result = cli_for(tmp_path, sandbox).run("campaigns", "list", "-q", "length(@)")
    assert result.json == PAGE_SIZE


def test_a_pipe_gets_the_first_page_before_the_second_arrives(tmp_path: Path) -> None:
    first_page_read = threading.Event()

    def wrap(app: Any) -> Any:
        def delayed(environ: Any, start: Any) -> Any:
            if parse_qs(environ["QUERY_STRING"]).get("page[number]") == ["2"]:
                first_page_read.wait(20)
            return app(environ, start)

        return delayed

    with Sandbox(wrap=wrap) as sandbox:
        fill(sandbox, PAGE_SIZE + 1)
        with subprocess.Popen(
            [JEBBITCTL, "campaigns", "list"],
            env=cli_for(tmp_path, sandbox).environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert f"Campaign {PAGE_SIZE}" in process.stdout.readline()
            assert len(queries(sandbox)) == 1
            first_page_read.set()
            assert len(process.stdout.readlines()) == PAGE_SIZE
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "filters"),
    [
        (["--launched"], {"filter[launched]": "true"}),
        (["--not-launched"], {"filter[launched]": "false"}),
        (["--title-contains", "a&b ü"], {"filter[title_contains]": "a&b ü"}),
        (
            ["--launched", "--title-contains", "quiz"],
            {"filter[launched]": "true", "filter[title_contains]": "quiz"},
        ),
    ],
)
def test_filters_are_sent_to_the_service(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, options: list[str], filters: dict[str, str]
) -> None:
    assert jebbitctl("campaigns", "list", *options).code == 0
    for query in queries(sandbox):
        assert {name: value for name, value in query.items() if name.startswith("filter")} == filters


def test_matching_selects_titles_that_contain_the_text_ignoring_case(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    assert titles(jebbitctl("campaigns", "list", "--matching", "SPRING g")) == ["Spring Gift Guide"]
    assert len(titles(jebbitctl("campaigns", "list", "--matching", "i", "--not-launched"))) == 1
    next(iter(attributes_of(sandbox, "campaigns").values()))["title"] = None
    assert len(titles(jebbitctl("campaigns", "list", "--matching", ""))) == 5
    help_ = " ".join(jebbitctl("campaigns", "list", "--help").out.split())
    assert "this assumes that the title contains TEXT, ignoring case." in help_


def test_an_empty_list_succeeds(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    result = jebbitctl("campaigns", "list", "--matching", "nothing like it")
    assert (result.code, result.out, result.err) == (0, "", "No campaigns match.\n")
    fill(sandbox, 0)
    assert jebbitctl("campaigns", "list").err == "No campaigns.\n"


def test_get_and_links_show_a_campaign(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    stored = attributes_of(sandbox, "campaigns")
    launched = next(id_ for id_, a in stored.items() if a["launch_date"])
    assert jebbitctl("campaigns", "get", launched, "--json").json == {
        "id": launched,
        "type": "campaigns",
        **stored[launched],
    }
    links = jebbitctl("campaigns", "links", launched, "--json").json
    assert len(links) == 2
    assert all(launched in link["complete_live_link"] for link in links)
    unlaunched = next(id_ for id_, a in stored.items() if not a["launch_date"])
    assert jebbitctl("campaigns", "links", unlaunched).err == f"Campaign {unlaunched} has no launch links.\n"


@pytest.mark.parametrize("verb", ["get", "links"])
def test_malformed_ids_are_rejected_before_any_request_and_unknown_ids_are_not_found(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, verb: str
) -> None:
    assert jebbitctl("campaigns", verb, "a/b").code == 2
    assert not any(request.path.startswith("/api") for request in sandbox.requests)
    assert jebbitctl("campaigns", verb, "nowhere1").code == 3


def test_tables_on_a_terminal_fit_its_width_across_pages(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        cli = cli_for(tmp_path, sandbox)
        launched = next(id_ for id_, a in attributes_of(sandbox, "campaigns").items() if a["launch_date"])
        links = COLOUR.sub("", screen(cli, "campaigns", "links", launched)).splitlines()
        sandbox.state.behaviour.max_page_size = 200
        fill(sandbox, 203)
        shown = screen(cli, "campaigns", "list", env={"NO_COLOR": "1"}).splitlines()
    assert max(map(len, [*links, *shown])) <= 80
    assert [line for line in shown if "TITLE" in line] == shown[:1]
    assert len(shown) == 204
    assert len({line.index("Campaign") for line in shown[1:]}) == 1
