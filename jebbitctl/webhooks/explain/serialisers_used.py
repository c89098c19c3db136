"""Names the serialisers that may have rewritten a body."""

from __future__ import annotations

from typing import NamedTuple

from jebbitctl.webhooks.json_variants import json_variants
from jebbitctl.webhooks.raw_bodies import RAW_BODY

_MAX_BYTES = 64 * 1024
_MAX_LANGUAGES = 3
"""A form that more languages write tells nothing."""


class SerialisersUsed(NamedTuple):
    """The calls that may have written the two forms of a JSON value, by language; empty if many may have.

    Attributes:
        at_hand: those that turn the signed body into the one at hand.
        signed: those that turn the body at hand into the signed one.
    """

    at_hand: dict[str, str]
    signed: dict[str, str]

    def describe(self, style: str) -> str:
        """Return the style of the signed form with the calls that write it and the form at hand."""
        text = f"{style}, as {_list(self.signed)} writes it" if self.signed else style
        if self.at_hand:
            text += f". The body at hand is written as by {_list(self.at_hand)}"
        return text

    def advice(self) -> str:
        """Return how the raw body is read in the languages in question."""
        return " ".join(
            f"In {language}, read it with {RAW_BODY[language]}." for language in self.at_hand or self.signed
        )


def serialisers_used(at_hand: bytes, signed: bytes) -> SerialisersUsed:
    """Find the serialisers between two forms of a JSON value; none for bodies that are large."""
    if max(len(at_hand), len(signed)) > _MAX_BYTES:
        return SerialisersUsed({}, {})
    return SerialisersUsed(_calls(signed, at_hand), _calls(at_hand, signed))


def _calls(source: bytes, written: bytes) -> dict[str, str]:
    calls: dict[str, str] = {}
    for variant in json_variants(source):
        if variant.body == written and variant.language and variant.code:
            calls.setdefault(variant.language, variant.code)
    return calls if len(calls) <= _MAX_LANGUAGES else {}


def _list(calls: dict[str, str]) -> str:
    return " or ".join(f"{code} ({language})" for language, code in calls.items())
