"""What to do about an endpoint without a response, wherever a command calls one."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from tests.api.faults import FaultServer
from tests.api.support import certificate
from tests.commands.webhooks.support import listening, wait_for_end
from tests.webhooks.recorded import delivered, save
from tests.webhooks.support import UNREACHABLE, post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli

TRUST_IT = "to check it anyway, trust it: --ca FILE; for Jebbit, use a certificate of a public CA"
START_IT = "start the endpoint, and check host, port and firewall"


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate(tmp_path_factory.mktemp("tls")))
    with FaultServer(tls=tls) as running:
        yield running.url


@pytest.fixture
def two_deliveries(tmp_path: Path) -> str:
    deliveries = (delivered(time=time) for time in (1_790_000_000, 1_790_000_001))
    return save(tmp_path / "recording.jsonl", *deliveries)


@pytest.mark.parametrize("command", ["send", "check", "replay"])
@pytest.mark.parametrize("tls", [True, False])
def test_a_command_that_calls_an_endpoint_says_why_there_is_no_response_and_what_to_do(
    signer: Cli, two_deliveries: str, self_signed: str, command: str, *, tls: bool
) -> None:
    url = self_signed if tls else UNREACHABLE
    arguments = (two_deliveries, "--to", url) if command == "replay" else (url,)
    result = signer.run("webhooks", command, *arguments)
    assert result.code == 5
    assert f"hint: {TRUST_IT if tls else START_IT}\n" in result.err


def test_unanswered_counts_every_delivery_without_a_response(signer: Cli) -> None:
    document = signer.run("webhooks", "send", UNREACHABLE, "--count", "3", "--json").json
    assert (document["unanswered"], document["not_sent"]) == (3, 0)
    assert document["errors"] == {"connection refused": 3}


@pytest.mark.parametrize("end", [("--count", "1"), ()])
def test_a_forward_without_a_response_says_what_to_do(
    bare: Cli, self_signed: str, end: tuple[str, ...]
) -> None:
    with listening(bare, "--forward-to", self_signed, *end) as (process, url):
        assert post(url, b"{}").status_code == 502
        if not end:
            process.terminate()
        code, _, err = wait_for_end(process)
    assert (code, TRUST_IT in err) == (6 if end else 143, True), err
