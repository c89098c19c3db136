"""Applies a plan, one step at a time. Reads each resource again before it writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api import integrations, mappings
from jebbitctl.api.differences import ENDPOINT, diff
from jebbitctl.api.duplicates import Creation, identifying_keys, new_integration
from jebbitctl.api.mapping_plan import Action
from jebbitctl.api.resources import OWNER, raise_if_unapplied, require_created_id, unconfirmed
from jebbitctl.errors import ConflictError, JebbitctlError, NotFoundError, RejectedError
from jebbitctl.util.signals import deferred_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.creations import Creations
    from jebbitctl.api.resources import Resource, WriteResult
    from jebbitctl.manifest.plan import Plan, PlanStep
    from jebbitctl.manifest.schema import IntegrationSpec
    from jebbitctl.storage.secret_files import SecretFiles

_RUN_AGAIN = "run the command again to make a new plan"
_NOT_COMPARED = frozenset({"updated_at", "shared_secret", "mappings"})
"""Changing a mapping may change updated_at, and an integration may show its mappings. A list may leave out
shared_secret, and no step writes it."""


class Applier:
    """Executes the steps of a plan.

    Args:
        clients: by business.
        plan: the plan, with the state that it is based on.
        creations: by business; they check whether another run creates the same at the same time.
        secrets: where to write new shared secrets, None to discard them.
        alone: whether no other run can be writing secrets there.
    """

    def __init__(
        self,
        clients: Mapping[str | None, Client],
        plan: Plan,
        creations: Mapping[str | None, Creations],
        secrets: SecretFiles | None = None,
        *,
        alone: bool = True,
    ) -> None:
        self._clients = clients
        self._creations = creations
        self._secrets = secrets
        self._alone = alone
        self._new = plan.new
        self._known_mappings = set(plan.known_mappings)
        self.ids = dict(plan.ids)
        """The ids of existing integrations, by name in the manifest; extended with each creation."""
        self.unsaved_secret: Callable[[str, str], None] | None = None
        """Gets an integration and its new secret if that cannot be written and Jebbit shows it only once."""

    def execute(self, step: PlanStep) -> list[str]:
        """Execute one step; return the attributes of which Jebbit does not say whether it applied them.

        Raises:
            ConflictError: someone else has changed the resource since the plan was made; nothing was written.
            PartiallyAppliedError: Jebbit did not apply every attribute.
            JebbitctlError: the write was rejected, or got no response.
        """
        client = self._clients[step.business]
        if step.current is not None:
            written = _update_or_delete(client, step, step.current)
        elif step.is_mapping:
            written = self._create_mapping(client, step)
        else:
            written = self._create_integration(client, step)
        desired = {change.name: change.desired for change in step.differences}
        return unconfirmed(written.attributes, desired) if written else []

    def write_pending_secrets(self, specs: Iterable[IntegrationSpec]) -> list[str]:
        """Write the secrets that an earlier run could not write; return the names of their integrations.

        Raises:
            RejectedError: Jebbit does not return a secret.
            JebbitctlError: a secret cannot be written.
        """
        if not self._secrets:
            return []
        pending = [
            spec
            for spec in specs
            if spec.name in self.ids and spec.name not in self._new and self._secrets.is_pending(spec.name)
        ]
        for spec in pending:
            self._fetch_secret(self._clients[spec.business], self._secrets, spec.name)
        return [spec.name for spec in pending]

    def _fetch_secret(self, client: Client, secrets: SecretFiles, name: str) -> None:
        """Read a secret from Jebbit and write it to its file."""
        try:
            secret = integrations.shared_secret(client, self.ids[name])
        except RejectedError as error:
            raise error.with_hint(
                f"write it to {secrets.path(name)}, or remove that file to continue without it, or replace "
                f"the integration with --replace-lost-secrets: {error.hint}"
            ) from error
        secrets.write(name, secret)

    def _create_integration(self, client: Client, step: PlanStep) -> Resource:
        name, desired = str(step.name), step.desired
        listed = integrations.list_integrations(client, whole=True)
        found = integrations.select(
            client, listed, service_name=integrations.WEBHOOKS, endpoint=desired[ENDPOINT]
        )
        same_endpoint = [*found.matching, *found.undecided]
        _require_no_new("integration", same_endpoint, self.ids.values())
        if self._secrets:
            self._secrets.reserve(name, alone=self._alone)
        creation = new_integration(desired, same_endpoint)
        try:
            (created, unapplied), error = self._creations[step.business].create_one(
                client, creation, lambda: integrations.create(client, desired)
            )
        except ConflictError:
            if self._secrets:
                self._secrets.release(name)  # the other run has the secret of the integration that is left
            raise
        if created.id:
            self.ids[name] = created.id
        secret = integrations.secret_in(created)
        if self._secrets and secret:
            self._write_new_secret(client, self._secrets, name, secret)
        if error:
            raise error
        require_created_id(integrations.PATH, created)
        if self._secrets and not secret:
            self._fetch_secret(client, self._secrets, name)
        raise_if_unapplied(unapplied, command=f"jebbitctl integrations get {created.id}")
        return created

    def _write_new_secret(self, client: Client, secrets: SecretFiles, name: str, secret: str) -> None:
        try:
            with deferred_signals():
                secrets.write(name, secret)
        except JebbitctlError:
            id_ = self.ids.get(name)
            if self.unsaved_secret and not integrations.shows_secret(client, id_):
                self.unsaved_secret(f"integration {id_ or name}", secret)
            raise

    def _create_mapping(self, client: Client, step: PlanStep) -> Resource:
        desired = {OWNER: self.ids[str(step.name)], **step.desired}
        general, specific = identifying_keys(mappings.TYPE, desired)
        same_var = [
            mapping
            for mapping in mappings.list_identified(client, whole=True)
            if general in identifying_keys(mappings.TYPE, mapping.attributes)
        ]
        _require_no_new("mapping", same_var, self._known_mappings)
        known = frozenset(str(mapping.id) for mapping in same_var)
        creation = Creation(mappings.TYPE, specific if same_var else general, known)
        (created, unapplied), error = self._creations[step.business].create_one(
            client, creation, lambda: mappings.create(client, desired)
        )
        self._known_mappings.add(str(created.id))
        if error:
            raise error
        raise_if_unapplied(unapplied, command=f"jebbitctl mappings get {created.id}")
        return created


def _require_no_new(noun: str, resources: Iterable[Resource], known_ids: Collection[str]) -> None:
    """Check that nobody else has created one of these resources since the plan was made.

    Raises:
        ConflictError: somebody has.
    """
    for resource in resources:
        if str(resource.id) not in known_ids:
            raise ConflictError(f"someone else has just created {noun} {resource.id}", hint=_RUN_AGAIN)


def _update_or_delete(client: Client, step: PlanStep, planned: Resource) -> Resource | None:
    """Update or delete a resource; return it unless it is deleted. Deleting a missing one succeeds.

    Args:
        client: of the business.
        step: an update or a deletion.
        planned: the resource as it was when the plan was made.
    """
    api: Any = mappings if step.is_mapping else integrations
    noun = "mapping" if step.is_mapping else "integration"
    id_ = str(planned.id)
    try:
        current = (
            mappings.get(client, id_)
            if step.is_mapping
            else integrations.get_complete(client, id_, step.desired)
        )
        _require_unchanged(f"{noun} {id_}", planned, current)
        if step.action is Action.DELETE:
            api.delete(client, id_)
            return None
    except NotFoundError:
        if step.action is Action.DELETE:
            return None
        raise
    result: WriteResult = api.update(client, current, step.desired)
    raise_if_unapplied(result.unapplied, command=f"jebbitctl {noun}s get {id_}")
    return result.resource


def _require_unchanged(name: str, planned: Resource, current: Resource) -> None:
    """Check that nobody else has changed a resource since the plan was made.

    Raises:
        ConflictError: somebody has.
    """
    expected = {  # a list may contain attributes that the resource itself does not
        attribute: value
        for attribute, value in planned.attributes.items()
        if attribute in current.attributes and attribute not in _NOT_COMPARED
    }
    if changes := diff(current.attributes, expected):
        attributes = ", ".join(change.name for change in changes)
        raise ConflictError(f"someone else has just changed {name}: {attributes}", hint=_RUN_AGAIN)
