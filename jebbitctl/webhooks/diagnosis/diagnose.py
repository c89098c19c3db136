"""Finds out why a valid test delivery was not accepted, and says only what was seen or proven."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.util.text import plural
from jebbitctl.webhooks.diagnosis.bug_search import BugSearch, forge
from jebbitctl.webhooks.diagnosis.diagnosis import Diagnosis
from jebbitctl.webhooks.diagnosis.named_bug import explain_bugs
from jebbitctl.webhooks.diagnosis.no_response import explain_no_response
from jebbitctl.webhooks.diagnosis.pages import explain_page
from jebbitctl.webhooks.diagnosis.statuses import explain_status
from jebbitctl.webhooks.endpoint_clock import (
    clock_difference,
    describe_clock,
    is_intolerable,
    is_notable,
)
from jebbitctl.webhooks.raw_bodies import READ_RAW
from jebbitctl.webhooks.response_excerpt import quoted_excerpt
from jebbitctl.webhooks.response_text import response_text
from jebbitctl.webhooks.sender import SAMPLE_BODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.webhooks.diagnosis.bug_search import SearchResult
    from jebbitctl.webhooks.endpoint import EndpointResponse
    from jebbitctl.webhooks.probe_target import ProbeTarget

_REPEATS = 4
_DAY = 24 * 60 * 60
_CHANGED = f"It changes the body before it verifies it, or refuses its content. {READ_RAW}"


def diagnose(
    target: ProbeTarget,
    response: EndpointResponse,
    body: bytes = SAMPLE_BODY,
    *,
    accepted: Sequence[bytes] = (),
) -> Diagnosis:
    """Find out why ``body`` was not accepted with a correct signature.

    Sends further test deliveries, one after the other: a few if the status says enough, else some tens, at
    most about 130 within about a minute; none if there was no response.

    Args:
        target: the endpoint.
        response: what it returned to ``body``; not 2xx.
        body: a body like Jebbit's.
        accepted: other bodies that it accepted with a correct signature.
    """
    if response.status is None:
        return explain_no_response(target.client.url, response, target.client.timeout)
    answers = [response]
    received = time.time()
    while len(answers) <= _REPEATS and _may_be_asked_again(answers[-1]):
        answers.append(target.send_signed(body))
        received = time.time()
    difference = clock_difference(answers[-1], received)
    clock = describe_clock(difference) if is_notable(difference) else ""
    diagnosis = _varying(answers) or explain_status(target.client.url, response, target.secret)
    if diagnosis is None:
        return _Examination(target, body, tuple(accepted), answers, difference).diagnosis()
    return replace(diagnosis, finding=f"{diagnosis.finding} {clock}".strip())


def _may_be_asked_again(answer: EndpointResponse) -> bool:
    return answer.status not in {None, HTTPStatus.TOO_MANY_REQUESTS}


def _varying(answers: Sequence[EndpointResponse]) -> Diagnosis | None:
    """Return the diagnosis of an endpoint that treats the same delivery differently; None if it does not."""
    outcomes = [answer.outcome for answer in answers]
    if len(set(outcomes)) == 1:
        return None
    seen = ", ".join(f"{outcomes.count(one)} x {one}" for one in dict.fromkeys(outcomes))
    if any(answer.status == HTTPStatus.TOO_MANY_REQUESTS for answer in answers):
        fix = "It limits the rate of requests. Use --rate, or let this machine's address exceed the limit."
    elif any(answer.accepted for answer in answers):
        fix = (
            "Check that all instances behind the load balancer have the same secret and the same version."
            " If it was just starting, run the check again."
        )
    else:
        fix = "Look into the endpoint's log, and run the check again when it is steady."
    return Diagnosis("varies", f"Its answers to the same valid delivery vary: {seen}.", fix)


@dataclass(frozen=True, slots=True)
class _Examination:
    """An endpoint that refuses a delivery in a way that may come from the signature."""

    target: ProbeTarget
    body: bytes
    accepted: tuple[bytes, ...]
    answers: Sequence[EndpointResponse]
    """To the same delivery, with the same status."""
    difference: float | None

    @property
    def response(self) -> EndpointResponse:
        return self.answers[0]

    def diagnosis(self) -> Diagnosis:
        unsigned = self.target.send(self.body, None)
        forged = self.target.send(self.body, forge(self.target.sign(self.body)))
        old = self.target.send_signed(self.body, age=_DAY)
        if forged.accepted:
            return Diagnosis(
                "forgery_accepted",
                "It refuses a correct signature and accepts a forged one.",
                "Check the comparison: its result may be inverted, or something other than v1 is compared.",
            )
        found = BugSearch(
            self.target,
            self.body,
            self.accepted,
            clock_difference=round(self.difference or 0) if is_intolerable(self.difference) else 0,
            times=self._same(old),
        ).run()
        if found.bugs:
            return explain_bugs(found.bugs, self.difference)
        if found.unsteady:
            return Diagnosis(
                "varies",
                "It accepted a wrong signature once, but its answers do not follow the signature.",
                "Check that all instances behind the load balancer have the same secret and version, and that"
                " the whole signature is compared.",
            )
        return self._unknown(found, same_unsigned=self._same(unsigned) and self._same(forged))

    def _same(self, other: EndpointResponse) -> bool:
        """Whether another request got the same answer, apart from what varies, such as a request's id."""
        texts = {response_text(answer) for answer in self.answers}  # gzip has a time in its header
        same = len(texts) > 1 or response_text(other) in texts
        return other.status == self.response.status and same

    def _unknown(self, found: SearchResult, *, same_unsigned: bool) -> Diagnosis:
        status, words = self.response.status, quoted_excerpt(self.response, self.target.secret)
        if same_unsigned and (page := explain_page(self.response, self.target.secret)):
            return page
        tried = f"each of {plural(found.tries, 'signature')} that receivers with usual bugs accept"
        if found.stopped:
            tried = f"{tried} (not all were tried: {found.stopped})"
        clock = describe_clock(self.difference)
        finding = f"It returned {status} to a correct signature, and to {tried}.{words} {clock}"
        if found.accepts_others:
            return Diagnosis(
                "body_changed", f"{finding} It accepts simpler bodies, so its secret is right.", _CHANGED
            )
        if same_unsigned:
            finding = f"{finding} It answers an unsigned delivery in the same way."
        return Diagnosis(_code(status), finding, self._what_to_check(same_unsigned=same_unsigned))

    def _what_to_check(self, *, same_unsigned: bool) -> str:
        fix = (
            "Compare the secret of the endpoint with this one. If they are the same, check that its code"
            " signs the bytes of the body: Jebbit's guide signs the text of an IO object"
            " (#<StringIO:0x...>) instead; it needs request.body.read. Check that it splits each part of the"
            " header at its first = only, and that its Base64 has no newline (strict_encode64 in Ruby)."
        )
        if self.response.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            fix = (
                f"If it refuses the content, look at its validation: it must accept what Jebbit sends. {fix}"
            )
        elif self.response.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            fix = f"Look into the endpoint's log for the exception. {fix}"
        elif same_unsigned:
            fix = f"{fix} An allow-list or a firewall may also refuse before the signature is verified."
        return fix


def _code(status: int | None) -> str:
    return "server_error" if status == HTTPStatus.INTERNAL_SERVER_ERROR else "unknown"
