"""Integrations: the webhooks that Jebbit sends (``/api/v1/integrations``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api import documents
from jebbitctl.api.doubts import recovery_hint
from jebbitctl.errors import AmbiguousWriteError, JebbitctlError, RefusedError
from jebbitctl.text import parse_json
from jebbitctl.urls import normalized

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource

TYPE = "integrations"
PATH = "/integrations"
OPTIONS = "additional_options"
REGIONS = ("us", "eu")
WEBHOOKS = "webhooks_standard"
"""The service of every integration that the API creates; those of others are made in the dashboard."""


class Difference(NamedTuple):
    """One attribute that is not as it should be; nested ones have dotted names."""

    name: str
    is_: Any
    should_be: Any


def inventory(client: Client) -> list[Resource]:
    """Return every integration, those made in the dashboard and those of other services included."""
    return [resource for page in client.pages(PATH) for resource in documents.many(page)]


def matching(
    resources: Iterable[Resource],
    *,
    active: bool | None = None,
    region: str | None = None,
    service: str | None = None,
    endpoint: str | None = None,
) -> list[Resource]:
    """Return the resources that have all the values asked for; None asks for nothing."""
    asked = {"is_active": active, "region": region, "service_name": service, "endpoint": endpoint}
    wanted = {name: value for name, value in asked.items() if value is not None}
    return [r for r in resources if not differences(r, wanted)] if wanted else list(resources)


def get(client: Client, id_: str) -> Resource:
    """Return one integration, under the id that was asked for."""
    return {**documents.one(client.get(_path(id_))), "id": id_}


def shared_secret(client: Client, id_: str) -> str:
    """Return an integration's shared secret.

    Raises:
        RefusedError: Jebbit's answer holds none.
    """
    secret = get(client, id_).get("shared_secret")
    if not isinstance(secret, str) or not secret:
        raise RefusedError(
            f"Jebbit's answer holds no shared secret for {id_}",
            hint="it may be shown only once, when the integration is created",
        )
    return secret


def create(client: Client, attributes: dict[str, Any]) -> tuple[Resource, list[Difference]]:
    """Create an integration; return it, and what Jebbit did not take of the attributes.

    An answer that names no id is shown all the same where it holds the secret, which may come only once.
    """
    answer = client.post(PATH, documents.request_document(TYPE, attributes))
    created = written(client, "POST", PATH, answer)
    if not created.get("shared_secret"):
        require_named(client, PATH, created)
    return _as_it_is(client, created, attributes)


def update(client: Client, current: Resource, asked: dict[str, Any]) -> tuple[Resource, list[Difference]]:
    """Send what ``asked`` changes of ``current``; return the result, and what Jebbit did not take."""
    id_ = str(current["id"])
    attributes = changes(current, asked)
    answer = client.patch(_path(id_), documents.request_document(TYPE, attributes, id_))
    updated = written(client, "PATCH", _path(id_), answer) if answer else {"type": TYPE}
    return _as_it_is(client, {**updated, "id": id_}, asked)


def delete(client: Client, id_: str) -> None:
    """Delete an integration."""
    client.delete(_path(id_))


def send_test(client: Client, id_: str) -> Any:
    """Make Jebbit send its test delivery; return the bodies it sent, decoded.

    The documented answer is a list of texts, each the JSON of one body. Another answer is returned as it is.
    """
    answer = client.post(f"{_path(id_)}/test", {})
    return [_decoded(body) for body in answer] if isinstance(answer, list) else answer


def changes(current: Resource, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes to send: only what differs, but ``additional_options`` whole.

    A PATCH merges attributes, but is assumed to replace the nested object: nothing in there may get lost.
    """
    wanted = dict(asked)
    if isinstance(options := asked.get(OPTIONS), dict):
        wanted[OPTIONS] = {**_options(current), **options}
    return {name: value for name, value in wanted.items() if not _same(name, current.get(name), value)}


def differences(resource: Resource, asked: dict[str, Any]) -> list[Difference]:
    """Return where ``resource`` is not what was asked for."""
    wanted, is_ = _dotted(asked), _dotted(resource)
    return [
        Difference(name, is_.get(name), value)
        for name, value in wanted.items()
        if not _same(name, is_.get(name), value)
    ]


def written(client: Client, method: str, path: str, answer: Any) -> Resource:
    """Return the resource that a write answered with.

    Raises:
        AmbiguousWriteError: it answered success, but with no resource.
    """
    try:
        return documents.one(answer)
    except RefusedError as error:
        raise AmbiguousWriteError(
            f"{error.message}; the {method} was probably carried out",
            hint=recovery_hint(method, client.url(path)),
        ) from None


def require_named(client: Client, path: str, created: Resource) -> None:
    """Refuse what a POST answered when nobody can find it again.

    Raises:
        AmbiguousWriteError: it has no id.
    """
    if not isinstance(id_ := created["id"], str) or not documents.is_id(id_):
        raise AmbiguousWriteError(
            "Jebbit's answer names no id; the POST was probably carried out",
            hint=recovery_hint("POST", client.url(path)),
        )


def _as_it_is(client: Client, answered: Resource, asked: dict[str, Any]) -> tuple[Resource, list[Difference]]:
    """Look again where the answer to a write leaves out what was asked for: some answers are sparse.

    What the write itself answered stands, such as a secret that is shown only once.
    """
    id_ = answered.get("id")
    if (
        isinstance(id_, str)
        and documents.is_id(id_)
        and not _dotted(asked).keys() <= _dotted(answered).keys()
    ):
        try:
            looked = get(client, id_)
        except JebbitctlError:
            looked = {}  # the write was carried out, and must be shown
        told = {name: value for name, value in answered.items() if value is not None}
        options = {**_options(looked), **_options(answered)}
        answered = {**answered, **looked, **told, **({OPTIONS: options} if options else {})}
    return answered, differences(answered, asked)


def _path(id_: str) -> str:
    return f"{PATH}/{documents.require_id(id_)}"


def _options(resource: Resource) -> dict[str, Any]:
    """Return the nested options, none where the service sent something else."""
    options = resource.get(OPTIONS)
    return options if isinstance(options, dict) else {}


def _dotted(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with each nested option under a name of its own."""
    flat = {name: value for name, value in attributes.items() if name != OPTIONS}
    if OPTIONS in attributes and not isinstance(attributes[OPTIONS], dict):
        flat[OPTIONS] = attributes[OPTIONS]
    return flat | {f"{OPTIONS}.{name}": value for name, value in _options(attributes).items()}


def _same(name: str, one: Any, other: Any) -> bool:
    """Compare as JSON does, where true is not 1; endpoints as URLs."""
    if name == "endpoint" and isinstance(one, str) and isinstance(other, str):
        return normalized(one) == normalized(other)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _decoded(body: Any) -> Any:
    try:
        return parse_json(body) if isinstance(body, str) else body
    except ValueError:
        return body
