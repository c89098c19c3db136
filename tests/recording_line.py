"""A delivery as ``listen --record`` writes it."""

from __future__ import annotations

import json

RECORDED = json.dumps(
    {
        "time": "2026-01-31T12:00:00.000000Z",
        "status": 200,
        "ok": True,
        "reason": "ok",
        "timestamp": 1,
        "age_seconds": 0,
        "test": True,
        "repeat": False,
        "headers": {"x-jebbit-test": "true"},
        "body": "e30=",
    }
)
"""A line of a recording."""
