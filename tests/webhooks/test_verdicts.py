from __future__ import annotations

from jebbitctl.webhooks.endpoint import EndpointResponse
from jebbitctl.webhooks.probes import PROBES
from jebbitctl.webhooks.verdicts import Conclusion, judge, why_no_refusal

PROBE = {probe.name: probe for probe in PROBES}


def statuses(name: str, conclusion: Conclusion) -> set[int]:
    """Return the statuses from which a probe concludes something."""
    return {
        status
        for status in range(200, 600)
        if judge(PROBE[name], EndpointResponse(status, 0.1)).result is conclusion
    }


def test_few_statuses_are_a_refusal_of_a_forgery() -> None:
    assert statuses("no-signature", Conclusion.OK) == {400, 401, 403, 422}
    assert statuses("no-signature", Conclusion.FAILED) == set(range(200, 300))


def test_another_content_type_may_be_unsupported() -> None:
    assert statuses("no-signature-text", Conclusion.OK) == {400, 401, 403, 415, 422}


def test_get_may_be_refused_in_any_way_but_a_limit() -> None:
    assert statuses("get", Conclusion.OK) == {*range(400, 500), 501} - {429}
    assert statuses("get", Conclusion.WARNING) == set(range(200, 300))


def test_a_valid_delivery_is_accepted_by_2xx_and_a_limit_says_nothing() -> None:
    assert statuses("valid", Conclusion.OK) == set(range(200, 300))
    assert statuses("valid", Conclusion.UNKNOWN) == {429}


def test_no_response_is_no_refusal() -> None:
    assert judge(PROBE["stale"], EndpointResponse(None, 1, error="x")).result is Conclusion.UNKNOWN


def test_the_response_time_is_judged_by_what_was_seen_of_it() -> None:
    probe = PROBE["response-time"]
    results = [
        judge(probe, response).result
        for response in (
            EndpointResponse(200, 4.9),
            EndpointResponse(200, 5.1),
            EndpointResponse(None, 10, error="no response within 10 s"),
            EndpointResponse(None, 3, error="no response within 3 s"),
        )
    ]
    assert results == [Conclusion.OK, Conclusion.FAILED, Conclusion.FAILED, Conclusion.UNKNOWN]


def test_every_other_status_has_a_reason() -> None:
    assert all(why_no_refusal(EndpointResponse(status, 0.1)) for status in range(100, 600))
    assert why_no_refusal(EndpointResponse(None, 0.1, error="x")) == "the endpoint's log may say why"
    assert why_no_refusal(EndpointResponse(302, 0.1)) == "it is a redirect, not a refusal"
    assert why_no_refusal(EndpointResponse(413, 0.1)) == "the body is too large"
