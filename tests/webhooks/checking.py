"""Runs checks in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.endpoint_check import EndpointCheck
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.probes import select_probes

from .receivers import serving
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.endpoint_check import ProbeResult

    from .receivers import Handler


def no_wait(_: float) -> None:
    pass


def run(
    url: str,
    *names: str,
    timeout: float = 5,
    live: bool = False,
    wait: Callable[[float], None] = no_wait,
    headers: dict[str, str] | None = None,
) -> EndpointCheck:
    """Check an endpoint, with these probes or all."""
    with EndpointClient(url, timeout, headers=headers) as client:
        check = EndpointCheck(ProbeTarget(client, SECRET, wait=wait), select_probes(names, live=live))
        list(check.run())
    return check


def run_against(handle: Handler, *names: str, live: bool = False) -> EndpointCheck:
    with serving(handle) as url:
        return run(url, *names, live=live)


def not_passed(check: EndpointCheck) -> dict[str, str]:
    return {one.name: str(one.result) for one in check.results if one.result != "ok"}


def result(check: EndpointCheck, name: str) -> ProbeResult:
    (found,) = (one for one in check.results if one.name == name)
    return found
