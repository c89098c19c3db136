from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.http import http_date
from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.storage import keyring_store
from tests import backends
from tests.isolated_home import IsolatedHome
from tests.support import cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Cli, Result

NAMES = [
    *("python", "libraries", "directory", "environment", "settings", "credentials", "keyring", "proxy"),
    *("certificates", "issuer", "api", "token", "clock", "completion"),
]


def checks(result: Result) -> dict[str, Any]:
    """Return the checks of ``doctor --json`` by name."""
    return {check["name"]: check for check in result.json["checks"]}


def states(result: Result) -> dict[str, bool | None]:
    return {name: check["ok"] for name, check in checks(result).items()}


def with_clock_ahead(seconds: float) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware whose clock is ahead."""

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            response = Response.from_app(app, environ)
            response.headers["Date"] = http_date(time.time() + seconds)
            return response(environ, start_response)

        return server

    return wrap


def test_a_healthy_machine_passes_every_check_and_shows_no_secret(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run("doctor", "--json", env={"SHELL": "/bin/bash"})
    assert (result.code, result.err) == (0, "")
    assert list(result.json) == ["ok", "checks"]
    assert result.json["ok"] is True
    assert list(checks(result)) == NAMES
    assert all(list(check) == ["name", "state", "ok", "detail", "fix"] for check in result.json["checks"])
    assert [name for name, ok in states(result).items() if ok is not True] == ["keyring", "completion"]
    token = checks(result)["token"]["detail"]
    business = next(iter(sandbox.state.businesses.values()))
    assert f"business {business.id} {business.name}" in token
    assert "write:integration" in token
    assert sandbox.state.client_id in checks(result)["credentials"]["detail"]
    assert "eyJ" not in result.out + result.err


def test_a_pipe_gets_one_line_per_check_and_a_terminal_a_table_that_fits(cli: Cli) -> None:
    piped = cli.run("doctor").out.splitlines()
    assert [line.split()[1] for line in piped] == NAMES
    assert {line[:2] for line in piped} == {"✓ ", "– "}  # noqa: RUF001 - an en dash
    rows = [line.split("\t") for line in cli.run("doctor", "--plain").out.splitlines()]
    assert [row[1] for row in rows] == NAMES
    assert {row[0] for row in rows} == {"ok", "skipped"}
    assert {len(row) for row in rows} == {4}
    shown = screen(cli, "doctor", env={"NO_COLOR": "1", "TERM": "dumb"})
    assert re.search(r"^✓  clock +within 1 s of 127", shown, re.MULTILINE)
    assert re.search(r"^–  keyring +the credentials are in the environment", shown, re.MULTILINE)  # noqa: RUF001 - an en dash
    assert max(len(line) for line in shown.splitlines() if str(cli.home) not in line) <= 80, (
        "no path is broken"
    )


def test_offline_the_other_checks_run_and_the_exit_code_is_6(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("token").code == 0
    offline: dict[str, str | None] = {"JEBBIT_API_BASE_URL": "http://127.0.0.1:9", "JEBBIT_TIMEOUT": "1"}
    result = cli.run("doctor", "--json", env=offline)
    assert result.code == 6
    assert result.json["ok"] is False
    assert result.error["code"] == "check_failed"
    found = states(result)
    assert list(found) == NAMES
    assert [name for name, ok in found.items() if ok is False] == ["api"]
    assert found["token"] is None
    assert "it is valid until" in checks(result)["token"]["detail"]
    assert result.error["message"] == "1 of 14 checks failed: api"
    nowhere = cli.run("doctor", env={**offline, "JEBBIT_AUTH_ISSUER": "http://127.0.0.1:9"})
    assert nowhere.code == 6
    assert "2 of 14 checks failed: issuer, api" in nowhere.err
    assert "– token         there is no cached token" in nowhere.out  # noqa: RUF001
    assert "– clock" in nowhere.out  # noqa: RUF001
    assert sandbox.url


@pytest.mark.parametrize(("ahead", "direction"), [(90, "behind"), (-90, "ahead of")])
def test_a_clock_that_is_wrong_fails_the_check(tmp_path: Path, ahead: float, direction: str) -> None:
    with Sandbox(wrap=with_clock_ahead(ahead)) as sandbox:
        result = cli_for(tmp_path, sandbox).run("doctor", "--json")
    assert result.code == 6
    assert [name for name, ok in states(result).items() if ok is False] == ["clock"]
    clock = checks(result)["clock"]
    assert re.match(rf"(89|90|91) s {direction} ", clock["detail"])
    assert "signatures" in clock["detail"]
    assert "NTP" in clock["fix"]


@pytest.mark.parametrize("ahead", [55, -55])
def test_a_clock_that_is_slightly_wrong_passes_the_check(tmp_path: Path, ahead: float) -> None:
    with Sandbox(wrap=with_clock_ahead(ahead)) as sandbox:
        assert cli_for(tmp_path, sandbox).run("doctor").code == 0


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        (500, ["issuer", "api"]),
        (429, ["issuer", "api"]),
        (404, ["api"]),
        (400, ["api"]),
        (307, ["issuer", "api"]),
        (200, ["issuer", "api"]),
    ],
)
def test_a_service_that_is_not_jebbit_fails_the_checks(
    tmp_path: Path, status: int, failed: list[str]
) -> None:
    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] == "/oauth/token":
                return app(environ, start_response)
            headers = {"Date": "yesterday", "Location": "https://elsewhere.example/"}
            return Response("", status, headers)(environ, start_response)

        return server

    with Sandbox(wrap=wrap) as sandbox:
        result = cli_for(tmp_path, sandbox).run("doctor", "--json")
    assert result.code == 6
    assert [name for name, ok in states(result).items() if ok is False] == failed
    assert states(result)["token"] is states(result)["clock"] is None


def test_a_captive_portal_is_neither_the_issuer_nor_the_api(cli: Cli) -> None:
    def wrap(_: WSGIApplication) -> WSGIApplication:
        return Response("<html>Sign in to this network</html>", content_type="text/html")

    with Sandbox(wrap=wrap) as portal:
        urls: dict[str, str | None] = {"JEBBIT_API_BASE_URL": portal.url, "JEBBIT_AUTH_ISSUER": portal.url}
        found = checks(cli.run("doctor", "--json", env=urls))
        assert found["api"]["detail"] == f"{portal.url} returned 200: this is not Jebbit's API"
        assert found["issuer"]["detail"] == f"{portal.url} returned 200: this is not a token issuer"


@pytest.mark.parametrize("status", [401, 403])
def test_an_api_that_asks_for_a_token_passes_the_check(tmp_path: Path, status: int) -> None:
    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            is_anonymous = environ["PATH_INFO"] == "/api/v1/self" and "HTTP_AUTHORIZATION" not in environ
            return (Response(status=status) if is_anonymous else app)(environ, start_response)

        return server

    with Sandbox(wrap=wrap) as sandbox:
        assert cli_for(tmp_path, sandbox).run("doctor").code == 0


def test_wrong_credentials_fail_the_token_check(cli: Cli) -> None:
    result = cli.run("doctor", "--json", env={"JEBBIT_CLIENT_ID": "nobody"})
    assert [name for name, ok in states(result).items() if ok is False] == ["token"]
    assert "rejected" in checks(result)["token"]["detail"]


def test_several_businesses_are_listed_and_an_unknown_one_fails_the_token_check(
    cli_several: Cli, three_businesses: Sandbox
) -> None:
    result = cli_several.run("doctor", "--json")
    assert result.code == 0
    assert ", ".join(three_businesses.state.businesses) in checks(result)["token"]["detail"]
    wrong = cli_several.run("doctor", "--json", "--business", "nowhere1")
    assert [name for name, ok in states(wrong).items() if ok is False] == ["token"]


def test_a_new_machine_gets_the_fix_to_log_in(bare: Cli) -> None:
    env: dict[str, str | None] = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    away = {"JEBBIT_AUTH_ISSUER": "http://127.0.0.1:9", "JEBBIT_API_BASE_URL": "http://127.0.0.1:9"}
    result = bare.run("doctor", "--json", env={**env, **away, "JEBBIT_TIMEOUT": "0.5"})
    assert result.code == 6
    found = checks(result)
    assert "jebbitctl login" in found["credentials"]["fix"]
    assert "keyring.backends.null.Keyring" in found["keyring"]["detail"]
    assert found["token"]["ok"] is None
    assert "created when something is stored" in found["directory"]["detail"]


def test_the_keyring_of_a_profile_that_is_logged_in_is_checked(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = IsolatedHome(tmp_path, {}, [sandbox.state.client_secret])
    assert user.login(sandbox).code == 0
    healthy = user.run("doctor", "--json")
    assert (healthy.code, healthy.err) == (0, "")
    found = checks(healthy)
    assert f"{backends.WORKING}.FileKeyring, with the secret of profile default" in found["keyring"]["detail"]
    assert found["credentials"]["detail"].startswith("keyring (profile default)")
    assert f"API {sandbox.url} (profile default)" in found["settings"]["detail"]
    overridden = user.run("doctor", "--json", env={"JEBBIT_CLIENT_ID": "x", "JEBBIT_CLIENT_SECRET": "y"})
    assert "JEBBIT_CLIENT_ID overrides profile default" in checks(overridden)["environment"]["detail"]
    named = user.run("doctor", "--json", "--profile", "default", env={"JEBBIT_ACCESS_TOKEN": "t"})
    assert named.code == 0
    monkeypatch.setattr(keyring_store, "KEYRING_TIMEOUT", 0.2)
    env = {"PYTHON_KEYRING_BACKEND": f"{backends.BROKEN}.HangingKeyring", "TEST_KEYRING_HANGS": "1"}
    hanging = user.run("doctor", "--json", env=env)
    assert [name for name, ok in states(hanging).items() if ok is False] == ["keyring"]
    assert "did not respond" in checks(hanging)["keyring"]["detail"]


def test_a_token_in_the_environment_needs_no_keyring(cli: Cli) -> None:
    env: dict[str, str | None] = {
        "JEBBIT_ACCESS_TOKEN": cli.run("token").out.strip(),
        "JEBBIT_CLIENT_ID": None,
        "JEBBIT_CLIENT_SECRET": None,
    }
    result = cli.run("doctor", "--json", env=env)
    assert result.code == 0
    assert checks(result)["credentials"]["detail"] == "JEBBIT_ACCESS_TOKEN"
    assert states(result)["keyring"] is None
    assert str(env["JEBBIT_ACCESS_TOKEN"]) not in result.out


def test_a_service_that_hangs_fails_the_check_within_seconds(tmp_path: Path, sandbox: Sandbox) -> None:
    cli = cli_for(tmp_path, sandbox)
    assert cli.run("token").code == 0
    with Sandbox(SandboxOptions(latency_ms=30_000)) as hanging:
        began = time.monotonic()
        result = cli.run("doctor", "--json", env={"JEBBIT_API_BASE_URL": hanging.url, "JEBBIT_TIMEOUT": "1"})
    assert time.monotonic() - began < 15
    assert [name for name, ok in states(result).items() if ok is False] == ["api"]
