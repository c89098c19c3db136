"""The account in use: which settings and credentials win, and what contradicts them."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from jebbitctl.checkup.examination import SkippedError
from jebbitctl.errors import CheckFailedError, JebbitctlError
from jebbitctl.settings import credential_variable, timeout, variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.checkup.examination import Examination

CREDENTIALS = ("JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET", "JEBBIT_ACCESS_TOKEN", "JEBBIT_WEBHOOK_SECRET")
SETTINGS = (
    *("JEBBIT_BUSINESS_ID", "JEBBIT_PROFILE", "JEBBIT_API_BASE_URL", "JEBBIT_AUTH_ISSUER"),
    *("JEBBIT_API_AUDIENCE", "JEBBIT_CONFIG_DIR", "JEBBIT_TIMEOUT"),
)
FLAGS = ("JEBBIT_DEBUG", "JEBBIT_NO_INPUT")


def environment(examination: Examination) -> str:
    """No variable is empty, half of a pair, or in another's way."""
    found = [*_malformed(), *_contradictions()]
    if not found:
        found = list(_outranked(examination))
    if found:
        raise CheckFailedError(
            "; ".join(problem for problem, _ in found), hint="; ".join(dict.fromkeys(fix for _, fix in found))
        )
    names = [name for name in (*CREDENTIALS, *SETTINGS, *FLAGS) if name in os.environ]
    return f"set: {', '.join(names)}" if names else "no variable of jebbitctl's is set"


def settings(examination: Examination) -> str:
    """Where to talk to, and as whom; each with what decided it."""
    chosen = examination.context.settings
    parts = {
        "profile": chosen.profile_name,
        "API": chosen.api_url,
        "issuer": chosen.issuer,
        "audience": chosen.audience,
        "business": chosen.business,
    }
    told = [f"{name} {setting.value} ({setting.source})" for name, setting in parts.items() if setting]
    if not chosen.profile.client_id:
        told[0] = "no profile"
    return ", ".join([*told, f"timeout {timeout():g} s"])


def credentials(examination: Examination) -> str:
    """There are credentials, and it is clear which ones."""
    used = examination.context.credentials
    if used is None:
        return "JEBBIT_ACCESS_TOKEN"
    return f"{used.source}, client id {used.client_id}"


def keyring(examination: Examination) -> str:
    """The keyring keeps secrets, and holds the one that is needed."""
    context = examination.context
    try:
        used = context.credentials
    except JebbitctlError:
        context.secrets.check()  # a login would need it
        return context.secrets.backend_name()
    if used is None or used.source == "environment":
        raise SkippedError("the credentials are in the environment")
    used.secret()
    return (
        f"{context.secrets.backend_name()}, with the secret of profile {context.settings.profile_name.value}"
    )


def _malformed() -> Iterator[tuple[str, str]]:
    """Yield what is wrong with single variables, and what to do."""
    for name in (*CREDENTIALS, *SETTINGS, *FLAGS):
        try:
            if name in CREDENTIALS:
                credential_variable(name)
            elif name == "JEBBIT_TIMEOUT":
                timeout()
            elif name not in FLAGS:
                variable(name)
        except JebbitctlError as error:
            yield error.message, error.hint or f"set {name} anew"
    known = {*CREDENTIALS, *SETTINGS, *FLAGS}
    for name in sorted(name for name in os.environ if name.startswith("JEBBIT") and name not in known):
        if meant := difflib.get_close_matches(name, known, 1, 0.8):
            yield f"{name} is not read by jebbitctl", f"rename it to {meant[0]}, or unset it"


def _contradictions() -> Iterator[tuple[str, str]]:
    """Yield which variables are in each other's way."""
    client_id, secret, token = (name in os.environ for name in CREDENTIALS[:3])
    if client_id != secret:
        present, missing = CREDENTIALS[:2] if client_id else (CREDENTIALS[1], CREDENTIALS[0])
        yield f"{present} is set, but {missing} is not", "set both, or neither"
    if token and client_id:
        yield "JEBBIT_ACCESS_TOKEN outranks JEBBIT_CLIENT_ID", "unset one of them"


def _outranked(examination: Examination) -> Iterator[tuple[str, str]]:
    """Yield which variable is in the way of a profile that is logged in."""
    winner = next((name for name in ("JEBBIT_ACCESS_TOKEN", "JEBBIT_CLIENT_ID") if name in os.environ), None)
    context = examination.context
    if winner is None or context.settings.profile_is_option:
        return
    name = context.settings.profile_name.value
    stored = context.profiles.get(name)
    if stored is not None and stored.client_id:
        yield (
            f"{winner} outranks profile {name}, which is logged in",
            f"unset {winner}, or name the profile with --profile {name}",
        )
