"""The lines of a diagnosis, in the order in which a lead travels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.diagnose import account, campaigns, duplicates, integration, kept_back, own_mappings
from jebbitctl.diagnose.arrival import arrived
from jebbitctl.diagnose.endpoint_url import url
from jebbitctl.diagnose.name_resolution import dns
from jebbitctl.diagnose.receiver_check import receiver
from jebbitctl.diagnose.requested_delivery import test
from jebbitctl.diagnose.response import response
from jebbitctl.diagnose.tls import tls

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

LINES: dict[str, Callable[[Case], Finding]] = {
    "token": account.token,
    "business": account.business,
    "integration": integration.exists,
    "active": integration.active,
    "origin": integration.origin,
    "campaigns": campaigns.campaigns,
    "filter": campaigns.name_filter,
    "opt-in": kept_back.opt_in,
    "outcomes": kept_back.outcomes,
    "attributes": kept_back.attributes,
    "leads": campaigns.leads,
    "duplicates": duplicates.duplicates,
    "mappings": own_mappings.mappings,
    "url": url,
    "dns": dns,
    "tls": tls,
    "response": response,
    "receiver": receiver,
    "test": test,
    "arrived": arrived,
}
"""Every line by name. Later ones may look at the states of earlier ones. Scripts rely on the names.

If a line raises a JebbitctlError, it cannot be known, and the error says why.
"""
