"""Options for what ``sandbox serve`` and ``sandbox run`` start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import SandboxOptions

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


def sandbox_options(behaviour: BehaviourOptions, **address: Any) -> SandboxOptions:
    """Return what the options say.

    Args:
        behaviour: the values of the options.
        **address: ``host`` and ``port``, if not the defaults.
    """
    from jebbitctl.sandbox.server import SandboxOptions

    return SandboxOptions(
        businesses=behaviour.businesses,
        integrations=behaviour.integrations,
        token_lifetime=behaviour.token_lifetime,
        latency_ms=behaviour.latency,
        fail_rate=behaviour.fail_rate,
        dialect=behaviour.dialect,
        service_name=behaviour.service_name,
        error_style=behaviour.error_style,
        visits=behaviour.visits,
        **address,
    )
