from __future__ import annotations

import pytest

from jebbitctl.sandbox.responses import ApiError


@pytest.mark.parametrize("attribute", ["status", "reason", "attributes", "detail"])
def test_an_api_error_is_immutable(attribute: str) -> None:
    error = ApiError(400, "no")
    with pytest.raises(AttributeError):
        setattr(error, attribute, "other")
    assert (error.status, error.detail) == (400, "no")
