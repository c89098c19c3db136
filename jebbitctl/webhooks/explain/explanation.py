"""Finds out why a signature does not match, by trying the usual causes and proving them by HMAC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from jebbitctl.util.text import escape_controls
from jebbitctl.webhooks.explain.causes import Cause, Note
from jebbitctl.webhooks.explain.headers import readings
from jebbitctl.webhooks.explain.search import Search
from jebbitctl.webhooks.explain.serialisers_used import serialisers_used
from jebbitctl.webhooks.explain.suspicions import suspicions
from jebbitctl.webhooks.explain.texts import TEXTS
from jebbitctl.webhooks.signature import TOLERANCE, Reason, compute_signature, parse_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jebbitctl.webhooks.explain.search import Proof

_OUT_OF_TOLERANCE = {Reason.STALE: Cause.STALE, Reason.FUTURE: Cause.FUTURE}
_BESIDES = {
    Cause.STALE: "The timestamp is too old{detail}.",
    Cause.FUTURE: "The timestamp is in the future{detail}.",
    Cause.HEADER_TRUNCATED: "The header may be cut off.",
}
"""What is said about a cause that is not the only one, or not proven."""
_HALF_HOUR = 1800
_MAX_HALF_HOURS = 28
_CLOCK_ERROR = 60


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is wrong, and how to fix it.

    Attributes:
        cause: a stable code; of several causes the first one.
        explanation: what is wrong.
        fix: what to do or to check next.
        proven: whether the signature proves it; otherwise it is a suspicion, or nothing was found.
        causes: all causes; two mistakes at a time are found, too.
    """

    cause: Cause
    explanation: str
    fix: str
    proven: bool = True
    causes: tuple[Cause, ...] = ()

    def to_document(self) -> dict[str, str | None]:
        """Return the cause, the explanation and the fix."""
        return {"cause": str(self.cause), "explanation": self.explanation, "fix": self.fix}


NO_HEADER = Explanation(
    Cause.MALFORMED_HEADER,
    "The request has no x-jebbit-signature header.",
    "Check that the sender is Jebbit, and that no proxy removes the header.",
    causes=(Cause.MALFORMED_HEADER,),
)
"""What :func:`explain` finds, with any secret, if there is no header."""


def explain(  # noqa: PLR0913 - each of them is what a user may have
    secret: str | bytes,
    body: bytes,
    header: str | None,
    *,
    reason: Reason = Reason.OK,
    others: Mapping[str, str] = MappingProxyType({}),
    now: float | None = None,
    tolerance: int = TOLERANCE,
) -> Explanation:
    """Find out why ``header`` does not verify ``body``.

    Args:
        secret: the integration's shared secret.
        body: the bytes at hand, which may differ from the signed ones.
        header: the value of ``x-jebbit-signature``; None if the request has none.
        reason: the result of :func:`verify`; tells an old signature from a valid one.
        others: the secrets of other integrations, by the label that names them.
        now: unix seconds; if given, a timestamp out of tolerance is named beside other causes.
        tolerance: the largest allowed difference between the timestamp and ``now``, in seconds.

    Raises:
        ValueError: the secret is empty.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    compute_signature(key, 0, b"")
    if header is None:
        return NO_HEADER
    search = Search(key, body, header, {label: other.encode() for label, other in others.items()})
    proof = search.run() if search.has_signature else None
    if proof is None:
        return _without_proof(key, body, header)
    clock = _clock(proof, reason, now, tolerance)
    advice = ""
    notes = list(proof.notes)
    for index, note in enumerate(notes):
        if note.cause is Cause.JSON_REWRITTEN:
            found = serialisers_used(body, proof.signed)
            notes[index] = note._replace(detail=found.describe(note.detail))
            advice = found.advice()
    return _explanation([*notes, *clock] or [Note(Cause.NONE)], advice, proven=True)


def _without_proof(key: bytes, body: bytes, header: str) -> Explanation:
    if parse_header(header) is None:
        return _explanation([Note(Cause.MALFORMED_HEADER, _what_is_malformed(header))], proven=True)
    return _explanation([*suspicions(key, body, header), Note(Cause.UNKNOWN)], proven=False)


def _clock(proof: Proof, reason: Reason, now: float | None, tolerance: int) -> list[Note]:
    """Return what is wrong about the timestamp's age."""
    if now is None or proof.timestamp is None or Cause.MILLISECONDS in {note.cause for note in proof.notes}:
        cause = _OUT_OF_TOLERANCE.get(reason)
        return [Note(cause)] if cause and not proof.notes else []
    age = int(now) - proof.timestamp
    if abs(age) <= tolerance:
        return []
    half_hours, rest = divmod(abs(age) + _CLOCK_ERROR, _HALF_HOUR)
    is_zone = rest <= 2 * _CLOCK_ERROR and half_hours <= _MAX_HALF_HOURS
    detail = f", by {half_hours / 2:g} h: one clock may be set to another time zone" if is_zone else ""
    return [Note(Cause.STALE if age > 0 else Cause.FUTURE, detail)]


def _what_is_malformed(header: str) -> str:
    """Return what can be said about a header that cannot be repaired."""
    text = header.strip()
    if not text:
        return ": it is empty"
    if re.match(r"sha(?:1|256|512)=", text):
        return ": it looks like the header of another service"
    if any(reading.timestamp for reading in readings(header)):
        return ", even after a repair it does not match"
    missing = [name for name in ("t=", "v1=") if name not in text]
    return f": {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing" if missing else ""


def _explanation(notes: Sequence[Note], advice: str = "", *, proven: bool) -> Explanation:
    explanations: list[str] = []
    fixes: list[str] = []
    for note in notes:
        text = TEXTS[note.cause]
        explanation = text.by_signer if note.by_signer and text.by_signer else text.explanation
        if len(notes) > 1:
            explanation = _BESIDES.get(note.cause, explanation)
        detail = escape_controls(note.detail)
        explanations.append(explanation.replace("{detail}", detail))
        fixes.append(text.fix.replace("{detail}", detail))
    causes = tuple(dict.fromkeys(note.cause for note in notes))
    return Explanation(
        causes[0],
        " ".join(dict.fromkeys(explanations)),
        " ".join(_sentences([*fixes, advice])),
        proven,
        causes if proven else causes[:-1] or causes,
    )


def _sentences(texts: Sequence[str]) -> list[str]:
    """Split texts into sentences, each once."""
    return list(
        dict.fromkeys(
            sentence for text in texts for sentence in re.split(r"(?<=\.) (?=[A-Z])", text) if sentence
        )
    )
