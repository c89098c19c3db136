from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from jebbitctl.diagnose import network
from tests.diagnose.support import healthy_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.diagnose.support import JebbitAccount


@pytest.fixture(autouse=True)
def names_do_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no name server, as if no name existed."""

    def resolve(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(network, "system_addresses", resolve)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[JebbitAccount]:
    """A business with one webhook that nothing keeps leads from."""
    with healthy_account(tmp_path) as running:
        yield running
