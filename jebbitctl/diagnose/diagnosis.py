"""Runs the lines for each integration."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jebbitctl.api.concurrency import ConcurrentCalls
from jebbitctl.api.differences import ENDPOINT, HOST
from jebbitctl.diagnose.case import Case
from jebbitctl.diagnose.endpoint_url import place_of
from jebbitctl.diagnose.findings import State, unknown
from jebbitctl.diagnose.lines import LINES
from jebbitctl.diagnose.network import Network
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.urls import shown_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.findings import Finding
    from jebbitctl.diagnose.network import Place
    from jebbitctl.diagnose.receipts import Receipts

MAX_IN_FLIGHT = 16
"""Integrations that are examined at a time: most of the time is spent on waiting for their endpoints."""
ACCOUNT_LINES = frozenset({"token", "business"})
"""The lines that say the same of every integration."""
_NAMES = ("name", "title")
"""The attributes that may hold an integration's name; no document mentions one."""


@dataclass(frozen=True, slots=True)
class IntegrationReport:
    """What was found out about one integration.

    Attributes:
        id: of the integration.
        endpoint: its URL as it may be shown, or its host; None if Jebbit says neither.
        findings: by the name of the line, in the order of LINES.
        name: of the integration; None if Jebbit says none.
    """

    id: str
    endpoint: str | None
    findings: dict[str, Finding]
    name: str | None = None

    def named(self, state: State) -> list[str]:
        """Return the names of the lines in a state."""
        return [name for name, finding in self.findings.items() if finding.state is state]

    @property
    def ok(self) -> bool:
        """Whether no line failed."""
        return not self.named(State.FAILED)

    @property
    def account(self) -> dict[str, Finding]:
        """The findings that are the same for every integration."""
        return {name: finding for name, finding in self.findings.items() if name in ACCOUNT_LINES}

    @property
    def own(self) -> IntegrationReport:
        """This report without the findings that are the same for every integration."""
        findings = {name: finding for name, finding in self.findings.items() if name not in ACCOUNT_LINES}
        return replace(self, findings=findings)


@dataclass(frozen=True, slots=True)
class Extras:
    """What the user adds to what Jebbit says.

    Attributes:
        endpoint: the URL of the one integration's endpoint.
        probe: whether test deliveries may be sent.
        receipts: which deliveries arrived, by a file.
        network: how this machine sees endpoints.
    """

    endpoint: str | None = None
    probe: bool = False
    receipts: Receipts | None = None
    network: Network = field(default_factory=Network)


class DiagnosisRun:
    """Runs the lines for integrations, several of which are examined at a time.

    Args:
        ids: of the integrations.
        facts: about their business.
        clients: makes a client for a thread.
        extras: what the user adds.
    """

    def __init__(
        self, ids: Sequence[str], facts: Facts, clients: Callable[[], Client], extras: Extras | None = None
    ) -> None:
        self.ids = ids
        self._facts = facts
        self._clients = clients
        self._extras = extras or Extras()
        self._reports: dict[str, IntegrationReport] = {}
        """Those that have begun; findings are added as they come."""

    def run(self) -> Iterator[IntegrationReport]:
        """Yield a report for each integration, in the order of the ids."""
        self._extras.network.look_ahead(self._places())
        with ConcurrentCalls(self.ids, self._clients, self._examine, max_in_flight=MAX_IN_FLIGHT) as calls:
            for _, future in calls:
                yield future.result()

    def finished(self) -> list[IntegrationReport]:
        """Return a report for each integration of which all lines have run, in the order of the ids."""
        begun = [self._reports[id_] for id_ in self.ids if id_ in self._reports]
        return [report for report in begun if len(report.findings) == len(LINES)]

    def unfinished(self, id_: str, reason: str) -> IntegrationReport:
        """Return what is known of an integration; lines that have not run cannot be known, for a reason."""
        report = self._reports.get(id_, IntegrationReport(id_, None, {}))
        return replace(report, findings=dict.fromkeys(LINES, unknown(reason)) | report.findings)

    def _case(self, client: Client, id_: str) -> Case:
        extras = self._extras
        return Case(
            id_,
            self._facts,
            client,
            extras.endpoint,
            probe=extras.probe,
            receipts=extras.receipts,
            network=extras.network,
        )

    def _places(self) -> Iterator[Place]:
        """Yield the endpoints that are known."""
        client = self._clients()
        for id_ in self.ids:
            with suppress(JebbitctlError):
                yield place_of(self._case(client, id_))

    def _examine(self, client: Client, id_: str) -> IntegrationReport:
        case = self._case(client, id_)
        report = self._reports[id_] = _head(case)
        for name, line in LINES.items():
            finding = _run(line, case)
            case.states[name] = finding.state
            report.findings[name] = finding
        return report


def _head(case: Case) -> IntegrationReport:
    """Return a report without findings."""
    attributes = {}
    with suppress(JebbitctlError):  # the lines that need it say why it cannot be known
        attributes = case.integration.attributes if case.integration else {}
    endpoint = case.given_endpoint or attributes.get(ENDPOINT) or attributes.get(HOST)
    names = [attributes[name] for name in _NAMES if isinstance(attributes.get(name), str)]
    return IntegrationReport(
        case.id,
        shown_url(endpoint) if isinstance(endpoint, str) and endpoint else None,
        {},
        names[0] if names else None,
    )


def _run(line: Callable[[Case], Finding], case: Case) -> Finding:
    try:
        return line(case)
    except JebbitctlError as error:
        return unknown(error.message, error.hint)
    except TimeoutError:
        return unknown("no result in time", "try again later")
    except Exception as error:  # noqa: BLE001 - the other lines must still run
        return unknown(
            f"a bug in jebbitctl: {type(error).__name__}",
            "please report it with the command you typed, without secrets",
        )
