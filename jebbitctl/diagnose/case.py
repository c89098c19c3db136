"""One integration that is diagnosed, with everything that its lines use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.findings import State


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
        receipts: a file that says which deliveries arrived, if the user named one.
    """

    id: str
    facts: Facts
    client: Client
    given_endpoint: str | None = None
    states: dict[str, State] = field(default_factory=dict)
    probe: bool = False
    receipts: Path | None = None

    @property
    def integration(self) -> Resource | None:
        """The integration, None if it does not exist.

        Raises:
            JebbitctlError: it cannot be known.
        """
        return self.facts.integrations().get(self.id)
