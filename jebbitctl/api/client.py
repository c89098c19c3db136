"""Jebbit's API: authentication, the business header, JSON:API both ways, statuses turned into errors."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urljoin

from jebbitctl.api import documents
from jebbitctl.api.doubts import how_to_look
from jebbitctl.api.statuses import raise_for_status, said
from jebbitctl.errors import AmbiguousWriteError, RefusedError, UsageError
from jebbitctl.urls import same_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jebbitctl.api.oauth import Token
    from jebbitctl.api.transport import ApiResponse, Transport

API_ROOT = "/api/v1"
BUSINESS_HEADER = "x-jebbit-business"


class TokenSource(Protocol):
    """Where access tokens come from."""

    def current(self) -> Token:
        """Return a token that should work."""

    def renewed(self, rejected: Token) -> Token | None:
        """Return another token than the one Jebbit rejected, None when there is no other to be had."""


class Client:
    """The small wrapper around requests.

    Args:
        transport: sends one request.
        base_url: such as ``https://api2.jebbit.com``, without a trailing slash.
        tokens: asked for a token before each request.
        business: the id that goes into ``x-jebbit-business``, or None to let the API infer it.
    """

    def __init__(
        self, transport: Transport, base_url: str, tokens: TokenSource, business: str | None = None
    ) -> None:
        self.base_url = base_url
        self.business = business
        self.tokens = tokens
        self._transport = transport
        self._last_token: Token | None = None

    def for_business(self, business: str) -> Client:
        """Return a client for another business that shares connections and tokens with this one."""
        return Client(self._transport, self.base_url, self.tokens, business)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Return the JSON document at ``path``, such as ``/integrations``; see :meth:`request` for errors."""
        return self.request("GET", path, params=params)

    def post(self, path: str, document: Any) -> Any:
        """Send a document and return the answer's."""
        return self.request("POST", path, document=document)

    def patch(self, path: str, document: Any) -> Any:
        """Send changes and return the answer's document."""
        return self.request("PATCH", path, document=document)

    def delete(self, path: str) -> None:
        """Delete what is at ``path``; a 404 after an earlier, unanswered try means that the try did it."""
        answer = self.exchange("DELETE", path)
        if not (answer.status == HTTPStatus.NOT_FOUND and answer.ambiguous):
            self._decode(answer, "DELETE", path)

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Yield each page of a collection as a document; see :meth:`request` for errors.

        Raises:
            RefusedError: a link leads to another server, or to a page that was read already.
        """
        decode = partial(self._decode, method="GET", path=path)
        for _, document in self._follow_pages(self.url(path, params), decode):
            yield document

    def request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, document: Any = None
    ) -> Any:
        """Carry out one call and return the decoded answer, None when it is empty.

        Raises:
            UsageError: the token covers several businesses and none is named.
            NotFoundError, CredentialsError, ForbiddenError, RefusedError, UnavailableError: see ``statuses``.
            AmbiguousWriteError: a write was answered, but the answer cannot be read.
        """
        answer = self.exchange(method, path, params=params, document=document)
        return self._decode(answer, method, path)

    def exchange(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, document: Any = None
    ) -> ApiResponse:
        """Carry out one call and return the raw answer, whatever its status."""
        body = None if document is None else json.dumps(document).encode()
        return self._authenticated(method, self.url(path, params), body)

    def url(self, path: str, params: Mapping[str, str] | None = None) -> str:
        """Return the absolute URL of a path below the API's root."""
        return f"{self.base_url}{API_ROOT}{path}" + (f"?{urlencode(params)}" if params else "")

    def _follow_pages(
        self, url: str, decode: Callable[[ApiResponse], Any]
    ) -> Iterator[tuple[ApiResponse, Any]]:
        """Yield each page as its response and its document, following ``links.next`` on this server.

        Raises:
            RefusedError: a link leads to another server, or to a page that was read already.
        """
        seen = set()
        while True:
            seen.add(url)
            response = self._authenticated("GET", url, None)
            document = decode(response)
            yield response, document
            link = documents.next_link(document)
            if link is None:
                return
            with suppress(ValueError):  # not a URL: it is refused below
                link = urljoin(url, link)
            if not same_origin(link, self.base_url):
                raise RefusedError(f"Jebbit's next page is on another server, which is not followed: {link}")
            if link in seen:
                raise RefusedError(f"Jebbit's pages form a loop: {link} comes twice")
            url = link

    def _authenticated(self, method: str, url: str, body: bytes | None) -> ApiResponse:
        """Send with the current token; a 401 is answered once with another one."""
        token = self.tokens.current()
        self._require_business(token)
        answer = self._send(method, url, body, token)
        if answer.status == HTTPStatus.UNAUTHORIZED and (other := self.tokens.renewed(token)):
            answer = self._send(method, url, body, other)
        return answer

    def _send(self, method: str, url: str, body: bytes | None, token: Token) -> ApiResponse:
        secret = token.access_token
        headers = {**self._headers(has_body=body is not None), "authorization": f"Bearer {secret}"}
        self._last_token = token
        return self._transport.send(method, url, headers=headers, body=body, secrets=(secret,))

    def _headers(self, *, has_body: bool) -> dict[str, str]:
        """Return a request's headers, their names in lower case."""
        headers = {"accept": documents.MEDIA_TYPE}
        if has_body:
            headers["content-type"] = documents.MEDIA_TYPE
        if self.business:
            headers[BUSINESS_HEADER] = self.business
        return headers

    def _require_business(self, token: Token) -> None:
        """Refuse early what the API would answer with a flat 401 that looks like a bad credential."""
        if self.business is None and len(token.businesses) > 1:
            raise UsageError(
                f"this credential covers several businesses ({', '.join(token.businesses)}): name one",
                hint="use --business ID or JEBBIT_BUSINESS_ID; jebbitctl whoami lists their names",
            )

    def _decode(self, answer: ApiResponse, method: str, path: str) -> Any:
        self._check(answer, method, path)
        if not answer.body.strip():
            return None
        try:
            document = answer.json()
        except ValueError:
            kind = answer.headers.get("Content-Type", "something").partition(";")[0]
            told, means = f"{kind} that cannot be read as JSON", "was probably"
        else:
            if not (isinstance(document, dict) and document.get("errors")):
                return document
            told, means = f"errors: {said(answer, self._last_token)}".removesuffix(": "), "may have been"
        message = f"Jebbit answered {answer.status} with {told}"
        if look := how_to_look(method, self.url(path)):
            message = f"{message}; the {method} {means} carried out"
            raise AmbiguousWriteError(message, hint=look, status=answer.status)
        raise RefusedError(message, hint=f"is {self.base_url} the right API URL?", status=answer.status)

    def _check(self, answer: ApiResponse, method: str, path: str) -> None:
        if answer.status not in range(200, 300):
            raise_for_status(answer, method, path, self._last_token, self.business)
