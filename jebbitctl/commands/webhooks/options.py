"""Options for the shared secret and the body, and how their values are read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl import environment as env
from jebbitctl.commands.completion import values
from jebbitctl.errors import CredentialsError, InputRequiredError, UsageError
from jebbitctl.output.streams import is_terminal
from jebbitctl.util.inputs import clean_credential, padding, read_input
from jebbitctl.util.redaction import register_secret

if TYPE_CHECKING:
    from jebbitctl.context import Context

SOURCES = f"--integration ID, --secret-file PATH, --secret-stdin or {env.WEBHOOK_SECRET}"

Body = Annotated[
    str | None,
    typer.Option(metavar="FILE|-", help="File with the exact bytes of the body. Default: standard input."),
]

SecretStdin = Annotated[
    bool,
    typer.Option(
        "--secret-stdin",
        help=f"Read the shared secret from standard input. By default, {env.WEBHOOK_SECRET} holds it.",
    ),
]


class SecretOptions(NamedTuple):
    """The sources of a shared secret. No option takes the secret itself: ``ps`` shows option values."""

    integration: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Ask Jebbit for this integration's shared secret.",
            autocompletion=values.integrations,
        ),
    ] = None
    secret_file: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Read the shared secret from a file."),
    ] = None
    secret_stdin: SecretStdin = False


def read_secret(context: Context, options: SecretOptions, *, integration: str | None = None) -> str:
    """Return the shared secret, which output masks from now on.

    Args:
        context: its client gets an integration's secret from Jebbit.
        options: the sources.
        integration: the integration whose secret is used if there is no other source.

    Raises:
        UsageError: there is no source or more than one, or a file cannot be read.
        CredentialsError: the value is not a valid secret.
    """
    if sum(value not in (None, False) for value in options) > 1:
        raise UsageError("more than one source for the shared secret", hint=f"use one of {SOURCES}")
    if options.secret_stdin:
        found = context.prompts.read_secret("shared secret", option="--secret-stdin")
        return _checked(context, found, source="the shared secret on standard input")
    if options.secret_file is not None:
        path = str(context.environment.expand_home(options.secret_file))
        source = f"the secret in {options.secret_file}"
        text = _decode(read_input(path, option="--secret-file"), source=source)
        return _checked(context, clean_credential(text, source=source), source=source)
    if options.integration is None and (secret := context.environment.credential(env.WEBHOOK_SECRET)):
        return _checked(context, secret, source=context.environment.source(env.WEBHOOK_SECRET))
    id_ = options.integration or integration
    if id_ is None:
        raise UsageError("no shared secret given", hint=f"use {SOURCES}")
    from jebbitctl.api.integrations import shared_secret

    return register_secret(shared_secret(context.client, id_))


def read_optional_secret(context: Context, options: SecretOptions) -> str | None:
    """Return the shared secret as :func:`read_secret` does; None if no source is given."""
    given = any(value not in (None, False) for value in options)
    if given or context.environment.credential(env.WEBHOOK_SECRET):
        return read_secret(context, options)
    return None


def read_body(options: SecretOptions, source: str | None, *, option: str = "--body") -> bytes:
    """Return the exact bytes of a body from a file, or from standard input for ``-`` and by default.

    Raises:
        UsageError: the secret also comes from standard input, or the file cannot be read.
        InputRequiredError: there is no file, and standard input is a terminal.
    """
    if source is not None and source != "-":
        return read_input(source, option=option)
    if options.secret_stdin:
        raise UsageError("standard input cannot be both the secret and the body", hint=f"use {option} FILE")
    if source is None and is_terminal(sys.stdin):
        raise InputRequiredError("body required", hint=f"use {option} FILE, or pipe it in")
    return read_input("-", option=option)


def _checked(context: Context, secret: str, *, source: str) -> str:
    """Return a secret, which output masks from now on. Warn if it is padded: nothing rejects a wrong one."""
    if found := padding(secret, source=source):
        context.output.warn(f"{found.problem}; unless the secret really does, {found.fix}")
    return register_secret(secret)


def _decode(content: bytes, *, source: str) -> str:
    """Return a secret as text.

    Raises:
        CredentialsError: it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from jebbitctl.util.text_encodings import SAVE_AS_UTF_8, not_utf_8

        raise CredentialsError(f"{source} is {not_utf_8(content)}", hint=SAVE_AS_UTF_8) from None
