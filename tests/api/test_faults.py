"""Every fault of the other side, for each kind of call that commands make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from jebbitctl.api import retries
from tests.api.fault_proxy import FaultProxy
from tests.api.fault_table import FAULTS, Fault
from tests.api.faults import FaultServer
from tests.scripted_server import active
from tests.support import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result

CALLS = ("token", "GET", "POST", "PATCH", "DELETE")
TOKEN = ("POST", "/oauth/token")
INTEGRATIONS = "/api/v1/integrations"
_CELL = re.compile(r"(?P<code>\d)(?P<mark>[?!]?)x(?P<times>\d)(\+(?P<reads>\d))?")


def arguments(kind: str, id_: str) -> list[str]:
    """Return the command whose call of this kind gets the fault."""
    return {
        "token": ["list"],
        "GET": ["get", id_],
        "POST": ["create", "--endpoint", "https://e.example/jebbit", "--region", "us"],
        "PATCH": ["update", id_, "--hash-pii"],
        "DELETE": ["delete", id_, "--yes"],
    }[kind]


def cells() -> Iterator[object]:
    """Yield each fault with each kind of call; the default run has one call of every ninth fault."""
    for row, (name, fault) in enumerate(FAULTS.items()):
        for column, (kind, cell) in enumerate(zip(CALLS, fault.expected.split(), strict=True)):
            sample = row % 9 == 0 and row // 9 % len(CALLS) == column
            quick = fault.timeout == Fault.timeout and "x4" not in cell
            marks = () if sample and quick else (pytest.mark.long,)
            yield pytest.param(name, kind, id=f"{kind}: {name}", marks=marks)


@pytest.mark.parametrize(("name", "kind"), list(cells()))
def test_a_fault_is_one_error_line_and_no_write_is_repeated(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setattr(retries, "BACKOFF_SECONDS", 0.1)  # long enough for a server that is down for 0.1 s
    fault, id_ = FAULTS[name], active(sandbox)
    cell = _CELL.fullmatch(fault.expected.split()[CALLS.index(kind)])
    assert cell
    target = TOKEN if kind == "token" else (kind, INTEGRATIONS)
    suffix = {"token": "", "POST": ""}.get(kind, f"/{id_}")
    first = {"POST": [f"GET {INTEGRATIONS}"], "PATCH": [f"GET {INTEGRATIONS}/{id_}"]}
    before = [] if kind == "token" else [" ".join(TOKEN), *first.get(kind, [])]
    with (
        FaultServer() as elsewhere,
        FaultProxy(sandbox.url, target, len(before), fault.steps, elsewhere.url) as proxy,
    ):
        env = {**sandbox.environment, "JEBBIT_API_BASE_URL": proxy.url, "JEBBIT_AUTH_ISSUER": proxy.url}
        cli = Cli(tmp_path, {**env, "JEBBIT_TIMEOUT": str(fault.timeout)}, [sandbox.state.client_secret])
        result = cli.run("integrations", *arguments(kind, id_))
        assert elsewhere.connections == 0
    after = [f"GET {INTEGRATIONS}"] if kind == "token" and cell["code"] == "0" else []
    written = "L5m24mjs" if kind == "POST" else id_  # what the response names
    after += [f"GET {INTEGRATIONS}/{written}"] * int(cell["reads"] or 0)
    assert proxy.calls == [*before, *[f"{' '.join(target)}{suffix}"] * int(cell["times"]), *after], result
    check(result, int(cell["code"]), ambiguous=cell["mark"] == "?", partially_applied=cell["mark"] == "!")


def check(result: Result, code: int, *, ambiguous: bool, partially_applied: bool) -> None:
    """Assert an exit code, and that a failure is one error line with at most one hint."""
    assert result.code == code, result
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", result.out + result.err)
    unconfirmed = "warning: Jebbit does not say whether it applied"
    lines = [line for line in result.err.splitlines() if not line.startswith(unconfirmed)]
    if code == 0:
        assert not any(line.startswith(("error:", "hint:", "warning:")) for line in lines), result
        return
    assert [line.partition(" ")[0] for line in lines] in (["error:"], ["error:", "hint:"]), result
    assert ("carried out" in result.err) == ambiguous, result
    assert not ambiguous or len(lines) == 2, result
    assert ("did not apply" in lines[0]) == partially_applied, result
    was_created = partially_applied or "contains no id" in lines[0]
    assert was_created or not result.out, result
