"""Helpers for tests of manifests against a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api.client import Client
from jebbitctl.api.creations import Creations
from jebbitctl.auth.oauth import ClientCredentials, request_token
from jebbitctl.auth.tokens import StaticTokenSource
from jebbitctl.manifest.apply import Applier
from jebbitctl.manifest.current_state import fetch_current_state
from jebbitctl.manifest.load import load
from jebbitctl.manifest.plan import plan_changes
from tests.scripted_server import add, add_mapping, attributes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.transport import Transport
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.plan import Plan
    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.storage.secret_files import SecretFiles
    from tests.support import Cli

VOLATILE = {
    *("created_at", "updated_at", "shared_secret"),
    *("attached_at", "created_in_dashboard", "mappings", "static_values"),
}
"""Attributes that differ from run to run, or that no client can write."""
SPRING = """\
version = 1

[integrations.spring]
endpoint = "https://hooks.example.com/spring"
region = "eu"
additional_options.hash_pii = true
mappings = [
  { jebbit_var = "Outcome", client_var = "bucket", default = "none" },
  { jebbit_var = "email", client_var = "mail" },
]
"""


def client_for(sandbox: Sandbox, transport: Transport) -> Client:
    """Return a client with a token of the sandbox."""
    credentials = ClientCredentials(
        sandbox.url, "public-api", sandbox.state.client_id, sandbox.state.client_secret
    )
    return Client(transport, sandbox.url, StaticTokenSource(request_token(transport, credentials)))


def make_plan(client: Client, manifest: Manifest, *, prune: bool = False) -> Plan:
    """Compare a manifest with the current state of the business in use."""
    return plan_changes(manifest, {None: fetch_current_state(client, manifest.of(None))}, prune=prune)


def apply(client: Client, text: str, *, prune: bool = False, secrets: SecretFiles | None = None) -> list[str]:
    """Apply a manifest as the command does; return the actions."""
    manifest = load(text.encode(), "jebbit.toml", {})
    plan = make_plan(client, manifest, prune=prune)
    creations: dict[str | None, Creations] = {None: Creations(lambda _: None)}
    applier = Applier({None: client}, plan, creations, secrets)
    applier.write_pending_secrets(manifest.integrations)
    for step in plan.steps:
        applier.execute(step)
    return [step.action for step in plan.steps]


def state_of(sandbox: Sandbox) -> list[tuple[str, Any, Any]]:
    """Return the integrations and mappings in a sandbox, without attributes that differ from run to run."""
    mappings = attributes_of(sandbox, "integration_mappings").values()
    return sorted(
        (
            str(attributes["service_name"]),
            sorted((k, repr(v)) for k, v in attributes.items() if k not in VOLATILE),
            sorted(
                (m["jebbit_var"], m["client_var"], m["default"] or "")
                for m in mappings
                if m["integration_id"] == id_
            ),
        )
        for id_, attributes in attributes_of(sandbox, "integrations").items()
    )


def spring(sandbox: Sandbox, **attributes: object) -> str:
    """Store the integration that ``SPRING`` declares, apart from these attributes; return its id."""
    id_ = add(
        sandbox,
        "integrations",
        **{
            "service_name": "webhooks_standard",
            "endpoint": "https://hooks.example.com/spring",
            "region": "eu",
            "is_active": True,
            "additional_options": {"hash_pii": True, "other": 1},
            "shared_secret": "kept-secret",
            **attributes,
        },
    )
    add_mapping(sandbox, "Outcome", "bucket", "none", integration=id_)
    add_mapping(sandbox, "email", "mail", integration=id_)
    return id_


def write(cli: Cli, text: str = SPRING) -> str:
    """Write a manifest into a command's home; return its path."""
    path = cli.home / "jebbit.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows(out: str) -> Iterator[list[str]]:
    """Yield the cells of tab-separated lines."""
    return (line.split("\t") for line in out.splitlines())
