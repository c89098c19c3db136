"""The comments above the headings of a manifest, while tomlkit edits it.

tomlkit takes a comment above a heading such as ``[[integrations.spring.mappings]]`` for the end of the table
before it: it would remove both together, and put a new key of that table below the comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit
from tomlkit.items import AoT, Null, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tomlkit.toml_document import TOMLDocument


class _Gap(NamedTuple):
    """What stands between a table's last key and the next heading: comments and blank lines.

    Attributes:
        above: the table.
        text: as it stands in the file.
        heading: the table below, None at the end of the file.
    """

    above: Table
    text: str
    heading: Table | None


class HeadingComments:
    """Takes the comments above headings out of a document, and puts them back after it was edited.

    Args:
        document: from tomlkit.
    """

    def __init__(self, document: TOMLDocument) -> None:
        self._document = document
        headings = list(_headings(document.body))
        self._gaps = [
            _Gap(table, _cut_end(table), following)
            for table, following in zip(headings, [*headings[1:], None], strict=False)
        ]

    def within(self, table: Any) -> str:
        """Return what was taken out of a table and of the tables in it."""
        tables = _with_inner(table)
        return "".join(gap.text for gap in self._gaps if any(gap.above is inner for inner in tables))

    def forget_inner(self, table: Any) -> None:
        """Forget the comments between the headings in a table, which is about to be removed."""
        inner = _with_inner(table)[1:]
        self._gaps = [gap for gap in self._gaps if not any(gap.heading is heading for heading in inner)]

    def restore(self) -> None:
        """Put the comments back. Those above a heading that is gone come above the next one.

        If none of the old ones follows, they end the table that is the last one.
        """
        left = {id(heading) for heading in _headings(self._document.body)}
        text = ""
        for gap in self._gaps:
            text += gap.text
            if gap.heading is not None and id(gap.heading) in left:
                gap.heading.trivia.indent = text + gap.heading.trivia.indent
                text = ""
        if text.strip():
            ends = [gap.above for gap in self._gaps if id(gap.above) in left]
            (ends[-1] if ends else self._document).add(tomlkit.ws(text))


def _headings(body: list[Any]) -> Iterator[Table]:
    """Yield the tables that have a heading, in the order of the file."""
    for key, item in body:
        if isinstance(item, AoT):
            for element in item.body:
                yield element
                yield from _headings(element.value.body)
        elif isinstance(item, Table) and not key.is_dotted():
            if not item.is_super_table():
                yield item
            yield from _headings(item.value.body)


def _with_inner(table: Any) -> list[Table]:
    """Return a table and the tables in it; an empty list if it is no table with a heading."""
    return [table, *_headings(table.value.body)] if isinstance(table, Table) else []


def _cut_end(table: Table) -> str:
    """Remove what follows the last key of a table, up to the next heading, and return it."""
    body = table.value.body
    end = next((place for place, (key, item) in enumerate(body) if _has_heading(key, item)), len(body))
    start = end
    while start and body[start - 1][0] is None:
        start -= 1
    text = "".join(item.as_string() for _, item in body[start:end])
    for place in range(start, end):
        body[place] = (None, Null())  # as tomlkit removes an item: others keep their places
    return text


def _has_heading(key: Any, item: Any) -> bool:
    return isinstance(item, AoT | Table) and not key.is_dotted()
