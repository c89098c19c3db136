from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage.secret_files import SecretFiles
from tests.support import mode

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def secrets(tmp_path: Path) -> SecretFiles:
    return SecretFiles(tmp_path / "secrets")


def test_a_reserved_secret_is_pending_until_it_is_written(secrets: SecretFiles) -> None:
    assert not secrets.is_pending("spring")
    secrets.reserve("spring")
    assert secrets.is_pending("spring")
    secrets.write("spring", "shared")
    assert not secrets.is_pending("spring")
    assert secrets.path("spring").read_text() == "shared\n"


def test_files_and_their_directory_are_private(secrets: SecretFiles) -> None:
    secrets.reserve("spring")
    path = secrets.path("spring")
    assert mode(path.parent) == 0o700
    assert mode(path) == 0o600
    secrets.write("spring", "shared")
    assert mode(path) == 0o600


def test_a_secret_that_would_be_overwritten_is_refused(secrets: SecretFiles) -> None:
    secrets.reserve("pending")
    secrets.write("written", "shared")
    secrets.require_free(["new", "pending"])
    with pytest.raises(UsageError, match=r"written\.secret already exists, but integration written does not"):
        secrets.require_free(["new", "written"])


def test_a_file_instead_of_the_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "secrets").touch()
    secrets = SecretFiles(tmp_path / "secrets")
    with pytest.raises(UsageError, match="is not a directory"):
        secrets.require_free([])
    with pytest.raises(JebbitctlError, match="the secret could not be written"):
        secrets.reserve("spring")
