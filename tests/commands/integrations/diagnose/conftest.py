from __future__ import annotations

from tests.diagnose.conftest import account

__all__ = ["account"]
