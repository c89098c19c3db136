"""What lines need that send deliveries: the integration's secret, and a client for its endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import integrations
from jebbitctl.diagnose.own_deliveries import RememberingClient
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.network import Place

NOT_ASKED = "not asked: --probe sends test deliveries"


def secret_of(case: Case) -> str:
    """Return the integration's shared secret; Jebbit is asked once.

    Raises:
        JebbitctlError: Jebbit does not say it.
    """
    own = case.own
    if own.secret is None:
        try:
            listed = integrations.secret_in(case.webhook)
            own.secret = listed or integrations.shared_secret(case.client, case.id)
        except JebbitctlError as error:
            own.secret = error
    if isinstance(own.secret, JebbitctlError):
        raise own.secret.with_context()
    return own.secret


def client_for(case: Case, place: Place) -> RememberingClient:
    """Return a client for the endpoint at a place whose URL is known."""
    return RememberingClient(place.url or "", case.network.certificates_of(place), case.receipts)
