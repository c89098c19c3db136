from __future__ import annotations

import base64
import json
import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.access_token import MAX_LIFETIME, AccessToken
from jebbitctl.api.transport import ApiResponse
from jebbitctl.auth import oauth
from jebbitctl.auth.oauth import request_token
from jebbitctl.errors import (
    CredentialsError,
    ExitCode,
    ForbiddenError,
    JebbitctlError,
    RejectedError,
    UnavailableError,
)
from tests.api.faults import FaultServer, api, drop, http, silence
from tests.api.support import CLIENT_SECRET, credentials
from tests.strategies import DOCUMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.api.transport import Transport


def jwt(claims: Any) -> str:
    header: Any = {}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    return b".".join([*parts, b"signature"]).decode()


def test_the_request_has_exactly_four_members(server: FaultServer, transport: Transport) -> None:
    server.script = [api({"access_token": "opaque", "expires_in": 60, "scope": "read:integration a a"})]
    token = request_token(transport, credentials(server.url))
    (request,) = server.seen
    assert (request.method, request.path) == ("POST", "/oauth/token")
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    assert request.json == {
        "client_id": "the-client",
        "client_secret": CLIENT_SECRET,
        "audience": "public-api",
        "grant_type": "client_credentials",
    }
    assert token.scopes == ("read:integration", "a")
    assert token.expires_at - token.issued_at == 60


def test_netrc_adds_nothing_to_the_token_request(
    server: FaultServer, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.script = [api({"access_token": "opaque"})]
    request_token(transport, credentials(server.url))
    assert "authorization" not in server.seen[0].headers


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (86400, 86400),
        ("3600", 3600),
        (0.5, 0.5),
        (0, 0),
        (-5, 0),
        ("-5", 0),
        (10**300, MAX_LIFETIME),
        (10**400, oauth.DEFAULT_LIFETIME),
        ("inf", MAX_LIFETIME),
        ("nan", oauth.DEFAULT_LIFETIME),
        ("soon", oauth.DEFAULT_LIFETIME),
        (True, oauth.DEFAULT_LIFETIME),
        (None, oauth.DEFAULT_LIFETIME),
        ([60], oauth.DEFAULT_LIFETIME),
    ],
)
def test_an_odd_lifetime_is_limited_or_replaced_by_the_default(
    server: FaultServer, transport: Transport, expires_in: Any, lifetime: float
) -> None:
    server.script = [api({"access_token": "opaque", "expires_in": expires_in})]
    before = time.time()
    token = request_token(transport, credentials(server.url))
    assert token.expires_at - token.issued_at == pytest.approx(lifetime)
    assert before <= token.issued_at <= time.time()


def test_a_missing_lifetime_is_replaced_by_the_default(server: FaultServer, transport: Transport) -> None:
    server.script = [api({"access_token": "opaque"})]
    token = request_token(transport, credentials(server.url))
    assert token.expires_at - token.issued_at == oauth.DEFAULT_LIFETIME


def test_a_token_is_fresh_for_nine_tenths_of_its_lifetime_and_never_before_it() -> None:
    token = AccessToken("t", (), 1000, 2000)
    assert [token.is_fresh(now) for now in (999, 1000, 1899, 1900, 3000)] == [False, True, True, False, False]


def test_the_businesses_come_from_the_scope_and_from_the_permissions(
    server: FaultServer, transport: Transport
) -> None:
    access_token = jwt(
        {"permissions": ["read:business:second00", "read:integration", 5, "read:business:x\r\ny: z"]}
    )
    scope = "read:business:bTUIhsye read:business read:business: read:business:.. write:integration"
    server.script = [api({"access_token": access_token, "scope": scope})]
    token = request_token(transport, credentials(server.url))
    assert token.businesses == ["bTUIhsye", "second00"]
    assert "read:integration" in token.scopes


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "null",
        "[]",
        '"token"',
        "5",
        "{}",
        '{"access_token": null}',
        '{"access_token": 5}',
        '{"access_token": {"a": 1}}',
        "[" * 100_000,
        '{"access_token": "t", "expires_in": ' + "9" * 5000 + "}",
    ],
    ids=lambda body: body[:30],
)
def test_a_200_without_a_token_is_an_error(server: FaultServer, transport: Transport, body: str) -> None:
    server.script = [http(200, body)]
    with pytest.raises(RejectedError, match="returned 200, but no usable token") as caught:
        request_token(transport, credentials(server.url))
    assert caught.value.status == 200
    assert "JEBBIT_AUTH_ISSUER" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\r\nX-Evil: 1", "é", "\x00", "\ud800"])
