"""Checks mappings against each other and against the attributes of their business.

It decides only from what Jebbit said: what an answer leaves out is a finding of its own, never a mistake.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.api import attribute_lookup, resources
from jebbitctl.api.attribute_names import is_own_word
from jebbitctl.api.differences import UNKNOWN, knows
from jebbitctl.api.mappings import TYPE, list_mappings, to_text
from jebbitctl.api.resources import OWNER, format_value
from jebbitctl.diagnose.findings import State
from jebbitctl.util.ids import is_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.api.attribute_lookup import KnownAttributes
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

_NEEDED = (OWNER, "jebbit_var", "client_var")
PASSING_UNSAID = "whether attributes pass to integrations: Jebbit's answers do not say it in a known way"


class FindingKind(StrEnum):
    """What was found; a warning may be wanted."""

    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    NOT_PASSED = "not_passed"
    DUPLICATE = "duplicate"
    MAPPED_TWICE = "mapped_twice"
    CLASH = "clash"
    UNSAID = "unsaid"


class Advice(NamedTuple):
    """What to do about a finding; see :class:`MappingFinding`."""

    fix: str = ""
    command: tuple[str, ...] = ()


NONE = Advice()


@dataclass(frozen=True, slots=True)
class MappingFinding:
    """What is, or may be, wrong with mappings of one integration.

    Attributes:
        state: whether it is a mistake, may be wanted, or cannot be known.
        kind: what it is.
        integration: its id, None if Jebbit does not say it.
        mappings: their ids, newest first.
        message: what was seen.
        fix: what to do, or when the command is right.
        command: the words after ``jebbitctl`` of a command that may fix it; empty if there is none.
    """

    state: State
    kind: FindingKind
    integration: str | None
    mappings: tuple[str, ...]
    message: str
    fix: str = ""
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LintResult:
    """The findings about some mappings.

    Attributes:
        findings: by integration, in the order of the mappings.
        mappings: how many were checked.
        unknown: what could not be checked of any mapping, in words; it is no finding.
    """

    findings: list[MappingFinding] = field(default_factory=list)
    mappings: int = 0
    unknown: list[str] = field(default_factory=list)

    def of(self, state: State) -> list[MappingFinding]:
        """Return the findings of a state."""
        return [finding for finding in self.findings if finding.state is state]


def fetch_mappings(client: Client, integration: str | None = None) -> list[Resource]:
    """Return the mappings of an integration, or of all, with what :func:`lint` needs if Jebbit says it.

    Raises:
        NotFoundError: the integration does not exist.
    """
    return resources.complete(client, TYPE, list_mappings(client, integration), set(_NEEDED))


def fetch_attributes(client: Client, mappings: Iterable[Resource]) -> KnownAttributes:
    """Return what :func:`lint` needs to know of the attributes; see :func:`attribute_lookup.fetch`."""
    names = (mapping.attributes.get("jebbit_var") for mapping in mappings)
    return attribute_lookup.fetch(client, (to_text(name) for name in names if name))


def lint(mappings: Sequence[Resource], known: KnownAttributes) -> LintResult:
    """Check the mappings of one or several integrations.

    Args:
        mappings: newest first, all of each integration.
        known: the attributes of the business; to tell which one was meant, all of them.
    """
    by_integration: dict[str | None, list[Resource]] = defaultdict(list)
    for mapping in mappings:
        owner = mapping.attributes.get(OWNER)
        by_integration[None if owner is None else str(owner)].append(mapping)
    findings: list[MappingFinding] = []
    for own in by_integration.values():
        findings += _unsaid(own)
        findings += [found for mapping in own if (found := _check_name(mapping, known))]
        complete = [mapping for mapping in own if knows(mapping.attributes, _NEEDED)]
        findings += _mapped_twice(complete)
        findings += _clashes(complete)
    named = {_text(mapping, "jebbit_var") for mapping in mappings}
    unsaid = any(known.passes(name) is None for name in named & known.by_id.keys())
    return LintResult(findings, len(mappings), [PASSING_UNSAID] if unsaid else [])


def _unsaid(mappings: Iterable[Resource]) -> Iterator[MappingFinding]:
    for mapping in mappings:
        if missing := [name for name in _NEEDED if name not in mapping.attributes]:
            what = f"Jebbit does not say its {' and '.join(missing)}"
            yield _finding(State.UNKNOWN, FindingKind.UNSAID, [mapping], what)


def _check_name(mapping: Resource, known: KnownAttributes) -> MappingFinding | None:
    """Return what is wrong with the attribute that a mapping names, None if it is right or not said."""
    if "jebbit_var" not in mapping.attributes:
        return None
    name = _text(mapping, "jebbit_var")
    found = known.has(name) if name else False
    if found is None:
        what = f"Jebbit's answers do not say whether there is an attribute {name}"
        return _finding(State.UNKNOWN, FindingKind.UNSAID, [mapping], what)
    if not found:
        return _unknown_attribute(mapping, name, known)
    if known.passes(name) is False:
        return _finding(
            State.FAILED,
            FindingKind.NOT_PASSED,
            [mapping],
            f"attribute {name} does not pass to integrations",
            Advice(
                "let it pass in Jebbit's dashboard; or, if it should not be sent", _command("delete", mapping)
            ),
        )
    return None


def _unknown_attribute(mapping: Resource, name: str, known: KnownAttributes) -> MappingFinding:
    """Return the finding for a name that no attribute has; a problem only if it is surely one."""
    near = known.names.nearest(name)
    what = f"there is no attribute {name}" if name else "it names no attribute"
    if near is None:
        advice = Advice("name an attribute, as listed by", ("attributes", "list"))
    else:
        what += f"; the nearest is {near}"
        option = [f"--jebbit-var={near}"] if near.startswith("-") else ["--jebbit-var", near]
        advice = Advice(f"if {near} is meant", _command("update", mapping, *option))
    state = State.FAILED
    if is_own_word(name):
        state = State.WARNING
        what += "; Jebbit may send a value of this name without an attribute, which is not documented"
        advice = advice._replace(fix=f"leave it, if deliveries contain it; otherwise, {advice.fix}")
    return _finding(state, FindingKind.UNKNOWN_ATTRIBUTE, [mapping], what, advice)


def _mapped_twice(mappings: Iterable[Resource]) -> Iterator[MappingFinding]:
    """Yield a finding for each attribute of an integration that has several mappings."""
    for same_attribute in _groups(mappings, "jebbit_var"):
        by_client_var = list(_groups(same_attribute, "client_var"))
        for same in by_client_var:
            if len(same) > 1:
                defaults = {_default(one) for one in same}
                differ = f", with the defaults {' and '.join(sorted(defaults))}" if len(defaults) > 1 else ""
                yield _finding(
                    State.FAILED,
                    FindingKind.DUPLICATE,
                    same,
                    f"{_text(same[0], 'jebbit_var')} is mapped to {_text(same[0], 'client_var')} "
                    f"{len(same)} times{differ}",
                    Advice("keep the one that is right, such as the oldest", _command("delete", *same[:-1])),
                )
        if len(by_client_var) > 1:
            names = _names(by_client_var, "client_var")
            yield _finding(
                State.WARNING,
                FindingKind.MAPPED_TWICE,
                same_attribute,
                f"{_text(same_attribute[0], 'jebbit_var')} is sent under several names: {names}",
                Advice(
                    "leave it, if this is wanted; but mappings import takes one mapping of each attribute"
                ),
            )


def _clashes(mappings: Iterable[Resource]) -> Iterator[MappingFinding]:
    """Yield a finding for each name under which an integration sends several attributes."""
    for same_name in _groups(mappings, "client_var"):
        by_attribute = list(_groups(same_name, "jebbit_var"))
        if len(by_attribute) > 1:
            name, names = _text(same_name[0], "client_var"), _names(by_attribute, "jebbit_var")
            example = _command("update", same_name[0], "--client-var", "NAME")
            yield _finding(
                State.FAILED,
                FindingKind.CLASH,
                same_name,
                f"several attributes are sent as {name}, but a delivery can hold only one of them: {names}",
                Advice("choose another client_var for all but one", example),
            )


def _groups(mappings: Iterable[Resource], attribute: str) -> Iterator[list[Resource]]:
    groups: dict[str, list[Resource]] = defaultdict(list)
    for mapping in mappings:
        groups[_text(mapping, attribute)].append(mapping)
    yield from groups.values()


def _names(groups: Iterable[Sequence[Resource]], attribute: str) -> str:
    return ", ".join(_text(group[0], attribute) for group in groups)


def _finding(
    state: State, kind: FindingKind, mappings: Sequence[Resource], message: str, advice: Advice = NONE
) -> MappingFinding:
    owner = mappings[0].attributes.get(OWNER)
    ids = tuple(str(mapping.id) for mapping in mappings)
    return MappingFinding(state, kind, None if owner is None else str(owner), ids, message, *advice)


def _command(verb: str, *words: Resource | str) -> tuple[str, ...]:
    """Return the words of a command for mappings; none if it cannot address one of them."""
    ids = [word.id or "" for word in words if not isinstance(word, str)]
    options = [word for word in words if isinstance(word, str)]
    return ("mappings", verb, *ids, *options) if all(map(is_id, ids)) else ()


def _default(mapping: Resource) -> str:
    known = "default" in mapping.attributes
    return format_value(mapping.attributes["default"]) if known else UNKNOWN


def _text(mapping: Resource, attribute: str) -> str:
    """Return a name of a mapping; empty if it has none."""
    return to_text(mapping.attributes.get(attribute))
