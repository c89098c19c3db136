"""The fixtures for other people's tests."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest._io.saferepr import saferepr

from jebbitctl import pytest_plugin
from jebbitctl.sandbox import SandboxOptions
from jebbitctl.webhooks import sign
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.signature import SIGNATURE_HEADER
from tests.support import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox import Sandbox
    from jebbitctl.webhooks import Receiver

FIXTURES = {"jebbit_sandbox", "jebbit_receiver", "jebbit_environment", "jebbit_sandbox_options"}
_COLLECT = """\
import sys, pytest
code = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "."])
print(int(code), *sorted(name for name in sys.modules if name.split(".")[0] in ("jebbitctl", "requests")))
"""


@pytest.fixture
def looked_at_last() -> Iterator[dict[str, str]]:
    """The environment of a sandbox; looks for what is left of it when the other fixtures have ended."""
    before = set(threading.enumerate())
    seen: dict[str, str] = {}
    yield seen
    assert not Path(seen["JEBBIT_CONFIG_DIR"]).exists()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread


def test_pytest_finds_the_plugin_by_itself(pytestconfig: pytest.Config) -> None:
    (found,) = entry_points(group="pytest11", name="jebbitctl")
    assert found.value == "jebbitctl.pytest_plugin"
    assert pytestconfig.pluginmanager.get_plugin("jebbitctl") is found.load()


def test_it_has_these_fixtures_and_no_others() -> None:
    kind = type(pytest_plugin.jebbit_sandbox)
    assert {name for name, value in vars(pytest_plugin).items() if isinstance(value, kind)} == FIXTURES


def test_until_a_fixture_is_used_nothing_else_of_jebbitctl_is_imported(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(jebbit_sandbox, jebbit_receiver): pass\n")
    done = subprocess.run(
        [sys.executable, "-c", _COLLECT], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "1 test collected" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 jebbitctl jebbitctl.pytest_plugin"


def test_a_visitor_reaches_the_receiver(jebbit_sandbox: Sandbox, jebbit_receiver: Receiver) -> None:
    integration = jebbit_sandbox.create_integration(jebbit_receiver.url)
    jebbit_sandbox.visit(email="ann@example.com")
    (delivery,) = jebbit_receiver.deliveries
    assert delivery.verification
    assert delivery.secret == f"integration {integration.id}"
    assert delivery.json["data"]["email"] == "ann@example.com"


def test_the_order_of_the_fixtures_does_not_matter(
    jebbit_receiver: Receiver, jebbit_sandbox: Sandbox
) -> None:
    jebbit_sandbox.create_integration(jebbit_receiver.url)
    jebbit_sandbox.visit()
    assert jebbit_receiver.deliveries[0].verification


def test_a_receiver_without_a_sandbox_starts_none(
    jebbit_receiver: Receiver, request: pytest.FixtureRequest
) -> None:
    assert "jebbit_sandbox" not in request.fixturenames
    with EndpointClient(jebbit_receiver.url) as client:
        assert client.send(b"{}", {SIGNATURE_HEADER: sign(jebbit_receiver.secret, b"{}")}).status == 200


@pytest.mark.parametrize("_number", range(2))
def test_each_test_has_a_sandbox_of_its_own(jebbit_sandbox: Sandbox, _number: int) -> None:
    assert jebbit_sandbox.shared_secrets() == {}
    jebbit_sandbox.create_integration("https://hooks.example.com/")


def test_failed_deliveries_are_logged(jebbit_sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    jebbit_sandbox.create_integration("https://hooks.example.com/")
    jebbit_sandbox.visit()
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.name == "jebbitctl.sandbox"
    assert "the sandbox only delivers to this machine" in record.message


def test_an_endpoint_in_the_event_loop_of_the_test_gets_deliveries(jebbit_sandbox: Sandbox) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}}")  # the end of the body
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def deliver() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            jebbit_sandbox.create_integration(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            await asyncio.to_thread(jebbit_sandbox.visit)

    asyncio.run(deliver())
    assert [one.status for one in jebbit_sandbox.deliveries] == [204]


def test_each_request_is_logged_for_those_who_ask(
    jebbit_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"), EndpointClient(f"{jebbit_sandbox.url}/api/v1/self") as client:
        client.send(b"", {}, method="GET")
    assert [record.message for record in caplog.records if "GET /api/v1/self 401" in record.message]


class TestOverriddenOptions:
    """As in the module of somebody else."""

    @pytest.fixture
    def jebbit_sandbox_options(self) -> SandboxOptions:
        return SandboxOptions(businesses=3)

    def test_the_sandbox_behaves_as_the_overridden_options_say(self, jebbit_sandbox: Sandbox) -> None:
        assert len(jebbit_sandbox.state.businesses) == 3


@pytest.fixture
def account_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that would lead a command elsewhere, or make it fail."""
    monkeypatch.setenv("JEBBIT_ACCESS_TOKEN", "a real token")
    monkeypatch.setenv("JEBBIT_PROFILE", "production")
    monkeypatch.setenv("JEBBIT_CLIENT_SECRET_FILE", "/missing")
    monkeypatch.setenv("JEBBIT_TIMEOUT", "7")


@pytest.mark.usefixtures("account_of_the_user")
def test_the_environment_has_nothing_of_the_users_account(
    jebbit_sandbox: Sandbox, jebbit_environment: dict[str, str], tmp_path: Path
) -> None:
    own = {name for name in jebbit_environment if name.startswith("JEBBIT_")}
    assert own == {*jebbit_sandbox.environment, "JEBBIT_CONFIG_DIR", "JEBBIT_TIMEOUT"}
    assert jebbit_environment["PATH"] == os.environ["PATH"]
    command = Cli(tmp_path, {name: jebbit_environment[name] for name in own})
    assert command.run("whoami", "--json").json["api_url"] == jebbit_sandbox.url
    assert list(Path(jebbit_environment["JEBBIT_CONFIG_DIR"]).iterdir()) != []  # the cached token


def test_a_failed_test_does_not_print_the_users_environment(jebbit_environment: dict[str, str]) -> None:
    for shown in (repr(jebbit_environment), f"{jebbit_environment}", saferepr([jebbit_environment])):
        assert os.environ["PATH"] not in shown
        assert jebbit_environment["JEBBIT_CLIENT_SECRET"] not in shown
        assert "JEBBIT_CLIENT_SECRET" in shown


def test_nothing_is_left_after_a_test(
    looked_at_last: dict[str, str],
    jebbit_sandbox: Sandbox,
    jebbit_receiver: Receiver,
    jebbit_environment: dict[str, str],
) -> None:
    jebbit_sandbox.create_integration(jebbit_receiver.url)
    assert jebbit_sandbox.visit(count=20, opt_in=True).outcomes == {"delivered": 20}
    assert Path(jebbit_environment["JEBBIT_CONFIG_DIR"]).is_dir()
    looked_at_last.update(jebbit_environment)
