from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.errors import ExitCode, UsageError
from jebbitctl.util import ids


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
def test_require_id_rejects_anything_that_is_not_an_id(id_: str) -> None:
    with pytest.raises(UsageError, match="is not an id") as caught:
        ids.require_id(id_)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("id_", ["L5m24mjs", "5", "a-b_c~d", "a..b", ".a", "a" * 128])
def test_require_id_returns_an_id(id_: str) -> None:
    assert ids.require_id(id_) == id_


@given(st.text() | st.text("./\\%?#2e&;~") | st.from_regex(r"[A-Za-z0-9_~.-]{1,128}", fullmatch=True))
def test_an_id_is_always_one_path_segment(id_: str) -> None:
    import requests

    if not ids.is_id(id_):
        return
    url = requests.Request("GET", f"https://h/api/v1/integrations/{id_}/test").prepare().url
    assert url is not None
    assert urlsplit(url).path.split("/") == ["", "api", "v1", "integrations", id_, "test"]
    assert not urlsplit(url).query
