from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from jebbitctl.api.access_token import AccessToken
from jebbitctl.errors import JebbitctlError
from jebbitctl.storage import token_cache
from jebbitctl.storage.token_cache import TokenCache, cache_key
from tests.support import mode, without_flock

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


def test_a_stored_entry_is_read_back_unchanged(cache: TokenCache, path: Path, warnings: list[str]) -> None:
    assert cache.get(KEY) == ENTRY
    assert cache.get(cache_key("other")) is None
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
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
def test_an_invalid_file_counts_as_absent(cache: TokenCache, path: Path, content: bytes) -> None:
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
def test_an_entry_with_wrong_types_is_not_a_token(change: dict[str, Any]) -> None:
    assert AccessToken.from_entry({**ENTRY, **change}) is None


def test_an_incomplete_entry_is_not_a_token() -> None:
    assert AccessToken.from_entry(ENTRY) is not None
    assert AccessToken.from_entry(None) is None
    for name in ENTRY:
        assert AccessToken.from_entry({key: value for key, value in ENTRY.items() if key != name}) is None


def test_a_file_that_others_can_read_or_a_link_is_not_trusted(cache: TokenCache, path: Path) -> None:
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


def test_a_named_pipe_instead_of_the_file_does_not_hang(cache: TokenCache, path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)
    assert cache.get(KEY) is None


def test_an_unusable_cache_is_warned_about_once(tmp_path: Path, warnings: list[str]) -> None:
    (tmp_path / "tokens").touch()
    cache = TokenCache(tmp_path, warnings.append)
    with cache.lock(KEY):
        assert cache.get(KEY) is None
        cache.put(KEY, ENTRY)
    cache.remove(KEY)
    cache.clear()
    assert len(warnings) == 1


def test_the_warning_says_why_an_entry_cannot_be_stored(tmp_path: Path, warnings: list[str]) -> None:
    (tmp_path / "tokens").touch()
    TokenCache(tmp_path, warnings.append).put(KEY, ENTRY)
    assert warnings == ["cannot use the token cache (File exists), continuing without it"]


def test_a_file_system_without_locks_causes_one_warning_and_leaves_no_marker_file(
    cache: TokenCache, warnings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_flock(monkeypatch)
    for _ in range(2):
        with cache.lock(KEY):
            cache.put(KEY, ENTRY)
            assert {path.suffix for path in (tmp_path / "tokens").iterdir()} <= {".json", ".lock"}
    assert warnings == ["cannot use the token cache (Function not implemented), continuing without it"]


def test_a_lock_file_is_private(cache: TokenCache, path: Path) -> None:
    before = os.umask(0)
    try:
        with cache.lock(KEY):
            assert mode(path.with_suffix(".lock")) == 0o600
    finally:
        os.umask(before)


def test_without_a_directory_nothing_is_cached(warnings: list[str]) -> None:
    cache = TokenCache(None, warnings.append)
    with cache.lock(KEY):
        cache.put(KEY, ENTRY)
    cache.remove(KEY)
    cache.clear()
    assert cache.get(KEY) is None
    reason = "there is no home directory; set JEBBIT_CONFIG_DIR"
    assert warnings == [f"cannot use the token cache ({reason}), continuing without it"]


def test_a_lock_that_is_a_link_is_not_followed(
    cache: TokenCache, path: Path, warnings: list[str], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("unchanged")
    path.with_suffix(".lock").symlink_to(target)
    with cache.lock(KEY):
        pass
    assert len(warnings) == 1
    assert target.read_text() == "unchanged"


def test_a_lock_that_is_held_too_long_causes_a_warning(
    cache: TokenCache, path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "LOCK_TIMEOUT", 0.1)
    with FileLock(path.with_suffix(".lock")):
        started = time.monotonic()
        with cache.lock(KEY):
            pass
        assert time.monotonic() - started < 5
    assert warnings == ["another process has locked the token cache, continuing without it"]


def test_remove_and_clear_delete_entries(cache: TokenCache, path: Path) -> None:
    cache.remove(KEY)
    assert not path.exists()
    cache.remove(KEY)
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
        cache.remove(KEY)
    with pytest.raises(JebbitctlError, match=r"^a cached token cannot be removed: "):
        cache.clear()


def test_files_older_than_any_token_are_removed(cache: TokenCache, path: Path) -> None:
    old = [path.with_name("old.json"), path.with_name("old.lock"), path.with_name(".jebbitctl-old")]
    for file in old:
        file.touch()
        os.utime(file, (time.time() - 32 * 86400,) * 2)
    cache.put(cache_key("other"), ENTRY)
    assert not any(file.exists() for file in old)
    assert path.exists()


def test_a_token_of_yesterday_is_not_removed_with_the_leftovers(cache: TokenCache, path: Path) -> None:
    os.utime(path, (time.time() - 86400,) * 2)
    cache.put(cache_key("other"), ENTRY)
    assert cache.get(KEY) == ENTRY
