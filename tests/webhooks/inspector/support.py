"""Helpers for the tests of the inspector."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from jebbitctl.webhooks.inspector.follower import RecordingFollower
from jebbitctl.webhooks.inspector.replayer import Replayer, client_target
from jebbitctl.webhooks.inspector.server import Inspector
from jebbitctl.webhooks.inspector.store import InspectorStore
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.endpoint import EndpointClient


def stored(*deliveries: Delivery, forwards: int = 0) -> InspectorStore:
    """Return a store with deliveries from number 1 on."""
    store = InspectorStore()
    for number, delivery in enumerate(deliveries, start=1):
        store.add(number, delivery, forwards=forwards)
    return store


@contextmanager
def inspecting(
    store: InspectorStore,
    *clients: EndpointClient,
    secrets: Mapping[str, str] | None = None,
    explain: Callable[[Delivery], Mapping[str, str | None]] | None = None,
) -> Iterator[str]:
    """Serve a store; yield the page's URL."""
    replayer = Replayer([client_target(one) for one in clients], {"": SECRET} if secrets is None else secrets)
    with Inspector(store, replayer, explain=explain, title="monday.jsonl") as inspector:
        yield inspector.url


@contextmanager
def following(path: Path) -> Iterator[InspectorStore]:
    """Follow a recording; yield the store, with what the file holds already."""
    store = InspectorStore(path)
    with RecordingFollower(path, store):
        yield store


def ask(url: str, method: str = "GET", **options: Any) -> requests.Response:
    """Send one request without the environment's proxies."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=10, allow_redirects=False, **options)


def rows_of(store: InspectorStore) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = store.changes(0)["rows"]
    return rows


def wait_until(condition: Callable[[], object]) -> None:
    """Wait up to 10 seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
