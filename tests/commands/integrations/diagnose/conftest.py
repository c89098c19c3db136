from __future__ import annotations

from tests.diagnose.conftest import account, names_do_not_resolve

__all__ = ["account", "names_do_not_resolve"]
