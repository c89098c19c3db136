"""Which integrations deliver, or may deliver, to an endpoint."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from jebbitctl.api.differences import ENDPOINT, knows
from jebbitctl.api.integrations import shown_host
from jebbitctl.util.urls import host_of, normalize_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.resources import Resource

    Groups = defaultdict[str, list[Resource]]


class Places:
    """Integrations by their endpoints, so that each one need not be compared with all others.

    Args:
        integrations: as complete as Jebbit says them.
    """

    def __init__(self, integrations: Iterable[Resource]) -> None:
        self._all = list(integrations)
        self._by_endpoint: Groups = defaultdict(list)
        self._by_host: Groups = defaultdict(list)
        self._hidden_by_host: Groups = defaultdict(list)
        self._hidden: list[Resource] = []
        """Those of which Jebbit does not even show the host."""
        for one in self._all:
            shown = shown_host(one.attributes)
            host = host_of(shown) if isinstance(shown, str) else None
            if host is None:
                self._hidden.append(one)
                continue
            self._by_host[host].append(one)
            if knows(one.attributes, [ENDPOINT]):
                self._by_endpoint[normalize_url(str(one.attributes[ENDPOINT]))].append(one)
            else:
                self._hidden_by_host[host].append(one)

    def at(self, endpoint: str | None, host: str | None) -> list[Resource]:
        """Return the integrations that have, or may have, an endpoint.

        Args:
            endpoint: its URL; None if it is not known.
            host: its host; None if it is not known either.
        """
        if host is None:
            return self._all
        if endpoint is None:
            return [*self._by_host.get(host, ()), *self._hidden]
        return [
            *self._by_endpoint.get(normalize_url(endpoint), ()),
            *self._hidden_by_host.get(host, ()),
            *self._hidden,
        ]
