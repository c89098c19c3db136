"""A sandbox that gives scripted answers to some requests, and the resources inside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.state import StoredResource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import WSGIApplication

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.sandbox.server import Sandbox

    Answer = tuple[int, Any]


def scripted(answer: Callable[[str, str], Answer | None]) -> Callable[[Any], WSGIApplication]:
    """Return middleware: ``answer`` gets method and path, and returns status and JSON, or None to pass."""

    def wrap(app: Any) -> WSGIApplication:
        def answering(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            scripted_answer = answer(environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/api/v1/"))
            if scripted_answer is None:
                response: Iterable[bytes] = app(environ, start)
                return response
            status, document = scripted_answer
            body = b"" if document is None else json.dumps(document).encode()
            start(
                f"{status} Scripted",
                [("Content-Type", "application/vnd.api+json"), ("Content-Length", str(len(body)))],
            )
            return [body]

        return answering

    return wrap


def resource(type_: str, id_: str, **attributes: Any) -> dict[str, Any]:
    """Return a document with one resource."""
    return {"data": {"id": id_, "type": type_, "attributes": attributes}}


def attributes_of(sandbox: Sandbox, type_: str) -> dict[str, dict[str, Any]]:
    """Return the attributes of all resources of a type by id, newest first; changes apply to the store."""
    (business,) = sandbox.state.businesses.values()
    return {id_: found.attributes for id_, found in reversed(business.of(type_).items())}


def active(sandbox: Sandbox) -> str:
    """Activate an integration and return its id."""
    found = attributes_of(sandbox, "integrations")
    id_ = next(id_ for id_, attributes in found.items() if attributes["service_name"] == "webhooks_standard")
    found[id_]["is_active"] = True
    return id_


def other(sandbox: Sandbox) -> str:
    """Return another integration's id."""
    return next(id_ for id_ in attributes_of(sandbox, "integrations") if id_ != active(sandbox))


def add(sandbox: Sandbox, type_: str, **attributes: Any) -> str:
    """Add a resource to the store and return its id."""
    (business,) = sandbox.state.businesses.values()
    id_ = sandbox.state.new_id()
    linked = {attributes["integration_id"]} if attributes.get("integration_id") else set()
    business.of(type_)[id_] = StoredResource(id_, attributes, sandbox.state.clock(), linked)
    return id_


def add_mapping(
    sandbox: Sandbox,
    jebbit_var: str,
    client_var: str,
    default: str | None = None,
    *,
    integration: str | None = None,
) -> str:
    """Add a mapping to the store and return its id."""
    return add(
        sandbox,
        "integration_mappings",
        jebbit_var=jebbit_var,
        client_var=client_var,
        integration_id=integration or active(sandbox),
        default=default,
    )


def writes(sandbox: Sandbox) -> list[tuple[str, dict[str, Any]]]:
    """Return the method and attributes of each write below ``/api/v1``, in order."""
    return [
        (request.method, json.loads(request.body)["data"]["attributes"] if request.body else {})
        for request in sandbox.requests
        if request.method != "GET" and request.path.startswith("/api/v1/")
    ]
