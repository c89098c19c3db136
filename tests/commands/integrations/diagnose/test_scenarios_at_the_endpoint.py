"""Each line about the endpoint and its deliveries, broken once."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from jebbitctl.diagnose import arrival, network
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.recordings.recorder import Recorder
from jebbitctl.webhooks.sender import SAMPLE_BODY, delivery_headers
from tests.api.faults import http, silence
from tests.commands.integrations.support import stored, webhook
from tests.diagnose.certificate_authority import CertificateAuthority
from tests.diagnose.endpoints import SteadyServer
from tests.http_fixtures import own_environment
from tests.webhooks.support import UNREACHABLE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

__all__ = ["own_environment"]

LINES = ("url", "dns", "tls", "response", "receiver", "test", "arrived")
HEALTHY = {
    **dict.fromkeys(("url", "dns", "tls", "response"), "ok"),
    **dict.fromkeys(("receiver", "test", "arrived"), "unknown"),
}
"""Without --probe and --receipts, at an https endpoint."""
PROVEN = dict.fromkeys(LINES, "ok") | {"tls": "unknown"}
"""With them, at an http endpoint."""
HERE = "IP:127.0.0.1"
ADDRESSES = {"private.acme.io": ["10.0.0.5"], "mixed.acme.io": ["10.0.0.5", "127.0.0.1"]}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _quick_and_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str) -> list[str]:
        if host not in ADDRESSES:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ADDRESSES[host]

    monkeypatch.setattr(network, "system_addresses", resolve)
    monkeypatch.setattr(network, "LOOK_TIMEOUT", 0.5)
    monkeypatch.setattr(arrival, "ARRIVAL_TIMEOUT", 0.5)
    monkeypatch.setattr(arrival, "_POLL_SECONDS", 0.02)


class EndpointRow(NamedTuple):
    """One line of a diagnosis."""

    state: str
    seen: str
    fix: str


@dataclass
class Diagnosed:
    """An integration of a sandbox that is diagnosed."""

    cli: Cli
    sandbox: Sandbox
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return webhook(self.sandbox)

    @property
    def attributes(self) -> dict[str, Any]:
        return stored(self.sandbox)[self.id]

    def rows(self, *options: str) -> dict[str, EndpointRow]:
        """Return the lines about the endpoint; the exit code tells whether one failed."""
        result = self.cli.run("integrations", "diagnose", self.id, "--json", *options, env=self.env)
        (report,) = result.json["integrations"]
        rows = {
            one["line"]: EndpointRow(one["state"], one["detail"], one["fix"] or "")
            for one in report["findings"]
            if one["line"] in LINES
        }
        assert (result.code == 6) == any(row.state == "failed" for row in rows.values()), result.err
        return rows


@pytest.fixture
def diagnosed(cli: Cli, sandbox: Sandbox, authority: CertificateAuthority) -> Diagnosed:
    return Diagnosed(cli, sandbox, {"REQUESTS_CA_BUNDLE": str(authority.root)})


def require_only(
    rows: Mapping[str, EndpointRow], healthy: Mapping[str, str], line: str, expected: EndpointRow
) -> None:
    """Check that exactly one line is in a state, and what it says; later ones may not be known for it."""
    state, seen, fix = expected
    assert (rows[line].state, seen in rows[line].seen, fix in rows[line].fix) == (state, True, True), rows[
        line
    ]
    for name, row in rows.items():
        unknown = row.state == "unknown" and LINES.index(name) > LINES.index(line)
        assert name == line or unknown or row.state == healthy[name], (name, row)


class Broken(NamedTuple):
    """A way to break one line, and what the diagnosis says of it."""

    line: str
    state: str
    seen: str
    fix: str
    tls: Callable[[CertificateAuthority], ssl.SSLContext] | None = None
    answer: Any = None
    url: str = ""


def _good(authority: CertificateAuthority) -> ssl.SSLContext:
    return authority.server(HERE, "DNS:localhost")


BROKEN = {
    "placeholder": Broken("url", "failed", "placeholder", "--endpoint URL", url="https://${HOST}/hook"),
    "example": Broken("url", "warning", "reserved", "--endpoint URL", url="https://hooks.example.com/1"),
    "private address": Broken(
        "dns", "failed", "10.0.0.5 is a private address", "public address", url="https://private.acme.io/hook"
    ),
    "typo": Broken("dns", "unknown", "does not resolve", "", url="https://hoooks.acme.io/hook"),
    "expired": Broken("tls", "failed", "expired on 20", "renew", lambda ca: ca.server(HERE, days=-3)),
    "expires soon": Broken(
        "tls", "warning", "only for 5 days", "renew", lambda ca: ca.server(HERE, days=5.5)
    ),
    "other host": Broken(
        "tls", "failed", "only for a.example", "certificate for", lambda ca: ca.server("DNS:a.example")
    ),
    "self-signed": Broken(
        "tls", "failed", "self-signed", "public CA", lambda ca: ca.server(HERE, self_signed=True)
    ),
    "no intermediate": Broken(
        "tls", "failed", "in between", "fullchain.pem", lambda ca: ca.server(HERE, send_intermediate=False)
    ),
    "refused": Broken(
        "tls", "failed", "connection refused", "start", url=UNREACHABLE.replace("http:", "https:")
    ),
    "moved": Broken(
        "response",
        "failed",
        "is redirected",
        "--endpoint https://www.acme.io/hook",
        answer=http(308, Location="https://www.acme.io/hook"),
    ),
    "login": Broken("response", "warning", "may not be", "--probe", answer=http(302, Location="/login")),
    "hanging": Broken("response", "failed", "no response within", "start", answer=silence),
    "gateway": Broken("response", "warning", "502", "runs", answer=http(502)),
}


def test_a_healthy_endpoint_has_no_failed_line(diagnosed: Diagnosed, authority: CertificateAuthority) -> None:
    with SteadyServer(tls=_good(authority)) as server:
        diagnosed.attributes["endpoint"] = f"{server.url}/hook"
        rows = diagnosed.rows()
    assert {name: row.state for name, row in rows.items()} == HEALTHY


@pytest.mark.parametrize("name", BROKEN)
def test_exactly_the_broken_line_says_it_and_names_the_cure(
    diagnosed: Diagnosed, authority: CertificateAuthority, name: str
) -> None:
    broken = BROKEN[name]
    with SteadyServer(tls=(broken.tls or _good)(authority)) as server:
        server.answer = broken.answer or server.answer
        diagnosed.attributes["endpoint"] = broken.url or f"{server.url}/hook"
        rows = diagnosed.rows()
    require_only(rows, HEALTHY, broken.line, EndpointRow(broken.state, broken.seen, broken.fix))


@contextmanager
def receiving(path: Path, secret: str) -> Iterator[str]:
    """Receive and record deliveries; yield the URL."""
    with Recorder(path) as recorder, WebhookServer(secret, recorder.append) as receiver:
        yield receiver.url


def test_a_healthy_receiver_is_proven_from_the_url_to_the_arrival(
    diagnosed: Diagnosed, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    with receiving(record, diagnosed.attributes["shared_secret"]) as url:
        diagnosed.attributes["endpoint"] = url
        rows = diagnosed.rows("--probe", "--receipts", str(record))
    assert {name: row.state for name, row in rows.items()} == PROVEN
    assert "Jebbit's test arrived" in rows["arrived"].seen
    assert "25 probes" in rows["receiver"].seen


def test_another_secret_at_the_endpoint_is_found_by_probing(diagnosed: Diagnosed, tmp_path: Path) -> None:
    record = tmp_path / "record"
    with receiving(record, "not the secret of the integration") as url:
        diagnosed.attributes["endpoint"] = url
        rows = diagnosed.rows("--probe", "--receipts", str(record))
    require_only(rows, PROVEN, "receiver", EndpointRow("failed", "returned 403", "secret"))


def test_a_test_that_a_wrong_secret_refuses_without_a_record_is_not_called_lost(
    diagnosed: Diagnosed, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    record.touch()
    with WebhookServer("not the secret of the integration", lambda _: None) as receiver:
        diagnosed.attributes["endpoint"] = receiver.url
        rows = diagnosed.rows("--probe", "--receipts", str(record))
    require_only(rows, PROVEN, "receiver", EndpointRow("failed", "returned 403", "secret"))
    assert "may not record them" in rows["arrived"].seen


def test_a_test_that_jebbit_does_not_report_has_failed(diagnosed: Diagnosed, tmp_path: Path) -> None:
    record = tmp_path / "record"
    state = diagnosed.sandbox.state
    state.behaviour = replace(state.behaviour, test_response=b"[]")
    with receiving(record, diagnosed.attributes["shared_secret"]) as url:
        diagnosed.attributes["endpoint"] = url
        rows = diagnosed.rows("--probe", "--receipts", str(record))
    assert (rows["test"].state, "did not report a delivery" in rows["test"].seen) == ("failed", True)


def test_a_test_that_never_reaches_the_record_has_not_arrived(diagnosed: Diagnosed, tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.touch()
    secret = diagnosed.attributes["shared_secret"]
    with receiving(tmp_path / "another", secret) as url:
        diagnosed.attributes["endpoint"] = url
        rows = diagnosed.rows("--probe", "--receipts", str(record))
    assert [name for name, row in rows.items() if row.state == "failed"] == ["arrived"]
    assert "did not arrive within 0.5 s" in rows["arrived"].seen


def test_an_earlier_delivery_is_not_taken_for_jebbits_test(diagnosed: Diagnosed, tmp_path: Path) -> None:
    record = tmp_path / "record"
    secret = diagnosed.attributes["shared_secret"]
    with receiving(record, secret) as url:
        diagnosed.attributes["endpoint"] = UNREACHABLE  # where Jebbit sends its test
        with EndpointClient(url) as client:
            headers = delivery_headers(secret, SAMPLE_BODY, live=False) | {"user-agent": "Jebbit"}
            client.send(SAMPLE_BODY, headers)
        rows = diagnosed.rows("--probe", "--receipts", str(record), "--endpoint", url)
    assert [name for name, row in rows.items() if row.state == "failed"] == ["arrived"]
    assert "the newest delivery is of 20" in rows["arrived"].seen


def test_a_probe_is_not_taken_for_a_delivery_of_jebbit(diagnosed: Diagnosed, tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.touch()
    state = diagnosed.sandbox.state
    state.behaviour = replace(state.behaviour, test_response=b"[]")
    with receiving(record, diagnosed.attributes["shared_secret"]) as url:
        diagnosed.attributes["endpoint"] = UNREACHABLE
        rows = diagnosed.rows("--probe", "--receipts", str(record), "--endpoint", url)
    assert record.stat().st_size > 0
    assert rows["receiver"].state == "ok"
    assert (rows["arrived"].state, "has no deliveries of" in rows["arrived"].seen) == ("warning", True)


def test_all_endpoints_are_looked_at_ahead(diagnosed: Diagnosed, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[str | None] = []
    monkeypatch.setattr(
        network.Network, "look_ahead", lambda _, places: ahead.extend(place.url for place in places)
    )
    diagnosed.attributes["endpoint"] = UNREACHABLE
    diagnosed.rows()
    assert ahead == [UNREACHABLE]


def test_without_probe_the_endpoint_gets_one_head_and_jebbit_is_only_read(diagnosed: Diagnosed) -> None:
    with SteadyServer() as server:
        diagnosed.attributes["endpoint"] = f"{server.url}/hook"
        diagnosed.rows()
    assert server.calls == ["HEAD /hook"]
    assert {one.method for one in diagnosed.sandbox.requests if "oauth" not in one.path} == {"GET"}


def test_a_foreign_file_of_receipts_is_refused_before_anything_is_asked(
    diagnosed: Diagnosed, tmp_path: Path
) -> None:
    (tmp_path / "foreign").write_text("hello\n")
    result = diagnosed.cli.run(
        "integrations", "diagnose", diagnosed.id, "--probe", "--receipts", str(tmp_path / "foreign")
    )
    assert (result.code, result.out, diagnosed.sandbox.requests) == (2, "", [])
    assert "has no deliveries that can be read" in result.err


def test_an_endpoint_that_jebbit_shows_only_as_a_host_can_be_given(diagnosed: Diagnosed) -> None:
    attributes = diagnosed.attributes
    attributes["host"] = "private.acme.io"
    del attributes["endpoint"]
    rows = diagnosed.rows()
    assert (rows["url"].state, rows["dns"].state) == ("unknown", "failed")
    with SteadyServer() as server:
        rows = diagnosed.rows("--endpoint", server.url)
        assert (rows["url"].state, "Jebbit delivers to private" in rows["url"].seen) == ("warning", True)
        attributes["host"] = "127.0.0.1"
        rows = diagnosed.rows("--endpoint", server.url)
    assert {rows[name].state for name in ("url", "dns", "response")} == {"ok"}
