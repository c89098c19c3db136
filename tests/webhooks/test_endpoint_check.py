from __future__ import annotations

import itertools
import json
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UnavailableError, UsageError
from jebbitctl.webhooks import Reason, probe_target, verify
from jebbitctl.webhooks.background_server import BackgroundServer
from jebbitctl.webhooks.endpoint_check import PROBE_TIMEOUT, check_endpoint
from jebbitctl.webhooks.probes import MAX_RESPONSE_SECONDS, PROBES
from jebbitctl.webhooks.receiver import STATUS_OF, Receiver

from .support import SECRET, UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.endpoint_check import ProbeResult
    from jebbitctl.webhooks.receiver import Delivery


def failures(results: Iterable[ProbeResult]) -> set[str]:
    return {result.name for result in results if not result.ok}


class Correct:
    """A correct endpoint. Each subclass makes one mistake."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status = self.status(environ["REQUEST_METHOD"], environ["wsgi.input"].read(), environ)
        start_response(f"{status} Whatever", [("Content-Length", "0")])
        return []

    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return self.verify(body, environ.get("HTTP_X_JEBBIT_SIGNATURE")) if method == "POST" else 405

    def verify(self, body: bytes, header: str | None) -> int:
        return int(STATUS_OF[verify(SECRET, body, header).reason])


class RewritesJson(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        rewritten = json.dumps(json.loads(body), separators=(",", ":")).encode()
        return super().verify(rewritten, header)


class SortsKeys(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        text = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return super().verify(text.encode(), header)


class VerifiesNothing(Correct):
    def verify(self, *_: object) -> int:
        return 200


class AcceptsAnyTimestamp(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        return 200 if verification.reason is Reason.STALE else STATUS_OF[verification.reason]


class ToleratesAnHour(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return STATUS_OF[verify(SECRET, body, header, tolerance=3600).reason]


class CrashesOnMalformedHeaders(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        return (
            500
            if header and verification.reason is Reason.MALFORMED_HEADER
            else STATUS_OF[verification.reason]
        )


class CrashesOn(Correct):
    """Crashes on one malformed header."""

    def __init__(self, header: str) -> None:
        self.header = header

    def verify(self, body: bytes, header: str | None) -> int:
        return 500 if header == self.header else super().verify(body, header)


class CrashesOnEmptyHeaders(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return 500 if header == "" else super().verify(body, header)


class AcceptsUnsigned(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return 200 if header is None else super().verify(body, header)


class IgnoresTheBody(Correct):
    """Checks only the timestamp and the form of the header."""

    def verify(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        fresh = verification.age_seconds is not None and verification.age_seconds <= 300
        return 200 if fresh else 400


class HasASizeLimit(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return 413 if len(body) > 100_000 else super().verify(body, header)


class FailsOnRepeats(Correct):
    def __init__(self) -> None:
        self.signatures: set[str | None] = set()

    def verify(self, body: bytes, header: str | None) -> int:
        repeated = header in self.signatures
        self.signatures.add(header)
        return 500 if repeated and verify(SECRET, body, header) else super().verify(body, header)


class AcceptsGet(Correct):
    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return 200 if method == "GET" else super().status(method, body, environ)


class SupportsOnlyPost(Correct):
    """Responds like Python's http.server, and RFC 9110, to an unknown method."""

    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return 501 if method == "GET" else super().status(method, body, environ)


class CrashesOnGet(Correct):
    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return 500 if method == "GET" else super().status(method, body, environ)


class RejectsLists(Correct):
    """Stores each answer in a text column."""

    def verify(self, body: bytes, header: str | None) -> int:
        status = super().verify(body, header)
        lists = status == 200 and any(isinstance(value, list) and value for value in _data(body).values())
        return 422 if lists else status


def _data(body: bytes) -> dict[str, object]:
    data: dict[str, object] = json.loads(body)["data"]
    return data


