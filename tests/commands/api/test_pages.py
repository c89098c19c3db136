"""``api --paginate``: one page is never passed off for all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Sandbox
from tests.commands.api.support import responding
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.wrappers import Request

    from tests.support import Cli

IDS = list(range(7))


def ids(document: Any) -> list[Any]:
    return [resource["id"] for resource in document["data"]]


@pytest.mark.parametrize("query", ["", "?page[size]=2", "?page[size]=3&filter[launched]=true"])
def test_pages_without_links_are_requested_by_number(cli: Cli, sandbox: Sandbox, query: str) -> None:
    filtered = query.rpartition("&")[2] if "filter" in query else ""
    whole = cli.run("api", f"campaigns?{filtered}")
    sandbox.state.behaviour.max_page_size = 2
    result = cli.run("api", f"campaigns{query}", "--paginate")
    assert (result.code, result.err) == (0, "")
    assert len(whole.json["data"]) > 2
    assert result.json["data"] == whole.json["data"]


def numbered(request: Request) -> Response:
    """Return a page of IDS, as the headers of the request say."""
    default = int(request.headers.get("x-default", 3))
    number, size = (
        int(request.args.get(f"page[{name}]", value)) for name, value in (("number", 1), ("size", default))
    )
    if "x-unpaged" in request.headers:
        number = 1
    if "x-strict" in request.headers and number > 1:
        return Response("no such page", int(request.headers["x-strict"]))
    document: dict[str, Any] = {"data": [{"id": id_} for id_ in IDS[(number - 1) * size : number * size]]}
    if "x-count" in request.headers:
        count = request.headers["x-count"]
        document["meta"] = {"record_count": len(document["data"]) if count == "page" else int(count)}
    if "x-types" in request.headers:
        document["data"] = [{"id": "1", "type": str(resource["id"])} for resource in document["data"]]
    return Response(json.dumps(document), content_type="application/json")


@pytest.mark.parametrize(
    ("query", "headers", "found", "warning"),
    [
        ("", [], IDS, ""),
        ("?page[size]=2", [], IDS, ""),
        ("?page[number]=2&page[size]=2", [], IDS[2:], ""),
        ("?page[number]=2&page[size]=2", ["X-Count: 7"], IDS[2:], ""),
        ("?page[number]=3&page[size]=4", ["X-Strict: 404"], None, ""),
        ("", ["X-Count: 7"], IDS, ""),
        ("", ["X-Count: 9"], IDS, "Jebbit counts 9 numbered, but sent 7; this list may be incomplete"),
        ("", ["X-Count: 2"], IDS, "Jebbit counts 2 numbered, but sent 7"),
        ("", ["X-Count: page"], IDS, "Jebbit counts 0 numbered, but sent 7"),
        ("", ["X-Types: 1"], ["1"] * len(IDS), ""),
        ("", ["X-Unpaged: 1"], IDS[:3], ""),
        ("", ["X-Unpaged: 1", "X-Count: 7"], IDS[:3], "this list may be incomplete"),
        ("?page[size]=3", ["X-Unpaged: 1"], IDS[:3], "there may be more than what is printed"),
        ("?limit=3", ["X-Unpaged: 1"], IDS[:3], "there may be more than what is printed"),
        ("?page%5Blimit%5D=3", ["X-Unpaged: 1"], IDS[:3], "there may be more than what is printed"),
        ("?filter[launched]=true", ["X-Unpaged: 1"], IDS[:3], ""),
        ("?limit=3", [], IDS, ""),
        ("", ["X-Strict: 400"], IDS[:3], "Jebbit rejected page 2: there may be more"),
        ("", ["X-Strict: 400", "X-Count: 7"], None, ""),
        ("", ["X-Strict: 500"], None, ""),
    ],
)
def test_all_pages_come_or_a_warning_or_an_error(
    tmp_path: Path, query: str, headers: list[str], found: list[Any] | None, warning: str
) -> None:
    with Sandbox(wrap=responding("numbered", numbered)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        options = [f"-H{header}" for header in headers]
        result = cli.run("api", f"numbered{query}", "--paginate", *options, env={"JEBBIT_TIMEOUT": "0.5"})
    if found is None:
        assert (result.code in {1, 3, 5}, result.out) == (True, "no such page\n")
        return
    assert (result.code, ids(result.json)) == (0, found)
    assert warning in result.err
    assert bool(warning) == bool(result.err)


def test_a_response_that_is_no_list_is_printed_as_it_is(cli: Cli, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    assert cli.run("api", "self", "--paginate").out == cli.run("api", "self").out
    assert len(sandbox.requests) == before + 3  # a token, and one request each
