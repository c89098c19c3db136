"""Where the webhooks commands take their shared secret and their bytes from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from typer.core import TyperOption

from jebbitctl.commands import completing
from jebbitctl.commands.common import ApiCommand
from jebbitctl.errors import InputRequiredError, UsageError
from jebbitctl.output import is_terminal
from jebbitctl.settings import clean_credential, credential_variable
from jebbitctl.storage.inputs import read_input

if TYPE_CHECKING:
    from jebbitctl.context import Context

VARIABLE = "JEBBIT_WEBHOOK_SECRET"
SOURCES = "--integration ID, --secret-file PATH, --secret-stdin or JEBBIT_WEBHOOK_SECRET"
_NAMES = ("integration", "secret_file", "secret_stdin")
_GIVEN = "jebbitctl.webhook_secret"


class SecretCommand(ApiCommand):
    """A command that needs a shared secret; never as an option's value, which ``ps`` would show."""

    def __init__(self, name: str | None, **settings: Any) -> None:
        sources = [
            TyperOption(
                param_decls=["--integration"],
                metavar="ID",
                help="Ask Jebbit for its shared secret.",
                autocompletion=completing.integrations,
            ),
            TyperOption(
                param_decls=["--secret-file"],
                metavar="PATH",
                help=f"Read the secret from a file; {VARIABLE} may hold it, too.",
            ),
            TyperOption(
                param_decls=["--secret-stdin"],
                is_flag=True,
                default=False,
                help="Read the secret from standard input.",
            ),
        ]
        super().__init__(name, **{**settings, "params": [*(settings.get("params") or []), *sources]})

    def invoke(self, ctx: Any) -> Any:
        """Gather the sources out of the function's parameters."""
        ctx.meta[_GIVEN] = {name: ctx.params.pop(name) for name in _NAMES}
        return super().invoke(ctx)


def secret_of(ctx: Any, context: Context, *, integration: str | None = None) -> str:
    """Return the shared secret.

    Args:
        ctx: Typer's context of a SecretCommand.
        context: asks Jebbit when an integration is named.
        integration: the one to ask for where no source is named.

    Raises:
        UsageError: none is named, or several, or the file cannot be read.
        CredentialsError: what is found is no secret.
    """
    given = {name: value for name, value in ctx.meta[_GIVEN].items() if value not in (None, False)}
    if len(given) > 1:
        raise UsageError("the shared secret has more than one source", hint=f"use one of {SOURCES}")
    if "secret_stdin" in given:
        given_in = _text(read_input("-", what="--secret-stdin"))
        return clean_credential(given_in, what="the secret on standard input")
    if "secret_file" in given:
        path = given["secret_file"]
        return clean_credential(_text(read_input(path, what="--secret-file")), what=f"the secret in {path}")
    found = None if "integration" in given else credential_variable(VARIABLE)
    if found is not None:
        return found
    id_ = given.get("integration", integration)
    if id_ is None:
        raise UsageError("no shared secret is named", hint=f"use {SOURCES}")
    from jebbitctl.api.integrations import shared_secret

    return shared_secret(context.client, id_)


def body_of(ctx: Any, source: str | None, *, what: str = "--body") -> bytes:
    """Return the exact bytes of a body: a file's, or standard input's for ``-`` and where none is named.

    Raises:
        UsageError: standard input is to be the secret as well, or the file cannot be read.
        InputRequiredError: nothing is named, and standard input is a terminal.
    """
    if source is not None and source != "-":
        return read_input(source, what=what)
    if ctx.meta[_GIVEN]["secret_stdin"]:
        raise UsageError("standard input cannot be the secret and the body", hint=f"use {what} FILE")
    if source is None and is_terminal(sys.stdin):
        raise InputRequiredError("a body is needed", hint=f"use {what} FILE, or pipe it in")
    return read_input("-", what=what)


def _text(content: bytes) -> str:
    """Decode a secret; what is not text is caught as a control character."""
    return content.decode("utf-8-sig", "replace").replace("\ufffd", "\0")
