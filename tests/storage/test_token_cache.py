from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from jebbitctl.authentication import token_from_entry
from jebbitctl.errors import JebbitctlError
from jebbitctl.storage import token_cache
from jebbitctl.storage.token_cache import TokenCache, cache_key

if TYPE_CHECKING:
    from pathlib import Path

KEY = cache_key("a", "b")
ENTRY = {"access_token": "abc", "scopes": ["x"], "issued_at": 1000.0, "expires_at": 2000.0}


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, warnings: list[str]) -> TokenCache:
    return TokenCache(tmp_path, warnings.append)


@pytest.fixture
def path(cache: TokenCache, tmp_path: Path) -> Path:
    cache.put(KEY, ENTRY)
    (path,) = (tmp_path / "tokens").glob("*.json")
    return path


def test_an_entry_comes_back_as_it_was_put(cache: TokenCache, path: Path, warnings: list[str]) -> None:
    assert cache.get(KEY) == ENTRY
    assert cache.get(cache_key("other")) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert warnings == []


def test_a_key_changes_with_any_part_of_the_identity() -> None:
    keys = {
        cache_key("a", "b"),
        cache_key("ab"),
        cache_key("a", "c"),
        cache_key("a", "b", ""),
        cache_key("a\udcff"),
    }
    assert len(keys) == 5
    assert cache_key("a", "b") == hashlib.sha256(b"a\0b").hexdigest()[:32]


@pytest.mark.parametrize(
    "content",
    [b"", b'{"access_token": "ab', b"\xff\xfe", b"[1]", b"null", b'"x"', b"[" * 10000, b"1" * 5000],
    ids=["empty", "truncated", "bytes", "list", "null", "text", "deep", "long number"],
)
def test_a_file_that_is_no_entry_counts_as_absent(cache: TokenCache, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert cache.get(KEY) is None
    cache.put(KEY, ENTRY)
    assert cache.get(KEY) == ENTRY


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": 1},
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "a\nb"},
        {"scopes": "x"},
        {"scopes": [1]},
        {"issued_at": "1000"},
        {"issued_at": True},
        {"issued_at": None},
        {"issued_at": -1},
        {"expires_at": float("nan")},
        {"expires_at": float("inf")},
        {"expires_at": 10**400},
        {"expires_at": 10**11},
    ],
    ids=lambda change: f"{change}"[:40],
)
def test_an_entry_of_wrong_types_is_no_token(change: dict[str, Any]) -> None:
    assert token_from_entry({**ENTRY, **change}) is None


def test_an_entry_that_lacks_something_is_no_token() -> None:
    assert token_from_entry(ENTRY) is not None
    assert token_from_entry(None) is None
    for name in ENTRY:
        assert token_from_entry({key: value for key, value in ENTRY.items() if key != name}) is None


def test_a_file_that_others_could_read_or_a_link_is_not_trusted(cache: TokenCache, path: Path) -> None:
    path.chmod(0o644)
    assert cache.get(KEY) is None
    path.chmod(0o600)
    elsewhere = path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(elsewhere)
    assert cache.get(KEY) is None
    cache.put(KEY, {**ENTRY, "access_token": "new"})
    assert not path.is_symlink()
    assert json.loads(elsewhere.read_text()) == ENTRY


def test_a_file_of_another_user_is_not_trusted(
    cache: TokenCache, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert path.exists()
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert cache.get(KEY) is None


def test_a_pipe_in_its_place_does_not_hang(cache: TokenCache, path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)
    assert cache.get(KEY) is None


def test_a_cache_that_cannot_be_used_is_warned_about_once(tmp_path: Path, warnings: list[str]) -> None:
    (tmp_path / "tokens").touch()
    cache = TokenCache(tmp_path, warnings.append)
    with cache.lock(KEY):
        assert cache.get(KEY) is None
        cache.put(KEY, ENTRY)
    cache.drop(KEY)
    cache.clear()
    assert len(warnings) == 1


def test_an_entry_that_cannot_be_stored_is_a_warning_that_says_why(
    tmp_path: Path, warnings: list[str]
) -> None:
    (tmp_path / "tokens").touch()
    TokenCache(tmp_path, warnings.append).put(KEY, ENTRY)
    assert warnings == ["the token cache cannot be used (File exists): going on without it"]


def test_a_system_without_locks_is_a_warning(
    cache: TokenCache, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(FileLock, "acquire", missing)
    with cache.lock(KEY):
        cache.put(KEY, ENTRY)
    assert warnings == ["the token cache cannot be used (NotImplementedError): going on without it"]


def test_a_lock_is_as_private_as_what_it_guards(cache: TokenCache, path: Path) -> None:
    before = os.umask(0)
    try:
        with cache.lock(KEY):
            assert stat.S_IMODE(path.with_suffix(".lock").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_without_a_directory_everything_is_absent(warnings: list[str]) -> None:
    cache = TokenCache(None, warnings.append)
    with cache.lock(KEY):
        cache.put(KEY, ENTRY)
    cache.drop(KEY)
    cache.clear()
    assert cache.get(KEY) is None
    reason = "there is no home directory; JEBBIT_CONFIG_DIR can name one"
    assert warnings == [f"the token cache cannot be used ({reason}): going on without it"]


def test_a_lock_that_is_a_link_is_not_followed(
    cache: TokenCache, path: Path, warnings: list[str], tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    path.with_suffix(".lock").symlink_to(precious)
    with cache.lock(KEY):
        pass
    assert len(warnings) == 1
    assert precious.read_text() == "precious"


def test_who_holds_the_lock_too_long_is_not_waited_for(
    cache: TokenCache, path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "LOCK_PATIENCE", 0.1)
    with FileLock(path.with_suffix(".lock")):
        started = time.monotonic()
        with cache.lock(KEY):
            pass
        assert time.monotonic() - started < 5
    assert warnings == ["another process holds the token cache: going on without it"]


def test_dropping_and_clearing_forget(cache: TokenCache, path: Path) -> None:
    cache.drop(KEY)
    assert not path.exists()
    cache.drop(KEY)
    cache.put(KEY, ENTRY)
    leftover = path.with_name(".jebbitctl-x")
    leftover.touch()
    cache.clear()
    assert not path.exists()
    assert not leftover.exists()


def test_a_token_that_cannot_be_removed_is_an_error(cache: TokenCache, path: Path) -> None:
    path.unlink()
    path.mkdir()
    with pytest.raises(JebbitctlError, match=r"^a cached token cannot be removed: "):
        cache.drop(KEY)
    with pytest.raises(JebbitctlError, match=r"^a cached token cannot be removed: "):
        cache.clear()


def test_files_that_no_token_lives_as_long_as_are_swept(cache: TokenCache, path: Path) -> None:
    old = [path.with_name("old.json"), path.with_name("old.lock"), path.with_name(".jebbitctl-old")]
    for file in old:
        file.touch()
        os.utime(file, (time.time() - 32 * 86400,) * 2)
    cache.put(cache_key("other"), ENTRY)
    assert not any(file.exists() for file in old)
    assert path.exists()


def test_a_token_of_yesterday_is_not_swept_with_the_leftovers(cache: TokenCache, path: Path) -> None:
    os.utime(path, (time.time() - 86400,) * 2)
    cache.put(cache_key("other"), ENTRY)
    assert cache.get(KEY) == ENTRY
