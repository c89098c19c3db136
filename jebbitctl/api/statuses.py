"""Words for the end of a job. Jebbit documents none; these are well known, and say that the job is over."""

from __future__ import annotations

import re

SUCCESSES = frozenset({"complete", "completed", "done", "finished", "succeeded", "success", "successful"})
FAILURES = frozenset(
    {
        *("aborted", "canceled", "cancelled", "crashed", "error", "errored", "expired", "fail", "failed"),
        *("failure", "interrupted", "killed", "rejected", "stopped", "terminated", "timed_out", "timedout"),
        "timeout",
    }
)


def normalised(status: object) -> str:
    """Return a status in lower case, with underscores between its words; empty if it is no text."""
    return re.sub(r"[\s_-]+", "_", status.strip().casefold()) if isinstance(status, str) else ""
