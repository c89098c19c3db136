"""What jebbit.toml sets up sends what the CRM expects."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks import Reason, sign

if TYPE_CHECKING:
    from jebbitctl.sandbox import Sandbox
    from jebbitctl.webhooks import Receiver

MANIFEST = Path(__file__).parent.parent / "jebbit.toml"


@pytest.fixture
def crm(jebbit_environment: dict[str, str], jebbit_receiver: Receiver, tmp_path: Path) -> Receiver:
    """The receiver, as the CRM that the manifest names."""
    command = [sys.executable, "-m", "jebbitctl", "integrations", "apply", str(MANIFEST)]
    command += ["--yes", "--secrets-dir", str(tmp_path)]
    subprocess.run(command, env={**jebbit_environment, "JEBBIT_VAR_CRM_URL": jebbit_receiver.url}, check=True)
    return jebbit_receiver


def test_the_crm_gets_the_shoe_size_under_its_own_name(jebbit_sandbox: Sandbox, crm: Receiver) -> None:
    jebbit_sandbox.visit(shoe_size="40", opt_in=True)
    (delivery,) = crm.deliveries
    assert delivery.verification
    assert delivery.json["data"]["size"] == "40"
    assert "shoe_size" not in delivery.json["data"]


def test_a_crm_that_is_down_is_told(jebbit_sandbox: Sandbox, crm: Receiver) -> None:
    crm.answer = 503
    assert jebbit_sandbox.visit(opt_in=True).outcomes == {"refused": 1}


def test_a_delivery_of_somebody_else_does_not_verify(crm: Receiver) -> None:
    request = urllib.request.Request(crm.url, b"{}", {"x-jebbit-signature": sign("a guess", b"{}")})
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(request)
    refused.value.close()
    assert crm.verdicts == [Reason.MISMATCH]
