"""Verifies an applied manifest with Jebbit's test deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.api import integrations
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.manifest.schema import IntegrationSpec


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """The outcome of one test delivery.

    Attributes:
        name: of the integration in the manifest.
        id: of the integration.
        deliveries: the decoded bodies that Jebbit sent; a response that is not a list, as it is.
        error: why the test failed, None if it succeeded.
    """

    name: str
    id: str
    deliveries: Any = None
    error: str | None = None


def verify_integrations(
    clients: Mapping[str | None, Client], specs: Iterable[IntegrationSpec], ids: Mapping[str, str]
) -> Iterator[VerifyResult]:
    """Make Jebbit send a test delivery for each active integration; yield each result.

    Integrations of other services are skipped: their tests would reach systems that are not webhooks.
    """
    for spec in specs:
        name, id_, client = spec.name, ids[spec.name], clients[spec.business]
        try:
            current = integrations.get(client, id_).attributes
            service = current.get("service_name", spec.service_name)
            if service != integrations.WEBHOOKS or current.get("is_active") is not True:
                continue
            deliveries = integrations.send_test(client, id_)
        except JebbitctlError as error:
            yield VerifyResult(name, id_, error=error.message)
        else:
            yield VerifyResult(name, id_, deliveries, None if deliveries else "Jebbit sent nothing")
