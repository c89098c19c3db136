"""The line about mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api.attribute_lookup import KnownAttributes
from jebbitctl.api.mappings import to_text
from jebbitctl.diagnose.findings import State, failed, ok, unknown, warning
from jebbitctl.diagnose.mapping_lint import lint
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jebbitctl.api.resources import Resource
    from jebbitctl.diagnose import mapping_lint
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

_MAX_SHOWN = 3


class OwnMappings(NamedTuple):
    """The mappings of an integration.

    Attributes:
        found: newest first.
        doubt: why there may be more; None if nothing speaks for it.
    """

    found: list[Resource]
    doubt: str | None


def mappings_of(case: Case) -> OwnMappings:
    """Return the mappings of a case's integration."""
    by_owner = case.facts.mappings_by_owner()
    found, unowned = by_owner.get(case.id, []), len(by_owner.get(None, ()))
    doubts = [case.facts.mappings().doubt]
    if unowned:
        count = plural(unowned, "mapping")
        verb = "belongs" if unowned == 1 else "belong"
        doubts.append(f"Jebbit does not say to which integration {count} {verb}")
    if unlisted := _shown_names(case) - {_name(one.attributes) for one in found}:
        shown = plural(len(unlisted), "mapping")
        doubts.append(f"the integration itself shows {shown} that Jebbit does not list: not checked")
    return OwnMappings(found, next(filter(None, doubts), None))


def _shown_names(case: Case) -> set[str]:
    """Return the ``jebbit_var`` of the mappings that an integration shows itself, under whatever name."""
    lists = [value for value in case.webhook.attributes.values() if isinstance(value, list)]
    return {_name(one) for found in lists for one in found if isinstance(one, dict) and "jebbit_var" in one}


def _name(mapping: Mapping[str, Any]) -> str:
    return to_text(mapping.get("jebbit_var"))


def mappings(case: Case) -> Finding:
    """The mappings name attributes that pass to integrations, each under its own name."""
    _ = case.webhook
    own = mappings_of(case)
    if not own.found:
        return unknown(own.doubt) if own.doubt else ok("none to check")
    try:
        known, error = case.facts.attributes(), None
    except JebbitctlError as error_:
        known, error = KnownAttributes((), frozenset()), error_
    result = lint(own.found, known)
    if problems := result.of(State.FAILED):
        return failed(_seen(problems), _fix(case, problems))
    if error:
        return unknown(error.message, error.hint)
    if unsaid := result.of(State.UNKNOWN):
        return unknown(
            _seen(unsaid), f"see more: {case.command('mappings', 'list', '--integration', case.id)}"
        )
    if own.doubt:
        return unknown(own.doubt)
    if warnings := result.of(State.WARNING):
        return warning(_seen(warnings), _fix(case, warnings))
    number = plural(len(own.found), "mapping")
    if result.unknown:
        return ok(f"{number} of existing attributes; Jebbit does not say whether they pass to integrations")
    return ok(f"{number} of existing attributes that pass to integrations")


def _seen(found: Sequence[mapping_lint.MappingFinding]) -> str:
    more = len(found) - _MAX_SHOWN
    shown = "; ".join(one.message for one in found[:_MAX_SHOWN])
    return f"{shown}; and {more} more" if more > 0 else shown


def _fix(case: Case, found: Sequence[mapping_lint.MappingFinding]) -> str:
    """Return the fix of the only finding, else how to see those of all."""
    if len(found) > 1:
        return f"see what to do about each: {case.command('mappings', 'lint', '--integration', case.id)}"
    command = case.command(*found[0].command) if found[0].command else ""
    return ": ".join(filter(None, (found[0].fix, command)))
