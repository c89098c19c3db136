"""After applying: does Jebbit's test delivery work for what a manifest says?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.api import integrations
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.manifest.schema import Integration


@dataclass(frozen=True, slots=True)
class Verification:
    """What Jebbit answered when it was asked for a test delivery.

    Attributes:
        name: the manifest's name of the integration.
        id: Jebbit's.
        deliveries: the decoded bodies that it says it sent, or another answer as it came.
        error: why there was none; None when there was.
    """

    name: str
    id: str
    deliveries: Any = None
    error: str | None = None


def verified(
    clients: Mapping[str | None, Client], declared: Iterable[Integration], ids: Mapping[str, str]
) -> Iterator[Verification]:
    """Ask for a test delivery of each integration that is active, and yield the answers as they come.

    Those of other services are left out: their tests would reach systems that no webhook does.
    """
    for integration in declared:
        name, id_, client = integration.name, ids[integration.name], clients[integration.business]
        try:
            current = {"service_name": integration.service_name, **integrations.get(client, id_)}
            if current["service_name"] != integrations.WEBHOOKS or current.get("is_active") is not True:
                continue
            answer = integrations.send_test(client, id_)
        except JebbitctlError as error:
            yield Verification(name, id_, error=error.message)
        else:
            yield Verification(name, id_, answer, None if answer else "Jebbit sent nothing")
