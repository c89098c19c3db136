"""How ``check`` shows its results."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jebbitctl.output.streams import line_width
from jebbitctl.output.wrapping import wrap
from jebbitctl.util.text import plural
from jebbitctl.webhooks.endpoint_clock import in_words, is_notable
from jebbitctl.webhooks.verdicts import Conclusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.output.output import Output
    from jebbitctl.webhooks.endpoint_check import EndpointCheck, ProbeResult

_MARKS = {Conclusion.OK: "✓", Conclusion.FAILED: "✗", Conclusion.WARNING: "!", Conclusion.UNKNOWN: "–"}  # noqa: RUF001
_NAME_WIDTH = 19
_COLUMNS = ("state", "name", "status", "outcome", "reason", "response", "consequence", "milliseconds")


class CheckOutput:
    """Prints results as they come, or as one JSON document at the end.

    Args:
        output: prints them; for readers unless another format is requested, also in a pipe.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said: set[str] = set()
        self._unsent: list[ProbeResult] = []

    def show(self, result: ProbeResult) -> None:
        """Print one result, except for JSON. Probes that sent nothing share a line, after the last one."""
        if self._output.json:
            return
        if self._output.plain_requested:
            with self._output.best_effort():
                self._output.table([to_dict(result)], _COLUMNS)
            return
        if result.outcome or any(one.reason != result.reason for one in self._unsent):
            self._show_unsent()
        if result.outcome:
            self._print(result)
        else:
            self._unsent.append(result)

    def _show_unsent(self) -> None:
        if self._unsent:
            first, count = self._unsent[0], len(self._unsent)
            self._unsent = []
            self._print(first if count == 1 else replace(first, name=plural(count, "probe")))

    def _print(self, result: ProbeResult) -> None:
        with self._output.best_effort():
            self._output.diff(self._lines(result, line_width()))

    def _lines(self, result: ProbeResult, width: int) -> Iterator[tuple[str, str]]:
        """Yield the lines of a result, each with a sign or with spaces in its place."""
        detail = ": ".join(filter(None, (result.outcome, result.reason)))
        first, *more = _wrap(f"{result.name:<{_NAME_WIDTH}} {detail}", width)
        yield _MARKS[result.result], first
        if result.result is not Conclusion.OK:
            more += self._once(f"response: {result.response}" if result.response else "", width)
        if result.consequence:
            more += _wrap(f"expected: {result.expectation}", width)
            more += self._once(result.consequence, width)
        for line in more:
            yield "   ", line

    def _once(self, text: str, width: int) -> list[str]:
        """Return the lines of a text that several results have, for the first of them only."""
        lines = [] if text in self._said else _wrap(text, width)
        self._said.add(text)
        return lines

    def end(self, check: EndpointCheck, results: Iterable[ProbeResult], *, url: str) -> None:
        """Print what there is to say about all results."""
        self._show_unsent()
        with self._output.best_effort():
            if self._output.json:
                self._output.document(_document(check, results, url))
        offset = check.target.clock_offset
        if offset is not None and is_notable(offset) and not check.diagnosis:
            self._output.warn(f"the endpoint's clock is {in_words(offset)} this machine's")
        counts = Counter(result.result for result in results)
        self._output.note(
            ", ".join(f"{counts[kind]} {kind}" for kind in reversed(Conclusion) if counts[kind]) + "."
        )


def to_dict(result: ProbeResult) -> dict[str, Any]:
    """Return a result as a JSON object."""
    return {
        "name": result.name,
        "state": str(result.result),
        "expectation": result.expectation,
        "outcome": result.outcome or None,
        "status": result.status,
        "response": result.response,
        "reason": result.reason,
        "consequence": result.consequence,
        "milliseconds": round(result.elapsed * 1000, 1),
    }


def _document(check: EndpointCheck, results: Iterable[ProbeResult], url: str) -> dict[str, Any]:
    diagnosis, offset = check.diagnosis, check.target.clock_offset
    return {
        "ok": check.ok,
        "url": url,
        "probes": [to_dict(result) for result in results],
        "diagnosis": {"code": diagnosis.code, "finding": diagnosis.finding, "fix": diagnosis.fix}
        if diagnosis
        else None,
        "clock_offset_seconds": None if offset is None else round(offset),
    }


def _wrap(text: str, width: int) -> list[str]:
    """Return text as lines that leave room for a sign or an indentation."""
    return wrap(text, max(width - 4, 20)) if text else []
