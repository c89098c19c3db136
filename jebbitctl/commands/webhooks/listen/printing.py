"""Prints events: a block for each on a terminal, a line for each in a pipe, a JSON object for each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import escape_controls, json_text
from jebbitctl.webhooks.events import Arrived, Forwarded, decode, to_document
from jebbitctl.webhooks.forwarding import is_forwarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.commands.webhooks.listen.explaining import Explainer
    from jebbitctl.output.output import Output
    from jebbitctl.webhooks.events import Event
    from jebbitctl.webhooks.explain import Explanation
    from jebbitctl.webhooks.receiver import Delivery

MAX_BODY_LINES = 20
"""The lines of a body that a block has, without ``--verbose``."""
MAX_LINE_CHARACTERS = 400
"""Likewise, the characters of a line."""


class EventPrinter:
    """Prints events in the form that suits the output.

    Args:
        output: prints them.
        kinds: of deliveries to print: ``test``, ``live``, ``refused``.
        verbose: print headers and whole bodies on a terminal.
        explainer: says why a delivery was refused.
        name_secrets: say which secret has signed a delivery; JSON always does.
        name_urls: say where a delivery was forwarded to; JSON always does.
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
        self._output = output
        self._explainer = explainer
        self._kinds = kinds
        self._verbose = verbose
        self._name_secrets = name_secrets
        self._name_urls = name_urls

    def ready(self, url: str) -> None:
        """Tell programs that deliveries can be sent to a URL."""
        if self._output.json:
            self._output.event({"event": "ready", "url": url})
            self._output.flush()

    def show(self, event: Event) -> None:
        """Print an event of a delivery that is to be printed."""
        if _kind(event.delivery) not in self._kinds:
            return
        if self._output.plain:
            self._output.line(self._line(event))
        elif self._output.json:
            self._output.event(to_document(event) | self._explanation(event))
        else:
            self._output.diff(self._block(event))
        self._output.flush()

    def _explanation(self, event: Event) -> dict[str, Any]:
        explanation = self._explain(event)
        if explanation is None:
            return {}
        return {
            "cause": str(explanation.cause),
            "explanation": explanation.explanation,
            "fix": explanation.fix,
        }

    def _explain(self, event: Event) -> Explanation | None:
        if not isinstance(event, Arrived) or event.delivery.verification.valid:
            return None
        return self._explainer.explain(event.delivery)

    def _line(self, event: Event) -> str:
        document = to_document(event, with_content=False)
        status = "-" if document["status"] is None else document["status"]
        if isinstance(event, Arrived):
            parts = [document["time"], _sign(document["ok"]), status, document["reason"]]
            parts += [f"{document['bytes']} bytes", _flags(event.delivery)]
            parts += [document["secret"] or ""] if self._name_secrets else []
        else:
            parts = ["", "→", status, document["event"], f"{document['milliseconds']:g} ms"]
            parts += [document["error"] or ""]
            parts += [document["url"]] if self._name_urls else []
        return "\t".join(escape_controls(str(part)) for part in parts).rstrip()

    def _block(self, event: Event) -> Iterator[tuple[str, str]]:
        """Yield the lines of a block, each with the sign that it begins with."""
        if isinstance(event, Forwarded):
            yield from self._forwarded(event)
            return
        delivery = event.delivery
        yield _sign(delivery.verification.valid), "  ".join(self._head(event))
        if self._verbose:
            yield from _indented(f"{name}: {value}" for name, value in delivery.headers.items())
            yield "", ""
        yield from _indented(self._body(delivery))
        if explanation := self._explain(event):
            yield from _indented((explanation.explanation, explanation.fix))

    def _head(self, event: Arrived) -> Iterator[str]:
        delivery, valid = event.delivery, event.delivery.verification.valid
        yield f"#{event.number}"
        yield time.strftime("%H:%M:%S", time.localtime(delivery.time))
        yield f"{delivery.method} {delivery.path}{'?' if delivery.query else ''}{delivery.query}"
        yield "ok" if valid else f"{delivery.status} {delivery.verification.reason}"
        yield _flags(delivery)
        if self._name_secrets and delivery.secret:
            yield delivery.secret

    def _body(self, delivery: Delivery) -> Iterator[str]:
        value = decode(delivery.body)
        lines = value.splitlines() if isinstance(value, str) else json_text(value, indent=2).split("\n")
        if self._verbose:
            yield from lines
            more = 0
        else:
            yield from map(_cut, lines[:MAX_BODY_LINES])
            more = len(lines) - MAX_BODY_LINES
        if more > 0:
            yield f"… {more} more line{'s' if more > 1 else ''}; use -v to see all"
        if delivery.omitted_bytes:
            yield f"… {delivery.omitted_bytes} more bytes, which were not kept"

    def _forwarded(self, event: Forwarded) -> Iterator[tuple[str, str]]:
        outcome, ok = event.outcome, is_forwarded(event.outcome)
        result = outcome.error or f"{outcome.status}"
        parts = [f"#{event.number}", f"→ {result}"]
        parts += [] if outcome.attempts == 0 else [f"{outcome.milliseconds:g} ms"]
        parts += [f"{outcome.attempts} attempts"] if outcome.attempts > 1 else []
        parts += [outcome.url] if self._name_urls else []
        if event.answer not in {None, outcome.status}:
            parts.append(f"the sender got {event.answer}")
        yield _sign(ok), "  ".join(parts)
        if not ok or self._verbose:
            yield from _indented(map(_cut, outcome.response.splitlines()))


def _kind(delivery: Delivery) -> str:
    if not delivery.verification.valid:
        return "refused"
    return "test" if delivery.test else "live"


def _sign(ok: object) -> str:
    return "✓" if ok else "✗"


def _flags(delivery: Delivery) -> str:
    flags: Mapping[str, bool] = {"test": delivery.test, "repeat": delivery.repeat}
    return " ".join(name for name, is_set in flags.items() if is_set) or "live"


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE_CHARACTERS else f"{line[:MAX_LINE_CHARACTERS]}… (-v: all)"


def _indented(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield "   ", line
