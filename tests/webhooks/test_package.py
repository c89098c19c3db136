"""``from jebbitctl.webhooks import sign, verify``: what receivers written in Python rely on."""

from __future__ import annotations

import subprocess
import sys

import jebbitctl.webhooks


def test_importing_it_loads_no_library_and_nothing_else_of_ours() -> None:
    code = "import sys; old = set(sys.modules); import jebbitctl.webhooks; print(*set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert {name for name in loaded if name.startswith("jebbitctl")} == {
        "jebbitctl",
        "jebbitctl.webhooks",
        "jebbitctl.webhooks.signature",
    }
    others = {name.partition(".")[0] for name in loaded} - {"jebbitctl"}
    assert others <= sys.stdlib_module_names


def test_it_offers_what_is_documented() -> None:
    assert set(jebbitctl.webhooks.__all__) == {"Reason", "Verification", "sign", "verify"}
