"""Checks whether an endpoint is a correct receiver of Jebbit's webhooks.

No verdict rests on one response alone. A refusal counts only if the same request with the right signature is
accepted right after it: else the endpoint may refuse for another reason. What should be accepted has failed
only if the endpoint refuses it twice and still accepts other valid deliveries.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.util.text import as_reason, plural
from jebbitctl.webhooks.diagnosis import diagnose
from jebbitctl.webhooks.probe_requests import ProbeKind
from jebbitctl.webhooks.probes import FORGERY, LIVE_FORGERY, PROBES, REPLAY
from jebbitctl.webhooks.response_excerpt import excerpt
from jebbitctl.webhooks.sender import SAMPLE_BODY
from jebbitctl.webhooks.verdicts import (
    REFUSALS,
    Conclusion,
    Judgement,
    is_refusal,
    judge,
    why_no_refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jebbitctl.webhooks.diagnosis import Diagnosis
    from jebbitctl.webhooks.endpoint import EndpointResponse
    from jebbitctl.webhooks.probe_requests import Probe
    from jebbitctl.webhooks.probe_target import ProbeTarget

MAX_TIMEOUTS = 2
"""Requests without a response after which a check sends no more."""
_MORE_DELIVERIES = 4
"""Valid deliveries that tell whether an endpoint varies or has blocked the sender."""
_SEVERITY = list(Conclusion)
_UNREACHABLE = "the endpoint cannot be reached"
_NOT_ACCEPTED = "a valid delivery was not accepted"
_VARIES = "its answers to valid deliveries vary"
_CONTENT_IS_REFUSED = (
    "Deliveries with such content are lost. The endpoint's rules for data refuse it, not its signature test."
)
_NONE_ANY_MORE = "no valid delivery is accepted any more since forged ones were sent"
_SOME_CONTENT = "deliveries with other values than the sample's are refused each time"
_NO_RESPONSE = "The endpoint does not respond to such deliveries. They may be lost."
_LOST = "Real deliveries get lost."
_BLOCKED = "The endpoint may block senders whose signature is wrong a few times."
_ESSENTIAL = {
    FORGERY: "forged deliveries",
    LIVE_FORGERY: "forged deliveries without x-jebbit-test",
    REPLAY: "old deliveries",
}


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe.

    Attributes:
        name: of the probe.
        expectation: what a correct endpoint does.
        result: whether this endpoint did it.
        outcome: what this endpoint did, such as ``returned 200``; empty if nothing was sent.
        reason: why this is the result, if the outcome does not say it.
        consequence: what a failure or a warning means in production; None for other results.
        status: the HTTP status of the response that decided.
        response: the start of its text, on one line, without markup and secrets.
        elapsed: seconds that the probe took.
    """

    name: str
    expectation: str
    result: Conclusion
    outcome: str = ""
    reason: str | None = None
    consequence: str | None = None
    status: int | None = None
    response: str = ""
    elapsed: float = 0.0


