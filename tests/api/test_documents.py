from __future__ import annotations

from hypothesis import given

from jebbitctl.api import documents
from tests.strategies import DOCUMENTS


@given(DOCUMENTS)
def test_any_document_has_a_next_link_and_an_id_or_none(document: object) -> None:
    assert isinstance(documents.next_link(document), str | None)
    assert isinstance(documents.resource_id(document), str | None)


def test_a_request_document_has_the_type_the_attributes_and_perhaps_an_id() -> None:
    assert documents.request_document("integrations", {"a": 1}) == {
        "data": {"type": "integrations", "attributes": {"a": 1}}
    }
    assert documents.request_document("integrations", {}, "5") == {
        "data": {"id": "5", "type": "integrations", "attributes": {}}
    }
