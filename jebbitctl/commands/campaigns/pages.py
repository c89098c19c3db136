"""Lists of campaigns, which come in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.output.streams import flush

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.resources import Resource


def page_by_page(pages: Iterable[list[Resource]]) -> Iterator[Resource]:
    """Yield each resource; flush a page to a pipe before requesting the next one."""
    for page in pages:
        yield from page
        flush()
