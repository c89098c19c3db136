"""Serves the page and the JSON that it asks for."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.util.redaction import scrub_registered, scrub_values
from jebbitctl.util.text import escape_controls, json_text, parse_json
from jebbitctl.webhooks.inspector.details import outcome_document, to_details
from jebbitctl.webhooks.inspector.guard import HEADERS, RefusedRequestError, admit
from jebbitctl.webhooks.inspector.search import search
from jebbitctl.webhooks.receiving.background_server import BackgroundServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.inspector.replayer import Replayer
    from jebbitctl.webhooks.inspector.store import InspectorStore
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_PAGE = "index.html"
_DELIVERY = re.compile(r"deliveries/([0-9]{1,15})")
_REPLAY = re.compile(r"deliveries/([0-9]{1,15})/replay")


class Inspector:
    """Serves the page on loopback while its ``with`` block runs.

    Args:
        store: the deliveries.
        replayer: sends deliveries again.
        explain: says why a delivery was refused: ``explanation`` and, if there is one, ``fix``;
            nothing if that needs a secret.

    Attributes:
        title: names the deliveries: the recording's name, or the URL that receives them.
    """

    def __init__(
        self,
        store: InspectorStore,
        replayer: Replayer,
        *,
        explain: Callable[[Delivery], Mapping[str, str | None]] | None = None,
        title: str,
    ) -> None:
        self.title = title
        self._store = store
        self._replayer = replayer
        self._explain = explain
        self._token = secrets.token_urlsafe(24)
        self._files = _read_files()
        self._server = BackgroundServer(self._respond)

    def __enter__(self) -> Self:
        """Bind a free port and start serving.

        Raises:
            UsageError: no port can be bound.
        """
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(*error)

    @property
    def url(self) -> str:
        """The page's URL. Who has it can see the deliveries: it holds a random token."""
        return f"{self._server.url}/{self._token}/"

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, type_, body = self._handle(environ)
        except RefusedRequestError as error:
            status, type_, body = error.status, "text/plain", f"{error.reason}\n".encode()
        headers = [("Content-Type", f"{type_}; charset=utf-8"), ("Content-Length", str(len(body)))]
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "GET, POST"))
        start_response(f"{status.value} {status.phrase}", [*headers, *HEADERS])
        return [body]

    def _handle(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, str, bytes]:
        host = self._server.url.removeprefix("http://")
        path = admit(environ, host=host, token=self._token)
        if environ["REQUEST_METHOD"] == "POST":
            if match := _REPLAY.fullmatch(path):
                return _json(*self._replay(self._record(int(match[1])), environ["wsgi.input"].read()))
        elif file := self._files.get(path or _PAGE):
            return HTTPStatus.OK, *file
        else:
            document = self._document(path, parse_qs(environ["QUERY_STRING"], keep_blank_values=True))
            if document is not None:
                return _json(HTTPStatus.OK, document)
        raise RefusedRequestError(HTTPStatus.NOT_FOUND, "not found")

    def _document(self, path: str, query: dict[str, list[str]]) -> dict[str, Any] | None:
        """Return what a path names; None if it names nothing."""
        if path == "about":
            return {"title": self.title, "targets": self._replayer.urls}
        if path == "deliveries":
            return self._store.changes(_integer(query, "after") or 0)
        if path == "search":
            text = query.get("text", [""])[0]
            after, before = _integer(query, "after") or 0, _integer(query, "before")
            try:
                return search(self._store, text, after=after, before=before)
            except OSError as error:
                raise _unreadable(error) from None
        if match := _DELIVERY.fullmatch(path):
            record = self._record(int(match[1]))
            signer = self._replayer.signer(record.delivery)
            return {
                **to_details(record),
                "signs_with": None if signer is None else escape_controls(signer),
                "explanation": self._explanation(record.delivery),
            }
        return None

    def _explanation(self, delivery: Delivery) -> dict[str, str | None] | None:
        """Return why a delivery was refused; None if it was not, or if no secret is known."""
        if delivery.verification.valid or self._explain is None:
            return None
        found = self._explain(delivery)
        return {name: found.get(name) for name in ("explanation", "fix")} if found else None

    def _record(self, number: int) -> RecordedDelivery:
        try:
            record = next(self._store.read([number]), None)
        except OSError as error:
            raise _unreadable(error) from None
        if record is None:
            raise RefusedRequestError(HTTPStatus.NOT_FOUND, "this delivery is no longer kept")
        return record

    def _replay(self, record: RecordedDelivery, content: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        target, re_sign, body = _parse_replay(content)
        try:
            outcome = self._replayer.replay(record.delivery, target, body=body, re_sign=re_sign)
        except UsageError as error:
            return HTTPStatus.CONFLICT, {"error": error.message}
        except JebbitctlError as error:  # such as: the system allows no more threads
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": error.message}
        return HTTPStatus.OK, outcome_document(outcome)


def _parse_replay(content: bytes) -> tuple[int, bool, bytes | None]:
    """Return the target, whether to sign, and the edited body from ``{"target": 0, "re_sign": true, …}``.

    Raises:
        RefusedRequestError: it is something else.
    """
    try:
        document = parse_json(content)
        target, re_sign, body = document["target"], document["re_sign"], document.get("body")
        if type(target) is int and type(re_sign) is bool and (body is None or isinstance(body, str)):
            return target, re_sign, None if body is None else body.encode()
    except (ValueError, LookupError, TypeError, AttributeError):
        pass
    raise RefusedRequestError(HTTPStatus.BAD_REQUEST, "not a replay")


def _json(status: HTTPStatus, document: dict[str, Any]) -> tuple[HTTPStatus, str, bytes]:
    """Return a JSON response without the secrets in use."""
    text = json_text(document, ascii_only=True)
    if scrub_registered(text) != text:
        text = json_text(scrub_values(document), ascii_only=True)
    return status, "application/json", text.encode()


def _integer(query: dict[str, list[str]], name: str) -> int | None:
    text = query.get(name, [""])[0]
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,15}", text):
        raise RefusedRequestError(HTTPStatus.BAD_REQUEST, f"{name} must be a number")
    return int(text)


def _unreadable(error: OSError) -> RefusedRequestError:
    return RefusedRequestError(
        HTTPStatus.INTERNAL_SERVER_ERROR, f"the recording cannot be read: {error.strerror}"
    )


def _read_files() -> dict[str, tuple[str, bytes]]:
    """Return the page's files: type and content by name."""
    return {
        file.name: (_TYPES[file.name.rpartition(".")[2]], file.read_bytes())
        for file in (files(__package__) / "page").iterdir()
        if file.name.rpartition(".")[2] in _TYPES
    }
