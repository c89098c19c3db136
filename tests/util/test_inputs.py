from __future__ import annotations

import pytest

from jebbitctl.errors import CredentialsError
from jebbitctl.util.inputs import clean_credential, padding


def test_a_credential_loses_trailing_line_breaks_and_nothing_else() -> None:
    assert clean_credential(" a b\r\n", source="it") == " a b"


@pytest.mark.parametrize("value", ["", "\r\n", "a\nb", "a\x7f", "a\u202eb", "\ufeffa", "a\x00"])
def test_a_credential_that_is_empty_or_contains_control_characters_is_an_error(value: str) -> None:
    with pytest.raises(CredentialsError, match="it "):
        clean_credential(value, source="it")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a\t", "it ends with a tab"),
        ("\xa0a", r"it begins with a space \(U\+00A0\)"),
        ("a\t\n", "ends with a tab"),
    ],
)
def test_padding_that_nobody_sees_is_named(value: str, problem: str) -> None:
    with pytest.raises(CredentialsError, match=problem):
        clean_credential(value, source="it")


@pytest.mark.parametrize(
    "value", ['"a"', "'a'", "`a`", "\u201ca\u201d", "\u2018a\u2019", "\u201ea\u201c", "\xaba\xbb"]
)
def test_quotation_marks_of_shells_and_documents_are_padding(value: str) -> None:
    found = padding(value, source="it")
    assert found
    assert found.problem == "it begins and ends with a quotation mark"
    assert padding(value[:-1], source="it") is None
