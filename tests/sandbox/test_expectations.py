"""Conditions on counters: a small part of Python's grammar, and nothing else."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.counters import COUNTERS
from jebbitctl.sandbox.expectations import MAX_LENGTH, Expectation
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.sandbox.support import running
from tests.webhooks.support import UNREACHABLE, Endpoint

COUNTED = {name: number for number, name in enumerate(COUNTERS)}

PIECES = [
    *"()<>=+-*/.,:[]{}!@1",
    "and",
    "or",
    "not",
    "==",
    "<=",
    "visits",
    "delivered",
    "if",
    "else",
    "lambda",
]

sums = st.recursive(
    st.sampled_from([*COUNTERS]) | st.integers(0, 99).map(str),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-"), inner).map("({0[0]} {0[1]} {0[2]})".format),
        inner.map("-{}".format),
    ),
    max_leaves=4,
)
comparisons = st.tuples(sums, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), sums).map(" ".join)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("({0[0]}{0[1]}{0[2]})".format),
        inner.map("not ({})".format),
    ),
    max_leaves=5,
)


@given(text=conditions)
def test_a_condition_means_what_it_means_in_python(text: str) -> None:
    assert Expectation(text).holds(COUNTED) is eval(text, {"__builtins__": {}}, dict(COUNTED))  # noqa: S307


@given(
    text=st.text(max_size=30) | st.text("visits()<>=.+-*/ 019'\"[]{}:,;!@lambdaifelsenotorand_", max_size=30)
)
def test_any_text_is_a_condition_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        Expectation(text).holds(COUNTED)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("arrived > 1", "unknown counter 'arrived'"),
        ("delivered", "'delivered' compares nothing"),
        ("delivered >= 10 and 1", "'1' compares nothing"),
        ("not visits", "'visits' compares nothing"),
        ("visits in 5", "compares nothing"),
        ("visits > 1.5", "'1.5' is neither"),
        ("visits > True", "'True' is neither"),
        ("visits > 'a'", "is neither"),
        ("visits * 2 > 1", "'visits * 2' is neither"),
        ("visits > (1 > 0)", "is neither"),
        ("visits.real > 1", "'visits.real' is neither"),
        ("__import__('os').system('id') == 0", "is neither"),
        ("visits[0] > 1", "is neither"),
        ("(visits := 1) > 0", "is neither"),
        ("lambda: 1", "compares nothing"),
        ("[1 for visits in visits] > 1", "is neither"),
        ("visits > 1; visits", "is not a condition"),
        ("visits = 1", "is not a condition"),
        ("", "is not a condition"),
        ("\0", "is not a condition"),
        ("visits > " + "1" * MAX_LENGTH, "is not a condition"),
        ("(" * 500 + ")" * 500, "is not a condition"),
    ],
)
def test_an_invalid_condition_is_refused_with_its_mistake(text: str, part: str) -> None:
    with pytest.raises(UsageError) as error:
        Expectation(text)
    assert part in error.value.message
    assert all(name in (error.value.hint or "") for name in COUNTERS)


@pytest.mark.parametrize(
    "text", ["visits == " + "-" * 480 + "1", "not " * 120 + "visits == 1", "(" * 90 + "1" + ")" * 90 + "== 1"]
)
def test_a_long_condition_is_no_problem(text: str) -> None:
    assert Expectation(text).holds({**COUNTED, "visits": 1})


def test_the_counters_of_a_condition_are_named_once_in_their_order() -> None:
    assert Expectation("failed == 0 and visits > 1 or failed < visits").names == ["visits", "failed"]


def test_the_counters_agree_with_what_happened() -> None:
    good, refusing = Endpoint(), Endpoint("403 Forbidden")
    with BackgroundServer(good) as one, BackgroundServer(refusing) as other, running() as client:
        for url in (one.url, other.url, UNREACHABLE, "https://hooks.example.com/"):
            client.integration(url)
        client.integration(one.url, is_active=False)
        client.control("POST", "visits", count=3, finish=True)
        client.get("nothing")
        assert client.sandbox.settle(5)
        assert client.sandbox.counters == {
            "visits": 3,
            "finished": 3,
            "kept_back": 3,
            "delivered": 3,
            "refused": 3,
            "unanswered": 3,
            "failed": 6,
            "not_sent": 3,
            "lost": 0,
            "duplicates": 0,
            "requests": 7,
            "errors": 1,
        }
    assert len(good.requests) == len(refusing.requests) == 3


def test_settling_ends_visits_by_themselves() -> None:
    def is_visited() -> bool:
        return any(thread.name == "sandbox-visits" for thread in threading.enumerate())

    with running(visits=500) as client:
        assert is_visited()
        assert client.sandbox.settle(10)
        assert not is_visited()


def test_settling_gives_up_when_the_time_is_up() -> None:
    with running() as client, socket.create_server(("127.0.0.1", 0)) as silent:
        client.integration(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        client.control("POST", "visits", finish=True)
        assert not client.sandbox.settle(0)
