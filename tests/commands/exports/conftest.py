"""Two exports are enough: one for all campaigns, and one for some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox


@pytest.fixture(autouse=True)
def only_two_exports(sandbox: Sandbox) -> None:
    (business,) = sandbox.state.businesses.values()
    exports = business.of("uploaders")
    for id_, export in list(exports.items()):
        if export.attributes["name"] not in {"Nightly leads", "Shoe finder to the warehouse"}:
            del exports[id_]
