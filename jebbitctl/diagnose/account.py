"""The first lines: may we ask, and whom do we ask about?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api.scopes import missing_scopes, scope_advice
from jebbitctl.diagnose.facts import READS
from jebbitctl.diagnose.findings import failed, ok, unknown, warning
from jebbitctl.errors import ForbiddenError, JebbitctlError
from jebbitctl.util.times import rfc3339_or_none

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding


def _doctor(case: Case) -> str:
    return f"find out more: {case.command('doctor')}"


def token(case: Case) -> Finding:
    """Jebbit accepts the token, and the token permits reading what a diagnosis uses."""
    error = case.facts.access_error()
    if error is not None and case.facts.is_business_rejected():
        return unknown("Jebbit does not accept it for this business: see business")
    if error is not None:
        return failed(error.message, error.hint or _doctor(case))
    current = case.facts.token()
    expiry = rfc3339_or_none(current.expires_at)
    valid = f"valid until {expiry}" if expiry else "it does not say how long it is valid"
    try:
        case.facts.business()
    except ForbiddenError:
        pass  # Jebbit knows whose token it is
    except JebbitctlError as failure:
        return unknown(f"{valid}; whether Jebbit accepts it is not known: {failure.message}", failure.hint)
    if not current.scopes:
        return ok(f"{valid}; it does not list its scopes")
    missing = [name for path in READS for name in missing_scopes("GET", path, current.scopes)]
    if missing:
        lacking = ", ".join(missing)
        advice = scope_advice(lacking, case.facts.renewal_hint)
        return warning(f"{valid}; lacks {lacking}", f"to know more, {advice}")
    return ok(f"{valid}; has every scope that a diagnosis reads with")


def business(case: Case) -> Finding:
    """The credentials cover the business in use."""
    error = case.facts.access_error()
    if error is not None:
        if not case.facts.is_business_rejected():
            return unknown("Jebbit was not asked: see token")
        return failed(error.message, error.hint or _doctor(case))
    found = case.facts.business()
    return ok(f"{found['name'] or 'a business without a name'} ({found['id']})")
