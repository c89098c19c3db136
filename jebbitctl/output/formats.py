"""The options that choose a format."""

from __future__ import annotations

from typing import NamedTuple

from jebbitctl.errors import UsageError


class Format(NamedTuple):
    """What the user asked for; without anything, the format that suits the streams.

    Attributes:
        json: one JSON document.
        plain: tab-separated lines, even on a terminal.
        csv: CSV with a header.
        columns: names of the columns of a list, separated by commas.
        query: a JMESPath expression over the JSON document.
    """

    json: bool = False
    plain: bool = False
    csv: bool = False
    columns: str | None = None
    query: str | None = None

    @property
    def is_document(self) -> bool:
        """Whether a JSON document is printed, or what a query finds in it."""
        return self.json or self.query is not None

    def require_consistent(self) -> None:
        """Check that the options do not contradict each other.

        Raises:
            UsageError: they do.
        """
        if self.csv and (self.plain or self.is_document):
            raise UsageError("--csv cannot be used with --json, --plain or --query")
        if self.json and self.plain and self.query is None:
            raise UsageError("--json and --plain are mutually exclusive without --query")
        if self.columns is not None and self.is_document:
            raise UsageError(
                "--columns cannot be used with --json or --query",
                hint="choose attributes with a query: -q '[].[id, created_at]'",
            )
