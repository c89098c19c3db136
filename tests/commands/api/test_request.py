"""``api``: any request, with the account's token."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.commands.api.support import responding
from tests.sandbox.operations import operations
from tests.sandbox.support import SandboxClient
from tests.support import JEBBITCTL, cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.wrappers import Request

    from tests.support import Cli


def latest_body(sandbox: Sandbox) -> Any:
    """Return the JSON body of the latest request."""
    return json.loads(sandbox.requests[-1].body)


def test_every_documented_operation_works(tmp_path: Path) -> None:
    covered = {("POST", "/api/v1/auth")}
    # backfills never finish, so that restarting one is rejected
    with Sandbox(SandboxOptions(backfill_step=10**6)) as sandbox, SandboxClient(sandbox) as client:
        state, cli = sandbox.state, cli_for(tmp_path, sandbox)
        credentials = json.dumps({"client_id": state.client_id, "client_secret": state.client_secret})
        issued = cli.run("api", "auth", "--input", "-", stdin=credentials)
        assert (issued.code, issued.err) == (0, "")
        assert "access_token" in issued.json["data"]
        for method, template, path, attributes, status in operations(client):
            fields = [f"-fdata[attributes][{name}]={value}" for name, value in (attributes or {}).items()]
            result = cli.run("api", method, path, *fields)
            assert result.code == (0 if status < 300 else 1), (method, path, result)
            assert sandbox.requests[-1].status == status
            assert bool(result.out) == (status != 204)
            assert not result.out or result.json
            covered.add((method, template))
    assert len(covered) == 37


def test_a_pipe_gets_the_bytes_unchanged_and_a_terminal_gets_them_escaped(tmp_path: Path) -> None:
    body = '{"name":  "\x9b2J \u202e ☕"}\t\r\n\r\n'
    text = "first\x1b[2J\nsecond\x9b2J"

    def respond(request: Request) -> Response:
        return Response(text if request.args else body, content_type="text/plain; charset=utf-8")

    with Sandbox(wrap=responding("odd", respond)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        assert cli.run("api", "odd").out.encode() == body.encode()
        assert cli.run("api", "odd?a=1").out == text
        indented = screen(cli, "api", "odd")
        assert indented.startswith('{\n  "name": "')
        assert screen(cli, "api", "odd?a=1") == "first\\x1b[2J\nsecond\\x9b2J\n"
        plain = screen(cli, "api", "odd", "--plain")
        assert plain.startswith('{"name":  "')
        assert not set(indented + plain) & {"\x1b", "\x07", "\x9b", "\u202e"}
        unreadable = cli.run("api", "odd?a=1", "--json")
        assert (unreadable.code, unreadable.out) == (1, "")
        assert "text/plain" in unreadable.error["message"]


def test_an_error_response_is_printed_and_sets_the_exit_code(cli: Cli, sandbox: Sandbox) -> None:
    missing = cli.run("api", "feeds/nowhere1")
    assert (missing.code, missing.out) == (3, "")
    assert missing.err.startswith("error: ")
    rejected = cli.run("api", "POST", "integration_mappings", "--json")
    assert rejected.code == 1
    assert rejected.json["errors"][0]["status"] == 400
    assert rejected.error["status"] == 400
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    forbidden = cli.run("api", "DELETE", "feeds/nowhere1", env=reader)
    assert forbidden.code == 4
    assert forbidden.json["errors"][0]["status"] == 403
    assert "write:feed" in forbidden.err


def test_fields_that_made_a_get_a_post_get_a_hint(cli: Cli) -> None:
    result = cli.run("api", "campaigns", "-f", "filter[launched]=true")
    assert result.code == 1
    assert "jebbitctl api GET campaigns" in result.err
    assert "api GET" not in cli.run("api", "POST", "campaigns", "-f", "a=b").err


def test_a_query_selects_from_the_response_and_an_empty_response_is_null(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("api", "/api/v1/self", "-q", "data.id").out == f"{next(iter(sandbox.state.businesses))}\n"
    feed = cli.run("api", "feeds", "-q", "data[0].id").out.strip()
    deleted = cli.run("api", "delete", f"/feeds/{feed}", "--json")
    assert (deleted.code, deleted.out) == (0, "null\n")


def test_filters_are_sent_as_typed(cli: Cli) -> None:
    launched = cli.run("api", "GET", "campaigns", "-f", "filter[launched]=true", "-q", "length(data)")
    assert launched.json == 4
    found = cli.run("api", "campaigns?filter[title_contains]=Gift Guide", "-q", "data[].attributes.title")
    assert found.json == ["Spring Gift Guide"]
    both = cli.run(
        "api", "GET", "campaigns?filter[launched]=false", "-F", "page[size]=1", "-q", "length(data)"
    )
    assert both.json == 1


def test_fields_make_a_json_body_and_input_is_sent_unchanged(
    cli: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "name").write_text("from a file ☕\n")
    fields = ["-f", "data[type]=feeds", "-F", f"data[attributes][name]=@{tmp_path / 'name'}"]
    created = cli.run("api", "feeds", *fields, "-F", "data[attributes][rank]=7", "-q", "data.id")
    assert created.code == 0
    assert latest_body(sandbox) == {
        "data": {"type": "feeds", "attributes": {"name": "from a file ☕\n", "rank": 7}}
    }
    assert sandbox.requests[-1].headers["content-type"] == "application/vnd.api+json"
    body = b'{"data":  {"attributes": {"name": "b"}}}\n'
    path = f"feeds/{created.out.strip()}"
    changed = cli.run("api", "PATCH", path, "--input", "-", "-f", "a=b c", stdin=body)
    assert changed.json["data"]["attributes"]["name"] == "b"
    assert sandbox.requests[-1].body == body
    assert sandbox.requests[-1].query == "a=b+c"
    cli.run("api", "PATCH", path)
    assert sandbox.requests[-1].body == b"{}"
    assert cli.run("api", "-X", "patch", path, "-f", "x=y").code == cli.run("api", "PATCH", path).code
    assert cli.run("api", path, "--method=DELETE").code == 0
    assert sandbox.requests[-1].method == "DELETE"


def test_request_headers_are_sent_and_include_prints_the_response_headers(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run("api", "self", "-i", "-H", "Accept: application/json", "-H", "X-Trace:  a:b ")
    head, _, body = result.out.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 OK\n")
    assert "Content-Type: application/vnd.api+json" in head
    assert json.loads(body)["data"]["type"] == "businesses"
    headers = sandbox.requests[-1].headers
    assert headers["accept"] == "application/json"
    assert headers["x-trace"] == "a:b"


def test_invalid_arguments_are_rejected_before_any_request(cli: Cli, sandbox: Sandbox) -> None:
    for line in (
        ["https://evil.example/api/v1/self"],
        ["feeds/../../../oauth"],
        ["a\nb"],
        ["self", "-H", "Authorization: Bearer x"],
        ["self", "-H", "X-A: b\r\nX-C: d"],
        ["GET"],
        ["FETCH", "self"],
        ["GET", "self", "feeds"],
        ["GET", "self", "--input", "-"],
        ["self", "--include", "--json"],
        ["POST", "self", "--paginate"],
        ["self", "--paginate", "--curl"],
        ["-X", "POST", "GET", "self"],
        ["-XFETCH", "self"],
        ["self", "--input", "nowhere.json"],
        ["self", "-f", "name"],
        ["feeds", "-F", "a=@-", "-F", "b=@-"],
        ["feeds", "-F", "a=@-", "--input", "-"],
    ):
        result = cli.run("api", *line)
        assert (result.code, result.out) == (2, ""), line
        assert result.err.startswith(("error: ", '{"error"'))
    assert sandbox.requests == []
    twice = cli.run("api", "-X", "POST", "GET", "self").err
    assert twice.startswith("error: the method is given twice: --method POST and GET")


def paged(request: Request) -> Response:
    """Return one of three pages."""
    page = int(request.args.get("page", 1))
    next_page = f"/api/v1/pages?page={page + 1}"
    links = {"next": next_page if page < 3 else None, "self": request.url}
    if request.args.get("broken") or page == int(request.headers.get("x-broken", 0)):
        return Response("broken", 400)
    document = {"data": [{"id": f"p{page}"}], "included": [page], "meta": {"page": page}, "links": links}
    return Response(json.dumps(document), content_type="application/json")


def test_paginate_prints_one_document(tmp_path: Path) -> None:
    with Sandbox(wrap=responding("pages", paged)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        document = cli.run("api", "pages", "--paginate", "-f", "x=y")
        assert document.json == {
            "data": [{"id": "p1"}, {"id": "p2"}, {"id": "p3"}],
            "included": [1, 2, 3],
            "meta": {"page": 1},
        }
        assert cli.run("api", "pages?page=2", "--paginate", "-q", "data[].id").json == ["p2", "p3"]
        single = cli.run("api", "pages?page=3", "--paginate").out
        assert single == cli.run("api", "pages?page=3").out
        broken = cli.run("api", "pages", "--paginate", "-H", "X-Broken: 2")
        assert (broken.code, broken.out) == (1, "broken\n"), "the error begins on a line of its own"


def test_pages_on_another_server_or_in_a_loop_are_rejected(tmp_path: Path) -> None:
    def respond(request: Request) -> Response:
        link = "https://evil.example/" if request.args else request.url
        return Response(json.dumps({"data": [], "links": {"next": link}}))

    with Sandbox(wrap=responding("pages", respond)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        assert "not followed" in cli.run("api", "pages?a=b", "--paginate").err
        assert "form a loop" in cli.run("api", "pages", "--paginate").err


def test_several_businesses_require_the_business_option(cli_several: Cli, three_businesses: Sandbox) -> None:
    assert cli_several.run("api", "self").code == 2
    second = list(three_businesses.state.businesses)[1]
    assert cli_several.run("api", "self", "--business", second, "-q", "data.id").out == f"{second}\n"


def test_a_rejected_token_is_replaced_once(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("api", "self").code == 0
    sandbox.state.revoke_tokens()
    assert cli.run("api", "self").code == 0


def test_a_closed_standard_input_is_a_usage_error(cli: Cli, sandbox: Sandbox) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"{JEBBITCTL}" api POST self --input - <&-'],
        env=cli.environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert sandbox.requests == []
