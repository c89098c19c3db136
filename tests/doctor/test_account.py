from __future__ import annotations

import pytest

from jebbitctl.doctor import account
from jebbitctl.errors import CheckFailedError
from tests.doctor.support import check_context


@pytest.mark.parametrize(
    ("env", "message", "fix"),
    [
        ({"JEBBIT_CLIENT_ID": "x"}, "JEBBIT_CLIENT_SECRET is not", "set both, or neither"),
        ({"JEBBIT_CLIENT_SECRET": "x"}, "JEBBIT_CLIENT_ID is not", "set both, or neither"),
        ({"JEBBIT_BUSINESS_ID": ""}, "JEBBIT_BUSINESS_ID is set but empty", "unset JEBBIT_BUSINESS_ID"),
        ({"JEBBIT_ACCESS_TOKEN": ""}, "JEBBIT_ACCESS_TOKEN is empty", "unset it"),
        (
            {"JEBBIT_CLIENT_SECRET": "x", "JEBBIT_CLIENT_SECRET_FILE": "/x"},
            "JEBBIT_CLIENT_SECRET and JEBBIT_CLIENT_SECRET_FILE are both set",
            "unset one of them",
        ),
        ({"JEBBIT_PROFILE": "a\nb"}, "JEBBIT_PROFILE contains a line break", "JEBBIT_PROFILE"),
        ({"JEBBIT_TIMEOUT": "soon"}, "JEBBIT_TIMEOUT='soon'", "JEBBIT_TIMEOUT"),
        (
            {"JEBBIT_CLIENTID": "x"},
            "JEBBIT_CLIENTID is not a variable of jebbitctl",
            "rename it to JEBBIT_CLIENT_ID",
        ),
        (
            {"JEBBIT_ACCESS_TOKEN": "t", "JEBBIT_CLIENT_ID": "x", "JEBBIT_CLIENT_SECRET": "y"},
            "JEBBIT_ACCESS_TOKEN overrides JEBBIT_CLIENT_ID",
            "unset one of them",
        ),
    ],
)
def test_an_invalid_or_contradictory_variable_fails_the_check(
    patch: pytest.MonkeyPatch, env: dict[str, str], message: str, fix: str
) -> None:
    for name, value in env.items():
        patch.setenv(name, value)
    with pytest.raises(CheckFailedError) as failed:
        account.environment(check_context())
    assert failed.value.message.count(message) == 1
    assert fix in str(failed.value.hint)


def test_the_environment_check_lists_variables_without_their_values(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("JEBBIT_WEBHOOK_SECRET", "sesame")
    patch.setenv("JEBBIT_SOMEBODY_ELSES_THING", "x")
    detail = account.environment(check_context())
    assert detail == "set: JEBBIT_WEBHOOK_SECRET, JEBBIT_CONFIG_DIR"
    patch.delenv("JEBBIT_WEBHOOK_SECRET")
    patch.delenv("JEBBIT_CONFIG_DIR")
    assert account.environment(check_context()) == "no JEBBIT_ variable is set"
