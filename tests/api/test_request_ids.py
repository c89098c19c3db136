from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from requests.structures import CaseInsensitiveDict

from jebbitctl.api.request_ids import request_id, trace_text
from jebbitctl.errors import RejectedError
from tests.api.faults import api, http

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from tests.api.faults import FaultServer


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"X-Request-Id": "7f-1"}, "7f-1"),
        ({"Request-Id": "7f-1", "CF-RAY": "8c-IAD"}, "7f-1"),
        ({"CF-RAY": "8c-IAD"}, "8c-IAD"),
        ({"X-Amzn-Trace-Id": "Root=1-67;Sampled=0"}, "Root=1-67;Sampled=0"),
        ({"x-amzn-RequestId": "a"}, "a"),
        ({"X-Correlation-Id": "c"}, "c"),
        ({"X-Request-Id": "\x1b[31m", "X-Correlation-Id": "c"}, "c"),
        ({"X-Request-Id": "x" * 500}, None),
        ({"X-Request-Id": ""}, None),
        ({"X-Runtime": "0.5"}, None),
        ({}, None),
    ],
)
def test_the_request_id_is_the_one_of_the_nearest_service(headers: dict[str, str], found: str | None) -> None:
    assert request_id(CaseInsensitiveDict(headers)) == found


def test_the_log_has_every_id_and_the_duration() -> None:
    headers = CaseInsensitiveDict({"CF-Ray": "8c", "X-Runtime": "0.5", "X-Request-Id": "7f", "Server": "x"})
    assert trace_text(headers) == ", x-request-id 7f, cf-ray 8c, x-runtime 0.5"
    assert trace_text({}) == ""


def test_an_error_and_the_log_have_the_request_id(
    server: FaultServer, client: Client, log: list[str]
) -> None:
    server.script = [http(422, X_Request_Id="7f-1"), api({"errors": ["no"]})]
    with pytest.raises(RejectedError) as caught:
        client.get("/integrations")
    assert caught.value.request_id == "7f-1"
    assert ", 0 bytes, x-request-id 7f-1" in log[1]
    with pytest.raises(RejectedError, match="errors: no") as caught:
        client.get("/integrations")
    assert caught.value.request_id is None
