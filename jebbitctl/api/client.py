"""The API client: authentication, the business header, JSON:API documents and errors."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import copy
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin

from jebbitctl.api import documents
from jebbitctl.api.ambiguous_writes import recovery_hint
from jebbitctl.api.coverage import covers, require_answering, require_covered
from jebbitctl.api.documents import API_ROOT, SELF
from jebbitctl.api.error_text import error_text
from jebbitctl.api.http_errors import SentRequest, status_error
from jebbitctl.api.request_ids import request_id
from jebbitctl.api.scopes import missing_scopes
from jebbitctl.errors import (
    AmbiguousWriteError,
    ForbiddenError,
    JebbitctlError,
    NotFoundError,
    RejectedError,
)
from jebbitctl.util.redaction import register_secret
from jebbitctl.util.text import plain_text
from jebbitctl.util.urls import same_origin, shown_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jebbitctl.api.access_token import AccessToken, TokenSource
    from jebbitctl.api.page_budget import PageBudget
    from jebbitctl.api.transport import ApiResponse, Transport

BUSINESS_HEADER = "x-jebbit-business"


class Client:
    """Calls Jebbit's API.

    Args:
        transport: sends the requests.
        base_url: such as ``https://api2.jebbit.com``, without a trailing slash.
        tokens: provides the token of each request.
        business: the id to send as ``x-jebbit-business``, or None to let the API infer it.

    Attributes:
        warn: called with what is odd about a response that is usable all the same.
        warn_of_gap: likewise with why a list may be incomplete; None for ``warn``.
        after_write: called after each request that may have changed something.
    """

    def __init__(
        self, transport: Transport, base_url: str, tokens: TokenSource, business: str | None = None
    ) -> None:
        self.base_url = base_url
        self.business = business
        self.tokens = tokens
        self.warn: Callable[[str], None] = _ignore
        self.warn_of_gap: Callable[[str], None] | None = None
        self.after_write: Callable[[], None] = _do_nothing
        self._transport = transport
        self._last_token: AccessToken | None = None
        self._answering: dict[str | None, str | None] = {}
        """The business that answered, by the one that was named."""

    def for_business(self, business: str | None) -> Client:
        """Return a client for another business that shares this one's connections and tokens."""
        other = copy(self)
        other.business = business
        return other

    def noting(self, notes: list[str]) -> Client:
        """Return a client for the same business that notes why lists may be incomplete, without warnings."""
        other = copy(self)
        other.warn = _ignore
        other.warn_of_gap = notes.append
        return other

    def with_transport(self, transport: Transport) -> Client:
        """Return a client for the same business that sends its requests in another way."""
        other = copy(self)
        other._transport = transport  # noqa: SLF001 - a copy of this client
        return other

    def token(self) -> AccessToken:
        """Return a token: a new one if the cached one may be older than the access to the business."""
        token = self.tokens.get()
        if covers(token, self.business):
            return token
        return self.tokens.refresh(token) or token

    def answering_business(self) -> str | None:
        """Return the id of the business that answers, None if Jebbit does not say; asks once.

        A credential of one business ignores which one a request names.
        """
        if self.business not in self._answering:
            answering = None
            with suppress(RejectedError, NotFoundError, ForbiddenError):
                answering = documents.resource_id(self.get(SELF))
            self._answering[self.business] = answering
        return self._answering[self.business]

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Return the JSON document at ``path``, such as ``/integrations``; see :meth:`request` for errors."""
        return self.request("GET", path, params=params)

    def post(self, path: str, document: Any) -> Any:
        """Send a document and return the document in the response."""
        return self.request("POST", path, document=document)

    def post_for_report(self, path: str, document: Any) -> Any:
        """Like :meth:`post`, but a response of plain text is returned as a string."""
        response = self._send_document("POST", path, document=document)
        try:
            return self._decode(response, "POST", path)
        except AmbiguousWriteError:
            if not response.is_success or (text := plain_text(response.body)) is None:
                raise
            return text

    def patch(self, path: str, document: Any) -> Any:
        """Send changes and return the document in the response."""
        return self.request("PATCH", path, document=document)

    def delete(self, path: str) -> None:
        """Delete the resource at ``path``; 404 is a success after an attempt that may have deleted it."""
        response = self._send_document("DELETE", path)
        if not (response.status == HTTPStatus.NOT_FOUND and response.ambiguous):
            self._decode(response, "DELETE", path)

    def pages(
        self, path: str, params: Mapping[str, str] | None = None, budget: PageBudget | None = None
    ) -> Iterator[Any]:
        """Yield each page of a collection as a document; see :meth:`request` for errors.

        Args:
            path: of the collection.
            params: of its first page; ``links.next`` leads to the others.
            budget: what the pages may take, if other calls read pages of the same collection.

        Raises:
            RejectedError: a link leads to another server, or to a page that was already read; or there are
                too many pages, or they are too large together.
            UnavailableError: they took too long.
        """
        decode = partial(self._decode, method="GET", path=path)
        for _, document in self._follow_pages(self.url(path, params), decode, budget):
            yield document

    def page_budget(self) -> PageBudget:
        """Return the limits for all pages of a collection."""
        from jebbitctl.api.page_budget import PageBudget  # with all of requests

        return PageBudget(self._transport.timeout)

    def request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, document: Any = None
    ) -> Any:
        """Send a request and return the decoded response, None when it is empty.

        Raises:
            UsageError: the token covers several businesses and none was chosen, or not the one in use.
            NotFoundError, CredentialsError, ForbiddenError, RejectedError, UnavailableError: see
                :func:`status_error`.
            AmbiguousWriteError: the response to a write cannot be read.
        """
        response = self._send_document(method, path, params=params, document=document)
        return self._decode(response, method, path)

    def _send_document(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, document: Any = None
    ) -> ApiResponse:
        """Send a request and return the response, whatever its status."""
        body = None if document is None else json.dumps(document).encode()
        return self._authenticated(method, self.url(path, params), body)

    def send_to_server(self, method: str, path: str, document: Any = None) -> ApiResponse:
        """Send a request to a path outside the API's root and return the response, whatever its status."""
        body = None if document is None else json.dumps(document).encode()
        return self._authenticated(method, f"{self.base_url}{path}", body)

    def require_success(self, response: ApiResponse, method: str, path: str) -> None:
        """Raise an error unless a request succeeded; :func:`status_error` lists the errors."""
        self._check(response, method, path)

    def url(self, path: str, params: Mapping[str, str] | None = None) -> str:
        """Return the absolute URL of a path below the API's root, which may have a query."""
        mark = "&" if "?" in path else "?"
        return f"{self.base_url}{API_ROOT}{path}" + (f"{mark}{urlencode(params)}" if params else "")

    def _follow_pages(
        self, url: str, decode: Callable[[ApiResponse], Any], budget: PageBudget | None = None
    ) -> Iterator[tuple[ApiResponse, Any]]:
        """Yield each page as its response and its document, following ``links.next`` on this server.

        Raises:
            RejectedError: a link leads to another server, or to a page that was already read; or there are
                too many pages, or they are too large together.
            UnavailableError: they took too long.
        """
        visited = set()
        budget = budget or self.page_budget()
        while True:
            visited.add(url)
            with budget.timing():
                response = self._authenticated("GET", url, None)
            budget.add(response)
            document = decode(response)
            yield response, document
            link = documents.next_link(document)
            if link is None:
                return
            budget.require_next()
            with suppress(ValueError):  # an invalid URL is rejected below
                link = urljoin(url, link)
            if not same_origin(link, self.base_url):
                raise RejectedError(
                    f"Jebbit's next page is on another server, which is not followed: {shown_url(link)}"
                )
            if link in visited:
                raise RejectedError(f"Jebbit's pages form a loop: {link} appears twice")
            url = link

    def _authenticated(self, method: str, url: str, body: bytes | None) -> ApiResponse:
        """Send a request with the current token, and once more if only a new one can be accepted.

        Neither a 401 nor a 403 has carried anything out.
        """
        token = self.token()
        require_covered(token, self.business)
        if self.business and not token.businesses and url != self.url(SELF):
            require_answering(self.business, self.answering_business(), method)
        response = self._send(method, url, body, token)
        if response.status == HTTPStatus.UNAUTHORIZED and (new_token := self.tokens.refresh(token)):
            require_covered(new_token, self.business)
            response = self._send(method, url, body, new_token)
        if response.status == HTTPStatus.FORBIDDEN and (new_token := self._extended_token(method, url)):
            response = self._send(method, url, body, new_token)
        return response

    def _send(self, method: str, url: str, body: bytes | None, token: AccessToken) -> ApiResponse:
        secret = register_secret(token.access_token)
        headers = {**self._headers(has_body=body is not None), "authorization": f"Bearer {secret}"}
        self._last_token = token
        try:
            return self._transport.send(method, url, headers=headers, body=body, secrets=(secret,))
        finally:
            if method != "GET":
                self.after_write()

    def _headers(self, *, has_body: bool) -> dict[str, str]:
        """Return the headers of a request, with names in lower case."""
        return request_headers(self.business, has_body=has_body)

    def _extended_token(self, method: str, url: str) -> AccessToken | None:
        """Return a new token if it has a scope that a refused request lacked, as it was granted since."""
        token = self._last_token
        if token is None or not token.scopes:
            return None
        missing = missing_scopes(method, url.removeprefix(self.base_url), token.scopes)
        with suppress(JebbitctlError):  # the refusal is what the user needs to know
            if missing and (new_token := self.tokens.refresh(token)):
                return new_token if set(missing) & set(new_token.scopes) else None
        return None

    def _decode(self, response: ApiResponse, method: str, path: str) -> Any:
        self._check(response, method, path)
        if not response.body.strip():
            return None
        try:
            document = response.json()
        except ValueError:
            problem, outcome = response.not_json, "was probably"
        else:
            if not (isinstance(document, dict) and document.get("errors")):
                return document
            detail = error_text(response)
            problem, outcome = f"errors: {detail}".removesuffix(": "), "may have been"
        message, id_ = f"Jebbit returned {response.status} with {problem}", request_id(response.headers)
        if hint := recovery_hint(method, self.url(path)):
            message = f"{message}; the {method} {outcome} carried out"
            raise AmbiguousWriteError(message, hint=hint, status=response.status, request_id=id_)
        raise RejectedError(
            message,
            hint=f"check that {self.base_url} is the right API URL",
            status=response.status,
            request_id=id_,
        )

    def _check(self, response: ApiResponse, method: str, path: str) -> None:
        if not response.is_success:
            request = SentRequest(method, path, self._last_token, self.business, self.tokens.renewal_hint)
            raise status_error(response, request)


def request_headers(business: str | None, *, has_body: bool) -> dict[str, str]:
    """Return the headers of a request but for its token, with names in lower case."""
    headers = {"accept": documents.MEDIA_TYPE}
    if has_body:
        headers["content-type"] = documents.MEDIA_TYPE
    if business:
        headers[BUSINESS_HEADER] = business
    return headers


def _ignore(_: str) -> None:
    pass


def _do_nothing() -> None:
    pass
