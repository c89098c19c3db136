"""The output of one command."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, cast

import typer

from jebbitctl.errors import JebbitctlError
from jebbitctl.output.bars import Bars
from jebbitctl.output.columns import parse_columns, select_columns
from jebbitctl.output.csv_rows import write_csv
from jebbitctl.output.diff import diff_lines
from jebbitctl.output.error_report import report
from jebbitctl.output.progress import show_progress
from jebbitctl.output.query import (
    COMMAND_DONE,
    compile_query,
    plain_lines,
    require_no_comparison,
    require_unmasked,
    search,
)
from jebbitctl.output.streams import discard, is_terminal, write_error_line, write_line, write_message
from jebbitctl.output.tables import Table, key_value_lines
from jebbitctl.util.redaction import redact, redact_service_data, scrub_registered, scrub_values
from jebbitctl.util.text import cell, escape_controls, flatten, json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from jebbitctl.output.formats import Format
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
        format_: what the user asked for.
        debug: print what :meth:`debug` is given.
        terminal: what the environment says about colours and terminals.

    Attributes:
        json: whether the command prints a JSON document, or what a query finds in it.
        json_requested: whether ``--json`` was given; only then are errors JSON.
        plain: whether lines are for programs: tab-separated, or CSV.
        plain_requested: whether that was asked for; a pipe alone does not change what is written for readers.
        csv: whether they are CSV.

    Raises:
        UsageError: the query cannot be parsed, or options contradict each other.
    """

    def __init__(self, format_: Format, *, debug: bool = False, terminal: TerminalSettings) -> None:
        format_.require_consistent()
        self.json = format_.is_document
        self.json_requested = format_.json
        self.csv = format_.csv
        self.plain_requested = (format_.plain or format_.csv) and not self.json
        self.plain = self.plain_requested or not (self.json or is_terminal(sys.stdout))
        self.columns = None if format_.columns is None else parse_columns(format_.columns)
        """The columns to print, None for those of the list."""
        self.debugging = debug
        self._terminal = terminal
        self._deferred_error: JebbitctlError | None = None
        """Why :meth:`best_effort` could not print something."""
        self._query = None if format_.query is None else compile_query(format_.query)
        self._plain_results = self._query is not None and format_.plain and not format_.json
        self._csv_header: list[str] = []
        """The last header that was printed."""

    def document(self, value: Any, *, show_secrets: bool = False) -> None:
        """Print a JSON value, or the result of the query: a string bare, unless JSON is requested."""
        if self._query is not None:
            if not show_secrets:
                require_no_comparison(self._query, value)
            result = search(self._query, value)
            if not show_secrets:
                require_unmasked(result, value)
            value = result
        indent = 2 if is_terminal(sys.stdout) else None
        self._result(value, indent=indent, show_secrets=show_secrets)

    def event(self, value: Mapping[str, Any]) -> None:
        """Print one of a series of JSON objects on a line, or the result of the query unless it is null."""
        result = value if self._query is None else search(self._query, value)
        if isinstance(result, str) and not self.json_requested:
            self.line(escape_controls(result))
        elif result is not None:
            self._result(result)

    def _result(self, value: Any, *, indent: int | None = None, show_secrets: bool = False) -> None:
        if self._plain_results:
            self._lines(plain_lines(value), show_secrets=show_secrets)
        elif isinstance(value, str) and not self.json_requested:
            text = escape_controls(value) if is_terminal(sys.stdout) else value
            self.line(text, show_secrets=show_secrets)
        else:
            write_line(_json_text(value, indent=indent, show_secrets=show_secrets))

    def table(
        self,
        rows: Iterable[Mapping[str, Any] | SupportsToDict],
        columns: Sequence[str],
        *,
        numbers: Collection[str] = (),
        show_secrets: bool = False,
    ) -> int:
        """Print resources as rows as they arrive, or all at once as JSON; return their number.

        Args:
            rows: in their order.
            columns: names of attributes.
            numbers: the columns that a terminal aligns to the right.
            show_secrets: do not mask the secrets of the rows.

        Raises:
            UsageError: ``--columns`` names a column that no row has, or a masked one.
        """
        shown: Iterable[Mapping[str, Any]] = (_json_object(row, show_secrets=show_secrets) for row in rows)
        if self.json:
            found = list(shown)
            self.document(found, show_secrets=show_secrets)
            return len(found)
        if self.columns is not None:
            shown = select_columns(shown, self.columns, columns, show_secrets=show_secrets)
            columns = self.columns
        cells = ([row.get(column) for column in columns] for row in shown)
        if self.csv:
            return self._csv(cells, columns, show_secrets=show_secrets)
        table = Table(columns, shutil.get_terminal_size().columns, self._bold, numbers)
        count = 0
        while batch := list(islice(cells, 1 if self.plain else BATCH_ROWS)):
            count += len(batch)
            if self.plain:
                lines: Iterable[str] = ("\t".join(map(cell, values)) for values in batch)
            else:
                lines = table.lines([[_scrubbed(v, show_secrets=show_secrets) for v in row] for row in batch])
            self._lines(lines, show_secrets=show_secrets)
        return count

    def _csv(self, rows: Iterable[Sequence[Any]], columns: Sequence[str], *, show_secrets: bool) -> int:
        """Print CSV rows; return their number. The header comes with the first row: it might be an error."""
        count = 0
        for row in rows:
            self._print_csv_header(columns)
            write_csv([row], show_secrets=show_secrets)
            count += 1
        self._print_csv_header(columns)
        return count

    def _print_csv_header(self, columns: Sequence[str]) -> None:
        if self._csv_header != list(columns):
            self._csv_header = list(columns)
            write_csv([columns])

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

    @property
    def bars(self) -> Bars:
        """Bars that stdout can show."""
        return Bars.of(sys.stdout)

    def key_values(self, pairs: Iterable[tuple[str, Any]], *, show_secrets: bool = False) -> None:
        """Print names and values; not for JSON."""
        if self.csv:
            self._csv(pairs, ("name", "value"), show_secrets=show_secrets)
            return
        if self.plain:
            lines: Iterable[str] = (f"{escape_controls(name)}\t{cell(value)}" for name, value in pairs)
        else:
            shown = ((name, _scrubbed(value, show_secrets=show_secrets)) for name, value in pairs)
            lines = key_value_lines(shown, shutil.get_terminal_size().columns, self._bold)
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
    def best_effort(self, done: str = "") -> Iterator[None]:
        """Print progress or results in this block without letting stdout stop the work.

        A closed or full stdout neither ends the work nor hides its exit code. The end of the command reports
        it, except for a closed pipe.

        Args:
            done: what the error says first, such as what was created; it makes a closed pipe an error, too.
        """
        try:
            yield
            sys.stdout.flush()
        except OSError as error:
            discard(sys.stdout)  # its next flush would fail, and replace the exit code
            if done or not isinstance(error, BrokenPipeError):
                message = f"{done}standard output: {error.strerror}"
                self._deferred_error = JebbitctlError(message, hint=COMMAND_DONE)
        except JebbitctlError as error:
            self._deferred_error = error.with_context(done).with_hint(COMMAND_DONE)

    @property
    def has_failed(self) -> bool:
        """Whether :meth:`best_effort` could not print something."""
        return self._deferred_error is not None

    def add_hint(self, hint: str) -> None:
        """Say more about what :meth:`best_effort` could not print."""
        if error := self._deferred_error:
            self._deferred_error = error.with_hint(f"{error.hint}; {hint}" if error.hint else hint)

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
        write_message(text)

    def unsaved_secret(self, owner: str, secret: str) -> None:
        """Print a shared secret on stderr, as it is nowhere else: it could not be saved or shown.

        Args:
            owner: such as ``integration L5m24mjs``.
            secret: Jebbit does not show it again.
        """
        text = f"Keep the shared secret of {owner}, which is saved nowhere: {secret}"
        write_error_line(escape_controls(text), show_secrets=True)

    def warn(self, text: str) -> None:
        """Print a warning on stderr."""
        write_message(text, "warning:", self._terminal.styled("warning:", "yellow"))

    def error(self, error: JebbitctlError) -> None:
        """Print an error of a command that chooses its own exit code."""
        report(error, self._terminal, as_json=self.json_requested)

    def debug(self, text: str) -> None:
        """Print a debug message on stderr, if debugging."""
        if self.debugging:
            write_error_line(self._terminal.styled(escape_controls(text), "bright_black"))

    def progress(self, description: str, total: int | None = None) -> AbstractContextManager[Progress]:
        """Show the progress of a block of work on stderr, if it is a terminal."""
        return show_progress(description, total, self._terminal)

    def _bold(self, text: str) -> str:
        return typer.style(text, bold=True) if text and self._terminal.allow_colour(sys.stdout) else text

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


def _scrubbed(value: Any, *, show_secrets: bool) -> Any:
    """Return a value without the secrets in use unless ``show_secrets``, before a table wraps it."""
    text = cell(value)
    scrubbed = text if show_secrets else scrub_registered(text)
    return value if scrubbed == text else scrubbed


def _json_object(value: Mapping[str, Any] | SupportsToDict, *, show_secrets: bool) -> dict[str, Any]:
    """Return a row or a resource as a JSON object, with its secrets masked unless ``show_secrets``."""
    is_row = isinstance(value, Mapping)
    found = dict(value) if isinstance(value, Mapping) else value.to_dict()
    if show_secrets:
        return found
    return cast("dict[str, Any]", redact(found) if is_row else redact_service_data(found))
