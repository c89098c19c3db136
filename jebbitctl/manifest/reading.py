"""Reading a manifest: from a file's bytes to what should exist, every mistake named by file, line and key."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.manifest.checks import ManifestError
from jebbitctl.manifest.lines import line_of
from jebbitctl.manifest.schema import integrations_of, require_sendable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jebbitctl.manifest.schema import Integration

_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What should exist.

    Attributes:
        name: the file's, for messages.
        text: the file's, with lines that end in a line feed only.
        newline: how they end in the file.
        integrations: in the file's order, with their endpoints expanded.
        businesses: those that it is about, in its order; None is the one in use, and then the only one.
    """

    name: str
    text: str
    newline: str
    integrations: tuple[Integration, ...]
    businesses: tuple[str | None, ...]

    @property
    def in_sections(self) -> bool:
        """Whether it names the businesses that it is about."""
        return self.businesses != (None,)

    def of(self, business: str | None) -> list[Integration]:
        """Return what should exist in one business."""
        return [integration for integration in self.integrations if integration.business == business]

    def told(self, mistake: ManifestError) -> str:
        """Return a mistake in words: the file, the line, the key and what is wrong."""
        key = _dotted(mistake.path)
        where = f"{self.name}, line {line_of(self.text, mistake.path)}"
        return f"{where}: {key}: {mistake.problem}" if key else f"{self.name}: {mistake.problem}"


def read(content: bytes, name: str) -> Manifest:
    """Return the manifest that a file holds.

    Args:
        content: the file.
        name: what to call it in messages.

    Raises:
        UsageError: it is no manifest, or a variable is not set that an endpoint names.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: this is not UTF-8 text") from None
    document = _parsed(text, name)
    manifest = Manifest(name, text, "\r\n" if b"\r\n" in content else "\n", (), (None,))
    try:
        integrations = tuple(_expanded(integration) for integration in integrations_of(document))
        _require_distinct(integrations)
    except ManifestError as mistake:
        raise UsageError(manifest.told(mistake), hint=mistake.hint) from None
    businesses = tuple(document["businesses"]) if "businesses" in document else (None,)
    return replace(manifest, integrations=integrations, businesses=businesses)


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{name}: it nests too deep") from None
    except ValueError as error:  # TOMLDecodeError, or a number that Python refuses
        problem, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        number = int(line[1]) if line else text.rstrip("\n").count("\n") + 1
        where = f"{name}, line {number}" if place else name
        raise UsageError(f"{where}: {problem}", hint="the language is described at https://toml.io") from None


def _expanded(integration: Integration) -> Integration:
    """Return an integration with its endpoint as it is to be sent.

    One that is found by its id may have any endpoint, such as one that was made in the dashboard.
    """
    if "endpoint" not in integration.attributes:
        return integration
    try:
        endpoint = expanded(integration.attributes["endpoint"], os.environ)
    except ValueError as error:
        raise ManifestError(
            (*integration.path, "endpoint"), str(error), "set it; where ${ is meant itself, write $${"
        ) from None
    integration = replace(integration, attributes={**integration.attributes, "endpoint": endpoint})
    if integration.id is None:
        require_sendable(integration)
    return integration


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Return text with each ``${NAME}`` replaced by a variable's value, and each ``$${`` by ``${``.

    Raises:
        ValueError: one is not set or empty, or is no variable's name; the message says which.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        if not match[2] or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", match[1]):
            raise ValueError(f"{match[0]} is not ${{NAME}}")
        if not (found := environment.get(match[1])):
            raise ValueError(
                f"the environment variable {match[1]} is {'not set' if found is None else 'empty'}"
            )
        return found

    return _VARIABLE.sub(value, text)


def escaped(text: str) -> str:
    """Return text that :func:`expanded` turns into this one."""
    return text.replace("${", "$${")


def _require_distinct(integrations: Iterable[Integration]) -> None:
    """Two entries must not mean the same integration."""
    seen: dict[Any, Integration] = {}
    for integration in integrations:
        found_by = integration.id or integration.where
        other = seen.setdefault((integration.business, found_by), integration)
        if other is not integration:
            key = "id" if integration.id else "endpoint"
            raise ManifestError(
                (*integration.path, key), f"{other.name} has the same {key}", "each needs its own"
            )


def _dotted(path: tuple[str | int, ...]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")
