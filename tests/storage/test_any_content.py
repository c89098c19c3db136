"""Reading and editing stored files with arbitrary content never crashes."""

from __future__ import annotations

import json
import math
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.access_token import AccessToken
from jebbitctl.errors import UsageError
from jebbitctl.storage.atomic_files import replace_file
from jebbitctl.storage.completion_cache import CompletionCache
from jebbitctl.storage.profiles import Profile, ProfileStore
from jebbitctl.storage.token_cache import TokenCache
from jebbitctl.util.times import rfc3339_or_none
from tests.strategies import JSON

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
TIMES = st.floats() | st.integers() | st.floats(time.time() - 400, time.time() + 400)
ENTRIES = st.fixed_dictionaries(
    {"access_token": st.text() | st.from_regex(r"[!-~]{1,40}", fullmatch=True) | SCALARS},
    optional={
        "scopes": st.lists(st.text() | SCALARS, max_size=3) | SCALARS,
        "issued_at": TIMES | SCALARS,
        "expires_at": TIMES | SCALARS,
    },
)
LISTS = st.fixed_dictionaries(
    {"written_at": TIMES | SCALARS},
    optional={"items": st.lists(st.lists(st.text() | SCALARS, max_size=3), max_size=3) | SCALARS},
)


def as_bytes(*strategies: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    """Return a strategy for arbitrary bytes, and for JSON of these values."""
    return st.binary() | st.one_of(JSON, *strategies).map(json.dumps).map(str.encode)


@given(as_bytes(ENTRIES))
def test_any_cached_token_is_usable_or_none(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        warnings: list[str] = []
        cache = TokenCache(Path(directory), warnings.append)
        cache.put("key", {})
        (path,) = Path(directory).rglob("*.json")
        replace_file(path, "")
        path.write_bytes(content)
        token = AccessToken.from_entry(cache.get("key"))
        assert warnings == []
    if token is not None:
        assert token.access_token.isascii()
        assert token.access_token.isprintable()
        assert isinstance(token.is_fresh(time.time()), bool)
        assert math.isfinite(token.expires_at)
        rfc3339_or_none(token.expires_at)


@given(as_bytes(LISTS))
def test_any_cached_list_of_ids_is_pairs_of_strings_or_none(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        cache = CompletionCache(Path(directory))
        cache.put("key", [])
        (path,) = Path(directory).rglob("*.json")
        path.write_bytes(content)
        found = cache.get("key")
    assert found is None or all(isinstance(text, str) for item in found for text in item)


LINES = st.sampled_from(
    [
        "# mine",
        "",
        'default_profile = "a"',
        "default_profile = 1",
        "[profiles]",
        "[profiles.a]",
        "[profiles.b] # comment",
        '[profiles."c d"]',
        "[[profiles]]",
        "[profiles.a.deeper]",
        "[other]",
        'client_id = "x"',
        "client_id = 5",
        'business = """\nB\n"""',
        "future = [1,\n 2]",
        'a = { client_id = "y" }',
        'profiles.b.client_id = "z"',
        'profiles = { a = { client_id = "i" } }',
        "a.client_id = 'dotted'",
    ]
)
CONFIGURATIONS = st.text() | st.lists(LINES, max_size=8).map("\n".join) | st.lists(LINES).map("\r\n".join)


def parsed(path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return None


def read_all(store: ProfileStore) -> dict[str, Profile | None]:
    return {name: store.get(name) for name in store.names()}


@given(st.binary() | CONFIGURATIONS.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_configuration_is_read_or_refused_and_a_login_changes_nothing_else(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "config.toml")
        path.write_bytes(content)
        before = parsed(path)
        with suppress(UsageError):
            read_all(ProfileStore(path.parent))
            ProfileStore(path.parent).active()
        try:
            ProfileStore(path.parent).save("a", Profile(client_id="new", login_id="1"))
        except UsageError:
            assert path.read_bytes() == content
            return
        assert before is not None
        after = parsed(path)
        assert after is not None
        assert after["profiles"].pop("a")["client_id"] == "new"
        if before.get("default_profile", "default") not in list(before.get("profiles", {})):
            before["default_profile"] = "a"  # no profile was active
        before.get("profiles", {}).pop("a", None)
        assert {"profiles": {}, **before} == after
