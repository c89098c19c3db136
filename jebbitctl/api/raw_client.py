"""Raw requests: paths and headers as a user types them, responses as Jebbit sends them."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from jebbitctl.api.client import BUSINESS_HEADER, Client
from jebbitctl.api.documents import API_ROOT
from jebbitctl.errors import RejectedError, UsageError
from jebbitctl.util.urls import same_origin, shown_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jebbitctl.api.access_token import TokenSource
    from jebbitctl.api.page_budget import PageBudget
    from jebbitctl.api.transport import ApiResponse, Transport

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RESERVED_HEADERS = {
    "authorization": "log in, or set JEBBIT_ACCESS_TOKEN",
    BUSINESS_HEADER: "use --business ID",
    **dict.fromkeys(
        ("connection", "content-length", "host", "proxy-authorization", "transfer-encoding", "upgrade"),
        "jebbitctl sets it when needed",
    ),
}
"""Headers that a user cannot set, each with a hint on what to do instead."""


class RawClient(Client):
    """A client for raw requests: any path, any headers, and the response whatever its status.

    Args:
        transport: sends the requests.
        base_url: as in :class:`Client`.
        tokens: as in :class:`Client`.
        business: as in :class:`Client`.
        headers: from :func:`parse_headers`; sent with each request.

    Attributes:
        first_page: the response with the first page that :meth:`pages` read.
        latest_page: the response with the latest one, which may be an error.
    """

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        tokens: TokenSource,
        business: str | None,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(transport, base_url, tokens, business)
        self._user_headers = headers
        self.first_page: ApiResponse | None = None
        self.latest_page: ApiResponse | None = None

    def send_bytes(self, method: str, path: str, body: bytes | None = None) -> ApiResponse:
        """Send a request to a path from :func:`parse_path`, which may have a query."""
        return self._authenticated(method, self.url(path), body)

    def pages(
        self, path: str, params: Mapping[str, str] | None = None, budget: PageBudget | None = None
    ) -> Iterator[Any]:
        """Yield each page of a collection like :meth:`Client.pages`; None for one that is not JSON."""
        for response, document in self._follow_pages(self.url(path, params), _document_or_none, budget):
            self.first_page = self.first_page or response
            self.latest_page = response
            self.require_success(response, "GET", path)
            yield document

    def require_success(self, response: ApiResponse, method: str, path: str) -> None:
        """Raise an error unless a request succeeded; :func:`status_error` lists the errors."""
        deleted = response.status == HTTPStatus.NOT_FOUND and response.ambiguous and method == "DELETE"
        if not deleted:
            self._check(response, method, path)

    def _headers(self, *, has_body: bool) -> dict[str, str]:
        return {**super()._headers(has_body=has_body), **self._user_headers}


def parse_path(typed: str, base_url: str) -> str:
    """Return a path or URL as a path below the API's root, such as ``/feeds?filter[id]=1``.

    Raises:
        UsageError: the path is not valid, or the URL is not below the API's root.
    """
    path, mark, query = typed.partition("?")
    if "://" in path:
        path = _path_below(path, f"{base_url}{API_ROOT}/")
    path = f"/{path.removeprefix('/')}"
    if f"{path}/".startswith(f"{API_ROOT}/"):
        path = path.removeprefix(API_ROOT)
    problem = _path_problem(typed, path)
    if problem:
        shown = shown_url(typed) if "://" in typed else typed
        raise UsageError(
            f"{shown!r} is not a path of {base_url}{API_ROOT}: {problem}",
            hint="use a path such as /api/v1/feeds",
        )
    return f"{path}{mark}{query}"


def _path_problem(typed: str, path: str) -> str | None:
    """Return why a path is not valid, None if it is."""
    *inner, last = path.split("/")[1:] or [""]
    if not typed.isprintable():
        return "it contains a control character"
    if "#" in typed or "\\" in typed:
        return "it contains a # or a backslash"
    if not any((*inner, last)):
        return "it is on another server or path" if "://" in typed else "it names no resource"
    if not all(inner):
        return "it contains an empty segment"
    if any(unquote(segment) in {".", ".."} for segment in (*inner, last)):
        return "it contains a . or .. segment"
    return None


def parse_headers(lines: Sequence[str]) -> dict[str, str]:
    """Parse headers in the form ``Name: value``; names are returned in lower case.

    Raises:
        UsageError: a line is not a header, or names one that users cannot set, or that another line names.
    """
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise UsageError(f"--header {line!r} is not 'Name: value'")
        if not value.isprintable() or not _is_latin_1(value):
            raise UsageError(f"--header {name}: the value contains characters that a header cannot hold")
        if name in _RESERVED_HEADERS:
            raise UsageError(f"--header cannot set {name}", hint=_RESERVED_HEADERS[name])
        if name in headers:
            raise UsageError(f"--header {name} is given twice")
        headers[name] = value
    return headers


def sent_url(url: str) -> str:
    """Return a URL as a request sends it: with everything escaped that has to be."""
    from requests import Request

    return str(Request("GET", url).prepare().url)


def join_pages(pages: Sequence[Any]) -> Any:
    """Return one document for all pages: the members of the first page, but the data of all and no links.

    Raises:
        RejectedError: a page is not a document with a list.
    """
    if not all(isinstance(page, dict) for page in pages):
        raise RejectedError("cannot join Jebbit's pages: a page is not a document")
    document = {name: value for name, value in pages[0].items() if name != "links"}
    for name in ("data", "included"):
        lists = [page.get(name, [] if name == "included" else None) for page in pages]
        if not all(isinstance(resources, list) for resources in lists):
            raise RejectedError("cannot join Jebbit's pages: a page contains no list")
        if name in document or any(lists):
            document[name] = [resource for resources in lists for resource in resources]
    return document


def _path_below(url: str, root: str) -> str:
    """Return a URL's path below ``root``; empty when the URL is elsewhere."""
    if not same_origin(url, root):
        return ""
    path, root_path = urlsplit(url).path, urlsplit(root).path
    return path.removeprefix(root_path) if path.startswith(root_path) else ""


def _document_or_none(response: ApiResponse) -> Any:
    try:
        return response.json() if response.is_success else None
    except ValueError:
        return None


def _is_latin_1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
