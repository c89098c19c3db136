"""The page of ``webhooks listen --inspect``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.commands.webhooks.listen.explaining import Explainer
from jebbitctl.webhooks.inspector.replayer import Replayer, ReplayTarget
from jebbitctl.webhooks.inspector.server import Inspector
from jebbitctl.webhooks.inspector.store import InspectorStore
from jebbitctl.webhooks.receiving.events import Arrived

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
    from jebbitctl.webhooks.receiving.events import Event, Feed
    from jebbitctl.webhooks.receiving.forwarding import Forwarder


def inspector(feed: Feed, forwarders: Sequence[Forwarder], secrets: Mapping[str, str]) -> Inspector:
    """Return a page, to be used in a ``with`` block, that shows the events of a feed."""
    store = InspectorStore()

    def show(event: Event) -> None:
        if isinstance(event, Arrived):
            forwards = len(forwarders) if event.delivery.verification.valid else 0
            store.add(event.number, event.delivery, forwards=forwards, answered=event.answered)
        else:
            store.add_outcome(event.number, event.outcome, answer=event.answer)

    feed.subscribe(show)
    targets = [ReplayTarget(forwarder.url, _sender(forwarder)) for forwarder in forwarders]
    return Inspector(store, Replayer(targets, secrets), explain=Explainer(secrets).explain, title="listen")


def _sender(forwarder: Forwarder) -> Callable[[Delivery], ForwardOutcome]:
    return lambda delivery: forwarder.forward(delivery)[0]
