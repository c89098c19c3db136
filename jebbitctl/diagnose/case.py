"""One integration that is diagnosed, with everything that its lines use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jebbitctl.api import integrations
from jebbitctl.api.differences import ENDPOINT, SERVICE, knows
from jebbitctl.diagnose.network import Network
from jebbitctl.diagnose.own_deliveries import OwnDeliveries
from jebbitctl.errors import NotFoundError, RejectedError
from jebbitctl.util.urls import host_of

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.findings import State
    from jebbitctl.diagnose.receipts import Receipts


@dataclass(slots=True)
class Case:
    """An integration that is diagnosed.

    Attributes:
        id: of the integration.
        facts: what Jebbit says about its business.
        client: for requests that concern only this integration; of this case's thread.
        given_endpoint: the endpoint's URL if the user named it, as Jebbit may not show it.
        states: of the lines so far, by name.
        probe: whether test deliveries may be sent.
        receipts: which deliveries arrived, if the user named a file that says it.
        network: how this machine sees endpoints, the same for all cases of a run.
        own: the deliveries that this diagnosis causes.
    """

    id: str
    facts: Facts
    client: Client
    given_endpoint: str | None = None
    states: dict[str, State] = field(default_factory=dict)
    probe: bool = False
    receipts: Receipts | None = None
    network: Network = field(default_factory=Network)
    own: OwnDeliveries = field(default_factory=OwnDeliveries)

    def command(self, *words: str) -> str:
        """Return the command line, for the same account, of the words after ``jebbitctl``."""
        return self.facts.command(*words)

    @property
    def integration(self) -> Resource | None:
        """The integration, None if it surely does not exist.

        Raises:
            JebbitctlError: it cannot be known.
        """
        return self.facts.integration(self.id)

    @property
    def webhook(self) -> Resource:
        """The integration, if there is anything to find out about it.

        Raises:
            NotFoundError: it does not exist.
            RejectedError: it is of another service.
            JebbitctlError: it cannot be known.
        """
        found = self.integration
        if found is None:
            raise NotFoundError("the integration does not exist")
        if integrations.is_webhook(found.attributes) is False:
            raise RejectedError(f"only webhooks can be diagnosed, not {found.attributes[SERVICE]}")
        return found

    @property
    def endpoint(self) -> str | None:
        """The endpoint's URL, None if Jebbit does not say it.

        Raises:
            JebbitctlError: there is no webhook, or it cannot be known; see :attr:`webhook`.
        """
        if self.given_endpoint is not None:
            return self.given_endpoint
        attributes = self.webhook.attributes
        endpoint = attributes.get(ENDPOINT)
        return endpoint if isinstance(endpoint, str) and knows(attributes, [ENDPOINT]) else None

    @property
    def host(self) -> str | None:
        """The endpoint's host, None if Jebbit does not say it either.

        Raises:
            JebbitctlError: see :attr:`endpoint`.
        """
        endpoint = self.endpoint
        shown = endpoint if endpoint is not None else integrations.shown_host(self.webhook.attributes)
        return host_of(shown) if isinstance(shown, str) else None

    @property
    def api_is_local(self) -> bool:
        """Whether Jebbit's API is on this machine, as that of a sandbox is."""
        return self.network.api_is_local
