from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.errors import (
    AmbiguousWriteError,
    ExitCode,
    NotFoundError,
)
from tests.api.faults import drop, http, reset, silence

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from tests.api.faults import FaultServer


@pytest.mark.parametrize("status", [101, 408, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_that_failed_at_the_server_is_ambiguous_and_sent_once(
    server: FaultServer, client: Client, status: int, method: str
) -> None:
    server.script = [http(status, "<html>")]
    with pytest.raises(AmbiguousWriteError, match="it may have been carried out") as caught:
        client.request(method, "/integration_mappings/1", document={})
    assert "jebbitctl mappings list" in (caught.value.hint or "")
    assert (caught.value.status, caught.value.exit_code) == (status, ExitCode.UNAVAILABLE)
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_that_timed_out_is_ambiguous_and_sent_once(
    server: FaultServer, impatient_client: Client, method: str
) -> None:
    server.script = [silence]
    with pytest.raises(
        AmbiguousWriteError, match=r"no response within 0.5 s; the \w+ may have been"
    ) as caught:
        impatient_client.request(method, "/integrations", document={})
    assert caught.value.exit_code == ExitCode.UNAVAILABLE
    assert len(server.seen) == 1


@pytest.mark.parametrize("failure", [drop, reset, http(502), http(503), http(504)])
def test_a_retried_delete_that_is_not_found_succeeds(
    server: FaultServer, client: Client, failure: Any
) -> None:
    server.script = [failure, http(404)]
    client.delete("/integrations/L5m24mjs")
    assert server.calls == ["DELETE /api/v1/integrations/L5m24mjs"] * 2


@pytest.mark.parametrize("script", [[http(404)], [http(429, Retry_After="0.01"), http(404)]])
def test_a_delete_that_was_never_carried_out_is_not_found(
    server: FaultServer, client: Client, script: list[bytes]
) -> None:
    server.script = [*script]
    with pytest.raises(NotFoundError, match="integration L5m24mjs not found"):
        client.delete("/integrations/L5m24mjs")


def test_a_delete_without_a_response_may_be_repeated(server: FaultServer, impatient_client: Client) -> None:
    server.script = [silence]
    with pytest.raises(AmbiguousWriteError) as caught:
        impatient_client.delete("/integrations/L5m24mjs")
    assert "delete it again" in (caught.value.hint or "")