def test_a_token_that_is_not_valid_in_a_header_is_an_error(
    server: FaultServer, transport: Transport, text: str
) -> None:
    server.script = [api({"access_token": text})]
    with pytest.raises(RejectedError, match="returned 200, but no usable token") as caught:
        request_token(transport, credentials(server.url))
    assert not text or text not in caught.value.message
    assert "JEBBIT_AUTH_ISSUER" in (caught.value.hint or "")
    with pytest.raises(CredentialsError):
        AccessToken.from_text(text)


@pytest.mark.parametrize(
    ("status", "what"), [(400, "token request"), (401, "client id or secret"), (403, "token request")]
)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("Unauthorized", ": Unauthorized"),
        ("<h1>Unauthorized</h1>", ""),
        ("", ""),
        ('{"error": "x", "error_description": "Not granted"}', ": Not granted (x)"),
        ('{"error": "x"}', ": x"),
        ('{"error": "x", "error_description": 5}', ": x"),
        (json.dumps({"error": f"bad secret {CLIENT_SECRET}"}), ": bad secret ********"),
        ('{"error": "' + "x" * 1000 + '"}', ": " + "x" * 500 + "…"),
        ("[]", ""),
        ("9" * 5000, ""),
    ],
    ids=lambda text: text[:20],
)
def test_rejected_credentials_are_reported_with_the_issuers_reason(
    server: FaultServer, transport: Transport, *, status: int, what: str, body: str, reason: str
) -> None:
    server.script = [http(status, body, Content_Type="text/plain", CF_Ray="8f-IAD")]
    with pytest.raises(CredentialsError) as caught:
        request_token(transport, credentials(server.url))
    error = caught.value
    assert error.message == f"the issuer {server.url} rejected the {what} ({status}{reason})"
    assert (error.status, error.exit_code, error.request_id) == (status, ExitCode.CREDENTIALS, "8f-IAD")
    assert (error.hint or "").startswith("correct the client id and its secret")
    assert len(server.seen) == 1


AUDIENCE = "does not give client the-client a token for audience public-api"
GRANT = "does not allow client the-client to request tokens"


@pytest.mark.parametrize(
    ("status", "error", "description", "message"),
    [
        (403, "access_denied", "Service not enabled within domain: public-api", AUDIENCE),
        (400, "access_denied", "Client is not authorized to access the audience", AUDIENCE),
        (400, "invalid_target", "unknown", AUDIENCE),
        (403, "unauthorized_client", "Grant type is not allowed for the client", GRANT),
        (400, "unsupported_grant_type", "no", GRANT),
        (401, "unauthorized_client", "no", GRANT),
    ],
)
def test_an_audience_or_a_grant_that_is_not_allowed_is_not_a_wrong_secret(
    server: FaultServer, transport: Transport, *, status: int, error: str, description: str, message: str
) -> None:
    server.script = [api({"error": error, "error_description": description}, status)]
    with pytest.raises(ForbiddenError, match=message) as caught:
        request_token(transport, credentials(server.url))
    assert f"({status}: {description} ({error}))" in caught.value.message
    assert caught.value.exit_code == ExitCode.CREDENTIALS
    assert "the secret is not the cause" in (caught.value.hint or "")


@pytest.mark.parametrize(("status", "error"), [(401, "access_denied"), (400, "invalid_client")])
def test_a_wrong_secret_has_a_hint_on_the_secret(
    server: FaultServer, transport: Transport, status: int, error: str
) -> None:
    server.script = [api({"error": error, "error_description": "Unauthorized"}, status)]
    with pytest.raises(CredentialsError, match="rejected the client id or secret") as caught:
        request_token(transport, credentials(server.url)._replace(fix="correct the variable"))
    assert (caught.value.code, caught.value.hint) == ("credentials", "correct the variable")


def test_a_failing_issuers_words_are_reported(server: FaultServer, transport: Transport) -> None:
    server.script = [http(503, "Down for maintenance"), api({"message": "No such tenant"}, 404)]
    with pytest.raises(UnavailableError, match="returned 503: Down for maintenance"):
        request_token(transport, credentials(server.url))
    with pytest.raises(RejectedError, match="returned 404 instead of a token: No such tenant"):
        request_token(transport, credentials(server.url))


@pytest.mark.parametrize("status", [404, 405, 422])
def test_another_status_is_not_a_token(server: FaultServer, transport: Transport, status: int) -> None:
    server.script = [http(status, "<html>")]
    with pytest.raises(RejectedError, match=f"returned {status} instead of a token"):
        request_token(transport, credentials(server.url))


