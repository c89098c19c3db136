"""A receiver for tests: it keeps what arrives, and answers as a test wants."""

from __future__ import annotations

import secrets as random
import threading
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Self, TypeAlias

from jebbitctl.util.text import plural
from jebbitctl.webhooks.receiving.webhook_server import Answer, WebhookServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.signature import Reason

OWN_LABEL = "receiver"
"""``Delivery.secret`` of a delivery that is signed with the receiver's own secret."""
_THREADS = 4
_SHUTDOWN_TIMEOUT = 1.0

Status: TypeAlias = int | Callable[["Delivery"], int | None] | None
"""An HTTP status, or what returns one for a delivery; None for the one that the signature deserves."""


class Receiver:
    """Receives deliveries on loopback while its ``with`` block runs, verifies and keeps them. Made for tests.

    A POST to any path is a delivery. The response is 200 if its signature is valid, and otherwise 403 or 400,
    as of Jebbit's example receiver, unless ``answer`` says something else. Deliveries that are not valid are
    kept, too: look at ``verification``.

    Args:
        secret: the shared secret that deliveries are signed with; by default a new one.
        secrets: returns further secrets by their labels, and is called for each delivery. With
            ``Sandbox.shared_secrets``, the deliveries of all integrations of a sandbox verify.
        port: 0 for any free port.

    Attributes:
        secret: the shared secret, to sign deliveries with or to hand to code that does.
        answer: the HTTP status of all further responses, or a function from a delivery to its status; None
            for the status that the signature deserves. May be set at any time; the function is called by
            several threads.

    Raises:
        UsageError: on construction, if the secret is empty; on entry, if the port cannot be bound.
    """

    def __init__(
        self,
        secret: str | None = None,
        *,
        secrets: Callable[[], Mapping[str, str]] | None = None,
        port: int = 0,
    ) -> None:
        self.secret = random.token_urlsafe(24) if secret is None else secret
        self.answer: Status = None
        own = {OWN_LABEL: self.secret}
        self._deliveries: list[Delivery] = []
        self._arrived = threading.Condition()
        self._server = WebhookServer(
            own, self._keep, port=port, threads=_THREADS, shutdown_timeout=_SHUTDOWN_TIMEOUT
        )
        if secrets is not None:
            self._server.secret = lambda: {**secrets(), **own}

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop receiving; raise what ``answer`` raised first, unless there is another error."""
        self._server.__exit__(type_, error, trace)
        if self._server.failure and error is None:
            raise self._server.failure

    @property
    def url(self) -> str:
        """The URL to send deliveries to, such as ``http://127.0.0.1:8787``; each path below it will do."""
        return self._server.url

    @property
    def deliveries(self) -> list[Delivery]:
        """A copy of the list of all deliveries, in the order in which they arrived."""
        with self._arrived:
            return list(self._deliveries)

    @property
    def verdicts(self) -> list[Reason]:
        """The result of each delivery's verification: ``Reason.OK``, or why it is not valid."""
        return [delivery.verification.reason for delivery in self.deliveries]

    def wait_for(self, number: int, timeout: float = 5.0) -> list[Delivery]:
        """Wait until this many deliveries have arrived since the start, and return all.

        Args:
            number: of deliveries, valid or not. More may arrive.
            timeout: seconds.

        Raises:
            TimeoutError: fewer have arrived in time.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._deliveries) >= number, timeout):
                arrived = len(self._deliveries)
                raise TimeoutError(
                    f"{arrived} of {plural(number, 'delivery')} arrived at {self.url} within {timeout:g} s"
                )
            return list(self._deliveries)

    def _keep(self, delivery: Delivery) -> Answer | None:
        """Keep a delivery with the status of its response; return the response if it is not the usual one."""
        status: int | None = HTTPStatus.INTERNAL_SERVER_ERROR.value  # if what follows raises
        try:
            status = self.answer(delivery) if callable(self.answer) else self.answer
        finally:
            with self._arrived:
                self._deliveries.append(delivery if status is None else replace(delivery, status=status))
                self._arrived.notify_all()
        return None if status is None else Answer(status)
