"""No output shows a password in a URL, or a secret in use."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from jebbitctl.doctor import checks
from jebbitctl.util.redaction import MASK
from tests.api.faults import FaultServer, http
from tests.recording_line import RECORDED
from tests.scripted_server import active, attributes_of
from tests.support import Cli
from tests.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox

HOSTILE = ("http://bob:se/sa#me?x@proxy.invalid:3128", "http://bob:sesame@", "http://bob:sesame@proxy:port")
URL = "https://hooks.invalid/in"
OFFLINE = {
    "JEBBIT_API_BASE_URL": "https://api.invalid",
    "JEBBIT_AUTH_ISSUER": "https://issuer.invalid",
    "JEBBIT_CLIENT_ID": "the-client",
    "JEBBIT_CLIENT_SECRET": "client-secret-08150815",
    "JEBBIT_WEBHOOK_SECRET": "shared-secret-47114711",
}


def password_is_hidden(text: str) -> bool:
    return not re.search("bob|sesame|se/sa|#me", text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("webhooks", "send", URL),
        ("api", "/self", "--debug"),
        *(
            pytest.param(arguments, marks=pytest.mark.long)
            for arguments in (
                ("webhooks", "send", URL, "--count", "2", "--json"),
                ("webhooks", "check", URL),
                ("webhooks", "replay", "recording", "--to", URL),
                ("doctor",),
                ("login", "--no-input"),
            )
        ),
    ],
    ids=" ".join,
)
def test_the_password_of_a_proxy_is_in_no_output(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    cli = Cli(tmp_path, OFFLINE)
    (tmp_path / "recording").write_text(f"{RECORDED}\n")
    typed = [str(tmp_path / part) if part == "recording" else part for part in arguments]
    for proxy in HOSTILE:
        result = cli.run(*typed, env={"HTTPS_PROXY": proxy})
        text = result.out + result.err
        assert password_is_hidden(text), text
        assert "a bug" not in text
        if arguments[0] not in {"doctor", "login"}:
            assert (result.code, "HTTPS_PROXY is not a proxy's URL: http://********@" in text) == (2, True), (
                text
            )


@pytest.mark.parametrize(
    "url", ["https://bob:sesame@hooks.invalid/in", "https://bob:se/sa#me@hooks.invalid/in"]
)
def test_the_password_of_a_url_that_was_typed_is_in_no_output(tmp_path: Path, url: str) -> None:
    cli = Cli(tmp_path, OFFLINE)
    (tmp_path / "recording").write_text(f"{RECORDED}\n")
    for arguments in (
        ("webhooks", "send", url),
        ("webhooks", "check", url),
        ("webhooks", "replay", str(tmp_path / "recording"), "--to", url),
        ("webhooks", "listen", "--forward-to", url, "--timeout", "0"),
        ("integrations", "create", "--endpoint", url),
        ("login", "--api-url", url, "--no-input"),
        ("api", url),
        ("whoami",),
        ("doctor",),
    ):
        result = cli.run(*arguments, env={"JEBBIT_API_BASE_URL": url} if len(arguments) == 1 else {})
        assert password_is_hidden(result.out + result.err), result
        assert result.code in {2, 6}, result


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_a_redirect_that_holds_the_secret_or_a_password_is_shown_without(
    tmp_path: Path, json: tuple[str, ...]
) -> None:
    location = "https://bob:sesame@evil.example/TOKEN-0815-4711/x?code=hush"
    with FaultServer(*[http(302, Location=location)] * 2) as server:
        env = {"JEBBIT_API_BASE_URL": server.url, "JEBBIT_ACCESS_TOKEN": "TOKEN-0815-4711"}
        result = Cli(tmp_path, env).run("integrations", "list", *json)
    assert f"to https://{MASK}@evil.example/{MASK}/x (302, not followed)" in result.err
    assert password_is_hidden(result.err)


def test_a_secret_in_use_is_masked_wherever_jebbit_repeats_it(cli: Cli, sandbox: Sandbox) -> None:
    secret = sandbox.state.client_secret
    id_ = active(sandbox)
    attributes_of(sandbox, "integrations")[id_].update(endpoint=f"https://e.example/{secret}")
    for arguments in (
        ("integrations", "list"),
        ("integrations", "list", "--json"),
        ("integrations", "list", "-q", "[].endpoint", "--plain"),
        ("integrations", "get", id_),
        ("integrations", "get", id_, "-q", "endpoint"),
        ("integrations", "export"),
    ):
        result = cli.run(*arguments)
        assert result.code == 0, result
        assert secret not in result.out + result.err
        assert f"https://e.example/{MASK}" in result.out
    shown = screen(cli, "integrations", "list", columns=60)
    assert not any(secret[start : start + 8] in shown for start in (0, 8))


def test_json_stays_json_if_a_secret_is_a_part_of_a_number(cli: Cli, sandbox: Sandbox) -> None:
    id_ = active(sandbox)
    attributes_of(sandbox, "integrations")[id_].update(region=[4711081547, True, None, {"x 47110815": 1.5}])
    result = cli.run("integrations", "get", id_, "-q", "region", env={"JEBBIT_WEBHOOK_SECRET": "47110815"})
    assert json.loads(result.out) == [MASK, True, None, {f"x {MASK}": 1.5}]


def test_a_check_of_doctor_that_repeats_a_secret_prints_it_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CHECKS", {"leak": lambda _: OFFLINE["JEBBIT_CLIENT_SECRET"]})
    for arguments in (("doctor",), ("doctor", "--json")):
        result = Cli(tmp_path, OFFLINE).run(*arguments)
        assert OFFLINE["JEBBIT_CLIENT_SECRET"] not in result.out + result.err
        assert MASK in result.out


def test_the_command_that_prints_a_token_prints_it(tmp_path: Path) -> None:
    result = Cli(tmp_path, {"JEBBIT_ACCESS_TOKEN": "TOKEN-0815-4711"}).run("token")
    assert (result.code, result.out) == (0, "TOKEN-0815-4711\n")
