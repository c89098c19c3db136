"""``doctor``: check this machine, the settings and the connection to Jebbit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jebbitctl.commands.base import Context, command, single
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.doctor.checks import CheckResult
    from jebbitctl.output.output import Output

_STATES = {True: ("✓", "ok"), False: ("✗", "failed"), None: ("–", "skipped")}  # noqa: RUF001 - an en dash


@command(example="jebbitctl doctor --json -q 'checks[?ok==`false`].[name, fix]'")
def doctor(context: Context) -> None:
    """Check this machine, the settings and the connection.

    Checks Python, files, environment, credentials, keyring, proxy, certificates, issuer, API, token, clock
    and completion, and shows how to fix each problem. The output contains no secrets: you can paste it into a
    support ticket. Exits 6 if a check fails.
    """
    from jebbitctl.doctor.checks import CHECKS, run_checks

    output = context.output
    results: list[CheckResult] = []
    with output.progress("Checking", total=len(CHECKS)) as progress:
        for result in run_checks(context):
            results.append(result)
            progress.advance()
    failed = [result.name for result in results if result.ok is False]
    with output.best_effort():
        _show(output, results, ok=not failed)
    if failed:
        raise CheckFailedError(
            f"{len(failed)} of {plural(len(results), 'check')} failed: {', '.join(failed)}"
        )


def _to_dict(result: CheckResult) -> dict[str, Any]:
    return {"name": result.name, "state": _STATES[result.ok][1], **asdict(result)}


def _show(output: Output, results: Sequence[CheckResult], *, ok: bool) -> None:
    """Print the results, with the fix behind the detail: a table on a terminal, and lines in a pipe."""
    if output.json:
        output.document({"ok": ok, "checks": [*map(_to_dict, results)]})
        return
    if output.plain_requested:
        output.table(map(_to_dict, results), ("state", "name", "detail", "fix"))
        return
    shown = [
        (
            _STATES[result.ok][0],
            result.name,
            f"{result.detail} → {result.fix}" if result.fix else result.detail,
        )
        for result in results
    ]
    if output.plain:
        width = max(len(name) for _, name, _ in shown)
        output.diff((mark, f"{name:<{width}}  {detail}") for mark, name, detail in shown)
    else:
        output.table(
            ({"": mark, "check": name, "detail": detail} for mark, name, detail in shown),
            ("", "check", "detail"),
        )


app = single(doctor)
