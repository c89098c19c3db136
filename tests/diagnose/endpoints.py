"""Endpoints that are diagnosed in tests, and the cases that lines look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from jebbitctl.api.resources import Resource
from jebbitctl.diagnose.case import Case
from jebbitctl.diagnose.facts import plain_command
from jebbitctl.diagnose.network import Network
from tests.api.faults import FaultServer, http

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.receipts import Receipts
    from tests.api.faults import ReceivedRequest, ScriptedResponse

API = "https://api2.jebbit.com"
SANDBOX = "http://127.0.0.1:1"
ID = "L5m24mjs"


class SteadyServer(FaultServer):
    """Sends the same response to every request."""

    answer: ScriptedResponse = http(200)

    def choose(self, request: ReceivedRequest) -> ScriptedResponse:  # noqa: ARG002 - always the same
        return self.answer


class OpenNetwork(Network):
    """A network in which Jebbit reaches every address, as if this machine were the internet."""

    def barrier(self, address: str) -> None:  # noqa: ARG002 - none has one
        return None


class KnownIntegrations:
    """The integrations of a business, without requests."""

    def __init__(self, *found: Resource) -> None:
        self._found = {str(one.id): one for one in found}

    command = staticmethod(plain_command)

    def integrations(self) -> dict[str, Resource]:
        return self._found

    def dashboard_webhooks(self) -> dict[str, Resource]:
        return {}

    def integration(self, id_: str) -> Resource | None:
        return self._found.get(id_)


def a_case(
    url: str | None,
    network: Network | None = None,
    *,
    receipts: Receipts | None = None,
    others: tuple[Resource, ...] = (),
    **attributes: Any,
) -> Case:
    """Return a case of a webhook with an endpoint and more attributes."""
    shown = {"endpoint": url} if url is not None else {}
    own = Resource("integrations", ID, {"service_name": "webhook", **shown, **attributes})
    facts = cast("Facts", KnownIntegrations(own, *others))
    case = Case(ID, facts, cast("Client", None), network=network or Network(api_url=API))
    case.receipts = receipts
    return case
