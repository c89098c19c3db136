"""The environment of a command that runs against a sandbox."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jebbitctl import environment as env

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.environment import Environment


@contextmanager
def sandbox_environment(environment: Environment, sandbox: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield this process's environment with a sandbox in place of the user's account."""
    with tempfile.TemporaryDirectory(prefix="jebbitctl-sandbox-") as directory:
        yield environment.for_account({**sandbox, env.CONFIG_DIR: directory})
