from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Give this process a home of its own and no settings; return a way to change that."""
    for name in os.environ:
        if name.startswith(("JEBBIT", "XDG_", "SSL_CERT")) or name.lower().endswith(("_proxy", "_bundle")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", str(tmp_path / "config"))
    return monkeypatch
