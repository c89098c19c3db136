"""Making Jebbit have what a manifest says: one step after the other, each looked at again right before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api import dependents, integrations, mappings
from jebbitctl.errors import ConflictError, NotFoundError, RefusedError
from jebbitctl.manifest.inventory import integrations_of, mappings_of
from jebbitctl.manifest.plan import CREATE, DELETE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.api.integrations import Difference
    from jebbitctl.manifest.plan import Plan, Step
    from jebbitctl.manifest.schema import Integration
    from jebbitctl.storage.secret_files import SecretFiles

_AGAIN = "run it again: the plan is made anew"
_NOT_COMPARED = frozenset({"updated_at", "shared_secret"})
"""A mapping may touch the first; lists may hide the second, and no step writes it."""


class Applying:
    """Carries out the steps of a plan, one by one.

    Args:
        clients: by business.
        plan: what is to be done, and what there was when it was made.
        secrets: where new shared secrets go, None to keep none.
    """

    def __init__(
        self, clients: Mapping[str | None, Client], plan: Plan, secrets: SecretFiles | None = None
    ) -> None:
        self._clients = clients
        self._secrets = secrets
        self._seen = set(plan.seen)
        self.ids = dict(plan.ids)
        """Of the integrations there are, by the manifest's name; grows with each one that is created."""

    def carry_out(self, step: Step) -> None:
        """Do one step.

        Raises:
            ConflictError: it is not any more as the plan saw it; nothing was written.
            NotTakenError: Jebbit did not take all that was asked.
            JebbitctlError: it was refused, or got no answer.
        """
        client = self._clients[step.business]
        if step.action != CREATE:
            _change(client, step)
        elif step.about_mapping:
            self._map(client, step)
        else:
            self._create(client, step)

    def settle(self, declared: Iterable[Integration]) -> list[str]:
        """Write the secrets that an interrupted run owed; return whose they are.

        Raises:
            RefusedError: Jebbit does not tell one.
            JebbitctlError: one cannot be written.
        """
        if not self._secrets:
            return []
        owed = [i for i in declared if i.name in self.ids and self._secrets.is_owed(i.name)]
        for integration in owed:
            self._fetch_secret(self._clients[integration.business], self._secrets, integration.name)
        return [integration.name for integration in owed]

    def _fetch_secret(self, client: Client, secrets: SecretFiles, name: str) -> None:
        """Ask Jebbit for a secret, and write it to its file."""
        try:
            secret = integrations.shared_secret(client, self.ids[name])
        except RefusedError as error:
            error.hint = (
                f"put it into {secrets.path(name)}, or remove that file to go on without it: {error.hint}"
            )
            raise
        secrets.keep(name, secret)

    def _create(self, client: Client, step: Step) -> None:
        name, asked = str(step.name), step.asked
        same = {"service": integrations.WEBHOOKS, "endpoint": asked["endpoint"]}
        _require_none(integrations.matching(integrations_of(client), **same), self.ids.values())
        if self._secrets:
            self._secrets.reserve(name)
        created, refused = integrations.create(client, asked)
        id_, secret = created["id"], created.get("shared_secret")
        if id_:
            self.ids[name] = str(id_)
        told = isinstance(secret, str) and secret != ""
        if self._secrets and told:
            self._secrets.keep(name, str(secret))
        integrations.require_named(client, integrations.PATH, created)
        if self._secrets and not told:
            self._fetch_secret(client, self._secrets, name)
        _require_taken(refused, f"jebbitctl integrations get {id_}")

    def _map(self, client: Client, step: Step) -> None:
        owner = self.ids[str(step.name)]
        wanted = (owner, step.jebbit_var)
        same = [m for m in mappings_of(client) if (m.get(dependents.OWNER), m.get("jebbit_var")) == wanted]
        _require_none(same, self._seen)
        created, refused = mappings.create(client, {dependents.OWNER: owner, **step.asked})
        self._seen.add(str(created["id"]))
        _require_taken(refused, f"jebbitctl mappings get {created['id']}")


def _require_none(resources: Iterable[Resource], known: Collection[str]) -> None:
    """Return when the plan, or a step since, knows each of these."""
    for resource in resources:
        if str(resource["id"]) not in known:
            raise ConflictError(f"somebody else created {resource['id']} for this meanwhile", hint=_AGAIN)


def _change(client: Client, step: Step) -> None:
    """Update or delete what a step is about; what is gone already need not be deleted."""
    api, noun = (mappings, "mapping") if step.about_mapping else (integrations, "integration")
    seen = step.current or {}
    id_ = str(seen["id"])
    try:
        now = api.get(client, id_)
        _require_unchanged(f"{noun} {id_}", seen, now)
        if step.action == DELETE:
            api.delete(client, id_)
            return
    except NotFoundError:
        if step.action == DELETE:
            return
        raise
    _, refused = api.update(client, now, step.asked)
    _require_taken(refused, f"jebbitctl {noun}s get {id_}")


def _require_unchanged(what: str, seen: Resource, now: Resource) -> None:
    """Return when a resource is as the plan saw it; a list may tell less of one than its own address does."""
    told: dict[str, Any] = {
        name: value for name, value in seen.items() if name in now and name not in _NOT_COMPARED
    }
    if changed := integrations.differences(now, told):
        names = ", ".join(difference.name for difference in changed)
        raise ConflictError(f"{what} was changed by somebody else meanwhile: {names}", hint=_AGAIN)


def _require_taken(refused: list[Difference], look_: str) -> None:
    if refused:
        raise dependents.not_taken(refused, look=look_)
