"""The token issuer: the OAuth 2.0 client credentials grant, with the responses of Auth0."""

from __future__ import annotations

import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from jebbitctl.sandbox import jwt
from jebbitctl.sandbox.responses import ApiError, json_response, read_document, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request

    from jebbitctl.sandbox.state import SandboxState

AUDIENCE = "public-api"
GRANT = "client_credentials"
_REQUIRED_MEMBERS = {"client_id", "client_secret", "audience", "grant_type"}


def token(state: SandboxState, request: Request) -> Response:
    """Handle ``POST /oauth/token``."""
    try:
        body = read_json(request)
    except ApiError:
        body = None
    rejection = _check_format(request, body) or _check_credentials(state, body)
    if rejection:
        status, error, description = rejection
        return _respond({"error": error, "error_description": description}, status)
    return _respond(_issue(state, body["client_id"], request.host_url))


def auth(state: SandboxState, request: Request) -> Response:
    """Handle ``POST /api/v1/auth``, the older way to get a token; wrong credentials get 400."""
    body = read_document(request)
    if not isinstance(body, dict) or not _is_known(state, body.get("client_id"), body.get("client_secret")):
        raise ApiError(400)
    issued = _issue(state, body["client_id"], request.host_url)
    return json_response({"data": {name: issued[name] for name in ("access_token", "token_type", "scope")}})


def _check_format(request: Request, body: Any) -> tuple[int, str, str] | None:
    """Return the status, error and description of a rejection, or None."""
    if request.mimetype != "application/json":
        return 400, "invalid_request", "the Content-Type must be application/json"
    if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
        return 400, "invalid_request", "the body must be a JSON object of strings"
    if missing := _REQUIRED_MEMBERS - body.keys():
        return 400, "invalid_request", f"missing: {', '.join(sorted(missing))}"
    if body.keys() - _REQUIRED_MEMBERS - {"scope"}:
        return 400, "invalid_request", f"allowed members: {', '.join(sorted(_REQUIRED_MEMBERS | {'scope'}))}"
    return None


def _check_credentials(state: SandboxState, body: dict[str, str]) -> tuple[int, str, str] | None:
    """Return the status, error and description of a rejection, or None."""
    if not _is_known(state, body["client_id"], body["client_secret"]):
        return 401, "access_denied", "Unauthorized"
    refused = state.behaviour.refusal_status
    if body["grant_type"] != GRANT or not state.behaviour.grant_allowed:
        return refused, "unauthorized_client", "Grant type is not allowed for the client"
    if body["audience"] != AUDIENCE:
        return refused, "access_denied", f"Client is not authorized to access the audience; use {AUDIENCE}"
    granted = state.permissions_of(body["client_id"]) or []
    if not set(body.get("scope", "").split()) <= set(granted):
        return refused, "access_denied", "Client has not been granted the requested scopes"
    return None


def scopes_in(claims: Mapping[str, Any]) -> list[str]:
    """Return the scopes that a token's claims list, in whichever claim."""
    return list(claims["permissions"]) if "permissions" in claims else str(claims["scope"]).split()


def _is_known(state: SandboxState, client_id: Any, client_secret: Any) -> bool:
    if not isinstance(client_id, str) or not isinstance(client_secret, str):
        return False
    matches = hmac.compare_digest(client_secret.encode("utf-8", "replace"), state.client_secret.encode())
    return matches and state.permissions_of(client_id) is not None


def _issue(state: SandboxState, client_id: str, issuer: str) -> dict[str, Any]:
    permissions = state.permissions_of(client_id) or []
    now = int(state.clock())
    claims = {
        "iss": issuer,
        "sub": f"{client_id}@clients",
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + state.token_lifetime,
        "jti": secrets.token_hex(8),
        "gty": "client-credentials",
        "azp": client_id,
        **_scope_claim(state, permissions),
    }
    return {
        "access_token": jwt.encode(claims, state.signing_key),
        "scope": " ".join(permissions),
        "expires_in": state.token_lifetime,
        "token_type": "Bearer",
    }


def _scope_claim(state: SandboxState, permissions: list[str]) -> dict[str, Any]:
    if state.behaviour.scope_claim == "scope":
        return {"scope": " ".join(permissions)}
    return {"permissions": permissions}


def _respond(content: dict[str, Any], status: int = 200) -> Response:
    return Response(
        json.dumps(content), status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
