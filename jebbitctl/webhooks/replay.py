"""Sends recorded deliveries again: byte for byte, or changed and signed again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.body_edits import edit_body
from jebbitctl.webhooks.endpoint import not_sent
from jebbitctl.webhooks.receiving.forwarding import forward
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TEST_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse

MASKED = "the body is masked, so that its signature no longer fits"


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change in each delivery. By default nothing.

    Attributes:
        secret: signs each delivery again, now; None keeps the recorded signatures.
        set_: values of the body to set; see :func:`jebbitctl.webhooks.body_edits.edit_body`.
        unset: values of the body to remove.
        as_test: add ``x-jebbit-test``, which the signature does not cover.
    """

    secret: str | None = field(default=None, repr=False)
    set_: Sequence[str] = ()
    unset: Sequence[str] = ()
    as_test: bool = False

    def apply(self, delivery: Delivery) -> Delivery:
        """Return the changed delivery.

        Raises:
            UsageError: an edit does not fit the body.
            ValueError: the secret is empty.
        """
        body = edit_body(delivery.body, self.set_, self.unset)
        headers = dict(delivery.headers)
        if self.secret is not None:
            headers[SIGNATURE_HEADER] = sign(self.secret, body)
        if self.as_test:
            headers.setdefault(TEST_HEADER, "true")
        return replace(delivery, body=body, headers=headers)


def resend(client: EndpointClient, delivery: Delivery, changes: Changes) -> EndpointResponse:
    """Send a delivery with its own headers and return the response.

    A delivery whose body was not recorded in full, is masked but not to be signed again, or cannot be edited
    is not sent; its response is an error that says so.
    """
    if missing := delivery.omitted_bytes:
        return not_sent(f"{missing} bytes of the body were not recorded")
    if delivery.masked and changes.secret is None:
        return not_sent(MASKED)
    try:
        changed = changes.apply(delivery)
    except UsageError as error:
        return not_sent(error.message)
    return forward(client, changed)
