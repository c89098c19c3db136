"""The routes of the Integrations API, their permissions and their handlers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from jebbitctl.sandbox import control, issuer, jwt
from jebbitctl.sandbox.collection import Collection
from jebbitctl.sandbox.delivery_rules import test_delivery
from jebbitctl.sandbox.error_styles import error_response, identify
from jebbitctl.sandbox.integration_settings import settings_of
from jebbitctl.sandbox.resource_types import NESTED, RESOURCE_TYPES
from jebbitctl.sandbox.responses import (
    MEDIA_TYPE,
    ApiError,
    empty_response,
    json_response,
    read_attributes,
    read_document,
)
from jebbitctl.sandbox.state import business_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.datastructures import MultiDict

    from jebbitctl.sandbox.deliveries import OutgoingDelivery
    from jebbitctl.sandbox.resource_types import ResourceType
    from jebbitctl.sandbox.state import Business, SandboxState

ROOT = "/api/v1"


@dataclass(slots=True)
class AuthorizedRequest:
    """A request with a valid token that has the required scope.

    Attributes:
        state: the data of the sandbox, locked.
        http: the HTTP request.
        business: the business whose data it concerns.
        deliveries: webhooks to send before the response, once the state is unlocked.
    """

    state: SandboxState
    http: Request
    business: Business
    deliveries: list[OutgoingDelivery] = field(default_factory=list)

    def collection(self, resource_type: ResourceType) -> Collection:
        """Return the business's resources of a type."""
        return Collection(self.state, self.business, resource_type)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API: one method of one route.

    Attributes:
        type: the JSON:API type of the resources that it concerns, None if it requires no scope.
        method: the HTTP method.
        handle: called with the authorized request and the values from the path.
    """

    type: str | None
    method: str
    handle: Callable[..., Response]


@dataclass(frozen=True, slots=True)
class ControlOperation:
    """An operation of the sandbox itself.

    Attributes:
        handle: called with the state, which is not locked, the business, the HTTP request and the values from
            the path.
    """

    handle: Callable[..., Response]


class Api:
    """The WSGI application: the API, the token issuer and what controls the sandbox."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to one request."""
        started = time.monotonic()
        request = Request(environ)
        style = self._state.behaviour.error_style
        try:
            response = self._respond(request)
        except ApiError as error:
            response = error_response(error, style)
        except HTTPException as error:
            response = error_response(ApiError(error.code or 500), style)
            if allowed := getattr(error, "valid_methods", None):
                response.headers["Allow"] = ", ".join(sorted(allowed))
        identify(response, started)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        target, values = _ROUTES.bind_to_environ(request).match()
        if isinstance(target, ControlOperation):
            try:
                with self._state.lock:
                    business = self._authorize(request, None)
                return target.handle(self._state, business, request, **values)
            except ApiError as error:
                return control.error_response(error)
        if not isinstance(target, Operation):
            with self._state.lock:
                response: Response = target(self._state, request)
                return response
        with self._state.lock:
            authorized = AuthorizedRequest(self._state, request, self._authorize(request, target))
            response = target.handle(authorized, **values)
        for delivery in authorized.deliveries:
            self._state.delivery_log.add(delivery.send(self._state.dispatcher.certificates))
        return response

    def _authorize(self, request: Request, operation: Operation | None) -> Business:
        """Return the business that a request concerns.

        Raises:
            ApiError: 401 if the token is not valid, or the business is ambiguous or not covered by the token;
                403 if the token does not have the scope.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        claims = jwt.decode(token.strip(), self._state.signing_key, now=self._state.clock())
        if scheme.lower() != "bearer" or claims is None:
            raise ApiError(401)
        scopes = issuer.scopes_in(claims)
        covered = [id_ for id_ in map(business_of, scopes) if id_]
        # With a token of one business, the header is ignored, even if it names another one.
        named = covered[0] if len(covered) == 1 else request.headers.get("x-jebbit-business", "")
        business = self._state.businesses.get(named) if named in covered else None
        if business is None:
            raise ApiError(401)
        dialect = self._state.behaviour.dialect
        if operation and operation.type and dialect.scope(operation.type, operation.method) not in scopes:
            raise ApiError(403)
        return business


def _rules() -> Iterator[Rule]:
    yield _rule("/self", "GET", None, _self)
    for resource_type in RESOURCE_TYPES.values():
        if resource_type.readable:
            yield from _resource_rules(resource_type)
    for parent, child in NESTED:
        handle = _list_related(RESOURCE_TYPES[parent], RESOURCE_TYPES[child])
        yield _rule(f"/{parent}/<id_>/{child}", "GET", child, handle)
    yield _rule("/integrations/<id_>/test", "POST", "integrations", _send_test)


def _control_rules() -> Iterator[Rule]:
    for path, method, handle in (
        ("/visits", "POST", control.visit),
        ("/visits/<id_>", "GET", control.show_run),
        ("/deliveries", "GET", control.deliveries),
    ):
        yield Rule(control.ROOT + path, methods=[method], endpoint=ControlOperation(handle))


def _resource_rules(resource_type: ResourceType) -> Iterator[Rule]:
    operations: dict[tuple[str, str], Callable[..., Response]] = {
        ("", "GET"): lambda r: json_response(r.collection(resource_type).select(r.http.args)),
        ("", "POST"): lambda r: _create(r.collection(resource_type), read_attributes(r.http)),
        ("/<id_>", "GET"): lambda r, id_: _get(r.collection(resource_type), id_, r.http.args),
        ("/<id_>", "PATCH"): lambda r, id_: _update(
            r.collection(resource_type), id_, _patch(r.http, resource_type)
        ),
        ("/<id_>", "DELETE"): lambda r, id_: _no_content(r.collection(resource_type).delete(id_)),
    }
    for (path, method), handle in operations.items():
        if method == "GET" or method in resource_type.writes:
            yield _rule(f"/{resource_type.type}{path}", method, resource_type.scope_type, handle)


def _rule(path: str, method: str, type_: str | None, handle: Callable[..., Response]) -> Rule:
    return Rule(ROOT + path, methods=[method], endpoint=Operation(type_, method, handle))


def _create(collection: Collection, attributes: dict[str, Any]) -> Response:
    return json_response(collection.document(collection.create(attributes), created=True), 201)


def _get(collection: Collection, id_: str, query: MultiDict[str, str]) -> Response:
    return json_response(collection.document(collection.find(id_), query))


def _update(collection: Collection, id_: str, attributes: dict[str, Any]) -> Response:
    return json_response(collection.document(collection.update(id_, attributes)))


def _no_content(_: None) -> Response:
    return empty_response(204)


def _patch(request: Request, resource_type: ResourceType) -> dict[str, Any]:
    """Return the attributes of a PATCH; empty for a type whose PATCH has none."""
    if resource_type.patch_has_body:
        return read_attributes(request)
    if request.get_data():
        read_document(request)
    return {}


def _self(request: AuthorizedRequest) -> Response:
    business = request.business
    return json_response(
        {"data": {"id": business.id, "type": "businesses", "attributes": {"name": business.name}}}
    )


def _list_related(parent: ResourceType, child: ResourceType) -> Callable[..., Response]:
    def handle(request: AuthorizedRequest, id_: str) -> Response:
        request.collection(parent).find(id_)
        return json_response(request.collection(child).select(request.http.args, linked_to=id_))

    return handle


def _send_test(request: AuthorizedRequest, id_: str) -> Response:
    integration = request.collection(RESOURCE_TYPES["integrations"]).find(id_)
    if request.http.get_data():
        read_document(request.http)
    (settings,) = settings_of(request.business, [integration])
    delivery = test_delivery(request.business, settings)
    request.deliveries.append(delivery)
    if request.state.behaviour.test_response is not None:
        return Response(request.state.behaviour.test_response, content_type=MEDIA_TYPE)
    return json_response([delivery.body.decode()])


# Built once, under the import lock: werkzeug parses Python to compile a rule. In Python 3.11, two threads
# that parse at the same time can break each other (CPython issue 106905).
_ROUTES = Map(
    [
        Rule("/oauth/token", methods=["POST"], endpoint=issuer.token),
        Rule(f"{ROOT}/auth", methods=["POST"], endpoint=issuer.auth),
        *_rules(),
        *_control_rules(),
    ],
    merge_slashes=False,
)
