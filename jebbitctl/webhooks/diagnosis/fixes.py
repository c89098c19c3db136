"""What to do about one response, without asking the endpoint again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.diagnosis.no_response import explain_no_response
from jebbitctl.webhooks.diagnosis.pages import explain_page
from jebbitctl.webhooks.diagnosis.statuses import explain_status
from jebbitctl.webhooks.endpoint import EndpointResponse

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointClient


def fix_for_error(url: str, error: str) -> str:
    """Return what to do about a request without a response.

    Args:
        url: of the endpoint, also as it is shown.
        error: of the response.
    """
    return explain_no_response(url, EndpointResponse(None, 0.0, error=error), 0).fix


def fix_for(client: EndpointClient, response: EndpointResponse, secret: str) -> str | None:
    """Return what to do about a response that is not 2xx; None if it may come from the signature.

    Args:
        client: that sent the request.
        response: with any status but 2xx, or with none.
        secret: masked in the endpoint's words.
    """
    if response.status is None:
        return explain_no_response(client.url, response, client.timeout).fix
    found = explain_page(response, secret) or explain_status(client.url, response, secret)
    return found.fix if found else None
