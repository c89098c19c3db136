"""``help exit-codes``."""

from __future__ import annotations

from jebbitctl.commands.topics.layout import table
from jebbitctl.errors import ExitCode

MEANINGS = {
    ExitCode.OK: "success",
    ExitCode.FAILED: "Jebbit rejected the request, or it failed",
    ExitCode.USAGE: "wrong usage, or input is required and there is no terminal",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.CREDENTIALS: "credentials or permission",
    ExitCode.UNAVAILABLE: "network error, timeout, 429 or 5xx: trying later may help",
    ExitCode.CHECK_FAILED: "a check failed, or an endpoint did not accept a delivery (verify, check, send, "
    "replay, listen, diff, apply --verify, diagnose, lint, exports check, sandbox run --expect, doctor, "
    "demo)",
    ExitCode.HUNG_UP: "ended by SIGHUP: the terminal was closed",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C (SIGINT)",
    ExitCode.TERMINATED: "ended by SIGTERM",
}

_WRITES = """\
Jebbit has no idempotency keys, so a POST, PUT or PATCH is repeated only if it
certainly was not applied. A write without a response exits with 5: the error
says that it may have worked, and how to find out. A write that Jebbit accepted
without applying every attribute exits with 1, and the error names them. So
does a creation that was removed because another run made the same one first.

If Jebbit does not say what a command needs to decide, such as an endpoint to
find, the command writes nothing and exits with 1. A business that the
credentials do not cover is wrong usage (2).

SIGHUP, Ctrl-C and SIGTERM end a command after the same summary: `apply`,
`delete`, `mappings import` and `send` say what was done, what may have been
done, and what was not.

`delete` with several ids goes on after one that is not found, or that Jebbit
refuses to delete. It then exits with that one's code, such as 3.

`jebbitctl webhooks send` and `replay` exit with 6 if the endpoint answered any
delivery with a status other than 2xx, even with 429 or 5xx. If it did not, but
a delivery got no HTTP response, the exit code is 5: the connection failed, or
the time was up. An interrupted series exits with 130, or 143 after SIGTERM,
and shows what was sent.

`jebbitctl webhooks check` exits with 5 if the endpoint cannot be reached, and
with 6 if a probe failed, a valid delivery was not accepted, or nothing shows
whether forged deliveries are refused. A warning alone is success.

`jebbitctl exports check` exits with 6 if the last run of an export failed, or
if it is overdue. It also exits with 6 if it cannot tell; the error says which.

`jebbitctl integrations diagnose` exits with 6 if there is a ✗, and with 3 if
none of the ids exists. Without a ✗ it exits with 0, or with 4 if the
credentials do not permit listing integrations. If Jebbit cannot be reached, it
prints no diagnosis and exits with 5.

`jebbitctl webhooks listen` exits with 6 if fewer valid deliveries than --count
came, or if, with --count or --timeout, one was not forwarded. If a delivery
cannot be recorded, it exits with 1. Ctrl-C is success (0), but 130 if --count
is not reached. SIGTERM exits with 143. All of these print the summary.

`jebbitctl mappings lint` exits with 6 if a mapping is wrong, or cannot be
checked because Jebbit's answers are incomplete; the error says which. A warning
alone is success.

`jebbitctl sandbox run` exits with the exit code of the command that it runs. If
that is 0, and the condition of --expect does not hold, it exits with 6.
"""


def text() -> str:
    """Return the table of exit codes, and what they mean for writes."""
    rows = table((code.value, meaning) for code, meaning in MEANINGS.items())
    return f"Exit codes:\n\n{rows}\n\n{_WRITES}"
