"""The Integrations API: routes, who may call them, and what they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from jebbitctl.sandbox import issuer, tokens
from jebbitctl.sandbox.answers import Problem, answer, empty, read_attributes, read_document, refusal
from jebbitctl.sandbox.collection import Collection
from jebbitctl.sandbox.deliveries import Delivery
from jebbitctl.sandbox.kinds import KINDS, NESTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.wrappers import Response

    from jebbitctl.sandbox.kinds import Kind
    from jebbitctl.sandbox.state import Business, State

ROOT = "/api/v1"


@dataclass(slots=True)
class Call:
    """One request of somebody who may make it.

    Attributes:
        state: the store, locked.
        request: what was asked.
        business: whose data it is about.
        deliveries: webhooks to send before the answer, once the store is unlocked.
    """

    state: State
    request: Request
    business: Business
    deliveries: list[Delivery] = field(default_factory=list)

    def of(self, kind: Kind) -> Collection:
        """Return the business's collection of a kind."""
        return Collection(self.state, self.business, kind)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route does.

    Attributes:
        scope: the permission it needs, None for none.
        run: does it; called with the call and the route's values.
    """

    scope: str | None
    run: Callable[..., Response]


class Api:
    """The WSGI application: the API and the token issuer."""

    def __init__(self, state: State, log: Callable[[str], None]) -> None:
        self._state = state
        self._log = log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._respond(request)
        except Problem as problem:
            response = refusal(problem)
        except HTTPException as error:
            response = refusal(Problem(error.code or 500))
            if allowed := getattr(error, "valid_methods", None):
                response.headers["Allow"] = ", ".join(sorted(allowed))
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        endpoint, values = _ROUTES.bind_to_environ(request).match()
        if not isinstance(endpoint, Operation):
            with self._state.lock:
                issued: Response = endpoint(self._state, request)
                return issued
        with self._state.lock:
            call = Call(self._state, request, self._authorize(request, endpoint.scope))
            response = endpoint.run(call, **values)
        for delivery in call.deliveries:
            delivery.run(self._log)
        return response

    def _authorize(self, request: Request, scope: str | None) -> Business:
        """Return the business a request is about.

        Raises:
            Problem: 401 without a valid token, or when the business is not clear or not covered; 403 without
                the scope.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        claims = tokens.decode(token.strip(), self._state.signing_key, now=self._state.clock())
        if scheme.lower() != "bearer" or claims is None:
            raise Problem(401)
        permissions = claims["permissions"]
        prefix = "read:business:"
        covered = [name.removeprefix(prefix) for name in permissions if name.startswith(prefix)]
        asked = request.headers.get("x-jebbit-business") or (covered[0] if len(covered) == 1 else "")
        business = self._state.businesses.get(asked) if asked in covered else None
        if business is None:
            raise Problem(401)
        if scope and scope not in permissions:
            raise Problem(403)
        return business


def _rules() -> Iterator[Rule]:
    yield _rule("/self", "GET", None, _self)
    for kind in KINDS.values():
        if kind.readable:
            yield from _resource_rules(kind)
    for parent, child in NESTED:
        run = _related(KINDS[parent], KINDS[child])
        yield _rule(f"/{parent}/<id_>/{child}", "GET", KINDS[child].scope("read"), run)
    integrations = KINDS["integrations"]
    yield _rule("/integrations/<id_>/test", "POST", integrations.scope("write"), _test)


def _resource_rules(kind: Kind) -> Iterator[Rule]:
    operations: dict[tuple[str, str], Callable[..., Response]] = {
        ("", "GET"): lambda call: answer({"data": call.of(kind).select(call.request.args)}),
        ("", "POST"): lambda call: _shown(
            call, kind, call.of(kind).create(read_attributes(call.request)), 201
        ),
        ("/<id_>", "GET"): lambda call, id_: _shown(call, kind, call.of(kind).find(id_)),
        ("/<id_>", "PATCH"): lambda call, id_: _shown(
            call, kind, call.of(kind).update(id_, _patch(call.request, kind))
        ),
        ("/<id_>", "DELETE"): lambda call, id_: _gone(call.of(kind).delete(id_)),
    }
    for (path, method), run in operations.items():
        if method == "GET" or method in kind.writes:
            scope = kind.scope("read" if method == "GET" else "write")
            yield _rule(f"/{kind.type}{path}", method, scope, run)


def _rule(path: str, method: str, scope: str | None, run: Callable[..., Response]) -> Rule:
    return Rule(ROOT + path, methods=[method], endpoint=Operation(scope, run))


def _shown(call: Call, kind: Kind, resource: Any, status: int = 200) -> Response:
    return answer({"data": call.of(kind).document(resource)}, status)


def _gone(_: None) -> Response:
    return empty(204)


def _patch(request: Request, kind: Kind) -> dict[str, Any]:
    if kind.body:
        return read_attributes(request)
    if request.get_data():
        read_document(request)
    return {}


def _self(call: Call) -> Response:
    business = call.business
    return answer({"data": {"id": business.id, "type": "businesses", "attributes": {"name": business.name}}})


def _related(parent: Kind, child: Kind) -> Callable[..., Response]:
    def run(call: Call, id_: str) -> Response:
        call.of(parent).find(id_)
        return answer({"data": call.of(child).select(call.request.args, beneath=id_)})

    return run


def _test(call: Call, id_: str) -> Response:
    integration = call.of(KINDS["integrations"]).find(id_)
    if call.request.get_data():
        read_document(call.request)
    delivery = Delivery(id_, integration.attributes["endpoint"], integration.attributes["shared_secret"])
    call.deliveries.append(delivery)
    return answer([delivery.body.decode()])


# Made once, under the import lock: werkzeug parses Python to compile a rule, and in Python 3.11 two threads
# that parse at once can break each other (CPython issue 106905).
_ROUTES = Map(
    [
        Rule("/oauth/token", methods=["POST"], endpoint=issuer.token),
        Rule(f"{ROOT}/auth", methods=["POST"], endpoint=issuer.auth),
        *_rules(),
    ],
    merge_slashes=False,
)
