"""Options for what ``sandbox serve`` and ``sandbox run`` start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from jebbitctl.errors import UsageError
from jebbitctl.util.inputs import clean_credential, read_text_input
from jebbitctl.util.redaction import register_secret

if TYPE_CHECKING:
    from jebbitctl.context import Context
    from jebbitctl.sandbox.server import SandboxOptions
    from jebbitctl.sandbox.setup import InitialIntegration

Dialect = Literal["article", "openapi", "host"]
ServiceName = Literal["webhooks_standard", "webhook"]
ErrorStyle = Literal["openapi", "jsonapi", "message", "rails", "text"]


class BehaviourOptions(NamedTuple):
    """How the sandbox behaves."""

    businesses: Annotated[int, typer.Option(metavar="N", help="Number of businesses.")] = 1
    integrations: Annotated[int, typer.Option(metavar="N", help="Number of integrations per business.")] = 0
    token_lifetime: Annotated[int, typer.Option(metavar="SECONDS", help="Lifetime of a token.")] = 86400
    latency: Annotated[int, typer.Option(metavar="MS", help="Delay of each response, in milliseconds.")] = 0
    fail_rate: Annotated[
        float,
        typer.Option(metavar="P", help="Share of requests that fail with 429, 502 or 503, from 0 to 1."),
    ] = 0.0
    dialect: Annotated[
        Dialect,
        typer.Option(
            help="Respond as described in Jebbit's article, its OpenAPI document, "
            "or its MCP server (a host, no endpoint)."
        ),
    ] = "article"
    service_name: Annotated[ServiceName, typer.Option(help="Service name of webhooks in responses.")] = (
        "webhooks_standard"
    )
    error_style: Annotated[ErrorStyle, typer.Option(help="Format of error responses.")] = "openapi"
    visits: Annotated[
        float,
        typer.Option(metavar="PER_SECOND", help="Simulated visits per second; 0 for none."),
    ] = 0.0
    faults: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME",
            help="Faults of deliveries: slow (up to 5 s late), lost (never sent), duplicate (same request "
            "twice), reorder (after later ones), burst (collected for 2 s, then sent at once). Each hits 1 "
            "in 10, unless you write NAME=SHARE; burst hits all others.",
        ),
    ] = None
    seed: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Seed of --faults and --fail-rate: one seed always hits the same deliveries and requests.",
        ),
    ] = 0


class StartOptions(NamedTuple):
    """Where the sandbox listens and delivers to, and what it starts with."""

    host: Annotated[
        str, typer.Option(metavar="HOST", help="Name or address of this machine to listen on.")
    ] = "127.0.0.1"
    port: Annotated[
        int, typer.Option(metavar="N", help="Port to listen on. 0 picks a free port.", min=0, max=65535)
    ] = 0
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Let other machines use the sandbox, as in compose files; needed for a --host that is not "
            "loopback.",
        ),
    ] = False
    deliver_to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST[=URL]",
            help="Deliver to endpoints on this host, too; with URL, send what is meant for HOST there, and "
            "keep the path. By default, deliveries stay on this machine. Repeatable.",
        ),
    ] = None
    client_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Client id, instead of a random one.")
    ] = None
    client_secret_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read the client secret from a file. Default: a random one."),
    ] = None
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Start with the integrations and mappings of a manifest, such as jebbit.toml.",
        ),
    ] = None
    var: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Value of ${NAME} in the manifest. Repeatable."),
    ] = None
    secrets_dir: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Read shared secrets from DIR/NAME.secret, as integrations apply writes them. Without a "
            "file, an integration gets a random secret.",
        ),
    ] = None


def sandbox_options(context: Context, behaviour: BehaviourOptions, start: StartOptions) -> SandboxOptions:
    """Return what the options say.

    Raises:
        UsageError: they contradict each other, or a file cannot be read or is not valid.
        CredentialsError: the client id or secret is not usable.
    """
    from jebbitctl.sandbox.server import SandboxOptions
    from jebbitctl.sandbox.storms import parse_faults

    if start.allow_remote and start.host == StartOptions().host:
        raise UsageError(
            "--allow-remote requires --host", hint="--host 0.0.0.0 listens on all addresses of this machine"
        )
    for option, value in {"--var": start.var, "--secrets-dir": start.secrets_dir}.items():
        if value is not None and value != [] and start.from_ is None:
            raise UsageError(f"{option} requires --from FILE")
    if start.secrets_dir is not None and not context.environment.expand_home(start.secrets_dir).is_dir():
        raise UsageError(
            f"--secrets-dir {start.secrets_dir}: not a directory",
            hint="without the option, each integration gets a random secret",
        )
    return SandboxOptions(
        host=start.host,
        port=start.port,
        allow_remote=start.allow_remote,
        deliver_to=tuple(start.deliver_to or ()),
        client_id=None
        if start.client_id is None
        else clean_credential(start.client_id, source="--client-id"),
        client_secret=_secret(context, start.client_secret_file, option="--client-secret-file"),
        initial=_initial_integrations(context, start),
        faults={} if behaviour.faults is None else parse_faults(behaviour.faults),
        seed=behaviour.seed,
        businesses=behaviour.businesses,
        integrations=behaviour.integrations,
        token_lifetime=behaviour.token_lifetime,
        latency_ms=behaviour.latency,
        fail_rate=behaviour.fail_rate,
        dialect=behaviour.dialect,
        service_name=behaviour.service_name,
        error_style=behaviour.error_style,
        visits=behaviour.visits,
    )


def warn_of_remote_use(context: Context, start: StartOptions) -> None:
    """Say what ``--allow-remote`` opens."""
    if start.allow_remote:
        context.output.warn(
            f"other machines that reach {start.host} can use this sandbox, and credentials travel over plain "
            "HTTP"
        )


def _secret(context: Context, path: str | None, *, option: str) -> str | None:
    """Return the secret in a file, which output masks from now on; None without a path."""
    if path is None:
        return None
    text = read_text_input(str(context.environment.expand_home(path)), option=option)
    return register_secret(clean_credential(text, source=f"the secret in {path}"))


def _shared_secret(context: Context, directory: str | None, name: str) -> dict[str, str]:
    """Return the attribute with an integration's secret, if there is a file with it."""
    file = None if directory is None else context.environment.expand_home(directory) / f"{name}.secret"
    secret = _secret(context, str(file), option="--secrets-dir") if file and file.exists() else None
    return {} if secret is None else {"shared_secret": secret}


def _initial_integrations(context: Context, start: StartOptions) -> tuple[InitialIntegration, ...]:
    """Return the integrations of a manifest, none without one."""
    if start.from_ is None:
        return ()
    from jebbitctl.api.integrations import WEBHOOKS, same_service
    from jebbitctl.commands.integrations.manifests import load_manifest
    from jebbitctl.sandbox.behaviour import WEBHOOKS as OWN_WEBHOOKS
    from jebbitctl.sandbox.setup import InitialIntegration

    return tuple(
        InitialIntegration(
            spec.name,
            spec.business,
            spec.id,
            OWN_WEBHOOKS if same_service(spec.service_name, WEBHOOKS) else spec.service_name,
            {**spec.attributes, **_shared_secret(context, start.secrets_dir, spec.name)},
            [
                {"jebbit_var": one.jebbit_var, "client_var": one.client_var, "default": one.default or None}
                for one in spec.mappings or ()
            ],
        )
        for spec in load_manifest(context, start.from_, start.var, option="--from").integrations
    )
