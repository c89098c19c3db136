"""Line numbers in a TOML file: ``tomllib`` reports them for syntax errors only."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.manifest.validation import KeyPath


class Section(NamedTuple):
    """The lines from a header, such as ``[integrations.spring]``, to the next one.

    Attributes:
        keys: of the header, with a position for an element of an array of tables; empty before any header.
        first: the number of its first line.
        text: all of its lines.
    """

    keys: KeyPath
    first: int
    text: str


class Sections(NamedTuple):
    """The sections of a file.

    Attributes:
        exact: by the keys of their headers.
        within: the first section whose keys begin with these.
    """

    exact: dict[KeyPath, list[Section]]
    within: dict[KeyPath, Section]

    def candidates(self, path: KeyPath) -> Iterator[Section]:
        """Yield the sections that may have the value at ``path``, the likeliest first."""
        if path in self.within:
            yield self.within[path]
        for depth in range(len(path) - 1, -1, -1):
            yield from self.exact.get(path[:depth], ())


def line_of(text: str, path: KeyPath) -> int:
    """Return the line in which the value at ``path`` starts, or the innermost table around it that exists.

    Looks into the sections that may have it. If they cannot be told apart, it looks into all of the file,
    which takes long if that is large.

    Args:
        text: valid TOML.
        path: keys from the outside in, and positions in arrays.
    """
    sections = _sections(text)
    if sections is None:
        return _line_in(text, path)
    for length in range(len(path), 0, -1):
        for section in sections.candidates(path[:length]):
            document = _parse(section.text)
            if document is None:
                return _line_in(text, path)
            inner = _inside(section, path[:length])
            if is_in(document, inner):
                return section.first - 1 + _line_in(section.text, inner)
    return _line_in(text, path)


@lru_cache(maxsize=1)
def _sections(text: str) -> Sections | None:
    """Return the sections of a file, None if they are not simple to tell apart.

    What looks like a header may be part of a string, and a header may be of a table in an array.
    """
    if '"""' in text or "'''" in text:
        return None
    lines = text.split("\n")
    headers: list[tuple[int, KeyPath]] = [(0, ())]
    counts: Counter[KeyPath] = Counter()
    for number, line in enumerate(lines):
        if line.lstrip().startswith("[") and (keys := _keys(line)):
            array = keys[:-1] if keys[-1] == 0 else ()
            outer = array[:-1] if array else keys[:-1]
            if any(outer[:depth] in counts for depth in range(1, len(outer) + 1)):
                return None
            if array:
                keys = (*array, counts[array])
                counts[array] += 1
            headers.append((number, keys))
    sections = Sections(defaultdict(list), {})
    for (first, keys), (end, _) in pairwise([*headers, (len(lines), ())]):
        section = Section(keys, first + 1, "\n".join(lines[first:end]))
        sections.exact[keys].append(section)
        for depth in range(1, len(keys) + 1):
            sections.within.setdefault(keys[:depth], section)
    return sections


def _keys(line: str) -> KeyPath:
    """Return the keys of a header; the last one is 0 for an element of an array; empty for another line."""
    inner, keys = _parse(line), []
    while inner:
        key = 0 if isinstance(inner, list) else next(iter(inner))
        keys.append(key)
        inner = inner[key]
    return tuple(keys)


def _inside(section: Section, path: KeyPath) -> KeyPath:
    """Return where a value is in the text of one section: an array has only one element there."""
    outer = len(section.keys)
    return tuple(0 if isinstance(key, int) and place < outer else key for place, key in enumerate(path))


def _line_in(text: str, path: KeyPath) -> int:
    """Return the line in which the value at ``path`` starts, or the innermost table around it that exists.

    Parses prefixes of the text: the shortest prefix that contains the value ends in the value's last line.
    """
    lines = text.split("\n")

    @cache
    def parse_prefix(count: int) -> Any:
        return _parse("\n".join(lines[:count]))

    def contains_value(count: int) -> bool:
        while count and (document := parse_prefix(count)) is None:
            count -= 1
        return count > 0 and is_in(document, path)

    while path and not contains_value(len(lines)):
        path = path[:-1]
    if not path:
        return 1
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if contains_value(middle) else (middle, high)
    first = high
    while first > 1 and parse_prefix(first - 1) is None:
        first -= 1
    return first


def _parse(text: str) -> Any:
    """Return the content of a prefix, None if it ends inside a value.

    An array that it ends in is closed, and an inline table around that.
    """
    for end in ("", "\n]", "\n]}"):
        try:
            return tomllib.loads(text + end)
        except ValueError:
            pass
    return None


def is_in(document: Any, path: KeyPath) -> bool:
    """Whether a parsed file has a value at ``path``."""
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
