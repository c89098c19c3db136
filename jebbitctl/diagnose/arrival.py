"""What arrived at the endpoint, by a file of receipts."""

from __future__ import annotations

import shlex
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.api import integrations
from jebbitctl.diagnose.findings import State, failed, ok, unknown, warning
from jebbitctl.diagnose.probing import secret_of
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.text import plural
from jebbitctl.util.timeouts import sleep
from jebbitctl.util.times import rfc3339_or_none
from jebbitctl.webhooks.signature import TOLERANCE, parse_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jebbitctl.api.resources import Resource
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding
    from jebbitctl.diagnose.own_deliveries import SentTest
    from jebbitctl.diagnose.receipts import Receipt, Receipts

ARRIVAL_TIMEOUT = 10.0
"""Seconds that Jebbit's test delivery may take."""
_POLL_SECONDS = 0.25
_MAX_AGE = 7 * 24 * 60 * 60
"""An endpoint that gets data has a delivery that is younger, in seconds."""


def arrived(case: Case) -> Finding:
    """Jebbit's deliveries arrive, signed with the integration's secret.

    With a test that Jebbit says it sent, this very test; else the newest delivery.
    """
    if case.receipts is None:
        return unknown("not asked: --receipts FILE says what arrived")
    secret = secret_of(case)
    if case.own.test:
        return _after_test(case, case.receipts, case.own.test, secret)
    case.receipts.read_on()
    return _newest(case, case.receipts, secret)


def _after_test(case: Case, receipts: Receipts, test: SentTest, secret: str) -> Finding:
    deadline = time.monotonic() + ARRIVAL_TIMEOUT
    while True:
        receipts.read_on()
        all_ = receipts.of_others()
        before = {one.signature for one in all_ if one.number <= test.position}
        new = [one for one in all_ if one.number > test.position and one.signature not in before]
        if found := next((one for one in new if _answers(case, one, test, secret)), None):
            what = "Jebbit's test" if found.test else "a delivery after the test"
            return ok(f"{what} arrived, and its signature is right")
        if time.monotonic() >= deadline:
            break
        sleep(_POLL_SECONDS)
    others = receipts.of_others()
    earlier = next((one for one in others if _is_own(case, one, secret)), None)
    if earlier is None and others:
        found_instead = _none_of_it(case, receipts, others)
        if found_instead.state is not State.WARNING:  # those of others explain nothing
            return found_instead
    newest = f"; the newest delivery is{_of(earlier)}" if earlier else ""
    return failed(
        f"Jebbit's test did not arrive within {ARRIVAL_TIMEOUT:g} s{newest}",
        f"check that {receipts.path} is a record of this endpoint; else the lines above may say why",
    )


def _is_own(case: Case, receipt: Receipt, secret: str) -> bool:
    """Whether a delivery is of the integration: by its signature, else by what the recorder found then."""
    return receipt.is_signed_with(secret) or receipt.label == f"integration {case.id}"


def _answers(case: Case, receipt: Receipt, test: SentTest, secret: str) -> bool:
    """Whether a receipt is of a delivery that was signed since a test was asked for, not of a repeat."""
    parsed = parse_header(receipt.signature)
    is_recent = parsed is not None and parsed[0] >= test.time - TOLERANCE
    return is_recent and _is_own(case, receipt, secret)


def _newest(case: Case, receipts: Receipts, secret: str) -> Finding:
    others = receipts.of_others()
    if not others:
        return warning(
            f"{receipts.path} has no deliveries of Jebbit", "check that it is a record of this endpoint"
        )
    found = next((one for one in others if _is_own(case, one, secret)), None)
    if found is None:
        return _none_of_it(case, receipts, others)
    seen = f"the newest{' is a test' if found.test else ''}{_of(found)}, and its signature is right"
    seconds = _received(found)
    if seconds is not None and time.time() - seconds > _MAX_AGE:
        return warning(f"{seen}, but it is old", "see what the lines above say about newer leads")
    return ok(seen)


def _none_of_it(case: Case, receipts: Receipts, others: Sequence[Receipt]) -> Finding:
    """Return what it means that no delivery in the file is signed with the integration's secret."""
    usable = [one for one in others if one.body is not None]
    if not usable:
        return unknown(
            f"{receipts.path} does not have the exact bodies of deliveries",
            "record with webhooks listen --record, without masking",
        )
    others_secrets, hidden = _secrets_of_others(case)
    strange = receipts.signed_with_none(frozenset({secret_of(case), *others_secrets}))
    if not strange:
        return warning(
            f"none of {plural(len(usable), 'delivery')} is of this integration; all are of others",
            f"check that {receipts.path} is a record of this endpoint",
        )
    if hidden:
        return warning(
            f"none of {plural(len(usable), 'delivery')} is signed with this integration's secret; Jebbit "
            f"does not show that of {plural(len(hidden), 'other webhook')}, which may have sent them",
            f"check that {receipts.path} is a record of this endpoint only",
        )
    return failed(
        f"none of {plural(len(usable), 'delivery')} is signed with this integration's secret",
        f"find out why: sed -n {strange[0].line}p {shlex.quote(str(receipts.path))}"
        f" | jebbitctl webhooks verify --explain --request - --integration {case.word}",
    )


def _secrets_of_others(case: Case) -> tuple[set[str], list[str]]:
    """Return the secrets of the other webhooks, and the ids of those of which Jebbit does not show it."""
    views: Mapping[str, Resource] = {}
    with suppress(JebbitctlError):
        views = case.facts.dashboard_webhooks()
    secrets: set[str] = set()
    hidden = []
    for id_, one in case.facts.integrations().items():
        if id_ == case.id or integrations.is_webhook(one.attributes) is False:
            continue
        if secret := integrations.secret_in(one) or integrations.secret_in(views.get(id_, one)):
            secrets.add(secret)
        else:
            hidden.append(id_)
    return secrets, hidden


def _received(receipt: Receipt) -> float | None:
    """Return when a delivery was signed, or when it was received if that was earlier.

    Whoever sends an old delivery once more cannot make its signature younger.
    """
    parsed = parse_header(receipt.signature)
    times = [receipt.time, None if parsed is None else float(parsed[0])]
    return min((time for time in times if time is not None), default=None)


def _of(receipt: Receipt) -> str:
    """Return when a delivery was received, in words, to follow what it is."""
    seconds = _received(receipt)
    text = None if seconds is None else rfc3339_or_none(seconds)
    return f" of {text}" if text else ""
