"""Loads a manifest: parses and validates a file. Every error names the file, the line and the key."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jebbitctl.manifest.mistakes import InvalidManifestError, ManifestMistake
from jebbitctl.manifest.positions import line_of
from jebbitctl.manifest.schema import parse_specs
from jebbitctl.manifest.toml_syntax import explain_syntax
from jebbitctl.manifest.validation import ManifestError
from jebbitctl.manifest.variables import expand, may_have_variables, variables_in
from jebbitctl.util.text_encodings import SAVE_AS_UTF_8, EncodingError, decode_utf_8

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jebbitctl.manifest.schema import IntegrationSpec
    from jebbitctl.manifest.validation import Problems


@dataclass(frozen=True, slots=True)
class Manifest:
    """A loaded manifest.

    Attributes:
        name: the file's name, for messages.
        text: the file's text, with LF line endings.
        newline: the file's own line ending.
        integrations: in the file's order, with their variables expanded.
        businesses: the ids in the file, in its order; ``(None,)``, the business in use, if it has none.
        variables: the names that its strings refer to.
    """

    name: str
    text: str
    newline: str
    integrations: tuple[IntegrationSpec, ...]
    businesses: tuple[str | None, ...]
    variables: frozenset[str]

    @property
    def has_sections(self) -> bool:
        """Whether the manifest has a section for each business."""
        return self.businesses != (None,)

    def of(self, business: str | None) -> list[IntegrationSpec]:
        """Return the integrations of one business."""
        return [integration for integration in self.integrations if integration.business == business]

    def mistake(self, error: ManifestError) -> ManifestMistake:
        """Return an error with its line."""
        line = line_of(self.text, error.path) if error.path else None
        return ManifestMistake(line, _dotted(error.path) or None, error.problem, error.hint)

    def describe(self, error: ManifestError) -> str:
        """Return an error as text: the file, the line, the key and the problem."""
        return self.usage_error(error).message

    def usage_error(self, *errors: ManifestError) -> InvalidManifestError:
        """Return the error to show a user."""
        mistakes = sorted(map(self.mistake, errors), key=lambda mistake: mistake.line or 0)
        return InvalidManifestError.of(self.name, mistakes)


def load(content: bytes, name: str, variables: Mapping[str, str]) -> Manifest:
    """Parse and validate a manifest.

    Args:
        content: of the file.
        name: of the file, for messages.
        variables: what ``${NAME}`` in its strings may stand for.

    Raises:
        InvalidManifestError: it is not a valid manifest, or uses another variable. It has all mistakes.
    """
    try:
        text = decode_utf_8(content).replace("\r\n", "\n")
    except EncodingError as error:
        mistake = ManifestMistake(error.line, None, error.problem, SAVE_AS_UTF_8)
        raise InvalidManifestError.of(name, [mistake]) from None
    document = _parse(text, name)
    newline = "\r\n" if b"\r\n" in content else "\n"
    unset: Problems = []
    used: set[str] = set()
    if may_have_variables(text):
        used, document = variables_in(document), expand(document, variables, unset)
    manifest = Manifest(name, text, newline, (), (None,), frozenset(used))
    integrations, problems = _validate(document, unset)
    if problems:
        raise manifest.usage_error(*problems)
    businesses = tuple(document["businesses"]) if "businesses" in document else (None,)
    return replace(manifest, integrations=integrations, businesses=businesses)


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InvalidManifestError.of(name, [ManifestMistake(None, None, "nested too deep")]) from None
    except ValueError as error:  # TOMLDecodeError, or a number that Python refuses
        problem, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+)", place)
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        advice = explain_syntax(text, line, problem)
        mistake = ManifestMistake(line if place else None, None, *advice)
        raise InvalidManifestError.of(name, [mistake]) from None


def _validate(document: dict[str, Any], unset: Problems) -> tuple[tuple[IntegrationSpec, ...], Problems]:
    """Return the valid specs of a document, and all its problems.

    Args:
        document: with its variables expanded.
        unset: the problems of that.
    """
    problems: Problems = []
    specs = tuple(parse_specs(document, problems))
    _check_distinct(specs, problems)
    # what a check says about a value that could not be expanded follows from that
    places = {error.path for error in unset}
    return specs, [*unset, *(error for error in problems if error.path not in places)]


def _check_distinct(specs: Iterable[IntegrationSpec], problems: Problems) -> None:
    """Check that no two specs match the same integration."""
    first: dict[Any, IntegrationSpec] = {}
    for spec in specs:
        other = first.setdefault((spec.business, spec.id or spec.match_key), spec)
        if other is not spec:
            key = "id" if spec.id else "endpoint"
            problem = f"{other.name} has the same {key}"
            problems.append(ManifestError((*spec.path, key), problem, f"use each {key} once"))


def _dotted(path: tuple[str | int, ...]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")
