"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why an endpoint does not accept a valid delivery.

    Attributes:
        code: stable, such as ``hex`` or ``not_found``.
        finding: what was seen, in one to three sentences.
        fix: what to do now.
        unreachable: whether there was no HTTP response at all.
        proven: whether it names a bug of the receiver that its answers have proven.
    """

    code: str
    finding: str
    fix: str
    unreachable: bool = False
    proven: bool = False
