"""One sandbox for several tests, which only read: a fixture of a wider scope in place of the plugin's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks import Receiver


@pytest.fixture(scope="module")
def jebbit_sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(businesses=2, integrations=1)) as sandbox:
        yield sandbox


def test_each_brand_has_an_integration(jebbit_sandbox: Sandbox) -> None:
    assert len(jebbit_sandbox.shared_secrets()) == 2


def test_what_is_not_on_this_machine_gets_nothing(jebbit_sandbox: Sandbox, jebbit_receiver: Receiver) -> None:
    assert jebbit_sandbox.visit().outcomes == {"not_sent": 1}
    assert jebbit_receiver.deliveries == []
