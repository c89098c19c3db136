"""Receivers with known holes and bugs, and what a check must say of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jebbitctl.webhooks import verify
from jebbitctl.webhooks.probes import NAMES

from .receivers import (
    ReceiverAnswer,
    after,
    always,
    by_hand,
    correct,
    crashes,
    except_if,
    genuine,
    has_fresh_time,
    is_stale_by_days,
    parts_of,
    recent,
    refuses_repeats,
    refuses_seen_signatures,
    refusing_invalid,
    requires_password,
    rewritten,
    signed_by,
    strict_schema,
    tolerating,
    verifying,
    with_clock,
    with_key,
)
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from .receivers import Handler

FAILED, WARNING, UNKNOWN = "failed", "warning", "unknown"
FORGERIES = NAMES[NAMES.index("no-signature") : NAMES.index("stale")]
REPLAYS = ["stale", "day-old"]


def marks(result: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, result)


NOTHING_IS_ACCEPTED = {name: FAILED if name == "valid" else UNKNOWN for name in NAMES if name != "live"}

RECEIVERS: dict[str, tuple[Callable[[], Handler], dict[str, str]]] = {
    # Holes: a forger gets in.
    "no v1 is not compared": (
        lambda: by_hand(lambda right, v1: not (v1 and v1 != right)),
        marks(FAILED, "no-v1", "empty-v1", "unknown-scheme"),
    ),
    "the beginning of v1 suffices": (
        lambda: by_hand(lambda right, v1: v1 is not None and right.startswith(v1)),
        marks(FAILED, "empty-v1", "partial-v1"),
    ),
    "v1 is compared up to the shorter": (
        lambda: by_hand(lambda right, v1: all(a == b for a, b in zip(right, v1 or "-", strict=False))),
        marks(FAILED, "partial-v1"),
    ),
    "v1 is compared up to the shorter, if it is there": (
        lambda: by_hand(lambda right, v1: all(a == b for a, b in zip(right, v1 or "", strict=False))),
        marks(FAILED, "no-v1", "empty-v1", "unknown-scheme", "partial-v1"),
    ),
    "v1 is looked for in the right one": (
        lambda: by_hand(lambda right, v1: v1 is not None and v1 in right),
        marks(FAILED, "empty-v1", "partial-v1"),
    ),
    "only 8 characters are compared": (
        lambda: by_hand(lambda right, v1: (v1 or "")[:8] == right[:8]),
        marks(FAILED, "partial-v1"),
    ),
    "a v1 cut to one character is accepted": (
        lambda: by_hand(lambda right, v1: v1 in {right, right[:1]}),
        marks(FAILED, "partial-v1"),
    ),
    "a v1 cut to eight characters is accepted": (
        lambda: by_hand(lambda right, v1: v1 in {right, right[:8]}),
        marks(FAILED, "partial-v1"),
    ),
    "only the first 16 of 44 characters are compared": (
        lambda: by_hand(lambda right, v1: len(v1 or "") == 44 and (v1 or "")[:16] == right[:16]),
        marks(FAILED, "partial-v1"),
    ),
    "only the last 8 of 44 characters are compared": (
        lambda: by_hand(lambda right, v1: len(v1 or "") == 44 and (v1 or "")[-8:] == right[-8:]),
        marks(FAILED, "partial-v1"),
    ),
    "the end of v1 suffices": (
        lambda: by_hand(lambda right, v1: bool(v1) and right.endswith(v1 or "")),
        marks(FAILED, "partial-v1"),
    ),
    "an empty secret is tried as well": (lambda: with_key(b""), marks(FAILED, "missing-secret")),
    "a secret that is not set is tried as text": (
        lambda: with_key(b"undefined"),
        marks(FAILED, "missing-secret"),
    ),
    "the first t is signed and the last one is recent": (
        lambda: recent(lambda times: times[-1]),
        marks(FAILED, "day-old"),
    ),
    "the last t is signed and the first one is recent": (
        lambda: recent(lambda times: times[0]),
        marks(FAILED, "day-old"),
    ),
    "unknown schemes are ignored": (
        lambda: by_hand(lambda right, v1: v1 is None or v1 == right),
        marks(FAILED, "no-v1", "unknown-scheme"),
    ),
    "any v0 is accepted": (
        lambda: except_if(lambda r: "v0" in parts_of(r.header), 200),
        marks(FAILED, "unknown-scheme"),
    ),
    "only application/json is verified": (
        lambda: except_if(lambda r: r.content_type != "application/json" and r.method == "POST", 200),
        marks(FAILED, "no-signature-text", "no-signature-form"),
    ),
    "forms are not verified": (
        lambda: except_if(lambda r: "form" in r.content_type, 200),
        marks(FAILED, "no-signature-form"),
    ),
    "only test deliveries are verified": (
        lambda: except_if(lambda r: not r.test and r.method == "POST", 200),
        marks(FAILED, "no-signature-live", "tampered-body-live"),
    ),
    "only live deliveries are verified": (
        lambda: except_if(lambda r: r.test and r.method == "POST", 200),
        marks(FAILED, *(name for name in FORGERIES if "live" not in name), *REPLAYS) | {"future": WARNING},
    ),
    "nothing is verified": (
        lambda: always(200),
        marks(FAILED, *FORGERIES, *REPLAYS) | marks(WARNING, "future", "get"),
    ),
    "nothing is verified, and requests are limited to three": (
        lambda: after(3, always(200), always(429), lambda _: True),
        marks(UNKNOWN, *(name for name in NAMES if name not in {"valid", "live"}))
        | marks(FAILED, "no-signature", "tampered-body"),
    ),
    "unsigned deliveries are accepted": (
        lambda: except_if(lambda r: r.header is None and r.method == "POST", 200),
        marks(FAILED, "no-signature", "no-signature-text", "no-signature-form", "no-signature-live"),
    ),
    "an empty signature is accepted": (
        lambda: except_if(lambda r: r.header == "", 200),
        marks(FAILED, "empty-signature"),
    ),
    "a malformed signature is accepted": (
        lambda: except_if(lambda r: r.header == "=,=,,=", 200),
        marks(FAILED, "malformed-signature"),
    ),
    "the body is ignored": (
        lambda: except_if(lambda r: r.method == "POST" and has_fresh_time(r), 200),
        marks(
            FAILED, "tampered-body", "tampered-body-live", "wrong-secret", "partial-v1", "malformed-signature"
        )
        | marks(FAILED, "empty-v1", "missing-secret"),
    ),
    "case is ignored": (
        lambda: verifying(bytes.lower),
        marks(FAILED, "tampered-body", "tampered-body-live") | marks(WARNING, "unicode"),
    ),
    "a second secret was left over": (
        lambda: except_if(lambda r: bool(verify(f"not {SECRET}", r.body, r.header)), 200),
        marks(FAILED, "wrong-secret"),
    ),
    "the time is ignored": (
        lambda: tolerating(10**8, 0),
        marks(FAILED, *REPLAYS),
    ),
    "an hour is tolerated": (lambda: tolerating(3600, 300), marks(FAILED, "stale")),
    "whole days are ignored": (lambda: except_if(is_stale_by_days, 200), marks(FAILED, "day-old")),
    "the future is accepted": (lambda: tolerating(300, 10**8), marks(WARNING, "future")),
    # Bugs: data gets lost.
    "JSON is rewritten in ASCII": (lambda: verifying(rewritten()), marks(FAILED, "unicode", "spacing")),
    "JSON is rewritten in UTF-8": (
        lambda: verifying(rewritten(ensure_ascii=False)),
        marks(FAILED, "unicode", "spacing"),
    ),
    "keys are sorted": (
        lambda: verifying(rewritten(ensure_ascii=False, sort_keys=True)),
        NOTHING_IS_ACCEPTED,
    ),
    "the body is read as Latin-1": (
        lambda: verifying(lambda body: body.decode("latin-1").encode()),
        marks(FAILED, "unicode"),
    ),
    "the body is trimmed": (lambda: verifying(bytes.strip), marks(FAILED, "spacing")),
    "bodies have a limit": (
        lambda: except_if(lambda r: len(r.body) > 100_000, 413),
        marks(FAILED, "large-body"),
    ),
    "repeats crash": (lambda: refuses_repeats(500), marks(FAILED, "repeat")),
    "repeats conflict": (lambda: refuses_repeats(409), marks(FAILED, "repeat")),
    "signatures that were seen are refused": (
        lambda: refuses_seen_signatures(Counter()),
        marks(FAILED, "repeat"),
    ),
    "another secret is used": (lambda: signed_by("another"), NOTHING_IS_ACCEPTED),
    "lists are refused": (
        lambda: refusing_invalid(lambda data: not any(isinstance(one, list) for one in data.values())),
        NOTHING_IS_ACCEPTED,
    ),
    "long values are refused": (
        lambda: refusing_invalid(lambda data: len(data["test_attribute"]) <= 40),
        marks(UNKNOWN, *(name for name in FORGERIES if len(name) > len("missing-secret")))
        | marks(WARNING, "steady"),
    ),
    "emoji crash the database": (
        lambda: refusing_invalid(lambda data: "\U0001f389" not in data["test_attribute"], 500),
        marks(FAILED, "unicode"),
    ),
    "only ASCII is allowed": (
        lambda: refusing_invalid(lambda data: data["test_attribute"].isascii()),
        marks(WARNING, "unicode"),
    ),
    # Refusals that prove nothing.
    "everything is refused": (lambda: always(403, b"no"), NOTHING_IS_ACCEPTED),
    "there is nothing": (lambda: always(404), NOTHING_IS_ACCEPTED),
    "POST is not allowed": (lambda: always(405, headers={"Allow": "GET"}), NOTHING_IS_ACCEPTED),
    "all bodies are too large": (lambda: always(413), NOTHING_IS_ACCEPTED),
    "no content type is supported": (lambda: always(415), NOTHING_IS_ACCEPTED),
    "everything is limited": (lambda: always(429), NOTHING_IS_ACCEPTED | {"valid": UNKNOWN}),
    "everything crashes": (lambda: always(500), NOTHING_IS_ACCEPTED),
    "everything is redirected to a login": (
        lambda: always(302, headers={"Location": "https://example.com/login"}),
        NOTHING_IS_ACCEPTED,
    ),
    "a password is required": (lambda: requires_password, NOTHING_IS_ACCEPTED),
    "senders are blocked after three forgeries": (
        lambda: after(3, correct, always(403), lambda request: not genuine(request)),
        marks(UNKNOWN, *NAMES[NAMES.index("empty-signature") :]) | marks(WARNING, "steady"),
    ),
    "forgeries crash": (lambda: crashes, marks(UNKNOWN, *FORGERIES, *REPLAYS, "future")),
    "malformed signatures crash": (
        lambda: except_if(lambda r: r.header == "nonsense", 500),
        marks(UNKNOWN, "malformed-signature"),
    ),
    "forgeries get a 404": (
        lambda: except_if(lambda r: r.method == "POST" and not genuine(r), 404),
        marks(UNKNOWN, *FORGERIES, *REPLAYS, "future"),
    ),
    "forgeries get a 415": (
        lambda: except_if(lambda r: r.method == "POST" and not genuine(r), 415),
        marks(UNKNOWN, *(name for name in FORGERIES if not name.endswith(("text", "form"))))
        | marks(UNKNOWN, *REPLAYS, "future"),
    ),
    "live deliveries crash before they are verified": (
        lambda: except_if(lambda r: not r.test and r.method == "POST", 500),
        marks(UNKNOWN, "no-signature-live", "tampered-body-live"),
    ),
    "other content types crash": (
        lambda: except_if(lambda r: "json" not in r.content_type and r.method == "POST", 500),
        marks(UNKNOWN, "no-signature-text", "no-signature-form"),
    ),
    "GET crashes": (lambda: except_if(lambda r: r.method == "GET", 500), marks(UNKNOWN, "get")),
    # Correct in another way: nothing is to be found.
    "correct": (lambda: correct, {}),
    "the clock is read first": (
        lambda: except_if(lambda r: r.method == "POST" and not has_fresh_time(r), 400),
        {},
    ),
    "a schema is validated": (lambda: refusing_invalid(strict_schema), {}),
    "a second more is tolerated": (lambda: tolerating(301), {}),
    "the clock is 20 s behind": (lambda: with_clock(-20), {}),
    "the clock is 100 s behind": (lambda: with_clock(-100), {}),
    "the clock is 100 s ahead": (lambda: with_clock(100), {}),
    "GET is not implemented": (lambda: except_if(lambda r: r.method == "GET", 501), {}),
    "GET shows a health page": (
        lambda: except_if(lambda r: r.method == "GET", ReceiverAnswer(200, b"ok")),
        marks(WARNING, "get"),
    ),
    "other content types are not supported": (
        lambda: except_if(lambda r: "json" not in r.content_type and r.method == "POST", 415),
        {},
    ),
    "other content types are invalid": (
        lambda: except_if(lambda r: "json" not in r.content_type and r.method == "POST", 422),
        {},
    ),
}
"""For each receiver, what makes one, and the results of the probes that do not pass."""
