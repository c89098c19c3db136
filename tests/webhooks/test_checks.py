from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UnavailableError, UsageError
from jebbitctl.webhooks import Reason, verify
from jebbitctl.webhooks.checks import check
from jebbitctl.webhooks.probes import PROBES
from jebbitctl.webhooks.receiver import STATUS_OF, Receiver
from jebbitctl.webhooks.server import BackgroundServer

from .support import NOBODY, SECRET, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.checks import Result
    from jebbitctl.webhooks.receiver import Delivery


def failures(results: Iterable[Result]) -> set[str]:
    return {result.name for result in results if not result.passed}


class Correct:
    """An endpoint that gets everything right; each subclass gets one thing wrong."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status = self.status(environ["REQUEST_METHOD"], environ["wsgi.input"].read(), environ)
        start_response(f"{status} Whatever", [("Content-Length", "0")])
        return []

    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return self.judge(body, environ.get("HTTP_X_JEBBIT_SIGNATURE")) if method == "POST" else 405

    def judge(self, body: bytes, header: str | None) -> int:
        return int(STATUS_OF[verify(SECRET, body, header).reason])


class RewritesJson(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        rewritten = json.dumps(json.loads(body), separators=(",", ":")).encode()
        return super().judge(rewritten, header)


class SortsKeys(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        text = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return super().judge(text.encode(), header)


class VerifiesNothing(Correct):
    def judge(self, *_: object) -> int:
        return 200


class TakesAnyTime(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        return 200 if verification.reason is Reason.STALE else STATUS_OF[verification.reason]


class ToleratesAnHour(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return STATUS_OF[verify(SECRET, body, header, tolerance=3600).reason]


class CrashesOnMalformedHeaders(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        return (
            500
            if header and verification.reason is Reason.MALFORMED_HEADER
            else STATUS_OF[verification.reason]
        )


class CrashesOnEmptyHeaders(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return 500 if header == "" else super().judge(body, header)


class TrustsUnsigned(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return 200 if header is None else super().judge(body, header)


class IgnoresTheBody(Correct):
    """Checks the timestamp and the header's form only."""

    def judge(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        fresh = verification.age_seconds is not None and verification.age_seconds <= 300
        return 200 if fresh else 400


class HasASizeLimit(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return 413 if len(body) > 100_000 else super().judge(body, header)


class FailsOnRepeats(Correct):
    def __init__(self) -> None:
        self.seen: set[str | None] = set()

    def judge(self, body: bytes, header: str | None) -> int:
        repeated = header in self.seen
        self.seen.add(header)
        return 500 if repeated and verify(SECRET, body, header) else super().judge(body, header)


class AnswersGet(Correct):
    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return 200 if method == "GET" else super().status(method, body, environ)


class KnowsPostOnly(Correct):
    """As Python's http.server, and RFC 9110 for a method that a server knows nothing of."""

    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return 501 if method == "GET" else super().status(method, body, environ)


class CrashesOnGet(Correct):
    def status(self, method: str, body: bytes, environ: WSGIEnvironment) -> int:
        return 500 if method == "GET" else super().status(method, body, environ)


class KnowsNoLists(Correct):
    """Puts each answer into a column of text."""

    def judge(self, body: bytes, header: str | None) -> int:
        status = super().judge(body, header)
        lists = status == 200 and any(isinstance(value, list) and value for value in _data(body).values())
        return 422 if lists else status


def _data(body: bytes) -> dict[str, object]:
    data: dict[str, object] = json.loads(body)["data"]
    return data


class ReadsLatin1(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return super().judge(body.decode("latin-1").encode(), header)


class TrimsTheBody(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return super().judge(body.strip(), header)


class NormalizesBooleans(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return super().judge(body.replace(b"True", b"true"), header)


class TrustsASecondSecret(Correct):
    """A left-over of development, say."""

    def judge(self, body: bytes, header: str | None) -> int:
        return 200 if verify(f"not {SECRET}", body, header) else super().judge(body, header)


class ForgetsTheDays(Correct):
    """Asks timedelta for its seconds, not for its total_seconds()."""

    def judge(self, body: bytes, header: str | None) -> int:
        verification = verify(SECRET, body, header)
        age = timedelta(seconds=verification.age_seconds or 0)
        return (
            200 if verification.reason is Reason.STALE and age.seconds <= 300 else super().judge(body, header)
        )


class IsSlow(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        time.sleep(0.06)
        return super().judge(body, header)


class KnowsAnotherSecret(Correct):
    def judge(self, body: bytes, header: str | None) -> int:
        return STATUS_OF[verify("another", body, header).reason]


def test_our_own_receiver_passes_every_probe() -> None:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
        results = list(check(receiver.url, SECRET))
    assert not failures(results)
    assert [result.name for result in results] == [probe.name for probe in PROBES]
    assert all(delivery.test for delivery in deliveries)


def test_a_correct_endpoint_passes_every_probe() -> None:
    with BackgroundServer(Correct()) as server:
        assert not failures(check(server.url, SECRET))


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
        (TakesAnyTime(), {"stale", "day-old"}),
        (ToleratesAnHour(), {"stale"}),
        (CrashesOnMalformedHeaders(), {"malformed-signature"}),
        (CrashesOnEmptyHeaders(), {"empty-signature"}),
        (TrustsUnsigned(), {"no-signature"}),
        (IgnoresTheBody(), {"tampered-body", "wrong-secret"}),
        (HasASizeLimit(), {"large-body"}),
        (FailsOnRepeats(), {"repeat"}),
        (AnswersGet(), {"get"}),
        (CrashesOnGet(), {"get"}),
        (KnowsPostOnly(), set()),
        (KnowsNoLists(), {"valid"}),
        (ReadsLatin1(), {"unicode"}),
        (TrimsTheBody(), {"spacing"}),
        (NormalizesBooleans(), {"tampered-body"}),
        (TrustsASecondSecret(), {"wrong-secret"}),
        (ForgetsTheDays(), {"day-old"}),
        (KnowsAnotherSecret(), {"valid", "unicode", "spacing", "large-body", "repeat"}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Correct) else "",
)
def test_each_mistake_fails_the_probes_made_for_it_and_no_other(endpoint: Correct, failed: set[str]) -> None:
    with BackgroundServer(endpoint) as server:
        assert failures(check(server.url, SECRET)) == failed


def test_a_slow_endpoint_fails_one_probe_and_not_all() -> None:
    with BackgroundServer(IsSlow()) as server:
        results = list(check(server.url, SECRET, prompt=0.05))
    assert failures(results) == {"prompt"}
    assert "answered 200 only after" in results[-1].outcome


def test_a_redirect_is_neither_acceptance_nor_refusal() -> None:
    endpoint = Endpoint("302 Found", headers={"Location": "https://example.com/login"})
    with BackgroundServer(endpoint) as server:
        assert failures(check(server.url, SECRET)) == {probe.name for probe in PROBES} - {"prompt"}
    assert len({seen.path for seen in endpoint.seen}) == 1


def test_what_is_neither_taken_nor_refused_is_no_forgery() -> None:
    with BackgroundServer(CrashesOnMalformedHeaders()) as server:
        results = {result.name: result for result in check(server.url, SECRET)}
    assert "crashes" in results["malformed-signature"].consequence
    with BackgroundServer(VerifiesNothing()) as server:
        results = {result.name: result for result in check(server.url, SECRET)}
    assert "made-up leads" in results["malformed-signature"].consequence


def test_each_result_says_what_happened_and_what_a_failure_means() -> None:
    with BackgroundServer(AnswersGet()) as server:
        results = {result.name: result for result in check(server.url, SECRET)}
    assert results["get"].outcome == "answered 200"
    assert "count as deliveries" in results["get"].consequence
    assert results["get"].elapsed > 0
    assert results["stale"].outcome == "answered 400"
    assert results["stale"].expectation == "a timestamp 301 seconds old is refused (4xx)"


def test_results_come_one_by_one() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        results = check(server.url, SECRET)
        next(results)
        assert len(endpoint.seen) == 1
        results.close()  # type: ignore[attr-defined]


def test_an_endpoint_that_cannot_be_reached_is_no_failed_check() -> None:
    with pytest.raises(UnavailableError, match=r"cannot reach http://127.*: Connection refused"):
        list(check(NOBODY, SECRET))


def test_a_bad_url_or_an_empty_secret_is_refused() -> None:
    with pytest.raises(UsageError, match="URL"):
        next(check("example.com", SECRET))
    with pytest.raises(UsageError, match="secret is empty"):
        next(check("https://example.com", ""))


def test_no_result_repeats_the_secret() -> None:
    with BackgroundServer(Endpoint()) as server:
        assert SECRET not in repr(list(check(server.url, SECRET)))
