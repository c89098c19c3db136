from __future__ import annotations

import pytest

from jebbitctl.errors import AmbiguousWriteError, JebbitctlError

ERROR = AmbiguousWriteError("no answer", hint="look first", status=502, request_id="7f-1")


@pytest.mark.parametrize("name", ["message", "hint", "status", "request_id"])
def test_an_error_is_read_only(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(ERROR, name, "other")


def test_with_hint_returns_a_new_error_of_the_same_type() -> None:
    error = ERROR.with_hint("look twice")
    assert type(error) is AmbiguousWriteError
    assert (error.message, error.hint, error.status) == ("no answer", "look twice", 502)
    assert error.request_id == "7f-1"
    assert (ERROR.hint, ERROR.with_hint(None).hint) == ("look first", None)


def test_with_context_adds_to_the_message_and_to_its_text() -> None:
    error = ERROR.with_context(prefix="create spring: ", suffix=" (1 of 2 done)")
    assert type(error) is AmbiguousWriteError
    assert str(error) == error.message == "create spring: no answer (1 of 2 done)"
    assert (error.hint, error.status, error.request_id) == ("look first", 502, "7f-1")
    assert (str(ERROR), ERROR.with_context().message) == ("no answer", "no answer")


def test_an_error_without_hint_and_status_stays_without_them() -> None:
    error = JebbitctlError("no").with_context(prefix="step 1: ")
    assert (error.message, error.hint, error.status) == ("step 1: no", None, None)
