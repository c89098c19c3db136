"""Prints events: a block for each on a terminal, a line for each in a pipe, a JSON object for each."""

from __future__ import annotations

import shutil
import textwrap
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.commands.webhooks.recorded_rows import kind
from jebbitctl.output.query import QueryTypeError
from jebbitctl.output.wrapping import break_anywhere
from jebbitctl.util.redaction import redact_headers
from jebbitctl.util.text import escape_controls, indented_json, plural
from jebbitctl.webhooks.receiving.events import Arrived, Forwarded, decode, to_document
from jebbitctl.webhooks.receiving.forwarding import is_forwarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.commands.webhooks.listen.explaining import Explainer
    from jebbitctl.output.output import Output
    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.receiving.events import Event

MAX_BODY_ROWS = 20
"""The rows of a body that a block has, without ``--verbose``."""
MIN_WIDTH = 20
_INDENT = "   "


class EventPrinter:
    """Prints events in the form that suits the output.

    Args:
        output: prints them.
        kinds: of deliveries to print: ``test``, ``live``, ``refused``.
        verbose: print headers and whole bodies on a terminal.
        explainer: says why a delivery was refused.
        name_secrets: say which secret has signed a delivery; JSON always does.
        name_urls: say where a delivery was forwarded to; JSON always does.

    Attributes:
        unprinted: the event that is being explained; it stays here if a signal interrupts that.
    """

    def __init__(
        self,
        output: Output,
        explainer: Explainer,
        *,
        kinds: frozenset[str],
        verbose: bool,
        name_secrets: bool,
        name_urls: bool,
    ) -> None:
        self.unprinted: Event | None = None
        self._output = output
        self._explainer = explainer
        self._kinds = kinds
        self._verbose = verbose
        self._name_secrets = name_secrets
        self._name_urls = name_urls
        self._query_failed = False

    def ready(self, url: str, page_url: str | None = None) -> None:
        """Tell programs that deliveries can be sent to a URL, and where they are shown."""
        if self._output.json:
            shown = {"inspect": page_url} if page_url else {}
            with suppress(QueryTypeError):  # a query of deliveries need not fit it
                self._output.event({"event": "ready", "url": url, **shown})
            self._output.flush()

    def stop_explaining(self) -> None:
        """Look for no more causes of refusals, which takes time."""
        self._explainer.stop()

    def show(self, event: Event) -> None:
        """Print an event of a delivery that is to be printed."""
        if event.delivery.kind not in self._kinds:
            return
        self.unprinted = event
        why = {} if self._output.plain else self._explain(event)
        self.unprinted = None
        if self._output.plain:
            self._output.line(self._line(event))
        elif self._output.json:
            self._json(event, why)
        else:
            self._output.diff(self._block(event, why))
        self._output.flush()

    def _json(self, event: Event, why: dict[str, str | None]) -> None:
        """Print an event as JSON. Anybody can send a body that a query does not fit: it ends nothing."""
        try:
            self._output.event(to_document(event) | why)
        except QueryTypeError as error:
            if not self._query_failed:
                self._output.warn(f"{error.message}; this and other such events are not printed")
            self._query_failed = True

    def _explain(self, event: Event) -> dict[str, str | None]:
        """Return why a delivery was refused; nothing about other events."""
        if not isinstance(event, Arrived) or event.delivery.verification.valid:
            return {}
        return self._explainer.explain(event.delivery)

    def _line(self, event: Event) -> str:
        document = to_document(event, with_content=False)
        status = "-" if document["status"] is None else document["status"]
        if isinstance(event, Arrived):
            parts = [document["time"], _sign(document["ok"]), status, document["reason"]]
            parts += [f"{document['bytes']} bytes", kind(event.delivery), f"#{event.number}"]
            parts += [document["secret"] or ""] if self._name_secrets else []
        else:
            parts = [f"#{event.number}", "→", status, document["event"], f"{document['milliseconds']:g} ms"]
            parts += [document["error"] or ""]
            parts += [document["url"]] if self._name_urls else []
        return "\t".join(escape_controls(str(part)) for part in parts).rstrip()

    def _block(self, event: Event, why: dict[str, str | None]) -> Iterator[tuple[str, str]]:
        """Yield the lines of a block, each with the sign that it begins with."""
        if isinstance(event, Forwarded):
            yield from self._forwarded(event)
            return
        delivery = event.delivery
        yield from _headed(_sign(delivery.verification.valid), self._head(event))
        if self._verbose:
            headers = redact_headers(delivery.headers)
            yield from _indented(_folded(f"{name}: {value}" for name, value in headers.items()))
            yield "", ""
        yield from _indented(self._body(delivery))
        for text in filter(None, (why.get("explanation"), why.get("fix"))):
            yield from _indented(_wrapped(text))

    def _head(self, event: Arrived) -> Iterator[str]:
        delivery, valid = event.delivery, event.delivery.verification.valid
        yield f"#{event.number}"
        yield time.strftime("%H:%M:%S", time.localtime(delivery.time))
        yield f"{delivery.method} {delivery.path}{'?' if delivery.query else ''}{delivery.query}"
        yield "ok" if valid else f"{delivery.status} {delivery.verification.reason}"
        if valid:
            yield delivery.kind
        if delivery.repeat:
            yield "repeat"
        if self._name_secrets and delivery.secret:
            yield delivery.secret

    def _body(self, delivery: Delivery) -> Iterator[str]:
        value = decode(delivery.body)
        text = value if isinstance(value, str) else indented_json(delivery.body.decode("utf-8", "replace"))
        rows = list(_folded(_lines(text)))
        # saying that one is hidden takes a row, too
        is_whole = self._verbose or len(rows) <= MAX_BODY_ROWS + 1
        shown = len(rows) if is_whole else MAX_BODY_ROWS
        yield from rows[:shown]
        if more := len(rows[shown:]):
            yield f"… {plural(more, 'more line')}; use -v to see all"
        if delivery.omitted_bytes:
            yield f"… {delivery.omitted_bytes} more bytes, which were not kept"

    def _forwarded(self, event: Forwarded) -> Iterator[tuple[str, str]]:
        outcome, ok = event.outcome, is_forwarded(event.outcome)
        parts = [f"#{event.number}", f"→ {outcome.error or outcome.status}"]
        parts += [f"{outcome.milliseconds:.0f} ms"] if outcome.attempts else []
        parts += [f"{outcome.attempts} attempts"] if outcome.attempts > 1 else []
        parts += [outcome.url] if self._name_urls else []
        if event.answer not in {None, outcome.status}:
            parts.append(f"the sender got {event.answer}")
        yield from _headed(_sign(ok), parts)
        if not ok or self._verbose:
            yield from _indented(_folded(_lines(outcome.response)))


def _sign(ok: object) -> str:
    return "✓" if ok else "✗"


def _width() -> int:
    """Return the columns that an indented line has."""
    return max(MIN_WIDTH, shutil.get_terminal_size().columns - len(_INDENT) - 1)


def _lines(text: str) -> list[str]:
    """Return the lines of a text. Only LF and CRLF end a line; others are shown as escape sequences."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def _folded(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines in pieces that fit the terminal."""
    width = _width()
    for line in map(escape_controls, lines):
        yield from break_anywhere(line, width)


def _wrapped(text: str) -> list[str]:
    """Return text in lines of words that fit the terminal."""
    return textwrap.wrap(escape_controls(text), _width(), break_long_words=False, break_on_hyphens=False)


def _headed(sign: str, parts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the first lines of a block."""
    first, *others = _wrapped("  ".join(parts))
    yield sign, first
    yield from _indented(others)


def _indented(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield _INDENT, line
