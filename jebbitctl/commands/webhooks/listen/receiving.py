"""Sets up the receiver of ``webhooks listen`` with its recording and its forwards, and ends it in order."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from jebbitctl.commands.webhooks.endpoint_options import endpoint_client
from jebbitctl.errors import UsageError
from jebbitctl.util.text import plural
from jebbitctl.util.urls import is_loopback, shown_url
from jebbitctl.webhooks.receiving.event_queue import EventQueue
from jebbitctl.webhooks.receiving.events import Feed
from jebbitctl.webhooks.receiving.forwarding import Forwarder
from jebbitctl.webhooks.receiving.intake import MAX_FORWARDS, Intake
from jebbitctl.webhooks.receiving.own_address import leads_to
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer, new_hop
from jebbitctl.webhooks.recordings.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Protocol

    from jebbitctl.commands.webhooks.listen.options import ForwardOptions, ReceiverOptions, RecordOptions
    from jebbitctl.context import Context
    from jebbitctl.webhooks.endpoint import EndpointClient
    from jebbitctl.webhooks.receiving.events import Event

    class ShowRest(Protocol):
        """Shows events at the end."""

        def __call__(self, events: Iterator[Event], /, *, stopping: bool) -> None: ...


THREADS = 4
"""Deliveries handled at a time without forwarding. One would be a third slower: it often waits for work."""
SHUTDOWN_MARGIN = 2.0
"""Seconds beyond the timeout of a forward, for what comes before and after it."""


class Reception:
    """Receives deliveries while :meth:`open` is entered.

    Args:
        context: of the command.
        receiver: where to listen.
        forwarding: where to forward valid deliveries to.
        recording: what to record.
        limit: the number of valid deliveries to accept; None for any.
        inspect: serve a page that shows the deliveries.

    Attributes:
        feed: tells its subscribers of each event.
        page_url: the URL of that page, once it is open.
    """

    def __init__(
        self,
        context: Context,
        receiver: ReceiverOptions,
        forwarding: ForwardOptions,
        recording: RecordOptions,
        *,
        limit: int | None,
        inspect: bool = False,
    ) -> None:
        self.feed = Feed()
        self.page_url: str | None = None
        self._context = context
        self._receiver = receiver
        self._forwarding = forwarding
        self._recording = recording
        self._limit = limit
        self._inspect = inspect
        self._queue = EventQueue()
        self._failures: list[Exception] = []
        self._stopping = threading.Event()

    def events(self, timeout: float | None) -> Iterator[Event]:
        """Yield events as they happen, for ``timeout`` seconds or until something cannot be recorded."""
        return self._queue.events(timeout)

    def raise_failure(self) -> None:
        """Raise what has ended it.

        Raises:
            JebbitctlError: a delivery could not be recorded.
        """
        if self._failures:
            raise self._failures[0]

    @contextmanager
    def open(self, secrets: Mapping[str, str], show_rest: ShowRest) -> Iterator[str]:
        """Receive deliveries during the block. At its end, finish what was accepted.

        Args:
            secrets: the shared secrets by their labels.
            show_rest: given the events that the block has not taken, once there are no more, and whether a
                signal has ended the block.

        Yields:
            The URL to send deliveries to.

        Raises:
            UsageError: an option is not valid, or the port cannot be bound.
        """
        with ExitStack() as stack:
            clients = [stack.enter_context(client) for client in self._clients()]
            path, refused, mask = self._recording
            recorder = Recorder(path, self._context.output.warn, refused=refused, mask=mask) if path else None
            hop = new_hop()
            forwarders = [Forwarder(one, hop, self._forwarding.retry, self._stopping) for one in clients]
            page = None
            if self._inspect:
                from jebbitctl.commands.webhooks.listen.inspecting import inspector

                page = stack.enter_context(inspector(self.feed, forwarders, secrets))
                self.page_url = page.url
            intake = Intake(
                self.feed,
                recorder=stack.enter_context(recorder) if recorder else None,
                forwarders=forwarders,
                ack=self._forwarding.ack,
                on_failure=self._fail,
            )
            server = WebhookServer(
                secrets,
                intake.handle,
                **self._receiver._asdict(),
                threads=MAX_FORWARDS if clients and not self._forwarding.ack else THREADS,
                shutdown_timeout=self._patience if clients else None,
            )
            server.hop = hop
            server.limit = self._limit
            self.feed.subscribe(self._queue.put)
            stack.callback(lambda: show_rest(self._queue.remaining(), stopping=self._stopping.is_set()))
            with self._finishing(server, intake):
                if page:
                    page.title = server.url  # its port is known now
                yield server.url
            if server.failure:
                self._failures.append(server.failure)

    def _clients(self) -> list[EndpointClient]:
        """Return a client for each URL to forward to.

        Raises:
            UsageError: a URL or an option is not valid, or a URL leads back to this receiver.
        """
        if self._forwarding.forward_to:
            import jebbitctl.util.http_session  # noqa: F401 - not while the first sender waits
        host, port = self._receiver.host, self._receiver.port
        clients = [
            endpoint_client(self._context, url, self._forwarding.endpoint)
            for url in self._forwarding.forward_to or ()
        ]
        for client in clients:
            if port and leads_to(client.url, host, port):
                raise UsageError(
                    f"--forward-to {shown_url(client.url)}: that is this receiver itself",
                    hint="use the URL of your app, or another --port for this receiver",
                )
        if not is_loopback(host):
            self._context.output.warn(
                f"other machines can reach this receiver on {host}; "
                "on a public address, put a reverse proxy in front of it (see jebbitctl help security)"
            )
        return clients

    @contextmanager
    def _finishing(self, server: WebhookServer, intake: Intake) -> Iterator[None]:
        """Serve during the block; then wait until accepted deliveries are forwarded, or give up on them."""
        server.__enter__()
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            self._stopping.set()
            self._finish(server, intake)
            raise
        except BaseException:
            self._finish(server, intake)
            raise
        self._finish(server, intake)

    def _finish(self, server: WebhookServer, intake: Intake) -> None:
        """Stop serving, and wait for forwards. Ctrl-C, or another one, ends the wait.

        After a signal, forwards that still wait for others get no time of their own.
        """
        started = time.monotonic()
        stopping, outstanding = self._stopping.is_set(), intake.outstanding
        try:
            if outstanding > (0 if stopping else MAX_FORWARDS):
                again = " again" if stopping else ""
                self._context.output.note(
                    f"Finishing {plural(outstanding, 'forward')}. Press Ctrl-C{again} to stop at once."
                )
            self._queue.close()
            server.__exit__()
            rounds = 1 if stopping else 1 + intake.outstanding // MAX_FORWARDS
            intake.wait(started + rounds * self._patience - time.monotonic())
        finally:
            intake.abandon()

    @property
    def _patience(self) -> float:
        """Seconds that the forwards of accepted deliveries get at the end, as many as go side by side."""
        attempts = 1 if self._stopping.is_set() else 1 + self._forwarding.retry
        return attempts * (self._forwarding.forward_timeout + SHUTDOWN_MARGIN)

    def _fail(self, error: Exception) -> None:
        self._failures.append(error)
        self._queue.end()
