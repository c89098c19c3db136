"""``mappings get``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.mappings.support import TYPE
from tests.scripted_server import add_mapping, attributes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result


def test_get_shows_every_attribute(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "Outcome", "bucket")
    attributes_of(sandbox, TYPE)[id_]["from_the_future"] = 1
    document = jebbitctl("mappings", "get", id_, "--json").json
    assert document == {"id": id_, "type": TYPE, **attributes_of(sandbox, TYPE)[id_]}


def test_an_unknown_id_is_not_found(jebbitctl: Callable[..., Result]) -> None:
    for verb in (["get"], ["delete", "-y"], ["update", "--client-var", "x"]):
        result = jebbitctl("mappings", *verb, "nowhere1")
        assert (result.code, result.out) == (3, "")


@pytest.mark.parametrize(
    "line",
    [
        "get a/b",
        "delete .. -y",
        "delete ..",
        "update a?x --client-var y",
        "list --integration ..",
        "create --integration a/b --jebbit-var x --client-var y",
        "import .. - -y",
    ],
)
def test_a_malformed_id_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, line: str
) -> None:
    result = jebbitctl("mappings", *line.split())
    assert result.code == 2
    assert "is not an id" in result.err
    assert not any(request.path.startswith("/api") for request in sandbox.requests)
