from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.diagnose import endpoint_url
from jebbitctl.diagnose.findings import Finding, State
from jebbitctl.diagnose.network import Network, Place
from jebbitctl.errors import JebbitctlError

from .endpoints import ID, SANDBOX, a_case

SET = f"set the right URL: jebbitctl integrations update {ID} --endpoint"


def seen(url: str | None, api: str = "https://api2.jebbit.com", **attributes: Any) -> Finding:
    return endpoint_url.url(a_case(url, Network(api_url=api), **attributes))


@pytest.mark.parametrize(
    "url", ["https://acme.io/hook", "https://acme.io:8443/a?token=1", "https://[2606:4700::1]/"]
)
def test_a_plain_https_url_is_fine_and_its_query_is_not_shown(url: str) -> None:
    assert seen(url) == Finding(State.OK, url.partition("?")[0])


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://${HOST}/hook", "placeholder"),
        ("https://<your-domain>/hook", "placeholder"),
        ("ftp://acme.io/hook", "not an absolute URL"),
        ("https://https://acme.io", "twice"),
        ("https://acme..io/hook", "two dots"),
        ("https://acme.io:99999/", "port"),
        ("https://acme.io/my hook", "spaces"),
        ("https://hooks.example.com/hook", "reserved for examples"),
    ],
)
def test_a_url_that_cannot_be_right_has_failed(url: str, problem: str) -> None:
    found = seen(url)
    assert found.state is State.FAILED
    assert problem in found.seen
    assert found.fix == f"{SET} URL"


@pytest.mark.parametrize(
    ("url", "doubt", "fix"),
    [
        ("http://acme.io/hook", "clear text", "https"),
        ("http://127.0.0.1:3000", "clear text", "https"),
        ("https://acme.io:80/hook", "port 80 is usually that of http", "port"),
        ("http://acme.io:443/hook", "port 443 is usually that of https", "https"),
        ("https://acme.io/hook#part", "never sent", f"{SET} https://acme.io/hook"),
        ("https://ann:secret@acme.io/hook", "user name or password", "leave it out"),
    ],
)
def test_an_odd_url_is_warned_of(url: str, doubt: str, fix: str) -> None:
    found = seen(url)
    assert (found.state, doubt in found.seen, fix in (found.fix or "")) == (State.WARNING, True, True)
    assert "ann" not in f"{found}"


def test_a_sandbox_may_deliver_to_this_machine_in_clear_text_and_never_to_examples() -> None:
    assert seen("http://127.0.0.1:3000", SANDBOX).state is State.OK
    assert seen("https://hooks.example.com/1", SANDBOX).state is State.WARNING


def test_a_url_that_jebbit_does_not_show_is_not_known() -> None:
    for attributes in ({}, {"host": "acme.io"}):
        found = seen(None, **attributes)
        assert (found.state, found.fix) == (State.UNKNOWN, "give the URL: --endpoint URL")
    assert "acme.io" in found.seen


@pytest.mark.parametrize(
    ("shown", "host", "state"),
    [
        ("https://old.acme.io/1?token=x", None, State.WARNING),
        (None, "old.acme.io", State.WARNING),
        (None, "new.acme.io", State.OK),
        ("https://NEW.acme.io:443/1", None, State.OK),
        (None, None, State.OK),
    ],
)
def test_a_url_that_is_given_but_not_jebbits_is_warned_of(
    shown: str | None, host: str | None, state: State
) -> None:
    case = a_case(shown, host=host)
    case.given_endpoint = "https://new.acme.io/1"
    found = endpoint_url.url(case)
    assert (found.state, "Jebbit delivers to" in found.seen) == (state, state is State.WARNING)
    assert "token" not in f"{found}"


def test_a_place_is_the_same_for_each_spelling_of_a_host() -> None:
    assert Place.of_url("https://Bücher.example/") == Place(
        "https", "xn--bcher-kva.example", 443, "https://Bücher.example/"
    )
    assert Place.of_url("http://[::1]/").origin == "http://[::1]:80"


@given(
    text=st.text()
    | st.tuples(st.sampled_from(["https://", "HTTP://", "https:///", "https://a@"]), st.text()).map("".join)
)
def test_any_text_as_an_endpoint_is_judged(text: str) -> None:
    case = a_case(None)
    case.given_endpoint = text
    found = endpoint_url.url(case)
    if found.state is State.OK:
        assert endpoint_url.place_of(case).host
    with suppress(JebbitctlError):
        endpoint_url.place_of(case)


@pytest.mark.parametrize("url", [None, "https://${HOST}/hook", "https://ann:secret@acme.io/hook"])
def test_nothing_is_asked_of_a_url_that_is_not_known_or_not_valid(url: str | None) -> None:
    with pytest.raises(JebbitctlError):
        endpoint_url.place_of(a_case(url))
