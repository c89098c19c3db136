"""The options that set an integration's attributes, the same for ``create`` and ``update``."""

from __future__ import annotations

from typing import Any

from typer.core import TyperOption

from jebbitctl.api.integrations import REGIONS
from jebbitctl.api.resources import OPTIONS
from jebbitctl.commands.common import ApiCommand
from jebbitctl.commands.completing import one_of
from jebbitctl.errors import UsageError
from jebbitctl.text import parse_json

SWITCHES = {
    "active/inactive": ("is_active", "Deliver visitors' answers, or only tests."),
    "hash-pii/no-hash-pii": (f"{OPTIONS}.hash_pii", "Hash personal data."),
    "include-url-params/no-include-url-params": (f"{OPTIONS}.include_url_params", "Send URL parameters."),
    "include-sub-channel/no-include-sub-channel": (
        f"{OPTIONS}.include_sub_channel",
        "Send the sub-channel.",
    ),
    "include-outcome-names/no-include-outcome-names": (
        f"{OPTIONS}.include_outcome_names",
        "Send outcomes' names.",
    ),
    "require-outcomes/no-require-outcomes": (
        f"{OPTIONS}.require_outcomes",
        "Only send sessions with an outcome.",
    ),
    "include-uids/no-include-uids": ("include_uids", "Send user ids."),
    "require-opt-in/no-require-opt-in": ("require_opt_in", "Only send visitors who opted in."),
    "include-mapped-attributes/no-include-mapped-attributes": (
        "include_mapped_attributes",
        "Send attributes under their mapped names.",
    ),
}
"""On/off options, each with the attribute it sets."""

TEXTS = {
    "region": ("region", "us|eu", "Where Jebbit processes the data."),
    "campaign-name-filter": (
        f"{OPTIONS}.campaign_name_filter",
        "TEXT",
        "Only campaigns whose title has this.",
    ),
}
_ASKED = "jebbitctl.attributes"
_NOT_SETTABLE = {"id", "type", "shared_secret", "created_at", "updated_at"}


class AttributesCommand(ApiCommand):
    """A command whose attribute options arrive as one nested mapping, see :func:`asked_of`."""

    def __init__(self, name: str | None, **settings: Any) -> None:
        texts = [
            TyperOption(
                param_decls=[f"--{option}"],
                metavar=metavar,
                help=help_,
                autocompletion=one_of(*REGIONS) if option == "region" else None,
            )
            for option, (_, metavar, help_) in TEXTS.items()
        ]
        switches = [
            TyperOption(
                param_decls=["--{}/--{}".format(*option.split("/"))], is_flag=True, default=None, help=help_
            )
            for option, (_, help_) in SWITCHES.items()
        ]
        further = TyperOption(
            param_decls=["--set", "set_"],
            multiple=True,
            metavar="NAME=JSON",
            help="An attribute without an option of its own; repeatable.",
        )
        params = [*(settings.get("params") or []), *texts, *switches, further]
        super().__init__(name, **{**settings, "params": params})

    def invoke(self, ctx: Any) -> Any:
        """Gather the attribute options out of the function's parameters."""
        given: list[tuple[str, Any]] = []
        for option, (path, *_) in {**TEXTS, **SWITCHES}.items():
            value = ctx.params.pop(option.partition("/")[0].replace("-", "_"))
            if value is not None:
                given.append((path, value))
        given += [_parsed(text) for text in ctx.params.pop("set_") or ()]
        ctx.meta[_ASKED] = _nested(given)
        return super().invoke(ctx)


def asked_of(ctx: Any, endpoint: str | None) -> dict[str, Any]:
    """Return the attributes that the command line asks for, ready to be sent.

    Raises:
        UsageError: the region is none of Jebbit's, or ``--set`` names the endpoint as well.
    """
    asked: dict[str, Any] = ctx.meta[_ASKED]
    require_region(asked.get("region"))
    if "endpoint" in asked:
        raise UsageError("--set cannot set the endpoint", hint="use --endpoint URL")
    return asked if endpoint is None else {"endpoint": endpoint, **asked}


def require_region(region: str | None) -> None:
    """Return when the region is one of Jebbit's, or none is named.

    Raises:
        UsageError: it is not.
    """
    if region is not None and region not in REGIONS:
        raise UsageError(f"--region {region!r} is not a region", hint=f"use {' or '.join(REGIONS)}")


def _parsed(text: str) -> tuple[str, Any]:
    """Split ``NAME=JSON``."""
    name, equals, value = text.partition("=")
    parts = name.split(".")
    if not equals or not all(parts) or len(parts) > 2 or (len(parts) == 2 and parts[0] != OPTIONS):  # noqa: PLR2004
        raise UsageError(f"--set {text!r} is not NAME=JSON", hint=f"such as --set {OPTIONS}.new_thing=true")
    if parts[0] in _NOT_SETTABLE:
        raise UsageError(f"--set cannot set {parts[0]}: Jebbit does")
    try:
        return name, parse_json(value)
    except ValueError:
        raise UsageError(
            f"--set {name}: {value!r} is not JSON", hint=f"""a text needs quotes: --set '{name}="{value}"'"""
        ) from None


def _nested(given: list[tuple[str, Any]]) -> dict[str, Any]:
    """Turn dotted names into nested mappings."""
    asked: dict[str, Any] = {}
    for path, value in given:
        outer, _, inner = path.partition(".")
        target = asked.setdefault(outer, {}) if inner else asked
        key = inner or outer
        if not isinstance(target, dict) or key in target:
            raise UsageError(f"{path} is given twice")
        target[key] = value
    return asked
