"""What arrived at the endpoint, by a file of receipts."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.api import integrations
from jebbitctl.diagnose.findings import State, failed, ok, unknown, warning
from jebbitctl.diagnose.probing import secret_of
from jebbitctl.errors import JebbitctlError
from jebbitctl.util import shell
from jebbitctl.util.text import plural
from jebbitctl.util.timeouts import sleep
from jebbitctl.util.times import rfc3339_or_none
from jebbitctl.webhooks.signature import TOLERANCE, parse_header

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    looking = _Search(case, case.receipts, secret_of(case))
    if case.own.test:
        return looking.after_test(case.own.test)
    case.receipts.read_on()
    return looking.newest()


class _Search:
    """Looks for the deliveries of one integration among receipts."""

    def __init__(self, case: Case, receipts: Receipts, secret: str) -> None:
        shown = _shown_secrets(case)
        self._receipts = receipts
        self._id = case.id
        self._is_refused = case.states.get("receiver") is State.FAILED
        self._verify = case.command(
            *("webhooks", "verify", "--explain", "--request", "-", "--integration", case.id)
        )
        self._secret = secret
        self._shown = tuple(sorted({*filter(None, shown.values())}))
        """The secrets that Jebbit shows in lists: the same for all integrations, unlike the own one."""
        self._hidden = [id_ for id_, one in shown.items() if one is None and id_ != case.id]
        """Other webhooks that may have signed a delivery."""

    def after_test(self, test: SentTest) -> Finding:
        """Wait for a delivery after a test was asked for."""
        deadline = time.monotonic() + ARRIVAL_TIMEOUT
        while True:
            self._receipts.read_on()
            others = self._receipts.of_others()
            before = {one.signature for one in others if one.number <= test.position}
            new = [
                one
                for one in others
                if one.number > test.position and one.signature not in before and _is_recent(one, test)
            ]
            if found := next(filter(self._is_own, new), None):
                what = "Jebbit's test" if found.test else "a delivery after the test"
                return ok(f"{what} arrived, and its signature is right")
            if time.monotonic() >= deadline:
                break
            sleep(_POLL_SECONDS)
        earlier = next(filter(self._is_own, others), None)
        if earlier is None and others:
            found_instead = self._none(others)
            if found_instead.state is not State.WARNING:  # those of others explain nothing
                return found_instead
        newest = f"; the newest delivery is{_of(earlier)}" if earlier else ""
        if self._is_refused:
            return unknown(
                f"Jebbit's test is not in {self._receipts.path}{newest}; "
                "an endpoint that refuses deliveries (see receiver) may not record them"
            )
        return failed(
            f"Jebbit's test did not arrive within {ARRIVAL_TIMEOUT:g} s{newest}",
            f"check that {self._receipts.path} is a record of this endpoint; if so, see the lines above",
        )

    def newest(self) -> Finding:
        """Look at the newest delivery of the integration."""
        path, others = self._receipts.path, self._receipts.of_others()
        if not others:
            return warning(
                f"{path} has no deliveries of Jebbit", "check that it is a record of this endpoint"
            )
        found = next(filter(self._is_own, others), None)
        if found is None:
            return self._none(others)
        seen = f"the newest is{' a test' if found.test else ''}{_of(found)}, and its signature is right"
        seconds = _received(found)
        if seconds is not None and time.time() - seconds > _MAX_AGE:
            return warning(f"{seen}, but it is old", "see what the lines above say about newer leads")
        return ok(seen)

    def _is_own(self, receipt: Receipt) -> bool:
        """Whether a delivery is of the integration: by its signature, else by what the recorder found."""
        if receipt.label == f"integration {self._id}":
            return True
        if self._secret in self._shown:
            return self._receipts.signer(receipt, self._shown) == self._secret
        return receipt.is_signed_with(self._secret)

    def _none(self, others: Sequence[Receipt]) -> Finding:
        """Return what it means that no delivery is signed with the integration's secret."""
        path, usable = self._receipts.path, [one for one in others if one.body is not None]
        if not usable:
            return unknown(
                f"{path} does not have the exact bodies of deliveries",
                "record with webhooks listen --record, without masking",
            )
        for one in usable:
            if one.label is None and self._receipts.signer(one, self._shown) is None:
                if self._hidden:
                    return self._may_be_of_others(usable)
                return failed(
                    f"none of {plural(len(usable), 'delivery')} is signed with this integration's secret",
                    f"find out why: sed -n {one.line}p {shell.quote(str(path))} | {self._verify}",
                )
        return warning(
            f"none of {plural(len(usable), 'delivery')} is of this integration; all are of others",
            f"check that {path} is a record of this endpoint",
        )

    def _may_be_of_others(self, usable: Sequence[Receipt]) -> Finding:
        return warning(
            f"none of {plural(len(usable), 'delivery')} is signed with this integration's secret; Jebbit "
            f"does not show that of {plural(len(self._hidden), 'other webhook')}, which may have sent them",
            f"check that {self._receipts.path} is a record of this endpoint only",
        )


def _shown_secrets(case: Case) -> dict[str, str | None]:
    """Return the ids of webhooks with the secrets that lists show, None where they show none."""
    listed = case.facts.integrations()
    found = {
        id_: integrations.secret_in(one)
        for id_, one in listed.items()
        if integrations.is_webhook(one.attributes) is not False
    }
    if None in found.values():
        with suppress(JebbitctlError):
            views = case.facts.dashboard_webhooks()
            for id_ in found.keys() & views.keys():
                found[id_] = found[id_] or integrations.secret_in(views[id_])
    return found


def _is_recent(receipt: Receipt, test: SentTest) -> bool:
    """Whether a delivery was signed since a test was asked for, and is no repeat of an older one."""
    parsed = parse_header(receipt.signature)
    return parsed is not None and parsed[0] >= test.time - TOLERANCE


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
