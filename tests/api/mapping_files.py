"""Mappings and the CSV files that hold them, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from jebbitctl.api import mapping_csv
from jebbitctl.api.resources import Resource

if TYPE_CHECKING:
    from jebbitctl.api.mappings import MappingSpec

TYPE = "integration_mappings"
HEADER = "jebbit_var,client_var,default\n"

_characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
_names = st.text(_characters | st.sampled_from(" \t\r\n\u00a0\"',;|='"), max_size=20)
_visible_names = _names.filter(str.strip).filter(lambda name: name != "$metadata")
stored_mappings = st.lists(
    st.fixed_dictionaries(
        {"jebbit_var": _visible_names, "client_var": _visible_names, "default": st.none() | _names}
    ).map(lambda attributes: Resource(TYPE, None, attributes)),
    unique_by=lambda mapping: mapping.attributes["jebbit_var"],
    max_size=8,
)


def mapping(id_: str | None = None, **attributes: Any) -> Resource:
    return Resource(TYPE, id_, attributes)


def parse(text: str | bytes, *, delimiter: str | None = None) -> list[MappingSpec]:
    content = text if isinstance(text, bytes) else text.encode()
    return mapping_csv.parse(content, "m.csv", delimiter=delimiter)
