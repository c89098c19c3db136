"""An HTTP client for the sandbox."""

from __future__ import annotations

import base64
import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import requests

from jebbitctl.sandbox.deliveries import OutgoingDelivery
from jebbitctl.sandbox.server import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox.assumptions import Kind

JSON_API = "application/vnd.api+json"


class SandboxClient:
    """Calls the API of a sandbox. It gets a token before its first API call."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client_id = sandbox.state.client_id
        self.business: str | None = None
        self.token: str | None = None
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        options = {"timeout": 5, "allow_redirects": False, **options}
        return self._session.request(method, self.sandbox.url + path, **options)

    def request_token(self, **changes: Any) -> requests.Response:
        body = {
            "client_id": self.client_id,
            "client_secret": self.sandbox.state.client_secret,
            "audience": "public-api",
            "grant_type": "client_credentials",
        }
        return self.send("POST", "/oauth/token", json=body | changes)

    def login(self) -> str:
        token: str = self.request_token().json()["access_token"]
        self.token = token
        return token

    @staticmethod
    def claims(token: str) -> dict[str, Any]:
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def call(self, method: str, path: str, content: Any = None, **options: Any) -> requests.Response:
        """Call the API; ``content`` becomes the JSON body."""
        headers = {"Authorization": f"Bearer {self.token or self.login()}"}
        if self.business:
            headers["x-jebbit-business"] = self.business
        if content is not None:
            headers["Content-Type"] = JSON_API
            options["json"] = content
        options["headers"] = headers | options.get("headers", {})
        return self.send(method, f"/api/v1/{path}", **options)

    def control(self, method: str, path: str, **members: Any) -> requests.Response:
        """Call the sandbox's own routes; the members become the JSON body."""
        headers = {"Authorization": f"Bearer {self.token or self.login()}"}
        if self.business:
            headers["x-jebbit-business"] = self.business
        options = {"json": members} if members else {}
        return self.send(method, f"/sandbox/{path}", headers=headers, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def write(self, method: str, path: str, **attributes: Any) -> requests.Response:
        return self.call(method, path, {"data": {"attributes": attributes}})

    def create(self, type_: str, **attributes: Any) -> dict[str, Any]:
        response = self.write("POST", type_, **attributes)
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()["data"]
        return created

    def integration(self, endpoint: str = "https://hooks.example.com/a", **attributes: Any) -> dict[str, Any]:
        return self.create("integrations", endpoint=endpoint, **attributes)

    def list(self, path: str, **parameters: str) -> list[dict[str, Any]]:
        response = self.get(path, params=parameters)
        assert response.status_code == 200, response.text
        documents: list[dict[str, Any]] = response.json()["data"]
        return documents


@contextmanager
def running(**options: Any) -> Iterator[SandboxClient]:
    """Run a sandbox with these options; yield a client of it."""
    with Sandbox(SandboxOptions(**options)) as sandbox, SandboxClient(sandbox) as client:
        yield client


def connection_to(sandbox: Sandbox) -> socket.socket:
    host, _, port = sandbox.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def numbered(number: int, url: str = "", kind: Kind = "live", integration: str = "one") -> OutgoingDelivery:
    """Return a delivery of the visit with this number, which is also its body."""
    body = b"%d" % number
    return OutgoingDelivery(kind, "business", integration, "campaign", url, "secret", body, number)
