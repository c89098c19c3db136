from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.diagnose.support import healthy_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.diagnose.support import JebbitAccount


@pytest.fixture
def account(tmp_path: Path) -> Iterator[JebbitAccount]:
    """A business with one webhook that nothing keeps leads from."""
    with healthy_account(tmp_path) as running:
        yield running