@pytest.mark.parametrize("status", [408, 500, 502, 503])
def test_a_failing_issuer_is_not_asked_again(server: FaultServer, transport: Transport, status: int) -> None:
    server.script = [http(status)]
    with pytest.raises(UnavailableError, match=str(status)) as caught:
        request_token(transport, credentials(server.url))
    assert caught.value.code == "unavailable"
    assert len(server.seen) == 1


def test_a_busy_issuer_is_asked_again(server: FaultServer, transport: Transport) -> None:
    server.script = [http(429, Retry_After="0.01"), api({"access_token": "opaque"})]
    assert request_token(transport, credentials(server.url)).access_token == "opaque"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_with_the_secret(
    server: FaultServer, transport: Transport, status: int
) -> None:
    with FaultServer() as elsewhere:
        server.script = [http(status, Location=f"{elsewhere.url}/oauth/token?a=b")]
        with pytest.raises(RejectedError) as caught:
            request_token(transport, credentials(server.url))
        assert f"a redirect to {elsewhere.url}/oauth/token, not followed" in caught.value.message
        assert (len(server.seen), elsewhere.connections) == (1, 0)


@pytest.mark.parametrize("fault", [drop, silence])
def test_a_missing_response_is_unavailable_and_not_ambiguous(
    server: FaultServer, impatient_transport: Transport, fault: Any
) -> None:
    server.script = [fault]
    with pytest.raises(UnavailableError) as caught:
        request_token(impatient_transport, credentials(server.url))
    assert caught.value.code == "unavailable"
    assert CLIENT_SECRET not in caught.value.message
    assert len(server.seen) == 1


def test_the_log_contains_neither_token_nor_secret(
    server: FaultServer, transport: Transport, log: list[str]
) -> None:
    server.script = [api({"access_token": "the-token", "note": f"you sent {CLIENT_SECRET}"})]
    token = request_token(transport, credentials(server.url))
    shown = "".join([*log, repr(token), repr(credentials(server.url))])
    assert "the-token" not in shown
    assert CLIENT_SECRET not in shown
    assert len(log) == 2


@pytest.mark.parametrize(
    ("text", "scopes", "expires_at"),
    [
        ("opaque", (), math.inf),
        ("not.a.jwt", (), math.inf),
        ("..", (), math.inf),
        (jwt([]), (), math.inf),
        (jwt({}), (), math.inf),
        (jwt({"exp": 1700000000, "permissions": ["a"]}), ("a",), 1700000000),
        (jwt({"exp": 1700000000.5}), (), 1700000000.5),
        (jwt({"exp": 10**400, "permissions": {"a": 1}, "scope": 5}), (), 253402300799),
        (
            jwt({"scope": "read:integration write:integration"}),
            ("read:integration", "write:integration"),
            math.inf,
        ),
        (jwt({"scope": ["a", 5, "b"], "permissions": ["b", "c"]}), ("b", "c", "a"), math.inf),
        (jwt({"exp": -5}), (), 0),
        (jwt({"exp": "soon"}), (), math.inf),
        (jwt({"exp": math.nan}), (), math.inf),
    ],
)
def test_a_given_token_is_read_if_it_is_a_jwt(text: str, scopes: tuple[str, ...], expires_at: float) -> None:
    token = AccessToken.from_text(text)
    assert (token.access_token, token.scopes, token.expires_at) == (text, scopes, expires_at)


class FakeTransport:
    """A transport that always returns the same response."""

    def __init__(self, response: ApiResponse) -> None:
        self.response = response

    def send(self, *_: Any, **__: Any) -> ApiResponse:
        return self.response


TOKENS = DOCUMENTS | st.fixed_dictionaries(
    {"access_token": st.text() | DOCUMENTS},
    optional={
        "expires_in": DOCUMENTS | st.floats(),
        "scope": DOCUMENTS,
        "error": DOCUMENTS,
        "error_description": DOCUMENTS,
    },
)


@given(st.sampled_from([200, 201, 302, 400, 401, 403, 404, 429, 500]), st.binary() | TOKENS.map(json.dumps))
def test_any_response_is_a_token_or_a_jebbitctl_error(status: int, body: str | bytes) -> None:
    raw = body.encode() if isinstance(body, str) else body
    transport: Any = FakeTransport(ApiResponse(status, {}, raw))
    try:
        token = request_token(transport, credentials("https://h"))
    except JebbitctlError:
        return
    assert status == 200
    assert 0 <= token.expires_at - token.issued_at <= MAX_LIFETIME


@given(st.text() | DOCUMENTS.map(jwt) | st.fixed_dictionaries({"exp": DOCUMENTS | st.floats()}).map(jwt))
def test_any_text_is_a_token_or_a_credentials_error(text: str) -> None:
    try:
        token = AccessToken.from_text(text)
    except CredentialsError:
        return
    assert token.expires_at >= 0
