"""Failures as users of the command see them: an exit code, one line and no secret."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.faults import FaultServer, api, drop, http, resource, silence
from tests.api.support import ACCESS_TOKEN, CLIENT_SECRET, certificate
from tests.support import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.faults import ScriptedResponse
    from tests.support import Result

TOKEN = api(
    {"access_token": ACCESS_TOKEN, "expires_in": 60, "scope": "read:business:bTUIhsye read:integration"}
)
LIST = api({"data": []})


def parameter_name(value: object) -> str:
    return getattr(value, "__name__", None) or str(value)[:40]


@pytest.fixture
def jebbitctl(tmp_path: Path, server: FaultServer) -> Cli:
    """The installed command, pointed at the fault server."""
    env = {
        "JEBBIT_API_BASE_URL": server.url,
        "JEBBIT_AUTH_ISSUER": server.url,
        "JEBBIT_CLIENT_ID": "the-client",
        "JEBBIT_CLIENT_SECRET": CLIENT_SECRET,
    }
    return Cli(tmp_path, env, [CLIENT_SECRET, ACCESS_TOKEN])


def assert_failed(result: Result, code: int, *messages: str) -> None:
    """Assert one error line, at most one hint, and nothing on stdout."""
    lines = [line for line in result.err.splitlines() if not line.startswith(("→", "←", "✗"))]
    assert (result.code, result.out) == (code, "")
    assert lines[0].startswith("error: ")
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("hint: "))
    assert all(text in result.err for text in messages)


@pytest.mark.parametrize(
    ("response", "code", "message"),
    [
        (http(200, "<html>", Content_Type="text/html"), 1, "returned 200 with text/html"),
        (http(404), 3, "/integrations not found\nhint: check the path, JEBBIT_API_BASE_URL"),
        (http(307, Location="https://evil.example/"), 1, "redirects GET /integrations to https://evil"),
        (http(200, "[" * 100_000), 1, "cannot be read as JSON"),
        (http(200, "9" * 5000), 1, "cannot be read as JSON"),
        (http(500, "\x1b[31m\xff"), 5, "returned 500"),
        (http(403), 4, "/integrations, although the token has read:integration"),
        (silence, 5, "no response within 0.8 s"),
    ],
    ids=parameter_name,
)
def test_a_failure_is_one_line(
    jebbitctl: Cli, server: FaultServer, response: ScriptedResponse, code: int, message: str
) -> None:
    server.script = [TOKEN, response]
    timeout = {"JEBBIT_TIMEOUT": "0.8" if response is silence else "20"}
    assert_failed(jebbitctl.run("integrations", "list", "--debug", env=timeout), code, message)
    assert server.calls == ["POST /oauth/token", "GET /api/v1/integrations"]


@pytest.mark.parametrize(
    ("response", "code", "message"),
    [
        (
            http(401, "Unauthorized", Content_Type="text/plain"),
            4,
            "client id or secret (401: Unauthorized)",
        ),
        (http(307, Location="https://evil.example/oauth/token"), 1, "a redirect to https://evil.example"),
        (http(200, "<html>"), 1, "but no usable token"),
        (http(503), 5, "returned 503"),
        (drop, 5, "closed without a response"),
        (api({"error": f"wrong secret {CLIENT_SECRET}"}, 403), 4, "wrong secret ********"),
        (api({"access_token": f"{ACCESS_TOKEN}\r\nX-Evil: 1"}), 1, "but no usable token"),
    ],
    ids=parameter_name,
)
def test_a_failed_token_request_is_one_line(
    jebbitctl: Cli, server: FaultServer, response: ScriptedResponse, code: int, message: str
) -> None:
    server.script = [response]
    assert_failed(jebbitctl.run("integrations", "list", "--debug"), code, message)
    assert server.calls == ["POST /oauth/token"]


def test_debug_output_logs_each_request_without_secrets(jebbitctl: Cli, server: FaultServer) -> None:
    server.script = [TOKEN, resource({"shared_secret": "sh4red"})]
    result = jebbitctl.run("integrations", "get", "L5m24mjs", "--json", "--debug")
    assert result.code == 0
    assert "sh4red" not in result.out + result.err
    assert [line.split()[0] for line in result.err.splitlines()] == ["→", "←", "→", "←"]
    assert '"client_secret": "********"' in result.err


def test_errors_as_json_have_the_status(jebbitctl: Cli, server: FaultServer) -> None:
    server.script = [TOKEN, http(502, "<html>"), http(502), http(502), http(502)]
    error = jebbitctl.run("integrations", "list", "--json").error
    assert (error["code"], error["status"]) == ("unavailable", 502)
    assert len(server.seen) == 5


def test_a_create_that_timed_out_is_sent_once(jebbitctl: Cli, server: FaultServer) -> None:
    server.script = [TOKEN, api({"data": []}), silence]
    create = ("integrations", "create", "--endpoint", "https://e.example/")
    result = jebbitctl.run(*create, env={"JEBBIT_TIMEOUT": "0.8"})
    assert_failed(result, 5, "may have been carried out", "jebbitctl integrations list")
    assert server.calls == [
        "POST /oauth/token",
        "GET /api/v1/integrations",
        "POST /api/v1/integrations",
    ]


def test_a_retried_delete_that_is_not_found_succeeds(jebbitctl: Cli, server: FaultServer) -> None:
    server.script = [TOKEN, drop, http(404)]
    result = jebbitctl.run("integrations", "delete", "L5m24mjs", "--yes")
    assert (result.code, result.err) == (0, "Deleted integration L5m24mjs.\n")
    assert server.calls[1:] == ["DELETE /api/v1/integrations/L5m24mjs"] * 2


@pytest.mark.parametrize("id_", ["..", "a/b", "a?x", ""])
def test_a_malformed_id_is_a_usage_error_before_any_request(
    jebbitctl: Cli, server: FaultServer, id_: str
) -> None:
    assert_failed(jebbitctl.run("integrations", "get", id_), 2, "is not an id")
    assert_failed(jebbitctl.run("integrations", "delete", id_, "--yes"), 2, "is not an id")
    assert server.connections == 0


def test_netrc_and_proxies_are_ignored_on_loopback(jebbitctl: Cli, server: FaultServer) -> None:
    (jebbitctl.home / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    (jebbitctl.home / ".netrc").chmod(0o600)
    server.script = [TOKEN, LIST]
    with FaultServer() as proxy:
        env = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "ALL_PROXY": proxy.url, "NETRC": None}
        assert jebbitctl.run("integrations", "list", env=env).code == 0
        assert proxy.connections == 0
    assert "authorization" not in server.seen[0].headers
    assert server.seen[1].headers["authorization"] == f"Bearer {ACCESS_TOKEN}"


def test_only_a_trusted_certificate_is_accepted(jebbitctl: Cli, tmp_path: Path) -> None:
    path, key = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path, key)
    with FaultServer(TOKEN, LIST, tls=tls) as secure:

        def run_list(bundle: str | None) -> Result:
            env: dict[str, Any] = {"JEBBIT_API_BASE_URL": secure.url, "JEBBIT_AUTH_ISSUER": secure.url}
            return jebbitctl.run("integrations", "list", env={**env, "REQUESTS_CA_BUNDLE": bundle})

        assert_failed(run_list(None), 5, "trusted TLS connection", "self-signed", "REQUESTS_CA_BUNDLE")
        assert_failed(
            run_list(str(tmp_path / "missing.pem")), 2, "missing.pem: no such file", "REQUESTS_CA_BUNDLE"
        )
        assert secure.seen == []
        assert run_list(str(path)).code == 0
        assert secure.connections == 2


def test_several_businesses_require_a_choice(jebbitctl: Cli, server: FaultServer) -> None:
    token = api(
        {"access_token": ACCESS_TOKEN, "expires_in": 3600, "scope": "read:business:one read:business:two"}
    )
    server.script = [token]
    assert_failed(jebbitctl.run("integrations", "list"), 2, "several businesses: one, two", "--business")
    named = [resource({"name": name}, id_) for id_, name in (("one", "Acme"), ("two", None))]
    server.script = [*named, token]
    assert_failed(jebbitctl.run("integrations", "list", "--business", "three"), 2, "they cover one Acme, two")
    assert server.calls.count("POST /oauth/token") == 2
    assert {call for call in server.calls if call.startswith("GET")} == {"GET /api/v1/self"}
