from __future__ import annotations

import base64
import hmac
import random
import subprocess
import time
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.webhooks import Reason, Verification, sign, verify
from jebbitctl.webhooks.signature import compute_signature, parse_header

from .support import SECRET

AT = 1_700_000_000
VECTOR = "t=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw="
"""The signature of ``{}``, made with OpenSSL."""

bodies = st.binary(max_size=300)
secrets = st.binary(min_size=1, max_size=80)
times = st.integers(0, 10**12)


def test_the_known_signature_agrees_with_openssl() -> None:
    assert sign(SECRET, b"{}", timestamp=AT) == VECTOR


def test_the_known_signature_verifies() -> None:
    assert verify(SECRET, b"{}", VECTOR, now=AT + 7.9) == Verification(Reason.OK, AT, 7)


def test_the_default_time_is_now() -> None:
    header = sign(SECRET, b"{}")
    assert abs(time.time() - int(header[2:].partition(",")[0])) < 5
    assert verify(SECRET, b"{}", header)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compare = mock.Mock(wraps=hmac.compare_digest)
    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert verify(SECRET, b"{}", VECTOR, now=AT)
    compare.assert_called_once()


@given(secrets, bodies, times)
def test_every_signature_verifies(secret: bytes, body: bytes, at: int) -> None:
    assert verify(secret, body, sign(secret, body, timestamp=at), now=at).reason is Reason.OK


@given(secrets, st.binary(min_size=1, max_size=300), times, st.data())
def test_any_flipped_bit_of_the_body_is_rejected(
    secret: bytes, body: bytes, at: int, data: st.DataObject
) -> None:
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << bit % 8
    assert verify(secret, bytes(flipped), sign(secret, body, timestamp=at), now=at).reason is Reason.MISMATCH


@given(secrets, bodies, st.integers(0, 255))
def test_any_flipped_bit_of_the_signature_is_rejected(secret: bytes, body: bytes, bit: int) -> None:
    digest = bytearray(base64.b64decode(compute_signature(secret, AT, body)))
    digest[bit // 8] ^= 1 << bit % 8
    header = f"t={AT},v1={base64.b64encode(digest).decode()}"
    assert verify(secret, body, header, now=AT).reason is Reason.MISMATCH


@given(bodies, times, times)
def test_a_signature_for_another_timestamp_is_rejected(body: bytes, at: int, claimed: int) -> None:
    header = f"t={claimed},v1={compute_signature(SECRET, at, body)}"
    assert verify(SECRET, body, header, now=claimed).valid is (at == claimed)


@given(st.text() | st.text(alphabet="tv1=,0 9_+/-٣é\r\n", max_size=40))
def test_no_header_makes_verify_raise(header: str) -> None:
    parse_header(header)
    assert not verify(SECRET, b"{}", header)


@pytest.mark.parametrize(
    ("age", "reason"),
    [(301, Reason.STALE), (300, Reason.OK), (0, Reason.OK), (-300, Reason.OK), (-301, Reason.FUTURE)],
)
def test_the_default_tolerance_is_300_seconds_in_both_directions(age: int, reason: Reason) -> None:
    assert verify(SECRET, b"{}", VECTOR, now=AT + age) == Verification(reason, AT, age)


@given(times, st.integers(-(10**6), 10**6) | st.integers(-302, 302), st.integers(0, 10**6) | st.just(300))
def test_the_tolerance_is_exact_in_both_directions(at: int, age: int, tolerance: int) -> None:
    header = f"t={at},v1={compute_signature(SECRET, at, b'')}"
    reason = Reason.STALE if age > tolerance else Reason.FUTURE if -age > tolerance else Reason.OK
    for now in (at + age, at + age + 0.999 if at + age > 0 else at + age):
        assert verify(SECRET, b"", header, tolerance=tolerance, now=now).reason is reason


def test_the_tolerance_can_be_set() -> None:
    assert verify(SECRET, b"{}", VECTOR, now=AT + 10, tolerance=10)
    assert not verify(SECRET, b"{}", VECTOR, now=AT + 10, tolerance=9)


def test_a_wrong_signature_is_a_mismatch_at_any_age() -> None:
    assert verify("other", b"{}", VECTOR, now=AT + 999).reason is Reason.MISMATCH


ARABIC = "".join(chr(0x0660 + int(digit)) for digit in str(AT))
GOOD = VECTOR.partition("v1=")[2]


@pytest.mark.parametrize(
    "header", [f"t={AT},v1=old,v1={GOOD}", f"v1={GOOD},v1=new,t={AT}", f"t={AT},v0=x,v1={GOOD}"]
)
def test_any_of_several_signatures_may_match_and_unknown_parts_are_ignored(header: str) -> None:
    assert verify(SECRET, b"{}", header, now=AT)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        ",",
        "=",
        "t",
        f"t={AT}",
        f"v1={GOOD}",
        f"t={AT},t={AT},v1={GOOD}",
        f"t={AT},t={AT + 1},v1={GOOD}",
        f"t=1_700_000_000,v1={GOOD}",
        f"t={ARABIC},v1={GOOD}",
        f"t=-{AT},v1={GOOD}",
        f"t=+{AT},v1={GOOD}",
        f"t= {AT},v1={GOOD}",
        f"t={AT} ,v1={GOOD}",
        f" t={AT},v1={GOOD}",
        f"t={AT}.0,v1={GOOD}",
        f"t={AT}\n,v1={GOOD}",
        f"t={'9' * 5000},v1={GOOD}",
        f"t={AT}, v1={GOOD}",
        f"T={AT},V1={GOOD}",
        f"t={AT},v1={GOOD},",
        f"t={AT};v1={GOOD}",
    ],
)
def test_a_header_in_another_form_is_malformed(header: str | None) -> None:
    assert verify(SECRET, b"{}", header, now=AT) == Verification(Reason.MALFORMED_HEADER)


