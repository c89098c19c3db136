"""Reads a manifest and plans the changes, for diff and apply."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.manifest.current_state import fetch_current_state
from jebbitctl.manifest.load import load
from jebbitctl.manifest.plan import plan_changes
from jebbitctl.manifest.variables import is_variable_name
from jebbitctl.util.inputs import read_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context
    from jebbitctl.manifest.current_state import CurrentState
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.plan import Plan


def variables_for(context: Context, given: Sequence[str] | None) -> dict[str, str]:
    """Return what a manifest's ``${NAME}`` may stand for: ``--var`` overrides the environment.

    Raises:
        UsageError: a value of ``--var`` is not NAME=VALUE, or names a variable twice.
    """
    named: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not is_variable_name(name):
            raise UsageError(
                f"--var {text!r} is not NAME=VALUE", hint="for example: --var HOOKS_HOST=example.com"
            )
        if name in named:
            raise UsageError(f"--var sets {name} twice")
        named[name] = value
    return {**context.environment.manifest_variables(), **named}


def load_manifest(
    context: Context, file: str, given: Sequence[str] | None, *, option: str = "FILE"
) -> Manifest:
    """Return the manifest in a file.

    Args:
        context: of the command.
        file: its path, ``-`` for standard input.
        given: the values of ``--var``.
        option: what names the file, for errors.

    Raises:
        UsageError: the file cannot be read, or is not valid; or ``--var`` is not valid, or names a variable
            that the manifest does not use.
    """
    name = "standard input" if file == "-" else file
    variables = variables_for(context, given)
    manifest = load(read_input(file, option=option), name, variables)
    for text in given or ():
        if (unused := text.partition("=")[0]) not in manifest.variables:
            raise UsageError(f"{name} does not use the variable {unused} of --var")
    return manifest


def read_manifest(context: Context, file: str, given: Sequence[str] | None) -> Manifest:
    """Return the manifest in a file, limited to the business that ``--business`` names.

    Raises:
        UsageError: as for :func:`load_manifest`, or it has no section for that business.
    """
    manifest = load_manifest(context, file, given)
    business = context.options.business
    if not manifest.has_sections or business is None:
        return manifest
    if business not in manifest.businesses and (found := context.business):
        business = found
    if business not in manifest.businesses:
        raise UsageError(f"{manifest.name} has no section for business {business}")
    return replace(manifest, integrations=tuple(manifest.of(business)), businesses=(business,))


def clients_for(context: Context, businesses: Iterable[str | None]) -> dict[str | None, Client]:
    """Return a client for each business; None is the business in use."""
    return {
        business: context.client if business is None else context.client.for_business(business)
        for business in businesses
    }


def account_options(context: Context) -> list[str]:
    """Return the options with which another command uses the same account and business."""
    named = (("--profile", context.options.profile), ("--business", context.options.business))
    return [word for option, value in named if value is not None for word in (option, value)]


def fetch_states(
    manifest: Manifest, clients: dict[str | None, Client], *, all_attributes: bool = False
) -> dict[str | None, CurrentState]:
    """Fetch the current state of each business, in two requests per business."""
    return {
        business: fetch_current_state(client, manifest.of(business), all_attributes=all_attributes)
        for business, client in clients.items()
    }


def make_plan(manifest: Manifest, clients: dict[str | None, Client]) -> Plan:
    """Fetch the current state and compare it with a manifest."""
    return plan_changes(manifest, fetch_states(manifest, clients))
