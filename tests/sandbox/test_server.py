from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client as InProcess
from werkzeug.wrappers import Response

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.recorder import MAX_REQUESTS, Log, Recorder
from jebbitctl.sandbox.server import Options, Sandbox
from tests.sandbox.support import Client, connection_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def test_the_environment_is_all_a_client_needs(sandbox: Sandbox) -> None:
    assert sandbox.environment == {
        "JEBBIT_CLIENT_ID": sandbox.state.client_id,
        "JEBBIT_CLIENT_SECRET": sandbox.state.client_secret,
        "JEBBIT_API_BASE_URL": sandbox.url,
        "JEBBIT_AUTH_ISSUER": sandbox.url,
    }
    assert sandbox.url.startswith("http://127.0.0.1:")


def test_ids_and_data_are_the_same_at_each_start() -> None:
    def ids() -> list[str]:
        (business,) = Sandbox(Options(integrations=3)).state.businesses.values()
        return [business.id, *(id_ for resources in business.resources.values() for id_ in resources)]

    assert ids() == ids()
    assert all(len(id_) == 8 and id_.isalnum() and id_.isascii() for id_ in ids())


def test_many_businesses_have_different_names() -> None:
    names = [business.name for business in Sandbox(Options(businesses=12)).state.businesses.values()]
    assert len(set(names)) == 12


def test_it_leaves_no_thread_and_no_socket_behind() -> None:
    before = set(threading.enumerate())
    with Sandbox() as sandbox, Client(sandbox) as client:
        assert client.get("self").status_code == 200
        port = int(sandbox.url.rpartition(":")[2])
    assert set(threading.enumerate()) <= before
    with Sandbox(Options(port=port)) as sandbox:
        assert sandbox.url.endswith(f":{port}")


@pytest.fixture
def collected_at_every_turn() -> Iterator[None]:
    """Let garbage collection interrupt nearly every allocation, and another thread run whenever it does."""

    def let_others_run(_phase: str, _info: dict[str, int]) -> None:
        time.sleep(0)

    thresholds = gc.get_threshold()
    gc.callbacks.append(let_others_run)
    gc.set_threshold(20, 5, 5)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(let_others_run)


@pytest.mark.usefixtures("collected_at_every_turn")
def test_threads_may_start_sandboxes_side_by_side() -> None:
    def start(_number: int) -> str:
        with Sandbox() as sandbox:
            return sandbox.url

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(start, range(100)))) == 100


def test_a_port_in_use_is_named(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(UsageError, match=str(port)), Sandbox(Options(port=port)):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "example.com", "localhost.example.com"])  # noqa: S104 - refused
def test_a_host_that_is_not_loopback_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="this machine only"):
        Options(host=host)


def test_localhost_will_do() -> None:
    with Sandbox(Options(host="localhost")) as sandbox, Client(sandbox) as client:
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
def test_options_out_of_bounds_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is not between"):
        Options(**options)


def test_every_request_is_recorded(client: Client) -> None:
    client.login()
    client.get("campaigns?filter[launched]=true")
    client.write("PATCH", "integrations/é", is_active=True)
    token, campaigns, patched = client.sandbox.requests
    assert (token.method, token.path, token.status) == ("POST", "/oauth/token", 200)
    assert (campaigns.path, campaigns.query) == ("/api/v1/campaigns", "filter%5Blaunched%5D=true")
    assert campaigns.headers["authorization"] == f"Bearer {client.token}"
    assert (patched.method, patched.path, patched.status) == ("PATCH", "/api/v1/integrations/é", 404)
    assert patched.body == b'{"data": {"attributes": {"is_active": true}}}'


def test_a_record_shows_no_secret(client: Client) -> None:
    token = client.login()
    client.get("self")
    shown = repr(client.sandbox.requests)
    assert client.sandbox.state.client_secret not in shown
    assert token not in shown


def test_only_the_latest_requests_are_remembered() -> None:
    recorder = Recorder(Response(), Log(None))
    client = InProcess(recorder)
    for number in range(MAX_REQUESTS + 2):
        client.get(f"/{number}").close()
    assert len(recorder.requests) == MAX_REQUESTS
    assert recorder.requests[0].path == "/2"


def test_the_log_has_one_line_per_request_and_no_secret(client: Client, lines: list[str]) -> None:
    token = client.login()
    client.get(f"self?access_token={token}&client_secret={client.sandbox.state.client_secret}&x=1")
    client.get(f"integrations/{token}")
    assert [line.rsplit(" ", 2)[0] for line in lines] == [
        "POST /oauth/token 200",
        "GET /api/v1/self?access_token=********&client_secret=********&x=1 200",
        "GET /api/v1/integrations/******** 404",
    ]


def test_escapes_in_a_path_are_visible_in_the_log_and_never_live(client: Client, lines: list[str]) -> None:
    client.send("GET", "/%1b%5B31m%0d%0afaked%C2%9b%E2%80%AE%00%ff")
    (line,) = lines
    assert line.isprintable()
    assert line.startswith(r"GET /\x1b[31m\r\nfaked\x9b\u202e\x00")


def test_a_log_that_is_closed_fails_no_request() -> None:
    def closed(_: str) -> None:
        raise ValueError("I/O operation on closed file")

    with Sandbox(log=closed) as sandbox, Client(sandbox) as client:
        assert client.get("self").status_code == 200


def test_latency_delays_each_answer() -> None:
    with Sandbox(Options(latency_ms=150)) as sandbox, Client(sandbox) as client:
        started = time.monotonic()
        client.login()
        assert time.monotonic() - started >= 0.15


def test_a_delayed_answer_does_not_delay_the_end() -> None:
    with Sandbox(Options(latency_ms=60_000)) as sandbox, connection_to(sandbox) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 5


def test_requests_can_fail_as_services_do_before_anything_is_done() -> None:
    with Sandbox(Options(fail_rate=1)) as sandbox, Client(sandbox) as client:
        client.token = "unused"
        answers = [client.write("POST", "integrations", endpoint="https://a.example") for _ in range(3)]
        (business,) = sandbox.state.businesses.values()
        assert business.of("integrations") == {}
        assert [answer.status_code for answer in answers] == [503, 429, 502]
        assert answers[1].headers["Retry-After"] == "1"
        assert answers[2].headers["Content-Type"].startswith("text/html")


def test_a_fail_rate_is_the_share_that_fails() -> None:
    with Sandbox(Options(fail_rate=0.3)) as sandbox, Client(sandbox) as client:
        failed = sum(client.send("GET", "/").status_code != 404 for _ in range(200))
    assert 30 <= failed <= 90


def test_middleware_can_stand_around_the_api() -> None:
    def teapot(app: WSGIApplication) -> WSGIApplication:
        def around(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] != "/api/v1/self":
                return app(environ, start_response)
            start_response("418 I'm a teapot", [("Content-Length", "0")])
            return [b""]

        return around

    with Sandbox(wrap=teapot) as sandbox, Client(sandbox) as client:
        assert client.get("self").status_code == 418
        assert client.get("campaigns").status_code == 200
        assert [record.status for record in sandbox.requests] == [200, 418, 200]


def test_simultaneous_writes_are_all_kept(client: Client) -> None:
    client.login()

    def create(_: int) -> None:
        with Client(client.sandbox) as other:
            other.token = client.token
            other.integration()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(40)))
    assert len({one["id"] for one in client.listed("integrations")}) == 40