@dataclass(slots=True)
class EndpointCheck:
    """Runs probes against an endpoint.

    Attributes:
        target: the endpoint.
        probes: in the order of ``PROBES``, of which the first one is always among them.
        results: of the probes that have ended.
        diagnosis: why no valid delivery is accepted; None if one is.
    """

    target: ProbeTarget
    probes: Sequence[Probe] = PROBES
    results: list[ProbeResult] = field(default_factory=list)
    diagnosis: Diagnosis | None = None
    _controls: list[EndpointResponse] = field(default_factory=list)
    _refused_bodies: list[bytes] = field(default_factory=list)

    def run(self) -> Iterator[ProbeResult]:
        """Run the probes in order; yield each result as soon as it is known."""
        for probe in self.probes:
            started = time.perf_counter()
            verdict, response = self._probe(probe)
            result = _result(probe, verdict, response, self.target.secret, time.perf_counter() - started)
            self.results.append(result)
            yield result

    def all_results(self, reason: str) -> list[ProbeResult]:
        """Return a result for each probe: those without one were not tested, for this reason."""
        rest = self.probes[len(self.results) :]
        missing = [ProbeResult(one.name, one.expectation, Conclusion.UNKNOWN, reason=reason) for one in rest]
        return [*self.results, *missing]

    @property
    def failed(self) -> list[str]:
        """The names of the probes that failed."""
        return [result.name for result in self.results if result.result is Conclusion.FAILED]

    @property
    def untested(self) -> list[str]:
        """What the endpoint may or may not refuse, as no probe for it could be tested; in words."""
        results = {result.name: result.result for result in self.results}
        known: dict[str, set[bool]] = {}
        for probe in self.probes:
            if probe.consequence in _ESSENTIAL and probe.name in results:
                tested = results[probe.name] is not Conclusion.UNKNOWN
                known.setdefault(probe.consequence, set()).add(tested)
        return [_ESSENTIAL[consequence] for consequence, tested in known.items() if tested == {False}]

    @property
    def ok(self) -> bool:
        """Whether all probes have run, none failed, and what they are for could be tested."""
        complete = len(self.results) == len(self.probes)
        return complete and self.diagnosis is None and not self.failed and not self.untested

    def _probe(self, probe: Probe) -> tuple[Judgement, EndpointResponse | None]:
        """Return the verdict on a probe, and the response that decided."""
        if reason := self._reason_to_skip(probe):
            return Judgement(Conclusion.UNKNOWN, reason), None
        if probe.kind is ProbeKind.STEADY:
            return self._steady()
        verdict, response = self._send(probe)
        if probe is self.probes[0]:
            return self._first(verdict, response), response
        if self.diagnosis:
            if verdict.result is Conclusion.OK:
                verdict = Judgement(Conclusion.UNKNOWN, f"{_NOT_ACCEPTED}, either")
            return verdict, response
        if probe.kind is ProbeKind.ACCEPT and verdict.result is Conclusion.FAILED:
            return self._confirm_failure(probe, verdict, response), response
        if probe.kind is not ProbeKind.ACCEPT and verdict.result is Conclusion.OK:
            return self._confirm_refusal(probe), response
        return verdict, response

    def _reason_to_skip(self, probe: Probe) -> str | None:
        """Return why a probe would show nothing; None if it may show something."""
        if probe is self.probes[0]:
            return None
        if self.diagnosis and self.diagnosis.unreachable:
            return _UNREACHABLE
        if self._is_hanging():
            return f"no request is sent after {self.target.timeouts} timeouts"
        if self.diagnosis and probe.kind is not ProbeKind.REFUSE:
            return _NOT_ACCEPTED
        return None

    def _send(self, probe: Probe) -> tuple[Judgement, EndpointResponse]:
        """Send the requests of a probe, up to a timeout; return the worst verdict and its response."""
        judged = [(judge(probe, response), response) for response in self._responses(probe)]
        return min(judged, key=lambda one: _SEVERITY.index(one[0].result))

    def _responses(self, probe: Probe) -> Iterator[EndpointResponse]:
        for request in probe.requests:
            for response in request.send(self.target):
                yield response
                if self.target.timed_out(response):
                    return

    def _first(self, verdict: Judgement, response: EndpointResponse) -> Judgement:
        """Diagnose why the first valid delivery is not accepted."""
        if verdict.result is not Conclusion.OK:
            self.diagnosis = diagnose(self.target, response)
            if self.diagnosis.unreachable:
                return Judgement(Conclusion.UNKNOWN, _UNREACHABLE)
        return verdict

    def _control(self, body: bytes) -> EndpointResponse:
        """Send a valid test delivery and return the response, which is remembered unless it is a 429."""
        response = self.target.send_signed(body)
        if response.status != HTTPStatus.TOO_MANY_REQUESTS:
            self._controls.append(response)
            if response.status in REFUSALS:
                self._refused_bodies.append(body)
        return response

    def _confirm_refusal(self, probe: Probe) -> Judgement:
        """Return whether a forgery was refused for being one: the same request, well signed, is accepted."""
        if probe.live and self._live_is_refused():
            return Judgement(
                Conclusion.UNKNOWN, "a valid delivery without x-jebbit-test is not accepted, either"
            )
        request = probe.requests[0].control()
        if not probe.changes_content_type:
            control = self._control(request.body)
        else:
            (control,) = request.send(self.target)
            if is_refusal(probe, control.status) and self._control(request.body).accepted:
                reason = f"{request.content_type} is not accepted at all, signed or not"
                return Judgement(Conclusion.OK, reason)
        if control.accepted:
            return Judgement(Conclusion.OK)
        return Judgement(
            Conclusion.UNKNOWN, f"a valid delivery after it was not accepted, either: {control.outcome}"
        )

    def _live_is_refused(self) -> bool:
        return any(one.name == "live" and one.result is not Conclusion.OK for one in self.results)

    def _confirm_failure(self, probe: Probe, verdict: Judgement, response: EndpointResponse) -> Judgement:
        """Return whether a delivery is refused for what it is: each time, while others are accepted."""
        if any(not control.accepted for control in self._controls):
            return Judgement(Conclusion.UNKNOWN, _VARIES)
        hangs = self.target.timed_out(response)
        if not (probe.creates_record or hangs):
            again, second = self._send(probe)
            if again.result is Conclusion.OK:
                self._controls.append(response)
                return Judgement(Conclusion.UNKNOWN, f"sent again, it {second.outcome}: {_VARIES}")
        control = self._control(SAMPLE_BODY)
        if not control.accepted:
            return Judgement(
                Conclusion.UNKNOWN,
                f"a valid delivery after it was not accepted, either: {control.outcome}",
            )
        if response.status is None and probe.max_seconds is None:
            return Judgement(Conclusion.FAILED, consequence=_NO_RESPONSE)
        return self._explain(probe, response) if probe.same_content else verdict

    def _explain(self, probe: Probe, response: EndpointResponse) -> Judgement:
        """Return why an endpoint refuses a body: a bug that changes its bytes, or a rule for its content."""
        accepted = [body for body in probe.same_content if self.target.send_signed(body).accepted]
        if response.status in REFUSALS:
            body = probe.requests[0].body
            found = diagnose(self.target, response, body, accepted=[SAMPLE_BODY, *accepted])
            if found.proven:
                reason = as_reason(found.finding)
                if same := [one.name for one in self.results if one.reason == reason]:
                    return Judgement(Conclusion.FAILED, f"for the same reason as {same[0]}", _LOST)
                return Judgement(Conclusion.FAILED, reason, f"{_LOST} {found.fix}")
        if accepted:
            return Judgement(Conclusion.FAILED, "the same content is accepted in its usual form")
        result = Conclusion.WARNING if response.status in REFUSALS else Conclusion.FAILED
        return Judgement(result, "the same content is refused in any form", _CONTENT_IS_REFUSED)

    def _steady(self) -> tuple[Judgement, EndpointResponse]:
        """Judge all valid deliveries; if some were not accepted, find out whether none is any more."""
        last = self._controls[-1] if self._controls else self._control(SAMPLE_BODY)
        refused = [one for one in self._controls if not one.accepted]
        if not refused:
            if last.accepted:
                return Judgement(Conclusion.OK), last
            return Judgement(Conclusion.UNKNOWN, why_no_refusal(last)), last
        later = [
            self._control(SAMPLE_BODY).accepted for _ in range(_MORE_DELIVERIES) if not self._is_hanging()
        ]
        if not any(later):
            return Judgement(Conclusion.WARNING, _NONE_ANY_MORE, _BLOCKED), refused[0]
        if all(later) and len(self._refused_bodies) == len(refused) and self._refuses_content():
            return Judgement(Conclusion.WARNING, _SOME_CONTENT, _CONTENT_IS_REFUSED), refused[0]
        count = f"{len(refused)} of {plural(len(self._controls), 'valid delivery')}"
        return Judgement(Conclusion.FAILED, f"{count} not accepted"), refused[0]

    def _refuses_content(self) -> bool:
        """Whether the bodies that were refused are refused again, several times, and not the sample."""
        bodies = itertools.islice(itertools.cycle(self._refused_bodies), _MORE_DELIVERIES)
        return SAMPLE_BODY not in self._refused_bodies and all(
            self.target.send_signed(body).status in REFUSALS for body in [*bodies]
        )

    def _is_hanging(self) -> bool:
        return self.target.timeouts >= MAX_TIMEOUTS


def _result(
    probe: Probe, verdict: Judgement, response: EndpointResponse | None, secret: str, elapsed: float
) -> ProbeResult:
    matters = verdict.result in {Conclusion.FAILED, Conclusion.WARNING}
    return ProbeResult(
        name=probe.name,
        expectation=probe.expectation,
        result=verdict.result,
        outcome=response.outcome if response else "",
        reason=verdict.reason,
        consequence=(verdict.consequence or probe.consequence) if matters else None,
        status=response.status if response else None,
        response=excerpt(response, secret) if response else "",
        elapsed=elapsed,
    )
