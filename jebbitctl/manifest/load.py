"""Loads a manifest: parses and validates a file. Every error names the file, the line and the key."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.manifest.positions import line_of
from jebbitctl.manifest.schema import parse_specs, require_sendable
from jebbitctl.manifest.validation import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jebbitctl.manifest.schema import IntegrationSpec

_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A loaded manifest.

    Attributes:
        name: the file's name, for messages.
        text: the file's text, with LF line endings.
        newline: the file's own line ending.
        integrations: in the file's order, with variables in endpoints expanded.
        businesses: the ids in the file, in its order; ``(None,)``, the business in use, if it has none.
    """

    name: str
    text: str
    newline: str
    integrations: tuple[IntegrationSpec, ...]
    businesses: tuple[str | None, ...]

    @property
    def has_sections(self) -> bool:
        """Whether the manifest has a section for each business."""
        return self.businesses != (None,)

    def of(self, business: str | None) -> list[IntegrationSpec]:
        """Return the integrations of one business."""
        return [integration for integration in self.integrations if integration.business == business]

    def describe(self, error: ManifestError) -> str:
        """Return an error as text: the file, the line, the key and the problem."""
        key = _dotted(error.path)
        where = f"{self.name}, line {line_of(self.text, error.path)}"
        return f"{where}: {key}: {error.problem}" if key else f"{self.name}: {error.problem}"

    def usage_error(self, error: ManifestError) -> UsageError:
        """Return the error to show a user."""
        return UsageError(self.describe(error), hint=error.hint)


def load(content: bytes, name: str, variables: Mapping[str, str]) -> Manifest:
    """Parse and validate a manifest.

    Args:
        content: of the file.
        name: of the file, for messages.
        variables: the environment, for ``${NAME}`` in endpoints.

    Raises:
        UsageError: it is not a valid manifest, or an endpoint uses a variable that is not set.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: not UTF-8 text") from None
    document = _parse(text, name)
    manifest = Manifest(name, text, "\r\n" if b"\r\n" in content else "\n", (), (None,))
    try:
        integrations = tuple(_expand_endpoint(spec, variables) for spec in parse_specs(document))
        _require_distinct(integrations)
    except ManifestError as error:
        raise manifest.usage_error(error) from None
    businesses = tuple(document["businesses"]) if "businesses" in document else (None,)
    return replace(manifest, integrations=integrations, businesses=businesses)


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{name}: nested too deep") from None
    except ValueError as error:  # TOMLDecodeError, or a number that Python refuses
        problem, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        number = int(line[1]) if line else text.rstrip("\n").count("\n") + 1
        where = f"{name}, line {number}" if place else name
        raise UsageError(f"{where}: {problem}", hint="see the TOML reference: https://toml.io") from None


def _expand_endpoint(spec: IntegrationSpec, variables: Mapping[str, str]) -> IntegrationSpec:
    """Return a spec with the variables in its endpoint expanded.

    An integration that is matched by id may have any endpoint: it may come from the dashboard.
    """
    if "endpoint" not in spec.attributes:
        return spec
    try:
        endpoint = expand(spec.attributes["endpoint"], variables)
    except ValueError as error:
        raise ManifestError(
            (*spec.path, "endpoint"), str(error), "set the variable; write $${ for a literal ${"
        ) from None
    spec = replace(spec, attributes={**spec.attributes, "endpoint": endpoint})
    if spec.id is None:
        require_sendable(spec)
    return spec


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace each ``${NAME}`` with the variable's value, and each ``$${`` with ``${``.

    Raises:
        ValueError: a variable is not set or empty, or a name is invalid; the message says which.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        if not match[2] or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", match[1]):
            raise ValueError(f"{match[0]} is not ${{NAME}}")
        if not (found := variables.get(match[1])):
            raise ValueError(
                f"the environment variable {match[1]} is {'not set' if found is None else 'empty'}"
            )
        return found

    return _VARIABLE.sub(value, text)


def escape(text: str) -> str:
    """Escape text so that :func:`expand` returns it unchanged."""
    return text.replace("${", "$${")


def _require_distinct(specs: Iterable[IntegrationSpec]) -> None:
    """Check that no two specs match the same integration.

    Raises:
        ManifestError: two do.
    """
    first: dict[Any, IntegrationSpec] = {}
    for spec in specs:
        other = first.setdefault((spec.business, spec.id or spec.match_key), spec)
        if other is not spec:
            key = "id" if spec.id else "endpoint"
            raise ManifestError((*spec.path, key), f"{other.name} has the same {key}", f"use each {key} once")


def _dotted(path: tuple[str | int, ...]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")
