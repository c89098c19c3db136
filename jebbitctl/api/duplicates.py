"""Two runs that create the same resource at once: both keep the same one, and each removes only its own.

Jebbit has no idempotency keys, and runs on different machines share no lock. So a run looks before its POST
and again after it. Of two runs, at least the one whose POST is later sees both resources. A run removes its
own resource if it is not the oldest. The order depends only on data that no run changes, so two runs never
remove their resources in favour of each other's, and the oldest of all is never removed.

Timestamps may be equal or missing, or older than the moment when others see a resource. Then the run with the
oldest resource may see another one whose run has already ended, and which nobody will remove. Therefore it
waits a moment for the others to disappear, and reports those that do not.

Where Jebbit does not say the endpoint of an integration that has appeared meanwhile, it may be a duplicate.
Then it is reported, and nothing is removed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api import ambiguous_writes, integrations, mappings
from jebbitctl.api.differences import ENDPOINT, HOST, SERVICE, knows
from jebbitctl.api.resources import OWNER
from jebbitctl.errors import ConflictError, JebbitctlError, NotFoundError, UnavailableError
from jebbitctl.util.text import cell
from jebbitctl.util.times import instant
from jebbitctl.util.urls import host_of, normalize_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

_RUN_AGAIN = "run the command again; it continues with the one that is left"


@dataclass(slots=True)
class Creation:
    """A resource that this run creates.

    Attributes:
        type: such as ``integrations``.
        key: a hash of what identifies the resource to its users; see :func:`identifying_keys`.
        known: the ids of resources that have or may have this key, and existed before.
        id: of the created resource; None while there is no response.
        host: a hash of the host of an integration's endpoint; empty if it does not matter.
    """

    type: str
    key: str
    known: frozenset[str] = frozenset()
    id: str | None = None
    host: str = ""


class Verdict(NamedTuple):
    """What became of a creation that met others, or that could not be checked.

    Attributes:
        creation: of this run.
        others: the ids of the others.
        error: to report; None if the others have disappeared.
        removed: whether the resource of this run no longer exists.
        pending: whether another look may come to a different verdict.
    """

    creation: Creation
    others: list[str]
    error: JebbitctlError | None = None
    removed: bool = False
    pending: bool = False


def identifying_keys(type_: str, attributes: Mapping[str, Any]) -> list[str]:
    """Return hashes of what identifies a resource, the least specific first. They reveal no endpoint.

    An integration is identified by its endpoint. A mapping is identified by its integration and jebbit_var;
    if a manifest wants several with one jebbit_var, by its client_var as well.
    """
    if type_ == integrations.TYPE:
        return [_hash(type_, normalize_url(cell(attributes.get("endpoint"))))]
    owner, jebbit_var, client_var = (
        cell(attributes.get(name)) for name in (OWNER, "jebbit_var", "client_var")
    )
    return [_hash(type_, owner, jebbit_var), _hash(type_, owner, jebbit_var, client_var)]


def new_integration(desired: Mapping[str, Any], known: Iterable[Resource] = ()) -> Creation:
    """Return the creation of an integration.

    Args:
        desired: its attributes.
        known: the integrations that have or may have its endpoint already.
    """
    ids = frozenset(str(resource.id) for resource in known)
    host = _host_key(desired.get(ENDPOINT))
    return Creation(integrations.TYPE, identifying_keys(integrations.TYPE, desired)[0], ids, host=host)


def age(resource: Resource) -> tuple[float, str]:
    """Return a sort key: the oldest first; with equal timestamps, or without any, the smallest id first."""
    created_at = instant(resource.attributes.get("created_at"))
    return (-math.inf if created_at is None else created_at, str(resource.id))


class DuplicateCheck:
    """What Jebbit lists at one moment, and what that means for the creations of this run.

    Args:
        client: of the business.
        creations: those to be judged, all of one type.
    """

    def __init__(self, client: Client, creations: Sequence[Creation]) -> None:
        type_ = creations[0].type
        self._client = client
        self._api = integrations if type_ == integrations.TYPE else mappings
        self._noun = ambiguous_writes.noun(type_)
        self._by_id: dict[str, Resource] = {}
        self._by_key: dict[str, list[Resource]] = defaultdict(list)
        self._unidentified: list[Resource] = []
        is_mapping = type_ == mappings.TYPE
        for resource in mappings.list_identified(client) if is_mapping else _list_for(client, creations):
            self._by_id[str(resource.id)] = resource
            if not _is_identified(type_, resource):
                self._unidentified.append(resource)
                continue
            for key in identifying_keys(type_, resource.attributes):
                self._by_key[key].append(resource)

    def judge(self, creation: Creation, last: Verdict | None = None) -> Verdict | None:
        """Decide about a creation, and remove the resource if it has to go.

        Args:
            creation: of this run.
            last: the pending verdict of the look before.

        Returns:
            None if there is nothing to say.
        """
        group = [found for found in self._by_key[creation.key] if found.id not in creation.known]
        possible = [found for found in self._unidentified if _may_be(creation, found)]
        if creation.id is None:
            return self._judge_unknown(creation, [*group, *possible])
        own = self._by_id.get(creation.id)
        if own is None:
            return self._judge_unseen(creation)
        if own in possible:  # Jebbit does not say its endpoint, but this run does
            possible.remove(own)
            group.append(own)
        if self._api is integrations:
            possible += [found for found in group if _same_service(found, own) is None]
            group = [found for found in group if _same_service(found, own)]
        others = [str(found.id) for found in group if found.id != own.id]
        if own not in group:
            others, possible = [], []
        if not others and possible:
            return self._undecided(creation, [str(found.id) for found in possible])
        if not others:
            return Verdict(creation, last.others) if last and last.others else None
        oldest = min(group, key=age)
        if oldest is own:
            return self._duplicated(creation, others)
        return self._remove(creation, own, oldest)

    def _judge_unknown(self, creation: Creation, group: list[Resource]) -> Verdict | None:
        """Decide about a creation whose response was lost: with several, nobody knows whose they are."""
        if len(group) <= 1:
            return None
        ids = [str(found.id) for found in sorted(group, key=age)]
        error = ConflictError(
            f"{self._noun}s {' and '.join(ids)} are duplicates; one may be from a run that got no response",
            hint=f"keep the one in use, and delete the other: jebbitctl {self._noun}s delete {ids[-1]}",
        )
        return Verdict(creation, ids, error, pending=True)

    def _judge_unseen(self, creation: Creation) -> Verdict:
        id_ = str(creation.id)
        try:
            self._api.get(self._client, id_)
        except NotFoundError:
            error = ConflictError(f"someone else has just deleted {self._noun} {id_}", hint=_RUN_AGAIN)
            return Verdict(creation, [], error, removed=True)
        unseen = UnavailableError(
            f"Jebbit does not list {self._noun} {id_} yet; another run may have created one as well",
            hint=f"check with: jebbitctl {self._noun}s list",
        )
        return Verdict(creation, [], unseen, pending=True)

    def _undecided(self, creation: Creation, others: list[str]) -> Verdict:
        error = ConflictError(
            f"Jebbit does not say the endpoint of {integrations.named(others)}, created at the same time as "
            f"{creation.id}; it may be the same",
            hint=f"compare them in Jebbit's dashboard; if one is not needed: jebbitctl integrations delete "
            f"{creation.id}",
        )
        return Verdict(creation, others, error, pending=True)

    def _duplicated(self, creation: Creation, others: list[str]) -> Verdict:
        error = ConflictError(
            f"another run has created {self._noun} {' and '.join(others)} at the same time as {creation.id}, "
            "and has not removed it",
            hint=f"if it is not needed: jebbitctl {self._noun}s delete {others[0]}",
        )
        return Verdict(creation, others, error, pending=True)

    def _remove(self, creation: Creation, own: Resource, oldest: Resource) -> Verdict:
        """Remove the own resource, unless it or the oldest one has changed since they were listed."""
        others = [str(oldest.id)]
        if not (self._still_has_key(creation, own) and self._still_has_key(creation, oldest)):
            return self._duplicated(creation, others)
        at_once = f"another run has created {self._noun} {oldest.id} at the same time"
        try:
            self._api.delete(self._client, str(own.id))
        except NotFoundError:
            pass
        except JebbitctlError as error:
            return Verdict(creation, others, error.with_context(f"{at_once}; removing {own.id} failed: "))
        removed = ConflictError(f"{at_once}; this run has removed its own, {own.id}", hint=_RUN_AGAIN)
        return Verdict(creation, others, removed, removed=True)

    def _still_has_key(self, creation: Creation, listed: Resource) -> bool:
        try:
            now = listed.merge(self._api.get(self._client, str(listed.id)))
        except NotFoundError:
            return False
        if creation.id == listed.id and not _is_identified(creation.type, now):
            return True
        return creation.key in identifying_keys(creation.type, now.attributes)


def _list_for(client: Client, creations: Sequence[Creation]) -> list[Resource]:
    """Return every integration; those that may be one of these creations as complete as Jebbit says them."""
    listed = integrations.list_integrations(client)
    needed = {ENDPOINT, SERVICE}
    unclear = [
        found
        for found in listed
        if not knows(found.attributes, needed) and any(_may_be(creation, found) for creation in creations)
    ]
    known = {found.id: found for found in integrations.complete(client, unclear, needed)} if unclear else {}
    return [known.get(found.id, found) for found in listed]


def _may_be(creation: Creation, found: Resource) -> bool:
    """Whether an integration may have the key of a creation, as far as its service and host say."""
    host = _host_key(integrations.shown_host(found.attributes))
    return (
        found.id not in creation.known
        and integrations.is_webhook(found.attributes) is not False
        and (not host or not creation.host or host == creation.host)
    )


def _is_identified(type_: str, resource: Resource) -> bool:
    """Whether Jebbit says what identifies a resource; a list of mappings without it is an error."""
    return type_ == mappings.TYPE or knows(resource.attributes, [ENDPOINT])


def _same_service(found: Resource, own: Resource) -> bool | None:
    """Whether a resource is of the service of the own one; None if Jebbit does not say."""
    if found is own:
        return True
    name = SERVICE
    if name not in found.attributes:
        return None
    return integrations.same_service(found.attributes[name], own.attributes.get(name, integrations.WEBHOOKS))


def _host_key(text: object) -> str:
    """Return a hash of the host in an endpoint or a host, empty if there is none."""
    host = host_of(text) if isinstance(text, str) else None
    return _hash(HOST, host) if host else ""


def _hash(*parts: str) -> str:
    import hashlib  # costs more than help and TAB may

    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
