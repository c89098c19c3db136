"""How the sandbox behaves where Jebbit's documents leave it open or contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from jebbitctl.sandbox.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.sandbox.dialects import Dialect

ServiceName = Literal["webhooks_standard", "webhook"]
ErrorStyle = Literal["openapi", "jsonapi", "message", "rails", "text"]
WEBHOOKS: ServiceName = "webhooks_standard"
"""The ``service_name`` of webhooks in the sandbox's data; clients see :attr:`Behaviour.service_name`."""


@dataclass(slots=True)
class Behaviour:
    """Tests change these attributes at any time; the next request is answered accordingly.

    Attributes:
        dialect: what responses contain.
        service_name: the ``service_name`` of webhooks in responses.
        error_style: the format of error responses.
        max_page_size: the most resources on one page, however many a client asks for; None for no such limit.
        record_count: ``meta.record_count`` of lists; None leaves ``meta`` out.
        scope_claim: the claim with the scopes in new tokens: a list in ``permissions``, a text in ``scope``.
        grant_allowed: whether the issuer allows the clients to use the client credentials grant.
        refusal_status: the issuer's status for an audience, a grant or a scope that is not allowed.
        backfill_statuses: a backfill's statuses, from the first to the last.
        test_response: the body of the response to ``/integrations/ID/test``; None for the documented one.
    """

    dialect: Dialect = field(default_factory=lambda: DIALECTS["article"])
    service_name: ServiceName = WEBHOOKS
    error_style: ErrorStyle = "openapi"
    max_page_size: int | None = None
    record_count: int | None = None
    scope_claim: Literal["permissions", "scope"] = "permissions"
    grant_allowed: bool = True
    refusal_status: Literal[400, 403] = 403
    backfill_statuses: tuple[str, ...] = ("received", "processing", "finished")
    test_response: bytes | None = None

    def present(self, type_: str, attributes: Mapping[str, Any], *, created: bool) -> dict[str, Any]:
        """Return the attributes of a resource that a response contains; see :meth:`Dialect.present`."""
        shown = self.dialect.present(type_, attributes, created=created)
        if shown.get("service_name") == WEBHOOKS:
            shown["service_name"] = self.service_name
        return shown
