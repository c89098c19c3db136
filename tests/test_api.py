"""``api``: any call, with the account's token."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Request, Response

from jebbitctl import cli as program
from jebbitctl.sandbox.server import Options, Sandbox
from tests.conftest import cli_for
from tests.sandbox.support import Client
from tests.sandbox.test_operations import _operations
from tests.support import JEBBITCTL
from tests.test_terminal import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Cli


def answering(
    path: str, answer: Callable[[Request], Response]
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that answers one path by itself."""

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] != f"/api/v1/{path}":
                return app(environ, start_response)
            return answer(Request(environ))(environ, start_response)

        return server

    return wrap


def sent(sandbox: Sandbox) -> Any:
    """Return the JSON body of the latest request."""
    return json.loads(sandbox.requests[-1].body)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Cli, list[str]], int]]:
    """Run a command line in this process, which spares many starts of Python; return its exit code."""

    def run(cli: Cli, words: list[str]) -> int:
        for name, value in cli.environment().items():
            monkeypatch.setenv(name, value)
        return program.run(words)

    previous = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, previous)


def test_every_documented_operation_works_through_it(
    tmp_path: Path, in_process: Callable[[Cli, list[str]], int], capfd: pytest.CaptureFixture[str]
) -> None:
    walked = {("POST", "/api/v1/auth")}
    # its backfills take for ever: restarting one is refused
    with Sandbox(Options(backfill_step=10**6)) as sandbox, Client(sandbox) as client:
        state, cli = sandbox.state, cli_for(tmp_path, sandbox)
        given = json.dumps({"client_id": state.client_id, "client_secret": state.client_secret})
        issued = cli.run("api", "auth", "--input", "-", stdin=given)
        assert (issued.code, issued.err) == (0, "")
        assert "access_token" in issued.json["data"]
        for method, template, path, attributes, status in _operations(client):
            given_fields = (attributes or {}).items()
            fields = [f"-fdata[attributes][{name}]={value}" for name, value in given_fields]
            code = in_process(cli, ["api", method, path, *fields])
            out = capfd.readouterr().out
            assert code == (0 if status < 300 else 1), (method, path, out)
            assert sandbox.requests[-1].status == status
            assert bool(out) == (status != 204)
            assert not out or json.loads(out)
            walked.add((method, template))
    assert len(walked) == 37


def test_a_pipe_gets_the_bytes_as_they_came_and_a_terminal_nothing_live(tmp_path: Path) -> None:
    body = '{"name":  "\x9b2J \u202e ☕"}\t\r\n\r\n'
    text = "first\x1b[2J\nsecond\x9b2J"

    def answer(request: Request) -> Response:
        return Response(text if request.args else body, content_type="text/plain; charset=utf-8")

    with Sandbox(wrap=answering("odd", answer)) as sandbox:
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


def test_an_errors_answer_is_on_stdout_and_the_exit_code_tells(cli: Cli, sandbox: Sandbox) -> None:
    missing = cli.run("api", "feeds/nowhere1")
    assert (missing.code, missing.out) == (3, "")
    assert missing.err.startswith("error: ")
    refused = cli.run("api", "POST", "integration_mappings", "--json")
    assert refused.code == 1
    assert refused.json["errors"][0]["status"] == 400
    assert refused.error["status"] == 400
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    forbidden = cli.run("api", "DELETE", "feeds/nowhere1", env=reader)
    assert forbidden.code == 4
    assert forbidden.json["errors"][0]["status"] == 403
    assert "write:feed" in forbidden.err


def test_fields_that_were_meant_as_a_query_get_a_hint(cli: Cli) -> None:
    meant = cli.run("api", "campaigns", "-f", "filter[launched]=true")
    assert meant.code == 1
    assert "jebbitctl api GET campaigns" in meant.err
    assert "api GET" not in cli.run("api", "POST", "campaigns", "-f", "a=b").err


