"""The output of one command."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, cast

from jebbitctl.errors import JebbitctlError
from jebbitctl.output.diff import diff_lines
from jebbitctl.output.error_report import report
from jebbitctl.output.progress import show_progress
from jebbitctl.output.query import COMMAND_DONE, compile_query, search
from jebbitctl.output.streams import discard, is_terminal, write_error_line, write_line
from jebbitctl.output.tables import key_value_lines, table_lines
from jebbitctl.util.redaction import redact, redact_service_data, scrub_registered, scrub_values
from jebbitctl.util.text import cell, escape_controls, flatten, json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from rich.console import Console

    from jebbitctl.output.progress import Progress
    from jebbitctl.output.streams import TerminalSettings

BATCH_ROWS = 100
"""Rows that a terminal shows at a time: a long list begins while the rest is being fetched."""


class SupportsToDict(Protocol):
    """Something with its own JSON object, such as a resource."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""


class Output:
    """Prints one command's result in the requested format, or the one that suits the streams.

    Args:
        json: one JSON document.
        plain: tab-separated lines, even on a terminal.
        query: a JMESPath expression over the JSON document.
        debug: print what :meth:`debug` is given.
        terminal: what the environment says about colours and terminals.

    Raises:
        UsageError: the query cannot be parsed.
    """

    def __init__(
        self,
        *,
        json: bool = False,
        plain: bool = False,
        query: str | None = None,
        debug: bool = False,
        terminal: TerminalSettings,
    ) -> None:
        self.json = json or query is not None
        self.plain_requested = plain and not self.json
        """Whether ``--plain`` was given; a pipe alone does not change what is written for readers."""
        self.plain = self.plain_requested or not (self.json or is_terminal(sys.stdout))
        self.debugging = debug
        self._terminal = terminal
        self._deferred_error: JebbitctlError | None = None
        """Why :meth:`best_effort` could not print something."""
        self._query = None if query is None else compile_query(query)

    def document(self, value: Any, *, show_secrets: bool = False) -> None:
        """Print a JSON value, or the result of the query; a string result is printed bare."""
        if self._query is not None:
            value = search(self._query, value)
            if isinstance(value, str):
                text = escape_controls(value) if is_terminal(sys.stdout) else value
                self.line(text, show_secrets=show_secrets)
                return
        indent = 2 if is_terminal(sys.stdout) else None
        write_line(_json_text(value, indent=indent, show_secrets=show_secrets))

    def event(self, value: Mapping[str, Any]) -> None:
        """Print one of a series of JSON objects on a line, or the result of the query unless it is null."""
        result = value if self._query is None else search(self._query, value)
        if isinstance(result, str):
            self.line(escape_controls(result))
        elif result is not None:
            write_line(_json_text(result))

    def table(
        self,
        rows: Iterable[Mapping[str, Any] | SupportsToDict],
        columns: Sequence[str],
        *,
        show_secrets: bool = False,
    ) -> int:
        """Print resources as rows as they arrive, or all at once as JSON; return their number."""
        shown = (_json_object(row, show_secrets=show_secrets) for row in rows)
        if self.json:
            found = list(shown)
            self.document(found, show_secrets=show_secrets)
            return len(found)
        count = 0
        widths = [len(column) for column in columns]
        while batch := list(islice(shown, 1 if self.plain else BATCH_ROWS)):
            values = [[row.get(column) for column in columns] for row in batch]
            if self.plain:
                lines = ["\t".join(map(cell, values[0]))]
            else:
                if not show_secrets:
                    values = [list(map(_scrubbed, row)) for row in values]
                lines, widths = table_lines(self._console(), values, columns, widths, header=not count)
            self._lines(lines, show_secrets=show_secrets)
            count += len(batch)
        return count

    def stream(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Print rows like :meth:`table`, but JSON as they arrive, too; only a query needs all of them.

        What was printed is a JSON array even if an error follows the first row.
        """
        if not self.json or self._query is not None:
            self.table(rows, columns)
            return
        previous: str | None = None
        try:
            for row in rows:
                self._lines(["["] if previous is None else [f"{previous},"])
                previous = _json_text(_json_object(row, show_secrets=False))
        finally:
            if previous is not None:
                self._lines([previous, "]"])
        if previous is None:
            self.line("[]")

    def resource(self, resource: SupportsToDict, *, show_secrets: bool = False) -> None:
        """Print one resource, one attribute per line."""
        shown = _json_object(resource, show_secrets=show_secrets)
        if self.json:
            self.document(shown, show_secrets=show_secrets)
        else:
            self.key_values(flatten(shown), show_secrets=show_secrets)

    def key_values(self, pairs: Iterable[tuple[str, Any]], *, show_secrets: bool = False) -> None:
        """Print names and values; not for JSON."""
        if self.plain:
            lines: Iterable[str] = (f"{escape_controls(name)}\t{cell(value)}" for name, value in pairs)
        else:
            shown = pairs if show_secrets else ((name, _scrubbed(value)) for name, value in pairs)
            lines = key_value_lines(self._console(), shown)
        self._lines(lines, show_secrets=show_secrets)

    def diff(self, lines: Iterable[tuple[str, str]]) -> None:
        """Print lines of a diff, each with its sign; not for JSON."""
        self._lines(diff_lines(lines, coloured=self._terminal.allow_colour(sys.stdout)))

    def diff_notes(self, lines: Iterable[tuple[str, str]]) -> None:
        """Print lines of a diff on stderr."""
        for line in diff_lines(lines, coloured=self._terminal.allow_colour(sys.stderr)):
            write_error_line(line)

    def scalar(self, text: str, document: Mapping[str, Any]) -> None:
        """Print one bare string, ready for ``$(…)``, or the JSON document around it; it may be a secret."""
        if self.json:
            self.document(document, show_secrets=True)
        else:
            self.line(escape_controls(text) if is_terminal(sys.stdout) else text, show_secrets=True)

    def verbatim(self, lines: Iterable[str]) -> None:
        """Print lines for another program: in UTF-8, with the same bytes on every system."""
        on_terminal = is_terminal(sys.stdout)
        if isinstance(sys.stdout, io.TextIOWrapper) and not on_terminal:
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        self._lines(escape_controls(line) if on_terminal else line for line in lines)

    def line(self, text: str, *, show_secrets: bool = False) -> None:
        """Print a line without the secrets in use, unless ``show_secrets``; see :func:`write_line`."""
        write_line(text if show_secrets else scrub_registered(text))

    def flush(self) -> None:
        """Write what is buffered, so that it precedes what follows on stderr."""
        sys.stdout.flush()

    @contextmanager
    def best_effort(self, done: str = "", hint: str = COMMAND_DONE) -> Iterator[None]:
        """Print progress or results in this block without letting stdout stop the work.

        A closed or full stdout neither ends the work nor hides its exit code. The end of the command reports
        it, except for a closed pipe.

        Args:
            done: what the error says first, such as what was created; it makes a closed pipe an error, too.
            hint: what to do about it.
        """
        try:
            yield
            sys.stdout.flush()
        except OSError as error:
            discard(sys.stdout)  # its next flush would fail, and replace the exit code
            if done or not isinstance(error, BrokenPipeError):
                self._deferred_error = JebbitctlError(f"{done}standard output: {error.strerror}", hint=hint)
        except JebbitctlError as error:
            self._deferred_error = error.with_context(done).with_hint(hint)

    @contextmanager
    def deferred_errors(self) -> Iterator[None]:
        """Report at the end of a command what :meth:`best_effort` could not print.

        Raises:
            JebbitctlError: the command succeeded, but its result could not be printed.
        """
        try:
            yield
        except JebbitctlError:
            if self._deferred_error:
                self.warn(self._deferred_error.message)
            raise
        if self._deferred_error:
            raise self._deferred_error

    def note(self, text: str) -> None:
        """Print a message on stderr."""
        write_error_line(escape_controls(text))

    def warn(self, text: str) -> None:
        """Print a warning on stderr."""
        write_error_line(f"{self._terminal.styled('warning:', 'yellow')} {escape_controls(text)}")

    def error(self, error: JebbitctlError) -> None:
        """Print an error of a command that chooses its own exit code."""
        report(error, self._terminal, as_json=self.json)

    def debug(self, text: str) -> None:
        """Print a debug message on stderr, if debugging."""
        if self.debugging:
            write_error_line(self._terminal.styled(escape_controls(text), "bright_black"))

    def progress(self, description: str, total: int | None = None) -> AbstractContextManager[Progress]:
        """Show the progress of a block of work on stderr, if it is a terminal."""
        return show_progress(description, total, self._terminal)

    def _console(self) -> Console:
        return self._terminal.console(sys.stdout)

    def _lines(self, lines: Iterable[str], *, show_secrets: bool = False) -> None:
        for line in lines:
            self.line(line, show_secrets=show_secrets)


def _json_text(value: Any, *, indent: int | None = None, show_secrets: bool = False) -> str:
    """Return JSON for stdout, without the secrets in use unless ``show_secrets``."""
    ascii_only = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "") != "utf8"
    text = json_text(value, indent=indent, ascii_only=ascii_only)
    if not show_secrets and scrub_registered(text) != text:  # a secret of digits may be part of a number
        text = json_text(scrub_values(value), indent=indent, ascii_only=ascii_only)
    return text


def _scrubbed(value: Any) -> Any:
    """Return a value without the secrets in use, before a table wraps or cuts it."""
    text = cell(value)
    scrubbed = scrub_registered(text)
    return value if scrubbed == text else scrubbed


def _json_object(value: Mapping[str, Any] | SupportsToDict, *, show_secrets: bool) -> dict[str, Any]:
    """Return a row or a resource as a JSON object, with its secrets masked unless ``show_secrets``."""
    is_row = isinstance(value, Mapping)
    found = dict(value) if isinstance(value, Mapping) else value.to_dict()
    if show_secrets:
        return found
    return cast("dict[str, Any]", redact(found) if is_row else redact_service_data(found))
