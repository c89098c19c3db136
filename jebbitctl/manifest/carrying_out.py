"""Applying a plan: one step after the other. Each resource is read again right before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import integrations, mappings
from jebbitctl.api.resources import OWNER, diff, raise_if_unapplied, require_created_id
from jebbitctl.errors import ConflictError, NotFoundError, RejectedError
from jebbitctl.manifest.inventory import fetch_integrations, fetch_mappings
from jebbitctl.manifest.plan import DELETE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.plan import Plan, PlanStep
    from jebbitctl.manifest.schema import IntegrationSpec
    from jebbitctl.storage.secret_files import SecretFiles

_RUN_AGAIN = "run the command again to plan anew"
_NOT_COMPARED = frozenset({"updated_at", "shared_secret"})
"""A change of a mapping may update the first; a list may hide the second, and no step writes it."""


class Applier:
    """Executes the steps of a plan.

    Args:
        clients: by business.
        plan: the steps, and the state that they are based on.
        secrets: where to write new shared secrets, None to discard them.
    """

    def __init__(
        self, clients: Mapping[str | None, Client], plan: Plan, secrets: SecretFiles | None = None
    ) -> None:
        self._clients = clients
        self._secrets = secrets
        self._seen = set(plan.seen)
        self.ids = dict(plan.ids)
        """Of the existing integrations, by their name in the manifest; updated with each creation."""

    def execute(self, step: PlanStep) -> None:
        """Execute one step.

        Raises:
            ConflictError: the resource has changed since the plan was made; nothing was written.
            PartiallyAppliedError: Jebbit did not apply every attribute.
            JebbitctlError: the write was rejected, or got no answer.
        """
        client = self._clients[step.business]
        if step.current is not None:
            _change(client, step, step.current)
        elif step.is_mapping:
            self._create_mapping(client, step)
        else:
            self._create_integration(client, step)

    def write_pending_secrets(self, specs: Iterable[IntegrationSpec]) -> list[str]:
        """Write the secrets that an interrupted run did not; return the names of their integrations.

        Raises:
            RejectedError: Jebbit does not return a secret.
            JebbitctlError: a secret cannot be written.
        """
        if not self._secrets:
            return []
        pending = [spec for spec in specs if spec.name in self.ids and self._secrets.is_owed(spec.name)]
        for spec in pending:
            self._fetch_secret(self._clients[spec.business], self._secrets, spec.name)
        return [spec.name for spec in pending]

    def _fetch_secret(self, client: Client, secrets: SecretFiles, name: str) -> None:
        """Read a secret from Jebbit and write it to its file."""
        try:
            secret = integrations.shared_secret(client, self.ids[name])
        except RejectedError as error:
            raise error.with_hint(
                f"write it to {secrets.path(name)}, or remove that file to continue without it: {error.hint}"
            ) from error
        secrets.keep(name, secret)

    def _create_integration(self, client: Client, step: PlanStep) -> None:
        name, desired = str(step.name), step.desired
        same = {"service": integrations.WEBHOOKS, "endpoint": desired["endpoint"]}
        _require_known(
            integrations.filter_integrations(fetch_integrations(client), **same), self.ids.values()
        )
        if self._secrets:
            self._secrets.reserve(name)
        created, unapplied = integrations.create(client, desired)
        if created.id:
            self.ids[name] = created.id
        secret = integrations.secret_in(created)
        if self._secrets and secret:
            self._secrets.keep(name, secret)
        require_created_id(integrations.PATH, created)
        if self._secrets and not secret:
            self._fetch_secret(client, self._secrets, name)
        raise_if_unapplied(unapplied, command=f"jebbitctl integrations get {created.id}")

    def _create_mapping(self, client: Client, step: PlanStep) -> None:
        owner = self.ids[str(step.name)]
        same = [
            mapping
            for mapping in fetch_mappings(client)
            if mapping.attributes[OWNER] == owner and mapping.attributes.get("jebbit_var") == step.jebbit_var
        ]
        _require_known(same, self._seen)
        created, unapplied = mappings.create(client, {OWNER: owner, **step.desired})
        self._seen.add(str(created.id))
        raise_if_unapplied(unapplied, command=f"jebbitctl mappings get {created.id}")


def _require_known(resources: Iterable[Resource], known: Collection[str]) -> None:
    """Return if each of these existed when the plan was made, or was created since by a step.

    Raises:
        ConflictError: one did not.
    """
    for resource in resources:
        if str(resource.id) not in known:
            raise ConflictError(f"somebody else has just created {resource.id} for this", hint=_RUN_AGAIN)


def _change(client: Client, step: PlanStep, current: Resource) -> None:
    """Update or delete a resource. Deleting one that is gone succeeds."""
    api, noun = (mappings, "mapping") if step.is_mapping else (integrations, "integration")
    id_ = str(current.id)
    try:
        now = api.get(client, id_)
        _require_unchanged(f"{noun} {id_}", current, now)
        if step.action == DELETE:
            api.delete(client, id_)
            return
    except NotFoundError:
        if step.action == DELETE:
            return
        raise
    _, unapplied = api.update(client, now, step.desired)
    raise_if_unapplied(unapplied, command=f"jebbitctl {noun}s get {id_}")


def _require_unchanged(what: str, seen: Resource, now: Resource) -> None:
    """Return if a resource is as it was when the plan was made.

    Raises:
        ConflictError: somebody else has changed it.
    """
    expected = {  # a list may contain attributes that the resource itself does not
        name: value
        for name, value in seen.attributes.items()
        if name in now.attributes and name not in _NOT_COMPARED
    }
    if changed := diff(now.attributes, expected):
        names = ", ".join(difference.name for difference in changed)
        raise ConflictError(f"somebody else has just changed {what}: {names}", hint=_RUN_AGAIN)
