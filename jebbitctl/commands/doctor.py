"""``doctor``: what is wrong with this machine, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from jebbitctl.commands.common import command, single
from jebbitctl.context import context_of
from jebbitctl.errors import CheckFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.checkup import Check
    from jebbitctl.output import Output

app = single()

_STATES = {True: ("✓", "ok"), False: ("✗", "failed"), None: ("–", "skipped")}  # noqa: RUF001 - a dash, on purpose


@command(app, "doctor", example="jebbitctl doctor --json -q 'checks[?ok==`false`].[name, fix]'")
def doctor(ctx: typer.Context) -> None:
    """Find what is wrong with this machine.

    Looks at Python, files, environment, credentials, keyring, proxy, certificates, issuer, API, token, clock
    and completion, a line each, and names the fix. Shows no secret: paste it into a support ticket. Exit 0
    when every check holds or was skipped, else 6.
    """
    from jebbitctl.checkup import CHECKS, examine

    output = context_of(ctx).output
    checks: list[Check] = []
    with output.progress("Checking", total=len(CHECKS)) as progress:
        for check in examine(context_of(ctx)):
            checks.append(check)
            progress.advance()
    failed = [check.name for check in checks if check.ok is False]
    with output.telling():
        _show(output, checks, ok=not failed)
    if failed:
        hold = "does not hold" if len(failed) == 1 else "do not hold"
        raise CheckFailedError(f"{len(failed)} of {len(checks)} checks {hold}: {', '.join(failed)}")


def _show(output: Output, checks: Sequence[Check], *, ok: bool) -> None:
    """Print the checks; a terminal gets the fix in the same cell as what was found."""
    if output.json:
        output.document({"ok": ok, "checks": [asdict(check) for check in checks]})
    elif output.plain:
        rows = ({**asdict(check), "state": _STATES[check.ok][1]} for check in checks)
        output.table(rows, ("state", "name", "detail", "fix"))
    else:
        told = (
            {
                "": _STATES[check.ok][0],
                "check": check.name,
                "detail": f"{check.detail} → {check.fix}" if check.fix else check.detail,
            }
            for check in checks
        )
        output.table(told, ("", "check", "detail"))
