"""Fixtures for tests with pytest, which finds this module by itself: see ``jebbitctl help testing``.

Nothing else of jebbitctl is imported before a fixture is used.
"""

from __future__ import annotations

import logging
import os
import tempfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox import Sandbox, SandboxOptions
    from jebbitctl.webhooks import Receiver


class ProcessEnvironment(dict[str, str]):
    """Variables of a process. Their values may be secret, and pytest prints what a failed test used."""

    def __repr__(self) -> str:
        return f"<{len(self)} variables, among them {', '.join(name for name in self if 'JEBBIT' in name)}>"


@pytest.fixture
def jebbit_sandbox_options() -> SandboxOptions:
    """How ``jebbit_sandbox`` behaves: override this fixture to change it."""
    from jebbitctl.sandbox import SandboxOptions

    return SandboxOptions(backfill_step=0)


@pytest.fixture
def jebbit_sandbox(jebbit_sandbox_options: SandboxOptions) -> Iterator[Sandbox]:
    """A new local Jebbit, a ``jebbitctl.sandbox.Sandbox``; it logs its requests and failed deliveries."""
    from jebbitctl.sandbox import Sandbox

    logger = logging.getLogger("jebbitctl.sandbox")
    with Sandbox(jebbit_sandbox_options, log=logger.info, warn=logger.warning) as sandbox:
        yield sandbox


@pytest.fixture
def jebbit_environment(jebbit_sandbox: Sandbox) -> Iterator[dict[str, str]]:
    """The environment of a process that uses ``jebbit_sandbox``, with nothing of your own account in it."""
    from jebbitctl.environment import CONFIG_DIR, Environment

    with tempfile.TemporaryDirectory(prefix="jebbitctl-", ignore_cleanup_errors=True) as directory:
        account = {**jebbit_sandbox.environment, CONFIG_DIR: directory}
        yield ProcessEnvironment(Environment(os.environ).for_account(account))


@pytest.fixture
def jebbit_receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    """A new endpoint, a ``jebbitctl.webhooks.Receiver``.

    It verifies the deliveries of each integration of ``jebbit_sandbox``, if the test uses that as well.
    """
    from jebbitctl.webhooks import Receiver

    sandbox = request.getfixturevalue("jebbit_sandbox") if "jebbit_sandbox" in request.fixturenames else None
    with Receiver(secrets=sandbox.shared_secrets if sandbox else None) as receiver:
        yield receiver
