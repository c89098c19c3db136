"""Options that set an integration's attributes, for create and update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

from jebbitctl.api import integrations
from jebbitctl.api.differences import ENDPOINT, OPTIONS
from jebbitctl.errors import UsageError
from jebbitctl.util import shell
from jebbitctl.util.redaction import MASK, holds_mask, redact_attribute, register_credentials
from jebbitctl.util.text import json_text, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping


class AttributeOptions(NamedTuple):
    """One option for each attribute, and ``--set`` for all others."""

    region: Annotated[integrations.Region | None, typer.Option(help="Where Jebbit processes the data.")] = (
        None
    )
    campaign_name_filter: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only send answers from campaigns whose title contains TEXT."),
    ] = None
    active: Annotated[
        bool | None,
        typer.Option(
            "--active/--inactive",
            help="Deliver visitors' answers. If inactive, only test deliveries are sent.",
        ),
    ] = None
    hash_pii: Annotated[bool | None, typer.Option("--hash-pii/--no-hash-pii", help="Hash personal data.")] = (
        None
    )
    include_url_params: Annotated[
        bool | None,
        typer.Option("--include-url-params/--no-include-url-params", help="Send URL parameters."),
    ] = None
    include_sub_channel: Annotated[
        bool | None,
        typer.Option("--include-sub-channel/--no-include-sub-channel", help="Send the sub-channel."),
    ] = None
    include_outcome_names: Annotated[
        bool | None,
        typer.Option("--include-outcome-names/--no-include-outcome-names", help="Send outcome names."),
    ] = None
    require_outcomes: Annotated[
        bool | None,
        typer.Option(
            "--require-outcomes/--no-require-outcomes", help="Only send answers of sessions with an outcome."
        ),
    ] = None
    include_uids: Annotated[
        bool | None, typer.Option("--include-uids/--no-include-uids", help="Send user ids.")
    ] = None
    require_opt_in: Annotated[
        bool | None,
        typer.Option(
            "--require-opt-in/--no-require-opt-in", help="Only send answers of visitors who opted in."
        ),
    ] = None
    include_mapped_attributes: Annotated[
        bool | None,
        typer.Option(
            "--include-mapped-attributes/--no-include-mapped-attributes",
            help="Send attributes under their mapped names.",
        ),
    ] = None
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=JSON", help="Set an attribute that has no option. Repeatable."),
    ] = None


def attribute_help() -> dict[str, str]:
    """Return the help of each option, by the dotted name of the attribute that it sets."""
    hints = get_type_hints(AttributeOptions, include_extras=True)
    options = {_attribute(field): hint.__metadata__[0] for field, hint in hints.items() if field != "set_"}
    return {name: str(option.help) for name, option in options.items()}


def requested_attributes(options: AttributeOptions, endpoint: str | None) -> dict[str, Any]:
    """Return the attributes to send.

    Raises:
        UsageError: ``--set`` is not valid, an attribute is set twice, or Jebbit has no such region.
    """
    pairs: list[tuple[str, Any]] = []
    for option, value in options._asdict().items():
        if value is not None and option != "set_":
            pairs.append((_attribute(option), value))
    pairs += [_parse(text) for text in options.set_ or ()]
    requested = _nest(pairs)
    register_credentials(requested)
    region = requested.get("region")
    if region is not None and region not in integrations.REGIONS:
        raise UsageError(f"{region!r} is not a region", hint=f"use {' or '.join(integrations.REGIONS)}")
    if "endpoint" in requested:
        raise UsageError("--set cannot set the endpoint", hint="use --endpoint URL")
    return requested if endpoint is None else {"endpoint": endpoint, **requested}


def update_command(id_: str, values: Mapping[str, Any]) -> str:
    """Return the command that sets attributes of an integration; nested ones have dotted names.

    Instead of a credential, it has a placeholder, with which it is not valid.
    """
    options = [word for name, value in values.items() for word in _option(name, value)]
    return shell.join(["jebbitctl", "integrations", "update", id_, *options])


def _option(name: str, value: Any) -> list[str]:
    """Return the words that set an attribute; ``--set`` if it has no option for this value."""
    options = {_attribute(field): field.replace("_", "-") for field in AttributeOptions._fields}
    option = {**options, ENDPOINT: ENDPOINT}.get(name)
    if option is not None and isinstance(value, bool):
        negative = "inactive" if option == "active" else f"no-{option}"
        return [f"--{option if value else negative}"]
    if option is not None and isinstance(value, str):
        return [f"--{option}", value]
    text = json_text(redact_attribute(name, value))
    return ["--set", f"{name}={'VALUE' if MASK in text else text}"]


def _attribute(option: str) -> str:
    """Return the dotted name of the attribute that an option sets."""
    if option == "active":
        return "is_active"
    return f"{OPTIONS}.{option}" if option in integrations.OPTION_TYPES else option


def _parse(text: str) -> tuple[str, Any]:
    """Return the name and the value of ``--set NAME=JSON``."""
    name, equals, value = text.partition("=")
    parts = name.split(".")
    if not equals or not all(parts) or len(parts) > 2 or (len(parts) == 2 and parts[0] != OPTIONS):  # noqa: PLR2004
        raise UsageError(
            f"--set {text!r} is not NAME=JSON", hint=f"for example: --set {OPTIONS}.new_thing=true"
        )
    if parts[0] in integrations.READ_ONLY:
        raise UsageError(f"--set cannot set {parts[0]}, which only Jebbit sets")
    if holds_mask(value):
        raise UsageError(
            f"--set {name} is masked ({MASK}), as output shows a credential",
            hint="give the value itself; integrations get shows it with --show-secret",
        )
    try:
        return name, parse_json(value)
    except ValueError:
        shown = redact_attribute(name, value)
        raise UsageError(
            f"--set {name}: {shown!r} is not JSON", hint=f"""quote strings: --set '{name}="{shown}"'"""
        ) from None


def _nest(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return attributes with the dotted names nested.

    Raises:
        UsageError: two names contradict each other.
    """
    nested: dict[str, Any] = {}
    for path, value in pairs:
        outer, _, inner = path.partition(".")
        target = nested.setdefault(outer, {}) if inner else nested
        key = inner or outer
        if not isinstance(target, dict) or key in target:
            raise UsageError(f"{path} is set twice")
        target[key] = value
    return nested