@pytest.mark.parametrize(
    "value",
    [GOOD.rstrip("="), GOOD + "=", GOOD + "\n", " " + GOOD, GOOD[:-2] + "x=", "é", "\udcff", "", "=" * 44],
)
def test_only_the_exact_base64_matches(value: str) -> None:
    assert verify(SECRET, b"{}", f"t={AT},v1={value}", now=AT).reason is Reason.MISMATCH


def test_a_body_can_be_binary() -> None:
    body = b"\xff\xfe\x00\r\n"
    assert verify(SECRET, body, sign(SECRET, body))


def test_a_secret_can_be_text_or_its_utf8_bytes() -> None:
    assert sign("sécret", b"", timestamp=AT) == sign("sécret".encode(), b"", timestamp=AT)


@pytest.mark.parametrize("secret", ["", b""])
@pytest.mark.parametrize("header", [VECTOR, "nonsense", None])
def test_an_empty_secret_is_rejected(secret: str | bytes, header: str | None) -> None:
    with pytest.raises(ValueError, match=r"^the shared secret is empty$"):
        sign(secret, b"{}")
    with pytest.raises(ValueError, match=r"^the shared secret is empty$"):
        verify(secret, b"{}", header)


def test_only_a_valid_verification_is_true() -> None:
    assert Verification(Reason.OK, AT, 0)
    assert not any(Verification(reason, AT, 0) for reason in Reason if reason is not Reason.OK)


def agrees_with_openssl(rng: random.Random) -> bool:
    secret, body = rng.randbytes(rng.randint(1, 100)), rng.randbytes(rng.randint(0, 5000))
    at = rng.randint(0, 2**33)
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{secret.hex()}", "-binary"],
        input=f"{at}.".encode() + body,
        capture_output=True,
        check=True,
    )
    return sign(secret, body, timestamp=at) == f"t={at},v1={base64.b64encode(done.stdout).decode()}"


def test_random_vectors_agree_with_openssl() -> None:
    rng = random.Random(1)  # noqa: S311 - the same vectors in each run
    assert all(agrees_with_openssl(rng) for _ in range(25))


