"""Runs the lines for each integration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.api.concurrency import ConcurrentCalls
from jebbitctl.diagnose.case import Case
from jebbitctl.diagnose.findings import unknown
from jebbitctl.diagnose.lines import LINES
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.findings import Finding, State


@dataclass(frozen=True, slots=True)
class IntegrationReport:
    """What was found out about one integration.

    Attributes:
        id: of the integration.
        endpoint: its URL or host, None if Jebbit says neither.
        findings: by the name of the line, in the order of LINES.
    """

    id: str
    endpoint: str | None
    findings: dict[str, Finding]

    def named(self, state: State) -> list[str]:
        """Return the names of the lines in a state."""
        return [name for name, finding in self.findings.items() if finding.state is state]


def diagnose(ids: Sequence[str], facts: Facts, clients: Callable[[], Client]) -> Iterator[IntegrationReport]:
    """Yield a report for each integration, in this order; several are examined at a time.

    Args:
        ids: of the integrations.
        facts: about their business.
        clients: makes a client for a thread.
    """

    def examine(client: Client, id_: str) -> IntegrationReport:
        return _examine(Case(id_, facts, client, facts.integrations().get(id_)))

    with ConcurrentCalls(ids, clients, examine) as calls:
        for _, future in calls:
            yield future.result()


def _examine(case: Case) -> IntegrationReport:
    findings = {}
    for name, line in LINES.items():
        try:
            finding = line(case)
        except JebbitctlError as error:
            finding = unknown(error.message, error.hint)
        findings[name] = finding
        case.states[name] = finding.state
    return IntegrationReport(case.id, None, findings)
