"""What people and programs see: tables on a terminal, tab-separated lines in a pipe, JSON when asked.

Data goes to stdout and everything else to stderr. Nothing else in the program imports rich.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, cast

from jebbitctl.errors import JebbitctlError
from jebbitctl.output.errors import report
from jebbitctl.output.progress import Progress, showing_progress
from jebbitctl.output.query import CARRIED_OUT, compiled, search
from jebbitctl.output.signed import signed_lines
from jebbitctl.output.streams import discard, is_terminal, styled, write_error_line
from jebbitctl.output.tables import pair_lines, table_lines
from jebbitctl.redaction import redact
from jebbitctl.text import attributes, cell, json_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

__all__ = ["Output", "Progress", "is_terminal", "report"]

BATCH = 100
"""Rows that a terminal gets at once: a long list shows its beginning while the rest is still fetched."""


class Convertible(Protocol):
    """Something with a JSON object of its own, such as a resource."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""


class Output:
    """Renders one command's result in the format that was asked for, or that the streams suggest.

    Args:
        json: one JSON document.
        plain: tab-separated lines, also on a terminal.
        query: a JMESPath expression over the JSON document.
        debug: let :meth:`debug` speak.

    Raises:
        UsageError: the query cannot be parsed.
    """

    def __init__(
        self, *, json: bool = False, plain: bool = False, query: str | None = None, debug: bool = False
    ) -> None:
        self.json = json or query is not None
        self.plain = not self.json and (plain or not is_terminal(sys.stdout))
        self.debugging = debug
        self.untold: JebbitctlError | None = None
        """Why :meth:`telling` could not tell something, if anybody would have listened."""
        self._query = None if query is None else compiled(query)

    def document(self, value: Any, *, one_line: bool = False) -> None:
        """Print a JSON value, or what the query finds in it; a text it finds prints bare."""
        if self._query is not None:
            value = search(self._query, value)
            if isinstance(value, str):
                self.line(visible(value) if is_terminal(sys.stdout) else value)
                return
        encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
        indent = 2 if is_terminal(sys.stdout) and not one_line else None
        self.line(json_text(value, indent=indent, ascii_only=encoding != "utf8"))

    def table(
        self,
        rows: Iterable[Mapping[str, Any] | Convertible],
        columns: Sequence[str],
        *,
        show_secrets: bool = False,
    ) -> int:
        """Print resources, one a row, as they come; JSON gets them whole. Return how many there were."""
        shown = (_json_object(row, show_secrets=show_secrets) for row in rows)
        if self.json:
            found = list(shown)
            self.document(found)
            return len(found)
        count = 0
        widths = [len(column) for column in columns]
        while batch := list(islice(shown, 1 if self.plain else BATCH)):
            values = [[row.get(column) for column in columns] for row in batch]
            if self.plain:
                lines = ["\t".join(map(cell, values[0]))]
            else:
                lines, widths = table_lines(values, columns, widths, header=not count)
            self._lines(lines)
            count += len(batch)
        return count

    def resource(self, resource: Convertible, *, show_secrets: bool = False) -> None:
        """Print one resource, attribute by attribute."""
        shown = _json_object(resource, show_secrets=show_secrets)
        if self.json:
            self.document(shown)
        else:
            self.pairs(attributes(shown))

    def pairs(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Print names and values, for people: JSON has its own shapes."""
        if self.plain:
            self._lines(f"{visible(name)}\t{cell(value)}" for name, value in pairs)
        else:
            self._lines(pair_lines(pairs))

    def signed(self, lines: Iterable[tuple[str, str]]) -> None:
        """Print differences, a sign and a text each, for people."""
        self._lines(signed_lines(lines, sys.stdout))

    def signed_notes(self, lines: Iterable[tuple[str, str]]) -> None:
        """Tell the person at the terminal differences, a sign and a text each."""
        for line in signed_lines(lines, sys.stderr):
            write_error_line(line)

    def value(self, text: str, document: Mapping[str, Any]) -> None:
        """Print one bare text, ready for ``$(…)``; JSON gets a document around it."""
        if self.json:
            self.document(document)
        else:
            self.line(visible(text) if is_terminal(sys.stdout) else text)

    def verbatim(self, lines: Iterable[str]) -> None:
        """Print lines that another program reads: UTF-8, the same bytes on every system."""
        seen = is_terminal(sys.stdout)
        if isinstance(sys.stdout, io.TextIOWrapper) and not seen:
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        self._lines(visible(line) if seen else line for line in lines)

    def line(self, text: str) -> None:
        """Print a line on stdout as it is."""
        sys.stdout.write(text + "\n")

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Print in this block, at once, how work or a check goes.

        A stdout that takes nothing more changes nothing about that: neither does the work end there, nor is
        its end hidden. A full disk is an error once all else is done; a reader that leaves is none.
        """
        try:
            yield
            sys.stdout.flush()
        except OSError as error:
            discard(sys.stdout)  # or its next flush would fail, and take the exit code's place
            if not isinstance(error, BrokenPipeError):
                self.untold = JebbitctlError(f"standard output: {error.strerror}", hint=CARRIED_OUT)
        except JebbitctlError as error:
            self.untold = error.with_hint(CARRIED_OUT)

    def note(self, text: str) -> None:
        """Tell the person at the terminal something."""
        write_error_line(visible(text))

    def warn(self, text: str) -> None:
        """Tell the person at the terminal that something is not as it should be."""
        write_error_line(f"{styled('warning:', 'yellow')} {visible(text)}")

    def debug(self, text: str) -> None:
        """Tell what goes on, when that was asked for."""
        if self.debugging:
            write_error_line(styled(visible(text), "bright_black"))

    def progress(self, about: str, total: int | None = None) -> AbstractContextManager[Progress]:
        """Show on stderr how far a block of work is, where somebody looks; elsewhere nothing."""
        return showing_progress(about, total)

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.line(line)


def _json_object(value: Mapping[str, Any] | Convertible, *, show_secrets: bool) -> dict[str, Any]:
    """Return a row or a resource as a JSON object; secrets are masked unless they are to be shown."""
    found = dict(value) if isinstance(value, Mapping) else value.to_dict()
    return found if show_secrets else cast("dict[str, Any]", redact(found))
