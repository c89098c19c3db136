"""The endpoint as a receiver: does it pass the check of ``webhooks check``, with the integration's secret?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jebbitctl.diagnose.endpoint_url import GIVE_URL, place_of
from jebbitctl.diagnose.findings import State, failed, ok, unknown, warning
from jebbitctl.diagnose.probing import NOT_ASKED, client_for, secret_of
from jebbitctl.util.text import as_reason, plural
from jebbitctl.util.timeouts import sleep
from jebbitctl.webhooks.endpoint_check import EndpointCheck
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.probes import select_probes

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

MAX_SECONDS = 60.0
"""How long one endpoint is checked: an endpoint may limit requests."""


def receiver(case: Case) -> Finding:
    """The endpoint accepts what Jebbit signs, and refuses forgeries."""
    if not case.probe:
        return unknown(NOT_ASKED)
    place = place_of(case)
    if place.url is None:
        return unknown("only the host is known", GIVE_URL)
    if place.scheme == "http" and case.network.proxy(place):
        return unknown("this machine reaches it only through a proxy, which may answer itself")
    if case.network.head(place) is None:
        return unknown("there is no connection to send on (see dns and tls)")
    if case.states.get("response") is State.FAILED:
        return unknown("deliveries do not arrive at this URL (see response)")
    secret = secret_of(case)
    deadline = time.monotonic() + MAX_SECONDS
    with client_for(case, place) as client:
        check = EndpointCheck(ProbeTarget(client, secret, wait=_waits_until(deadline)), select_probes())
        for _ in check.run():
            if time.monotonic() >= deadline:
                break
    return _judged(case, check)


def _judged(case: Case, check: EndpointCheck) -> Finding:
    command = case.command("webhooks", "check", "--integration", case.id)
    if check.diagnosis:
        seen, fix = as_reason(check.diagnosis.finding), check.diagnosis.fix
        return warning(seen, fix) if check.diagnosis.unreachable else failed(seen, fix)
    if check.failed:
        return failed(
            f"{len(check.failed)} of {plural(len(check.probes), 'probe')} failed: {', '.join(check.failed)}",
            f"see each: {command}",
        )
    if check.untested:
        return warning(
            f"could not test whether it refuses {', '.join(check.untested)}", f"see why: {command}"
        )
    if not check.ok:
        return unknown(f"the check was not finished within {MAX_SECONDS:g} s", f"run it alone: {command}")
    return ok(f"accepts valid deliveries and refuses forged ones ({plural(len(check.probes), 'probe')})")


def _waits_until(deadline: float) -> Callable[[float], None]:
    """Return a function that waits for an endpoint that limits requests, but not beyond the deadline."""
    return lambda seconds: sleep(max(min(seconds, deadline - time.monotonic()), 0))
