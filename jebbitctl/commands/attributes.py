"""``attributes``: what a business asks its visitors, read only. Jebbit's API calls them traits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import attributes
from jebbitctl.commands.base import LIST_OPTIONS, Context, command, group
from jebbitctl.commands.completion import values
from jebbitctl.errors import UsageError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.resources import Resource

PASSES = "passes_to_integrations"
COLUMNS = ("id", attributes.USER_DEFINED_ID, "display_name", "rank", PASSES)


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """An attribute, and whether it passes to integrations, under one name whatever Jebbit calls it."""

    attribute: Resource

    @property
    def passes(self) -> bool | None:
        return attributes.passes_to_integrations(self.attribute.attributes)

    def to_dict(self) -> dict[str, Any]:
        own = self.attribute.to_dict()
        return own if PASSES in own else {**own, PASSES: self.passes}


class AttributeListing:
    """The attributes that match the options, as they come, and what to say about the others."""

    def __init__(self, context: Context, ids: list[str] | None, *, passing: bool | None) -> None:
        self._context = context
        self._ids = ids
        self._passing = passing
        self._found: set[Any] = set()
        self._unknown = 0

    def rows(self) -> Iterator[AttributeRow]:
        for page in attributes.list_pages(self._context.client, self._ids):
            for row in map(AttributeRow, page):
                self._found.add(str(row.attribute.attributes.get(attributes.USER_DEFINED_ID)))
                self._unknown += self._passing is not None and row.passes is None
                if self._passing in {None, row.passes}:
                    yield row

    def end(self, count: int) -> None:
        """Print notes on what was asked for and is not listed."""
        note = self._context.output.note
        if missing := [id_ for id_ in self._ids or () if id_ not in self._found]:
            note(f"Not found: {', '.join(missing)}.")
        if self._unknown:
            note(
                f"Left out {plural(self._unknown, 'attribute')} for which Jebbit does not say whether "
                "integrations get the answers."
            )
        if not count and not missing:
            note("No attributes." if (self._ids, self._passing) == (None, None) else "No attributes match.")


@command(
    name="list",
    example="jebbitctl attributes list --id email,shoe_size\njebbitctl attributes list --not-passing --csv",
    common=LIST_OPTIONS,
)
def list_(
    context: Context,
    *,
    id_: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="NAME",
            help="Only this user_defined_id, a mapping's jebbit_var. Repeatable, or separated by commas.",
            autocompletion=values.jebbit_vars,
        ),
    ] = None,
    passing: Annotated[
        bool | None,
        typer.Option("--passing/--not-passing", help="Only attributes that integrations get, or do not get."),
    ] = None,
) -> None:
    """List attributes: what visitors are asked, under the names that mappings use.

    Jebbit's API calls them traits, and does not document which member says whether integrations get one. The
    column passes_to_integrations shows the only member about integrations that is true or false; it is empty
    if there is none.
    """
    listing = AttributeListing(context, None if id_ is None else _ids(id_), passing=passing)
    listing.end(context.output.table(listing.rows(), COLUMNS))


def _ids(texts: list[str]) -> list[str]:
    """Return each id once.

    Raises:
        UsageError: there are none.
    """
    ids = list(dict.fromkeys(id_ for text in texts for id_ in map(str.strip, text.split(",")) if id_))
    if not ids:
        raise UsageError("--id names no attribute", hint="for example: --id email,shoe_size")
    return ids


@command(example="jebbitctl attributes get email -q display_name")
def get(
    context: Context,
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Id of the attribute, or its user_defined_id.",
            show_default=False,
            autocompletion=values.attributes,
        ),
    ],
) -> None:
    """Show one attribute with all that Jebbit says about it."""
    context.output.resource(attributes.find(context.client, id_))


app = group("Show the attributes that mappings can name.", list_, get)
