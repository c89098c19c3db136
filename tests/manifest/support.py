"""Helpers for tests of manifests against a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api.client import Client
from jebbitctl.api.oauth import ClientCredentials, request_token
from jebbitctl.authentication import GivenToken
from jebbitctl.manifest.carrying_out import Applier
from jebbitctl.manifest.inventory import fetch_current_state
from jebbitctl.manifest.plan import plan
from jebbitctl.manifest.reading import load
from tests.scripted import attributes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.transport import Transport
    from jebbitctl.manifest.plan import Plan
    from jebbitctl.manifest.reading import Manifest
    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.storage.secret_files import SecretFiles
    from tests.support import Cli

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
    """Return a client with a token of the sandbox's."""
    credentials = ClientCredentials(
        sandbox.url, "public-api", sandbox.state.client_id, sandbox.state.client_secret
    )
    return Client(transport, sandbox.url, GivenToken(request_token(transport, credentials)))


def planned(client: Client, manifest: Manifest, *, prune: bool = False) -> Plan:
    return plan(manifest, {None: fetch_current_state(client, manifest.of(None))}, prune=prune)


def applied(
    client: Client, text: str, *, prune: bool = False, secrets: SecretFiles | None = None
) -> list[str]:
    """Do what ``apply`` does; return the actions that were carried out."""
    manifest = load(text.encode(), "jebbit.toml")
    found = planned(client, manifest, prune=prune)
    applier = Applier({None: client}, found, secrets)
    applier.write_pending_secrets(manifest.integrations)
    for step in found.steps:
        applier.execute(step)
    return [step.action for step in found.steps]


def state_of(sandbox: Sandbox) -> list[tuple[str, Any, Any]]:
    """Return what a sandbox holds, without what differs from run to run."""
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


VOLATILE = {"created_at", "updated_at", "shared_secret"}


def write(cli: Cli, text: str = SPRING) -> str:
    """Write a manifest into a command's home; return its path."""
    path = cli.home / "jebbit.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows(out: str) -> Iterator[list[str]]:
    """Yield the cells of tab-separated lines."""
    return (line.split("\t") for line in out.splitlines())
