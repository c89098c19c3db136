"""The public API for receivers written in Python."""

from __future__ import annotations

import subprocess
import sys

import pytest

import jebbitctl.webhooks


def test_the_import_loads_no_library_and_no_other_module_of_jebbitctl() -> None:
    code = (
        "import sys; before = set(sys.modules); import jebbitctl.webhooks; print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert {name for name in loaded if name.startswith("jebbitctl")} == {
        "jebbitctl",
        "jebbitctl.webhooks",
        "jebbitctl.webhooks.signature",
    }
    others = {name.partition(".")[0] for name in loaded} - {"jebbitctl"}
    assert others <= sys.stdlib_module_names


def test_only_the_documented_names_are_public() -> None:
    names = {"Delivery", "Reason", "Receiver", "Verification", "sign", "verify"}
    assert set(jebbitctl.webhooks.__all__) == names
    assert all(getattr(jebbitctl.webhooks, name).__name__ == name for name in names)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"module 'jebbitctl\.webhooks' has no attribute 'deliver'"):
        vars(jebbitctl.webhooks)["__getattr__"]("deliver")
