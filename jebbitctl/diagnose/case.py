"""One integration that is diagnosed, with everything that its lines use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        integration: as Jebbit lists it; None if it is not there.
        states: of the lines so far, by name.
    """

    id: str
    facts: Facts
    client: Client
    integration: Resource | None = None
    states: dict[str, State] = field(default_factory=dict)
