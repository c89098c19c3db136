from __future__ import annotations

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.access_token import AccessToken
from jebbitctl.api.transport import ApiResponse
from jebbitctl.auth.credentials import Credentials
from jebbitctl.auth.tokens import CachedTokenSource, StaticTokenSource
from jebbitctl.errors import UnavailableError
from jebbitctl.storage.token_cache import TokenCache

if TYPE_CHECKING:
    from pathlib import Path

THREADS = 8
KEY = "key"


class FakeIssuer:
    """A transport to an issuer that returns the tokens ``new-1``, ``new-2``…, each after a moment."""

    def __init__(self) -> None:
        self.requests = 0
        self.lifetime = 3600
        self.status = 200

    def send(self, *_: Any, **__: Any) -> ApiResponse:
        self.requests += 1
        time.sleep(0.05)
        document = {"access_token": f"new-{self.requests}", "expires_in": self.lifetime}
        return ApiResponse(self.status, {}, json.dumps(document).encode())


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def cache(tmp_path: Path) -> TokenCache:
    return TokenCache(tmp_path, pytest.fail)


@pytest.fixture
def source(issuer: FakeIssuer, cache: TokenCache) -> CachedTokenSource:
    return new_source(issuer, cache)


def new_source(issuer: Any, cache: TokenCache) -> CachedTokenSource:
    credentials = Credentials(
        "id", "environment", "https://issuer", "public-api", KEY, lambda: "secret", "fix it"
    )
    return CachedTokenSource(credentials, cache, lambda: issuer)


def cached_token(cache: TokenCache) -> AccessToken:
    """Put a fresh token into the cache, and return it."""
    token = AccessToken("cached", (), time.time(), time.time() + 3600)
    cache.put(KEY, token.to_entry())
    return token


def in_threads(call: Any) -> list[Any]:
    """Return what a call returns in each of several threads that start it at the same time."""
    barrier = threading.Barrier(THREADS)

    def run(_: int) -> Any:
        barrier.wait(10)
        return call()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_threads_with_a_cold_cache_share_one_request(source: CachedTokenSource, issuer: FakeIssuer) -> None:
    assert {token.access_token for token in in_threads(source.get)} == {"new-1"}
    assert issuer.requests == 1


def test_threads_with_a_rejected_token_share_one_request(
    source: CachedTokenSource, issuer: FakeIssuer, cache: TokenCache
) -> None:
    rejected = cached_token(cache)
    assert source.get() == rejected
    refreshed = in_threads(lambda: source.refresh(rejected))
    assert {token.access_token for token in refreshed} == {"new-1"}
    assert issuer.requests == 1
    assert source.get().access_token == "new-1"
    assert AccessToken.from_entry(cache.get(KEY)) == source.get()


def test_a_token_that_was_requested_here_is_not_refreshed(
    source: CachedTokenSource, issuer: FakeIssuer
) -> None:
    assert source.refresh(source.get()) is None
    assert issuer.requests == 1


def test_a_refreshed_token_that_is_rejected_too_is_not_refreshed_again(
    source: CachedTokenSource, issuer: FakeIssuer, cache: TokenCache
) -> None:
    refreshed = source.refresh(cached_token(cache))
    assert refreshed is not None
    assert source.refresh(refreshed) is None
    assert issuer.requests == 1


def test_a_rejected_token_is_replaced_by_one_that_another_process_cached(
    source: CachedTokenSource, issuer: FakeIssuer, cache: TokenCache
) -> None:
    rejected = cached_token(cache)
    assert source.get() == rejected
    other = rejected._replace(access_token="other")
    cache.put(KEY, other.to_entry())
    assert source.refresh(rejected) == other
    assert issuer.requests == 0


def test_a_rejected_token_leaves_the_cache_even_if_the_issuer_fails(
    source: CachedTokenSource, issuer: FakeIssuer, cache: TokenCache
) -> None:
    rejected = cached_token(cache)
    issuer.status = 503
    with pytest.raises(UnavailableError):
        source.refresh(rejected)
    assert cache.get(KEY) is None


def test_a_token_that_becomes_stale_is_replaced(
    source: CachedTokenSource, issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert source.get().access_token == "new-1"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert source.get().access_token == "new-2"
    assert issuer.requests == 2


def test_a_token_without_a_lifetime_is_used_but_not_cached(
    source: CachedTokenSource, issuer: FakeIssuer, cache: TokenCache
) -> None:
    issuer.lifetime = 0
    assert [source.get().access_token for _ in range(3)] == ["new-1"] * 3
    assert cache.get(KEY) is None


def test_cached_requests_no_token(source: CachedTokenSource, issuer: FakeIssuer, cache: TokenCache) -> None:
    assert source.cached() is None
    token = cached_token(cache)
    assert source.cached() == token
    assert source.cached(rejected="cached") is None
    assert issuer.requests == 0


def test_a_static_token_is_never_replaced() -> None:
    token = AccessToken("static", (), 0, math.inf)
    source = StaticTokenSource(token)
    assert source.get() == token
    assert source.refresh(token) is None  # type: ignore[func-returns-value]
