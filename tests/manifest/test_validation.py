from __future__ import annotations

import pytest

from jebbitctl.manifest.validation import ManifestError


@pytest.mark.parametrize("attribute", ["path", "problem", "hint"])
def test_a_manifest_error_is_immutable(attribute: str) -> None:
    error = ManifestError(("version",), "is missing", "add it")
    with pytest.raises(AttributeError):
        setattr(error, attribute, "other")
    assert (error.path, error.problem, error.hint) == (("version",), "is missing", "add it")
