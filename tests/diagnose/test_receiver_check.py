from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.diagnose import receiver_check
from jebbitctl.diagnose.findings import Finding, State
from jebbitctl.diagnose.network import Network
from tests.http_fixtures import own_environment
from tests.webhooks.receivers import correct, except_if, serving
from tests.webhooks.support import SECRET

from .endpoints import ID, SANDBOX, SteadyServer, a_case

if TYPE_CHECKING:
    import pytest

    from tests.webhooks.receivers import Handler


__all__ = ["own_environment"]


def seen(handle: Handler, *, probe: bool = True) -> Finding:
    with serving(handle) as url:
        case = a_case(url, Network(api_url=SANDBOX), shared_secret=SECRET)
        case.probe = probe
        return receiver_check.receiver(case)


def test_a_correct_receiver_passes() -> None:
    assert seen(correct) == Finding(State.OK, "accepts valid deliveries and refuses forged ones (25 probes)")


def test_a_receiver_that_accepts_forgeries_fails_with_the_names_of_the_probes() -> None:
    found = seen(except_if(lambda request: request.header is None, 200))
    assert found.state is State.FAILED
    assert "no-signature" in found.seen
    assert found.fix == f"see each: jebbitctl webhooks check --integration {ID}"


def test_a_receiver_with_another_secret_fails() -> None:
    found = seen(lambda request: correct(request, "another secret"))
    assert found.state is State.FAILED
    assert "secret" in (found.fix or "")


def test_a_receiver_whose_refusals_prove_nothing_is_warned_of() -> None:
    found = seen(lambda request: 200 if correct(request) == 200 else 404)
    assert (found.state, "could not test" in found.seen) == (State.WARNING, True)


def test_without_probe_nothing_is_sent() -> None:
    sent: list[str] = []

    def handle(request: object) -> int:
        sent.append(str(request))
        return 200

    assert (seen(handle, probe=False).state, sent) == (State.UNKNOWN, [])


def test_a_check_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver_check, "MAX_SECONDS", 0.0)
    found = seen(correct)
    assert (found.state, found.seen) == (State.UNKNOWN, "the check was not finished within 0 s")


def test_a_receiver_behind_a_redirect_is_not_checked() -> None:
    with serving(correct) as url:
        case = a_case(url, Network(api_url=SANDBOX), shared_secret=SECRET)
        case.probe = True
        case.states["response"] = State.FAILED
        assert receiver_check.receiver(case).state is State.UNKNOWN


def test_no_delivery_is_judged_by_the_answer_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with SteadyServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        case = a_case("http://8.8.8.8/hook", shared_secret=SECRET)
        case.probe = True
        found = receiver_check.receiver(case)
    assert (found.state, "proxy" in found.seen, proxy.seen) == (State.UNKNOWN, True, [])
