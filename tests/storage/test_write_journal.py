from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.storage.write_journal import WriteJournal
from tests.support import mode

if TYPE_CHECKING:
    from pathlib import Path


def test_notes_are_private_and_are_read_in_order_until_they_are_cleared(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    journal = WriteJournal(path)
    assert journal.read() == []
    journal.add({"number": 1})
    journal.add({"number": 1, "id": "é"})
    assert WriteJournal(path).read() == [{"number": 1}, {"number": 1, "id": "é"}]
    assert mode(path) == 0o600
    journal.clear()
    assert not path.exists()
    journal.clear()


@pytest.mark.parametrize("torn", [b'{"number": 2', b"", b"\0\0", b"\xff", b"[" * 10_000, b"[1]\n7\n"])
def test_lines_that_are_no_notes_are_skipped(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(b'{"number": 1}\n' + torn)
    path.chmod(0o600)
    assert WriteJournal(path).read() == [{"number": 1}]


def test_a_journal_that_others_can_change_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    path.write_text('{"number": 1}\n')
    path.chmod(0o666)
    assert WriteJournal(path).read() == []


def test_a_journal_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    journal = WriteJournal(tmp_path / "missing" / "a.journal")
    journal.add({"number": 1})
    journal.clear()
    assert journal.read() == []