class ReadsLatin1(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return super().verify(body.decode("latin-1").encode(), header)


class TrimsTheBody(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return super().verify(body.strip(), header)


class NormalizesBooleans(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return super().verify(body.replace(b"True", b"true"), header)


class AcceptsASecondSecret(Correct):
    """Accepts a secret that was left over from development."""

    def verify(self, body: bytes, header: str | None) -> int:
        return 200 if verify(f"not {SECRET}", body, header) else super().verify(body, header)


class IgnoresDays(Correct):
    """Uses timedelta.seconds instead of total_seconds()."""

    def verify(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        age = timedelta(seconds=verification.age_seconds or 0)
        return (
            200
            if verification.reason is Reason.STALE and age.seconds <= 300
            else super().verify(body, header)
        )


class IsSlow(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        time.sleep(0.06)
        return super().verify(body, header)


class UsesAnotherSecret(Correct):
    def verify(self, body: bytes, header: str | None) -> int:
        return STATUS_OF[verify("another", body, header).reason]


def test_our_own_receiver_passes_every_probe() -> None:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
        results = list(check_endpoint(receiver.url, SECRET))
    assert not failures(results)
    assert [result.name for result in results] == [probe.name for probe in PROBES]
    assert all(delivery.test for delivery in deliveries)


def test_a_correct_endpoint_passes_every_probe() -> None:
    with BackgroundServer(Correct()) as server:
        assert not failures(check_endpoint(server.url, SECRET))


@pytest.mark.parametrize(
    ("endpoint", "failed"),
    [
        (RewritesJson(), {"unicode", "spacing"}),
        (SortsKeys(), {"valid", "unicode", "spacing"}),
        (
            VerifiesNothing(),
            {
                "tampered-body",
                "wrong-secret",
                "no-signature",
                "empty-signature",
                "malformed-signature",
                "stale",
                "day-old",
            },
        ),
        (AcceptsAnyTimestamp(), {"stale", "day-old"}),
        (ToleratesAnHour(), {"stale"}),
        (CrashesOnMalformedHeaders(), {"malformed-signature"}),
        (CrashesOnEmptyHeaders(), {"empty-signature"}),
        (AcceptsUnsigned(), {"no-signature"}),
        (IgnoresTheBody(), {"tampered-body", "wrong-secret"}),
        (HasASizeLimit(), {"large-body"}),
        (FailsOnRepeats(), {"repeat"}),
        (AcceptsGet(), {"get"}),
        (CrashesOnGet(), {"get"}),
        (SupportsOnlyPost(), set()),
        (RejectsLists(), {"valid"}),
        (ReadsLatin1(), {"unicode"}),
        (TrimsTheBody(), {"spacing"}),
        (NormalizesBooleans(), {"tampered-body"}),
        (AcceptsASecondSecret(), {"wrong-secret"}),
        (IgnoresDays(), {"day-old"}),
        (UsesAnotherSecret(), {"valid", "unicode", "spacing", "large-body", "repeat"}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Correct) else "",
)
def test_each_mistake_fails_exactly_the_probes_for_it(endpoint: Correct, failed: set[str]) -> None:
    with BackgroundServer(endpoint) as server:
        assert failures(check_endpoint(server.url, SECRET)) == failed


@pytest.mark.parametrize(
    "header", ["nonsense", "t=,v1=", "v1=AAAA", "t=1700000000", "t=soon,v1=AAAA", "=,=,,="]
)
def test_a_crash_on_any_malformed_header_is_found(header: str) -> None:
    with BackgroundServer(CrashesOn(header)) as server:
        assert failures(check_endpoint(server.url, SECRET)) == {"malformed-signature"}


def test_one_second_more_of_tolerance_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class ToleratesASecondMore(Correct):
        def verify(self, body: bytes, header: str | None) -> int:
            return STATUS_OF[verify(SECRET, body, header, tolerance=301).reason]

    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    with BackgroundServer(ToleratesASecondMore()) as server:
        assert failures(check_endpoint(server.url, SECRET)) == {"stale"}


def test_a_repeated_delivery_has_the_same_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count(1_700_000_000)
    clock = SimpleNamespace(time=lambda: next(seconds), monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(probe_target, "time", clock)  # each has its own
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        list(check_endpoint(server.url, SECRET))
    repeats = [request for request in endpoint.requests if b'"probe":"repeat"' in request.body]
    assert len(repeats) == 2
    assert len({request.headers["x-jebbit-signature"] for request in repeats}) == 1


def test_a_response_may_take_5_seconds_and_a_request_is_given_up_after_15() -> None:
    assert (MAX_RESPONSE_SECONDS, PROBE_TIMEOUT) == (5, 15)
    (probe,) = (probe for probe in PROBES if probe.name == "response-time")
    assert probe.expectation == f"a delivery gets a response within {MAX_RESPONSE_SECONDS:g} seconds"


def test_a_slow_endpoint_fails_only_one_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.probes.MAX_RESPONSE_SECONDS", 0.05)
    with BackgroundServer(IsSlow()) as server:
        results = list(check_endpoint(server.url, SECRET))
    assert failures(results) == {"response-time"}
    assert "returned 200 only after" in results[-1].outcome


def test_a_redirect_neither_accepts_nor_rejects() -> None:
    endpoint = Endpoint("302 Found", headers={"Location": "https://example.com/login"})
    with BackgroundServer(endpoint) as server:
        assert failures(check_endpoint(server.url, SECRET)) == {probe.name for probe in PROBES} - {
            "response-time"
        }
    assert len({request.path for request in endpoint.requests}) == 1


def test_a_crash_has_another_consequence_than_an_accepted_forgery() -> None:
    with BackgroundServer(CrashesOnMalformedHeaders()) as server:
        results = {result.name: result for result in check_endpoint(server.url, SECRET)}
    assert "may crash" in results["malformed-signature"].consequence
    with BackgroundServer(VerifiesNothing()) as server:
        results = {result.name: result for result in check_endpoint(server.url, SECRET)}
    assert "forged leads" in results["malformed-signature"].consequence


def test_each_result_has_an_outcome_an_expectation_and_a_consequence() -> None:
    with BackgroundServer(AcceptsGet()) as server:
        results = {result.name: result for result in check_endpoint(server.url, SECRET)}
    assert results["get"].outcome == "returned 200"
    assert "count as deliveries" in results["get"].consequence
    assert results["get"].elapsed > 0
    assert results["stale"].outcome == "returned 400"
    assert results["response-time"].expectation == "a delivery gets a response within 5 seconds"
    assert results["stale"].expectation == "a timestamp 301 seconds old is rejected (4xx)"


def test_results_are_yielded_one_by_one() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        results = check_endpoint(server.url, SECRET)
        next(results)
        assert len(endpoint.requests) == 1
        results.close()  # type: ignore[attr-defined]


def test_an_endpoint_that_cannot_be_reached_is_an_error_and_not_a_failed_probe() -> None:
    with pytest.raises(UnavailableError, match=r"cannot reach http://127.*: connection refused"):
        list(check_endpoint(UNREACHABLE, SECRET))


def test_an_invalid_url_or_an_empty_secret_is_rejected() -> None:
    with pytest.raises(UsageError, match="URL"):
        next(check_endpoint("example.com", SECRET))
    with pytest.raises(UsageError, match="secret is empty"):
        next(check_endpoint("https://example.com", ""))


def test_no_result_contains_the_secret() -> None:
    with BackgroundServer(Endpoint()) as server:
        assert SECRET not in repr(list(check_endpoint(server.url, SECRET)))
