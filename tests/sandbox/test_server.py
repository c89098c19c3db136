from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client as WerkzeugClient
from werkzeug.wrappers import Response

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.request_log import MAX_REQUESTS, RedactingLog, RequestLog
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.sandbox.support import SandboxClient, connection_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def test_the_environment_has_the_credentials_and_urls(sandbox: Sandbox) -> None:
    assert sandbox.environment == {
        "JEBBIT_CLIENT_ID": sandbox.state.client_id,
        "JEBBIT_CLIENT_SECRET": sandbox.state.client_secret,
        "JEBBIT_API_BASE_URL": sandbox.url,
        "JEBBIT_AUTH_ISSUER": sandbox.url,
    }
    assert sandbox.url.startswith("http://127.0.0.1:")


def test_ids_and_data_are_the_same_at_each_start() -> None:
    def ids() -> list[str]:
        (business,) = Sandbox(SandboxOptions(integrations=3)).state.businesses.values()
        return [business.id, *(id_ for resources in business.resources.values() for id_ in resources)]

    assert ids() == ids()
    assert all(len(id_) == 8 and id_.isalnum() and id_.isascii() for id_ in ids())


def test_many_businesses_have_different_names() -> None:
    names = [business.name for business in Sandbox(SandboxOptions(businesses=12)).state.businesses.values()]
    assert len(set(names)) == 12


def test_no_thread_or_socket_remains_after_the_end() -> None:
    before = set(threading.enumerate())
    with Sandbox() as sandbox, SandboxClient(sandbox) as client:
        assert client.get("self").status_code == 200
        port = int(sandbox.url.rpartition(":")[2])
    assert set(threading.enumerate()) <= before
    with Sandbox(SandboxOptions(port=port)) as sandbox:
        assert sandbox.url.endswith(f":{port}")


@pytest.fixture
def frequent_garbage_collection() -> Iterator[None]:
    """Run the garbage collector after nearly every allocation, and switch threads whenever it runs."""

    def switch_threads(_phase: str, _info: dict[str, int]) -> None:
        time.sleep(0)

    thresholds = gc.get_threshold()
    gc.callbacks.append(switch_threads)
    gc.set_threshold(20, 5, 5)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(switch_threads)


@pytest.mark.usefixtures("frequent_garbage_collection")
def test_sandboxes_can_be_started_in_parallel() -> None:
    def start(_number: int) -> str:
        with Sandbox() as sandbox:
            return sandbox.url

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(start, range(100)))) == 100


def test_a_port_in_use_is_a_usage_error(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(UsageError, match=str(port)), Sandbox(SandboxOptions(port=port)):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "example.com", "localhost.example.com"])  # noqa: S104 - rejected
def test_a_host_other_than_loopback_is_rejected(host: str) -> None:
    with pytest.raises(UsageError, match="only serves this machine"):
        SandboxOptions(host=host)


