from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.storage.running_sandboxes import RunningSandbox, RunningSandboxes
from tests.support import mode

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"JEBBIT_API_BASE_URL": "http://127.0.0.1:8700", "JEBBIT_CLIENT_SECRET": "short"}
SANDBOX = RunningSandbox("abc", ENVIRONMENT)


@pytest.fixture
def store(tmp_path: Path) -> RunningSandboxes:
    return RunningSandboxes(tmp_path)


def no_warning(text: str) -> None:
    pytest.fail(text)


def test_a_sandbox_is_found_while_it_runs(store: RunningSandboxes, tmp_path: Path) -> None:
    other = RunningSandbox("def", {**ENVIRONMENT, "JEBBIT_API_BASE_URL": "http://[::1]:8701"})
    with store.announce(SANDBOX, no_warning), store.announce(other, no_warning):
        assert store.all() == [SANDBOX, other]
        assert (SANDBOX.url, SANDBOX.port, other.port) == ("http://127.0.0.1:8700", 8700, 8701)
        assert mode(tmp_path / "sandboxes") == 0o700
        assert mode(tmp_path / "sandboxes" / "abc.json") == 0o600
    assert store.all() == []
    assert [*(tmp_path / "sandboxes").iterdir()] == []


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"run": "other", "environment": ENVIRONMENT},
        {"run": "abc", "environment": {}},
        {"run": "abc", "environment": {**ENVIRONMENT, "JEBBIT_CLIENT_ID": 1}},
        {"run": "abc", "environment": {**ENVIRONMENT, "JEBBIT_API_BASE_URL": "https://evil.example"}},
        {"run": "abc", "environment": {**ENVIRONMENT, "JEBBIT_API_BASE_URL": "http://127.0.0.1:99999"}},
    ],
)
def test_a_file_that_is_none_of_ours_is_ignored(
    store: RunningSandboxes, tmp_path: Path, content: Any
) -> None:
    with store.announce(SANDBOX, no_warning):
        (tmp_path / "sandboxes" / "abc.json").write_text(json.dumps(content))
        assert store.all() == []


def test_a_file_that_others_could_have_written_is_ignored(store: RunningSandboxes, tmp_path: Path) -> None:
    with store.announce(SANDBOX, no_warning):
        path = tmp_path / "sandboxes" / "abc.json"
        path.chmod(0o644)
        assert store.all() == []
        path.chmod(0o600)
        path.rename(path.with_suffix(".old"))
        path.symlink_to(path.with_suffix(".old"))
        assert store.all() == []


@pytest.mark.skipif(os.name != "posix", reason="a directory that cannot be created")
def test_a_sandbox_that_cannot_be_announced_runs_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", None):
        warnings: list[str] = []
        store = RunningSandboxes(directory)
        with store.announce(SANDBOX, warnings.append):
            assert store.all() == []
        (warning,) = warnings
        assert warning.startswith("jebbitctl sandbox env cannot find this sandbox: ")


def test_a_forgotten_sandbox_is_not_found(store: RunningSandboxes) -> None:
    with store.announce(SANDBOX, no_warning):
        store.forget(SANDBOX)
        assert store.all() == []
