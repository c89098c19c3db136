from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api import documents
from jebbitctl.errors import ExitCode, JebbitctlError, RefusedError, UsageError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["data", "attributes", "errors", "links", "next", "id", "title", "source"])
            | st.text(),
            inner,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "id_",
    [
        "",
        ".",
        "..",
        "...",
        "a/b",
        "a\\b",
        "a?x",
        "a#x",
        "a b",
        "a\n",
        "\n",
        "%2e%2e",
        "a%2fb",
        "é",
        "٣",
        "a" * 129,
    ],
)
def test_what_is_no_id_is_wrong_usage(id_: str) -> None:
    with pytest.raises(UsageError, match="is not an id") as caught:
        documents.require_id(id_)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("id_", ["L5m24mjs", "5", "a-b_c~d", "a..b", ".a", "a" * 128])
def test_an_id_is_returned(id_: str) -> None:
    assert documents.require_id(id_) == id_


@given(st.text() | st.text("./\\%?#2e&;~") | st.from_regex(r"[A-Za-z0-9_~.-]{1,128}", fullmatch=True))
def test_an_id_never_leaves_its_place_in_the_path(id_: str) -> None:
    import requests

    if not documents.is_id(id_):
        return
    url = requests.Request("GET", f"https://h/api/v1/integrations/{id_}/test").prepare().url
    assert url is not None
    assert urlsplit(url).path.split("/") == ["", "api", "v1", "integrations", id_, "test"]
    assert not urlsplit(url).query


def test_unknown_attributes_are_kept() -> None:
    document = {
        "data": {
            "id": "1",
            "type": "integrations",
            "attributes": {"new": {"deep": [1]}, "id": "attribute", "type": "attribute"},
            "relationships": {"a": 1},
            "links": {"self": "/x"},
        }
    }
    assert documents.one(document) == {
        "id": "1",
        "type": "integrations",
        "new": {"deep": [1]},
        "relationships": {"a": 1},
        "links": {"self": "/x"},
    }


@pytest.mark.parametrize(
    "document", [None, [], "x", 5, {}, {"data": None}, {"data": []}, {"data": {"attributes": 1}}]
)
def test_a_document_without_a_resource_is_refused(document: object) -> None:
    with pytest.raises(RefusedError, match="no resource"):
        documents.one(document)


@pytest.mark.parametrize("document", [None, [], "x", 5, {}, {"data": None}, {"data": {}}, {"data": [5]}])
def test_a_document_without_a_collection_is_refused(document: object) -> None:
    with pytest.raises(RefusedError):
        documents.many(document)


@given(JSON)
def test_any_document_is_read_or_refused(document: object) -> None:
    for read in (documents.one, documents.many):
        with suppress(JebbitctlError):
            read(document)
    assert isinstance(documents.error_text(document), str)
    assert isinstance(documents.next_link(document), str | None)


def test_a_request_document() -> None:
    assert documents.request_document("integrations", {"a": 1}) == {
        "data": {"type": "integrations", "attributes": {"a": 1}}
    }
    assert documents.request_document("integrations", {}, "5") == {
        "data": {"id": "5", "type": "integrations", "attributes": {}}
    }
