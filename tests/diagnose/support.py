"""A sandbox in which nothing stops a lead, and what is found out about its webhook."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.context import CommonOptions, Context
from jebbitctl.diagnose.case import Case
from jebbitctl.diagnose.facts import Facts
from jebbitctl.diagnose.findings import State, unknown
from jebbitctl.diagnose.lines import LINES
from jebbitctl.environment import Environment
from jebbitctl.errors import JebbitctlError
from jebbitctl.sandbox.dialects import Dialect
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.sandbox.state import StoredResource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from jebbitctl.diagnose.findings import Finding
    from jebbitctl.sandbox.activity import Activity
    from jebbitctl.sandbox.state import Business

AT_JEBBIT = (
    *("token", "business", "integration", "active", "origin", "campaigns", "filter", "opt-in", "outcomes"),
    *("attributes", "leads", "duplicates", "mappings"),
)
"""The lines about what Jebbit says, in their order."""
SAYS_EVERYTHING = Dialect()
"""The dialect of a Jebbit that leaves out nothing that any of its documents mentions."""
OK, WARNING, FAILED, UNKNOWN = State


@dataclass(slots=True)
class JebbitAccount:
    """A business with one webhook.

    Attributes:
        sandbox: that serves it.
        home: the directory for files of commands.
        unserved: the ends of paths that are answered with 404.
        unavailable: likewise with 503.
        environment: replaces variables.
    """

    sandbox: Sandbox
    home: Path
    unserved: set[str]
    environment: dict[str, str]
    unavailable: set[str] = field(default_factory=set)

    @property
    def business(self) -> Business:
        return next(iter(self.sandbox.state.businesses.values()))

    @property
    def webhook(self) -> StoredResource:
        """The first integration."""
        return next(iter(self.business.of("integrations").values()))

    @property
    def campaigns(self) -> list[StoredResource]:
        """All campaigns; the first four are launched."""
        return list(self.business.of("campaigns").values())

    @property
    def mappings(self) -> list[StoredResource]:
        return list(self.business.of("integration_mappings").values())

    def set_options(self, **options: Any) -> None:
        """Set options of the webhook in ``additional_options``."""
        self.webhook.attributes["additional_options"] = {"hash_pii": False, **options}

    def add_webhook(self, **attributes: Any) -> StoredResource:
        """Add an integration like the first one, but for these attributes."""
        first = self.webhook
        added = StoredResource(
            self.sandbox.state.new_id(), {**first.attributes, **attributes}, first.since, from_dashboard=True
        )
        self.business.of("integrations")[added.id] = added
        return added

    def add_mapping(self, jebbit_var: str, client_var: str, webhook: StoredResource | None = None) -> None:
        webhook = webhook or self.webhook
        names = {"jebbit_var": jebbit_var, "client_var": client_var, "default": None}
        mapping = StoredResource(
            self.sandbox.state.new_id(), {**names, "integration_id": webhook.id}, webhook.since, {webhook.id}
        )
        self.business.of("integration_mappings")[mapping.id] = mapping

    def attach_to_campaigns(self, *campaigns: StoredResource) -> None:
        """Attach the webhook to campaigns instead of the brand."""
        self.webhook.attributes["attached_at"] = "campaigns"
        self.link(*campaigns)

    def link(self, *campaigns: StoredResource) -> None:
        for campaign in campaigns:
            campaign.linked.add(self.webhook.id)

    def all_activity(self) -> list[Activity]:
        """What visitors did, campaign by campaign and day by day."""
        return [day for days in self.business.activity.values() for day in days.values()]

    def context(self) -> Context:
        """A command's context with the sandbox's credentials."""
        files = {"HOME": str(self.home), "JEBBIT_CONFIG_DIR": str(self.home / "config")}
        variables = {**self.sandbox.environment, **files, **self.environment}
        return Context(CommonOptions(), Environment(variables))

    def examine(self, id_: str | None = None, *, endpoint: str | None = None) -> dict[str, Finding]:
        """Return what the lines in AT_JEBBIT find out about an integration, by default the first."""
        client = self.context().client
        case = Case(id_ or self.webhook.id, Facts(client), client, endpoint)
        findings = {}
        for name in AT_JEBBIT:
            findings[name] = run_line(name, case)
            case.states[name] = findings[name].state
        return findings


def run_line(name: str, case: Case) -> Finding:
    """Return what a line finds out, as a diagnosis does."""
    try:
        return LINES[name](case)
    except JebbitctlError as error:
        return unknown(error.message, error.hint)


def states(findings: dict[str, Finding], *without: State) -> dict[str, State]:
    """Return the states of the lines, without those that are in these states."""
    return {name: finding.state for name, finding in findings.items() if finding.state not in without}


@contextmanager
def healthy_account(home: Path, *, integrations: int = 1) -> Iterator[JebbitAccount]:
    """A business with one webhook that gets every lead, and with integrations of other services."""
    unserved, unavailable = set[str](), set[str]()

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def with_gaps(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            for ends, status in ((unserved, "404 Not Found"), (unavailable, "503 Service Unavailable")):
                if environ["PATH_INFO"].endswith(tuple(ends)):
                    start_response(status, [])
                    return []
            return app(environ, start_response)

        return with_gaps

    with Sandbox(SandboxOptions(integrations=integrations), wrap=wrap) as running:
        running.state.behaviour.dialect = SAYS_EVERYTHING
        account = JebbitAccount(running, home, unserved, {}, unavailable)
        account.add_mapping("email", "mail")
        account.add_mapping("shoe_size", "size")
        yield account
