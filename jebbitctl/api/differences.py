"""Compares the attributes of a resource with desired ones. What Jebbit did not say is unknown.

Unknown is neither absent, nor off, nor empty: it is no difference, and it is never overwritten unasked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.errors import RejectedError
from jebbitctl.util.redaction import redact_attribute
from jebbitctl.util.urls import normalize_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

OPTIONS = "additional_options"
"""The attribute of an integration that holds nested attributes."""
_NESTED = f"{OPTIONS}."
"""How the dotted name of a nested attribute begins."""
ENDPOINT = "endpoint"
HOST = "host"
"""The attribute of an integration that Jebbit may show instead of its endpoint."""
SERVICE = "service_name"
WEBHOOK_SERVICES = ("webhooks_standard", "webhook")
"""The names of the one service of webhooks in Jebbit's documents."""
_SCALARS = (str, bool, int, type(None))
UNKNOWN = "unknown"
"""How messages show a value that Jebbit does not say."""


class Difference(NamedTuple):
    """One attribute that differs from what is desired; nested attributes have dotted names."""

    name: str
    current: Any
    desired: Any

    @property
    def shown(self) -> Difference:
        """The difference as people may see it, without credentials."""
        current, desired = (redact_attribute(self.name, value) for value in (self.current, self.desired))
        return Difference(self.name, current, desired)


def diff(current: Mapping[str, Any], desired: Mapping[str, Any]) -> list[Difference]:
    """Return the desired attributes that surely differ from the current ones.

    A missing attribute is unknown, and no difference; see :func:`unknown`. ``additional_options`` is always
    returned whole, so an option that is not in it is not set: it counts as null.
    """
    return [
        Difference(name, now, value)
        for name, value in dotted(desired).items()
        if _is_known(current, name) and not _equal(name, now := _value(current, name), value)
    ]


def unknown(current: Mapping[str, Any], desired: Mapping[str, Any]) -> list[str]:
    """Return the names of the desired attributes that Jebbit did not say; nested ones have dotted names."""
    return [name for name in dotted(desired) if not _is_known(current, name)]


def without(desired: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return desired attributes without those of these dotted names."""
    rest = {name: value for name, value in desired.items() if name not in names}
    if isinstance(options := rest.get(OPTIONS), dict):
        rest[OPTIONS] = {name: value for name, value in options.items() if f"{OPTIONS}.{name}" not in names}
        if options and not rest[OPTIONS]:
            del rest[OPTIONS]
    return rest


def creation(desired: Mapping[str, Any]) -> list[Difference]:
    """Return the attributes of a new resource as differences from nothing."""
    return [Difference(name, None, value) for name, value in dotted(desired).items()]


def patch(current: Mapping[str, Any], desired: Mapping[str, Any], *, force: bool = False) -> dict[str, Any]:
    """Return the attributes to send: those that differ or are unknown, but ``additional_options`` whole.

    A PATCH merges attributes, but it may replace the nested object, so unchanged options are sent, too.

    Args:
        current: the attributes at Jebbit.
        desired: the attributes to set.
        force: if the current options are unknown, send the desired ones alone.

    Raises:
        RejectedError: the current options are unknown, so that others might be turned off.
    """
    merged = dict(desired)
    if isinstance(options := desired.get(OPTIONS), dict):
        if options and not knows(current, [OPTIONS]) and not force:
            raise RejectedError(
                f"Jebbit does not say the {OPTIONS} that are set now; sending only {', '.join(options)} may "
                "turn the others off"
            )
        merged[OPTIONS] = {**options_in(current), **options}
        if not merged[OPTIONS] and not knows(current, [OPTIONS]):
            del merged[OPTIONS]
    return {
        name: value
        for name, value in merged.items()
        if name not in current or not _equal(name, current[name], value)
    }


def knows(attributes: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether Jebbit said all these attributes, and did not put something else in their place."""
    return all(name in attributes and not _is_withheld(attributes, name) for name in names)


def _is_known(attributes: Mapping[str, Any], dotted_name: str) -> bool:
    """Whether Jebbit said an attribute; it says all nested ones or none."""
    name = OPTIONS if dotted_name.startswith(_NESTED) else dotted_name
    return name in attributes and not _is_withheld(attributes, name)


def _is_withheld(attributes: Mapping[str, Any], name: str) -> bool:
    """Whether a value only stands for the one that Jebbit does not show.

    Options are an object or null. A webhook always has a URL as its endpoint, other services may have none.
    """
    value = attributes[name]
    if name == OPTIONS:
        return value is not None and not isinstance(value, dict)
    if name != ENDPOINT or (isinstance(value, str) and "//" in value):
        return False
    may_be_webhook = attributes.get(SERVICE, "webhook") in WEBHOOK_SERVICES
    return may_be_webhook or (value is None and attributes.get(HOST) is not None)


def may_be_off(attributes: Mapping[str, Any], change: Difference) -> bool:
    """Whether a missing option may be off, as desired: Jebbit may show only options that are on."""
    return (
        change.name.startswith(_NESTED)
        and change.desired in (False, "", None)
        and change.name not in dotted(attributes)
    )


def options_in(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nested options, an empty dict if the service sent something else."""
    options = attributes.get(OPTIONS)
    return options if isinstance(options, dict) else {}


def dotted(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes with each nested option under a dotted name."""
    flat = {name: value for name, value in attributes.items() if name != OPTIONS}
    if OPTIONS in attributes and not isinstance(attributes[OPTIONS], dict):
        flat[OPTIONS] = attributes[OPTIONS]
    return flat | {f"{_NESTED}{name}": value for name, value in options_in(attributes).items()}


def _value(attributes: Mapping[str, Any], dotted_name: str) -> Any:
    """Return the value of an attribute, which may be a nested one; null if there is none."""
    if dotted_name.startswith(_NESTED):
        return options_in(attributes).get(dotted_name.removeprefix(_NESTED))
    value = attributes.get(dotted_name)
    return None if dotted_name == OPTIONS and isinstance(value, dict) else value


def _equal(name: str, one: Any, other: Any) -> bool:
    """Compare as JSON, where true is not 1; endpoints as URLs."""
    if type(one) is type(other) and type(one) in _SCALARS and one == other:
        return True  # the usual case
    if name == ENDPOINT and isinstance(one, str) and isinstance(other, str):
        return normalize_url(one) == normalize_url(other)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
