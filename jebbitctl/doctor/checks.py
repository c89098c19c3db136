"""Runs the checks of ``doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.doctor import account, machine, network, service
from jebbitctl.doctor.check_context import CheckContext, CheckSkipped
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.timeouts import call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.context import Context

CHECK_TIMEOUT = 8.0
"""Seconds for one check: enough for a keyring and an issuer that both time out."""

CHECKS: dict[str, Callable[[CheckContext], str]] = {
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
"""Every check by name. Later checks may depend on earlier ones. Scripts rely on the names.

A check returns the detail to show. It raises CheckSkipped if it cannot run, and a JebbitctlError if it fails.
"""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check.

    Attributes:
        name: one of CHECKS.
        ok: whether it passed; None if it was skipped.
        detail: what the check found.
        fix: what the user can do about it, None if there is nothing to do.
    """

    name: str
    ok: bool | None
    detail: str
    fix: str | None = None


def run_checks(context: Context) -> Iterator[CheckResult]:
    """Run every check and yield its result, whether earlier ones failed or not."""
    check_context = CheckContext(context)
    for name, check in CHECKS.items():
        result = _run(name, check, check_context)
        check_context.failed[name] = result.ok is False
        yield result


def _run(name: str, check: Callable[[CheckContext], str], check_context: CheckContext) -> CheckResult:
    try:
        return CheckResult(
            name, ok=True, detail=call_with_timeout(CHECK_TIMEOUT, lambda: check(check_context))
        )
    except CheckSkipped as skipped:
        return CheckResult(name, None, skipped.reason, skipped.fix)
    except JebbitctlError as error:
        return CheckResult(name, ok=False, detail=error.message, fix=error.hint)
    except TimeoutError:
        return CheckResult(name, ok=False, detail=f"no result within {CHECK_TIMEOUT:g} s")
    except Exception as error:  # noqa: BLE001 - the other checks must still run
        return CheckResult(name, ok=False, detail=f"the check itself failed: {type(error).__name__}")
