from __future__ import annotations

import pytest

from jebbitctl.errors import CredentialsError
from jebbitctl.util.inputs import clean_credential


def test_a_credential_loses_trailing_line_breaks_and_nothing_else() -> None:
    assert clean_credential(" a b\r\n", source="it") == " a b"


@pytest.mark.parametrize("value", ["", "\r\n", "a\nb", "a\x7f", "a\u202eb", "\ufeffa", "a\x00"])
def test_a_credential_that_is_empty_or_contains_control_characters_is_an_error(value: str) -> None:
    with pytest.raises(CredentialsError, match="it "):
        clean_credential(value, source="it")