@pytest.mark.long
def test_a_thousand_random_vectors_agree_with_openssl() -> None:
    rng = random.Random(2)  # noqa: S311 - the same vectors in each run
    assert sum(agrees_with_openssl(rng) for _ in range(1000)) == 1000


@pytest.mark.parametrize(
    ("secrets", "index"), [([SECRET, SECRET], 0), (("old", SECRET), 1), ([b"a", "b", SECRET.encode()], 2)]
)
def test_any_of_several_secrets_may_have_signed_and_the_result_says_which(
    secrets: list[str | bytes], index: int
) -> None:
    verification = verify(secrets, b"{}", VECTOR, now=AT)
    assert verification
    assert (verification.secret_index, verification.signature) == (index, GOOD)


def test_with_several_secrets_an_old_signature_is_stale_and_a_wrong_one_a_mismatch() -> None:
    stale = verify(["old", SECRET], b"{}", VECTOR, now=AT + 999)
    assert (stale.reason, stale.secret_index) == (Reason.STALE, 1)
    wrong = verify(["old", "new"], b"{}", VECTOR, now=AT)
    assert (wrong.reason, wrong.secret_index, wrong.signature) == (Reason.MISMATCH, None, None)
    assert verify(["old", "new"], b"{}", None).secret_index is None


def test_each_secret_is_compared_whatever_has_matched_before(monkeypatch: pytest.MonkeyPatch) -> None:
    compare = mock.Mock(wraps=hmac.compare_digest)
    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert verify([SECRET, "b", "c"], b"{}", f"{VECTOR},v1=x", now=AT).secret_index == 0
    assert compare.call_count == 6


def test_the_signature_is_not_in_the_repr() -> None:
    assert GOOD not in repr(verify(SECRET, b"{}", VECTOR, now=AT))


@pytest.mark.parametrize(
    "header", [VECTOR.encode(), [VECTOR], (VECTOR.encode(),), [f"t={AT}", GOOD.join(("v1=", ""))]]
)
def test_a_header_may_be_bytes_or_a_list_of_its_values(header: bytes | list[str]) -> None:
    assert verify(SECRET, b"{}", header, now=AT)


@pytest.mark.parametrize("header", [b"\xff\xfe", [], [b"\xff", "x"], [VECTOR, VECTOR]])
def test_an_odd_header_in_bytes_or_a_list_is_malformed(header: bytes | list[str]) -> None:
    assert verify(SECRET, b"{}", header, now=AT).reason is Reason.MALFORMED_HEADER


@pytest.mark.parametrize("body", [bytearray(b"{}"), memoryview(b"{}")])
def test_a_body_may_be_any_bytes(body: bytearray | memoryview) -> None:
    assert verify(SECRET, body, VECTOR, now=AT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((SECRET, "{}", VECTOR), "body must be the raw bytes, before any decoding or parsing, not str"),
        ((SECRET, None, VECTOR), "body must be the raw bytes, before any decoding or parsing, not NoneType"),
        ((SECRET, {}, VECTOR), "body must be the raw bytes, before any decoding or parsing, not dict"),
        ((SECRET, b"{}", 1), "header must be str, bytes, a list of them, or None, not int"),
        ((SECRET, b"{}", [None]), "header must be str, bytes, a list of them, or None, not list"),
        ((None, b"{}", VECTOR), "secret must be str or bytes, or a list of them"),
        (([None], b"{}", VECTOR), "secret must be str or bytes, or a list of them"),
        ((iter(["a"]), b"{}", VECTOR), "secret must be str or bytes, or a list of them"),
    ],
)
def test_an_argument_of_another_type_is_a_type_error_that_names_it(arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        verify(*arguments)


@pytest.mark.parametrize("header", [VECTOR, None])
@pytest.mark.parametrize(
    ("secrets", "message"), [([], "there is no shared secret"), ([SECRET, ""], "the shared secret is empty")]
)
def test_no_secret_among_several_may_be_missing(secrets: list[str], message: str, header: str | None) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        verify(secrets, b"{}", header)
