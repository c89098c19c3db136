from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.operations import operations
from tests.sandbox.support import JSON_API

if TYPE_CHECKING:
    from tests.sandbox.support import SandboxClient


def test_every_documented_operation_works(client: SandboxClient) -> None:
    credentials = {"client_id": client.client_id, "client_secret": client.sandbox.state.client_secret}
    response = client.send("POST", "/api/v1/auth", json=credentials, headers={"Content-Type": JSON_API})
    assert response.status_code == 200
    tested = {("POST", "/api/v1/auth")}
    for method, template, path, attributes, status in operations(client):
        content = None if attributes is None else {"data": {"attributes": attributes}}
        response = client.call(method, path, content)
        assert response.status_code == status, (method, path, response.text)
        if status != 204:
            assert response.headers["Content-Type"] == JSON_API
        tested.add((method, template))
    assert len(tested) == 37
