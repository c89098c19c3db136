"""Receives webhooks of Jebbit and keeps the leads in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jebbitctl.webhooks import verify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


class LeadsApp:
    """A WSGI application.

    Attributes:
        secrets: the shared secrets of the integrations that deliver here.
        leads: what visitors answered, by e-mail address.
    """

    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.leads: dict[str, dict[str, Any]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 204 to a genuine delivery, 403 to any other."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if not verify(self.secrets, body, environ.get("HTTP_X_JEBBIT_SIGNATURE")):
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        if "HTTP_X_JEBBIT_TEST" not in environ:
            data = json.loads(body)["data"]
            self.leads[data["email"]] = data
        start_response("204 No Content", [])
        return [b""]
