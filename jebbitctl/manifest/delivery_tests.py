"""Makes Jebbit send test deliveries for the integrations of an applied manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.api import integrations
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.delivery_reports import DeliveryReport
    from jebbitctl.manifest.schema import IntegrationSpec


@dataclass(frozen=True, slots=True)
class DeliveryTest:
    """The outcome of one test delivery.

    Attributes:
        name: of the integration in the manifest.
        id: of the integration.
        report: what Jebbit says that it sent, None if it could not be asked.
        error: why the test failed, None if it succeeded.
    """

    name: str
    id: str
    report: DeliveryReport | None = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether Jebbit reported a delivery."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as a JSON object."""
        report = self.report.to_dict() if self.report else {"deliveries": None}
        return {"name": self.name, "id": self.id, "ok": self.ok, **report, "error": self.error}


def send_tests(
    clients: Mapping[str | None, Client], specs: Iterable[IntegrationSpec], ids: Mapping[str, str]
) -> Iterator[DeliveryTest]:
    """Make Jebbit send a test delivery for each active integration; yield each outcome.

    Integrations of other services are skipped: their tests would reach systems that are not webhooks. One of
    which neither Jebbit nor the manifest says whether it is active counts as active: a test does no harm.
    """
    for spec in specs:
        name, id_, client = spec.name, ids[spec.name], clients[spec.business]
        try:
            current = integrations.get_complete(client, id_, ["service_name", "is_active"]).attributes
            current = {"service_name": spec.service_name, "is_active": True, **spec.attributes, **current}
            if not integrations.is_webhook(current) or current["is_active"] is not True:
                continue
            report = integrations.send_test(client, id_)
        except JebbitctlError as error:
            yield DeliveryTest(name, id_, error=error.message)
        else:
            yield DeliveryTest(name, id_, report, report.problem)