def test_localhost_is_allowed() -> None:
    with Sandbox(SandboxOptions(host="localhost")) as sandbox, SandboxClient(sandbox) as client:
        assert client.get("self").status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"businesses": 0},
        {"integrations": -1},
        {"fail_rate": 1.1},
        {"fail_rate": float("nan")},
        {"latency_ms": -1},
        {"token_lifetime": 0},
        {"backfill_step": -1.0},
    ],
)
def test_options_out_of_bounds_are_rejected(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is not between"):
        SandboxOptions(**options)


def test_every_request_is_recorded(client: SandboxClient) -> None:
    client.login()
    client.get("campaigns?filter[launched]=true")
    client.write("PATCH", "integrations/é", is_active=True)
    token, campaigns, patched = client.sandbox.requests
    assert (token.method, token.path, token.status) == ("POST", "/oauth/token", 200)
    assert (campaigns.path, campaigns.query) == ("/api/v1/campaigns", "filter%5Blaunched%5D=true")
    assert campaigns.headers["authorization"] == f"Bearer {client.token}"
    assert (patched.method, patched.path, patched.status) == ("PATCH", "/api/v1/integrations/é", 404)
    assert patched.body == b'{"data": {"attributes": {"is_active": true}}}'


def test_the_repr_of_recorded_requests_contains_no_secret(client: SandboxClient) -> None:
    token = client.login()
    client.get("self")
    text = repr(client.sandbox.requests)
    assert client.sandbox.state.client_secret not in text
    assert token not in text


def test_only_the_latest_requests_are_recorded() -> None:
    request_log = RequestLog(Response(), RedactingLog(None))
    client = WerkzeugClient(request_log)
    for number in range(MAX_REQUESTS + 2):
        client.get(f"/{number}").close()
    assert len(request_log.requests) == MAX_REQUESTS
    assert request_log.requests[0].path == "/2"


def test_the_log_has_one_line_per_request_and_no_secrets(client: SandboxClient, lines: list[str]) -> None:
    token = client.login()
    client.get(f"self?access_token={token}&client_secret={client.sandbox.state.client_secret}&x=1")
    client.get(f"integrations/{token}")
    assert [line.rsplit(" ", 2)[0] for line in lines] == [
        "POST /oauth/token 200",
        "GET /api/v1/self?access_token=********&client_secret=********&x=1 200",
        "GET /api/v1/integrations/******** 404",
    ]


def test_control_characters_in_a_path_are_escaped_in_the_log(client: SandboxClient, lines: list[str]) -> None:
    client.send("GET", "/%1b%5B31m%0d%0afaked%C2%9b%E2%80%AE%00%ff")
    (line,) = lines
    assert line.isprintable()
    assert line.startswith(r"GET /\x1b[31m\r\nfaked\x9b\u202e\x00")


def test_a_closed_log_does_not_fail_requests() -> None:
    def closed(_: str) -> None:
        raise ValueError("I/O operation on closed file")

    with Sandbox(log=closed) as sandbox, SandboxClient(sandbox) as client:
        assert client.get("self").status_code == 200


def test_latency_delays_each_response() -> None:
    with Sandbox(SandboxOptions(latency_ms=150)) as sandbox, SandboxClient(sandbox) as client:
        started = time.monotonic()
        client.login()
        assert time.monotonic() - started >= 0.15


def test_a_delayed_response_does_not_delay_the_end() -> None:
    with Sandbox(SandboxOptions(latency_ms=60_000)) as sandbox, connection_to(sandbox) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 5


def test_injected_failures_happen_before_anything_is_written() -> None:
    with Sandbox(SandboxOptions(fail_rate=1)) as sandbox, SandboxClient(sandbox) as client:
        client.token = "unused"
        responses = [client.write("POST", "integrations", endpoint="https://a.example") for _ in range(3)]
        (business,) = sandbox.state.businesses.values()
        assert business.of("integrations") == {}
        assert [response.status_code for response in responses] == [503, 429, 502]
        assert responses[1].headers["Retry-After"] == "1"
        assert responses[2].headers["Content-Type"].startswith("text/html")


def test_the_fail_rate_is_the_share_of_failed_requests() -> None:
    with Sandbox(SandboxOptions(fail_rate=0.3)) as sandbox, SandboxClient(sandbox) as client:
        failed = sum(client.send("GET", "/").status_code != 404 for _ in range(200))
    assert 30 <= failed <= 90


def test_middleware_can_wrap_the_api() -> None:
    def teapot(app: WSGIApplication) -> WSGIApplication:
        def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] != "/api/v1/self":
                return app(environ, start_response)
            start_response("418 I'm a teapot", [("Content-Length", "0")])
            return [b""]

        return wrapped

    with Sandbox(wrap=teapot) as sandbox, SandboxClient(sandbox) as client:
        assert client.get("self").status_code == 418
        assert client.get("campaigns").status_code == 200
        assert [record.status for record in sandbox.requests] == [200, 418, 200]


def test_no_concurrent_write_is_lost(client: SandboxClient) -> None:
    client.login()

    def create(_: int) -> None:
        with SandboxClient(client.sandbox) as other:
            other.token = client.token
            other.integration()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(40)))
    assert len({one["id"] for one in client.list("integrations")}) == 40
