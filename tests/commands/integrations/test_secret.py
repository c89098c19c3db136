"""``integrations secret`` and ``--show-secret``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.commands.integrations.support import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result


def test_secret_and_show_secret_print_the_secret(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    secret = stored(sandbox)[id_]["shared_secret"]
    assert jebbitctl("integrations", "secret", id_).out == f"{secret}\n"
    assert jebbitctl("integrations", "secret", id_, "--json").json == {"id": id_, "shared_secret": secret}
    shown = jebbitctl("integrations", "get", id_, "--show-secret", "--json").json
    assert shown["shared_secret"] == secret
    assert str(secret) in jebbitctl("integrations", "list", "--show-secret").out


def test_a_response_without_a_secret_is_an_error(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    del stored(sandbox)[webhook(sandbox)]["shared_secret"]
    result = jebbitctl("integrations", "secret", webhook(sandbox))
    assert (result.code, result.out) == (1, "")
    assert "contains no shared secret" in result.err
