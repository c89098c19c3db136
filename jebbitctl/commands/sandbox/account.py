"""The environment of a command that runs against a sandbox."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jebbitctl import environment as env
from jebbitctl.util import shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.context import Context
    from jebbitctl.environment import Environment

_OVERRIDING = (env.ACCESS_TOKEN, env.CLIENT_SECRET_FILE, env.BUSINESS_ID, env.PROFILE, env.API_AUDIENCE)
"""Variables that would make a command use, or ask for, something else than the sandbox."""


@contextmanager
def sandbox_environment(environment: Environment, sandbox: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield this process's environment with a sandbox in place of the user's account."""
    with tempfile.TemporaryDirectory(prefix="jebbitctl-sandbox-") as directory:
        yield environment.for_account({**sandbox, env.CONFIG_DIR: directory})


def show_environment(context: Context, sandbox: Mapping[str, str], *, for_shell: bool) -> None:
    """Print the variables of a sandbox, its client secret among them, and flush.

    Args:
        context: of the command.
        sandbox: the variables.
        for_shell: print lines for a POSIX shell, which also unset what would override the variables; by
            default, NAME=value lines, as env files have them.
    """
    output = context.output
    if output.json:
        output.document(sandbox, show_secrets=True)
    elif for_shell:
        for name in _OVERRIDING:
            if name in context.environment.values:
                output.line(f"unset {name}")
        for name, value in sandbox.items():
            output.line(f"export {name}={shell.quote(value)}", show_secrets=True)
    else:
        for name, value in sandbox.items():
            output.line(f"{name}={value}", show_secrets=True)
    output.flush()
