"""The options of ``webhooks listen``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - read at runtime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl import environment as env
from jebbitctl.commands.completion import values
from jebbitctl.commands.webhooks.endpoint_options import (
    DEFAULT_TIMEOUT,
    MAX_TIMEOUT,
    CaFile,  # noqa: TC001 - read at runtime
    ClientCertFile,  # noqa: TC001
    ClientKeyFile,  # noqa: TC001
    EndpointOptions,
    Headers,  # noqa: TC001
)
from jebbitctl.commands.webhooks.options import (
    SecretOptions,
    SecretStdin,  # noqa: TC001 - read at runtime
    read_secret,
)
from jebbitctl.errors import UsageError
from jebbitctl.util.text import escape_controls
from jebbitctl.webhooks.signature import TOLERANCE

if TYPE_CHECKING:
    from jebbitctl.context import Context


class ReceiverOptions(NamedTuple):
    """Where to listen, and which timestamps to accept."""

    port: Annotated[
        int, typer.Option(metavar="N", help="Port to listen on. 0 picks a free port.", min=0, max=65535)
    ] = 8787
    host: Annotated[str, typer.Option(metavar="HOST", help="Name or address to listen on.")] = "127.0.0.1"
    tolerance: Annotated[
        int, typer.Option(metavar="SECONDS", help="Maximum difference between a timestamp and now.", min=0)
    ] = TOLERANCE


class ForwardOptions(NamedTuple):
    """Where valid deliveries are forwarded to, and how."""

    forward_to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Forward valid deliveries: same bytes and headers, path and query appended. The sender gets"
            " the app's response. Repeatable: the sender gets the first app's.",
        ),
    ] = None
    ack: Annotated[
        bool, typer.Option("--ack", help="Answer 200 first, and forward afterwards.", show_default=False)
    ] = False
    retry: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Send again, up to N times, if there is no connection or the app returns 429, 502, 503 or"
            " 504.",
            min=0,
            max=100,
        ),
    ] = 0
    forward_timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="Maximum time for each request to the app.")
    ] = DEFAULT_TIMEOUT
    header: Headers = None
    client_cert: ClientCertFile = None
    client_key: ClientKeyFile = None
    ca: CaFile = None

    @property
    def endpoint(self) -> EndpointOptions:
        """The options of each request.

        Raises:
            UsageError: the timeout is not valid.
        """
        if not 0 < self.forward_timeout <= MAX_TIMEOUT:  # also rejects nan
            raise UsageError(f"--forward-timeout must be more than 0 and at most {MAX_TIMEOUT:g}")
        return EndpointOptions(self.header, self.client_cert, self.client_key, self.ca, self.forward_timeout)


class RecordOptions(NamedTuple):
    """What to record."""

    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append valid deliveries to a file, for webhooks replay."),
    ] = None
    record_refused: Annotated[
        bool,
        typer.Option(
            "--record-refused",
            help="Also record refused deliveries, at most 64 KiB of each, until the file has 100 MiB.",
        ),
    ] = False
    mask: Annotated[
        bool,
        typer.Option("--mask", help="Record e-mail addresses, phone numbers and names masked."),
    ] = False


class ShowOptions(NamedTuple):
    """Which deliveries to print, and how much of them."""

    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Print only these: test, live (both valid) or refused. Repeatable, or separated by commas.",
            autocompletion=values.delivery_kinds,
        ),
    ] = None
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="On a terminal, print headers and the whole body.")
    ] = False

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds to print.

        Raises:
            UsageError: there is no such kind.
        """
        from jebbitctl.webhooks.delivery import KINDS

        named = [kind.strip() for text in self.only or KINDS for kind in text.split(",")]
        for kind in named:
            if kind not in KINDS:
                raise UsageError(
                    f"--only {escape_controls(kind)!r}: no such kind", hint=f"use {', '.join(KINDS)}"
                )
        return frozenset(named)


class EndOptions(NamedTuple):
    """When to stop."""

    deliveries: Annotated[
        int | None,
        typer.Option("--count", metavar="N", help="Stop after this many valid deliveries.", min=1),
    ] = None
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Stop after this many seconds.")
    ] = None


class SecretsOptions(NamedTuple):
    """The sources of the shared secrets."""

    integration: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Ask Jebbit for this integration's shared secret. Repeatable.",
            autocompletion=values.integrations,
        ),
    ] = None
    secret_file: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Read a shared secret from a file. Repeatable."),
    ] = None
    secret_stdin: SecretStdin = False


def require_valid_options(end: EndOptions, recording: RecordOptions, forwarding: ForwardOptions) -> None:
    """Check the options by themselves, before anything is read.

    Raises:
        UsageError: an option is not valid, or requires another one.
    """
    if end.timeout is not None and not end.timeout >= 0:  # also rejects nan
        raise UsageError(f"--timeout must be 0 or more, not {end.timeout}")
    if recording.record_refused and recording.record is None:
        raise UsageError("--record-refused requires --record FILE")
    if recording.mask and recording.record is None:
        raise UsageError("--mask requires --record FILE")
    if not forwarding.forward_to and forwarding != ForwardOptions(forward_to=forwarding.forward_to):
        raise UsageError(
            "--ack, --retry, --forward-timeout, --header, --client-cert, --client-key and --ca require"
            " --forward-to URL"
        )


def read_secrets(context: Context, options: SecretsOptions, *, trigger: str | None) -> dict[str, str]:
    """Return the shared secrets by labels that say where they come from; output masks the secrets.

    Args:
        context: its client gets an integration's secret from Jebbit.
        options: the sources.
        trigger: the integration whose secret is used if there is no other source, or only other integrations:
            it signs the test delivery.

    Raises:
        UsageError: there is no source, or a file cannot be read.
        CredentialsError: a value is not a valid secret.
    """
    integrations = list(options.integration or ())
    if integrations and trigger and not (options.secret_file or options.secret_stdin):
        integrations.append(trigger)
    sources = {f"integration {id_}": SecretOptions(integration=id_) for id_ in integrations}
    sources |= {f"file {path}": SecretOptions(secret_file=path) for path in options.secret_file or ()}
    if options.secret_stdin:
        sources["standard input"] = SecretOptions(secret_stdin=True)
    if sources:
        return {label: read_secret(context, source) for label, source in sources.items()}
    from_environment = context.environment.credential(env.WEBHOOK_SECRET) is not None
    variable = context.environment.source(env.WEBHOOK_SECRET)
    label = variable if from_environment else f"integration {trigger}"
    return {label: read_secret(context, SecretOptions(), integration=trigger)}
