from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import NotFoundError, UsageError
from jebbitctl.storage.profiles import Profile, ProfileStore, require_profile_name
from tests.support import mode, without_flock

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = Profile(client_id="abc", environment="staging", login_id="1")


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "config")


def path_of(store: ProfileStore) -> Path:
    assert store.path is not None
    return store.path


def write(store: ProfileStore, text: str) -> None:
    path_of(store).parent.mkdir(exist_ok=True)
    path_of(store).write_text(text, encoding="utf-8")


def test_a_saved_profile_is_read_back_unchanged(store: ProfileStore) -> None:
    store.save("one", PROFILE)
    assert store.get("one") == PROFILE
    assert ProfileStore(path_of(store).parent).get("one") == PROFILE
    assert store.get("two") is None
    assert mode(path_of(store)) == 0o600
    assert mode(path_of(store).parent) == 0o700


def test_the_first_profile_is_the_default_until_another_is_chosen(store: ProfileStore) -> None:
    assert store.active() is None
    store.save("one", PROFILE)
    store.save("two", PROFILE)
    assert (store.names(), store.active()) == (["one", "two"], "one")
    store.use("two")
    assert store.active() == "two"


@pytest.mark.parametrize("default", ["one", "default"], ids=["named", "unnamed"])
def test_removing_the_default_activates_no_other_profile(store: ProfileStore, default: str) -> None:
    for name in (default, "two"):
        store.save(name, PROFILE)
    path = path_of(store)
    if default == "default":  # as people write it by hand
        path.write_text(path.read_text().replace('default_profile = "default"\n', ""))
    store.remove(default)
    assert (store.names(), store.active()) == (["two"], None)
    store.save("default", PROFILE)
    assert store.active() == "default", "a login is used at once"
    for name in ("default", "two", "two"):
        store.remove(name)
    assert (store.names(), store.active()) == ([], None)
    assert "default_profile" not in path.read_text()


def test_comments_and_unknown_keys_are_preserved(store: ProfileStore) -> None:
    write(
        store,
        '# mine\n[profiles.one] # first\nclient_id = "x"\nfuture = 1\nbusiness = "old"\n[other]\na = 1\n',
    )
    store.save("one", PROFILE)
    text = path_of(store).read_text()
    assert text.startswith("# mine\n")
    assert "[profiles.one] # first" in text
    assert "future = 1" in text
    assert "[other]" in text
    assert "business" not in text


def test_a_name_with_a_dot_or_a_space_can_be_removed(store: ProfileStore) -> None:
    write(store, '[profiles."by hand"]\nclient_id = "x"\n')
    store.save("a.b", PROFILE)
    assert store.names() == ["by hand", "a.b"]
    for name in store.names():
        store.remove(name)
    assert store.names() == []


def test_a_last_line_without_a_line_break_is_preserved(store: ProfileStore) -> None:
    write(store, "mine = 1")
    store.save("one", PROFILE)
    assert path_of(store).read_text().startswith("mine = 1\n")
    assert store.get("one") == PROFILE


@pytest.mark.parametrize("content", ['profiles.b.client_id = ""\nmine = ""\n', "[profiles.b]\n[profiles]\n"])
def test_a_layout_that_cannot_be_edited_without_loss_is_not_changed(
    store: ProfileStore, content: str
) -> None:
    write(store, content)
    with pytest.raises(UsageError, match="without loss"):
        store.save("a", PROFILE)
    assert path_of(store).read_text() == content
    assert store.names() == ["b"]


def test_a_file_with_a_bom_is_read(store: ProfileStore) -> None:
    write(store, '\ufeff[profiles.one]\nclient_id = "x"\n')
    assert store.names() == ["one"]


def test_a_symbolic_link_is_followed_and_not_replaced(store: ProfileStore, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("# kept\n")
    path_of(store).parent.mkdir()
    path_of(store).symlink_to(target)
    store.save("one", PROFILE)
    assert path_of(store).is_symlink()
    assert target.read_text().startswith("# kept\n")


@pytest.mark.parametrize(
    "content",
    ["[profiles", "profiles = 1", "profiles = [1]", "[profiles]\none = 1", "[profiles.one]\nclient_id = 1"],
)
def test_an_invalid_file_is_an_error_and_not_overwritten(store: ProfileStore, content: str) -> None:
    write(store, content)
    with pytest.raises(UsageError, match=r"config\.toml"):
        store.get("one")
    if content.endswith("client_id = 1"):
        store.save("one", PROFILE)
        assert store.get("one") == PROFILE
        return
    with pytest.raises(UsageError, match=r"config\.toml"):
        store.save("one", PROFILE)
    assert path_of(store).read_text() == content


def test_an_unreadable_file_is_an_error(store: ProfileStore) -> None:
    path_of(store).mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot be read"):
        store.names()


def test_a_directory_that_cannot_be_written_is_refused_beforehand(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = ProfileStore(tmp_path / "file" / "config")
    assert blocked.names() == []
    for attempt in (blocked.require_writable, lambda: blocked.save("one", PROFILE)):
        with pytest.raises(UsageError, match="cannot be written") as caught:
            attempt()
        assert "JEBBIT_CONFIG_DIR" in str(caught.value.hint)
    ProfileStore(tmp_path / "new" / "config").require_writable()
    assert not (tmp_path / "new").exists()


def test_without_a_directory_there_are_no_profiles_and_none_can_be_saved() -> None:
    store = ProfileStore(None)
    assert (store.names(), store.active(), store.get("one")) == ([], None, None)
    for attempt in (store.require_writable, lambda: store.save("one", PROFILE)):
        with pytest.raises(UsageError, match="no home directory"):
            attempt()


def test_a_file_that_stays_locked_is_an_error(store: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr("jebbitctl.storage.profiles._LOCK_TIMEOUT", 0.1)
    store.save("one", PROFILE)
    with (
        FileLock(path_of(store).with_suffix(".lock"), is_singleton=False),
        pytest.raises(UsageError, match="another process"),
    ):
        store.use("two")


def test_a_profile_is_saved_on_a_file_system_without_locks(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_flock(monkeypatch)
    store.save("one", PROFILE)
    assert store.names() == ["one"]


@pytest.mark.parametrize("name", ["", ".a", "-a", "a/b", "a b", "ü", "a\n", "x" * 65])
def test_a_name_with_other_characters_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        require_profile_name(name)


def test_a_valid_name_is_returned() -> None:
    assert require_profile_name("Staging-2.eu_x") == "Staging-2.eu_x"


def test_a_missing_profile_is_an_error_that_names_the_others_or_how_to_create_it(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    with pytest.raises(UsageError) as caught:
        store.require("work", source="--profile")
    assert caught.value.message == "profile 'work' not found (--profile)"
    assert caught.value.hint == "create it: jebbitctl login --profile work"
    store.save("home", PROFILE)
    store.require("home")
    with pytest.raises(NotFoundError, match=r"^profile 'work' not found$") as unknown:
        store.require("work")
    assert unknown.value.hint == "existing profiles: home"
