"""Pairs of bugs that are common together, and that one of them alone does not reveal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.diagnosis.body_bugs import rewriting_bugs
from jebbitctl.webhooks.diagnosis.signing_bugs import signing_bugs

if TYPE_CHECKING:
    from jebbitctl.webhooks.diagnosis.receiver_bug import ReceiverBug

_SIGNING = frozenset({"hex", "no_timestamp"})
_SPACED = "json.dumps(json.loads(body))"


def common_pairs(body: bytes) -> list[ReceiverBug]:
    """Return JSON written with spaces, as by Python, under a signature in hex or without a timestamp.

    Bugs that leave a simple body as it is need no pair: the other bug is accepted for that body.
    """
    rewriting = rewriting_bugs(body)
    spaced = {bug.read(body) for bug in rewriting if bug.finding == _SPACED}
    readers = [bug for bug in rewriting if bug.read(body) in spaced]
    return [bug.reading(other) for bug in signing_bugs() if bug.code in _SIGNING for other in readers]
