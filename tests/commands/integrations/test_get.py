"""``integrations get``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from tests.commands.integrations.support import stored, webhook
from tests.terminal import screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result


def test_get_shows_every_attribute_with_the_secret_masked(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    result = jebbitctl("integrations", "get", id_)
    shown = dict(line.split("\t") for line in result.out.splitlines())
    assert shown["id"] == id_
    assert shown["shared_secret"] == "********"
    assert "additional_options.hash_pii" in shown


def test_get_keeps_unknown_attributes(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    stored(sandbox)[webhook(sandbox)]["from_the_future"] = {"a": [1]}
    row = jebbitctl("integrations", "get", webhook(sandbox), "--json").json
    assert row["from_the_future"] == {"a": [1]}


def test_an_unknown_id_is_not_found(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("integrations", "get", "nowhere1", "--json")
    assert (result.code, result.out) == (3, "")
    assert result.error["code"] == "not_found"
    assert result.error["status"] == 404


@pytest.mark.parametrize("columns", [40, 80])
def test_get_shows_mappings_and_static_values_in_tables_with_credentials_masked(
    cli: Cli, sandbox: Sandbox, columns: int
) -> None:
    id_ = webhook(sandbox)
    stored(sandbox)[id_] |= {
        "static_values": [
            {"name": "source", "value": "quiz", "level": "brand"},
            {"name": "api_token", "value": "hush-hush", "level": "campaign"},
        ],
        "mapped": [{"jebbit_var": "email", "client_var": "Email", "transformers": ["sha256"]}],
    }
    sandbox.state.behaviour.dialect = DIALECTS["host"]
    shown = screen(cli, "integrations", "get", id_, columns=columns, env={"NO_COLOR": "1"})
    lines = [line.split() for line in shown.splitlines()]
    start = lines.index(["static_values"])
    assert lines[start + 1 : start + 4] == [
        ["NAME", "VALUE", "LEVEL"],
        ["source", "quiz", "brand"],
        ["api_token", "********", "campaign"],
    ]
    assert {"email", "Email", '["sha256"]', "hooks.example.com"} <= {word for line in lines for word in line}
    assert "hush" not in shown + cli.run("integrations", "get", id_).out
    assert cli.run("integrations", "list", "--columns", "static_values,host").out.count("hush") == 0


@pytest.mark.parametrize(
    ("verb", "id_"),
    [
        *(("get", id_) for id_ in ("..", "a/b", "a?x", "", ".", "a b")),
        *((verb, "..") for verb in ("secret", "test", "delete")),
    ],
)
def test_a_malformed_id_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, verb: str, id_: str
) -> None:
    result = jebbitctl("integrations", verb, id_, *(["--yes"] if verb == "delete" else []))
    assert result.code == 2
    assert not any(request.path.startswith("/api") for request in sandbox.requests)