def test_a_query_finds_something_and_an_empty_answer_is_null(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("api", "/api/v1/self", "-q", "data.id").out == f"{next(iter(sandbox.state.businesses))}\n"
    feed = cli.run("api", "feeds", "-q", "data[0].id").out.strip()
    gone = cli.run("api", "delete", f"/feeds/{feed}", "--json")
    assert (gone.code, gone.out) == (0, "null\n")


def test_filters_are_passed_as_typed(cli: Cli) -> None:
    launched = cli.run("api", "GET", "campaigns", "-f", "filter[launched]=true", "-q", "length(data)")
    assert launched.json == 4
    found = cli.run("api", "campaigns?filter[title_contains]=Gift Guide", "-q", "data[].attributes.title")
    assert found.json == ["Spring Gift Guide"]
    both = cli.run(
        "api", "GET", "campaigns?filter[launched]=false", "-F", "page[size]=1", "-q", "length(data)"
    )
    assert both.json == 1


def test_fields_make_a_json_body_and_input_is_sent_as_it_is(
    cli: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "name").write_text("from a file ☕\n")
    fields = ["-f", "data[type]=feeds", "-F", f"data[attributes][name]=@{tmp_path / 'name'}"]
    created = cli.run("api", "feeds", *fields, "-F", "data[attributes][rank]=7", "-q", "data.id")
    assert created.code == 0
    assert sent(sandbox) == {"data": {"type": "feeds", "attributes": {"name": "from a file ☕\n", "rank": 7}}}
    assert sandbox.requests[-1].headers["content-type"] == "application/vnd.api+json"
    body = b'{"data":  {"attributes": {"name": "b"}}}\n'
    path = f"feeds/{created.out.strip()}"
    changed = cli.run("api", "PATCH", path, "--input", "-", "-f", "a=b c", stdin=body)
    assert changed.json["data"]["attributes"]["name"] == "b"
    assert sandbox.requests[-1].body == body
    assert sandbox.requests[-1].query == "a=b+c"
    cli.run("api", "PATCH", path)
    assert sandbox.requests[-1].body == b"{}"


def test_headers_are_added_and_the_answers_are_shown_when_asked_for(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run("api", "self", "-i", "-H", "Accept: application/json", "-H", "X-Trace:  a:b ")
    head, _, body = result.out.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 OK\n")
    assert "Content-Type: application/vnd.api+json" in head
    assert json.loads(body)["data"]["type"] == "businesses"
    headers = sandbox.requests[-1].headers
    assert headers["accept"] == "application/json"
    assert headers["x-trace"] == "a:b"


def test_what_cannot_be_meant_is_refused_before_any_request(cli: Cli, sandbox: Sandbox) -> None:
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
        ["self", "--input", "nowhere.json"],
        ["self", "-f", "name"],
    ):
        result = cli.run("api", *line)
        assert (result.code, result.out) == (2, ""), line
        assert result.err.startswith(("error: ", '{"error"'))
    assert sandbox.requests == []


def paged(request: Request) -> Response:
    """Answer one of three pages."""
    page = int(request.args.get("page", 1))
    following = f"/api/v1/pages?page={page + 1}"
    links = {"next": following if page < 3 else None, "self": request.url}
    if request.args.get("broken") or page == int(request.headers.get("x-broken", 0)):
        return Response("broken", 400)
    document = {"data": [{"id": f"p{page}"}], "included": [page], "meta": {"page": page}, "links": links}
    return Response(json.dumps(document), content_type="application/json")


def test_pages_become_one_document(tmp_path: Path) -> None:
    with Sandbox(wrap=answering("pages", paged)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        whole = cli.run("api", "pages", "--paginate", "-f", "x=y")
        assert whole.json == {
            "data": [{"id": "p1"}, {"id": "p2"}, {"id": "p3"}],
            "included": [1, 2, 3],
            "meta": {"page": 1},
        }
        assert cli.run("api", "pages?page=2", "--paginate", "-q", "data[].id").json == ["p2", "p3"]
        single = cli.run("api", "pages?page=3", "--paginate").out
        assert single == cli.run("api", "pages?page=3").out
        broken = cli.run("api", "pages", "--paginate", "-H", "X-Broken: 2")
        assert (broken.code, broken.out) == (1, "broken")


def test_pages_that_go_elsewhere_or_in_a_loop_are_refused(tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        link = "https://evil.example/" if request.args else request.url
        return Response(json.dumps({"data": [], "links": {"next": link}}))

    with Sandbox(wrap=answering("pages", answer)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        assert "not followed" in cli.run("api", "pages?a=b", "--paginate").err
        assert "form a loop" in cli.run("api", "pages", "--paginate").err


def test_with_several_businesses_one_is_named(cli_several: Cli, several: Sandbox) -> None:
    assert cli_several.run("api", "self").code == 2
    second = list(several.state.businesses)[1]
    assert cli_several.run("api", "self", "--business", second, "-q", "data.id").out == f"{second}\n"


def test_a_rejected_token_is_replaced_once(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("api", "self").code == 0
    sandbox.state.revoke_tokens()
    assert cli.run("api", "self").code == 0


def test_standard_input_that_is_closed_is_told(cli: Cli, sandbox: Sandbox) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"{JEBBITCTL}" api POST self --input - <&-'],
        env=cli.environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert sandbox.requests == []
