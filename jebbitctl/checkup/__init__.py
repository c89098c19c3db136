"""What ``doctor`` looks at: each check stands alone, and is over within seconds.

Nothing here holds a secret: what comes out can be pasted into a support ticket.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.checkup import account, machine, network, service
from jebbitctl.checkup.examination import Examination, SkippedError
from jebbitctl.deadline import call_with_timeout
from jebbitctl.errors import JebbitctlError
from jebbitctl.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.context import Context

__all__ = ["CHECKS", "Check", "examine"]

PATIENCE = 8.0
"""Seconds for one check: a keyring that hangs, and then an issuer that does."""

CHECKS: dict[str, Callable[[Examination], str]] = {
    "python": machine.python,
    "libraries": machine.libraries,
    "directory": machine.directory,
    "environment": account.environment,
    "settings": account.settings,
    "credentials": account.credentials,
    "keyring": account.keyring,
    "proxy": network.proxy,
    "certificates": network.certificates,
    "issuer": service.issuer,
    "api": service.api,
    "token": service.token,
    "clock": service.clock,
    "completion": machine.completion,
}
"""Every check in its order: later ones may build on earlier ones. The names are a contract."""

_SECRETS = ("JEBBIT_CLIENT_SECRET", "JEBBIT_ACCESS_TOKEN", "JEBBIT_WEBHOOK_SECRET")


@dataclass(frozen=True, slots=True)
class Check:
    """What came of a check.

    Attributes:
        name: one of CHECKS.
        ok: whether it holds; None when it was skipped.
        detail: what was found.
        fix: what to do, where something is to be done.
    """

    name: str
    ok: bool | None
    detail: str
    fix: str | None = None


def examine(context: Context) -> Iterator[Check]:
    """Yield every check; none fails because of another, or stops the ones that follow."""
    examination = Examination(context)
    for name, check in CHECKS.items():
        result = _masked(_carried_out(name, check, examination))
        examination.failed[name] = result.ok is False
        yield result


def _carried_out(name: str, check: Callable[[Examination], str], examination: Examination) -> Check:
    try:
        return Check(name, True, call_with_timeout(PATIENCE, lambda: check(examination)))  # noqa: FBT003 - it holds
    except SkippedError as skipped:
        return Check(name, None, f"skipped: {skipped.why}", skipped.fix)
    except JebbitctlError as error:
        return Check(name, False, error.message, error.hint)  # noqa: FBT003 - it does not
    except TimeoutError:
        return Check(name, False, f"no result within {PATIENCE:g} s")  # noqa: FBT003
    except Exception as error:  # noqa: BLE001 - whatever it is: the other checks go on
        return Check(name, False, f"the check itself failed: {type(error).__name__}")  # noqa: FBT003


def _masked(check: Check) -> Check:
    secrets = [os.environ.get(name, "").strip() for name in _SECRETS]
    fix = check.fix and scrub(check.fix, secrets)
    return Check(check.name, check.ok, scrub(check.detail, secrets), fix)
